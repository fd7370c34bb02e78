"""Edits of bills: written, submitted, approved, taken back, paid, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from erp_sandbox.control import ControlError
from erp_sandbox.exact_json import JsonValue
from erp_sandbox.procurify.drafting import (
    PLAIN_LINE,
    ROWS_MAX,
    Operation,
    Plan,
    as_day,
    check_members,
    find_line,
    known_vendor,
    plan_bill_line,
    plan_cost,
)
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import (
    APPROVED,
    CONFIRMED,
    DENIED,
    DRAFT,
    PAID,
    PAYMENT_APPROVED,
    PAYMENT_CONFIRMED,
    PAYMENT_LIMBO,
    WITHDRAWN,
    Bill,
    BillLine,
    StatusChange,
)
from erp_sandbox.seeding.bills import AP_CLERK, WAYS
from erp_sandbox.tenant import COMPANIES, CURRENCY, TERM, TERMS

# A day that the seeded ledgers have an open period for.
DOCUMENT_DAY = date(2026, 9, 15)
BILL_TEXTS = {"number": str, "note": str, "term": str, "currency": str, "vendor": int, "type": int}
BILL_DAYS = ("invoice_date", "due_date", "gl_post_date")
BILL_MEMBERS = (*BILL_TEXTS, *BILL_DAYS, "lines", "costs")


def _add_bill(state: ProcurifyState, plan: Plan) -> JsonValue:
    check_members(plan, (*BILL_MEMBERS, "status"))
    status = int(plan.get("status", APPROVED))
    if status not in WAYS:
        raise ControlError(f"no bill status {status}")
    now = state.clock.now()
    history = tuple(
        StatusChange(status=one, user=15 if one == APPROVED else AP_CLERK, at=now)
        for one in WAYS[status]
    )
    bill_id = state.take_id("bill")
    bill = Bill(
        id=bill_id,
        uuid=uuid4().hex,
        version=1,
        type=0,
        status=status,
        vendor=known_vendor(state),
        currency=COMPANIES[0].currency,
        number=f"NEW-{bill_id}",
        invoice_date=DOCUMENT_DAY,
        due_date=DOCUMENT_DAY + timedelta(days=30),
        gl_post_date=None,
        term=TERMS[0].name,
        submitted=now if CONFIRMED in WAYS[status] else None,
        modified=now,
        creator=AP_CLERK,
        history=history,
        lines=(),
        costs=(),
    )
    described = {"lines": [PLAIN_LINE], **plan}
    described.pop("status", None)
    described = {**_of_order(state, described["lines"]), **described}
    state.put_bill(_changed_bill(state, bill, described))
    return {"id": bill_id, "uuid": bill.uuid}


def _of_order(state: ProcurifyState, rows: Sequence[Plan]) -> Plan:
    """Vendor, currency and term of the order that a line is of."""
    for row in rows:
        if "order_line" in row:
            order, _ = find_line(state, row["order_line"])
            return {"vendor": order.vendor, "currency": order.currency, "term": order.term}
    return {}


def _changed_bill(state: ProcurifyState, bill: Bill, plan: Plan) -> Bill:
    check_members(plan, BILL_MEMBERS)
    changes: dict[str, Any] = {
        name: kind(plan[name]) for name, kind in BILL_TEXTS.items() if name in plan
    }
    changes |= {name: as_day(plan[name]) for name in BILL_DAYS if name in plan}
    if "lines" in plan:
        changes["lines"] = _plan_lines(state, plan["lines"])
    if "costs" in plan:
        changes["costs"] = tuple(plan_cost(row, state.take_id("cost")) for row in plan["costs"])
    changed = replace(bill, **changes, modified=state.clock.now())
    if changed.vendor not in state.vendors:
        raise ControlError(f"no vendor {changed.vendor}")
    if changed.currency not in CURRENCY or changed.term not in TERM:
        raise ControlError(f"no currency {changed.currency!r} or no term {changed.term!r}")
    return changed


def _plan_lines(state: ProcurifyState, rows: Sequence[Plan]) -> tuple[BillLine, ...]:
    if not 1 <= len(rows) <= ROWS_MAX:
        raise ControlError(f"a bill has 1 to {ROWS_MAX} lines")
    lines = []
    for row in rows:
        found = find_line(state, row["order_line"]) if "order_line" in row else None
        lines.append(plan_bill_line(row, state.take_id("bill line"), found=found))
    return tuple(lines)


def _bill(state: ProcurifyState, plan: Plan) -> Bill:
    found = state.find_bill(str(plan.get("uuid", "")))
    if found is None:
        raise ControlError(f"no bill {plan.get('uuid')!r}")
    return found


def _edit_bill(state: ProcurifyState, plan: Plan) -> JsonValue:
    bill = _bill(state, plan)
    changes = {name: value for name, value in plan.items() if name != "uuid"}
    state.put_bill(_changed_bill(state, bill, changes))
    return {"uuid": bill.uuid}


def _move_to(*statuses: int) -> Operation:
    """The bill goes through these statuses, all of them now."""

    def move(state: ProcurifyState, plan: Plan) -> JsonValue:
        check_members(plan, ("uuid", "user"))
        bill = _bill(state, plan)
        now = state.clock.now()
        user = int(plan.get("user", 15))
        moves = tuple(StatusChange(status=status, user=user, at=now) for status in statuses)
        is_reworked = statuses[-1] == DRAFT
        state.put_bill(
            replace(
                bill,
                status=statuses[-1],
                history=(*bill.history, *moves),
                modified=now,
                submitted=now if CONFIRMED in statuses else bill.submitted,
                version=bill.version + is_reworked,
            )
        )
        return {"uuid": bill.uuid, "status": statuses[-1]}

    return move


def _touch_bill(state: ProcurifyState, plan: Plan) -> JsonValue:
    """The change stamp moves with no change in content (seen in code: this happens)."""
    bill = _bill(state, plan)
    state.put_bill(replace(bill, modified=state.clock.now()))
    return {"uuid": bill.uuid}


def _export_bill(state: ProcurifyState, plan: Plan) -> JsonValue:
    bill = _bill(state, plan)
    now = state.clock.now()
    state.put_bill(replace(bill, exported=now.date(), modified=now))
    return {"uuid": bill.uuid}


def _delete_bill(state: ProcurifyState, plan: Plan) -> JsonValue:
    """Source: only drafts are deleted, and leave no trace (documented)."""
    bill = _bill(state, plan)
    if bill.status != DRAFT:
        raise ControlError("only a draft can be deleted; put it back to draft first")
    state.drop_bill(bill)
    return {"uuid": bill.uuid}


BILL_OPERATIONS: Mapping[str, Operation] = {
    "add_bill": _add_bill,
    "edit_bill": _edit_bill,
    "submit_bill": _move_to(CONFIRMED),
    "approve_bill": _move_to(APPROVED),
    "deny_bill": _move_to(DENIED),
    "withdraw_bill": _move_to(WITHDRAWN),
    "back_to_draft": _move_to(DRAFT),
    "confirm_payment": _move_to(PAYMENT_CONFIRMED),
    "pay_bill": _move_to(PAYMENT_CONFIRMED, PAYMENT_APPROVED, PAID),
    "limbo_bill": _move_to(PAYMENT_LIMBO),
    "touch_bill": _touch_bill,
    "export_bill": _export_bill,
    "delete_bill": _delete_bill,
}
