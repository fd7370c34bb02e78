"""Rows that are written although their answer was lost, and that IFS shows a while later."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import requests

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.documents import Line, Posting, SupplierInvoice
from target_ifs_cloud.ifs.profile import load_profile
from tests.faults.routes_site import RoutesSite
from tests.faults.routes_world import World, bill

HUNDRED = Decimal("100.00")


def lose_the_answer(world: World) -> None:
    """The first answer to a write of such rows is lost after it was done."""
    is_lost = False

    def step(told: str) -> None:
        nonlocal is_lost
        if told.startswith("after POST") and world.site.late and not is_lost:
            is_lost = True
            raise requests.exceptions.ReadTimeout

    world.site.step = step


def lengthened(document: SupplierInvoice) -> SupplierInvoice:
    """The same bill with one line and one posting more."""
    more = Decimal("7.00")
    return replace(
        document,
        source=replace(document.source, version=2, hash="longer"),
        net=document.net + more,
        gross=document.gross + more,
        lines=(*document.lines, Line(ref="3", net=more, tax=Decimal(0), tax_code="T")),
        postings=(*document.postings, Posting(ref="3", codes=(("A", "4030"),), amount=more)),
    )


def run_and_catch_up(world: World, document: SupplierInvoice) -> None:
    """A run that loses an answer; by the next one everything that is there is shown."""
    lose_the_answer(world)
    world.run([document])
    assert world.site.late
    world.site.catch_up()
    world.until_quiet([document])
    assert world.entry(document).state is State.CONFIRMED


def test_postings_that_are_shown_late_are_not_posted_twice(tmp_path: Path) -> None:
    """The invoice is found at once, its proposal seems to be empty."""
    late = frozenset({"PostingProposalArray"})
    world = World(tmp_path, site=RoutesSite(uses_proposals=True, shown_late=late))
    run_and_catch_up(world, bill("a"))
    assert world.site.invoices() == [("INV-a", "Preliminary", HUNDRED, HUNDRED)]


def test_lines_that_are_shown_late_are_not_sent_twice(tmp_path: Path) -> None:
    """A site without batches: the header is found at once, its first line seems to be missing."""
    profile = load_profile().model_copy(update={"use_batch": False})
    late = frozenset({"ManSuppInvoiceItemArray"})
    world = World(tmp_path, profile=profile, site=RoutesSite(takes_batches=False, shown_late=late))
    run_and_catch_up(world, bill("a"))
    assert world.site.invoices() == [("INV-a", "Preliminary", HUNDRED, HUNDRED)]


def test_a_posting_of_an_edit_that_is_shown_late_is_not_added_twice(tmp_path: Path) -> None:
    """Only the header of an invoice has an ETag to guard new rows; a proposal has none."""
    world = World(tmp_path, site=RoutesSite(uses_proposals=True))
    world.run([bill("a")])
    world.site.shown_late = frozenset({"PostingProposalArray"})
    run_and_catch_up(world, lengthened(bill("a")))
    whole = HUNDRED + 7
    assert world.site.invoices() == [("INV-a", "Preliminary", whole, whole)]
