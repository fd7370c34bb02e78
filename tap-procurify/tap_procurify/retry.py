"""When to try again, and after how long. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

RETRIABLE_BELOW_500 = frozenset({408, 425, 429})
SERVER_ERROR = 500
BACKOFF_FIRST_S = 1.0
BACKOFF_DOUBLINGS_MAX = 16
RETRY_AFTER_DIGITS_MAX = 9


def is_retriable(status: int) -> bool:
    """Whether the same read may succeed later."""
    return status >= SERVER_ERROR or status in RETRIABLE_BELOW_500


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, in either form; ``None`` when unreadable."""
    text = (text or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= RETRY_AFTER_DIGITS_MAX else None
    moment = parse_http_date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def parse_http_date(text: str | None) -> datetime | None:
    """The moment in an HTTP date; ``None`` when it is none."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def backoff_s(attempt: int, *, cap_s: float, jitter: Callable[[float, float], float]) -> float:
    """Seconds before the next try: exponential with full jitter, capped."""
    return jitter(0.0, min(cap_s, BACKOFF_FIRST_S * 2.0 ** min(attempt, BACKOFF_DOUBLINGS_MAX)))
