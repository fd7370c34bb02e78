"""What every stream of the tap shares: reading lists, conforming records, writing them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from singer_sdk import Stream
from singer_sdk.helpers import types
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib import RecordMessage
from typing_extensions import override

from tap_procurify.answers import Page, Row
from tap_procurify.conform import Converter, compile_schema, keep_selected
from tap_procurify.errors import TemporaryError
from tap_procurify.pages import PageRun, SeenRow
from tap_procurify.schemas.kinds import Schema

if TYPE_CHECKING:
    from tap_procurify.tap import TapProcurify


class Listing(NamedTuple):
    """A list with its filters."""

    path: str
    params: tuple[tuple[str, str], ...]


def listing_of(path: str, params: Mapping[str, str]) -> Listing:
    """The list at this address with these filters."""
    return Listing(path, tuple(sorted(params.items())))


class ProcurifyStream(Stream):
    """A list of Procurify that is read whole on every run."""

    name: str = ""
    path: ClassVar[str] = ""
    record_schema: ClassVar[Schema] = {}
    keys: ClassVar[tuple[str, ...]] = ("id",)
    stamp_field: ClassVar[str | None] = None

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # compile_schema does it, faster

    _tap: TapProcurify

    @override
    def __init__(self, tap: TapProcurify) -> None:
        super().__init__(tap, schema=copy.deepcopy(self.record_schema), name=self.name)
        self.primary_keys = list(self.keys)
        self.replication_key = self.stamp_field
        self._undeclared: set[str] = set()

    @override
    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """Every row of the list."""
        for row in self.list_rows(self.path, {}):
            yield self.conform(row.data)

    def list_rows(
        self, path: str, params: Mapping[str, str], *, key_field: str | None = None
    ) -> Iterator[SeenRow]:
        """The rows of a list, checked to be complete."""
        client = self._tap.client
        field = key_field or self.keys[-1]
        listing = listing_of(path, params)

        def key_of(row: Row) -> str:
            if row.get(field) is None:
                raise TemporaryError(f"{self.name}: a row of the list has no {field}")
            return str(row[field])

        return PageRun(
            fetch=lambda number: self.fetch_page(listing, number),
            key_of=key_of,
            page_size=client.settings.page_size,
            stream=self.name,
            sleep=client.timing.sleep,
            trust_counts=client.settings.trust_counts,
        ).rows()

    def fetch_page(self, listing: Listing, number: int) -> Page | None:
        """One page of a list."""
        params = dict(listing.params)
        return self._tap.client.get_page(listing.path, params, number=number, stream=self.name)

    def conform(self, record: Row) -> Row:
        """The record as the schema says, selected fields only."""
        conformed: Row = self._conform(record)
        return conformed

    @cached_property
    def _conform(self) -> Converter:
        """Made for the first record, when it is known what is selected."""
        return compile_schema(keep_selected(self.record_schema, self.mask), self._report_undeclared)

    def wants_any(self, names: Iterable[str]) -> bool:
        """Whether one of these fields is selected."""
        return any(self.mask[("properties", name)] for name in names)

    def _report_undeclared(self, name: str) -> None:
        if name not in self._undeclared:
            self._undeclared.add(name)
            self.logger.info("field is not in the schema and left out: %s", name)

    @override
    def _write_record_message(self, record: Any) -> None:
        message = RecordMessage(
            stream=self.name, record=record, time_extracted=datetime.now(timezone.utc)
        )
        self._tap.write_message(message)
        self.state_manager.is_flushed = False

    @override
    def _process_record(
        self,
        record: Any,
        child_context: types.Context | None = None,
        partition_context: types.Context | None = None,
    ) -> None:
        """Do nothing."""

    # The bookmark moves at the end of a window, never with a record: pages are not sorted.

    @override
    def _increment_stream_state(
        self, latest_record: Any, *, context: types.Context | None = None
    ) -> None:
        """Do nothing."""

    @override
    def _write_starting_replication_value(self, context: types.Context | None) -> None:
        """Do nothing."""

    @override
    def get_replication_key_signpost(self, context: types.Context | None = None) -> None:
        """None is needed."""


class FollowingStream(ProcurifyStream):
    """A stream whose records come with those of another one."""

    state_partitioning_keys: ClassVar[list[str]] = []

    def write_rows(self, records: Iterable[Row]) -> None:
        """Write records that the other stream has read."""
        for record in records:
            self._write_record_message(self.conform(record))

    @override
    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """None of its own."""
        return ()
