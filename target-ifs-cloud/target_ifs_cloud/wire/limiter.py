"""How fast requests leave, for all workers together: faster on success, slower when throttled.

Additive increase, multiplicative decrease of a rate. ``Retry-After`` closes the gate for everyone,
so that a throttled server hears from nobody before the time it named.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.wire.clockwork import Clockwork

GATES_MAX = 100
"""How often a start may be put off because the server asked to wait meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The limits of the pace. Units: requests per second; ``cool_down_s`` in seconds.

    Source of the default ceiling: a third party names 50 to 100 requests a second as a cautious
    bound for IFS Cloud; IFS publishes none.
    """

    rate_max: float = 100.0
    rate_min: float = 1.0
    step_up: float = 0.5
    factor_down: float = 0.7
    cool_down_s: float = 1.0


class Limiter:
    """Tells each request when it may start."""

    def __init__(self, pace: Pace, *, clockwork: Clockwork) -> None:
        """Start at full pace."""
        self._pace = pace
        self._clockwork = clockwork
        self._lock = threading.Lock()
        self._rate = pace.rate_max
        self._next_start = 0.0
        self._closed_until = 0.0
        self._slowed_at = float("-inf")

    @property
    def rate(self) -> float:
        """The pace now. Units: requests per second."""
        return self._rate

    def wait_for_turn(self) -> None:
        """Reserve the next start and wait for it; a gate that closes meanwhile is waited for too.

        Raises:
            TemporaryError: the gate closed again and again.
        """
        for _ in range(GATES_MAX):
            with self._lock:
                now = self._clockwork.monotonic()
                start = max(now, self._next_start, self._closed_until)
                self._next_start = start + 1 / self._rate
            if start > now:
                self._clockwork.sleep(start - now)
            with self._lock:
                if self._closed_until <= start:
                    return
        message = "IFS Cloud asks to wait without end; nothing was sent. Run again later"
        raise TemporaryError(message)

    def succeeded(self) -> None:
        """An answer came that did not ask to slow down."""
        with self._lock:
            self._rate = min(self._rate + self._pace.step_up, self._pace.rate_max)

    def throttled(self, wait_s: float) -> None:
        """The server asked to wait: nobody starts before ``wait_s`` is over, then slower."""
        with self._lock:
            now = self._clockwork.monotonic()
            self._closed_until = max(self._closed_until, now + wait_s)
            # Answers to requests that were already under way count as one complaint.
            if now - self._slowed_at < self._pace.cool_down_s:
                return
            self._slowed_at = now
            self._rate = max(self._rate * self._pace.factor_down, self._pace.rate_min)
