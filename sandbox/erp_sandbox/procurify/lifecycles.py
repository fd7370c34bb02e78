"""What people do with bills and orders as days go by: submit, approve, pay, receive, close.

Nothing is drawn: the same records live the same life. Source: the states and their order are those
of the contract; how long each takes is the sandbox's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from erp_sandbox.control import ControlError
from erp_sandbox.exact_json import JsonValue
from erp_sandbox.procurify.edits import edit
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import (
    APPROVED,
    CONFIRMED,
    DRAFT,
    PAYMENT_CONFIRMED,
    Bill,
    PurchaseOrder,
)

DAY_S = 86_400
DAYS_MAX = 366
DENIED_EVERY = 7
# How many days a bill stays in a state before somebody moves it on.
BILL_DAYS: Mapping[int, int] = {DRAFT: 1, CONFIRMED: 2, PAYMENT_CONFIRMED: 1}
SHELF_DAYS = 7

Move = tuple[str, dict[str, JsonValue]]


def live(state: ProcurifyState, days: int) -> Mapping[str, int]:
    """Let so many days pass, with what people do on each; how often which move was made.

    Raises:
        ControlError: no day passes, or too many.
    """
    if not 1 <= days <= DAYS_MAX:
        raise ControlError(f"days: 1 to {DAYS_MAX}, not {days}")
    made: Counter[str] = Counter()
    for _ in range(days):
        state.clock.advance(DAY_S)
        for operation, arguments in _due(state):
            edit(state, {"operation": operation, **arguments})
            made[operation] += 1
    return dict(sorted(made.items()))


def _due(state: ProcurifyState) -> list[Move]:
    bills = [move for bill in state.bills.values() for move in _of_bill(state, bill)]
    return bills + [move for order in state.orders.values() for move in _of_order(state, order)]


def _of_bill(state: ProcurifyState, bill: Bill) -> list[Move]:
    now = state.clock.now()
    has_waited = now - bill.history[-1].at >= timedelta(days=BILL_DAYS.get(bill.status, 0))
    is_due = bill.due_date is not None and bill.due_date <= now.date()
    decision = "deny_bill" if bill.id % DENIED_EVERY == 0 else "approve_bill"
    steps: Mapping[int, tuple[bool, str]] = {
        DRAFT: (has_waited, "submit_bill"),
        CONFIRMED: (has_waited, decision),
        APPROVED: (is_due, "confirm_payment"),
        PAYMENT_CONFIRMED: (has_waited, "pay_bill"),
    }
    is_time, operation = steps.get(bill.status, (False, ""))
    return [(operation, {"uuid": bill.uuid})] if is_time else []


def _of_order(state: ProcurifyState, order: PurchaseOrder) -> list[Move]:
    now = state.clock.now()
    if not order.is_open:
        return []
    if order.fulfilment == "full":
        has_waited = now - order.modified >= timedelta(days=SHELF_DAYS)
        return [("close_purchase_order", {"id": order.id})] if has_waited else []
    if order.promised > now:
        return []
    waiting = [line for line in order.lines if line.received < line.quantity]
    return [("receive_line", {"line": line.id}) for line in waiting]
