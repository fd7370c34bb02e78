"""What the tap emits, run after run, against a small Procurify in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tap_procurify.errors import ConfigurationError
from tap_procurify.tap import STREAMS
from tests.plugin.fake_procurify import Asked, Told
from tests.plugin.procurify_tenant import (
    BEGIN,
    BILL,
    BILLS,
    LINES,
    ORDERS,
    RECEIPTS,
    VENDORS,
    Tenant,
    bill_uuid,
)
from tests.plugin.tap_runs import NOON, FakeClock, Ran, run_tap

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAIN = ("vendors", "purchase_orders", "bills")
ALL = tuple(stream.name for stream in STREAMS)


def counted(ran: Ran) -> Mapping[str, int]:
    """How many records each stream gave."""
    return {stream: len(records) for stream, records in ran.records.items()}


def numbers(ran: Ran, stream: str = "bills", key: str = "id") -> list[Any]:
    """The keys of a stream's records, sorted."""
    return sorted(record[key] for record in ran.records[stream])


@pytest.fixture
def tenant() -> Tenant:
    """A tenant with three of everything."""
    return Tenant().fill()


def test_every_stream_gives_all_there_is(tenant: Tenant) -> None:
    """The first run is complete, in the order in which a loader needs it."""
    ran = run_tap(tenant.fake, *ALL)
    assert counted(ran) == {**dict.fromkeys(ALL, 3), "payment_methods": 6}
    order = [m["stream"] for m in ran.messages if m["type"] == "RECORD" and m["stream"] in MAIN]
    assert list(dict.fromkeys(order)) == list(MAIN)


def test_an_idle_run_emits_nothing_and_asks_once_per_list(tenant: Tenant) -> None:
    """Unchanged rows of the overlap are recognised, so no detail is fetched."""
    first = run_tap(tenant.fake, *MAIN)
    tenant.fake.asked.clear()
    again = run_tap(tenant.fake, *MAIN, state=first.state)
    assert counted(again) == {}
    assert tenant.fake.asked_paths() == [VENDORS, LINES, ORDERS, BILLS]
    assert again.state == first.state


def test_only_what_changed_is_emitted(tenant: Tenant) -> None:
    """An edit, a new bill and a new vendor: these and no others."""
    state = run_tap(tenant.fake, *MAIN).state
    tenant.put_bill(2, NOON - HOUR, invoice_number="B")
    tenant.put_bill(9, NOON - HOUR)
    tenant.put_vendor(9, NOON - HOUR)
    tenant.put_order(3, NOON - HOUR, comment="closed", state=3)
    ran = run_tap(tenant.fake, *MAIN, state=state)
    assert numbers(ran) == [2, 9]
    assert numbers(ran, "vendors") == [9]
    assert [(r["procurify_PO"], r["state"]) for r in ran.records["purchase_orders"]] == [(3, 3)]


def test_a_change_with_the_same_stamp_is_seen(tenant: Tenant) -> None:
    """Content counts, not only the stamp."""
    state = run_tap(tenant.fake, *MAIN).state
    tenant.put_bill(3, BEGIN + 3 * HOUR, invoice_total=77.25)
    tenant.put_vendor(3, BEGIN + 3 * HOUR, name="Renamed")
    ran = run_tap(tenant.fake, *MAIN, state=state)
    assert numbers(ran) == [3]
    assert ran.records["vendors"][0]["name"] == "Renamed"


def test_a_detail_read_in_the_second_of_its_stamp_is_read_again(tenant: Tenant) -> None:
    """It may have changed once more in the same second, unseen by the list."""
    tenant.put_bill(4, NOON - timedelta(seconds=1))
    clock = FakeClock()
    state = run_tap(tenant.fake, "bills", clock=clock).state
    tenant.bill_details[bill_uuid(4)]["note"] = "late"
    clock.now += HOUR
    ran = run_tap(tenant.fake, "bills", clock=clock, state=state)
    assert [(r["id"], r["note"]) for r in ran.records["bills"]] == [(4, "late")]
    assert counted(run_tap(tenant.fake, "bills", clock=clock, state=ran.state)) == {}


