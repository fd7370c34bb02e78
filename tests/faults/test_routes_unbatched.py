"""Sites that refuse ``$batch``: request by request, resumed by id, one body where allowed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.documents import Line
from target_ifs_cloud.ifs.odata import ARRAY_ELEMENTS_MAX, array_elements
from target_ifs_cloud.ifs.profile import load_profile
from tests.faults.routes_site import Killed, RoutesSite
from tests.faults.routes_world import World, bill, kill_at

STEPS_MAX = 300
BATCH = [bill("a"), bill("b")]
WHOLE = [(f"INV-{name}", "Preliminary", Decimal(100), Decimal(100)) for name in "ab"]


def unbatched(folder: Path, *, deep: bool = False, **habits: object) -> World:
    """A site that refuses batches, and a profile that says so."""
    profile = load_profile().model_copy(update={"use_batch": False, "deep_insert": deep})
    site = RoutesSite(takes_batches=False, takes_children=deep, **habits)  # type: ignore[arg-type]
    return World(folder=folder, profile=profile, site=site)


@pytest.mark.parametrize("uses_proposals", [True, False])
def test_header_lines_and_postings_go_one_by_one(tmp_path: Path, *, uses_proposals: bool) -> None:
    """No batch is tried; a second run writes nothing."""
    world = unbatched(tmp_path, uses_proposals=uses_proposals)
    world.run(BATCH)
    assert world.site.invoices() == WHOLE
    assert not any("$batch" in request for request in world.site.requests)
    world.site.asked.clear()
    world.run(BATCH)
    assert {asked.method for asked in world.site.asked} == {"GET"}


@pytest.mark.parametrize("uses_proposals", [True, False])
def test_a_process_killed_between_any_two_requests_leaves_nothing_half_or_twice(
    tmp_path: Path, *, uses_proposals: bool
) -> None:
    """The next run finds the invoice by its number and completes it."""
    for number in range(1, STEPS_MAX):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        world = unbatched(folder, uses_proposals=uses_proposals, step=kill_at(number))
        try:
            world.run(BATCH[:1])
        except Killed:
            world.site.step = lambda _: None
            world.until_quiet(BATCH[:1])
            assert world.site.invoices() == WHOLE[:1], number
            assert world.entry(BATCH[0]).state is State.CONFIRMED
            continue
        assert number > 10
        return
    pytest.fail("the run never comes through")


def test_a_site_that_takes_children_in_the_body_needs_little_more_than_one_request_a_bill(
    tmp_path: Path,
) -> None:
    """One grouped look-up, then one request for each bill with its lines and postings."""
    world = unbatched(tmp_path, deep=True)
    documents = [bill(f"{n:02}") for n in range(40)]
    world.run(documents)
    assert len(world.site.invoices()) == 40
    assert len(world.site.requests) <= 1.1 * len(documents)


def test_a_body_never_carries_more_than_the_advised_number_of_array_elements(
    tmp_path: Path,
) -> None:
    """What is beyond follows row by row."""
    world = unbatched(tmp_path, deep=True)
    line = Line(ref="1", net=Decimal("0.02"), tax=Decimal(0), tax_code=None)
    lines = (line,) * (ARRAY_ELEMENTS_MAX + 3)
    net = Decimal("0.02") * len(lines)
    document = replace(bill("a"), lines=lines, net=net, tax=Decimal(0), gross=net, postings=())
    world.run([document])
    assert world.site.invoices() == [("INV-a", "Preliminary", net, Decimal(0))]
    bodies = [asked.body for asked in world.site.asked if asked.method == "POST"]
    assert max(array_elements(body) for body in bodies) == ARRAY_ELEMENTS_MAX
    assert len(bodies) == 4


def test_nothing_is_folded_where_the_profile_does_not_say_so(tmp_path: Path) -> None:
    """No public sign says that IFS takes nested rows."""
    world = unbatched(tmp_path)
    world.run(BATCH[:1])
    bodies = [asked.body for asked in world.site.asked if asked.method == "POST"]
    assert max(array_elements(body) for body in bodies) == 0
