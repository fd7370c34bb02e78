"""The day of posting and whether its accounting period is open. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from target_ifs_cloud.documents import Value
from target_ifs_cloud.reference import Period

POSTING_DATE = "VoucherDate"
DATES = (POSTING_DATE, "InvoiceDate")
"""The header fields that say the day of posting; the first that is filled counts."""


def posting_day(header: Mapping[str, Value]) -> date | None:
    """The day whose accounting period must be open."""
    values = (header.get(name) for name in DATES)
    return next((value for value in values if isinstance(value, date)), None)


def period_state(periods: Sequence[Period], day: date) -> Literal["open", "closed", "missing"]:
    """What the company's periods say of a day."""
    found = [period for period in periods if period.date_from <= day <= period.date_until]
    if not found:
        return "missing"
    return "open" if any(period.is_open for period in found) else "closed"
