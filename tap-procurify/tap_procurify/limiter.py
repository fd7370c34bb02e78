"""How many requests may be on their way, and when none may start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from tap_procurify.errors import TemporaryError

PERMIT_WAIT_MAX_S = 3600.0
PAUSES_MAX = 100


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock, the sleep and the dice, so that tests can hold them."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    jitter: Callable[[float, float], float]


class Limiter:
    """Shared by all workers.

    A permit is held until a read is answered, repeats included, so that whoever was told to wait is
    the first to go on. Each time Procurify asks for a pause the number of permits is halved; it
    grows again with every answer.
    """

    def __init__(self, permits_max: int, timing: Timing) -> None:
        self._permits_max = permits_max
        self._timing = timing
        self._permits = float(permits_max)
        self._held = 0
        self._opens_at: datetime | None = None
        self._changed = threading.Condition()

    @property
    def permits(self) -> int:
        """How many requests may be on their way now."""
        return max(1, int(self._permits))

    @contextmanager
    def permit(self) -> Iterator[None]:
        """Hold a permit; waits until one is free.

        Raises: TemporaryError when none becomes free for an hour.
        """
        with self._changed:
            is_free = self._changed.wait_for(
                lambda: self._held < self.permits, timeout=PERMIT_WAIT_MAX_S
            )
            if not is_free:
                raise TemporaryError("no request was answered for an hour; run again later")
            self._held += 1
        try:
            yield
        finally:
            with self._changed:
                self._held -= 1
                self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Let no request start for so many seconds, and fewer at once from then on."""
        with self._changed:
            now = self._timing.now()
            if self._opens_at is None or self._opens_at <= now:
                self._permits = max(1.0, self._permits / 2)
            until = now + timedelta(seconds=seconds)
            self._opens_at = max(until, self._opens_at or until)

    def wait(self) -> None:
        """Return when requests may start."""
        for _ in range(PAUSES_MAX):
            with self._changed:
                opens_at = self._opens_at
            left = (opens_at - self._timing.now()).total_seconds() if opens_at else 0.0
            if left <= 0:
                return
            self._timing.sleep(left)

    def succeed(self) -> None:
        """Note an answer: a little more at once next time."""
        with self._changed:
            self._permits = min(float(self._permits_max), self._permits + 1 / self._permits)
