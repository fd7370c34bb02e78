"""The lists of purchase orders, their lines, requisitions and receipts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from erp_sandbox.exact_json import JsonValue, fragment
from erp_sandbox.procurify.filters import (
    Filter,
    Getter,
    among,
    amount,
    amount_range,
    any_among,
    any_of,
    contains,
    day,
    day_range,
    flag,
    none_of,
    when_true,
    whole,
    word,
)
from erp_sandbox.procurify.listing import Listing
from erp_sandbox.procurify.rows.fulfilment import receipt_row, requisition_row
from erp_sandbox.procurify.rows.order_lines import REQUISITION_PURCHASED, flat_line_row
from erp_sandbox.procurify.rows.orders import order_fields
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import (
    ORDER_CANCELLED,
    ORDER_CLOSED,
    ORDER_PAID,
    OrderLine,
    PurchaseOrder,
)
from erp_sandbox.tenant import ACCOUNT_CODE, CURRENCY, USER, budget_id, department

# An order line with its order.
LineOf: TypeAlias = "tuple[PurchaseOrder, OrderLine]"
ROLES = ("purchased", "receivable")
STATUSES = ("all", "open", "partial", "closed", "cancelled", "paid")
SHUT = {ORDER_CLOSED: "closed", ORDER_CANCELLED: "cancelled", ORDER_PAID: "paid"}


def list_status(order: PurchaseOrder) -> str:
    """The status under which the order is listed beside ``all``; ``""`` when under none.

    Inferred: open means that nothing is received yet, partial that some is.
    """
    if order.state in SHUT:
        return SHUT[order.state]
    return {"empty": "open", "partial": "partial"}.get(order.fulfilment, "")


def _of_role(state: ProcurifyState, role: str) -> list[PurchaseOrder]:
    orders = sorted(state.orders.values(), key=lambda order: -order.id)
    if role == "purchased":
        return orders
    return [order for order in orders if order.is_open and order.fulfilment != "full"]


def _orders(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[PurchaseOrder]:
    orders = _of_role(state, path["role"])
    status = path["status"]
    return [order for order in orders if status in ("all", list_status(order))]


def _counts(state: ProcurifyState, rows: Sequence[PurchaseOrder]) -> Mapping[str, JsonValue]:
    """How many orders each status has, for both roles."""
    del rows

    def count(role: str) -> JsonValue:
        orders = _of_role(state, role)
        found = Counter(list_status(order) for order in orders)
        names = ("open", "partial", "closed", "cancelled")
        return {"all": len(orders), **{name: found[name] for name in names}, "page": 1}

    return {"counts": {role: count(role) for role in ROLES}}


def _order_row(state: ProcurifyState, order: PurchaseOrder) -> str:
    vendor = state.vendors[order.vendor]
    return state.cached_row(
        "order",
        order.id,
        (order, vendor),
        lambda: fragment(order_fields(order, vendor, state.vendor_json(vendor.id))),
    )


def _accounts_of_order(order: PurchaseOrder) -> set[int]:
    return {ACCOUNT_CODE[s.account_code].id for line in order.lines for s in line.shares}


ORDERS = Listing(
    name="purchase orders",
    has_format=False,
    rows=_orders,
    render=_order_row,
    filters={
        **day_range("date", lambda row: row.created),
        **day_range("modified_date", lambda row: row.modified),
        **day_range("promise_date", lambda row: row.promised),
        **day_range("expiry_date", lambda _: None),
        **amount_range("total", lambda row: row.total),
        "pref_vendor": whole(lambda row: row.vendor),
        "contract": whole(lambda _: None),
        "has_blanket_order_items": flag(lambda _: False),
        "account_code": among(_accounts_of_order),
        "currency": whole(lambda row: CURRENCY[row.currency].id),
        "purchase_order": whole(lambda row: row.id),
        "purchaser": whole(lambda row: row.purchaser),
        "requester": whole(lambda row: row.requester),
    },
    orders={
        "procurify_PO": lambda row: row.id,
        "date": lambda row: row.created,
        "last_modified": lambda row: row.modified,
    },
    summary=_counts,
)


def _lines(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[LineOf]:
    del path
    return [(order, line) for order in state.orders.values() for line in order.lines]


def _line(get: Getter) -> Getter:
    return lambda row: get(row[1])


def _order(get: Getter) -> Getter:
    return lambda row: get(row[0])


def _line_row(state: ProcurifyState, row: LineOf) -> str:
    order, line = row
    vendor = state.vendors[order.vendor]
    return state.cached_row(
        "order line", line.id, (order, line, vendor), lambda: flat_line_row(order, line, vendor)
    )


def _location_of(row: LineOf) -> int:
    return department(row[1].department).location


_department = _line(lambda line: line.department)
LINE_FILTERS: Mapping[str, Filter] = {
    **day_range("last_modified", _line(lambda line: line.modified)),
    **day_range("approved_datetime", _order(lambda order: order.approved)),
    **day_range("order_created_date", _order(lambda order: order.approved)),
    **day_range("po_created_date", _order(lambda order: order.created)),
    **day_range("purchased_date", _order(lambda order: order.created)),
    "account": whole(_line(lambda line: budget_id(line.account_code, line.department))),
    "account_code": whole(_line(lambda line: ACCOUNT_CODE[line.account_code].id)),
    "active": flag(lambda _: True),
    "approved_price": amount(_line(lambda line: line.price)),
    "approved_quantity": amount(_line(lambda line: line.quantity)),
    "approver": whole(_order(lambda order: order.approver)),
    "approver_id": whole(_order(lambda order: order.approver)),
    "branch": whole(_location_of),
    "catalog": flag(lambda _: False),
    "catalog_item": whole(lambda _: None),
    "exclude_punchout": when_true(lambda _: True),
    "lineComment": word(lambda _: ""),
    "purchase_agreement": whole(lambda _: None),
    "currency": whole(_order(lambda order: CURRENCY[order.currency].id)),
    "department": whole(_department),
    "departments": any_of(_department),
    "exclude": none_of(_line(lambda line: line.id)),
    "fulfilment_status": word(_order(lambda order: order.fulfilment)),
    "is_purchased": flag(lambda _: True),
    "is_recurring": flag(lambda _: False),
    "last_changed_by": whole(_order(lambda order: order.purchaser)),
    "location": whole(_location_of),
    "locations": any_of(_location_of),
    "name": contains(_line(lambda line: line.name)),
    "num": word(_line(lambda line: f"SKU-{line.id}")),
    "orderNum": whole(_order(lambda order: order.requisition)),
    "orderNum__status": whole(lambda _: REQUISITION_PURCHASED),
    "po_vendor": whole(_order(lambda order: order.vendor)),
    "pref_vendor": whole(_order(lambda order: order.vendor)),
    "price": amount(_line(lambda line: line.price)),
    "purchaser": whole(_order(lambda order: order.purchaser)),
    "quantity": amount(_line(lambda line: line.quantity)),
    "receivedFailQty": amount(_line(lambda line: line.rejected)),
    "receivedPassQty": amount(_line(lambda line: line.received)),
    "requester": whole(_order(lambda order: order.requester)),
    "sku": word(_line(lambda line: f"SKU-{line.id}")),
    "status": whole(_line(lambda line: line.status)),
    "type": whole(lambda _: 0),
    "unit": word(lambda _: "each"),
}
ORDER_LINES = Listing(
    name="order lines",
    rows=_lines,
    render=_line_row,
    filters=LINE_FILTERS,
    orders={
        "id": _line(lambda line: line.id),
        "last_modified": _line(lambda line: line.modified),
    },
    search=_line(lambda line: line.name),
)


def _purchased(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[PurchaseOrder]:
    del path
    return list(state.orders.values())


def _departments(order: PurchaseOrder) -> set[int]:
    return {line.department for line in order.lines[:1]}


REQUISITIONS = Listing(
    name="requisitions",
    rows=_purchased,
    render=lambda state, order: state.cached_row(
        "requisition", order.id, (order,), lambda: requisition_row(order)
    ),
    filters={
        **day_range("date", lambda row: row.approved),
        **day_range("modified_date", lambda row: row.created),
        **day_range("required_date", lambda row: row.promised),
        "dateRequired": day(lambda row: row.promised),
        "account_code": among(_accounts_of_order),
        "branch": whole(lambda row: row.location),
        "location": whole(lambda row: row.location),
        "department": any_among(_departments),
        "has_blanket_order_items": flag(lambda _: False),
        "is_punchout": flag(lambda _: False),
        "lineCount": whole(lambda row: len(row.lines)),
        "order": whole(lambda row: row.requisition),
        "pref_vendor": whole(lambda row: row.vendor),
        "requester": whole(lambda row: row.requester),
        "status": whole(lambda _: REQUISITION_PURCHASED),
        "totalPrice": amount(lambda row: row.subtotal),
    },
    search=lambda row: f"{row.requisition} {USER[row.requester].last_name}",
)


def _received(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[LineOf]:
    return [row for row in _lines(state, path) if row[1].received or row[1].rejected]


# Source: the only list with its pagination on top, and no filter but one (documented).
RECEIPTS = Listing(
    name="receipts",
    rows=_received,
    render=lambda state, row: state.cached_row(
        "receipt", row[1].id, (row[0], row[1]), lambda: receipt_row(row[0], row[1])
    ),
    filters={"order_item": whole(_line(lambda line: line.id))},
    is_pagination_on_top=True,
)
