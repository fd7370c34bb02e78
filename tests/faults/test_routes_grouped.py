"""Many documents at once: few requests, and none pays for its neighbour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.documents import SupplierInvoice
from tests.faults.routes_site import Killed, RoutesSite
from tests.faults.routes_world import World, bill, order

MANY = 40
FEW_REQUESTS = 12


def edited(document: SupplierInvoice, *, net: str = "300.00") -> SupplierInvoice:
    """The same bill with other amounts."""
    name = document.number.removeprefix("INV-")
    return replace(bill(name, net=net), source=replace(document.source, version=2, hash=net))


class Counter:
    """Counts requests as they arrive."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.steps: list[str] = []

    def __call__(self, step: str) -> None:
        """One more step."""
        if step.startswith("before ") and step != "before save":
            self.steps.append(step)


def touch_invoice(world: World, place: int) -> None:
    """Another hand saves an invoice."""
    world.site.touch(world.site.tables["ManSuppInvoiceSet"][place])


def before_each(name: str, act: Callable[[], None]) -> Callable[[str], None]:
    """A step that acts before each request of that name."""

    def step(told: str) -> None:
        if told == f"before {name}":
            act()

    return step


@pytest.fixture(params=[False, True], ids=["postings", "proposals"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A site with and without posting proposals."""
    return World(tmp_path, site=RoutesSite(uses_proposals=request.param))


def nets(world: World) -> list[Decimal]:
    """What stands in IFS, by number."""
    rows = [r for r in world.site.tables["ManSuppInvoiceSet"] if r["Objstate"] != "Cancelled"]
    return [r["NetCurrAmount"] for r in sorted(rows, key=lambda r: str(r["InvoiceNo"]))]


def test_edited_bills_are_read_and_changed_together(world: World) -> None:
    """Forty edited bills take a dozen requests, not six each."""
    bills = [bill(f"{number:02}") for number in range(MANY)]
    world.run(bills)
    world.site.step = counter = Counter()
    world.run([edited(b) for b in bills])
    assert nets(world) == [Decimal("300.00")] * MANY
    assert len(counter.steps) <= FEW_REQUESTS, counter.steps


def test_a_dead_run_is_settled_by_few_requests(world: World) -> None:
    """Killed when everything was sent and nothing recorded: each bill stands once, whole."""
    bills = [bill(f"{number:02}") for number in range(MANY)]
    saves = 0

    def die_on_record(step: str) -> None:
        nonlocal saves
        saves += step == "before save"
        if saves == 2:
            raise Killed

    world.site.step = die_on_record
    with pytest.raises(Killed):
        world.run(bills)
    world.site.step = counter = Counter()
    world.until_quiet(bills)
    assert nets(world) == [Decimal("100.00")] * MANY
    assert {world.entry(b).state for b in bills} == {State.CONFIRMED}
    assert len(counter.steps) <= FEW_REQUESTS, counter.steps


def test_a_dead_run_that_sent_nothing_is_sent_together(world: World) -> None:
    """Killed between the intents and the first request."""
    bills = [bill(f"{number:02}") for number in range(MANY)]

    def die_before_writing(step: str) -> None:
        if step == "after save":
            raise Killed

    world.site.step = die_before_writing
    with pytest.raises(Killed):
        world.run(bills)
    world.site.step = counter = Counter()
    world.until_quiet(bills)
    assert nets(world) == [Decimal("100.00")] * MANY
    assert len(counter.steps) <= FEW_REQUESTS, counter.steps


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_refused_correction_takes_no_neighbour_with_it(world: World, place: int) -> None:
    """IFS refuses the account of one; the others are corrected."""
    bills = [bill(f"{number:02}") for number in range(5)]
    world.run(bills)
    wrong = replace(
        edited(bills[place]),
        postings=bill("x", net="300.00", account="BAD").postings,
    )
    world.site.refused_codes = frozenset({"BAD"})
    changed = [edited(b) for b in bills]
    changed[place] = wrong
    world.run(changed)
    expected = [Decimal("300.00")] * 5
    expected[place] = Decimal("100.00")
    assert nets(world) == expected
    assert [bool(world.entry(b).problems) for b in bills] == [i == place for i in range(5)]
    (problem,) = world.entry(bills[place]).problems
    assert problem.message.endswith('ORA-20110 Code.CODENOTEXIST "gibt es nicht"')


@pytest.mark.parametrize("how", ["refused", "stale"])
def test_half_a_correction_is_taken_back_with_the_edit(tmp_path: Path, how: str) -> None:
    """The proposal is corrected, the lines cannot be, then Procurify has the old bill again."""
    world = World(tmp_path, site=RoutesSite(uses_proposals=True))
    bills = [bill(f"{number:02}") for number in range(3)]
    world.run(bills)
    changed = [edited(b) for b in bills]
    lines = tuple(replace(line, tax_code="BAD") for line in changed[1].lines)
    wrong = replace(changed[1], lines=lines) if how == "refused" else changed[1]
    world.site.refused_codes = frozenset({"BAD"})
    if how == "stale":
        world.site.step = before_each("POST $batch", lambda: touch_invoice(world, 1))
    world.run([changed[0], wrong, changed[2]])
    assert nets(world) == [Decimal("300.00"), Decimal("100.00"), Decimal("300.00")]
    world.site.refused_codes, world.site.step = frozenset(), lambda _: None
    world.until_quiet([changed[0], bills[1], changed[2]])
    assert [(net, coded) for _, _, net, coded in world.site.invoices()] == [
        (Decimal(amount), Decimal(amount)) for amount in ("300.00", "100.00", "300.00")
    ]


def test_a_rival_makes_only_its_own_invoice_stale(world: World) -> None:
    """A row that another hand touches between read and write is read and decided again."""
    bills = [bill(f"{number:02}") for number in range(5)]
    world.run(bills)
    touches = iter((False, True))  # after the grouped read, before the first grouped write
    world.site.step = before_each(
        "POST $batch", lambda: touch_invoice(world, 1) if next(touches, False) else None
    )
    world.run([edited(b) for b in bills])
    assert next(touches, None) is None
    world.until_quiet([edited(b) for b in bills])
    assert nets(world) == [Decimal("300.00")] * 5
    assert {world.entry(b).state for b in bills} == {State.CONFIRMED}


def test_edited_orders_are_changed_together(tmp_path: Path) -> None:
    """Purchase orders too."""
    world = World(tmp_path, kind="orders")
    orders = [order(f"{number:03}", ("1", "10", "8.00")) for number in range(MANY)]
    world.run(orders)
    world.site.step = counter = Counter()
    world.run([order(f"{number:03}", ("1", "10", "9.00")) for number in range(MANY)])
    prices = {row["BuyUnitPrice"] for row in world.site.tables["PurchaseOrderLineNopartSet"]}
    assert prices == {Decimal("9.00")}
    assert len(counter.steps) <= FEW_REQUESTS, counter.steps
