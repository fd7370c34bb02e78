"""Final posting, where it is wanted: as far as the company allows, never twice, never unseen."""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from target_ifs_cloud.delivery.entry import State
from tests.faults.routes_site import Killed, RoutesSite
from tests.faults.routes_world import World, bill, kill_at
from tests.unit.ifs.site import changed

STEPS_MAX = 200
BATCH = [bill("a"), bill("b")]


def posted(state: str) -> list[tuple[str, str, Decimal, Decimal]]:
    """Both bills in this state."""
    return [(f"INV-{name}", state, Decimal(100), Decimal(100)) for name in "ab"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site whose companies need no authorisation, and the setting switched on."""
    return World(folder=tmp_path, posts_finally=True)


def test_it_is_off_by_default(tmp_path: Path) -> None:
    """A person authorises and posts in IFS."""
    world = World(folder=tmp_path)
    world.run(BATCH)
    assert world.site.invoices() == posted("Preliminary")


@pytest.mark.parametrize("uses_proposals", [True, False])
def test_new_invoices_are_posted_with_what_ifs_asks_for(
    world: World, *, uses_proposals: bool
) -> None:
    """Voucher type and date of the document, user group of the profile."""
    world.site.uses_proposals = uses_proposals
    dated = [
        replace(b, header=(*b.header, ("VoucherType", "K"), ("VoucherDate", None))) for b in BATCH
    ]
    world.run(dated)
    assert world.site.invoices() == posted("Posted")
    assert world.site.held["INV-a"] == {
        "VoucherType": "K",
        "UserGroup": "AC",
        "VoucherDate": "2026-02-28",
        "AutomaticPayAuth": False,
    }


def test_invoices_that_came_by_the_external_interface_are_posted_too(tmp_path: Path) -> None:
    """Once they are compared with their documents."""
    profile = changed(route="external_interface")
    world = World(folder=tmp_path, kind="external", profile=profile, posts_finally=True)
    world.site.uses_proposals = True
    world.run(BATCH)
    assert world.site.invoices() == posted("Posted")


def test_a_company_that_wants_a_person_first_keeps_its_invoices_preliminary(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The documents are settled; the log says once why they are not posted."""
    world.site.actions_refused = frozenset({"FinalPosting"})
    with caplog.at_level(logging.WARNING):
        world.run(BATCH)
    assert world.site.invoices() == posted("Preliminary")
    assert [world.entry(b).state for b in BATCH] == [State.CONFIRMED] * 2
    assert caplog.text.count("wants a person first") == 1


def test_the_proposal_of_a_purchase_order_is_never_posted(world: World) -> None:
    """It stands for what is still open."""
    source = replace(BATCH[0].source, kind="purchase_order")
    world.run([replace(BATCH[0], source=source)])
    assert [state for _, state, *_ in world.site.invoices()] == ["Preliminary"]


def test_a_process_killed_at_any_step_leaves_every_bill_posted_once(tmp_path: Path) -> None:
    """An invoice that was found again is finished too."""
    for number in range(1, STEPS_MAX):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        site = RoutesSite(step=kill_at(number))
        world = World(folder=folder, posts_finally=True, site=site)
        try:
            world.run(BATCH)
        except Killed:
            site.step = lambda _: None
            world.until_quiet(BATCH)
            assert site.invoices() == posted("Posted"), number
            continue
        assert number > 8
        return
    pytest.fail("the run never comes through")
