"""The external interface for supplier invoices: load, check, create, and every way to break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.external_route import ExternalRoute
from target_ifs_cloud.delivery.sent import Verdict
from target_ifs_cloud.ifs.profile import SiteProfile, load_profile
from tests.faults.routes_site import Killed, RoutesSite
from tests.faults.routes_world import World, bill, kill_at
from tests.unit.ifs.site import changed

BATCH = [bill(name) for name in "abc"]
WHOLE = [(f"INV-{name}", "Preliminary", Decimal(100), Decimal(100)) for name in "abc"]
STEPS_MAX = 200


def external(**lines: object) -> SiteProfile:
    """A profile of that route, with lines of the block ``external`` replaced."""
    names = load_profile().external_names.model_dump()
    return changed(route="external_interface", external={**names, **lines})


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site with that route and an empty outbox."""
    return World(folder=tmp_path, kind="external", profile=external())


def loads(world: World) -> list[str]:
    """The states of all loads."""
    return sorted(row["Objstate"] for row in world.site.tables["ExtIncInvLoadInfoSet"])


def test_bills_are_loaded_checked_and_created_once(world: World) -> None:
    """One load each; a second run changes nothing and sends no write."""
    world.run(BATCH)
    assert world.site.invoices() == WHOLE
    assert loads(world) == ["Created"] * 3
    assert [world.entry(b).state for b in BATCH] == [State.CONFIRMED] * 3
    world.site.requests.clear()
    world.run(BATCH)
    assert world.site.invoices() == WHOLE
    assert all("GET" in r or "$batch" in r for r in world.site.requests)
    assert len(world.site.requests) == 1


def test_fifty_bills_take_a_handful_of_requests(world: World) -> None:
    """Steps of many bills travel together."""
    world.run([bill(f"{n:02}") for n in range(50)])
    assert len(world.site.invoices()) == 50
    assert len(world.site.requests) <= 14


def test_what_the_check_refuses_is_held_with_every_reason_and_its_neighbours_go_on(
    world: World,
) -> None:
    """The wrong one is taken out of the interface again, so that nobody creates it by hand."""
    world.site.bad_accounts = frozenset({"9999"})
    wrong = bill("b", account="9999")
    world.run([BATCH[0], wrong, BATCH[2]])
    assert [number for number, *_ in world.site.invoices()] == ["INV-a", "INV-c"]
    entry = world.entry(wrong)
    assert entry.state is State.REJECTED
    assert "ACCOUNT 9999" in entry.problems[0].message
    assert loads(world) == ["Created", "Created"]


def test_a_refused_load_that_cannot_be_removed_is_taken_up_when_the_cause_is_cured(
    world: World,
) -> None:
    """The same content is never loaded a second time."""
    world.site.may_remove = False
    world.site.bad_accounts = frozenset({"4010"})
    world.run([BATCH[0]])
    assert loads(world) == ["Loaded"]
    world.site.bad_accounts = frozenset()
    again = replace(BATCH[0], source=replace(BATCH[0].source, hash="new"))
    world.run([again])
    assert loads(world) == ["Created"]
    assert world.site.invoices() == WHOLE[:1]


def test_a_cancelled_invoice_is_loaded_anew_under_another_load_id(world: World) -> None:
    """The id of the first load is used up."""
    world.run([BATCH[0]])
    world.run([BATCH[0]], not_wanted="withdrawn")
    assert world.site.invoices() == []
    world.run([BATCH[0]])
    assert world.site.invoices() == WHOLE[:1]
    assert loads(world) == ["Created", "Created"]


def test_a_load_type_that_creates_at_once_is_no_trouble(world: World) -> None:
    """Nothing is created a second time."""
    world.site.creates_at_once = True
    world.run(BATCH)
    assert world.site.invoices() == WHOLE


def test_a_load_is_over_when_its_invoice_says_so(world: World) -> None:
    """The state that is documented is that of the rows."""
    world.site.loads_tell_their_state = False
    world.run([BATCH[0]])
    world.run([BATCH[0]], not_wanted="withdrawn")
    world.run([BATCH[0]])
    assert world.site.invoices() == WHOLE[:1]
    assert len(loads(world)) == 2


