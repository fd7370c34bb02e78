"""Purchase orders, order lines, receipts and requisitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from typing_extensions import override

from tap_procurify.answers import Row
from tap_procurify.derived import merge_order
from tap_procurify.errors import NotFoundError, TemporaryError
from tap_procurify.memory import UNSURE
from tap_procurify.pages import SeenRow
from tap_procurify.schemas.orders import (
    ITEM_RECEIPTS,
    ORDER_ITEMS,
    PURCHASE_ORDER_ROW,
    PURCHASE_ORDERS,
    REQUISITIONS,
)
from tap_procurify.streams.core import FollowingStream, Listing, listing_of
from tap_procurify.streams.incremental import (
    DETAIL,
    SETTLING,
    Found,
    IncrementalStream,
    Steps,
    Then,
)
from tap_procurify.windows import Window, day_filter

LINES_PATH = "/api/v3/order-items/"
ORDER_PATH = "/api/v2/purchase_orders/"
LIST_FIELDS = frozenset({*PURCHASE_ORDER_ROW["properties"], "_procurify_uuid_hex"})


class PurchaseOrdersStream(IncrementalStream):
    """Purchase orders with their lines.

    Source: GET /api/v2/purchase_orders/purchased/all/ and /api/v2/purchase_orders/{number}/,
    documented by Procurify. Whether receiving or billing a line moves the header's stamp is not
    documented, so orders whose lines changed are read as well.
    """

    name = "purchase_orders"
    path = "/api/v2/purchase_orders/purchased/all/"
    record_schema = PURCHASE_ORDERS
    keys = ("procurify_PO",)
    stamp_field = "last_modified"
    bounds = day_filter("modified_date")

    @override
    def needs_more(self) -> bool:
        """Lines and terms stand in the detail only."""
        return self._wants_detail

    @override
    def look_at_selection(self) -> None:
        """Find out whether the detail is wanted."""
        super().look_at_selection()
        self._given: set[str] = set()
        self._wants_detail = self.wants_any(PURCHASE_ORDERS["properties"].keys() - LIST_FIELDS)

    @override
    def reach(self) -> frozenset[str]:
        """The detail."""
        return frozenset({DETAIL} if self._wants_detail else ())

    @override
    def listings(self, window: Window) -> Iterable[Listing]:
        """Lines, if they are looked at, and headers."""
        if self._wants_detail:
            yield listing_of(LINES_PATH, day_filter("last_modified")(window))
        yield from super().listings(window)

    @override
    def changed_rows(self, window: Window) -> Steps:
        """Orders that changed, then orders of which only a line did."""
        waiting, lines = self._changed_lines(window) if self._wants_detail else (set(), [])
        for row in self.listed_rows(window):
            is_inside = self.is_inside(row, window)
            is_news = is_inside and self.is_news(row) and not self._is_given(row.key, row)
            if row.key in waiting or is_news:
                waiting.discard(row.key)
                self._given.add(row.key)
                yield row
            elif is_inside:
                self.remember(row)
        for number in sorted(waiting, key=int):
            self._given.add(number)
            yield SeenRow({"procurify_PO": int(number)}, number, UNSURE)
        yield Then(partial(self._remember_lines, lines))

    def _remember_lines(self, lines: list[SeenRow]) -> Iterator[Row]:
        """Note the lines, now that their orders were emitted."""
        for line in lines:
            self.remember(line)
        return iter(())

    def _is_given(self, number: str, row: SeenRow) -> bool:
        """Whether this run has read the order already, after the row's change."""
        late = max(self._tap.settings.lookback, SETTLING)
        return number in self._given and self._wants_detail and self.is_settled(row, late)

    def _changed_lines(self, window: Window) -> tuple[set[str], list[SeenRow]]:
        params = day_filter("last_modified")(window)
        numbers: set[str] = set()
        lines = []
        for row in self._listed_lines(params):
            line = SeenRow(row.data, f"line:{row.key}", row.mark)
            if not self.is_inside(line, window):
                continue
            if self.is_news(line):
                touched = _order_numbers(line.data)
                numbers |= {number for number in touched if not self._is_given(number, line)}
            lines.append(line)
        return numbers, lines

    def _listed_lines(self, params: Mapping[str, str]) -> Iterator[SeenRow]:
        try:
            yield from self.list_rows(LINES_PATH, params, key_field="id")
        except NotFoundError:
            self.logger.warning(
                "order lines cannot be listed here; an order whose lines alone change is missed"
            )

    @override
    def read_on(self, row: SeenRow) -> Found | None:
        """The order with its lines."""
        if not self._wants_detail:
            return Found(self.without_detail(row), {})
        detail = self._tap.client.get_object(ORDER_PATH, row.key, stream=self.name)
        if detail is None:
            return None
        if str(detail.get("procurify_PO", row.key)) != row.key:
            raise TemporaryError(f"{self.name}: asked for order {row.key}, got another one")
        return Found(merge_order(row.data, detail), {})

    @override
    def without_detail(self, row: SeenRow) -> Row:
        """What the list alone says of an order."""
        return merge_order(row.data, None)

    @override
    def remember(self, row: SeenRow) -> None:
        """Note orders that were listed; of the others only the lines are known."""
        if row.mark != UNSURE:
            super().remember(row)


