"""How Procurify writes moments, days and decimals."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

TENANT_ZONE = ZoneInfo("America/Vancouver")


def stamp(moment: datetime) -> str:
    """A moment in the tenant's zone.

    Source: published samples of the vendor mix stamps with and without microseconds.
    """
    return moment.astimezone(TENANT_ZONE).isoformat()


def stamp_or_none(moment: datetime | None) -> str | None:
    """A moment in the tenant's zone, if there is one."""
    return None if moment is None else stamp(moment)


def utc_stamp(moment: datetime) -> str:
    """A moment in UTC with a ``Z``, as users and public payments carry it (documented sample)."""
    return moment.replace(tzinfo=None).isoformat() + "Z"


def midnight(day: date) -> str:
    """A calendar day as Procurify stores it: its first moment in the tenant's zone."""
    return datetime.combine(day, time.min, TENANT_ZONE).isoformat()


def midnight_or_none(day: date | None) -> str | None:
    """A calendar day as a date-time, if there is one."""
    return None if day is None else midnight(day)


def fixed(amount: Decimal, places: int) -> str:
    """A stored decimal: a string with so many digits behind the point."""
    return f"{amount:.{places}f}"


def money(amount: Decimal) -> str:
    """A stored amount with eight digits behind the point."""
    return f"{amount:.8f}"