def test_load_ids_that_ifs_draws_are_found_again_by_the_identity_of_the_bill(
    tmp_path: Path,
) -> None:
    """A lost answer to the load leaves one load, which the next run takes up."""
    world = World(folder=tmp_path, kind="external", profile=external(id_is_given=False))
    world.site.draws_load_ids = True
    world.site.step = lose(at=2)  # the first POST is the look-up
    world.run(BATCH)
    world.until_quiet(BATCH)
    assert world.site.invoices() == WHOLE
    assert len(loads(world)) == 3


def test_an_edited_bill_replaces_the_load_that_was_left_half_way(world: World) -> None:
    """The older content can no longer be created."""
    world.site.step = lose(at=2)  # the first POST is the look-up
    world.run([BATCH[0]])
    assert loads(world) == ["Loaded"]
    world.site.step = lambda _: None
    edited = bill("a", net="80.00")
    world.until_quiet([edited])
    assert world.site.invoices() == [("INV-a", "Preliminary", Decimal(80), Decimal(80))]
    assert loads(world) == ["Created"]


def test_companies_with_proposals_get_their_rows_from_the_postings(world: World) -> None:
    """What the interface did not fill is completed."""
    world.site.uses_proposals = True
    world.run(BATCH)
    world.until_quiet(BATCH)
    assert world.site.invoices() == WHOLE


def test_reasons_of_lines_and_postings_are_told_with_those_of_the_invoice(world: World) -> None:
    """Each once; a code that means none is none."""
    world.site.item_errors = ("TAXCODE", "0")
    world.site.bad_accounts = frozenset({"4010"})
    world.run([BATCH[0]])
    message = world.entry(BATCH[0]).problems[0].message
    assert message.endswith("refused it: ACCOUNT 4010; TAXCODE")


def test_proposals_of_orders_go_by_hand_because_they_must_stay_preliminary(world: World) -> None:
    """The interface may post what it creates."""
    source = replace(BATCH[0].source, kind="purchase_order")
    proposal = replace(BATCH[0], source=source, number="PO-1")
    with world.client() as client:
        route = world.route(client)
        assert isinstance(route, ExternalRoute)
        sent = route.create([BATCH[1], proposal, BATCH[2]])
    assert [one.verdict for one in sent] == [Verdict.DONE] * 3
    assert [number for number, *_ in world.site.invoices()] == ["INV-b", "INV-c", "PO-1"]
    assert len(loads(world)) == 2


def lose(*, at: int) -> Callable[[str], None]:
    """The answer to the n-th POST is lost, once, after it was done."""
    left = at

    def step(name: str) -> None:
        nonlocal left
        if name.startswith("after POST"):
            left -= 1
            if left == 0:
                raise requests.exceptions.ReadTimeout

    return step


@pytest.mark.parametrize("takes_batches", [True, False])
def test_a_process_killed_at_any_step_leaves_no_bill_twice_or_half(
    tmp_path: Path,
    *,
    takes_batches: bool,
) -> None:
    """Killed at the first, second … n-th step until a run comes through."""
    documents = BATCH[:2]
    for number in range(1, STEPS_MAX):
        world = World(folder=tmp_path / f"{number}", kind="external", profile=external())
        world.folder.mkdir()
        world.profile = world.profile.model_copy(update={"use_batch": takes_batches})
        world.site = RoutesSite(takes_batches=takes_batches, step=kill_at(number))
        try:
            world.run(documents)
        except Killed:
            world.site.step = lambda _: None
            world.until_quiet(documents)
            assert world.site.invoices() == WHOLE[:2], number
            assert set(loads(world)) == {"Created"}, number
            continue
        assert number > 10
        return
    pytest.fail("the run never comes through")


def test_loads_whose_list_shows_no_etags_are_read_alone(world: World) -> None:
    """No row is acted on without the ETag that was just read of it."""
    world.site.lists_show_etags = False
    world.run(BATCH)
    assert world.site.invoices() == WHOLE


@pytest.mark.parametrize("bad_accounts", [frozenset(), frozenset({"4010"})])
def test_loads_without_any_etag_are_held_and_not_loaded_again(
    world: World, bad_accounts: frozenset[str]
) -> None:
    """A query set has none: that is told with its cure, and every run ends as it should."""
    world.site.lists_show_etags = world.site.rows_show_etags = False
    world.site.bad_accounts = bad_accounts
    for _ in range(2):
        assert world.run(BATCH[:1]) == []
        assert [p.code for p in world.entry(BATCH[0]).problems] == ["etag_missing"]
        assert loads(world) == ["Loaded"]
    assert world.site.invoices() == []
