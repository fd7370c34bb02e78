"""What a person changes in IFS on an invoice of ours is never overwritten silently, nor doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.outbox import Changes
from target_ifs_cloud.documents import SupplierInvoice
from target_ifs_cloud.ifs.profile import load_profile
from tests.faults.routes_site import Killed, RoutesSite
from tests.faults.routes_world import PAUSE, World, bill, order

HEADERS = "ManSuppInvoiceSet"


@pytest.fixture(params=[False, True], ids=["postings", "proposals"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A site with and without posting proposals."""
    return World(tmp_path, site=RoutesSite(uses_proposals=request.param))


def edited(document: SupplierInvoice, *, net: str = "300.00") -> SupplierInvoice:
    """The same bill with other amounts."""
    other = bill(document.number.removeprefix("INV-"), net=net)
    return replace(other, source=replace(document.source, version=2, hash=net))


def by_hand(world: World, table: str, place: int = 0, **values: Any) -> None:
    """A person saves a row in IFS."""
    row = world.site.tables[table][place]
    row.update(values)
    world.site.touch(row)


def coded_table(world: World) -> str:
    """Where the rows with code parts are."""
    return "PostingProposalArray" if world.site.uses_proposals else "ManSuppInvoicePostingsArray"


def standing(world: World) -> list[tuple[str, Decimal]]:
    """Number and net of the lines of what stands."""
    return [(number, net) for number, _, net, _ in world.site.invoices()]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda w: by_hand(w, HEADERS, PoRefNumber="PF99"), "PoRefNumber: IFS has PF99"),
        (lambda w: by_hand(w, HEADERS, InvoiceDate="2026-03-09"), "InvoiceDate: IFS has 2026-03-0"),
        (lambda w: by_hand(w, coded_table(w), CodeB="210"), "IFS has another CodeB"),
        (lambda w: by_hand(w, "ManSuppInvoiceItemArray", VatCode="X"), "IFS has another VatCode"),
    ],
    ids=["header", "date", "posting", "line"],
)
def test_an_edited_bill_does_not_overwrite_what_a_person_changed(
    world: World, edit: Callable[[World], None], words: str
) -> None:
    """It is told with what differs; its neighbour is updated; the person's amounts settle it."""
    bills = [bill("a"), bill("b")]
    world.run(bills)
    edit(world)
    before = world.site.tables
    kept = [dict(row) for name in (HEADERS, coded_table(world)) for row in before[name][:1]]
    changed = [edited(one) for one in bills]
    world.run(changed)
    assert standing(world) == [("INV-a", Decimal("100.00")), ("INV-b", Decimal("300.00"))]
    assert kept == [row for name in (HEADERS, coded_table(world)) for row in before[name][:1]]
    assert words in world.entry(changed[0]).note
    assert not world.entry(changed[1]).note
    by_hand(world, HEADERS, NetCurrAmount=Decimal("300.00"), GrossCurrAmount=Decimal("305.00"))
    world.run(changed)
    assert not world.entry(changed[0]).note


def test_a_person_who_made_the_same_correction_is_no_obstacle(world: World) -> None:
    """Amounts stay, the reference is new on both sides: nothing is left to say."""
    world.run([bill("a")])
    by_hand(world, HEADERS, PoRefNumber="PF99")
    header = tuple((n, "PF99" if n == "PoRefNumber" else v) for n, v in bill("a").header)
    same = replace(bill("a"), header=header, source=replace(bill("a").source, version=2, hash="2"))
    world.run([same])
    entry = world.entry(same)
    assert (entry.state, entry.note, entry.problems) == (State.CONFIRMED, "", ())


def test_what_a_person_changed_back_does_not_hinder_the_next_edit(world: World) -> None:
    """Only what differs when the edit is carried out counts."""
    world.run([bill("a")])
    by_hand(world, HEADERS, PoRefNumber="PF99")
    world.run([edited(bill("a"))])
    by_hand(world, HEADERS, PoRefNumber="PF52")
    world.run([edited(bill("a"))])
    assert standing(world) == [("INV-a", Decimal("300.00"))]
    assert not world.entry(bill("a")).note


