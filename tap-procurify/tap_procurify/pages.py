"""Reads a list to its end and proves that nothing slipped through while it was paged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tap_procurify.answers import Page, Row
from tap_procurify.errors import TemporaryError
from tap_procurify.memory import mark_of
from tap_procurify.workers import FetchAhead

PAGES_MAX = 100_000
PASSES_MAX = 5
EQUAL_PASSES = 3
"""So many equal readings show that a list is at rest, and that its count is what is wrong."""
PASS_PAUSE_S = 0.5

logger = logging.getLogger("tap-procurify.pages")


class SeenRow(NamedTuple):
    """A row of a list, its key, and a mark of its content."""

    data: Row
    key: str
    mark: str


@dataclass(slots=True)
class _Pass:
    """What one reading from the first to the last page has seen."""

    keys: set[int] = field(default_factory=set)
    counts: set[int | None] = field(default_factory=set)
    rows_read: int = 0
    pages_read: int = 0
    trace: int = 0

    def take(self, page: Page, rows: list[SeenRow]) -> None:
        """Note the rows, their order, and what the envelope claims."""
        for row in rows:
            self.keys.add(hash(row.key))
            self.trace = hash((self.trace, row.key, row.mark))
        self.counts.add(page.count)
        self.rows_read += len(page.rows)
        self.pages_read += 1

    @property
    def count(self) -> int | None:
        """How many rows there are, if every page claimed the same."""
        return next(iter(self.counts)) if len(self.counts) == 1 else None

    def is_steady(self) -> bool:
        """True when no page contradicts another and each row came once."""
        if len(self.counts) != 1:
            return False
        if self.count is None:
            return self.pages_read == 1
        return self.rows_read == self.count == len(self.keys)

    def tell(self) -> str:
        """What was read beside what was claimed."""
        claims = ", ".join(sorted(str(count) for count in self.counts))
        return f"{len(self.keys)} rows read, {claims or 'none'} claimed"

    def has_all_claimed(self) -> bool:
        """True when no page claimed more rows than were read."""
        return self.rows_read >= max((count or 0 for count in self.counts), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRun:
    """One list, read page by page.

    Rows can move from page to page while they are read. A pass whose pages do not agree is read
    again; rows that were given before are not given twice unless they changed.
    """

    fetch: Callable[[int], Page | None]
    key_of: Callable[[Row], str]
    page_size: int
    stream: str
    sleep: Callable[[float], None]
    trust_counts: bool = True

    def rows(self) -> Iterator[SeenRow]:
        """Every row at least once, in its last version.

        Raises: TemporaryError when the pages never agree.
        """
        given: set[int] = set()
        traces: list[int] = []
        now = _Pass()
        for number in range(PASSES_MAX):
            now = _Pass()
            yield from self._read_pass(now, given)
            if now.is_steady():
                return
            traces.append(now.trace)
            is_at_rest = len(traces) >= EQUAL_PASSES and len(set(traces[-EQUAL_PASSES:])) == 1
            if is_at_rest and (now.has_all_claimed() or not self.trust_counts):
                logger.warning(
                    "the count of a list is wrong: %s",
                    {"stream": self.stream, "count": now.count, "rows": len(now.keys)},
                )
                return
            self.sleep(PASS_PAUSE_S * 2**number)
        raise TemporaryError(
            f"{self.stream}: the pages did not agree in {PASSES_MAX} readings: {now.tell()}, so "
            "rows may be missing. The bookmark stays; run again later. If it is always so and "
            "Procurify's counts are known to be wrong, set trust_counts to false."
        )

    def _read_pass(self, now: _Pass, given: set[int]) -> Iterator[SeenRow]:
        with FetchAhead(self.fetch) as fetch:
            for number in range(1, PAGES_MAX + 1):
                page = fetch(number)
                if page is None:
                    return
                rows = [SeenRow(data, self.key_of(data), mark_of(data)) for data in page.rows]
                is_news = any(hash(row.key) not in now.keys for row in rows)
                if not is_news and number > max(page.pages or 0, 1):
                    return  # past the end some servers repeat the last page, or give an empty one
                now.take(page, rows)
                is_last = not is_news or self._is_end(page, number, now)
                if not is_last:
                    fetch.begin(number + 1)
                yield from _not_given(rows, given)
                if is_last:
                    return
        raise TemporaryError(f"{self.stream}: more than {PAGES_MAX} pages; is base_url right?")

    def _is_end(self, page: Page, number: int, now: _Pass) -> bool:
        """Whether this was the last page. A full page never is: its envelope may be wrong."""
        if page.has_next or number < (page.pages or 0) or now.rows_read < (page.count or 0):
            return False
        return len(page.rows) < (page.size or self.page_size)


def _not_given(rows: list[SeenRow], given: set[int]) -> Iterator[SeenRow]:
    for row in rows:
        version = hash((row.key, row.mark))
        if version not in given:
            given.add(version)
            yield row
