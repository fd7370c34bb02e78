"""Moments in time: what Procurify writes, what it is asked for, what STATE holds."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

UTC = timezone.utc
ONE_SECOND = timedelta(seconds=1)
DAY_LENGTH = len("2026-01-31")
STAMPS_KEPT_MAX = 1024
"""A row's stamp is asked for several times while its page is worked on."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_STAMP = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:[.,](?P<fraction>\d{1,9}))?"
    r"\s?(?P<zone>Z|z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)


def parse_stamp(value: object) -> datetime | None:
    """The moment that a text names, in UTC; ``None`` when it names none.

    A missing offset is read as UTC: the overlap of the windows is wider than any offset.
    Source: documented by Procurify, samples have several offsets, with and without fractions.
    """
    return _parse(value.strip()) if isinstance(value, str) else None


@lru_cache(maxsize=STAMPS_KEPT_MAX)
def _parse(text: str) -> datetime | None:
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(match["day"]), datetime.min.time(), UTC)
        if match["time"] is None:
            return moment
        parts = [int(part) for part in match["time"].split(":")]
        moment = moment.replace(hour=parts[0], minute=parts[1], second=(*parts, 0)[2])
        moment += timedelta(microseconds=int((match["fraction"] or "").ljust(6, "0")[:6]))
        return moment - _offset(match["zone"] or "Z")
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    if zone in "Zz":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset


def is_bare_date(value: object) -> bool:
    """True when the text is a calendar day without a time."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    return len(text) == DAY_LENGTH and bool(_DAY.fullmatch(text))


def show_stamp(moment: datetime) -> str:
    """The moment as STATE holds it: UTC with microseconds, so that texts sort like moments."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def show_second(moment: datetime, *, is_upper: bool = False) -> str:
    """The moment as a filter value, rounded outwards to a whole second."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    if is_upper and whole < moment:
        whole += ONE_SECOND
    return whole.strftime("%Y-%m-%dT%H:%M:%SZ")
