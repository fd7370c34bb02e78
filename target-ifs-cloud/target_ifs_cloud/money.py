"""Exact amounts: how many decimals a currency has, the one rounding, the one way to split.

Every amount is a ``Decimal`` with its currency beside it. Nothing here knows a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

_PLACES_DEFAULT = 2
# Source: ISO 4217 minor units; every currency that does not have two decimals.
_PLACES: dict[str, int] = {
    code: decimals
    for decimals, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}
_QUANTA = {decimals: Decimal(1).scaleb(-decimals) for decimals in (0, 2, 3, 4)}
AMOUNT_MAX = Decimal("1e15")
RATE_QUANTUM = Decimal("0.000001")  # Source: documented by Procurify, rates have six decimals


def parse_amount(value: object) -> Decimal | None:
    """Read an amount from a record: a decimal text, an int or a Decimal; ``None`` when it is none.

    A binary float is refused (``None``): it has already lost what was written.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    if isinstance(value, str) and "_" in value:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount.copy_abs() >= AMOUNT_MAX:
        return None
    return amount


def places(currency: str) -> int:
    """How many decimals an amount in this currency has (ISO 4217; 2 when unknown)."""
    return _PLACES.get(currency, _PLACES_DEFAULT)


def quantum(currency: str) -> Decimal:
    """The smallest amount of this currency, such as ``0.01``."""
    return _QUANTA[places(currency)]


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's decimals: the only rounding of an amount in this project."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def round_rate(rate: Decimal) -> Decimal:
    """Round a currency rate half up to six decimals: the only rounding of a rate."""
    return rate.quantize(RATE_QUANTUM, rounding=ROUND_HALF_UP)


def is_exact(amount: Decimal, currency: str) -> bool:
    """True when the amount needs no more decimals than its currency has."""
    return amount == round_amount(amount, currency)


def split(total: Decimal, weights: Sequence[Decimal], currency: str) -> tuple[Decimal, ...]:
    """Divide ``total`` in proportion to ``weights``, exactly: the parts add up to ``total``.

    Each part is cut to the currency's decimals and the units left over go to the parts that lost
    most (largest remainder, first one wins a tie). ``total`` must be exact in its currency.

    Raises:
        ValueError: no weights, weights that add up to zero, or a total with too many decimals.
    """
    weight_sum = sum(weights, Decimal(0))
    if not weights or weight_sum == 0 or not is_exact(total, currency):
        message = "split needs an exact total and weights that do not add up to zero"
        raise ValueError(message)
    unit = quantum(currency)
    exact = [total * weight / weight_sum for weight in weights]
    parts = [part.quantize(unit, rounding=ROUND_DOWN) for part in exact]
    left = int(((total - sum(parts, Decimal(0))) / unit).to_integral_value())
    step = unit if left > 0 else -unit
    by_loss = sorted(range(len(parts)), key=lambda i: -abs(exact[i] - parts[i]))
    for position in range(abs(left)):
        parts[by_loss[position % len(parts)]] += step
    return tuple(parts)
