"""Runs jobs side by side and gives their results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K")

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


class FetchAhead(Generic[K, R]):
    """Calls ``fetch``; a call that was begun before goes on while the caller works.

    A list of one page starts no thread.
    """

    def __init__(self, fetch: Callable[[K], R], *, workers: int = 1) -> None:
        self._fetch = fetch
        self._workers = workers
        self._pool: ThreadPoolExecutor | None = None
        self._begun: dict[K, Future[R]] = {}

    def __enter__(self) -> FetchAhead[K, R]:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def __call__(self, key: K) -> R:
        """What fetching this gives."""
        begun = self._begun.pop(key, None)
        return self._fetch(key) if begun is None else begun.result()

    def begin(self, key: K) -> None:
        """Fetch this already."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="page")
        self._begun[key] = self._pool.submit(self._fetch, key)
