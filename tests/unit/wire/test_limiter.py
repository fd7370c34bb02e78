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
    """Down by a factor, up again by steps, within the limits."""
    hands = Hands()
    pace = Pace(rate_max=10.0, rate_min=1.0, step_up=0.5, factor_down=0.5, factor_ceiling=0.9)
    limiter = Limiter(pace, clockwork=hands.clockwork())
    limiter.throttled(0.0)
    assert limiter.rate == 5.0
    limiter.throttled(0.0)
    assert limiter.rate == 5.0, "answers to requests already under way count once"
    for _ in range(100):
        limiter.succeeded()
    assert limiter.rate == pytest.approx(9.0, rel=0.02), "just below where it was too fast"
    for _ in range(10):
        hands.seconds += 2.0
        limiter.throttled(0.0)
    assert limiter.rate == 1.0


def test_probing_never_goes_beyond_the_maximum() -> None:
    """However long everything goes well."""
    limiter = Limiter(Pace(rate_max=10.0, probe=0.5), clockwork=Hands().clockwork())
    for _ in range(50):
        limiter.succeeded()
    assert limiter.rate == 10.0


@pytest.mark.parametrize("quota", [300, 1000, 3000])
def test_a_quota_per_minute_is_used_and_hardly_ever_hit(quota: int) -> None:
    """Once adapted: at least 95 % of the quota, at most 5 % of the requests refused."""
    hands = Hands()
    limiter = Limiter(Pace(), clockwork=hands.clockwork())
    accepted: dict[int, int] = {}
    refused: dict[int, int] = {}
    while hands.seconds < 11 * 60:
        limiter.wait_for_turn()
        minute = int(hands.seconds // 60)
        if accepted.get(minute, 0) < quota:
            accepted[minute] = accepted.get(minute, 0) + 1
            limiter.succeeded()
        else:
            refused[minute] = refused.get(minute, 0) + 1
            limiter.throttled((minute + 1) * 60 - hands.seconds)
    for minute in range(2, 10):
        assert accepted[minute] >= 0.95 * quota
        assert refused.get(minute, 0) <= 0.05 * quota


def test_a_quota_per_second_is_used_and_seldom_hit() -> None:
    """A bucket that refills all the time, and asks for one second when it is empty."""
    hands = Hands()
    limiter = Limiter(Pace(), clockwork=hands.clockwork())
    tokens, filled_at, accepted, refused = 10.0, 0.0, 0, 0
    while hands.seconds < 300:
        limiter.wait_for_turn()
        tokens = min(10.0, tokens + (hands.seconds - filled_at) * 10.0)
        filled_at = hands.seconds
        is_adapted = hands.seconds > 60
        if tokens >= 1:
            tokens -= 1
            accepted += is_adapted
            limiter.succeeded()
        else:
            refused += is_adapted
            limiter.throttled(1.0)
    assert accepted >= 0.9 * 240 * 10
    assert refused <= 0.05 * accepted


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
