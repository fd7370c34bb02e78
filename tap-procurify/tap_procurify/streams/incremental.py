"""Streams that read only what changed since their bookmark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from singer_sdk.helpers import types
from typing_extensions import override

from tap_procurify.answers import Row
from tap_procurify.bookmarks import Bookmark, read_bookmark, write_bookmark
from tap_procurify.memory import Memory
from tap_procurify.pages import SeenRow
from tap_procurify.stamps import parse_stamp, show_stamp
from tap_procurify.streams.core import FollowingStream, ProcurifyStream
from tap_procurify.windows import Bounds, Window, cut_windows
from tap_procurify.workers import run_in_order

FULL_TABLE = "FULL_TABLE"
SETTLING = timedelta(seconds=2)
"""A detail read this soon after the row's stamp may miss a change with the same stamp."""
UNSURE = ""
"""A mark that equals no other: the row is known, its content is read again."""


class Found(NamedTuple):
    """What reading one row to the end gave: its record, and rows for the streams that follow."""

    record: Row
    beside: Mapping[str, list[Row]]


class IncrementalStream(ProcurifyStream):
    """A stream with a bookmark.

    The bookmark is the greatest stamp seen, at most the moment at which the reading began, and it
    moves only when a window was read to its end. The next run begins ``lookback_days`` before it
    and leaves out what is remembered unchanged.
    """

    bounds: ClassVar[Bounds]
    extra_params: ClassVar[Mapping[str, str]] = {}

    @override
    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """The records that changed, window after window."""
        self._begin()
        for window in self.windows():
            yield from self.emit(self.changed_rows(window))
            self._end_window(window)
        yield from self.after_windows()
        self.save()

    # What a stream may do differently

    def windows(self) -> Iterator[Window]:
        """The spans of time to read, oldest first."""
        upper = min(self.began_at, self._tap.settings.end or self.began_at)
        return cut_windows(self.lower, upper, days=self._tap.settings.slice_days)

    def changed_rows(self, window: Window) -> Iterator[SeenRow]:
        """The rows of the window that are not remembered as they are."""
        params = {**self.extra_params, **type(self).bounds(window)}
        for row in self.list_rows(self.path, params):
            if not self.is_inside(row, window):
                continue
            if self.is_news(row):
                yield row
            else:
                self.remember(row)

    def read_on(self, row: SeenRow) -> Found | None:
        """The whole record of a row; ``None`` when it is gone by now. Runs in a worker."""
        return Found(row.data, {})

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
                tenant=settings.tenant,
                now=self.began_at,
            )
        self.memory.is_lasting = self.remembers_all()
        self.is_first_run = self.bookmark.moment is None
        self.greatest = self.bookmark.moment
        self.lower = settings.start
        if self.bookmark.moment is not None:
            resumed = self.bookmark.moment - settings.lookback
            self.lower = max(resumed, settings.start or resumed)
        self.followers = [
            stream
            for stream in self.child_streams
            if isinstance(stream, FollowingStream) and stream.selected
        ]
        for follower in self.followers:
            follower._write_schema_message()  # noqa: SLF001 (ours)
        since = show_stamp(self.lower) if self.lower else "the beginning"
        self.logger.info("reading what changed since: %s", since)

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

    def is_news(self, row: SeenRow) -> bool:
        """Whether the row is new or other than remembered."""
        key, mark = self.memory_entry(row)
        return self.memory.mark(key) != mark

    def remember(self, row: SeenRow) -> None:
        """Note the row as emitted, unless its detail may have changed while it was read."""
        key, mark = self.memory_entry(row)
        if self.needs_more() and not self.is_settled(row):
            mark = UNSURE
        self.memory.note(key, mark, self.stamp_of(row))

    def is_settled(self, row: SeenRow, since: timedelta = SETTLING) -> bool:
        """Whether every change with the row's stamp was made before this run began.

        ``since`` is how late a change may become visible after its stamp.
        """
        stamp = self.stamp_of(row)
        return stamp is not None and stamp <= self._server_began_at - since

    def emit(self, rows: Iterable[SeenRow]) -> Iterator[Row]:
        """The records of the rows, in order; each is remembered when it was given."""
        for row, found in self._read_all(rows):
            if found is None:
                self.logger.warning("record is gone since it was listed: %s", row.key)
                continue
            self._beside = found.beside
            yield self.conform(found.record)
            self.remember(row)

    def _read_all(self, rows: Iterable[SeenRow]) -> Iterator[tuple[SeenRow, Found | None]]:
        if self.needs_more():
            workers = self._tap.settings.detail_workers
            return run_in_order(rows, self.read_on, workers=workers)
        return ((row, self.read_on(row)) for row in rows)

    def _end_window(self, window: Window) -> None:
        reached = min(self.greatest or window.upper, window.upper)
        if not window.is_last:
            reached = window.upper
        elif self.greatest is None:
            return
        self.bookmark.moment = max(reached, self.bookmark.moment or reached)
        self.memory.keep_since(self.bookmark.moment - self._tap.settings.lookback)
        if not window.is_last:
            self.save()
            self._write_state_message()

    def save(self) -> None:
        """Put the bookmark into STATE."""
        if self.is_full_table:
            return
        write_bookmark(
            self.stream_state,
            self.bookmark,
            replication_key=str(self.stamp_field),
            tenant=self._tap.settings.tenant,
        )
        self.state_manager.is_flushed = False

    @override
    def _process_record(
        self,
        record: Any,
        child_context: types.Context | None = None,
        partition_context: types.Context | None = None,
    ) -> None:
        for follower in self.followers:
            follower.write_rows(self._beside.get(follower.name, ()))
