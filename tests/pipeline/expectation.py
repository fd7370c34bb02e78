"""What IFS must hold after a run, worked out from the Procurify records by plain arithmetic.

Written from the tenant's facts (which account, cost centre and tax code belong to what), without a
line of the mapping: if both agree, both are right or both have read the facts wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Record = Mapping[str, Any]
Postings = Mapping[tuple[tuple[str, str], ...], Decimal]

ELIGIBLE = {2, 4, 6, 7, 8}
COMPANY_OF = {"Vancouver": "HCA", "Calgary": "HCA", "Austin": "HUS"}
COST_CENTRE_PART = {"HCA": "B", "HUS": "C"}
PROJECT_PART = {"HCA": "C", "HUS": "F"}
ACCOUNT_OF = {
    "6000": "4010",
    "6100": "4110",
    "6200": "4210",
    "6300": "4310",
    "6400": "4410",
    "6500": "4510",
    "6600": "4610",
    "6900": "4900",
    "1500": "1510",
}
PROJECT_BLOCKED, PROJECT_MANDATORY = "4110", "4900"
TAX_OF = {
    ("HCA", "GST"): "GST5",
    ("HCA", "PST"): "PST7",
    ("HCA", "HST"): "HST13",
    ("HUS", "TX Sales"): "TX825",
}
NO_TAX = "EX0"
CLOSED_YEAR = "2025"
CARD = 2


@dataclass(frozen=True)
class Expected:
    """An invoice that must be in IFS, exactly once."""

    company: str
    supplier: str
    number: str
    currency: str
    net: Decimal
    tax: Decimal
    taxes: Mapping[str, Decimal]
    postings: Postings
    closes_orders: Mapping[str, Decimal]


@dataclass(frozen=True)
class Held:
    """A bill that must not be in IFS, with the reasons that must be told."""

    reasons: frozenset[str]


def number(value: object) -> Decimal:
    """A number of a record; absent counts as nothing."""
    return Decimal(str(value or 0))


def expect_bill(  # noqa: C901 (one bill from top to bottom)
    bill: Record, listed_vendors: Mapping[int, Record]
) -> Expected | Held | None:
    """The invoice of a bill, why it is held, or ``None`` when it has no business in IFS."""
    if bill["status"] not in ELIGIBLE or bill["type"] == CARD:
        return None
    reasons: set[str] = set()
    if not (bill["invoice_number"] or "").strip():
        reasons.add("number_missing")
    vendor = bill["vendor"]
    if vendor["id"] not in listed_vendors:
        reasons.add("supplier_unknown")
    posting_day = bill["gl_post_date"] or bill["invoice_date"]
    if posting_day[:4] == CLOSED_YEAR:
        reasons.add("period_closed")
    charges = list(_charges(bill))
    companies = {
        COMPANY_OF[a["budget"]["department"]["branch"]["name"]] for c in charges for a in c.split
    }
    company = companies.pop()
    postings: dict[tuple[tuple[str, str], ...], Decimal] = defaultdict(Decimal)
    taxes: dict[str, Decimal] = defaultdict(Decimal)
    orders: dict[str, Decimal] = defaultdict(Decimal)
    for charge in charges:
        taxes[TAX_OF.get((company, charge.tax_name), NO_TAX)] += charge.tax
        if charge.order:
            orders[charge.order] += charge.net
        for part in charge.split:
            account = ACCOUNT_OF.get(part["budget"]["account_code"]["code"])
            if account is None:
                reasons.add("no_rule")
                continue
            if account == PROJECT_BLOCKED and charge.project:
                reasons.add("code_part_blocked")
            if account == PROJECT_MANDATORY and not charge.project:
                reasons.add("code_part_missing")
            codes = {
                "A": account,
                COST_CENTRE_PART[company]: part["budget"]["department"]["external_id"][3:],
            }
            if charge.project:
                codes[PROJECT_PART[company]] = charge.project
            postings[tuple(sorted(codes.items()))] += number(part["amount"])
    if reasons:
        return Held(frozenset(reasons))
    net = sum((charge.net for charge in charges), Decimal(0))
    tax = sum((charge.tax for charge in charges), Decimal(0))
    assert net + tax == number(bill["total_cost_with_tax"]), bill["uuid"]
    return Expected(
        company=company,
        supplier=vendor["external_id"] or f"P{vendor['id']}",
        number=" ".join(bill["invoice_number"].split()),
        currency=bill["currency"]["name"],
        net=net,
        tax=tax,
        taxes=dict(taxes),
        postings={codes: amount for codes, amount in postings.items() if amount},
        closes_orders=dict(orders),
    )


@dataclass(frozen=True)
class Charge:
    """A line or a bill-level cost: net, tax, and how it is split over accounts."""

    net: Decimal
    tax: Decimal
    tax_name: str
    project: str
    split: Sequence[Record]
    order: str


def _charges(bill: Record) -> Iterable[Charge]:
    for item in bill["items"]:
        tax = number(item["tax_amount"])
        yield Charge(
            net=number(item["total_cost_with_tax"]) - tax,
            tax=tax,
            tax_name=item["tax_name"] or "",
            project=_project(item),
            split=item["cost_allocations"],
            order=((item["po"] or {}).get("uuid") or "").replace("-", ""),
        )
    for cost in bill["costs"]:
        yield Charge(
            net=number(cost["amount"]),
            tax=Decimal(0),
            tax_name="",
            project="",
            split=[cost["cost_allocation"]],
            order="",
        )


def _project(item: Record) -> str:
    for fields in (item["custom_fields"], (item["orderitem"] or {}).get("custom_fields") or []):
        for field in fields:
            if field["field"]["name"] == "Project" and field["value"]:
                return str(field["value"])
    return ""


def duplicates_of(expected: Mapping[str, Expected]) -> set[str]:
    """The uuids of all but one of the bills that share a key: one of them is in IFS, no more."""
    keys = Counter(key_of(item) for item in expected.values())
    return {uuid for uuid, item in expected.items() if keys[key_of(item)] > 1}


def key_of(item: Expected) -> tuple[str, str, str]:
    """Company, supplier and number, without regard to case."""
    return item.company, item.supplier, item.number.upper()
