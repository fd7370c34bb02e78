"""Reconciliation says that the books tie only when they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from target_ifs_cloud.operator.reconcile import Reconciliation, reconcile
from tests.faults.routes_site import RoutesSite
from tests.faults.routes_world import World, bill


@pytest.fixture(params=[False, True], ids=["postings", "proposals"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Two bills in IFS, as they were sent."""
    world = World(tmp_path, site=RoutesSite(uses_proposals=request.param))
    world.run([bill("a"), bill("b")])
    return world


def reconciled(world: World) -> Reconciliation:
    """What the report knows."""
    with world.client() as client:
        return reconcile(
            world.outbox(),
            world.route(client),
            month_of=lambda _: "2026-03",
            companies={"10"},
        )


def told(world: World) -> dict[str, str]:
    """What is told about which bill."""
    return {entry.source.label: words for entry, words in reconciled(world).differences}


def test_books_that_tie_are_even(world: World) -> None:
    """Nothing is told, and both columns are equal."""
    result = reconciled(world)
    assert result.is_even
    (totals,) = result.groups.values()
    assert (totals.count, totals.said, totals.shown) == (2, Decimal(210), Decimal(210))


def drop_posting(world: World) -> None:
    """A person deletes a posting."""
    name = "PostingProposalArray" if world.site.uses_proposals else "ManSuppInvoicePostingsArray"
    world.site.tables[name].pop(0)


def drop_line(world: World) -> None:
    """A person deletes a line."""
    world.site.tables["ManSuppInvoiceItemArray"].pop(0)


def change_net(world: World) -> None:
    """A person changes the net amount and leaves the gross amount."""
    world.site.tables["ManSuppInvoiceSet"][0]["NetCurrAmount"] = 99


def enter_twin(world: World) -> None:
    """A person enters the same number once more."""
    row = dict(world.site.tables["ManSuppInvoiceSet"][0])
    world.site.tables["ManSuppInvoiceSet"].append({**row, "InvoiceId": 4711})


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (drop_posting, "do not add up to it"),
        (drop_line, "do not add up to it"),
        (change_net, "net was 100.00, invoice 101 (Preliminary) in IFS says 99.00"),
        (enter_twin, "invoice 4711 (Preliminary) has the same supplier and number"),
    ],
)
def test_what_a_person_has_done_in_ifs_is_told(
    world: World, act: Callable[[World], None], words: str
) -> None:
    """Of that bill, and of no other."""
    act(world)
    assert list(told(world)) == ["bill a"]
    assert words in told(world)["bill a"]


def test_an_edit_that_could_not_be_posted_any_more_is_a_difference(world: World) -> None:
    """Both amounts are told, and the columns differ by the edit until it is taken back."""
    world.site.tables["ManSuppInvoiceSet"][0]["Objstate"] = "Posted"
    edited = bill("a", net="300.00")
    world.run([replace(edited, source=replace(edited.source, version=2))])
    assert (
        "Procurify says 305.00 USD, invoice 101 (Posted) in IFS says 105.00 USD"
        in told(world)["bill a"]
    )
    (totals,) = reconciled(world).groups.values()
    assert (totals.said, totals.shown) == (Decimal(410), Decimal(210))
    back = bill("a")
    world.run([replace(back, source=replace(back.source, version=3, hash="taken back"))])
    assert reconciled(world).is_even


def test_an_invoice_renumbered_by_hand_is_found_by_its_id(world: World) -> None:
    """It is not called gone, and its amount counts."""
    row = world.site.tables["ManSuppInvoiceSet"][0]
    row["InvoiceNo"] = "OTHER"
    assert told(world)["bill a"] == (
        "invoice 101 was sent as INV-A of supplier V-1 and stands in IFS as OTHER of V-1"
    )
    (totals,) = reconciled(world).groups.values()
    assert totals.shown == Decimal(210)