def test_an_order_that_a_buyer_changed_is_not_overwritten(tmp_path: Path) -> None:
    """A price agreed by telephone stays; the difference is told."""
    world = World(tmp_path, kind="orders")
    world.run([order("P1")])
    by_hand(world, "PurchaseOrderLineNopartSet", WantedDeliveryDate="2026-04-01")
    changed = order("P1", ("1", "12", "8.00"), ("2", "1", "240.00"))
    changed = replace(changed, source=replace(changed.source, version=2, hash="2"))
    world.run([changed])
    row = world.site.tables["PurchaseOrderLineNopartSet"][0]
    assert (str(row["WantedDeliveryDate"]), row["BuyQtyDue"]) == ("2026-04-01", Decimal(10))
    assert "WantedDeliveryDate" in world.entry(changed).note


@pytest.mark.parametrize("not_wanted", ["", "bill is Draft"])
def test_an_invoice_renumbered_by_hand_is_still_ours(world: World, not_wanted: str) -> None:
    """It is told under the number that it has now; nothing is written, nothing is doubled."""
    world.run([bill("a")])
    by_hand(world, HEADERS, InvoiceNo="INV-aX")
    changed = edited(bill("a"))
    world.run([changed], not_wanted=not_wanted)
    assert standing(world) == [("INV-aX", Decimal("100.00"))]
    assert "stands there as INV-aX" in world.entry(changed).note


def test_the_same_renumbering_on_both_sides_is_followed(world: World) -> None:
    """One invoice, which further edits reach."""
    world.run([bill("a")])
    by_hand(world, HEADERS, InvoiceNo="INV-a2")
    changed = replace(edited(bill("a")), number="INV-a2", header=bill("a").header)
    world.run([changed])
    assert standing(world) == [("INV-a2", Decimal("300.00"))]
    entry = world.entry(changed)
    assert (entry.key, entry.note) == (changed.key, "")


def test_a_lost_creation_that_a_person_has_renumbered_is_found(world: World) -> None:
    """The run died, and before the next run the number was corrected in IFS."""
    world.run([bill("b")])

    def die(step: str) -> None:
        if step == "after POST $batch" and len(world.site.tables[HEADERS]) > 1:
            raise Killed

    world.site.step = die
    with pytest.raises(Killed):
        world.run([bill("a")])
    world.site.step = lambda _: None
    by_hand(world, HEADERS, 1, InvoiceNo="INV-aX")
    for _ in range(3):
        world.now += PAUSE
        world.run([bill("a")])
    assert [number for number, _ in standing(world)] == ["INV-aX", "INV-b"]
    assert world.entry(bill("a")).ifs_id
    assert "stands there as INV-aX" in world.entry(bill("a")).note


def test_a_retry_after_a_renumbering_makes_no_second_invoice(world: World) -> None:
    """The advice of a report is safe to follow: the invoice is known by its text."""
    world.run([bill("a")])
    by_hand(world, HEADERS, InvoiceNo="INV-aX")
    outbox = world.outbox()
    entry: Entry = replace(world.entry(bill("a")), state=State.WAITING, content=None, ifs_id="")
    outbox.save(Changes(entries=[entry]))
    world.run([bill("a")])
    assert standing(world) == [("INV-a", Decimal("100.00"))]


@pytest.mark.parametrize("uses_proposals", [True, False])
def test_a_person_who_saves_first_is_not_overwritten_row_by_row(
    tmp_path: Path, *, uses_proposals: bool
) -> None:
    """Only lines are to change, so the header cannot tell whose save made it stale."""
    profile = load_profile().model_copy(update={"use_batch": False})
    site = RoutesSite(takes_batches=False, uses_proposals=uses_proposals)
    world = World(tmp_path, profile=profile, site=site)
    world.run([bill("a")])
    first, second = bill("a").lines
    lines = (replace(first, net=Decimal(60)), replace(second, net=Decimal(40)))
    source = replace(bill("a").source, version=2, hash="2")
    changed = replace(bill("a"), lines=lines, source=source)

    def save_first(step: str) -> None:
        if step.startswith(f"before PATCH {HEADERS}("):
            site.step = lambda _: None
            by_hand(world, "ManSuppInvoiceItemArray", 1, VatCode="X")
            by_hand(world, HEADERS)

    site.step = save_first
    if world.run([changed]):
        world.until_quiet([changed])
    rows = site.tables["ManSuppInvoiceItemArray"]
    assert [(row["NetCurrAmount"], row["VatCode"]) for row in rows] == [(50, "T"), (50, "X")]
    assert "IFS has another VatCode" in world.entry(changed).note
