"""What the wire takes from the machine: time, waiting and chance. All of it can be replaced."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone


def utc_now() -> datetime:
    """The moment now, aware, in UTC."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clockwork:
    """``now`` answers aware UTC moments, ``monotonic`` seconds, ``random`` a number from 0 up to 1.

    Life spans and waits are measured with ``monotonic``, so a wrong or corrected clock is harmless.
    """

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
