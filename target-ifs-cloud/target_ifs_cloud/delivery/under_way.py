"""Parts of a delivery that are under way side by side, while the next one is prepared."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from target_ifs_cloud.delivery.situation import Candidate

Part = list[Candidate]


class UnderWay:
    """Carries out parts, at most ``workers`` at a time; begun and awaited by one thread.

    When one part cannot go on, the others end what they have begun, no further one begins, and its
    error is raised by whatever is asked next. One worker works in the thread that asks.
    """

    def __init__(self, deliver: Callable[[Part], Part], *, workers: int) -> None:
        """``deliver`` brings a part to rest; it answers what must wait for the settling time."""
        self._deliver = deliver
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers)
        self._running: dict[Future[Part], Part] = {}
        self._waiting: Part = []
        self._stop = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether another part could not go on, so that nothing new may be begun."""
        return self._stop.is_set()

    @property
    def candidates(self) -> Part:
        """What has been begun and may not be on record yet."""
        return [c for future, part in self._running.items() if not future.done() for c in part]

    def begin(self, part: Part) -> None:
        """Begin with a part as soon as a worker is free.

        Raises:
            RunError: a part that was begun before could not go on.
        """
        if self._workers == 1:
            self._waiting += self._deliver(part)
            return
        self._collect(at_most=self._workers - 1)
        self._running[self._pool.submit(self._deliver, part)] = part

    def land(self) -> Part:
        """Wait until nothing is under way; the answer is what must wait for the settling time.

        Raises:
            RunError: a part could not go on. Everything that was sent is on record.
        """
        self._collect(at_most=0)
        waiting, self._waiting = self._waiting, []
        return waiting

    def abandon(self) -> None:
        """Begin nothing more; come back when all parts have ended what they had begun."""
        self._stop.set()
        for future in self._running:
            future.cancel()
        wait(self._running)
        self._running.clear()
        self._stop.clear()

    def _collect(self, *, at_most: int) -> None:
        """Take in what has ended, and wait until no more than so many parts are left."""
        try:
            while self._running:
                for future in [future for future in self._running if future.done()]:
                    self._waiting += future.result()
                    del self._running[future]
                if len(self._running) <= at_most:
                    return
                wait(self._running, return_when=FIRST_COMPLETED)
        except BaseException:
            self.abandon()
            raise
