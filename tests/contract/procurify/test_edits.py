"""What people do in Procurify behind the interface's back, through the control side."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from erp_sandbox.control import ControlError
from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.edits import edit
from erp_sandbox.procurify.truth import read_truth
from erp_sandbox.world import World
from tests.contract.procurify.caller import Caller
from tests.contract.procurify.shapes import BILL_DETAIL, ORDER_DETAIL, faults_of

LIST, DETAIL = "/api/v3/ap/bills/", "/api/v2/ap/bills/"
ORDERS = "/api/v2/purchase_orders/"


def do(state: ProcurifyState, operation: str, **arguments: Any) -> Any:
    """Carry out an edit after a second has passed."""
    state.clock.advance(1)
    return edit(state, {"operation": operation, **arguments})


def bill_of(caller: Caller, uuid: str) -> dict[str, Any]:
    """The bill's detail."""
    found: dict[str, Any] = caller.get(f"{DETAIL}{uuid}/").data
    return found


def test_new_bill_shows_up_in_the_change_window(caller: Caller, state: ProcurifyState) -> None:
    """A run that reads from the last one's end finds the new bill and no other."""
    since = state.clock.now().isoformat().replace("+", "%2B")
    made = do(state, "add_bill", number="N-1", currency="USD", vendor=6)
    rows = caller.all_rows(LIST, f"last_modified_datetime_0={since}")
    assert [row["uuid"] for row in rows] == [made["uuid"]]
    bill = bill_of(caller, made["uuid"])
    assert faults_of(bill, BILL_DETAIL) == []
    assert (bill["status"], bill["invoice_number"]) == (2, "N-1")
    assert bill["total_cost_with_tax"] == 100


def test_bill_is_made_as_planned(caller: Caller, state: ProcurifyState) -> None:
    """Lines, split, tax inside the price, project and freight."""
    plan = {
        "quantity": "3",
        "unit_cost": "35.00",
        "tax": "GST",
        "tax_is_inclusive": True,
        "project": "P-2",
        "allocations": [
            {"account_code": "6000", "department": 1, "amount": "60.00"},
            {"account_code": "6400", "department": 3, "amount": "40.00"},
        ],
    }
    made = do(state, "add_bill", lines=[plan], costs=[{"amount": "7.50"}], status=0)
    bill = bill_of(caller, made["uuid"])
    item = bill["items"][0]
    assert (item["total_cost"], item["tax_amount"]) == (100, 5)
    assert [share["amount"] for share in item["cost_allocations"]] == ["60.00000000", "40.00000000"]
    assert item["custom_fields"][-1]["value"] == "P-2"
    assert (bill["total_cost"], bill["total_cost_with_tax"]) == (Decimal("107.5"), Decimal("112.5"))
    assert (bill["status"], bill["submitted_date"]) == (0, None)


def test_bill_of_an_order_takes_from_its_line(caller: Caller, state: ProcurifyState) -> None:
    """Vendor, price, tax and split are those of the order."""
    order = next(one for one in state.orders.values() if one.is_open)
    line = order.lines[0]
    made = do(state, "add_bill", lines=[{"order_line": line.id, "quantity": 1}])
    bill = bill_of(caller, made["uuid"])
    item = bill["items"][0]
    assert bill["vendor"]["id"] == order.vendor
    assert (item["unit_cost"], item["po"]["id"]) == (line.price, order.id)
    shown = caller.get("/api/v3/purchase-orders/billing-history/").data
    billed = {row["id"]: row["billed_qty"] for one in shown for row in one["items"]}
    before = sum(
        one.quantity
        for bill in state.world.bills
        for one in bill.lines
        if one.order_line == line.id
    )
    assert Decimal(billed[line.id]) == before + 1


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ("submit_bill", 1),
        ("approve_bill", 2),
        ("deny_bill", 3),
        ("pay_bill", 4),
        ("withdraw_bill", 5),
        ("confirm_payment", 6),
        ("limbo_bill", 8),
    ],
)
def test_bill_moves_through_its_life(
    caller: Caller, state: ProcurifyState, operation: str, status: int
) -> None:
    """Status, history and change stamp move together."""
    made = do(state, "add_bill", status=0)
    before = bill_of(caller, made["uuid"])
    do(state, operation, uuid=made["uuid"])
    after = bill_of(caller, made["uuid"])
    assert after["status"] == after["bill_statuses"][-1]["status"] == status
    assert after["last_modified_datetime"] > before["last_modified_datetime"]
    assert after["version"] == 1


