"""The stand-in's own account of what it holds, for tests that compute what must come of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.datastructures import QueryParams

from erp_sandbox.exact_json import JsonValue, array, encode
from erp_sandbox.procurify.rows.bills import bill_detail
from erp_sandbox.procurify.rows.orders import order_detail
from erp_sandbox.procurify.rows.vendors import vendor_detail
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import Vendor


def is_in_all_vendors(state: ProcurifyState, vendor: Vendor) -> bool:
    """Whether the list of all vendors shows the vendor."""
    return vendor.is_listed and (vendor.is_active or state.knobs.does_all_group_list_inactive)


def truth(state: ProcurifyState, query: QueryParams) -> JsonValue:
    """All vendors, orders and bills in their detail form.

    Shape: ``kinds`` in the query (a comma list) limits it to some of the three.
    ``listed_vendors`` are the ids that the list of all vendors shows.
    """
    wanted = query.get("kinds", "vendors,purchase_orders,bills").split(",")
    found: dict[str, JsonValue] = {"now": state.clock.now().isoformat()}
    if "vendors" in wanted:
        found["vendors"] = array(vendor_detail(vendor) for vendor in state.vendors.values())
        found["listed_vendors"] = [
            vendor.id for vendor in state.vendors.values() if is_in_all_vendors(state, vendor)
        ]
    if "purchase_orders" in wanted:
        found["purchase_orders"] = array(
            order_detail(order, state.vendors[order.vendor], state.vendor_json(order.vendor))
            for order in state.orders.values()
        )
    if "bills" in wanted:
        found["bills"] = array(
            bill_detail(bill, state.parties_of(bill)) for bill in state.bills.values()
        )
    return found


def read_truth(state: ProcurifyState) -> Mapping[str, Any]:
    """The same as plain values, numbers as Decimal."""
    text = encode(truth(state, QueryParams()))
    read: Mapping[str, Any] = json.loads(text, parse_float=Decimal)
    return read


def count(state: ProcurifyState) -> JsonValue:
    """How many records there are, and how many bills and orders are in which state."""
    bills = Counter(str(bill.status) for bill in state.bills.values())
    orders = Counter(str(order.state) for order in state.orders.values())
    return {
        "vendors": len(state.vendors),
        "purchase_orders": len(state.orders),
        "bills": len(state.bills),
        "bills_by_status": dict(sorted(bills.items())),
        "purchase_orders_by_state": dict(sorted(orders.items())),
    }
