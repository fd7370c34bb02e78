"""What is newly selected, killed in the middle, hidden or gone: nothing stays missing."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from tap_procurify.errors import ConfigurationError, TemporaryError
from tap_procurify.schemas import bills as bill_schemas
from tap_procurify.streams.bills import LIST_FIELDS
from tap_procurify.streams.incremental import Steps
from tap_procurify.streams.orders import PurchaseOrdersStream
from tap_procurify.windows import Window
from tests.plugin.fake_procurify import Asked, Told
from tests.plugin.procurify_tenant import (
    BEGIN,
    BILL,
    BILLS,
    ORDER,
    RECEIPTS,
    VENDORS,
    Tenant,
    bill_uuid,
)
from tests.plugin.tap_runs import NOON, FakeClock, Ran, make_tap, run_tap

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ROWS_ONLY = {"bills": bill_schemas.BILLS["properties"].keys() - LIST_FIELDS}
KEYS = {"bills": "uuid", "purchase_orders": "procurify_PO", "order_items": "id"}


@pytest.fixture
def tenant() -> Tenant:
    """A tenant with three of everything."""
    return Tenant().fill()


def numbers(ran: Ran, stream: str, key: str = "id") -> list[Any]:
    """The keys of a stream's records, sorted."""
    return sorted(record[key] for record in ran.records[stream])


# Selected later


def test_details_that_are_selected_later_are_read_for_all_bills(tenant: Tenant) -> None:
    """The bookmark of a run that gave rows alone does not stand for details."""
    rows = run_tap(tenant.fake, "bills", deselect=ROWS_ONLY)
    again = run_tap(tenant.fake, "bills", deselect=ROWS_ONLY, state=rows.state)
    assert not again.records
    whole = run_tap(tenant.fake, "bills", state=again.state)
    assert numbers(whole, "bills") == [1, 2, 3]
    assert all(record["items"] for record in whole.records["bills"])
    assert not run_tap(tenant.fake, "bills", state=whole.state).records


def test_items_that_are_selected_later_are_read_for_all_bills(tenant: Tenant) -> None:
    """The stream has no bookmark of its own, so that of bills must know."""
    first = run_tap(tenant.fake, "bills")
    both = run_tap(tenant.fake, "bills", "bill_items", state=first.state)
    assert numbers(both, "bill_items") == [10, 20, 30]
    assert not run_tap(tenant.fake, "bills", "bill_items", state=both.state).records


def test_a_bill_that_vanished_before_details_were_selected_is_told_still(tenant: Tenant) -> None:
    """What is known of the bills outlives the new beginning."""
    state = run_tap(tenant.fake, "bills", deselect=ROWS_ONLY).state
    tenant.drop_bill(2)
    clock = FakeClock(NOON + 25 * HOUR)
    ran = run_tap(tenant.fake, "bills", state=state, clock=clock)
    gone = [r["uuid"] for r in ran.records["bills"] if r["_procurify_vanished_at"]]
    assert gone == [bill_uuid(2)]


def test_receipts_that_are_selected_later_are_read_in_one_list(tenant: Tenant) -> None:
    """Lines are not read again for them, and are not asked one by one."""
    first = run_tap(tenant.fake, "order_items")
    tenant.fake.asked.clear()
    both = run_tap(tenant.fake, "order_items", "item_receipts", state=first.state)
    assert numbers(both, "item_receipts") == [1, 2, 3]
    assert not both.records["order_items"]
    asked = [asked for asked in tenant.fake.asked if asked.path == RECEIPTS]
    assert [one.query.get("order_item") for one in asked] == [None]
    assert not run_tap(tenant.fake, "order_items", "item_receipts", state=both.state).records


def test_receipts_are_owed_until_their_list_was_read(tenant: Tenant) -> None:
    """A run that stops before it leaves a STATE that knows."""
    options: dict[str, Any] = {"start_date": "2026-02-25", "slice_days": 2}
    tenant.fake.fault = lambda asked: Told(403, {}) if asked.path == RECEIPTS else None
    tap, collector = make_tap(tenant.fake, streams=["order_items", "item_receipts"], **options)
    with pytest.raises(ConfigurationError, match="403"):
        tap.sync_all()
    stopped = Ran(collector.messages)
    assert numbers(stopped, "order_items") == [10, 20, 30]
    tenant.fake.fault = lambda _asked: None
    rest = run_tap(tenant.fake, "order_items", "item_receipts", state=stopped.state, **options)
    assert numbers(rest, "item_receipts") == [1, 2, 3]
    assert not rest.records["order_items"]


