"""Streams that read only what changed since their bookmark."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, ClassVar, NamedTuple

from singer_sdk.helpers import types
from typing_extensions import override

from tap_procurify.answers import Page, Row
from tap_procurify.bookmarks import Bookmark, read_bookmark, write_bookmark
from tap_procurify.memory import UNSURE, Memory
from tap_procurify.pages import SeenRow
from tap_procurify.stamps import parse_stamp, show_stamp
from tap_procurify.streams.core import FollowingStream, Listing, ProcurifyStream, listing_of
from tap_procurify.windows import Bounds, Window, cut_windows
from tap_procurify.workers import FetchAhead, run_in_order

FULL_TABLE = "FULL_TABLE"
WINDOWS_AHEAD = 5
DETAIL = "detail"
"""Says in STATE that records were given with their details."""
SETTLING = timedelta(seconds=2)
"""A detail read this soon after the row's stamp may miss a change with the same stamp."""


class Found(NamedTuple):
    """What reading one row to the end gave: its record, and rows for the streams that follow."""

    record: Row
    beside: Mapping[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Then:
    """What to do once every row before it was emitted; gives the records that it brings up."""

    do: Callable[[], Iterable[Row]]


Steps = Iterator[SeenRow | Then]
"""Rows to be read and emitted, in order."""


class IncrementalStream(ProcurifyStream):
    """A stream with a bookmark.

    The bookmark is the greatest stamp seen, at most the moment at which the reading began, and it
    moves only when a window was read to its end. The next run begins ``lookback_days`` before it
    and leaves out what is remembered unchanged.
    """

    bounds: ClassVar[Bounds]
    _first_page: Callable[[Listing], Page | None] | None = None
    extra_params: ClassVar[Mapping[str, str]] = {}

    @override
    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """The records that changed, window after window."""
        self._begin()
        yield from self.emit(self._steps())
        yield from self.after_windows()
        self.save()

    def _steps(self) -> Steps:
        """All windows in one go: the next are listed while details are still on their way."""
        for window in self.list_ahead(self.windows(), self.listings):
            yield from self.changed_rows(window)
            yield Then(partial(self._end_window, window))

    def list_ahead(
        self, windows: Iterable[Window], listings: Callable[[Window], Iterable[Listing]]
    ) -> Iterator[Window]:
        """The windows; while one is worked on, the first pages of the next are fetched."""
        workers = min(WINDOWS_AHEAD, self._tap.settings.detail_workers)
        upcoming = iter(windows)
        waiting = deque(islice(upcoming, 1))
        with FetchAhead(partial(super().fetch_page, number=1), workers=workers) as first_page:
            self._first_page = first_page
            while waiting:
                for window in islice(upcoming, WINDOWS_AHEAD + 1 - len(waiting)):
                    waiting.append(window)
                    for listing in listings(window):
                        first_page.begin(listing)
                yield waiting.popleft()

    @override
    def fetch_page(self, listing: Listing, number: int) -> Page | None:
        """One page of a list; the first may be on its way already."""
        if number == 1 and self._first_page is not None:
            return self._first_page(listing)
        return super().fetch_page(listing, number)

    # What a stream may do differently

    def windows(self) -> Iterator[Window]:
        """The spans of time to read, oldest first."""
        upper = min(self.began_at, self._tap.settings.end or self.began_at)
        return cut_windows(self.lower, upper, days=self._tap.settings.slice_days)

    def listings(self, window: Window) -> Iterable[Listing]:
        """The lists that are read for the window."""
        return [listing_of(self.path, {**self.extra_params, **type(self).bounds(window)})]

    def listed_rows(self, window: Window) -> Iterator[SeenRow]:
        """The rows that Procurify lists for the window."""
        return self.list_rows(self.path, {**self.extra_params, **type(self).bounds(window)})

    def changed_rows(self, window: Window) -> Steps:
        """The rows of the window that are not remembered as they are."""
        for row in self.listed_rows(window):
            if not self.is_inside(row, window):
                continue
            if self.is_news(row):
                yield row
            else:
                self.remember(row)

    def read_on(self, row: SeenRow) -> Found | None:
        """The whole record of a row; ``None`` when it is gone by now. Runs in a worker."""
        return Found(row.data, {})

    def without_detail(self, row: SeenRow) -> Row:
        """The record of a row whose detail cannot be had."""
        return row.data

    def reach(self) -> frozenset[str] | None:
        """What is read beside the list, and may not have been by earlier runs."""
        return None

    def needs_more(self) -> bool:
        """Whether records need further requests beyond the list."""
        return False

    def after_windows(self) -> Iterator[Row]:
        """Records to emit once all windows are read."""
        return iter(())

    def remembers_all(self) -> bool:
        """Whether rows are remembered for good, and not only while a later run can meet them."""
        return False

    # What they share

    @property
    def memory(self) -> Memory:
        """What is known to be emitted."""
        return self.bookmark.memory

    def _begin(self) -> None:
        settings = self._tap.settings
        self._server_began_at = self._tap.client.server_now()
        self.began_at = max(self._tap.client.timing.now(), self._server_began_at)
        self.bookmark = Bookmark()
        self.is_full_table = self.forced_replication_method == FULL_TABLE
        if not self.is_full_table:
            self.bookmark = read_bookmark(
                self.stream_state,
                stream=self.name,
                replication_key=str(self.stamp_field),
                tenant=self._tap.client.tenant,
                now=self.began_at,
            )
        self.memory.is_lasting = self.remembers_all()
        self._missing: dict[str, SeenRow] = {}
        self._beside: Mapping[str, list[Row]] = {}
        self.look_at_selection()
        self.widen()
        self.is_first_run = self.bookmark.moment is None
        self.greatest = self.bookmark.moment
        self.lower = settings.start
        if self.bookmark.moment is not None:
            resumed = self.bookmark.moment - settings.lookback
            self.lower = max(resumed, settings.start or resumed)
        since = show_stamp(self.lower) if self.lower else "the beginning"
        self.logger.info("reading what changed since: %s", since)

    def look_at_selection(self) -> None:
        """Find out what is wanted beside the list."""
        self.followers = [
            stream
            for stream in self.child_streams
            if isinstance(stream, FollowingStream) and stream.selected
        ]
        for follower in self.followers:
            follower._write_schema_message()  # noqa: SLF001 (ours)

    def widen(self) -> None:
        """Begin again when more is wanted now than the bookmark stands for."""
        wanted, had = self.reach(), self.bookmark.reach
        self.bookmark.reach = wanted
        if self.bookmark.moment is None or wanted is None or had is None or wanted <= had:
            return
        self.logger.warning("newly selected, so all is read again: %s", sorted(wanted - had))
        self.bookmark.moment = None
        self.memory.doubt_all(self.doubtful)

    def stamp_of(self, row: SeenRow) -> datetime | None:
        """When the row changed last."""
        return parse_stamp(row.data.get(str(self.stamp_field)))

    def is_inside(self, row: SeenRow, window: Window) -> bool:
        """Whether the row belongs to the window; its stamp then counts for the bookmark."""
        stamp = self.stamp_of(row)
        if not window.holds(stamp, is_upper_hard=self._tap.settings.end is not None):
            return False
        if stamp is not None:
            self.greatest = max(self.greatest or stamp, stamp)
        return True

    def memory_entry(self, row: SeenRow) -> tuple[str, str]:
        """Key and mark under which the row is remembered."""
        return row.key, row.mark

    def doubtful(self, _mark: str) -> str:
        """The mark of a row whose content must be read again."""
        return UNSURE

    def is_news(self, row: SeenRow) -> bool:
        """Whether the row is new or other than remembered."""
        key, mark = self.memory_entry(row)
        return self.memory.mark(key) != mark

    def remember(self, row: SeenRow) -> None:
        """Note the row as emitted, unless its detail may have changed while it was read."""
        key, mark = self.memory_entry(row)
        if self.needs_more() and not self.is_settled(row):
            mark = self.doubtful(mark)
        self.memory.note(key, mark, self.stamp_of(row))

    def is_settled(self, row: SeenRow, since: timedelta = SETTLING) -> bool:
        """Whether every change with the row's stamp was made before this run began.

        ``since`` is how late a change may become visible after its stamp.
        """
        stamp = self.stamp_of(row)
        return stamp is not None and stamp <= self._server_began_at - since

    def emit(self, steps: Steps) -> Iterator[Row]:
        """The records of the rows, in order; each is remembered when it was given."""
        for step, found in self._read_all(steps):
            if isinstance(step, Then):
                self._beside = {}
                yield from step.do()
            elif found is None:
                self._missing[step.key] = step
            else:
                self._missing.pop(step.key, None)
                self._beside = found.beside
                yield self.conform(found.record)
                self.remember(step)

    def _read_all(self, steps: Steps) -> Iterator[tuple[SeenRow | Then, Found | None]]:
        if self.needs_more():
            workers = self._tap.settings.detail_workers
            return run_in_order(steps, self._work, workers=workers)
        return ((step, self._work(step)) for step in steps)

    def _work(self, step: SeenRow | Then) -> Found | None:
        return None if isinstance(step, Then) else self.read_on(step)

    def _end_window(self, window: Window) -> Iterator[Row]:
        """Move the bookmark, once the window is settled."""
        yield from self.settle_missing(window)
        self._move_bookmark(window)
        if not window.is_last:
            self.save()
            self._write_state_message()

    def settle_missing(self, window: Window) -> Iterator[Row]:
        """Records of rows whose detail was not found although they are listed still."""
        missing, self._missing = self._missing, {}
        listed = self.listed_rows(window) if missing else ()
        for row in listed:
            if missing.pop(row.key, None) is None:
                continue
            self.logger.warning("record is listed but has no detail, given without: %s", row.key)
            yield self.conform(self.without_detail(row))
            key, mark = self.memory_entry(row)
            self.memory.note(key, self.doubtful(mark), self.stamp_of(row))
        for key in missing:
            self.logger.warning("record is gone since it was listed: %s", key)

    def _move_bookmark(self, window: Window) -> None:
        reached = min(self.greatest or window.upper, window.upper)
        if not window.is_last:
            reached = window.upper
        elif self.greatest is None:
            return
        self.bookmark.moment = max(reached, self.bookmark.moment or reached)
        self.memory.keep_since(self.bookmark.moment - self._tap.settings.lookback)

    def save(self) -> None:
        """Put the bookmark into STATE."""
        if self.is_full_table:
            return
        write_bookmark(
            self.stream_state,
            self.bookmark,
            replication_key=str(self.stamp_field),
            tenant=self._tap.client.tenant,
        )
        self.state_manager.is_flushed = False
        if self.memory.dropped:
            self.logger.warning("too many to remember, oldest left out: %d", self.memory.dropped)
            self.memory.dropped = 0

    @override
    def _process_record(
        self,
        record: Any,
        child_context: types.Context | None = None,
        partition_context: types.Context | None = None,
    ) -> None:
        for follower in self.followers:
            follower.write_rows(self._beside.get(follower.name, ()))
