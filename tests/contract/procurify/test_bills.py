"""Bills: shapes, money, lifecycle facts and filters."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import pytest

from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.knobs import change_knobs
from erp_sandbox.world import World
from tests.contract.procurify.caller import Caller
from tests.contract.procurify.shapes import (
    BILL_DETAIL,
    BILL_ITEM,
    BILL_ROW,
    BUDGET,
    COST,
    LINE_INSIDE,
    PAYMENT,
    SHARE,
    VENDOR_INSIDE,
    faults_of,
)

LIST, DETAIL, ITEMS = "/api/v3/ap/bills/", "/api/v2/ap/bills/", "/api/v2/ap/items/"
PAYMENTS = "/api/public/v1/payments/"
CENT = Decimal("0.01")


@pytest.fixture(scope="session")
def details(reader: Caller, world: World) -> list[dict[str, Any]]:
    """The detail of every bill."""
    return [reader.get(f"{DETAIL}{bill.uuid}/").data for bill in world.bills]


def numbers(*values: object) -> Decimal:
    """The sum of numbers of a record, of whatever form."""
    return sum((Decimal(str(value)) for value in values), Decimal(0))


def test_list_rows_have_the_documented_fields(caller: Caller) -> None:
    """Source: documented."""
    assert [faults_of(row, BILL_ROW) for row in caller.all_rows(LIST)] == [[]] * 200


def test_details_have_the_documented_fields_at_every_depth(details: list[Any]) -> None:
    """Source: documented."""
    for bill in details:
        assert faults_of(bill, BILL_DETAIL) == []
        assert faults_of(bill["vendor"], VENDOR_INSIDE) == []
        for cost in bill["costs"]:
            assert faults_of(cost, COST) + faults_of(cost["cost_allocation"], SHARE) == []
        for item in bill["items"]:
            assert faults_of(item, BILL_ITEM) == []
            for share in item["cost_allocations"]:
                assert faults_of(share, SHARE) + faults_of(share["budget"], BUDGET) == []
            if item["orderitem"]:
                assert faults_of(item["orderitem"], LINE_INSIDE) == []


def test_bill_items_have_the_documented_fields(caller: Caller) -> None:
    """Source: documented."""
    reply = caller.get(f"{ITEMS}?page_size=100")
    assert [fault for row in reply.data for fault in faults_of(row, BILL_ITEM)] == []


def test_detail_is_found_by_uuid_with_and_without_hyphens(caller: Caller, world: World) -> None:
    """Source: documented in one description each; there is no look-up by number."""
    bill = world.bills[0]
    for key in (bill.uuid, str(UUID(bill.uuid)), bill.uuid.upper()):
        assert caller.get(f"{DETAIL}{key}/").data["id"] == bill.id
    for key in (str(bill.id), "0" * 32, "nonsense"):
        reply = caller.get(f"{DETAIL}{key}/")
        assert (reply.status, reply.json) == (404, {"detail": "Not found."})


def test_detail_carries_permissions_and_summary(caller: Caller, world: World) -> None:
    """Source: documented."""
    reply = caller.get(f"{DETAIL}{world.bills[0].uuid}/")
    assert set(reply.json["metadata"]) == {"permissions", "summary"}


def test_line_amounts_add_up(details: list[Any]) -> None:
    """Source: ``total_cost`` is without tax (documented); tax inside the price stays inside."""
    for item in (item for bill in details for item in bill["items"]):
        assert item["total_cost"] + item["tax_amount"] == item["total_cost_with_tax"]
        in_price = item["total_cost_with_tax" if item["tax_is_inclusive"] else "total_cost"]
        price = numbers(item["quantity"]) * item["unit_cost"]
        assert price.quantize(CENT, rounding=ROUND_HALF_UP) == in_price


def test_line_tax_is_its_percentage_to_the_cent(details: list[Any]) -> None:
    """The tax of a line is what its rate makes of its net amount, within a cent of rounding."""
    for item in (item for bill in details for item in bill["items"]):
        rate = Decimal(item["tax_percentage"] or 0)
        assert abs(item["total_cost"] * rate / 100 - item["tax_amount"]) <= CENT
        assert bool(item["tax_name"]) == bool(item["tax"]) == (item["tax_percentage"] is not None)


def test_split_adds_up_to_the_line_to_the_cent(details: list[Any]) -> None:
    """Source: not stated by the vendor; in this seed a split is always exact."""
    for item in (item for bill in details for item in bill["items"]):
        amounts = [Decimal(share["amount"]) for share in item["cost_allocations"]]
        assert numbers(*amounts) == item["total_cost"]
        assert all(amount == amount.quantize(CENT) and amount for amount in amounts)


def test_bill_totals_add_up(details: list[Any]) -> None:
    """Source: names and meaning documented."""
    for bill in details:
        costs = numbers(*(cost["amount"] for cost in bill["costs"]))
        assert bill["subtotal_cost"] == numbers(*(i["total_cost"] for i in bill["items"]))
        assert bill["total_cost"] == bill["subtotal_cost"] + costs
        taxes = bill["inclusive_tax_amount"] + bill["exclusive_tax_amount"]
        assert bill["tax_amount"] == taxes == numbers(*(i["tax_amount"] for i in bill["items"]))
        assert bill["total_cost_with_tax"] == bill["total_cost"] + bill["tax_amount"]
        in_base = bill["total_cost_with_tax"] * Decimal(bill["currency"]["rate"])
        assert bill["converted_total_cost"] == in_base.quantize(CENT, rounding=ROUND_HALF_UP)


def test_list_row_agrees_with_the_detail(caller: Caller, details: list[Any]) -> None:
    """The two views of a bill tell the same story."""
    rows = {row["uuid"]: row for row in caller.all_rows(LIST)}
    same = ("id", "status", "type", "version", "total_cost_with_tax", "invoice_number", "group")
    for bill in details:
        row = rows[bill["uuid"]]
        assert {name: row[name] for name in same} == {name: bill[name] for name in same}
        assert row["last_modified_datetime"] == bill["last_modified_datetime"]
        assert row["items"] == [item["id"] for item in bill["items"]]
        for name in ("invoice_date", "due_date", "gl_post_date"):
            assert (row[name] or "")[:10] == (bill[name] or "")[:10]


def test_list_mixes_plain_dates_unless_told_otherwise(
    caller: Caller, state: ProcurifyState
) -> None:
    """Source: the two published descriptions disagree."""
    lengths = Counter(len(row["invoice_date"]) for row in caller.all_rows(LIST))
    assert set(lengths) == {10, 25}
    state.turn_knobs(change_knobs(state.knobs, {"does_list_mix_plain_dates": False}))
    assert {len(row["invoice_date"]) for row in caller.all_rows(LIST)} == {25}


def test_stamps_mix_offsets_and_microseconds(details: list[Any], caller: Caller) -> None:
    """Source: published samples mix them."""
    stamps = [bill["submitted_date"] for bill in details if bill["submitted_date"]]
    assert {stamp[-6:] for stamp in stamps} == {"-07:00", "-08:00"}
    assert {"." in stamp for stamp in stamps} == {True, False}
    assert all(row["created_at"].endswith("Z") for row in caller.get(PAYMENTS).data)


def test_approver_is_in_the_history_with_the_department(details: list[Any]) -> None:
    """Source: structure documented, reading inferred; the approver row has another id."""
    for bill in details:
        approvals = [entry for entry in bill["bill_statuses"] if entry["status"] == 2]
        if not approvals:
            assert bill["approver"] is None
            continue
        assert approvals[-1]["user"]["department"]["external_id"].startswith("CC-")
        assert bill["approver"]["user"]["id"] == approvals[-1]["user"]["id"]
        assert bill["approver"]["id"] != bill["approver"]["user"]["id"]


def test_history_ends_with_the_status_of_the_bill(details: list[Any]) -> None:
    """A bill is where its history has led."""
    for bill in details:
        assert bill["bill_statuses"][-1]["status"] == bill["status"]
        assert bill["bill_statuses"][0]["status"] == 0


def test_seed_has_every_kind_of_bill(details: list[Any]) -> None:
    """What a demo run must show is there."""
    assert {bill["status"] for bill in details} == set(range(9))
    assert {bill["type"] for bill in details} == {0, 1, 2}
    assert {bill["currency"]["name"] for bill in details} == {"CAD", "USD"}
    items = [item for bill in details for item in bill["items"]]
    assert any(item["tax_is_inclusive"] for item in items)
    assert any(bill["costs"] for bill in details)
    assert any(len(item["cost_allocations"]) > 2 for item in items)
    assert any(item["expense"] for item in items)
    assert any(bill["total_cost_with_tax"] < 0 for bill in details)
    assert any(not bill["invoice_number"].strip() for bill in details)
    assert any(
        bill["total_cost_with_tax"] > 0 and any(item["total_cost"] < 0 for item in bill["items"])
        for bill in details
    )
    assert any((bill["gl_post_date"] or "").startswith("2025") for bill in details)


def test_seed_has_bills_with_the_same_number(details: list[Any]) -> None:
    """Twice exactly the same, and once each in other case and with other blanks."""
    exact = Counter((bill["vendor"]["id"], bill["invoice_number"]) for bill in details)
    near = Counter(
        (bill["vendor"]["id"], " ".join(bill["invoice_number"].upper().split())) for bill in details
    )
    assert sum(count > 1 for count in exact.values()) == 2
    assert sum(count > 1 for (_, number), count in near.items() if number) == 4


def test_a_bill_names_a_vendor_that_no_list_shows(caller: Caller, details: list[Any]) -> None:
    """Source: inferred trap; the vendor is still found by its id."""
    listed = {row["id"] for row in caller.all_rows("/api/v3/vendors/all/")}
    unlisted = {bill["vendor"]["id"] for bill in details} - listed
    assert len(unlisted) == 1
    assert caller.get(f"/api/v3/vendors/{unlisted.pop()}/").data["active"] is False


def test_order_lines_stand_inside_bill_items(details: list[Any]) -> None:
    """Source: documented; uuids of an order come with hyphens there and without here."""
    linked = [item for bill in details for item in bill["items"] if item["orderitem"]]
    assert linked
    for item in linked:
        assert item["po"]["id"] == item["orderitem"]["purchase_order"]
        assert "-" in item["orderitem"]["purchase_order_uuid"]
        assert item["po"]["uuid"] == item["orderitem"]["purchase_order_uuid"].replace("-", "")
        assert numbers(item["quantity"]) <= item["orderitem"]["quantity"]


def test_change_window_has_both_ends_inclusive(caller: Caller, world: World) -> None:
    """Source: names documented, inclusiveness inferred."""
    bill = world.bills[5]
    moment = bill.modified.isoformat().replace("+", "%2B")
    window = f"last_modified_datetime_0={moment}&last_modified_datetime_1={moment}"
    assert [row["id"] for row in caller.all_rows(LIST, window)] == [bill.id]


def test_plain_date_covers_its_whole_day_in_the_tenants_zone(caller: Caller) -> None:
    """Source: inferred."""
    rows = caller.all_rows(LIST)
    day = rows[0]["last_modified_datetime"][:10]
    window = f"last_modified_datetime_0={day}&last_modified_datetime_1={day}"
    wanted = {row["id"] for row in rows if row["last_modified_datetime"].startswith(day)}
    assert {row["id"] for row in caller.all_rows(LIST, window)} == wanted


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("type=2", lambda row: row["type"] == 2),
        ("expense=true", lambda row: row["type"] == 1),
        ("exclude_expense_bills=true", lambda row: row["type"] != 1),
        ("vendor=6,7", lambda row: row["vendor"]["id"] in {6, 7}),
        ("vendor[]=6&vendor[]=7", lambda row: row["vendor"]["id"] in {6, 7}),
        ("currency=3", lambda row: row["currency"]["name"] == "USD"),
        ("has_posting_date=false", lambda row: row["gl_post_date"] is None),
        ("has_payment=true", lambda row: row["status"] not in {4, 6, 7, 8}),
        ("is_exported=true", lambda row: row["last_export_date"] is not None),
        ("due_date_0=2026-06-01", lambda row: row["due_date"][:10] >= "2026-06-01"),
        ("invoice_date_1=2026-02-28", lambda row: row["invoice_date"][:10] <= "2026-02-28"),
        ("group=5600", lambda row: row["group"] == 5600),
        ("exclude_bill_group_ids=5600,5601", lambda row: row["group"] not in {5600, 5601}),
    ],
)
def test_filters_of_the_bill_list(caller: Caller, query: str, test: Any) -> None:
    """Source: names documented. ``has_payment`` does as its published label "Without Payment"."""
    rows = caller.all_rows(LIST)
    wanted = {row["id"] for row in rows if test(row)}
    assert {row["id"] for row in caller.all_rows(LIST, query)} == wanted


def test_filters_that_look_into_the_lines(caller: Caller, details: list[Any]) -> None:
    """Source: names documented in the newer description."""

    def budgets(bill: dict[str, Any]) -> list[dict[str, Any]]:
        shares = [share for item in bill["items"] for share in item["cost_allocations"]]
        shares += [cost["cost_allocation"] for cost in bill["costs"]]
        return [share["budget"] for share in shares]

    for name, find in (
        ("account_code", lambda budget: budget["account_code"]["id"] == 11),
        ("department", lambda budget: budget["department"]["id"] == 3),
        ("location", lambda budget: budget["department"]["branch"]["id"] == 3),
    ):
        wanted = {bill["id"] for bill in details if any(map(find, budgets(bill)))}
        number = 11 if name == "account_code" else 3
        found = {row["id"] for row in caller.all_rows(LIST, f"{name}={number}")}
        assert found == wanted != set()


def test_items_of_a_bill_are_found_by_its_id_and_uuid(caller: Caller, world: World) -> None:
    """Source: documented."""
    bill = world.bills[0]
    wanted = [line.id for line in bill.lines]
    for query in (f"bill={bill.id}", f"bill_uuid={bill.uuid}", f"bill_uuid={UUID(bill.uuid)}"):
        assert [row["id"] for row in caller.all_rows(ITEMS, query)] == wanted


def test_payments_name_their_bills_by_group(caller: Caller) -> None:
    """Source: fields documented, the join inferred; windows are documented as inclusive."""
    payments = caller.all_rows(PAYMENTS)
    groups = {row["group"] for row in caller.all_rows(LIST) if row["status"] in {4, 6, 7, 8}}
    assert {group for row in payments for group in row["bill_groups"]} == groups
    assert [faults_of(row, PAYMENT) for row in payments] == [[]] * len(payments)
    moment = payments[0]["updated_at"]
    window = f"updated_at_after={moment}&updated_at_before={moment}"
    assert payments[0] in caller.all_rows(PAYMENTS, window)


def test_payments_are_filtered_by_status(caller: Caller) -> None:
    """Source: documented as a list of words."""
    rows = caller.all_rows(PAYMENTS, "status=paid,approved")
    assert {row["status"] for row in rows} == {"paid", "approved"}
