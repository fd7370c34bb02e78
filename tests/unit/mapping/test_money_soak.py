"""A share of the money campaign: generated documents against a truth in whole units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from target_ifs_cloud.documents import Line
from target_ifs_cloud.mapping import bill, bill_totals, invoices, purchase_order, shares
from target_ifs_cloud.mapping.bill_totals import tie_lines
from target_ifs_cloud.money import round_amount
from tests.soak.money import make_bill, run_part, tax_units

CI_SHARE = 1500


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_documents_come_out_to_the_cent(seed: int) -> None:
    """Five currencies, splits, taxes in and on top, credits, costs, shipping, rounding, orders."""
    assert run_part(CI_SHARE, seed) == []


def test_the_generator_makes_every_kind_of_bill() -> None:
    """Otherwise the campaign would prove less than it says."""
    random = Random(3)
    truths = [make_bill(random)[1] for _ in range(400)]
    assert {truth.currency for truth in truths} == {"USD", "CAD", "EUR", "JPY", "KWD"}
    assert {truth.company for truth in truths} == {"HCA", "HUS"}
    for name in ("is_divided", "is_wrong", "is_rounded"):
        assert {getattr(truth, name) for truth in truths} == {True, False}, name
    assert any(truth.net + truth.tax < 0 for truth in truths)
    assert {len(truth.taxes) > 1 for truth in truths} == {True, False}


@pytest.mark.parametrize(
    ("net", "percent", "tax"),
    [(1050, "5", 53), (-1050, "5", -53), (10, "8.25", 1), (1000, "8.25", 83), (0, "5", 0)],
)
def test_the_generators_tax_is_rounded_half_up(net: int, percent: str, tax: int) -> None:
    """52.5 is 53, 0.825 is 1, 82.5 is 83; a credit mirrors its charge."""
    assert tax_units(net, percent) == tax


def _cut(total: Decimal, weights: Sequence[Decimal], currency: str) -> tuple[Decimal, ...]:
    parts = [total * weight / sum(weights) for weight in weights]
    return tuple(round_amount(part, currency) for part in parts)


def _no_shipping(*_: object) -> list[object]:
    return []


_line = invoices._line  # noqa: SLF001  (broken on purpose)


def _without_tax(*given: Any) -> Line:
    return replace(_line(*given), tax=Decimal(0))


def _without_first(*given: Any) -> object:
    return (tie_lines(*given) or ())[1:] or None


def _never_billed(*_: object) -> dict[str, object]:
    return {}


BREAKS: list[tuple[str, object, str, Callable[..., object]]] = [
    ("odd cents fall under the table", shares, "split", _cut),
    ("shipping is forgotten", bill_totals, "_shipping_lines", _no_shipping),
    ("rounding goes nowhere", bill_totals, "rounding_lines", _no_shipping),
    ("a line's tax is dropped", invoices, "_line", _without_tax),
    ("a line is lost", bill, "tie_lines", _without_first),
    ("nothing is ever billed", purchase_order, "_billed_of", _never_billed),
]


@pytest.mark.parametrize(
    ("module", "name", "broken"), [b[1:] for b in BREAKS], ids=[b[0] for b in BREAKS]
)
def test_the_campaign_notices_a_broken_mapping(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, broken: Callable[..., object]
) -> None:
    """Each of these mistakes would post wrong money."""
    monkeypatch.setattr(module, name, broken)
    assert run_part(300, 5)
