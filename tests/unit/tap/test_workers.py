"""Jobs side by side, results in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tap_procurify.workers import AHEAD_PER_WORKER, run_in_order


def test_results_come_in_the_order_of_the_items() -> None:
    """Though the first job ends last."""
    second_done = threading.Event()

    def job(item: int) -> int:
        if item == 0:
            assert second_done.wait(10)
        else:
            second_done.set()
        return item * 10

    assert list(run_in_order([0, 1], job, workers=2)) == [(0, 0), (1, 10)]


def test_jobs_run_at_the_same_time() -> None:
    """All workers meet; one after the other they never would."""
    meeting = threading.Barrier(4, timeout=10)
    results = run_in_order(range(4), lambda _item: meeting.wait() >= 0, workers=4)
    assert [result for _, result in results] == [True] * 4


def test_items_are_taken_only_as_far_ahead_as_allowed() -> None:
    """However many items there are, few wait in memory."""
    taken = 0
    gate = threading.Event()

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            if taken == 2 * AHEAD_PER_WORKER:
                gate.set()
            yield number

    def job(item: int) -> int:
        assert gate.wait(10)
        return item

    results = run_in_order(items(), job, workers=2)
    assert next(results) == (0, 0)
    assert taken <= 2 * AHEAD_PER_WORKER + 1
    results.close()  # type: ignore[attr-defined]


def test_the_first_error_ends_it() -> None:
    """What came before is given, what came after is not."""

    def job(item: int) -> int:
        if item == 3:
            raise LookupError(item)
        return item

    results = run_in_order(range(9), job, workers=2)
    assert [next(results)[1] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LookupError):
        next(results)
    assert list(results) == []


def test_nothing_to_do_starts_nothing() -> None:
    """An idle poll needs no thread."""
    before = threading.active_count()
    assert list(run_in_order([], str, workers=8)) == []
    assert threading.active_count() == before