def test_a_late_stamp_inside_the_overlap_is_not_missed(tenant: Tenant) -> None:
    """A row that appears with a stamp before the bookmark is found."""
    state = run_tap(tenant.fake, *MAIN).state
    late = BEGIN + 3 * HOUR - timedelta(minutes=30)
    tenant.put_bill(8, late)
    tenant.put_order(8, late)
    ran = run_tap(tenant.fake, *MAIN, state=state)
    assert numbers(ran) == [8]
    assert numbers(ran, "purchase_orders", "procurify_PO") == [8]


def test_the_bookmark_is_the_greatest_stamp_and_never_the_future(tenant: Tenant) -> None:
    """A stamp ahead of the clock moves the bookmark to the beginning of the run at most."""
    tenant.put_vendor(4, NOON + 5 * DAY)
    ran = run_tap(tenant.fake, "vendors", "bills")
    assert ran.bookmark("bills") == "2026-03-01T15:00:00.000000Z"
    assert ran.bookmark("vendors") == "2026-03-11T12:00:00.000000Z"


def test_state_moves_only_when_the_window_is_read(tenant: Tenant) -> None:
    """An error in the middle leaves the bookmark of the stream as it was."""
    state = run_tap(tenant.fake, "vendors", "bills").state
    tenant.put_vendor(7, NOON - HOUR)
    tenant.put_bill(7, NOON - HOUR)
    tenant.fake.fault = lambda asked: Told(403, {}) if asked.path.startswith(BILL) else None
    seen: list[dict[str, Any]] = []
    with pytest.raises(ConfigurationError, match="403"):
        seen = [run_tap(tenant.fake, "vendors", "bills", state=state).state]
    assert seen == []
    tenant.fake.fault = lambda _asked: None
    assert numbers(run_tap(tenant.fake, "bills", state=state)) == [7]


def test_equal_amounts_stay_exact_to_the_last_digit(tenant: Tenant) -> None:
    """Numbers and decimal texts arrive with every digit that was sent."""
    row = tenant.put_bill(4, BEGIN)
    raw = b'{"data": %s}' % (
        Told(body=tenant.bill_details[row["uuid"]])
        .raw.replace(b'"total_cost_with_tax": 12.5', b'"total_cost_with_tax": 90071992547409.93')
        .replace(b'"quantity": "10.25000000"', b'"quantity": "0.10000000"')
    )

    def exact(asked: Asked) -> Told | None:
        return Told(200, raw) if asked.path == f"{BILL}{row['uuid']}/" else None

    tenant.fake.fault = exact
    bill = next(r for r in run_tap(tenant.fake, "bills").records["bills"] if r["id"] == 4)
    assert bill["total_cost_with_tax"] == Decimal("90071992547409.93")
    assert bill["items"][0]["quantity"] == "0.10000000"


def test_stamps_are_given_as_they_were_sent(tenant: Tenant) -> None:
    """The tenant's offset is kept; only the bookmark is in UTC."""
    ran = run_tap(tenant.fake, "bills")
    stamps = {record["last_modified_datetime"] for record in ran.records["bills"]}
    assert "2026-03-01T08:00:00.000000-07:00" in stamps


def test_bank_details_never_leave_the_tap(tenant: Tenant) -> None:
    """Planted in every place where Procurify sends them."""
    poison = {"id": 1, "name": "ACH", "type": 2, "data": {"account_number": "canary-bank"}}
    card = {"id": 1, "name": "Visa", "number": "canary-card"}
    vendor = {"payment_methods": [poison], "creditcards": [card]}
    tenant.put_vendor(1, BEGIN + HOUR, **vendor, email_configurations={"iban": "canary-iban"})
    detail = tenant.bill_details[bill_uuid(1)]
    detail["vendor"] |= vendor
    detail["items"][0]["vendor"] |= vendor
    detail["items"][0]["orderitem"]["pref_vendor"] |= vendor
    detail["items"][0]["expense"]["creditcard"] |= card
    detail["bill_payment"]["payment_method"]["data"] = "canary-bank"
    tenant.order_details["1"]["pref_vendor"] |= vendor
    tenant.order_details["1"]["creditcard"]["number"] = "canary-card"
    for path in ("company", "vendor"):
        tenant.fake.lists[f"/api/v2/ap/{path}-payment-methods/"].rows[0]["data"] = "canary-bank"
    ran = run_tap(tenant.fake, *ALL)
    assert "canary" not in str(ran.messages)
    vendor = next(record for record in ran.records["vendors"] if record["id"] == 1)
    assert vendor["payment_methods"] == [{"id": 1, "name": "ACH", "type": 2}]