def test_a_bookmark_written_by_hand_stands_for_all_that_is_selected(tenant: Tenant) -> None:
    """Whoever writes one knows what was read before it."""
    hand = {"replication_key": "last_modified", "replication_key_value": "2026-03-09T00:00:00Z"}
    state = {"bookmarks": {"order_items": hand}}
    ran = run_tap(tenant.fake, "order_items", "item_receipts", state=state)
    assert not ran.records


# Killed in the middle


def test_every_state_of_a_backfill_can_be_resumed_without_a_gap(tenant: Tenant) -> None:
    """What was said before a STATE and what a run from it says are all there is."""
    for number in range(4, 14):
        at = BEGIN - 2 * DAY * number
        tenant.put_bill(number, at)
        tenant.put_order(number, at - 3 * DAY)
        tenant.put_line(number * 10, number, at)
    options: dict[str, Any] = {"start_date": "2026-01-20", "slice_days": 3, "lookback_days": 0}
    whole = run_tap(tenant.fake, *KEYS, **options)
    wanted = {stream: set(numbers(whole, stream, key)) for stream, key in KEYS.items()}
    assert [len(keys) for keys in wanted.values()] == [13, 13, 13]
    places = [place for place, m in enumerate(whole.messages) if m["type"] == "STATE"]
    assert len(places) > 20
    for place in places[::3]:
        before = Ran(whole.messages[: place + 1])
        rest = run_tap(tenant.fake, *KEYS, state=before.state, **options)
        found = {
            stream: {*numbers(before, stream, key), *numbers(rest, stream, key)}
            for stream, key in KEYS.items()
        }
        assert found == wanted


def test_the_next_slice_is_listed_while_details_are_on_their_way(tenant: Tenant) -> None:
    """Many small slices cost the time of their details, not that of their lists on top."""
    for number in range(4, 8):
        tenant.put_bill(number, BEGIN - 4 * DAY * number)
    run_tap(tenant.fake, "bills", start_date="2026-01-20", slice_days=2)
    paths = tenant.fake.asked_paths()
    first_detail = next(place for place, path in enumerate(paths) if path.startswith(BILL))
    windows = [
        asked.query["last_modified_datetime_0"]
        for asked in tenant.fake.asked
        if asked.path == BILLS
    ]
    assert len(windows) == len(set(windows))
    assert BILLS in paths[first_detail + 1 :]


# Listed and yet not there


def hide(tenant: Tenant, path: str) -> None:
    """Answer 404 where a record should be."""

    def fault(asked: Asked) -> Told | None:
        return Told(404, {"detail": "Not found."}) if asked.path == path else None

    tenant.fake.fault = fault


def test_a_bill_that_is_listed_but_has_no_detail_is_given_without(tenant: Tenant) -> None:
    """Somebody must see it; it is asked for again as long as it is in reach."""
    tenant.put_bill(4, NOON - HOUR)
    hide(tenant, f"{BILL}{bill_uuid(4)}/")
    ran = run_tap(tenant.fake, "bills", "bill_items")
    assert numbers(ran, "bills") == [1, 2, 3, 4]
    (bare,) = [record for record in ran.records["bills"] if record["id"] == 4]
    assert "items" not in bare
    assert bare["_procurify_eligible"] is True
    assert numbers(ran, "bill_items") == [10, 20, 30]
    tenant.fake.fault = lambda _asked: None
    later = run_tap(tenant.fake, "bills", "bill_items", state=ran.state)
    assert numbers(later, "bill_items") == [40]


def test_an_order_that_is_listed_but_has_no_detail_is_given_without(tenant: Tenant) -> None:
    """The same for orders."""
    hide(tenant, f"{ORDER}2/")
    ran = run_tap(tenant.fake, "purchase_orders")
    assert numbers(ran, "purchase_orders", "procurify_PO") == [1, 2, 3]
    bare = [record for record in ran.records["purchase_orders"] if "order_items" not in record]
    assert [record["procurify_PO"] for record in bare] == [2]


