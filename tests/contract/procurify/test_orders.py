"""Purchase orders, their lines, requisitions, receipts and billing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from erp_sandbox.world import World
from tests.contract.procurify.caller import Caller
from tests.contract.procurify.shapes import (
    FLAT_LINE,
    LINE_DETAIL,
    ORDER_DETAIL,
    ORDER_ROW,
    RECEIPT,
    faults_of,
)

ALL, DETAIL = "/api/v2/purchase_orders/purchased/all/", "/api/v2/purchase_orders/"


@pytest.fixture(scope="session")
def details(reader: Caller, world: World) -> list[dict[str, Any]]:
    """The detail of every order."""
    return [reader.get(f"{DETAIL}{order.id}/").data for order in world.purchase_orders]


def test_rows_and_details_have_the_documented_fields(caller: Caller, details: list[Any]) -> None:
    """Source: documented. The header has neither an ``id`` nor a department."""
    assert [faults_of(row, ORDER_ROW) for row in caller.all_rows(ALL)] == [[]] * 120
    for order in details:
        assert faults_of(order, ORDER_DETAIL) == []
        assert [faults_of(line, LINE_DETAIL) for line in order["order_items"]] == [
            [] for _ in order["order_items"]
        ]


def test_flat_lines_have_the_documented_fields(caller: Caller) -> None:
    """Source: documented; both addresses serve the same rows."""
    rows = caller.all_rows("/api/v3/order-items/")
    assert [fault for row in rows for fault in faults_of(row, FLAT_LINE)] == []
    assert caller.all_rows("/api/v2/global/order_items/") == rows


def test_quantities_are_numbers_in_the_detail_and_strings_in_the_flat_list(
    caller: Caller, details: list[Any]
) -> None:
    """Source: documented."""
    flat = {row["id"]: row for row in caller.all_rows("/api/v3/order-items/")}
    for line in (line for order in details for line in order["order_items"]):
        for name in ("quantity", "receivedPassQty", "receivedFailQty"):
            assert isinstance(line[name], Decimal)
            assert Decimal(flat[line["id"]][name]) == line[name]


def test_order_is_found_by_number_and_uuid(caller: Caller, world: World) -> None:
    """Source: documented."""
    order = world.purchase_orders[3]
    for key in (str(order.id), order.uuid, UUID(order.uuid).hex):
        assert caller.get(f"{DETAIL}{key}/").data["procurify_PO"] == order.id
    assert caller.get(f"{DETAIL}999999/").status == 404
    assert caller.get(f"{DETAIL}{'0' * 32}/").status == 404


def test_totals_add_up(details: list[Any]) -> None:
    """Source: ``tax`` and ``discount`` are objects with a number (documented)."""
    for order in details:
        lines = order["order_items"]
        subtotal = sum((Decimal(line["total_cost"]) for line in lines), Decimal(0))
        assert Decimal(order["subtotal"]) == subtotal
        total = subtotal + order["tax"]["value"] + Decimal(order["freight"])
        assert Decimal(order["total"]) == total - order["discount"]["value"]


def test_split_of_a_line_adds_up_and_stays_in_one_country(details: list[Any]) -> None:
    """Source: the split stands in ``spend_allocation`` when there is one (documented)."""
    split = [line for order in details for line in order["order_items"] if line["spend_allocation"]]
    assert split
    for line in split:
        amounts = [Decimal(share["amount"]) for share in line["spend_allocation"]]
        assert sum(amounts) == Decimal(line["total_cost"])
        zones = {
            share["account"]["department"]["branch"]["localCurrency"]
            for share in line["spend_allocation"]
        }
        assert len(zones) == 1


def test_final_approval_names_the_approvers_department(details: list[Any]) -> None:
    """Source: action 1 is the final approval (documented)."""
    for line in (line for order in details for line in order["order_items"]):
        entry = line["approval_history"][-1]
        assert entry["action"] == 1
        assert entry["user"]["department"]["external_id"].startswith("CC-")


def test_seed_has_every_state_and_stage(details: list[Any]) -> None:
    """Open, reopened, closed, cancelled, paid; received not at all, in part, in full."""
    assert {order["state"] for order in details} == {0, 1, 3, 4, 5}
    assert {order["fulfilment_status"] for order in details} == {"empty", "partial", "full"}


@pytest.mark.parametrize(
    ("status", "test"),
    [
        ("open", lambda row: row["state"] in {0, 5} and row["fulfilment_status"] == "empty"),
        ("partial", lambda row: row["state"] in {0, 5} and row["fulfilment_status"] == "partial"),
        ("closed", lambda row: row["state"] == 3),
        ("cancelled", lambda row: row["state"] == 1),
        ("paid", lambda row: row["state"] == 4),
    ],
)
def test_status_of_the_path_narrows_the_list(caller: Caller, status: str, test: Any) -> None:
    """Source: words documented, mapping inferred."""
    wanted = {row["procurify_PO"] for row in caller.all_rows(ALL) if test(row)}
    rows = caller.all_rows(f"/api/v2/purchase_orders/purchased/{status}/")
    assert {row["procurify_PO"] for row in rows} == wanted != set()


def test_counts_agree_with_the_lists(caller: Caller) -> None:
    """Source: documented."""
    for role in ("purchased", "receivable"):
        counts = caller.get(ALL).json["metadata"]["counts"][role]
        for status in ("all", "open", "partial", "closed", "cancelled"):
            reply = caller.get(f"/api/v2/purchase_orders/{role}/{status}/")
            assert reply.json["metadata"]["pagination"]["count"] == counts[status]


@pytest.mark.parametrize("path", ["approver/all/", "purchased/draft/"])
def test_unknown_role_or_status_is_not_found(caller: Caller, path: str) -> None:
    """Source: words that are seen in code but not documented."""
    assert caller.get(f"{DETAIL}{path}").status == 404


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("modified_date_0=2026-06-01", lambda row: row["last_modified"][:10] >= "2026-06-01"),
        ("modified_date_1=2026-06-01", lambda row: row["last_modified"][:10] <= "2026-06-01"),
        ("date_0=2026-03-01&date_1=2026-03-31", lambda row: row["date"][:7] == "2026-03"),
        ("pref_vendor=6", lambda row: row["pref_vendor"]["id"] == 6),
        ("currency=1", lambda row: row["purchased_currency"]["name"] == "CAD"),
        ("total_0=1000&total_1=5000", lambda row: 1000 <= Decimal(row["total"]) <= 5000),
        ("purchase_order=60", lambda row: row["procurify_PO"] == 60),
    ],
)
def test_filters_of_the_order_list(caller: Caller, query: str, test: Any) -> None:
    """Source: names and the day grain documented, the tenant's zone inferred."""
    wanted = {row["procurify_PO"] for row in caller.all_rows(ALL) if test(row)}
    assert {row["procurify_PO"] for row in caller.all_rows(ALL, query)} == wanted != set()