def _order_numbers(line: Row) -> set[str]:
    """The orders that a line stands in."""
    number = line.get("purchase_order")
    numbers = [number] if number is not None else line.get("PO")
    return {
        str(number)
        for number in (numbers if isinstance(numbers, list) else [])
        if isinstance(number, int) and not isinstance(number, bool)
    }


class OrderItemsStream(IncrementalStream):
    """Order lines, flat. Source: GET /api/v3/order-items/, documented by Procurify."""

    name = "order_items"
    path = LINES_PATH
    record_schema = ORDER_ITEMS
    stamp_field = "last_modified"
    bounds = day_filter("last_modified")

    @override
    def widen(self) -> None:
        """Receipts that no earlier run has read are read in one list, not line by line."""
        wanted = frozenset(follower.name for follower in self.followers)
        had = self.bookmark.reach
        if had is None and self.bookmark.moment is not None:
            had = wanted  # a STATE written by hand stands for all
        self._owed = wanted - (had or frozenset())
        self.bookmark.reach = wanted - self._owed

    @override
    def needs_more(self) -> bool:
        """Receipts are asked for line by line, if they are wanted."""
        return bool(self.followers) and not self._owed

    @override
    def after_windows(self) -> Iterator[Row]:
        """Nothing of its own; all receipts when they are owed."""
        for follower in self.followers if self._owed else ():
            self.save()
            self._write_state_message()
            follower.write_rows(row.data for row in follower.list_rows(follower.path, {}))
        self.bookmark.reach = (self.bookmark.reach or frozenset()) | self._owed
        return iter(())

    @override
    def read_on(self, row: SeenRow) -> Found | None:
        """The line, and its receipts if they are wanted."""
        beside = {}
        for follower in self.followers if self.needs_more() else ():
            receipts = follower.list_rows(follower.path, {"order_item": row.key})
            beside[follower.name] = [
                receipt.data
                for receipt in receipts
                if str(receipt.data.get("order_item")) == row.key
            ]
        return Found(row.data, beside)


class ItemReceiptsStream(FollowingStream):
    """What was received: everything once, then of the lines that changed.

    Source: GET /api/v3/receipt/items/, documented by Procurify; it has no filter by time.
    """

    name = "item_receipts"
    path = "/api/v3/receipt/items/"
    record_schema = ITEM_RECEIPTS
    parent_stream_type = OrderItemsStream


class RequisitionsStream(IncrementalStream):
    """Requisitions. Source: GET /api/v2/global/orders/, documented by Procurify."""

    name = "requisitions"
    path = "/api/v2/global/orders/"
    record_schema = REQUISITIONS
    keys = ("num",)
    stamp_field = "dateModified"
    bounds = day_filter("modified_date")
