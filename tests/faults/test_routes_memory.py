"""Without its outbox the target still knows its own invoices: by the text that names the bill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.documents import SupplierInvoice
from tests.faults.routes_site import Killed, RoutesSite, SiteRefusalError
from tests.faults.routes_world import World, bill
from tests.unit.ifs.site import Asked, Told


@pytest.fixture(params=[False, True], ids=["postings", "proposals"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A site with and without posting proposals."""
    return World(tmp_path, site=RoutesSite(uses_proposals=request.param))


def lose_outbox(world: World) -> None:
    """Nothing is remembered any more."""
    for path in world.folder.glob("outbox.db*"):
        path.unlink()


def renumbered(document: SupplierInvoice, number: str) -> SupplierInvoice:
    """The same bill under another number."""
    source = replace(document.source, version=2, hash=f"renumbered {number}")
    return replace(document, number=number, source=source)


def amounted(document: SupplierInvoice, net: str) -> SupplierInvoice:
    """The same bill with other amounts."""
    other = bill(document.number.removeprefix("INV-"), net=net)
    return replace(other, source=replace(other.source, version=2))


def standing(world: World) -> list[tuple[str, Decimal, Decimal]]:
    """Number, net of the lines and sum of the postings of what stands."""
    return [(number, net, coded) for number, _, net, coded in world.site.invoices()]


def whole(number: str, net: str) -> tuple[str, Decimal, Decimal]:
    """An invoice whose lines and postings are the document's."""
    return number, Decimal(net), Decimal(net)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda b: b, whole("INV-a", "100.00")),
        (lambda b: renumbered(b, "INV-a2"), whole("INV-a2", "100.00")),
        (lambda b: amounted(b, "300.00"), whole("INV-a", "300.00")),
    ],
    ids=["as it was", "another number", "other amounts"],
)
def test_a_bill_stands_once_although_the_outbox_is_lost(
    world: World,
    edit: Callable[[SupplierInvoice], SupplierInvoice],
    expected: tuple[str, Decimal, Decimal],
) -> None:
    """Edited meanwhile or not: the invoice is its own, and follows it from now on."""
    first, other = bill("a"), bill("b")
    world.run([first, other])
    lose_outbox(world)
    changed = edit(first)
    world.run([changed, other])
    assert standing(world) == [expected, whole("INV-b", "100.00")]
    assert {world.entry(one).state for one in (changed, other)} == {State.CONFIRMED}
    assert not world.entry(changed).note
    world.run([amounted(other, "80.00")])
    assert standing(world)[1] == whole("INV-b", "80.00")


def test_half_an_invoice_is_completed_although_the_outbox_is_lost(tmp_path: Path) -> None:
    """Killed between header and postings, then the disk is gone."""
    world = World(tmp_path, site=RoutesSite(uses_proposals=True))
    batches = 0

    def die_before_postings(step: str) -> None:
        nonlocal batches
        batches += step == "before POST $batch"
        if batches == 3:
            raise Killed

    world.site.step = die_before_postings
    with pytest.raises(Killed):
        world.run([bill("a")])
    assert standing(world) == [("INV-a", Decimal("100.00"), Decimal(0))]
    world.site.step = lambda _: None
    lose_outbox(world)
    world.until_quiet([bill("a")])
    assert standing(world) == [whole("INV-a", "100.00")]


def test_what_cannot_be_changed_any_more_is_told_and_not_doubled(world: World) -> None:
    """Posted by a person, then the outbox is lost and the number is edited."""
    world.run([bill("a")])
    world.site.tables["ManSuppInvoiceSet"][0]["Objstate"] = "Posted"
    lose_outbox(world)
    changed = renumbered(bill("a"), "INV-a2")
    world.run([changed])
    assert standing(world) == [whole("INV-a", "100.00")]
    assert world.entry(changed).note


def test_an_invoice_of_other_hands_is_not_ours(world: World) -> None:
    """The same number without our text is linked, told and never overwritten."""
    world.run([bill("a")])
    world.site.tables["ManSuppInvoiceSet"][0]["VoucherText"] = "typed by hand"
    lose_outbox(world)
    world.run([amounted(bill("a"), "300.00")])
    assert standing(world) == [whole("INV-a", "100.00")]
    assert world.entry(bill("a")).note


class NoTextFilters(RoutesSite):
    """A site that refuses to search by the text of an invoice."""

    @override
    def _page(self, asked: Asked, rows: list[dict[str, Any]]) -> Told:
        if "VoucherText" in asked.options.get("$filter", ""):
            raise SiteRefusalError(400, "ODP_BAD_REQUEST")
        return super()._page(asked, rows)


def test_a_site_that_cannot_search_by_text_is_asked_by_number_alone(tmp_path: Path) -> None:
    """Nothing is lost but the extra safety."""
    world = World(tmp_path, site=NoTextFilters())
    world.run([bill("a"), bill("b")])
    lose_outbox(world)
    world.run([bill("a"), bill("b")])
    assert standing(world) == [whole("INV-a", "100.00"), whole("INV-b", "100.00")]


def test_a_request_that_arrives_twice_leaves_the_invoice_our_own(tmp_path: Path) -> None:
    """The second delivery is refused as a duplicate; what the first one made is completed."""
    world = World(tmp_path, site=RoutesSite(uses_proposals=True))
    serve, batches = world.site.serve, 0

    def twice(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        nonlocal batches
        batches += url.endswith("/$batch")
        if batches == 2:
            serve(method, url, headers, body)
        return serve(method, url, headers, body)

    world.site.serve = twice  # type: ignore[method-assign]
    world.run([bill("a")])
    world.site.serve = serve  # type: ignore[method-assign]
    world.until_quiet([bill("a")])
    assert standing(world) == [whole("INV-a", "100.00")]
    assert world.entry(bill("a")).state is State.CONFIRMED
    assert not world.entry(bill("a")).note