@pytest.mark.parametrize("operation", ["export_bill", "pay_bill"])
def test_exported_or_paid_bill_is_locked(
    caller: Caller, state: ProcurifyState, operation: str
) -> None:
    """Source: inferred."""
    made = do(state, "add_bill", status=2)
    assert bill_of(caller, made["uuid"])["locked"] is False
    do(state, operation, uuid=made["uuid"])
    assert bill_of(caller, made["uuid"])["locked"] is True


def test_bill_that_is_fixed_goes_back_to_draft_with_a_new_version(
    caller: Caller, state: ProcurifyState, world: World
) -> None:
    """Source: an approved bill can fall back to draft (documented); the version is inferred."""
    uuid = next(bill.uuid for bill in world.bills if bill.status == 2)
    do(state, "back_to_draft", uuid=uuid)
    bill = bill_of(caller, uuid)
    assert (bill["status"], bill["version"]) == (0, 2)


def test_only_a_draft_can_be_deleted_and_leaves_no_trace(
    caller: Caller, state: ProcurifyState, world: World
) -> None:
    """Source: documented; there are no tombstones."""
    uuid = next(bill.uuid for bill in world.bills if bill.status == 2)
    with pytest.raises(ControlError, match="only a draft"):
        do(state, "delete_bill", uuid=uuid)
    do(state, "back_to_draft", uuid=uuid)
    do(state, "delete_bill", uuid=uuid)
    assert caller.get(f"{DETAIL}{uuid}/").status == 404
    assert uuid not in {row["uuid"] for row in caller.all_rows(LIST)}


def test_change_stamp_can_move_without_a_change(
    caller: Caller, state: ProcurifyState, world: World
) -> None:
    """Source: seen in code."""
    uuid = world.bills[0].uuid
    before = bill_of(caller, uuid)
    do(state, "touch_bill", uuid=uuid)
    after = bill_of(caller, uuid)
    assert after.pop("last_modified_datetime") > before.pop("last_modified_datetime")
    assert after == before


def test_edited_bill_shows_its_new_content(
    caller: Caller, state: ProcurifyState, world: World
) -> None:
    """Number, day and lines."""
    uuid = world.bills[0].uuid
    do(
        state,
        "edit_bill",
        uuid=uuid,
        number="X-9",
        gl_post_date=None,
        lines=[{"unit_cost": "12.34"}],
    )
    bill = bill_of(caller, uuid)
    assert (bill["invoice_number"], bill["gl_post_date"]) == ("X-9", None)
    assert [item["total_cost"] for item in bill["items"]] == [Decimal("12.34")]


def test_order_is_bought_received_revised_and_closed(caller: Caller, state: ProcurifyState) -> None:
    """The life of a purchase order; a revision raises its version."""
    made = do(state, "add_purchase_order", lines=[{"quantity": 4, "price": "25.00"}])
    path = f"{ORDERS}{made['id']}/"
    assert faults_of(caller.get(path).data, ORDER_DETAIL) == []
    do(state, "receive_line", line=made["lines"][0], quantity=1)
    assert caller.get(path).data["fulfilment_status"] == "partial"
    do(state, "receive_line", line=made["lines"][0])
    assert caller.get(path).data["fulfilment_status"] == "full"
    do(state, "revise_line", line=made["lines"][0], price="30.00")
    order = caller.get(path).data
    assert (order["version"], order["total"]) == (2, "120.00")
    for operation, wanted in (
        ("close_purchase_order", 3),
        ("reopen_purchase_order", 5),
        ("cancel_purchase_order", 1),
        ("pay_purchase_order", 4),
    ):
        do(state, operation, id=made["id"])
        order = caller.get(path).data
        assert order["state"] == wanted
        assert (order["closed_date"] is None) == (wanted == 5)


