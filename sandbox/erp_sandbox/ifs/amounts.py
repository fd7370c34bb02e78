"""Amounts in the currency of the company."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_CENT = Decimal("0.01")


def domestic(invoice: Mapping[str, Any], amount: Decimal) -> Decimal:
    """An amount of an invoice in the currency of its company."""
    rate = Decimal(invoice.get("CurrRate") or 1) / Decimal(invoice.get("DivFactor") or 1)
    return (amount * rate).quantize(_CENT, rounding=ROUND_HALF_UP)


def with_domestic(invoice: dict[str, Any]) -> None:
    """Put the header's amounts in the company's currency beside those of the invoice."""
    for kind in ("Net", "Vat", "Gross"):
        amount = invoice.get(f"{kind}CurrAmount")
        invoice[f"{kind}DomAmount"] = None if amount is None else domestic(invoice, Decimal(amount))
