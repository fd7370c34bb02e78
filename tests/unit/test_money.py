"""Amounts are exact: read, rounded in one place, split without losing a cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from target_ifs_cloud.money import is_exact, parse_amount, places, round_amount, split

CENTS = st.integers(min_value=-(10**11), max_value=10**11).map(lambda n: Decimal(n).scaleb(-2))


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("10.10", Decimal("10.10")),
        (3, Decimal(3)),
        (Decimal("-0.005"), Decimal("-0.005")),
        (0.1, None),
        (True, None),
        (None, None),
        ("", None),
        ("ten", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e20", None),
        ([], None),
    ],
)
def test_only_exact_numbers_are_amounts(value: object, amount: Decimal | None) -> None:
    """A binary float, a word or something absurd is no amount."""
    assert parse_amount(value) == amount


@pytest.mark.parametrize(("currency", "expected"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("?", 2)])
def test_currencies_have_their_own_decimals(currency: str, expected: int) -> None:
    """Yen have none, dinars three."""
    assert places(currency) == expected


def test_half_a_cent_is_rounded_up_in_size() -> None:
    """One mode everywhere: half up."""
    assert round_amount(Decimal("0.125"), "USD") == Decimal("0.13")
    assert round_amount(Decimal("-0.125"), "USD") == Decimal("-0.13")


@given(total=CENTS, weights=st.lists(CENTS, min_size=1, max_size=12))
def test_a_split_adds_up_to_its_total_and_is_exact(total: Decimal, weights: list[Decimal]) -> None:
    """Whatever the weights, no cent appears or disappears."""
    assume(sum(weights) != 0)
    parts = split(total, weights, "USD")
    assert sum(parts) == total
    assert all(is_exact(part, "USD") for part in parts)


@pytest.mark.parametrize(
    ("total", "weights"),
    [("10.001", ["1"]), ("10.00", []), ("10.00", ["1", "-1"])],
)
def test_an_impossible_split_is_refused(total: str, weights: list[str]) -> None:
    """Nothing is guessed when there is no honest way to divide."""
    with pytest.raises(ValueError, match="split needs"):
        split(Decimal(total), [Decimal(weight) for weight in weights], "USD")
