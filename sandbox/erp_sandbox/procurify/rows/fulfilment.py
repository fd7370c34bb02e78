"""Rows about orders: the requisition before, receipts and billing after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from erp_sandbox.exact_json import Fragment, JsonValue, fragment
from erp_sandbox.procurify.rows.order_lines import REQUISITION_PURCHASED, approval_log
from erp_sandbox.procurify.rows.people import user_summary
from erp_sandbox.procurify.rows.reference import (
    branch,
    currency_summary,
    department_summary,
)
from erp_sandbox.procurify.rows.values import fixed, midnight, money, stamp
from erp_sandbox.purchases import OrderLine, PurchaseOrder, to_cents
from erp_sandbox.tenant import CURRENCY, USER, location


def requisition_row(order: PurchaseOrder) -> Fragment:
    """The requisition that the order came from."""
    department_id = order.lines[0].department
    in_base = to_cents(order.subtotal * CURRENCY[order.currency].rate)
    return fragment(
        {
            "description": "Stock",
            "num": order.requisition,
            "uuid": order.requisition_uuid,
            "branch": branch(location(order.location)),
            "user": user_summary(order.requester),
            "department": department_summary(department_id),
            "currency": currency_summary(order.currency),
            "total_cost_in_base_currency": in_base,
            "logs": [approval_log(order, order.lines[0])],
            "item_count": len(order.lines),
            "ip_address": None,
            "date": stamp(order.approved - timedelta(hours=20)),
            "dateRequired": midnight(order.promised.date()),
            "dateModified": stamp(order.created),
            "lineCount": len(order.lines),
            "purchasedCount": len(order.lines),
            "totalPrice": fixed(order.subtotal, 2),
            "status": REQUISITION_PURCHASED,
            "next_approver": None,
            "approval_delegatee": None,
            "punchout_group": None,
            "punchout_shipping_address": None,
            "punchout_items_rejected": False,
            "punchout_supplier_name": None,
            "punchout_supplier_icon": None,
            "punchout_vendor_reference": None,
            "has_blanket_order_items": False,
            "next_approvers": [],
            "approval_workflow": {"is_complete": True, "updated_at": stamp(order.approved)},
            "denial_reason": None,
            "denial_comment": None,
            "punchout_is_retriable": False,
            "punchout_order_purchase_order_id": order.id,
        }
    )


def receipt_row(order: PurchaseOrder, line: OrderLine) -> Fragment:
    """What has been received of a line."""
    person = USER[order.requester]
    role, kind = person.role
    received = line.received_at or order.created
    total = line.received + line.rejected
    return fragment(
        {
            "id": 24000 + line.id,
            "pass_quantity": fixed(line.received, 5),
            "fail_quantity": fixed(line.rejected, 5),
            "order_item": line.id,
            "created_at": stamp(received),
            "is_edited": False,
            "created_by": {
                "id": person.id,
                "firstName": person.first_name,
                "lastName": person.last_name,
                "email": person.email,
                "role": {"name": role, "type": kind},
                "profile_image": None,
            },
            "total_quantity": fixed(total, 5),
            "received_at": received.date().isoformat(),
        }
    )


def billing_row(order: PurchaseOrder, billed: Mapping[int, Decimal]) -> dict[str, JsonValue]:
    """How much of each line has been billed."""
    return {
        "id": order.id,
        "number": order.number,
        "has_unbilled_unreceived_items": any(
            line.received < line.quantity and not billed.get(line.id) for line in order.lines
        ),
        "items": [
            {
                "id": line.id,
                "billed_qty": money(billed.get(line.id, Decimal(0))),
                "received_qty": fixed(line.received, 5),
            }
            for line in order.lines
        ],
    }
