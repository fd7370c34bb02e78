"""Wrong and hostile input: each class held with a reason or harmless, its neighbours delivered."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.documents import Mapped, SupplierInvoice
from target_ifs_cloud.mapping import Rules, bill, check, load_rules, map_bill, map_purchase_order
from target_ifs_cloud.mapping.bill_lines import BillLine
from tests.soak.wrong_input import (
    SOUND_GROSS,
    TRANSFORMS,
    VALUES,
    Wrong,
    all_classes,
    batches,
    draw,
    run_batches,
    sound_bill,
    sound_order,
    spoil,
)
from tests.unit.mapping.builders import reference

CLASSES_MIN = 500
RUN_SHARE = 500
KNOWN = reference()
AMOUNTS = (
    "items.0.total_cost",
    "items.0.tax_amount",
    "items.0.total_cost_with_tax",
    "items.0.cost_allocations.0.amount",
    "costs.0.amount",
    "total_cost_with_tax",
    "tax_amount",
    "shipping_amount",
)
NO_AMOUNTS = (
    "true", "record", "list", "list of records", "huge text", "exponent", "huge exponent",
    "not a number", "signalling", "endless", "binary endless", "binary nothing", "thousands",
    "decimal comma", "currency sign", "underscore", "hexadecimal", "text", "formula", "script",
    "lone surrogate", "null character", "negative", "huge number", "binary number",
)  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The rule files as they are shipped."""
    return load_rules(TRANSFORMS)


def outcome(wrong: Wrong, rules: Rules) -> Mapped:
    """What the rules make of a record with one wrong value."""
    if wrong.stream == "bills":
        record = spoil(sound_bill(1), wrong.place, VALUES[wrong.value])
        return map_bill(record, rules=rules, reference=KNOWN, links={})
    record = spoil(sound_order(1), wrong.place, VALUES[wrong.value])
    return map_purchase_order(record, rules=rules, reference=KNOWN, links={}, billed=[])


def test_there_are_enough_classes() -> None:
    """Every place of a bill and an order, every kind of wrong value, each once."""
    classes = all_classes()
    assert len(set(classes)) == len(classes) >= CLASSES_MIN


def test_a_sound_record_is_sound(rules: Rules) -> None:
    """Otherwise the campaign would prove nothing."""
    for make, verb in ((sound_bill, map_bill), (sound_order, map_purchase_order)):
        further: dict[str, Any] = {} if verb is map_bill else {"billed": []}
        mapped = verb(make(1), rules=rules, reference=KNOWN, links={}, **further)
        assert isinstance(mapped.document, SupplierInvoice)
        assert check(mapped.document, KNOWN) == ()


def test_every_class_is_held_with_a_reason_or_costs_what_it_should(rules: Rules) -> None:
    """All of them, one after the other: a wrong value never becomes wrong money."""
    wrong_money = []
    for one in all_classes():
        mapped = outcome(one, rules)
        assert (mapped.document is not None) + bool(mapped.problems) + bool(mapped.not_wanted) == 1
        document = mapped.document
        if one.stream == "bills" and isinstance(document, SupplierInvoice):
            posted = sum((row.amount for row in document.postings), Decimal(0))
            if document.gross != SOUND_GROSS or posted != document.net:
                wrong_money.append(one)
    assert wrong_money == []


@pytest.mark.parametrize("place", AMOUNTS)
def test_what_is_no_amount_holds_the_bill_and_names_the_place(rules: Rules, place: str) -> None:
    """Not zero, not rounded, not guessed."""
    for value in NO_AMOUNTS:
        mapped = outcome(Wrong("bills", place, value), rules)
        assert mapped.document is None, value
        assert all(problem.fix and problem.field for problem in mapped.problems), value


@pytest.mark.parametrize("place", ["invoice_date", "due_date", "gl_post_date"])
@pytest.mark.parametrize(
    "value", ["no such day", "month 13", "year 0", "written by hand", "only a time", "true"]
)
def test_what_is_no_date_holds_the_bill(rules: Rules, place: str, value: str) -> None:
    """A day is taken as written, or not at all."""
    mapped = outcome(Wrong("bills", place, value), rules)
    assert "value_unreadable" in {problem.code for problem in mapped.problems}


def test_neighbours_of_wrong_records_are_delivered_and_reports_are_harmless(rules: Rules) -> None:
    """Through whole runs with their outbox: no crash, no control character in a report."""
    drawn = draw(RUN_SHARE, 1)
    assert len({(one.place, one.value) for group in drawn for one in group}) >= CLASSES_MIN * 0.8
    assert run_batches(list(batches(drawn)), rules, KNOWN) == []


def test_records_with_several_wrong_values_are_survived(rules: Rules) -> None:
    """What comes after the single classes: two or three wrong values in one record."""
    drawn = draw(len(all_classes()) + 100, 2)[-100:]
    assert all(len(group) > 1 for group in drawn)
    assert run_batches(list(batches(drawn)), rules, KNOWN) == []


def test_the_campaign_notices_unchecked_money(
    rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapping that does not tie lines to the total lets wrong amounts through."""

    def unchecked(_: object, lines: Sequence[BillLine], *__: object) -> tuple[BillLine, ...]:
        return tuple(lines)

    monkeypatch.setattr(bill, "tie_lines", unchecked)
    wrong = [[Wrong("bills", "costs.0", "absent")], [Wrong("bills", "costs", "empty list")]]
    assert run_batches([wrong], rules, KNOWN)
