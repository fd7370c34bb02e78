"""How fast requests leave, for all workers together: faster on success, slower when throttled.

When the server throttles, what it has taken since the last time, over the time that this took with
the wait that it asks for, is the rate that it can bear: the ceiling. Below the ceiling the rate
grows quickly, above it only as a cautious probe. ``Retry-After`` closes the gate for everyone, so
that a throttled server hears from nobody before the time it named.
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

    ``evidence_min`` is how many requests the server must have taken before their rate says
    anything. ``probe`` is the growth above the ceiling per request, as a share of the rate.

    Source of the default maximum: a third party names 50 to 100 requests a second as a cautious
    bound for IFS Cloud; IFS publishes none.
    """

    rate_max: float = 100.0
    rate_min: float = 4.0
    step_up: float = 0.5
    factor_down: float = 0.7
    factor_ceiling: float = 0.95
    probe: float = 0.0001
    evidence_min: int = 50
    cool_down_s: float = 1.0


class Limiter:
    """Tells each request when it may start."""

    def __init__(self, pace: Pace, *, clockwork: Clockwork) -> None:
        """Start at full pace."""
        self._pace = pace
        self._clockwork = clockwork
        self._lock = threading.Lock()
        self._rate = self._ceiling = pace.rate_max
        self._next_start = self._closed_until = 0.0
        self._slowed_at = float("-inf")
        self._taken = 0
        self._taken_since: float | None = None

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
                if self._taken_since is None:
                    self._taken_since = now
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
        pace = self._pace
        with self._lock:
            self._taken += 1
            if self._rate < self._ceiling:
                self._rate = min(self._rate + pace.step_up, self._ceiling)
            else:
                self._rate = min(self._rate * (1 + pace.probe), pace.rate_max)
                self._ceiling = self._rate

    def throttled(self, wait_s: float) -> None:
        """The server asked to wait: nobody starts before ``wait_s`` is over, then slower."""
        pace = self._pace
        with self._lock:
            now = self._clockwork.monotonic()
            self._closed_until = max(self._closed_until, now + wait_s)
            # Answers to requests that were already under way count as one complaint.
            if now - self._slowed_at < pace.cool_down_s:
                return
            self._slowed_at = now
            span_s = now + wait_s - (now if self._taken_since is None else self._taken_since)
            if self._taken >= pace.evidence_min and span_s > 0:
                self._ceiling = max(min(self._rate, self._taken / span_s), pace.rate_min)
                self._rate = self._ceiling
            else:
                self._ceiling = max(self._rate * pace.factor_ceiling, pace.rate_min)
                self._rate = max(self._rate * pace.factor_down, pace.rate_min)
            self._taken = 0
            self._taken_since = now + wait_s
