"""Time that passes only when somebody sleeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from target_ifs_cloud.wire.clockwork import Clockwork

START = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)


@dataclass
class Hands:
    """The hands of a clock: ``seconds`` since the start, and every sleep in order."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)
    chance: float = 0.5

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.seconds += seconds

    def clockwork(self) -> Clockwork:
        """The clockwork that these hands drive."""
        return Clockwork(
            now=lambda: START + timedelta(seconds=self.seconds),
            monotonic=lambda: self.seconds,
            sleep=self.sleep,
            random=lambda: self.chance,
        )
