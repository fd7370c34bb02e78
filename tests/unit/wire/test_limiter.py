"""The pace that all workers share."""

from __future__ import annotations

import pytest

from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.limiter import Limiter, Pace
from tests.unit.wire.clock import Hands


def test_requests_are_spaced_by_the_rate() -> None:
    """At ten a second, eleven starts take one second."""
    hands = Hands()
    limiter = Limiter(Pace(rate_max=10.0), clockwork=hands.clockwork())
    for _ in range(11):
        limiter.wait_for_turn()
    assert hands.seconds == pytest.approx(1.0)


def test_nobody_starts_before_retry_after_is_over() -> None:
    """One throttled answer closes the gate for everyone."""
    hands = Hands()
    limiter = Limiter(Pace(), clockwork=hands.clockwork())
    limiter.throttled(9.0)
    limiter.wait_for_turn()
    assert hands.seconds >= 9.0


def test_throttling_slows_down_and_success_speeds_up_again() -> None:
    """Multiplicative decrease, additive increase, both within the limits."""
    hands = Hands()
    pace = Pace(rate_max=10.0, rate_min=1.0, step_up=0.5, factor_down=0.5, cool_down_s=1.0)
    limiter = Limiter(pace, clockwork=hands.clockwork())
    limiter.throttled(0.0)
    assert limiter.rate == 5.0
    limiter.throttled(0.0)
    assert limiter.rate == 5.0, "answers to requests already under way count once"
    for _ in range(10):
        hands.seconds += 2.0
        limiter.throttled(0.0)
    assert limiter.rate == 1.0
    for _ in range(30):
        limiter.succeeded()
    assert limiter.rate == 10.0


def test_a_gate_that_closes_while_somebody_waits_is_waited_for_too() -> None:
    """A worker that sleeps for its turn does not slip through a gate closed meanwhile."""
    hands = Hands()
    limiter = Limiter(Pace(rate_max=1.0), clockwork=hands.clockwork())
    limiter.wait_for_turn()
    closed = False

    def sleep(seconds: float) -> None:
        nonlocal closed
        hands.sleep(seconds)
        if not closed:
            closed = True
            limiter.throttled(20.0)

    slow = hands.clockwork()
    limiter._clockwork = Clockwork(  # noqa: SLF001  (the sleeping worker is the case)
        now=slow.now, monotonic=slow.monotonic, sleep=sleep, random=slow.random
    )
    limiter.wait_for_turn()
    assert hands.seconds >= 21.0


def test_a_gate_that_never_opens_ends_the_run() -> None:
    """Waiting has a limit."""
    hands = Hands()
    limiter = Limiter(Pace(), clockwork=hands.clockwork())

    def sleep(seconds: float) -> None:
        hands.sleep(seconds)
        limiter.throttled(5.0)

    limiter._clockwork = Clockwork(  # noqa: SLF001  (the sleeping worker is the case)
        now=hands.clockwork().now, monotonic=lambda: hands.seconds, sleep=sleep
    )
    limiter.throttled(5.0)
    with pytest.raises(TemporaryError):
        limiter.wait_for_turn()
