"""Bills with their detail, bill items, payments."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from typing_extensions import override

from tap_procurify.answers import Row
from tap_procurify.derived import HEX_DIGITS, merge_bill, uuid_hex, vanished_bill
from tap_procurify.errors import ConfigurationError, TemporaryError
from tap_procurify.memory import UNSURE
from tap_procurify.pages import SeenRow
from tap_procurify.schemas.bills import BILL_ITEMS, BILL_ROW, BILLS, PAYMENTS
from tap_procurify.stamps import show_stamp
from tap_procurify.streams.core import FollowingStream, Listing, listing_of
from tap_procurify.streams.incremental import DETAIL, Found, IncrementalStream, Steps, Then
from tap_procurify.windows import Window, after_before_filter, cut_windows, second_filter
from tap_procurify.workers import run_in_order

BILL_PATH = "/api/v2/ap/bills/"
HYPHENATED = "-"
LIST_FIELDS = frozenset(
    {
        *BILL_ROW["properties"],
        "_procurify_uuid_hex",
        "_procurify_eligible",
        "_procurify_vanished_at",
    }
)


class BillsStream(IncrementalStream):
    """Bills: the list row with the detail laid over it.

    Source: GET /api/v3/ap/bills/ and /api/v2/ap/bills/{uuid}/, documented by Procurify. Bills can
    be deleted, and approved ones sent back to draft, without any trace in the list of changes.
    Every ``sweep_hours`` all bills are therefore listed and compared with what is remembered.
    """

    name = "bills"
    path = "/api/v3/ap/bills/"
    record_schema = BILLS
    keys = ("uuid",)
    stamp_field = "last_modified_datetime"
    bounds = second_filter("last_modified_datetime")

    @override
    def look_at_selection(self) -> None:
        """Find out whether the detail is wanted, and for which streams."""
        super().look_at_selection()
        is_field_wanted = self.wants_any(BILLS["properties"].keys() - LIST_FIELDS)
        self._wants_detail = bool(self.followers) or is_field_wanted

    @override
    def reach(self) -> frozenset[str]:
        """The detail, and the streams that come out of it."""
        followers = {follower.name for follower in self.followers}
        return frozenset(followers | ({DETAIL} if self._wants_detail else set()))

    @override
    def _begin(self) -> None:
        super()._begin()
        if self.bookmark.swept_at is None and self.is_first_run:
            # The first reading is a sweep: it lists all there is.
            self.bookmark.swept_at = self.began_at
            self.memory.is_whole = True

    @override
    def needs_more(self) -> bool:
        """Lines, costs and the status history stand in the detail only."""
        return self._wants_detail

    @override
    def memory_entry(self, row: SeenRow) -> tuple[str, str]:
        """Spelling of the uuid does not matter for the key; it is kept in the mark."""
        is_hyphenated = HYPHENATED in row.key and uuid_hex(row.key) != row.key
        return uuid_hex(row.key), row.mark + (HYPHENATED if is_hyphenated else "")

    @override
    def doubtful(self, mark: str) -> str:
        """The same, with how the uuid is spelled."""
        return HYPHENATED if mark.endswith(HYPHENATED) else UNSURE

    @override
    def read_on(self, row: SeenRow) -> Found | None:
        """The bill with its detail."""
        if not self._wants_detail:
            return Found(self.without_detail(row), {})
        detail = self._fetch(row.key)
        if detail is None:
            return None
        bill = merge_bill(row.data, detail)
        return Found(bill, {follower.name: _items_of(bill) for follower in self.followers})

    @override
    def without_detail(self, row: SeenRow) -> Row:
        """What the list alone says of a bill."""
        return merge_bill(row.data, None)

    def _fetch(self, key: str) -> Row | None:
        """The detail of a bill by uuid, in either spelling."""
        for spelling in dict.fromkeys((key, uuid_hex(key))):
            detail = self._tap.client.get_object(BILL_PATH, spelling, stream=self.name)
            if detail is None:
                continue
            if uuid_hex(detail.get("uuid") or key) != uuid_hex(key):
                raise TemporaryError(f"{self.name}: asked for bill {key[:64]!r}, got another one")
            return detail
        return None

    # The sweep

    @override
    def remembers_all(self) -> bool:
        """As long as sweeps need it."""
        return self._tap.settings.sweep_every is not None

    def _is_sweep_due(self) -> bool:
        every, swept_at = self._tap.settings.sweep_every, self.bookmark.swept_at
        if every is None or self.is_full_table or self.bookmark.moment is None:
            return False
        if swept_at is None:
            return True
        return self.began_at - swept_at >= every and swept_at != self.began_at

    @override
    def after_windows(self) -> Iterator[Row]:
        """Bills that changed unseen, then bills that are gone."""
        if not self._is_sweep_due():
            return
        self.save()
        self._write_state_message()
        seen: set[str] = set()
        yield from self.emit(self._swept_steps(seen))
        candidates = [key for key in self.memory if key not in seen]
        yield from self._vanished(candidates)
        self.bookmark.swept_at = self.began_at
        self.memory.is_whole = True

    def _swept_steps(self, seen: set[str]) -> Steps:
        """All bills slice by slice: one that changes meanwhile moves to the last slice."""
        settings = self._tap.settings
        upper = min(self.began_at, settings.end or self.began_at)
        windows = cut_windows(settings.start, upper, days=settings.slice_days)
        for window in self.list_ahead(windows, self._sweep_listings):
            yield from self._swept_rows(window, seen)
            yield Then(partial(self.settle_missing, window))

    def _sweep_listings(self, window: Window) -> Iterable[Listing]:
        return [listing_of(self.path, _sweep_bounds(window))]

    def _swept_rows(self, window: Window, seen: set[str]) -> Iterator[SeenRow]:
        for row in self.list_rows(self.path, _sweep_bounds(window)):
            key, _ = self.memory_entry(row)
            seen.add(key)
            has_end = self._tap.settings.end is not None
            if not window.holds(self.stamp_of(row), is_upper_hard=has_end):
                continue
            is_known = self.memory.is_whole or self.memory.mark(key) is not None
            if is_known and self.is_news(row):
                yield row
            else:
                self.remember(row)

    def _vanished(self, keys: list[str]) -> Iterator[Row]:
        """A record for each bill that Procurify does not know any more."""
        most = self._tap.settings.sweep_vanished_max
        if len(keys) > most:
            raise ConfigurationError(
                f"{self.name}: {len(keys)} bills are gone from the list at once, more than "
                f"sweep_vanished_max ({most}). Check whether the Procurify user lost a right; "
                "if they were really deleted, raise the setting for one run."
            )
        spelled = [_spell(key, self.memory.mark(key) or "") for key in keys]
        workers = self._tap.settings.detail_workers
        for key, detail in run_in_order(spelled, self._fetch, workers=workers):
            if detail is not None:
                self.logger.warning("bill is not listed but still there: %s", key)
                continue
            self._beside = {}
            self.logger.warning("bill is gone from Procurify: %s", key)
            yield self.conform(vanished_bill(key, show_stamp(self.began_at)))
            self.memory.forget(uuid_hex(key))


def _spell(key: str, mark: str) -> str:
    """The uuid as its bill was emitted."""
    is_hyphenated = mark.endswith(HYPHENATED) and len(key) == HEX_DIGITS
    return str(uuid.UUID(key)) if is_hyphenated else key


def _sweep_bounds(window: Window) -> Mapping[str, str]:
    """The window's filter; the last one has no upper end, so that no bill can move out of it."""
    name = "last_modified_datetime"
    bounds = second_filter(name)(window)
    return {key: value for key, value in bounds.items() if key == f"{name}_0" or not window.is_last}


def _items_of(bill: Row) -> list[Row]:
    items = bill.get("items")
    return [
        {
            **item,
            "bill_uuid": bill["uuid"],
            "bill_last_modified_datetime": bill.get("last_modified_datetime"),
        }
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    ]


class BillItemsStream(FollowingStream):
    """Items of the bills that changed, from their details."""

    name = "bill_items"
    path = BILL_PATH
    record_schema = BILL_ITEMS
    stamp_field = "bill_last_modified_datetime"
    parent_stream_type = BillsStream


class PaymentsStream(IncrementalStream):
    """Payments. Source: GET /api/public/v1/payments/, documented by Procurify."""

    name = "payments"
    path = "/api/public/v1/payments/"
    record_schema = PAYMENTS
    stamp_field = "updated_at"
    bounds = after_before_filter("updated_at")
    extra_params = {"order_by": "updated_at"}  # noqa: RUF012 (ClassVar in the parent)