def test_an_order_of_which_only_a_line_changed_is_read_again(tenant: Tenant) -> None:
    """Receiving a line may leave the header's stamp as it is."""
    state = run_tap(tenant.fake, "purchase_orders").state
    tenant.put_line(20, 2, NOON - HOUR, receivedPassQty="5.00000")
    ran = run_tap(tenant.fake, "purchase_orders", state=state)
    (order,) = ran.records["purchase_orders"]
    assert order["procurify_PO"] == 2
    assert order["order_items"][0]["receivedPassQty"] == 5
    assert order["shipping_method"] == "Courier"
    assert counted(run_tap(tenant.fake, "purchase_orders", state=ran.state)) == {}


def test_an_order_whose_header_is_old_is_found_by_its_line(tenant: Tenant) -> None:
    """The header lies before the window, the line in it; a line without order is no order."""
    tenant.put_order(50, BEGIN - 40 * DAY)
    tenant.put_line(500, 50, NOON - HOUR)
    tenant.put_line(501, None, NOON - HOUR, PO=[])
    tenant.put_line(502, 999, NOON - HOUR)
    ran = run_tap(tenant.fake, "purchase_orders", start_date="2026-03-05")
    assert numbers(ran, "purchase_orders", "procurify_PO") == [50]


def test_orders_can_be_read_where_lines_cannot_be_listed(tenant: Tenant) -> None:
    """Headers then decide alone; a warning says so."""
    del tenant.fake.lists[LINES]
    ran = run_tap(tenant.fake, "purchase_orders")
    assert numbers(ran, "purchase_orders", "procurify_PO") == [1, 2, 3]


def test_an_order_is_read_once_in_a_backfill_of_many_slices(tenant: Tenant) -> None:
    """Its lines and its header changed in different slices; one detail tells it all."""
    tenant.put_order(9, BEGIN)
    tenant.put_line(90, 9, BEGIN - 5 * DAY)
    tenant.put_order(8, BEGIN - 5 * DAY)
    tenant.put_line(80, 8, BEGIN)
    dates: dict[str, Any] = {"start_date": "2026-02-20", "slice_days": 2}
    ran = run_tap(tenant.fake, "purchase_orders", **dates)
    assert numbers(ran, "purchase_orders", "procurify_PO") == [1, 2, 3, 8, 9]
    assert counted(run_tap(tenant.fake, "purchase_orders", state=ran.state, **dates)) == {}


def test_unselected_details_are_not_fetched(tenant: Tenant) -> None:
    """When only list fields are wanted, one list is all it takes."""
    from tap_procurify.schemas.bills import BILLS as BILLS_SCHEMA  # noqa: PLC0415
    from tap_procurify.schemas.orders import PURCHASE_ORDERS  # noqa: PLC0415
    from tap_procurify.streams import bills, orders  # noqa: PLC0415

    ran = run_tap(
        tenant.fake,
        "purchase_orders",
        "bills",
        deselect={
            "bills": BILLS_SCHEMA["properties"].keys() - bills.LIST_FIELDS,
            "purchase_orders": PURCHASE_ORDERS["properties"].keys() - orders.LIST_FIELDS,
        },
    )
    assert tenant.fake.asked_paths() == [ORDERS, BILLS]
    assert numbers(ran) == [1, 2, 3]
    assert "items" not in ran.records["bills"][0]
    assert "order_items" not in ran.records["purchase_orders"][0]
    assert ran.records["bills"][0]["_procurify_eligible"] is True


def test_unselected_fields_and_streams_are_left_out(tenant: Tenant) -> None:
    """What is not selected is not emitted; an unselected stream is not read."""
    ran = run_tap(tenant.fake, "bills", deselect={"bills": ["vendor", "note"]})
    assert set(ran.records) == {"bills"}
    assert not {"vendor", "note"} & ran.records["bills"][0].keys()
    assert tenant.fake.asked_paths()[0] == BILLS


