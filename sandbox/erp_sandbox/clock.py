"""The time of the sandbox: real time, moved ahead on demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone


def real_now() -> datetime:
    """The moment on the machine's clock, aware UTC."""
    return datetime.now(timezone.utc)


class SimulatedClock:
    """Real time plus what has been advanced. It never goes back."""

    def __init__(self, now: Callable[[], datetime] = real_now) -> None:
        self._now = now
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The simulated moment, aware UTC."""
        return self._now() + self._ahead

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of real time."""
        return self._ahead

    def advance(self, seconds: int) -> None:
        """Move ahead.

        Raises:
            ValueError: time would go back.
        """
        if seconds < 0:
            raise ValueError("the clock cannot go back")
        self._ahead += timedelta(seconds=seconds)
