"""The lists of vendors and payment methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erp_sandbox.exact_json import fragment
from erp_sandbox.procurify.filters import (
    BadFilterValueError,
    Filter,
    Predicate,
    any_of,
    contains,
    when_true,
    whole,
    word,
    word_in,
)
from erp_sandbox.procurify.listing import Listing
from erp_sandbox.procurify.rows.vendors import (
    company_methods,
    vendor_list_row,
    vendor_method_row,
)
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import (
    CARD_PROVIDER,
    CHECKOUT,
    EMPLOYEE,
    PLACEHOLDER,
    PREFERRED,
    PUNCHOUT,
    REGULAR,
    Vendor,
)
from erp_sandbox.tenant import CURRENCY

# Which types a group holds is inferred from its name; the names are documented.
GROUPS: Mapping[str, frozenset[int]] = {
    "all": frozenset(range(1, 8)),
    "default": frozenset(range(1, 8)),
    "preferred": frozenset({PREFERRED}),
    "purchasable": frozenset({PREFERRED, REGULAR, PUNCHOUT, CHECKOUT}),
    "requestable": frozenset({PREFERRED, CHECKOUT}),
    "other": frozenset({PLACEHOLDER}),
    "credit_card_providers": frozenset({CARD_PROVIDER}),
}
TYPE_WORDS = {
    "amazon_punchout": PUNCHOUT,
    "cc_provider": CARD_PROVIDER,
    "checkout": CHECKOUT,
    "employee": EMPLOYEE,
    "other": PLACEHOLDER,
    "preferred": PREFERRED,
    "regular": REGULAR,
}


def _vendors(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[Vendor]:
    """The vendors of a group, by name. The plain list is documented as active vendors only."""
    group = path.get("group", "default")
    with_inactive = group == "all" and state.knobs.does_all_group_list_inactive
    found = [
        vendor
        for vendor in state.vendors.values()
        if vendor.is_listed and vendor.type in GROUPS[group] and (vendor.is_active or with_inactive)
    ]
    return sorted(found, key=lambda vendor: (vendor.name.casefold(), vendor.id))


def _type_in(values: Sequence[str]) -> Predicate:
    words = {word.strip() for value in values for word in value.split(",")}
    unknown = words - set(TYPE_WORDS) - {"pending"}
    if unknown:
        raise BadFilterValueError(f"{min(unknown)} is not one of the available choices.")
    types = {TYPE_WORDS[word] for word in words if word in TYPE_WORDS}
    with_pending = "pending" in words
    return lambda row: row.type in types or (with_pending and row.is_awaiting_approval)


def _row(state: ProcurifyState, vendor: Vendor) -> str:
    return state.cached_row("vendor", vendor.id, (vendor,), lambda: vendor_list_row(vendor))


VENDOR_FILTERS: Mapping[str, Filter] = {
    "name": contains(lambda row: row.name),
    "external_id": word(lambda row: row.external_id),
    "type": any_of(lambda row: row.type),
    "type__in": _type_in,
    "exclude_other": when_true(lambda row: row.type != PLACEHOLDER),
}
VENDORS = Listing(
    name="vendors",
    rows=_vendors,
    render=_row,
    filters=VENDOR_FILTERS,
    orders={
        "id": lambda row: row.id,
        "name": lambda row: row.name.casefold(),
        "dateModified": lambda row: row.modified,
    },
    search=lambda row: f"{row.name} {row.external_id or ''} {row.city or ''}",
)


def _with_bank(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[Vendor]:
    del path
    return [vendor for vendor in state.vendors.values() if vendor.bank_tail is not None]


VENDOR_METHODS = Listing(
    name="vendor payment methods",
    rows=_with_bank,
    render=lambda state, vendor: state.cached_row(
        "vendor method", vendor.id, (vendor,), lambda: vendor_method_row(vendor)
    ),
    filters={
        "vendor": whole(lambda row: row.id),
        "currency": whole(lambda row: row.currency_id or CURRENCY["USD"].id),
        "type": whole(lambda _: 2),
        "category": word_in(lambda _: "external"),
    },
)
COMPANY_METHODS = Listing(
    name="company payment methods",
    rows=lambda _state, _path: company_methods(),
    render=lambda _state, row: fragment(row),
    filters={
        "currency": whole(lambda row: 3 if row["id"] == 2 else 1),  # noqa: PLR2004 (their ids)
        "type": whole(lambda row: row["type"]),
    },
)