def test_bill_items_come_with_their_bills_in_one_request(tenant: Tenant) -> None:
    """The detail of a bill is fetched once for both streams."""
    ran = run_tap(tenant.fake, "bills", "bill_items")
    assert numbers(ran, "bill_items") == [10, 20, 30]
    assert ran.records["bill_items"][0]["bill_uuid"] == bill_uuid(1)
    assert Counter(tenant.fake.asked_paths()).most_common(1)[0][1] == 1


def test_bill_items_can_be_had_without_bills(tenant: Tenant) -> None:
    """The stream stands alone, and follows the bookmark of bills."""
    ran = run_tap(tenant.fake, "bill_items")
    assert counted(ran) == {"bill_items": 3}
    assert counted(run_tap(tenant.fake, "bill_items", state=ran.state)) == {}


def test_receipts_follow_the_lines_that_changed(tenant: Tenant) -> None:
    """One question for each changed line; receipts of other lines are not taken."""
    state = run_tap(tenant.fake, "order_items", "item_receipts").state
    receipts = tenant.fake.lists[RECEIPTS].rows
    tenant.put(RECEIPTS, "id", {**receipts[0], "id": 77, "order_item": 20})
    tenant.put_line(20, 2, NOON - HOUR)
    tenant.fake.asked.clear()
    ran = run_tap(tenant.fake, "order_items", "item_receipts", state=state)
    assert numbers(ran, "item_receipts") == [2, 77]
    assert [a.query["order_item"] for a in tenant.fake.asked if a.path == RECEIPTS] == ["20"]


def test_vendors_are_master_data_and_ignore_the_start_date(tenant: Tenant) -> None:
    """A bill of today may name a vendor that nobody touched for years."""
    tenant.put_vendor(5, BEGIN - 3000 * DAY)
    tenant.put_vendor(6, None)
    ran = run_tap(tenant.fake, "vendors", start_date="2026-03-05")
    assert numbers(ran, "vendors") == [1, 2, 3, 5, 6]
    assert counted(run_tap(tenant.fake, "vendors", state=ran.state)) == {}


def test_a_vendor_whose_stamp_stands_still_is_noticed(tenant: Tenant) -> None:
    """All vendors are listed anyway, so their content is compared."""
    state = run_tap(tenant.fake, "vendors").state
    tenant.put_vendor(1, BEGIN + HOUR, active=False)
    tenant.put_vendor(8, BEGIN - 300 * DAY)
    ran = run_tap(tenant.fake, "vendors", state=state)
    assert numbers(ran, "vendors") == [1, 8]


def test_a_bookmark_without_memory_gives_vendors_from_there_on(tenant: Tenant) -> None:
    """A STATE written by hand: what lies before it was emitted by somebody."""
    hand = {"replication_key": "dateModified", "replication_key_value": "2026-03-02T14:30:00Z"}
    ran = run_tap(tenant.fake, "vendors", state={"bookmarks": {"vendors": hand}})
    assert numbers(ran, "vendors") == [3]
    tenant.put_vendor(1, BEGIN + HOUR, active=False)
    assert numbers(run_tap(tenant.fake, "vendors", state=ran.state), "vendors") == [1]


@pytest.mark.parametrize("group", ["all", "preferred", "active"])
def test_active_vendors_are_listed_when_the_group_does_not_exist(
    tenant: Tenant, group: str
) -> None:
    """Some tenants know the plain list only."""
    tenant.fake.lists["/api/v3/vendors/"] = tenant.fake.lists.pop(VENDORS)
    ran = run_tap(tenant.fake, "vendors", vendors_path_group=group)
    assert numbers(ran, "vendors") == [1, 2, 3]