def test_a_bill_that_is_deleted_between_list_and_detail_is_not_given(tenant: Tenant) -> None:
    """It is not listed any more when it is looked for again."""

    def drop(asked: Asked) -> Told | None:
        if asked.path == f"{BILL}{bill_uuid(2)}/" and bill_uuid(2) in tenant.bill_details:
            tenant.drop_bill(2)
        return None

    tenant.fake.fault = drop
    assert numbers(run_tap(tenant.fake, "bills"), "bills") == [1, 3]


# Vendors that drop out


def test_a_vendor_that_drops_out_of_the_list_is_given_as_it_is_now(tenant: Tenant) -> None:
    """Once; and again when it comes back."""
    state = run_tap(tenant.fake, "vendors").state
    tenant.hide_vendor(2)
    ran = run_tap(tenant.fake, "vendors", state=state)
    assert [(r["id"], r["active"]) for r in ran.records["vendors"]] == [(2, False)]
    assert "performance" not in ran.records["vendors"][0]
    tenant.fake.asked.clear()
    idle = run_tap(tenant.fake, "vendors", state=ran.state)
    assert not idle.records
    assert tenant.fake.asked_paths() == [VENDORS]
    tenant.put_vendor(2, BEGIN + 2 * HOUR)
    back = run_tap(tenant.fake, "vendors", state=idle.state)
    assert [(r["id"], r["active"]) for r in back.records["vendors"]] == [(2, True)]


def test_a_vendor_that_is_wholly_gone_is_asked_for_once(tenant: Tenant) -> None:
    """Nothing says what became of it, so nothing is emitted."""
    state = run_tap(tenant.fake, "vendors").state
    tenant.hide_vendor(2)
    tenant.hidden_vendors.clear()
    ran = run_tap(tenant.fake, "vendors", state=state)
    assert not ran.records
    tenant.fake.asked.clear()
    run_tap(tenant.fake, "vendors", state=ran.state)
    assert tenant.fake.asked_paths() == [VENDORS]


def test_another_vendor_than_the_one_asked_for_ends_the_run(tenant: Tenant) -> None:
    """It must not be taken for the one that is missing."""
    state = run_tap(tenant.fake, "vendors").state
    tenant.hide_vendor(2)
    tenant.hidden_vendors["2"] = {"id": 77}
    with pytest.raises(TemporaryError, match="another one"):
        run_tap(tenant.fake, "vendors", state=state)


# Sweeps of a busy tenant


def test_a_sweep_of_a_tenant_that_keeps_changing_ends_well(tenant: Tenant) -> None:
    """A bill that changes while it is swept moves to the last slice and is seen there."""
    for number in range(4, 24):
        tenant.put_bill(number, BEGIN - DAY * number)
    options: dict[str, Any] = {"start_date": "2026-02-01", "slice_days": 2, "page_size": 2}
    state = run_tap(tenant.fake, "bills", **options).state
    tenant.drop_bill(9)
    clock = FakeClock(NOON + 25 * HOUR)
    changed = iter(range(23, 12, -1))

    def on_page(path: str, _page: int) -> None:
        number = next(changed, None) if path == BILLS else None
        if number is not None:
            tenant.put_bill(number, clock.now, invoice_number="changed")

    tenant.fake.on_page = on_page
    ran = run_tap(tenant.fake, "bills", state=state, clock=clock, **options)
    gone = [r["uuid"] for r in ran.records["bills"] if r["_procurify_vanished_at"]]
    assert gone == [bill_uuid(9)]
    tenant.fake.on_page = lambda _path, _page: None
    clock.now += HOUR
    rest = run_tap(tenant.fake, "bills", state=ran.state, clock=clock, **options)
    told = {
        r["id"]: r["invoice_number"]
        for r in [*ran.records["bills"], *rest.records["bills"]]
        if not r["_procurify_vanished_at"]
    }
    assert {number: told[number] for number in range(13, 24)} == dict.fromkeys(
        range(13, 24), "changed"
    )


