"""Which fields of a supplier Procurify decides, read off the rules that fill them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from target_ifs_cloud.mapping.operators import (
    Copy,
    Day,
    FirstItem,
    FirstOf,
    Join,
    Lookup,
    Rule,
    Take,
    When,
)
from target_ifs_cloud.mapping.rules import FieldRules, VendorRules

PROCURIFY = "procurify"


def owned_fields(fields: FieldRules, rules: VendorRules) -> frozenset[str]:
    """The fields filled from fields of the vendor that Procurify owns, and from no other.

    Fields of the vendor that ``supplier.yml`` does not name have no owner and do not count; a
    constant is never owned.
    """
    owned = set()
    for name, rule in fields:
        read = {path.partition(".")[0] for path in _paths(rule, rules)}
        owners = {rules.owners[path] for path in read if path in rules.owners}
        if owners == {PROCURIFY}:
            owned.add(name)
    return frozenset(owned)


def _paths(rule: Rule, rules: VendorRules) -> Iterator[str]:
    match rule.operator:
        case Copy(path=path) | FirstItem(path=path):
            yield path
        case Day(path=path):
            yield path
        case Lookup(key=path):
            yield path
        case Take(name="supplier_name"):
            yield from _paths(rules.name, rules)
        case Take(name="supplier_country"):
            yield from _paths(rules.country, rules)
        case FirstOf(rules=parts) | Join(parts=parts):
            for part in parts:
                yield from _paths(part, rules)
        case When(condition=condition, then=then, otherwise=otherwise):
            yield condition.path
            yield from _paths(then, rules)
            if otherwise:
                yield from _paths(otherwise, rules)
        case _:
            return