def test_a_backfill_is_read_in_slices_that_can_be_resumed(tenant: Tenant) -> None:
    """A STATE leaves after each slice; a run that died goes on from there."""
    for number in range(10, 20):
        tenant.put_bill(number, BEGIN + number * DAY - 20 * DAY)
    options: dict[str, Any] = {"start_date": "2026-02-19", "slice_days": 3, "lookback_days": 0}
    whole = run_tap(tenant.fake, "bills", **options)
    assert numbers(whole) == [1, 2, 3, *range(10, 20)]
    states = [m["value"]["bookmarks"]["bills"] for m in whole.messages if m["type"] == "STATE"]
    moments = [state["replication_key_value"] for state in states if state]
    assert moments == sorted(moments)
    assert len(moments) > 5
    middle = {"bookmarks": {"bills": states[2]}}
    rest = run_tap(tenant.fake, "bills", state=middle, **options)
    assert 0 < len(numbers(rest)) < 13
    before = {
        m["record"]["id"] for m in whole.messages[: _index_of_state(whole, 2)] if "record" in m
    }
    assert before | set(numbers(rest)) == set(numbers(whole))


def _index_of_state(ran: Ran, number: int) -> int:
    places = [place for place, m in enumerate(ran.messages) if m["type"] == "STATE"]
    return places[number]


def test_start_and_end_date_bound_documents(tenant: Tenant) -> None:
    """Both ends are included, in the filter and in the client."""
    tenant.put_order(9, BEGIN + 30 * HOUR)
    dates = {"start_date": "2026-03-01T14:00:00Z", "end_date": "2026-03-01T14:30:00Z"}
    ran = run_tap(tenant.fake, "purchase_orders", "bills", **dates)
    assert numbers(ran) == [2]
    assert numbers(ran, "purchase_orders", "procurify_PO") == [2]
    asked = next(a for a in tenant.fake.asked if a.path == BILLS)
    assert asked.query["last_modified_datetime_0"] == "2026-03-01T14:00:00Z"
    assert asked.query["last_modified_datetime_1"] == "2026-03-01T14:30:00Z"


def test_a_catalog_that_asks_for_a_full_table_gets_it(tenant: Tenant) -> None:
    """No bookmark is used, none is written."""
    from tests.plugin.tap_runs import make_tap  # noqa: PLC0415

    state = run_tap(tenant.fake, "bills").state
    tap, collector = make_tap(tenant.fake, streams=["bills"], state=state)
    tap.streams["bills"].forced_replication_method = "FULL_TABLE"
    tap.sync_all()
    assert numbers(Ran(collector.messages)) == [1, 2, 3]
    assert Ran(collector.messages).state == state


# Sweeps


def swept(tenant: Tenant, state: Mapping[str, Any], hours: int = 25, **config: Any) -> Ran:
    """A later run that is due to sweep."""
    clock = FakeClock(NOON + hours * HOUR)
    return run_tap(tenant.fake, "bills", "bill_items", state=state, clock=clock, **config)


def test_a_bill_that_is_gone_is_emitted_once_with_the_moment(tenant: Tenant) -> None:
    """A target can act on it; the next sweep is silent."""
    state = run_tap(tenant.fake, "bills", "bill_items").state
    tenant.drop_bill(2)
    early = swept(tenant, state, hours=1)
    assert counted(early) == {}
    ran = swept(tenant, early.state)
    assert ran.records["bills"] == [
        {
            "uuid": bill_uuid(2),
            "_procurify_uuid_hex": bill_uuid(2),
            "_procurify_eligible": False,
            "_procurify_vanished_at": "2026-03-12T13:00:00.000000Z",
        }
    ]
    assert counted(swept(tenant, ran.state, hours=50)) == {}


def test_a_bill_that_went_back_to_draft_unseen_is_found_by_the_sweep(tenant: Tenant) -> None:
    """Its stamp did not move; its status did."""
    tenant.put_bill(1, BEGIN - 20 * DAY)
    state = run_tap(tenant.fake, "bills", "bill_items").state
    tenant.put_bill(1, BEGIN - 20 * DAY, status=0)
    ran = swept(tenant, state)
    assert [(r["id"], r["status"]) for r in ran.records["bills"]] == [(1, 0)]
    assert ran.records["bills"][0]["_procurify_eligible"] is False
    assert counted(ran)["bill_items"] == 1


def test_a_bill_that_no_window_has_shown_is_found_by_the_sweep(tenant: Tenant) -> None:
    """Its stamp lies far before the overlap."""
    state = run_tap(tenant.fake, "bills", "bill_items").state
    tenant.put_bill(6, BEGIN - 20 * DAY)
    assert numbers(swept(tenant, state)) == [6]


