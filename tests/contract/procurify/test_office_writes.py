"""Writes beside those of vendors, where the user's role allows them; lists that may be gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.knobs import change_knobs
from erp_sandbox.purchases import APPROVED, DRAFT, PAID, Bill
from tests.contract.procurify.caller import Caller

PAY = "/api/v3/ap/bills/mark-as-paid/"
OLD = "/api/v2/ap/payments/"


@pytest.fixture
def writer(caller: Caller, state: ProcurifyState) -> Caller:
    """A caller whose user may write all."""
    state.turn_knobs(change_knobs(state.knobs, {"may_user_write_all": True}))
    return caller


def bill_in(state: ProcurifyState, status: int) -> Bill:
    """A bill in that status."""
    return next(bill for bill in state.bills.values() if bill.status == status)


def test_approved_bills_are_marked_as_paid(writer: Caller, state: ProcurifyState) -> None:
    """By uuid with or without hyphens, and by group; the answer is the body."""
    first = bill_in(state, APPROVED)
    second = next(b for b in state.bills.values() if b.status == APPROVED and b.id != first.id)
    body = {"bill_uuids": [first.uuid], "bill_group_ids": [second.group]}
    body |= {"payment_date": "2026-09-30"}
    assert writer.send("POST", PAY, body).json == body
    assert {state.bills[one.id].status for one in (first, second)} == {PAID}


@pytest.mark.parametrize("change", [{"bill_uuids": []}, {"payment_date": "soon"}, {}])
def test_only_approved_bills_are_marked_as_paid(
    writer: Caller, state: ProcurifyState, change: dict[str, Any]
) -> None:
    """Together with a draft none of them is; nor without a day, or without bills."""
    approved, draft = bill_in(state, APPROVED), bill_in(state, DRAFT)
    body = {"bill_uuids": [approved.uuid, draft.uuid], "payment_date": "2026-09-30", **change}
    assert writer.send("POST", PAY, body).status == 400
    assert state.bills[approved.id].status == APPROVED


def test_a_bill_is_changed_by_patch(writer: Caller, state: ProcurifyState) -> None:
    """The fields that are seen in code; a wrong one changes nothing."""
    bill = bill_in(state, APPROVED)
    at = f"/api/v3/ap/bills/{bill.uuid}/"
    body = {"invoice_number": "FIXED-1", "due_date": None, "currency": 3, "note": "by hand"}
    told = writer.send("PATCH", at, body).data
    assert (told["invoice_number"], told["due_date"], told["note"]) == ("FIXED-1", None, "by hand")
    assert told["currency"]["name"] == "USD"
    for wrong in ({"vendor": 999_999}, {"due_date": "soon"}, {"payment_terms": "Never"}):
        assert writer.send("PATCH", at, {**wrong, "note": "no"}).status == 400
    assert state.bills[bill.id].note == "by hand"


def test_an_empty_patch_of_a_bill_moves_its_stamp(writer: Caller, state: ProcurifyState) -> None:
    """With no change in content."""
    bill = bill_in(state, APPROVED)
    told = writer.send("PATCH", f"/api/v3/ap/bills/{bill.uuid}/", b"{}").data
    assert datetime.fromisoformat(told["last_modified_datetime"]) > bill.modified


def test_an_order_is_closed_and_reopened(writer: Caller, state: ProcurifyState) -> None:
    """Each from the state that allows it."""
    order = next(one for one in state.orders.values() if one.is_open)
    at = f"/api/v3/purchase-orders/{order.id}"
    assert writer.send("POST", f"{at}/reopen/", {}).status == 400
    assert writer.send("POST", f"{at}/close/", {}).data["state"] == 3
    assert writer.send("POST", f"{at}/close/", {}).status == 400
    assert writer.send("POST", f"{at}/reopen/", {}).status == 200
    assert state.orders[order.id].state == 5
    assert writer.send("POST", "/api/v3/purchase-orders/999999/close/", {}).status == 404


def test_the_old_payment_list_is_gone_or_still_there(caller: Caller, state: ProcurifyState) -> None:
    """Marked for removal; it names the bills themselves."""
    assert caller.get(OLD).status == 404
    state.turn_knobs(change_knobs(state.knobs, {"is_old_payment_list_offered": True}))
    rows = caller.all_rows(OLD)
    told = {row["bill_payments"][0]["bill"]["uuid"] for row in rows}
    paid = {bill["id"] for bill in caller.all_rows("/api/public/v1/payments/")}
    assert len(told) == len(rows) == len(paid) > 0
    day = next(row["payment_date"] for row in rows if row["payment_date"])
    found = caller.all_rows(OLD, f"payment_date_0={day}&payment_date_1={day}")
    assert {row["payment_date"] for row in found} == {day}


def test_options_tell_the_fields_of_a_list(caller: Caller) -> None:
    """A cheap check of the contract on a real tenant."""
    told = caller.send("OPTIONS", "/api/v3/ap/bills/").json
    fields = told["actions"]["GET"]
    assert set(fields) == set(caller.get("/api/v3/ap/bills/").data[0])
    assert (fields["id"]["type"], fields["locked"]["type"]) == ("integer", "boolean")
