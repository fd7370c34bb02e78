"""A gateway delivers a write twice by itself, and we see one answer: no row stands twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.summary import Outcome
from target_ifs_cloud.documents import Posting, SupplierInvoice
from target_ifs_cloud.ifs.profile import load_profile
from tests.faults.routes_site import RoutesSite
from tests.faults.routes_world import World, bill, order
from tests.unit.ifs.site import Told

WRITES_MAX = 40
PROFILE = load_profile()
BILLS = [bill("a"), bill("b")]


def nothing_due(name: str) -> SupplierInvoice:
    """A bill whose two halves take each other back: doubled, its proposal would still balance."""
    whole = bill(name)
    first, second = whole.postings
    postings = (first, replace(second, amount=-first.amount))
    lines = (replace(whole.lines[0]), replace(whole.lines[1], net=-whole.lines[0].net))
    zero = Decimal("0.00")
    return replace(whole, net=zero, gross=whole.tax, lines=lines, postings=postings)


def lengthened(document: SupplierInvoice) -> SupplierInvoice:
    """The same bill with one line and one posting more."""
    more = Decimal("7.00")
    return replace(
        document,
        source=replace(document.source, version=2, hash="longer"),
        net=document.net + more,
        gross=document.gross + more,
        lines=(*document.lines, replace(document.lines[1], ref="3", net=more)),
        postings=(*document.postings, Posting(ref="3", codes=(("A", "4030"),), amount=more)),
    )


class Gateway:
    """Delivers the n-th write of a world twice; the answer is that of the first or the second."""

    def __init__(self, world: World, number: int, *, tells_first: bool) -> None:
        self._serve = world.site.serve
        self._number = number
        self._tells_first = tells_first
        self.count = 0
        world.site.serve = self.serve  # type: ignore[method-assign]

    def serve(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        """One request on its way."""
        is_read = method == "GET" or (url.endswith("/$batch") and b"multipart/mixed" not in body)
        self.count += not is_read
        first = self._serve(method, url, headers, body)
        if is_read or self.count != self._number:
            return first
        second = self._serve(method, url, headers, body)
        return first if self._tells_first else second


Make = Callable[[Path], World]


def unbatched(folder: Path, *, deep: bool = False, proposals: bool, kind: str = "manual") -> World:
    """A site that refuses batches."""
    profile = PROFILE.model_copy(update={"use_batch": False, "deep_insert": deep})
    site = RoutesSite(takes_batches=False, takes_children=deep, uses_proposals=proposals)
    return World(folder=folder, profile=profile, site=site, kind=kind)


WAYS: dict[str, Make] = {
    "batched, proposals": lambda p: World(p, profile=PROFILE, site=RoutesSite(uses_proposals=True)),
    "batched, postings": lambda p: World(p, profile=PROFILE, site=RoutesSite()),
    "row by row, proposals": lambda p: unbatched(p, proposals=True),
    "row by row, postings": lambda p: unbatched(p, proposals=False),
    "nested, proposals": lambda p: unbatched(p, deep=True, proposals=True),
    "nested, postings": lambda p: unbatched(p, deep=True, proposals=False),
    "external, proposals": lambda p: World(
        p, profile=PROFILE, kind="external", site=RoutesSite(uses_proposals=True)
    ),
    "external, postings": lambda p: World(p, profile=PROFILE, kind="external", site=RoutesSite()),
    "external row by row": lambda p: unbatched(p, proposals=True, kind="external"),
    "external nested": lambda p: unbatched(p, deep=True, proposals=False, kind="external"),
}


def deliver(world: World, documents: list[SupplierInvoice]) -> None:
    """A run, and what it leaves in doubt."""
    if world.run(documents):
        world.until_quiet(documents)


@pytest.mark.parametrize("tells_first", [True, False], ids=["first answer", "second answer"])
@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
def test_whatever_write_arrives_twice_every_row_stands_once(
    tmp_path: Path, make: Make, *, tells_first: bool
) -> None:
    """New bills, one of them with nothing due, then an edit that adds rows."""
    for number in range(1, WRITES_MAX):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        world = make(folder)
        gateway = Gateway(world, number, tells_first=tells_first)
        new = [bill("a"), nothing_due("z")]
        deliver(world, new)
        edited = [lengthened(bill("a")), new[1]]
        deliver(world, edited)
        tables = world.site.tables
        coded = [*tables["PostingProposalArray"], *tables["ManSuppInvoicePostingsArray"]]
        rows = sorted(Decimal(row["CurrAmount"]) for row in coded)
        lines = sorted(Decimal(r["NetCurrAmount"]) for r in tables["ManSuppInvoiceItemArray"])
        amounts = [Decimal(n) for n in (-50, 7, 50, 50, 50)]
        assert (number, lines, rows) == (number, amounts, amounts)
        assert {world.entry(one).state for one in edited} == {State.CONFIRMED}, number
        assert not any(world.entry(one).problems for one in edited), number
        if gateway.count < number:
            return
    pytest.fail("the run never comes through")


@pytest.mark.parametrize("tells_first", [True, False], ids=["first answer", "second answer"])
def test_lines_of_an_order_stand_once(tmp_path: Path, *, tells_first: bool) -> None:
    """They carry the numbers that we give, so IFS refuses them the second time."""
    for number in range(1, WRITES_MAX):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        world = World(folder, profile=PROFILE, kind="orders")
        gateway = Gateway(world, number, tells_first=tells_first)
        deliver(world, [order("PO-1")])
        lines = [("1", Decimal("80.00")), ("2", Decimal("240.00"))]
        assert world.site.orders() == [("PO-1", "Released", lines)]
        if gateway.count < number:
            return
    pytest.fail("the run never comes through")


def test_a_proposal_that_was_filled_twice_is_told_as_completed(tmp_path: Path) -> None:
    """Not as posted at once: it is looked up, its surplus rows are removed, then it is told."""
    world = World(tmp_path, profile=PROFILE, site=RoutesSite(uses_proposals=True))
    Gateway(world, 2, tells_first=True)
    assert len(world.run(BILLS)) == 2
    assert world.entry(BILLS[0]).state is State.IN_DOUBT
    world.until_quiet(BILLS)
    assert world.tally.counts["bill", Outcome.COMPLETED, "USD"] == 2


def test_a_whole_batch_is_checked_by_one_more_request(tmp_path: Path) -> None:
    """Heads alone: their rows are read only where a head does not balance."""
    world = World(tmp_path, profile=PROFILE, site=RoutesSite(uses_proposals=True))
    world.run([bill(f"{n:02}") for n in range(40)])
    assert len(world.site.requests) == 5


def test_a_removal_that_arrives_twice_is_no_refusal(tmp_path: Path) -> None:
    """The row is gone the second time; nobody has to look at that."""
    world = World(tmp_path, profile=PROFILE, site=RoutesSite(uses_proposals=True))
    world.run([lengthened(bill("a"))])
    shorter = replace(bill("a"), source=replace(bill("a").source, version=3, hash="shorter"))
    Gateway(world, 1, tells_first=False)
    deliver(world, [shorter])
    assert world.site.invoices() == [("INV-a", "Preliminary", Decimal(100), Decimal(100))]
    assert not world.entry(shorter).problems


@pytest.mark.parametrize("tells_first", [True, False], ids=["first answer", "second answer"])
@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
def test_a_bill_whose_old_invoice_is_cancelled_twice_still_follows(
    tmp_path: Path, make: Make, *, tells_first: bool
) -> None:
    """The second delivery comes too late for the row that the first has changed."""
    world = make(tmp_path)
    deliver(world, [bill("a")])
    source = replace(bill("a").source, version=2, hash="moved")
    moved = replace(bill("a"), source=source, number="INV-b")
    Gateway(world, 1, tells_first=tells_first)
    deliver(world, [moved])
    hundred = Decimal(100)
    there = [row for row in world.site.invoices() if row[1] != "Cancelled"]
    assert there == [("INV-b", "Preliminary", hundred, hundred)]
    assert world.entry(moved).state is State.CONFIRMED
    assert not world.entry(moved).note