def test_a_bill_that_is_only_not_listed_is_not_called_gone(tenant: Tenant) -> None:
    """The detail decides: a shifted page must never cancel an invoice."""
    state = run_tap(tenant.fake, "bills", "bill_items").state
    rows = tenant.fake.lists[BILLS].rows
    hidden = rows.pop(0)
    ran = swept(tenant, state)
    assert counted(ran) == {}
    rows.append(hidden)
    assert counted(swept(tenant, ran.state, hours=50)) == {}


def test_a_detail_that_cannot_be_read_calls_nothing_gone(tenant: Tenant) -> None:
    """Unknown means stop."""
    state = run_tap(tenant.fake, "bills", "bill_items").state
    tenant.drop_bill(2)
    tenant.fake.fault = lambda asked: Told(403, {}) if asked.path.startswith(BILL) else None
    with pytest.raises(ConfigurationError, match="403"):
        swept(tenant, state)


def test_too_many_bills_gone_at_once_end_the_run(tenant: Tenant) -> None:
    """A lost right looks like deletion; nobody's invoices are cancelled for it."""
    state = run_tap(tenant.fake, "bills", "bill_items").state
    for number in (1, 2, 3):
        tenant.drop_bill(number)
    with pytest.raises(ConfigurationError, match="sweep_vanished_max"):
        swept(tenant, state, sweep_vanished_max=2)
    assert len(swept(tenant, state, sweep_vanished_max=3).records["bills"]) == 3


def test_sweeps_can_be_turned_off(tenant: Tenant) -> None:
    """Then nothing beyond the window is listed, and only the overlap is remembered."""
    state = run_tap(tenant.fake, "bills", "bill_items", sweep=False).state
    tenant.drop_bill(2)
    tenant.fake.asked.clear()
    assert counted(swept(tenant, state, hours=400, sweep=False)) == {}
    assert tenant.fake.asked_paths() == [BILLS]


def test_a_sweep_can_be_had_in_every_run_but_the_first_is_one_itself(tenant: Tenant) -> None:
    """Zero hours between two sweeps."""
    state = run_tap(tenant.fake, "bills", "bill_items", sweep_hours=0).state
    assert tenant.fake.asked_paths().count(BILLS) == 1
    tenant.drop_bill(2)
    ran = swept(tenant, state, hours=1, sweep_hours=0)
    assert [r["uuid"] for r in ran.records["bills"]] == [bill_uuid(2)]


def test_a_sweep_respects_the_start_date(tenant: Tenant) -> None:
    """Bills before it were never emitted and are not looked for."""
    tenant.put_bill(6, BEGIN - 20 * DAY)
    options: dict[str, Any] = {"start_date": "2026-03-01"}
    state = run_tap(tenant.fake, "bills", "bill_items", **options).state
    tenant.put_bill(6, BEGIN - 20 * DAY, status=5)
    assert counted(swept(tenant, state, **options)) == {}


def test_the_spelling_of_a_uuid_is_kept_and_does_not_matter(tenant: Tenant) -> None:
    """Hyphens in the list, none in the detail, and the other way round at the end."""
    key = "847aae0d-dda0-43e3-be0b-8a0203e4920b"
    plain = key.replace("-", "")
    tenant.put_bill(4, BEGIN + HOUR, uuid=key)
    tenant.bill_details.pop(bill_uuid(4))
    detail = {**tenant.bill_details[bill_uuid(1)], "uuid": plain, "id": 4}
    tenant.bill_details[plain] = detail
    rows = tenant.fake.lists[BILLS].rows
    first = run_tap(tenant.fake, "bills")
    assert [r["uuid"] for r in first.records["bills"] if r["id"] == 4] == [key]
    rows[:] = [row for row in rows if row["id"] != 4]
    del tenant.bill_details[plain]
    ran = swept(tenant, first.state)
    gone = [record for record in ran.records["bills"] if record["_procurify_vanished_at"]]
    assert [(r["uuid"], r["_procurify_uuid_hex"]) for r in gone] == [(key, plain)]
