"""Which vendor a supplier is: certain, none, or a question for a person. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from target_ifs_cloud.documents import Problem, SupplierId
from target_ifs_cloud.mapping.records import Record, read_id, read_text
from target_ifs_cloud.mapping.vendor import leading_vendors, matching_name

PROPOSALS_MAX = 3
VENDOR_CODES = frozenset(
    {"vendor_lookalike", "vendor_ambiguous", "vendor_gone", "refused_by_procurify"}
)
"""The problems that only the way to Procurify knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """``vendor`` is its id, ``how`` what it was known by; ``problem`` when only a person can tell.

    All of them are empty when Procurify has no such vendor.
    """

    vendor: str = ""
    how: str = ""
    problem: Problem | None = None


class VendorIndex:
    """The vendors of Procurify by what they are known by."""

    def __init__(self, vendors: Sequence[Record], *, registration_field: str = "") -> None:
        """Sort them once; ``registration_field`` is empty where no field holds the number."""
        self.by_id = {read_id(vendor.get("id")): vendor for vendor in vendors}
        self._field = registration_field
        self.by_external: dict[str, list[str]] = {}
        self.by_number: dict[str, list[str]] = {}
        self.by_name: dict[str, list[str]] = {}
        for id_, vendor in self.by_id.items():
            _add(self.by_external, (read_text(vendor.get("external_id")) or "").strip(), id_)
            _add(self.by_name, matching_name(read_text(vendor.get("name")) or ""), id_)
            if self._field:
                _add(self.by_number, number_of(read_text(vendor.get(self._field)) or ""), id_)


def match(supplier: Record, index: VendorIndex, links: Mapping[str, SupplierId]) -> Matched:
    """Stored link, then external id, then registration number; a name alone is only proposed."""
    id_ = read_id(supplier.get("supplier_id"))
    linked = leading_vendors({vendor: of for vendor, of in links.items() if of == id_})
    if linked:
        return Matched(vendor=linked[SupplierId(id_)], how="link")
    number = number_of(read_text(supplier.get("association_no")) or "")
    for how, found in (
        ("external_id", index.by_external.get(id_, [])),
        ("registration_number", index.by_number.get(number, []) if number else []),
    ):
        if found:
            return _only(found, how, id_, links)
    named = index.by_name.get(matching_name(read_text(supplier.get("name")) or ""), [])
    free = [vendor for vendor in named if vendor not in links]
    if free:
        return Matched(problem=_lookalike(id_, free, index))
    return Matched()


def number_of(text: str) -> str:
    """A registration number for comparing: its letters and digits."""
    return "".join(x for x in text.casefold() if x.isalnum())


def _only(
    found: Sequence[str], how: str, supplier: str, links: Mapping[str, SupplierId]
) -> Matched:
    elsewhere = [(vendor, links[vendor]) for vendor in found if vendor in links]
    if len(found) == 1 and not elsewhere:
        return Matched(vendor=found[0], how=how)
    named = ", ".join(found[:PROPOSALS_MAX])
    words = f"linked to {elsewhere[0][1]} already" if elsewhere else "more than one"
    return Matched(
        problem=Problem(
            code="vendor_ambiguous",
            field=how,
            message=f"vendor {named} has this {how.replace('_', ' ')}, and is {words}",
            fix=f"Keep one of them, or run: procurify-ifs link vendor VENDOR {supplier}",
        )
    )


def _lookalike(supplier: str, free: Sequence[str], index: VendorIndex) -> Problem:
    vendor = index.by_id[free[0]]
    country = read_text(vendor.get("country")) or "no country"
    return Problem(
        code="vendor_lookalike",
        field="name",
        message=f"Procurify has vendor {', '.join(free[:PROPOSALS_MAX])} of the same name "
        f"({country}); a likeness is never linked by itself",
        fix=f"If it is the same run: procurify-ifs link vendor {free[0]} {supplier}. If not, "
        "rename one of them",
    )


def _add(index: dict[str, list[str]], key: str, id_: str) -> None:
    if key:
        index.setdefault(key, []).append(id_)
