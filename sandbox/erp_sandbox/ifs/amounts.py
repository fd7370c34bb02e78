"""Amounts in the currency of the company."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_CENT = Decimal("0.01")


def domestic(invoice: Mapping[str, Any], amount: Decimal) -> Decimal:
    """An amount of an invoice in the currency of its company."""
    return _in_cents(amount * _rate(invoice))


def _rate(invoice: Mapping[str, Any]) -> Decimal:
    return Decimal(invoice.get("CurrRate") or 1) / Decimal(invoice.get("DivFactor") or 1)


def _in_cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def with_domestic(invoice: dict[str, Any]) -> None:
    """Put the header's amounts in the company's currency beside those of the invoice."""
    rate = _rate(invoice)
    for kind in ("Net", "Vat", "Gross"):
        amount = invoice.get(f"{kind}CurrAmount")
        own = None if amount is None else _in_cents(Decimal(amount) * rate)
        invoice[f"{kind}DomAmount"] = own
