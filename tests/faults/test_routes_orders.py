"""Purchase orders of IFS: created once with their lines, released, changed, closed, cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.summary import Outcome
from target_ifs_cloud.ifs.profile import SiteProfile, load_profile
from tests.faults.routes_site import Killed, RoutesSite
from tests.faults.routes_world import World, kill_at, order
from tests.unit.ifs.site import changed

STEPS_MAX = 200
LINES = [("1", Decimal(80)), ("2", Decimal(240))]
WHOLE = [("P1", "Released", LINES), ("P2", "Released", LINES)]
BATCH = [order("P1"), order("P2")]


def orders(**lines: object) -> SiteProfile:
    """The default profile with lines of the block ``order`` replaced."""
    return changed(order={**load_profile().order_names.model_dump(), **lines})


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site without orders and an empty outbox."""
    return World(folder=tmp_path, kind="orders")


def test_orders_are_created_with_their_lines_and_released_once(world: World) -> None:
    """A second run reads and writes nothing."""
    world.run(BATCH)
    assert world.site.orders() == WHOLE
    world.site.asked.clear()
    world.run(BATCH)
    assert world.site.orders() == WHOLE
    assert {asked.method for asked in world.site.asked} == {"GET"}


def test_days_go_to_moments_as_midnight_in_utc(world: World) -> None:
    """The members of the contract that are moments; a plain date stays one."""
    world.run(BATCH[:1])
    (row,) = world.site.tables["PurchaseOrderSet"]
    assert row["WantedReceiptDate"] == "2026-03-16T00:00:00Z"
    assert row["OrderDate"] == "2026-03-01"


def test_lines_may_go_into_the_flat_set_of_a_site_without_the_child_collection(
    tmp_path: Path,
) -> None:
    """``order.lines.child: null``."""
    lines = {**load_profile().order_names.lines.model_dump(), "child": None}
    world = World(folder=tmp_path, kind="orders", profile=orders(lines=lines))
    world.run(BATCH)
    assert world.site.orders() == WHOLE
    posted = {asked.path.rpartition("/")[2] for asked in world.site.asked if asked.method == "POST"}
    assert "PurchaseOrderLineNopartSet" in posted


def test_changed_quantity_price_and_lines_follow_the_order(world: World) -> None:
    """Line 1 gets another quantity and price, line 2 is no longer ordered, line 3 is new."""
    world.run([order("P1")])
    world.run([order("P1", ("1", "12", "7.50"), ("3", "2", "10.00"))])
    lines = [("1", Decimal(90)), ("3", Decimal(20))]
    assert world.site.orders() == [("P1", "Released", lines)]
    assert world.tally.counts["purchase_order", Outcome.UPDATED, "USD"] == 1


def test_an_order_that_is_received_in_ifs_is_left_alone_and_told_about(world: World) -> None:
    """Its state allows no change any more."""
    world.run([order("P1")])
    world.site.tables["PurchaseOrderSet"][0]["Objstate"] = "Received"
    world.run([order("P1", ("1", "12", "7.50"))])
    assert world.site.orders() == [("P1", "Received", LINES)]
    assert "Procurify says" in world.entry(order("P1")).note


@pytest.mark.parametrize("state", ["Arrived", "Received"])
def test_an_order_of_which_something_has_arrived_is_still_closed(world: World, state: str) -> None:
    """IFS allows no change any more, but its end."""
    world.run([order("P1")])
    world.site.tables["PurchaseOrderSet"][0]["Objstate"] = state
    world.run([order("P1")], not_wanted="order is Closed", is_over=True)
    assert [found for _, found, _ in world.site.orders()] == ["Closed"]


@pytest.mark.parametrize(("is_over", "state"), [(True, "Closed"), (False, "Cancelled")])
def test_an_order_that_is_over_is_closed_and_one_called_off_is_cancelled(
    world: World, *, is_over: bool, state: str
) -> None:
    """And it stays so in the runs that follow."""
    world.run([order("P1")])
    for _ in range(2):
        world.run([order("P1")], not_wanted=f"order is {state}", is_over=is_over)
        assert [found for _, found, _ in world.site.orders()] == [state]
    assert world.entry(order("P1")).state is State.CANCELLED


