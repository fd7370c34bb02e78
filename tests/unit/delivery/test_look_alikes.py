"""Bills on record that a new one may be a copy of are found by each likeness alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.look_alikes import find_look_alikes
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.documents import SupplierId
from tests.unit.ifs.documents import invoice

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DOCUMENT = invoice()
DAY = date(2026, 1, 31)
OTHER = replace(DOCUMENT.key, number="OTHER", supplier=SupplierId("V-2"))


@pytest.fixture
def outbox(url: str) -> Iterator[Outbox]:
    """An empty outbox with a clock that stands still."""
    engine = open_database(url)
    yield Outbox(engine, lambda: NOW)
    engine.dispose()


def entry(id_: str, state: State = State.HELD, **changes: Any) -> Entry:
    """A bill on record that has nothing in common with the document."""
    values: dict[str, Any] = {
        "source": replace(DOCUMENT.source, id=id_, label=f"bill {id_}"),
        "state": state,
        "rules_version": "r1",
        "key": OTHER,
        "amount": Decimal("7.00"),
        "currency": "CAD",
    }
    return Entry(**{**values, **changes})


def found(outbox: Outbox, *entries: Entry) -> list[str]:
    """The ids of those that are alike."""
    outbox.save(Changes(entries=list(entries)))
    return sorted(one.source_id for one in find_look_alikes(outbox.engine, [DOCUMENT]))


def test_a_bill_is_alike_by_its_number_or_by_its_supplier_and_more(outbox: Outbox) -> None:
    """Its supplier alone, or the amount of another supplier or day, says nothing."""
    same = DOCUMENT.key
    of_supplier = replace(OTHER, supplier=same.supplier)
    assert found(
        outbox,
        entry("nothing"),
        entry("supplier", key=of_supplier),
        entry("amount", amount=Decimal("105.00"), day=DAY),
        entry("near elsewhere", key=replace(OTHER, number="1")),
        entry("number", key=replace(OTHER, number=same.number)),
        entry("near", key=replace(same, number="INV 001")),
        entry("money", key=of_supplier, amount=Decimal("105.00"), day=DAY),
        entry("rent", key=of_supplier, amount=Decimal("105.00"), day=DAY + timedelta(days=31)),
        entry(
            "order",
            source=replace(DOCUMENT.source, id="order", kind="purchase_order"),
            key=replace(OTHER, number=same.number),
        ),
    ) == ["money", "near", "number"]


def test_what_one_bill_shares_with_two_of_a_batch_is_no_likeness(outbox: Outbox) -> None:
    """Its supplier and day with the first, its amount with the second: many bills would do so."""
    second = replace(DOCUMENT, supplier=SupplierId("V-9"), number="9", gross=Decimal("7.00"))
    outbox.save(Changes(entries=[entry("mixed", key=replace(DOCUMENT.key, number="9"), day=DAY)]))
    told = find_look_alikes(outbox.engine, [DOCUMENT, second])
    assert [one.source_id for one in told] == ["mixed"]  # the same number from another supplier
    third = replace(second, number="99")
    assert find_look_alikes(outbox.engine, [DOCUMENT, third]) == []


@pytest.mark.parametrize("state", State)
def test_only_what_is_or_may_come_to_ifs_is_copied(outbox: Outbox, state: State) -> None:
    """What was left out, cancelled or excluded is no invoice."""
    is_found = state.value in {"sending", "in_doubt", "confirmed", "held", "rejected"}
    told = found(outbox, entry("one", state, key=replace(OTHER, number=DOCUMENT.key.number)))
    assert told == (["one"] if is_found else [])


def test_what_is_known_of_it_comes_along(outbox: Outbox) -> None:
    """Also where amount and day are not known."""
    key = replace(OTHER, number=DOCUMENT.key.number)
    day = date(2026, 1, 30)
    outbox.save(Changes(entries=[entry("a", key=key, day=day), entry("b", key=key, amount=None)]))
    told = {one.source_id: one for one in find_look_alikes(outbox.engine, [DOCUMENT])}
    assert (told["a"].label, told["a"].gross, told["a"].day) == ("bill a", Decimal("7.00"), day)
    assert (told["b"].number, told["b"].gross, told["b"].day) == (key.number, Decimal(0), None)
    assert (told["b"].supplier, told["b"].company, told["b"].currency) == ("V-2", "HCA", "CAD")
