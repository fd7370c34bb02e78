"""Runs jobs side by side and gives their results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD_PER_WORKER = 3


def run_in_order(
    items: Iterable[T], job: Callable[[T], R], *, workers: int
) -> Iterator[tuple[T, R]]:
    """Each item with the job's result, in the order of the items.

    At most ``workers`` jobs run at once and a small number waits, so memory stays flat. The first
    error ends it; jobs not yet begun are dropped.
    """
    ahead_max = workers * AHEAD_PER_WORKER
    waiting: deque[tuple[T, Future[R]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="detail")
    try:
        for item in items:
            waiting.append((item, pool.submit(job, item)))
            while waiting and (len(waiting) >= ahead_max or waiting[0][1].done()):
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
