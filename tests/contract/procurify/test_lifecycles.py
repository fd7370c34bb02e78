"""Bills and orders live on as the simulated clock moves; everything is counted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from erp_sandbox.control import ControlError
from erp_sandbox.control_client import ControlRefusedError, ProcurifyControl
from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.edits import edit
from erp_sandbox.procurify.lifecycles import live
from erp_sandbox.procurify.truth import count
from tests.conftest import Sandbox

Start = Callable[..., AbstractContextManager[Sandbox]]


def test_a_draft_is_submitted_approved_and_paid_as_days_go_by(state: ProcurifyState) -> None:
    """Each step when its time has come, with its entry in the history."""
    today = state.clock.now().date()
    order = {"operation": "add_bill", "status": 0, "due_date": str(today + timedelta(days=6))}
    made = edit(state, order)
    assert isinstance(made, dict)
    uuid = str(made["uuid"])
    if int(str(made["id"])) % 7 == 0:
        pytest.skip("every seventh bill is denied")
    seen, steps = [], []
    for _ in range(8):
        live(state, 1)
        bill = state.find_bill(uuid)
        assert bill is not None
        seen.append(bill.status)
        steps = [change.status for change in bill.history]
    assert seen == [1, 1, 2, 2, 2, 6, 4, 4]
    assert steps == [0, 1, 2, 6, 6, 7, 4]


def test_every_seventh_bill_is_denied(state: ProcurifyState) -> None:
    """Nothing is drawn: the same records live the same life."""
    waiting = [bill for bill in state.bills.values() if bill.status == 1]
    live(state, 3)
    for bill in waiting:
        assert (state.bills[bill.id].status == 3) == (bill.id % 7 == 0)


def test_an_order_is_received_when_promised_and_closed_a_week_later(state: ProcurifyState) -> None:
    """Its lines come on the promised day."""
    made = edit(state, {"operation": "add_purchase_order", "lines": [{"quantity": 3}]})
    assert isinstance(made, dict)
    number = str(made["id"])
    live(state, 13)
    order = state.find_order(number)
    assert order is not None
    assert order.fulfilment == "empty"
    live(state, 1)
    order = state.find_order(number)
    assert order is not None
    assert (order.fulfilment, order.is_open) == ("full", True)
    live(state, 7)
    order = state.find_order(number)
    assert order is not None
    assert not order.is_open


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_life_has_one_to_366_days(state: ProcurifyState, days: int) -> None:
    """No time machine, no endless run."""
    with pytest.raises(ControlError, match="days"):
        live(state, days)


def test_counts_tell_records_by_state(state: ProcurifyState) -> None:
    """Without reading them all."""
    told = count(state)
    assert isinstance(told, dict)
    assert (told["bills"], told["purchase_orders"]) == (200, 120)
    by_status = told["bills_by_status"]
    assert isinstance(by_status, dict)
    assert sum(int(str(one)) for one in by_status.values()) == 200


def test_the_control_side_lets_days_pass(start_sandbox: Start) -> None:
    """The moves of all days together; a run of the connector belongs between two calls."""
    with start_sandbox() as sandbox:
        procurify = ProcurifyControl(sandbox.procurify)
        before = procurify.count()["bills_by_status"]
        moves = procurify.live(3)
        assert moves["approve_bill"] > 0
        assert procurify.count()["bills_by_status"] != before
        with pytest.raises(ControlRefusedError, match="days"):
            procurify.tell("live", {"days": 0})