def test_a_sweep_that_fails_costs_nothing_that_was_read_before(tenant: Tenant) -> None:
    """STATE leaves before it begins."""
    state = run_tap(tenant.fake, "bills").state
    tenant.put_bill(4, NOON + 24 * HOUR)
    clock = FakeClock(NOON + 25 * HOUR)

    def fault(asked: Asked) -> Told | None:
        is_sweep = asked.path == BILLS and "last_modified_datetime_1" not in asked.query
        return Told(403, {}) if is_sweep else None

    tenant.fake.fault = fault
    tap, collector = make_tap(tenant.fake, streams=["bills"], state=state, clock=clock)
    with pytest.raises(ConfigurationError, match="403"):
        tap.sync_all()
    ran = Ran(collector.messages)
    assert numbers(ran, "bills") == [4]
    assert ran.bookmark("bills") == "2026-03-12T12:00:00.000000Z"


# Whose STATE


def test_the_state_of_another_loopback_tenant_is_refused(tenant: Tenant) -> None:
    """Ports change from run to run; the token says whose data it opens."""
    here: dict[str, Any] = {"base_url": "http://127.0.0.1:18801"}
    tenant.fake.domain = "harbour"
    state = run_tap(tenant.fake, "bills", **here).state
    moved = {"base_url": "http://localhost:40001"}
    assert not run_tap(tenant.fake, "bills", state=state, **moved).records
    tenant.fake.domain = "summit"
    with pytest.raises(ConfigurationError, match="belongs to 'loopback harbour'"):
        run_tap(tenant.fake, "bills", state=state, **here)


def test_a_bare_day_in_a_date_time_field_becomes_its_midnight(tenant: Tenant) -> None:
    """Lists have bare days where details have moments; the schema promises moments."""
    tenant.put_bill(4, BEGIN, invoice_date="2026-02-28", due_date="2026-03-30T00:00:00-07:00")
    ran = run_tap(tenant.fake, "bills", deselect=ROWS_ONLY)
    (bill,) = [record for record in ran.records["bills"] if record["id"] == 4]
    assert bill["invoice_date"] == "2026-02-28T00:00:00Z"
    assert bill["due_date"] == "2026-03-30T00:00:00-07:00"


def test_parts_of_a_nested_object_can_be_left_out(tenant: Tenant) -> None:
    """A selection reaches into objects."""
    tap, collector = make_tap(tenant.fake, streams=["vendors", "bills"])
    tap.streams["bills"].mask[("properties", "vendor", "properties", "name")] = False
    tap.sync_all()
    ran = Ran(collector.messages)
    assert "name" not in ran.records["bills"][0]["vendor"]
    assert "country" in ran.records["bills"][0]["vendor"]
    assert "name" in ran.records["vendors"][0]


def test_a_line_is_known_only_once_its_order_was_given(tenant: Tenant) -> None:
    """Slices are listed ahead of the details; a STATE between them must not know too much."""
    tenant.put_order(50, BEGIN - 90 * DAY)
    tenant.put_order(51, BEGIN - 27 * DAY)
    tenant.put_line(510, 51, BEGIN - 27 * DAY)
    tenant.put_line(500, 50, BEGIN - 24 * DAY)
    options: dict[str, Any] = {"start_date": "2026-02-01", "slice_days": 3, "lookback_days": 0}
    tap, collector = make_tap(tenant.fake, streams=["purchase_orders"], **options)
    stream, get_object = tap.streams["purchase_orders"], tap.client.get_object
    assert isinstance(stream, PurchaseOrdersStream)
    changed_rows, far_ahead, listed = stream.changed_rows, threading.Event(), []

    def held_back(path: str, key: object, *, stream: str) -> dict[str, Any] | None:
        assert key != "51" or far_ahead.wait(10)
        return get_object(path, key, stream=stream)

    def watched(window: Window) -> Steps:
        listed.append(window)
        if len(listed) == 4:
            far_ahead.set()
        return changed_rows(window)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tap.client, "get_object", held_back)
        patch.setattr(stream, "changed_rows", watched)
        tap.sync_all()
    whole = Ran(collector.messages)
    assert numbers(whole, "purchase_orders", "procurify_PO") == [1, 2, 3, 50, 51]
    for place in [place for place, m in enumerate(whole.messages) if m["type"] == "STATE"]:
        before = Ran(whole.messages[: place + 1])
        rest = run_tap(tenant.fake, "purchase_orders", state=before.state, **options)
        found = {
            record["procurify_PO"]
            for ran in (before, rest)
            for record in ran.records["purchase_orders"]
        }
        assert found == {1, 2, 3, 50, 51}
