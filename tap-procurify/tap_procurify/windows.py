"""Which part of time one reading asks for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tap_procurify.stamps import show_second

ZONE_WEST = timedelta(hours=12)
ZONE_EAST = timedelta(hours=14)
"""No time zone is farther from UTC. A day filter may mean the tenant's days (assumed)."""
ONE_DAY = timedelta(days=1)
SLICES_MAX = 10_000

Bounds = Callable[["Window"], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Window:
    """Moments from ``lower`` to ``upper``, both included; no ``lower`` means from the beginning."""

    lower: datetime | None
    upper: datetime
    is_last: bool = True

    def holds(self, moment: datetime | None, *, is_upper_hard: bool = False) -> bool:
        """Whether a row with this stamp belongs here.

        Rows without a stamp always do. The last window also takes what was changed while it was
        being read, unless its upper end was set on purpose.
        """
        if moment is None:
            return True
        if self.lower is not None and moment < self.lower:
            return False
        return (self.is_last and not is_upper_hard) or moment <= self.upper


def cut_windows(lower: datetime | None, upper: datetime, *, days: int) -> Iterator[Window]:
    """The span cut into windows of so many days, oldest first; nothing when it is empty."""
    if lower is None:
        yield Window(None, upper)
        return
    if lower > upper:
        return
    step = max(timedelta(days=days), (upper - lower) / SLICES_MAX)
    for _ in range(SLICES_MAX + 1):
        end = lower + step
        if end >= upper:
            yield Window(lower, upper)
            return
        yield Window(lower, end, is_last=False)
        lower = end


def second_filter(name: str) -> Bounds:
    """Bounds for a filter to the second, named ``…_0`` and ``…_1``."""
    return _second_bounds(f"{name}_0", f"{name}_1")


def after_before_filter(name: str) -> Bounds:
    """Bounds for a filter to the second, named ``…_after`` and ``…_before``."""
    return _second_bounds(f"{name}_after", f"{name}_before")


def _second_bounds(lower_name: str, upper_name: str) -> Bounds:
    def bounds(window: Window) -> dict[str, str]:
        params = {upper_name: show_second(window.upper, is_upper=True)}
        if window.lower is not None:
            params[lower_name] = show_second(window.lower)
        return params

    return bounds


def day_filter(name: str) -> Bounds:
    """Bounds for a filter by calendar day: a day and a time zone wider on both sides."""

    def bounds(window: Window) -> dict[str, str]:
        params = {f"{name}_1": (window.upper + ZONE_EAST + ONE_DAY).date().isoformat()}
        if window.lower is not None:
            params[f"{name}_0"] = (window.lower - ZONE_WEST - ONE_DAY).date().isoformat()
        return params

    return bounds
