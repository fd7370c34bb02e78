"""What the stand-in for Procurify holds in memory: the tenant's records and what it remembers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from operator import is_
from typing import Any

from erp_sandbox.clock import SimulatedClock
from erp_sandbox.exact_json import Fragment
from erp_sandbox.procurify.knobs import ProcurifyKnobs
from erp_sandbox.procurify.rows.bill_lines import BillParties
from erp_sandbox.procurify.rows.vendors import vendor_inside
from erp_sandbox.purchases import ZERO, Bill, OrderLine, PurchaseOrder, Vendor
from erp_sandbox.world import World

ROW_CACHE_MAX_CHARACTERS = 100_000_000
RESULT_CACHE_MAX = 32
_KEPT = ("vendors", "orders", "bills", "_bill_by_uuid", "_order_by_uuid", "_ids")


class ProcurifyState:
    """The records by id, always the current version of each, and the caches that hang on them."""

    def __init__(
        self,
        world: World,
        *,
        knobs: ProcurifyKnobs | None = None,
        clock: SimulatedClock | None = None,
    ) -> None:
        self.world = world
        self.knobs = knobs or ProcurifyKnobs()
        self.clock = clock or SimulatedClock()
        self.tokens: dict[str, datetime] = {}
        self.reset()

    def reset(self) -> None:
        """Put the records back to what the seed made them; tokens stay valid."""
        world = self.world
        self.vendors = {vendor.id: vendor for vendor in world.vendors}
        self.orders = {order.id: order for order in world.purchase_orders}
        self.bills = {bill.id: bill for bill in world.bills}
        self._bill_by_uuid = {bill.uuid: bill.id for bill in world.bills}
        self._order_by_uuid = {_bare(order.uuid): order.id for order in world.purchase_orders}
        self._ids = _highest_ids(world)
        self._forget_rows()
        self._results: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def kept(self) -> dict[str, Any]:
        """Everything that a snapshot keeps."""
        return {name: getattr(self, name) for name in _KEPT}

    def take(self, kept: Mapping[str, Any]) -> None:
        """Go on from what a snapshot has kept."""
        for name in _KEPT:
            setattr(self, name, kept[name])
        self._forget_rows()
        self._results.clear()

    def take_id(self, kind: str) -> int:
        """The next free id of a kind of record."""
        self._ids[kind] += 1
        return self._ids[kind]

    def put_vendor(self, vendor: Vendor) -> None:
        """Store a vendor, new or changed."""
        self.vendors[vendor.id] = vendor
        self._results.clear()

    def put_order(self, order: PurchaseOrder) -> None:
        """Store a purchase order, new or changed."""
        self.orders[order.id] = order
        self._order_by_uuid[_bare(order.uuid)] = order.id
        self._results.clear()

    def put_bill(self, bill: Bill) -> None:
        """Store a bill, new or changed."""
        self.bills[bill.id] = bill
        self._bill_by_uuid[_bare(bill.uuid)] = bill.id
        self._results.clear()

    def drop_bill(self, bill: Bill) -> None:
        """Delete a bill; it leaves no trace (documented: bills are deleted for good)."""
        del self.bills[bill.id]
        del self._bill_by_uuid[_bare(bill.uuid)]
        self._results.clear()

    def turn_knobs(self, knobs: ProcurifyKnobs) -> None:
        """Use other knobs from now on."""
        self.knobs = knobs
        self._forget_rows()
        self._results.clear()

    def find_bill(self, uuid: str) -> Bill | None:
        """The bill of that uuid, written with or without hyphens (both documented)."""
        bill_id = self._bill_by_uuid.get(_bare(uuid))
        return None if bill_id is None else self.bills[bill_id]

    def find_order(self, key: str) -> PurchaseOrder | None:
        """The order of that number (``procurify_PO``) or uuid."""
        order_id = int(key) if key.isdecimal() else self._order_by_uuid.get(_bare(key))
        return self.orders.get(order_id) if order_id is not None else None

    def find_order_line(self, line_id: int) -> tuple[PurchaseOrder, OrderLine] | None:
        """The order line of that id, with its order."""
        for order in self.orders.values():
            for line in order.lines:
                if line.id == line_id:
                    return order, line
        return None

    def vendor_json(self, vendor_id: int) -> Fragment:
        """The vendor as documents carry it."""
        vendor = self.vendors[vendor_id]
        return Fragment(
            self.cached_row("vendor inside", vendor_id, (vendor,), lambda: vendor_inside(vendor))
        )

    def parties_of(self, bill: Bill) -> BillParties:
        """The vendor and the orders of a bill."""
        ids = dict.fromkeys(line.order for line in bill.lines if line.order is not None)
        return BillParties(
            vendor=self.vendors[bill.vendor],
            vendor_json=self.vendor_json(bill.vendor),
            orders={order_id: self.orders[order_id] for order_id in ids},
        )

    def billed_quantities(self) -> Mapping[int, Decimal]:
        """How much of each order line is on bills, whatever their status (inferred)."""

        def count() -> Mapping[int, Decimal]:
            billed: dict[int, Decimal] = {}
            for bill in self.bills.values():
                for line in bill.lines:
                    if line.order_line is not None:
                        already = billed.get(line.order_line, ZERO)
                        billed[line.order_line] = already + line.quantity
            return billed

        found: Mapping[int, Decimal] = self.cached_result(("billed",), count)
        return found

    def cached_row(
        self, kind: str, key: object, sources: tuple[object, ...], render: Callable[[], str]
    ) -> str:
        """A rendered row; rendered again when one of the records it is made of was replaced."""
        held = self._rows.get((kind, key))
        if held is not None and all(map(is_, held[0], sources)):
            return held[1]
        row = render()
        self._held_characters += len(row) - (len(held[1]) if held else 0)
        self._rows[kind, key] = (sources, row)
        while self._held_characters > ROW_CACHE_MAX_CHARACTERS:
            _, (_, oldest) = self._rows.popitem(last=False)
            self._held_characters -= len(oldest)
        return row

    def _forget_rows(self) -> None:
        self._rows: OrderedDict[tuple[str, object], tuple[tuple[object, ...], str]] = OrderedDict()
        self._held_characters = 0

    def cached_result(self, key: tuple[object, ...], compute: Callable[[], Any]) -> Any:  # noqa: ANN401 (the caller knows the type)
        """What was computed for that key since the last change of any record."""
        if key not in self._results:
            self._results[key] = compute()
            if len(self._results) > RESULT_CACHE_MAX:
                self._results.popitem(last=False)
        return self._results[key]


def _highest_ids(world: World) -> dict[str, int]:
    """The highest id of each kind of record."""
    order_lines = [line.id for order in world.purchase_orders for line in order.lines]
    return {
        "vendor": max(vendor.id for vendor in world.vendors),
        "order": max(order.id for order in world.purchase_orders),
        "order line": max(order_lines),
        "requisition": max(order.requisition for order in world.purchase_orders),
        "bill": max(bill.id for bill in world.bills),
        "bill line": max(line.id for bill in world.bills for line in bill.lines),
        "cost": max(cost.id for bill in world.bills for cost in bill.costs),
    }


def _bare(uuid: str) -> str:
    return uuid.replace("-", "").lower()
