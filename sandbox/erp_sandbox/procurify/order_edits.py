"""Edits of purchase orders: bought, received, revised, closed, reopened, cancelled, paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from erp_sandbox.control import ControlError
from erp_sandbox.exact_json import JsonValue
from erp_sandbox.procurify.drafting import (
    Operation,
    Plan,
    as_amount,
    check_members,
    find_line,
    known_vendor,
    plan_order_line,
)
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import (
    ORDER_CANCELLED,
    ORDER_CLOSED,
    ORDER_OPEN,
    ORDER_PAID,
    ORDER_REOPENED,
    ZERO,
    OrderLine,
    PurchaseOrder,
)
from erp_sandbox.seeding.bills import AP_CLERK
from erp_sandbox.seeding.orders import line_status
from erp_sandbox.tenant import COMPANIES, CURRENCY, TERM, TERMS


def _add_order(state: ProcurifyState, plan: Plan) -> JsonValue:
    known = ("vendor", "currency", "term", "lines", "freight", "discount", "custom_number")
    check_members(plan, known)
    now = state.clock.now()
    order_id = state.take_id("order")
    rows = plan.get("lines", [{}])
    vendor = int(plan.get("vendor", 0)) or known_vendor(state)
    if vendor not in state.vendors:
        raise ControlError(f"no vendor {vendor}")
    order = PurchaseOrder(
        id=order_id,
        uuid=str(uuid4()),
        custom_number=plan.get("custom_number"),
        requisition=state.take_id("requisition"),
        requisition_uuid=uuid4().hex,
        vendor=vendor,
        currency=str(plan.get("currency", COMPANIES[0].currency)),
        term=str(plan.get("term", TERMS[0].name)),
        state=ORDER_OPEN,
        version=1,
        created=now,
        approved=now,
        modified=now,
        closed=None,
        promised=now + timedelta(days=14),
        purchaser=AP_CLERK,
        requester=7,
        approver=15,
        location=1,
        freight=as_amount(plan.get("freight", 0)),
        discount=as_amount(plan.get("discount", 0)),
        lines=tuple(plan_order_line(row, state.take_id("order line"), now) for row in rows),
    )
    if order.currency not in CURRENCY or order.term not in TERM:
        raise ControlError(f"no currency {order.currency!r} or no term {order.term!r}")
    state.put_order(order)
    lines: list[JsonValue] = [line.id for line in order.lines]
    return {"id": order.id, "uuid": order.uuid, "lines": lines}


def _order(state: ProcurifyState, plan: Plan) -> PurchaseOrder:
    found = state.find_order(str(plan.get("id", plan.get("uuid", ""))))
    if found is None:
        raise ControlError(f"no purchase order {plan.get('id', plan.get('uuid'))!r}")
    return found


def _put_order_in(order_state: int) -> Operation:
    def put(state: ProcurifyState, plan: Plan) -> JsonValue:
        check_members(plan, ("id", "uuid"))
        order = _order(state, plan)
        now = state.clock.now()
        is_shut = order_state in {ORDER_CLOSED, ORDER_CANCELLED, ORDER_PAID}
        changed = replace(order, state=order_state, modified=now, closed=now if is_shut else None)
        state.put_order(changed)
        return {"id": order.id, "state": order_state}

    return put


def _receive_line(state: ProcurifyState, plan: Plan) -> JsonValue:
    """Unknown: whether a receipt moves the header's change stamp; ``moves_header`` decides."""
    check_members(plan, ("line", "quantity", "moves_header"))
    order, line = find_line(state, plan.get("line"))
    now = state.clock.now()
    received = line.received + as_amount(plan.get("quantity", line.quantity - line.received))
    if not ZERO <= received <= line.quantity:
        raise ControlError(f"{received} of {line.quantity} cannot have been received")
    changed = replace(
        line,
        received=received,
        received_at=now,
        modified=now,
        status=line_status(line.quantity, received),
    )
    moves_header = bool(plan.get("moves_header", True))
    state.put_order(_with_line(order, changed, now if moves_header else order.modified))
    return {"id": order.id, "line": line.id}


def _revise_line(state: ProcurifyState, plan: Plan) -> JsonValue:
    """Revising an order raises its version (documented)."""
    check_members(plan, ("line", "quantity", "price"))
    order, line = find_line(state, plan.get("line"))
    now = state.clock.now()
    quantity = as_amount(plan.get("quantity", line.quantity))
    price = as_amount(plan.get("price", line.price))
    draft = plan_order_line(
        {
            "name": line.name,
            "quantity": quantity,
            "price": price,
            "account_code": line.account_code,
            "department": line.department,
            "tax": line.tax,
            "project": line.project,
        },
        line.id,
        now,
    )
    changed = replace(draft, received=line.received, received_at=line.received_at)
    state.put_order(replace(_with_line(order, changed, now), version=order.version + 1))
    return {"id": order.id, "line": line.id}


def _with_line(order: PurchaseOrder, line: OrderLine, modified: datetime) -> PurchaseOrder:
    lines = tuple(line if one.id == line.id else one for one in order.lines)
    return replace(order, lines=lines, modified=modified)


ORDER_OPERATIONS: Mapping[str, Operation] = {
    "add_purchase_order": _add_order,
    "close_purchase_order": _put_order_in(ORDER_CLOSED),
    "cancel_purchase_order": _put_order_in(ORDER_CANCELLED),
    "reopen_purchase_order": _put_order_in(ORDER_REOPENED),
    "pay_purchase_order": _put_order_in(ORDER_PAID),
    "receive_line": _receive_line,
    "revise_line": _revise_line,
}
