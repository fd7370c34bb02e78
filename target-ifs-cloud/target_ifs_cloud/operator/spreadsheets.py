"""Texts that are safe to open in a spreadsheet."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def inert(value: object) -> object:
    """A value that no spreadsheet takes for a formula; numbers stay numbers."""
    if not isinstance(value, str) or not value.startswith(_FORMULA_STARTS):
        return value
    try:
        Decimal(value)
    except InvalidOperation:
        return f"'{value}"
    return value
