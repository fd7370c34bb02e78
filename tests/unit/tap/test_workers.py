"""Jobs side by side, results in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tap_procurify.workers import AHEAD_PER_WORKER, FetchAhead, run_in_order


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


def test_what_was_begun_goes_on_while_the_caller_works() -> None:
    """And is not called twice; what was not begun is called at once."""
    called: list[int] = []
    begun = threading.Event()

    def fetch(number: int) -> int:
        called.append(number)
        begun.set()
        return number * 10

    with FetchAhead(fetch) as ahead:
        assert ahead(1) == 10
        ahead.begin(2)
        assert begun.wait(10)
        assert ahead(2) == 20
        assert ahead(2) == 20
    assert called == [1, 2, 2]


def test_an_error_of_what_was_begun_is_raised_where_it_is_wanted() -> None:
    """Not in the thread, and not when nobody asks."""

    def fetch(number: int) -> int:
        raise ValueError(str(number))

    with FetchAhead(fetch) as ahead:
        ahead.begin(1)
        ahead.begin(2)
        with pytest.raises(ValueError, match="1"):
            ahead(1)


def test_a_list_of_one_page_starts_no_thread() -> None:
    """An idle poll costs nothing beside its request."""

    def fetch(_number: int) -> str:
        return threading.current_thread().name

    with FetchAhead(fetch) as ahead:
        assert ahead(1) == threading.current_thread().name
        ahead.begin(2)
        assert ahead(2) != threading.current_thread().name
