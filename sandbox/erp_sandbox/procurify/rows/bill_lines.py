"""The lines of a bill, with the order line, expense and account split behind each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from erp_sandbox.exact_json import Fragment, JsonValue, fragment
from erp_sandbox.procurify.rows.order_lines import line_inside
from erp_sandbox.procurify.rows.people import user_short
from erp_sandbox.procurify.rows.reference import (
    account,
    currency_full,
    currency_summary,
    custom_values,
    spending_account,
)
from erp_sandbox.procurify.rows.values import fixed, midnight, money, stamp, stamp_or_none
from erp_sandbox.purchases import EXPENSE_BILL, Bill, BillLine, PurchaseOrder, Vendor
from erp_sandbox.tenant import CURRENCY, TAX, budget_id

KINDS = {0: "misc", 1: "expense", 2: "creditcard"}
OTHER_EXPENSE, OTHER_PAYMENT = 0, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BillParties:
    """What a bill refers to: its vendor, and its purchase orders with their vendors' rows."""

    vendor: Vendor
    vendor_json: Fragment
    orders: Mapping[int, PurchaseOrder]


def item_fields(bill: Bill, line: BillLine, parties: BillParties) -> dict[str, JsonValue]:
    """A line of a bill.

    Source: ``quantity``, ``tax_percentage`` and the split are strings, ``unit_cost`` and the totals
    numbers; ``total_cost`` is without tax (documented).
    """
    order = parties.orders.get(line.order or 0)
    tax = TAX[line.tax] if line.tax else None
    is_credit = line.net < 0
    return {
        "id": line.id,
        "orderitem": _order_line(line, order, parties),
        "expense": _expense(bill, line) if bill.type == EXPENSE_BILL else None,
        "bill": bill.id,
        "vendor": parties.vendor_json,
        "sku": "",
        "description": line.description,
        "po": _order_reference(order),
        "unit": "each",
        "quantity": money(line.quantity),
        "currency": currency_full(bill.currency),
        "total_cost": line.net,
        "received_on": stamp_or_none(line.received_on),
        "packing_slips": [],
        "cost_allocations": _split(bill, line),
        "archived": False,
        "expense_report": None,
        "same_unit_cost": True,
        "creditcard_item": None,
        "is_edited": False,
        "unit_cost_diff_log": None,
        "tax_name": tax.name if tax else "",
        "tax_percentage": fixed(tax.percentage, 8) if tax else None,
        "tax_amount": line.tax_amount,
        "tax_is_inclusive": line.is_tax_inclusive,
        "tax": tax.id if tax else None,
        "total_cost_with_tax": line.gross,
        "shipping_amount": None if is_credit or line.id % 2 else money(line.shipping),
        "unit_cost": line.unit_cost,
        "custom_fields": custom_values(line.project, line.id),
        "type": "order" if order else KINDS[bill.type],
        "bill_by_cost": False,
    }


def item_row(bill: Bill, line: BillLine, parties: BillParties) -> Fragment:
    """A line of a bill as a row of its own."""
    return fragment(item_fields(bill, line, parties))


def _order_line(
    line: BillLine, order: PurchaseOrder | None, parties: BillParties
) -> dict[str, JsonValue] | None:
    if order is None or line.order_line is None:
        return None
    found = next(one for one in order.lines if one.id == line.order_line)
    return line_inside(order, found, parties.vendor, parties.vendor_json)


def _order_reference(order: PurchaseOrder | None) -> JsonValue:
    """Number, id and uuid of the order; samples of uuids come with and without hyphens."""
    if order is None:
        return None
    return {"number": order.number, "id": order.id, "uuid": order.uuid.replace("-", "")}


def _split(bill: Bill, line: BillLine) -> list[JsonValue]:
    return [
        {
            "id": line.id * 10 + position,
            "budget": account(share.account_code, share.department),
            "object_id": line.id,
            "amount": money(share.amount),
            "currency": currency_full(bill.currency),
            "created_on": stamp(bill.history[0].at),
        }
        for position, share in enumerate(line.allocations)
    ]


def _expense(bill: Bill, line: BillLine) -> JsonValue:
    """The expense behind the line; its account shows what is used up as strings."""
    share = line.allocations[0]
    created = stamp(bill.history[0].at)
    approver = bill.approver or bill.creator
    return {
        "id": 60000 + line.id,
        "account": spending_account(share.account_code, share.department),
        "localCurrency": currency_summary(bill.currency),
        "expense_type_fields": None,
        "expenseReport": {"id": bill.id, "uuid": bill.uuid},
        "requester": user_short(31),
        "approver": user_short(approver),
        "approved_date": stamp(bill.modified),
        "is_active": True,
        "created_at": created,
        "updated_at": created,
        "merchant": "Corner shop",
        "transDate": midnight(bill.invoice_date or bill.modified.date()),
        "reimburse": True,
        "expense_type": OTHER_EXPENSE,
        "paymentType": OTHER_PAYMENT,
        "amount": fixed(line.gross, 2),
        "currency_rate_final": fixed(CURRENCY[bill.currency].rate, 6),
        "exchange_rate_override": False,
        "tax_name": line.tax or "",
        "tax_percentage": fixed(TAX[line.tax].percentage, 8) if line.tax else "0.00000000",
        "tax_amount": fixed(line.tax_amount, 2),
        "tax_is_inclusive": line.is_tax_inclusive,
        "notes": None,
        "attachment": "",
        "active": True,
        "last_changed_by": None,
        "tax": TAX[line.tax].id if line.tax else None,
        "creditcard": None,
        "account_id": budget_id(share.account_code, share.department),
        "mileage_preset": None,
    }