def test_receipt_may_leave_the_header_as_it_was(caller: Caller, state: ProcurifyState) -> None:
    """Source: unknown whether a receipt moves the header's stamp; the line's always moves."""
    made = do(state, "add_purchase_order")
    before = caller.get(f"{ORDERS}{made['id']}/").data
    do(state, "receive_line", line=made["lines"][0], moves_header=False)
    after = caller.get(f"{ORDERS}{made['id']}/").data
    assert after["last_modified"] == before["last_modified"]
    assert after["order_items"][0]["last_modified"] > before["order_items"][0]["last_modified"]


def test_vendor_is_added_and_edited(caller: Caller, state: ProcurifyState) -> None:
    """By the names that the records have in the sandbox."""
    made = do(state, "add_vendor", name="Fresh Vendor", external_id="V-1")
    do(state, "edit_vendor", id=made["id"], city="Oslo", is_active=False, bank_tail="0042")
    vendor = caller.get(f"/api/v3/vendors/{made['id']}/").data
    assert (vendor["city"], vendor["active"]) == ("Oslo", False)
    assert vendor["payment_methods"][0]["data"]["account_number"] == "****0042"


@pytest.mark.parametrize(
    "order",
    [
        {"operation": "explode"},
        {},
        {"operation": "approve_bill", "uuid": "0" * 32},
        {"operation": "add_bill", "vendor": 99999},
        {"operation": "add_bill", "status": 12},
        {"operation": "add_bill", "currency": "EUR"},
        {"operation": "add_bill", "lines": []},
        {"operation": "add_bill", "lines": [{"price": 3}]},
        {"operation": "add_bill", "lines": [{"account_code": "7777"}]},
        {"operation": "add_bill", "lines": [{"department": 77}]},
        {"operation": "add_bill", "lines": [{"order_line": 1}]},
        {"operation": "add_bill", "invoice_date": "soon"},
        {"operation": "add_bill", "lines": [{"unit_cost": "much"}]},
        {"operation": "close_purchase_order", "id": 1},
        {"operation": "receive_line", "line": 193, "quantity": 100000},
        {"operation": "edit_vendor", "id": 99999},
        {"operation": "edit_vendor", "id": 6, "ctiy": "Oslo"},
    ],
)
def test_edit_that_makes_no_sense_changes_nothing(
    state: ProcurifyState, order: dict[str, Any]
) -> None:
    """A typing error in a test must not pass for an edit."""
    before = [dict(state.vendors), dict(state.orders), dict(state.bills)]
    with pytest.raises(ControlError):
        edit(state, order)
    assert [state.vendors, state.orders, state.bills] == before


def test_truth_is_what_the_api_serves(caller: Caller, state: ProcurifyState) -> None:
    """A test that computes from the truth computes from what an integration can see."""
    found = read_truth(state)
    for bill in found["bills"][:20]:
        assert bill == bill_of(caller, bill["uuid"])
    listed = {row["id"] for row in caller.all_rows("/api/v3/vendors/all/")}
    assert set(found["listed_vendors"]) == listed
    assert {order["procurify_PO"] for order in found["purchase_orders"]} == set(state.orders)
    assert json.dumps(found["bills"][0], default=str)


def test_reset_brings_the_seed_back(state: ProcurifyState) -> None:
    """After a reset the sandbox is as it was made, ids too."""
    before = read_truth(state)
    first = do(state, "add_bill")
    do(state, "edit_vendor", id=6, city="Oslo")
    state.reset()
    assert {**read_truth(state), "now": ""} == {**before, "now": ""}
    assert do(state, "add_bill")["id"] == first["id"]