def test_a_site_without_an_action_to_close_asks_a_person(tmp_path: Path) -> None:
    """The order stays, and the reason names the profile."""
    world = World(folder=tmp_path, kind="orders", profile=orders(close_action=None))
    world.run([order("P1")])
    world.run([order("P1")], not_wanted="order is Closed", is_over=True)
    assert [state for _, state, _ in world.site.orders()] == ["Released"]
    (problem,) = world.entry(order("P1")).problems
    assert problem.code == "order_action_missing"


def test_a_refused_release_leaves_no_half_order_behind(world: World) -> None:
    """Neighbours are not touched; what IFS says is kept as the reason."""
    world.site.actions_refused = frozenset({"Release"})
    world.run([order("P1")])
    assert world.site.orders() == []
    entry = world.entry(order("P1"))
    assert entry.state is State.REJECTED
    assert "NORELEASE" in entry.problems[0].message


def test_an_order_that_its_site_puts_into_another_company_is_taken_back(world: World) -> None:
    """Before it is released; the rule to correct is named."""
    world.site.company_of_site = "20"
    world.run([order("P1")])
    assert world.site.orders() == []
    (problem,) = world.entry(order("P1")).problems
    assert problem.code == "order_site_wrong"


def test_a_number_that_a_closed_order_has_is_told_as_that(world: World) -> None:
    """IFS never gives the number of an order away again."""
    world.run([order("P1")])
    world.run([order("P1")], not_wanted="order is Closed", is_over=True)
    world.run([order("P1")])
    (problem,) = world.entry(order("P1")).problems
    assert problem.code == "order_number_taken"


def test_an_order_of_other_hands_under_the_number_is_adopted_with_its_differences(
    world: World,
) -> None:
    """Nothing is written over it."""
    other = order("P1", ("1", "1", "5.00"))
    with world.client() as client:
        world.route(client).create([other])
    world.run([order("P1")])
    assert world.site.orders() == [("P1", "Released", [("1", Decimal(5))])]
    note = world.entry(order("P1")).note
    assert "line 1: other BuyQtyDue, BuyUnitPrice" in note
    assert "line 2 is missing in IFS" in note


@contextmanager
def answer_lost(world: World, name: str) -> Iterator[None]:
    """The first answer to such a request is lost after it was done."""
    left = [1]

    def step(told: str) -> None:
        if told == f"after {name}" and left.pop() == 1:
            world.site.step = lambda _: None
            raise requests.exceptions.ReadTimeout

    world.site.step = step
    yield


def test_an_order_whose_answer_was_lost_is_ours_and_is_released(world: World) -> None:
    """It is known by its number, so it may be changed later."""
    with answer_lost(world, "POST $batch"):
        world.run([order("P1")])
    world.until_quiet([order("P1")])
    assert world.site.orders() == WHOLE[:1]
    world.run([order("P1", ("1", "10", "8.00"))])
    assert world.site.orders() == [("P1", "Released", LINES[:1])]


@pytest.mark.parametrize("takes_batches", [True, False])
def test_a_process_killed_at_any_step_leaves_no_order_twice_half_or_unreleased(
    tmp_path: Path, *, takes_batches: bool
) -> None:
    """Killed at the first, second … n-th step until a run comes through."""
    for number in range(1, STEPS_MAX):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        profile = load_profile().model_copy(update={"use_batch": takes_batches})
        site = RoutesSite(takes_batches=takes_batches, step=kill_at(number))
        world = World(folder=folder, kind="orders", profile=profile, site=site)
        try:
            world.run(BATCH)
        except Killed:
            site.step = lambda _: None
            world.until_quiet(BATCH)
            assert site.orders() == WHOLE, number
            continue
        assert number > 10
        return
    pytest.fail("the run never comes through")