@pytest.mark.parametrize(
    ("query", "are_all"),
    [
        ("catalog_item=5", False),
        ("purchase_agreement=5", False),
        ("lineComment=urgent", False),
        ("exclude_punchout=true", True),
        ("exclude_punchout=false", True),
    ],
)
def test_lines_without_catalog_agreement_or_comment(
    caller: Caller, query: str, *, are_all: bool
) -> None:
    """Published filters for what this tenant does not have: all lines, or none."""
    count = caller.get("/api/v3/order-items/").json["metadata"]["pagination"]["count"]
    found = caller.get(f"/api/v3/order-items/?{query}").json["metadata"]["pagination"]["count"]
    assert found == (count if are_all else 0)


def test_requisitions_are_found_by_the_day_they_are_required(caller: Caller) -> None:
    """One day of the tenant."""
    path = "/api/v2/global/orders/"
    rows = caller.all_rows(path)
    day = rows[0]["dateRequired"][:10]
    wanted = {row["num"] for row in rows if row["dateRequired"][:10] == day}
    assert {row["num"] for row in caller.all_rows(path, f"dateRequired={day}")} == wanted


def test_lines_are_found_by_the_day_of_their_change(caller: Caller) -> None:
    """Source: documented, day grain."""
    rows = caller.all_rows("/api/v3/order-items/")
    day = rows[0]["last_modified"][:10]
    found = caller.all_rows("/api/v3/order-items/", f"last_modified_0={day}&last_modified_1={day}")
    assert found == [row for row in rows if row["last_modified"].startswith(day)]


def test_receipts_are_those_of_the_received_lines(caller: Caller) -> None:
    """Source: fields and the one filter documented."""
    lines = caller.all_rows("/api/v3/order-items/")
    received = {row["id"]: row for row in lines if Decimal(row["receivedPassQty"])}
    receipts = caller.all_rows("/api/v3/receipt/items/")
    assert {row["order_item"] for row in receipts} == received.keys()
    for row in receipts:
        assert faults_of(row, RECEIPT) == []
        assert row["pass_quantity"] == received[row["order_item"]]["receivedPassQty"]
    one = receipts[4]["order_item"]
    assert [
        row["order_item"] for row in caller.all_rows("/api/v3/receipt/items/", f"order_item={one}")
    ] == [one]


def test_requisition_number_leads_from_line_to_requisition(caller: Caller) -> None:
    """Source: documented."""
    numbers = {row["num"] for row in caller.all_rows("/api/v2/global/orders/")}
    lines = caller.all_rows("/api/v3/order-items/")
    assert {row["orderNum"] for row in lines} == numbers


def test_billing_history_counts_what_bills_have_taken(caller: Caller, world: World) -> None:
    """Source: fields documented; which orders it shows is unknown."""
    billed: dict[int, Decimal] = {}
    for bill in world.bills:
        for line in bill.lines:
            if line.order_line is not None:
                billed[line.order_line] = billed.get(line.order_line, Decimal(0)) + line.quantity
    shown = caller.get("/api/v3/purchase-orders/billing-history/").data
    open_ids = {order.id for order in world.purchase_orders if order.state in {0, 5}}
    assert {row["id"] for row in shown} == open_ids
    for item in (item for row in shown for item in row["items"]):
        assert Decimal(item["billed_qty"]) == billed.get(item["id"], Decimal(0))
