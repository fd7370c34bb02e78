"""The costs inside bills and orders as they come, for reports that stop at no fault. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from target_ifs_cloud.mapping.bill import approver_of_bill, not_wanted_bill
from target_ifs_cloud.mapping.coding import CostPlace
from target_ifs_cloud.mapping.expressions import Context, evaluate
from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.purchase_order import approver_of_order, not_wanted_order
from target_ifs_cloud.mapping.records import ROWS_MAX, Record, as_record, pick, read_text
from target_ifs_cloud.mapping.rules import InvoiceRules, Rules
from target_ifs_cloud.money import parse_amount

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSeen:
    """One allocated cost. Units: ``amount`` in the document's currency, as it stands there."""

    budget: Record
    place: CostPlace
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSeen:
    """A bill or order that the rules want, without a judgement of it."""

    kind: str
    record: Record
    rules: InvoiceRules
    vendor: object
    currency: str
    day: date | None
    gross: Decimal
    costs: tuple[CostSeen, ...]


def see_document(stream: str, record: object, rules: Rules) -> DocumentSeen | None:
    """The record as a wanted document; ``None`` when the rules leave it out."""
    document = as_record(record)
    if stream == "bills" and not not_wanted_bill(document, rules.bill, Findings()):
        return DocumentSeen(
            kind="bill",
            record=document,
            rules=rules.bill.invoice,
            vendor=document.get("vendor"),
            currency=_currency(pick(document, "currency.name")),
            day=_day(document, rules.bill.invoice),
            gross=parse_amount(document.get("total_cost_with_tax")) or _NONE,
            costs=tuple(_bill_costs(document)),
        )
    order_rules = rules.purchase_order
    if stream == "purchase_orders" and not not_wanted_order(document, order_rules, Findings()):
        return DocumentSeen(
            kind="purchase order",
            record=document,
            rules=order_rules.invoice,
            vendor=document.get("pref_vendor"),
            currency=_currency(pick(document, "purchased_currency.name")),
            day=_day(document, order_rules.invoice),
            gross=parse_amount(document.get("total")) or _NONE,
            costs=tuple(_order_costs(document)),
        )
    return None


def _currency(value: object) -> str:
    return (read_text(value) or "").upper()


def _day(record: Record, rules: InvoiceRules) -> date | None:
    rule = dict(rules.header).get("InvoiceDate")
    value = evaluate(rule, Context(record=record)).value if rule else None
    return value if isinstance(value, date) else None


def rows_of(record: object, path: str) -> list[Record]:
    """The records of a list, whatever else stands in it."""
    value = pick(record, path)
    rows = value[:ROWS_MAX] if isinstance(value, list | tuple) else ()
    return [as_record(row) for row in rows]


def _bill_costs(bill: Record) -> Iterator[CostSeen]:
    approver = approver_of_bill(bill)
    for item in rows_of(bill, "items"):
        order_line = as_record(item.get("orderitem"))
        place = CostPlace(line=item, order_line=order_line, approver=approver, record=bill)
        for row in rows_of(item, "cost_allocations"):
            yield _cost(row, "budget", place)
    for cost in rows_of(bill, "costs"):
        place = CostPlace(line=cost, order_line={}, approver=approver, record=bill)
        yield _cost(as_record(cost.get("cost_allocation")), "budget", place)


def _order_costs(order: Record) -> Iterator[CostSeen]:
    approver = approver_of_order(order)
    for line in rows_of(order, "order_items"):
        place = CostPlace(line=line, order_line=line, approver=approver, record=order)
        split = rows_of(line, "spend_allocation")
        if split:
            yield from (_cost(row, "account", place) for row in split)
        else:
            amount = parse_amount(line.get("total_cost")) or _NONE
            yield CostSeen(budget=as_record(line.get("account")), place=place, amount=amount)


def _cost(row: Record, name: str, place: CostPlace) -> CostSeen:
    amount = parse_amount(row.get("amount")) or _NONE
    return CostSeen(budget=as_record(row.get(name)), place=place, amount=amount)
