"""Lines of purchase orders in three shapes: flat, inside a bill item, and in an order's detail."""

from __future__ import annotations

from datetime import timedelta

from erp_sandbox.exact_json import Fragment, JsonValue, fragment
from erp_sandbox.procurify.rows.people import user_short, user_summary
from erp_sandbox.procurify.rows.reference import (
    account,
    currency_summary,
    custom_values,
    spend_account,
)
from erp_sandbox.procurify.rows.values import fixed, midnight, money, stamp
from erp_sandbox.purchases import OrderLine, PurchaseOrder, Vendor, to_cents
from erp_sandbox.tenant import CURRENCY, TAX, budget_id

FINAL_APPROVAL = 1
REQUISITION_PURCHASED = 3


def _plain_line(order: PurchaseOrder, line: OrderLine) -> dict[str, JsonValue]:
    """What all shapes of a line have in common."""
    sku = f"SKU-{line.id}"
    return {
        "PO": [order.id],
        "PO_line_num": _position(order, line),
        "accountCode": line.account_code,
        "active": True,
        "approved_currency_rate": fixed(CURRENCY[order.currency].rate, 6),
        "approved_datetime": stamp(order.approved),
        "approved_price": money(line.price),
        "approved_shipping_amount": None,
        "approved_tax_amount": money(line.tax_amount) if line.tax else None,
        "created_at": stamp(order.approved - timedelta(hours=20)),
        "dateInvoiced": None,
        "external_id": "",
        "hot": False,
        "id": line.id,
        "inventoryItem": None,
        "is_active": True,
        "last_changed_by": order.purchaser,
        "last_modified": stamp(line.modified),
        "lineComment": "",
        "name": line.name,
        "num": sku,
        "orderNum": order.requisition,
        "po_note": "",
        "po_version": order.version,
        "price": money(line.price),
        "purchase_order": order.id,
        "shipping_amount": None,
        "sku": sku,
        "status": line.status,
        "tax_amount": money(line.tax_amount) if line.tax else None,
        "total_cost": fixed(line.net, 2),
        "unit": "each",
        "updated_at": stamp(line.modified),
        "receive_method": 0,
        "type": 0,
        "blanket": None,
        "order_number": order.requisition,
    }


def flat_line_row(order: PurchaseOrder, line: OrderLine, vendor: Vendor) -> Fragment:
    """A line of the flat list: references are ids, quantities are strings (documented)."""
    return fragment(
        {
            **_plain_line(order, line),
            "account": budget_id(line.account_code, line.department),
            "approved_quantity": fixed(line.quantity, 5),
            "attachments": "",
            "catalog_item": None,
            "currency": CURRENCY[order.currency].id,
            "item_attachments": [],
            "pref_vendor": vendor.id,
            "purchaser": order.purchaser,
            "quantity": fixed(line.quantity, 5),
            "receivedFailQty": fixed(line.rejected, 5),
            "receivedPassQty": fixed(line.received, 5),
            "vendor": vendor.name,
        }
    )


def _cost_details(order: PurchaseOrder, line: OrderLine) -> dict[str, JsonValue]:
    in_base = to_cents(line.net * CURRENCY[order.currency].rate)
    return {
        "subtotal": money(line.net),
        "total_cost": money(line.net),
        "total_cost_in_base_currency": money(in_base),
        "tax_amount": money(line.tax_amount),
    }


def _taxes(line: OrderLine) -> list[JsonValue] | None:
    if line.tax is None:
        return None
    percent = money(TAX[line.tax].percentage)
    return [{"id": line.id, "type": "percent", "value": percent, "name": line.tax}]


def _allocations(line: OrderLine) -> list[JsonValue]:
    """The split; empty when all goes to the line's own account."""
    return [
        {
            "id": line.id * 10 + position,
            "amount": money(share.amount),
            "account": spend_account(share.account_code, share.department),
        }
        for position, share in enumerate(line.split)
    ]


def line_inside(
    order: PurchaseOrder, line: OrderLine, vendor: Vendor, vendor_json: Fragment
) -> dict[str, JsonValue]:
    """A line with its objects: quantities are numbers here (documented)."""
    received = line.received_at if line.received >= line.quantity else None
    return {
        **_plain_line(order, line),
        "account": account(line.account_code, line.department),
        "approved_quantity": line.quantity,
        "attachments": "",
        "catalog_item": None,
        "currency": currency_summary(order.currency),
        "item_attachments": [],
        "pref_vendor": vendor_json,
        "purchaser": user_summary(order.purchaser),
        "quantity": line.quantity,
        "receivedFailQty": line.rejected,
        "receivedPassQty": line.received,
        "vendor": vendor.name,
        "comments": [],
        "confirmation_status": None,
        "confirmation_status_description": None,
        "cost_details": _cost_details(order, line),
        "custom_fields": custom_values(line.project, line.id),
        "date_required": midnight(order.promised.date()),
        "fully_received_actual_receive_date": received.date().isoformat() if received else None,
        "has_sibling_items": False,
        "line_comment": "",
        "logs": [],
        "order_description": "Stock",
        "order_status": REQUISITION_PURCHASED,
        "order_uuid": order.requisition_uuid,
        "punchout_supplier_icon": None,
        "punchout_supplier_name": None,
        "punchout_system": None,
        "punchout_vendor_reference": None,
        "punchout_supplier_can_update_quantity": False,
        "purchase_order_number": order.number,
        "purchase_order_uuid": order.uuid,
        "purchased_currency_rate": fixed(CURRENCY[order.currency].rate, 6),
        "recurrence": None,
        "requester": user_short(order.requester),
        "spend_allocation": _allocations(line),
        "submitted_date": stamp(order.approved - timedelta(hours=19)),
        "taxes": _taxes(line),
    }


def detail_line(
    order: PurchaseOrder, line: OrderLine, vendor: Vendor, vendor_json: Fragment
) -> dict[str, JsonValue]:
    """A line of an order's detail."""
    return {
        **line_inside(order, line, vendor, vendor_json),
        "attachments": [],
        "receive_log_count": 1 if line.received else 0,
        "approval_history": [approval_log(order, line)],
        "flags": [],
        "approved_total_cost": money(line.net),
    }


def _position(order: PurchaseOrder, line: OrderLine) -> int:
    return next(number for number, one in enumerate(order.lines, 1) if one.id == line.id)


def approval_log(order: PurchaseOrder, line: OrderLine) -> dict[str, JsonValue]:
    """Who approved the line for good; the department is that of the approver."""
    return {
        "id": 70000 + line.id,
        "user": user_summary(order.approver),
        "next_approver": None,
        "next_approvers": [],
        "nextApprover": None,
        "approval_delegation": None,
        "dateTime": stamp(order.approved),
        "action": FINAL_APPROVAL,
        "line_qty_pass": None,
        "line_qty_fail": None,
        "order": order.requisition,
        "lineItem": None,
        "PO": None,
        "inventoryItem": None,
        "stocking_parent": None,
    }
