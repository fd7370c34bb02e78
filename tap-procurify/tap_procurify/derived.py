"""What the tap adds to records: merged details and fields that warehouses ask for. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import Any

from tap_procurify.answers import Row
from tap_procurify.stamps import parse_stamp

ELIGIBLE_STATUSES = frozenset({2, 6, 7, 8, 4})
"""Approved or later. Source: documented codes, the grouping is inferred."""
APPROVED = 2
RATE_PLACES = Decimal("1e-10")
RATE_DIGITS = 60
HEX_DIGITS = 32
UUIDS_KEPT_MAX = 1024
"""The uuid of a row is asked for several times while its page is worked on."""

_UUID = re.compile(rf"[0-9a-f]{{{HEX_DIGITS}}}")


def uuid_hex(value: object) -> str:
    """A uuid in lower case without hyphens; other texts as they are.

    Source: seen in code, the same uuid appears with and without hyphens.
    """
    return _hex(str(value))


@lru_cache(maxsize=UUIDS_KEPT_MAX)
def _hex(value: str) -> str:
    text = value.strip()
    bare = text.replace("-", "").lower()
    return bare if _UUID.fullmatch(bare) else text


def merge(row: Row, detail: Row) -> Row:
    """The list row with its detail: the detail wins unless it has nothing to say."""
    merged = dict(row)
    for name, value in detail.items():
        if value is not None or name not in merged:
            merged[name] = value
    return merged


def merge_bill(row: Row, detail: Row | None) -> Row:
    """The record of a bill. Item ids of the list make way for the items of the detail."""
    bill = {name: value for name, value in row.items() if name != "items"}
    if detail is not None:
        bill = merge(bill, detail)
        bill["uuid"] = row["uuid"]
        bill |= _approval(bill) | _home_rate(bill)
    bill["_procurify_uuid_hex"] = uuid_hex(bill["uuid"])
    bill["_procurify_eligible"] = bill.get("status") in ELIGIBLE_STATUSES
    bill["_procurify_vanished_at"] = None
    return bill


def vanished_bill(uuid: str, found_at: str) -> Row:
    """The record that says that a bill is gone."""
    return {
        "uuid": uuid,
        "_procurify_uuid_hex": uuid_hex(uuid),
        "_procurify_eligible": False,
        "_procurify_vanished_at": found_at,
    }


def merge_order(row: Row, detail: Row | None) -> Row:
    """The record of a purchase order.

    Source: documented by Procurify, ``shipping_method`` is a text in lists, an object in details.
    """
    order = merge(row, detail or {})
    method = order.get("shipping_method")
    if isinstance(method, dict):
        order["shipping_method_detail"] = method
        text = row.get("shipping_method")
        order["shipping_method"] = text if isinstance(text, str) else method.get("name")
    if order.get("uuid") is not None:
        order["_procurify_uuid_hex"] = uuid_hex(order["uuid"])
    return order


def _approval(bill: Row) -> Row:
    """Who approved, and for which department: the latest status entry that says approved.

    Source: documented structure, the reading is inferred.
    """
    entries = bill.get("bill_statuses")
    approvals = [
        entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and entry.get("status") == APPROVED
    ]
    if not approvals:
        return {}
    entry = max(approvals, key=_moment_order)
    user = _object(entry.get("user"))
    department = _object(user.get("department"))
    names = [name for name in (user.get("firstName"), user.get("lastName")) if name]
    return {
        "_procurify_approved_at": entry.get("date"),
        "_procurify_approved_by_user_id": user.get("id"),
        "_procurify_approved_by_name": " ".join(map(str, names)) or None,
        "_procurify_approved_by_department_id": department.get("id"),
        "_procurify_approved_by_department_name": department.get("name"),
        "_procurify_approved_by_department_external_id": department.get("external_id"),
    }


def _moment_order(entry: Mapping[str, Any]) -> float:
    moment = parse_stamp(entry.get("date"))
    return moment.timestamp() if moment else float("-inf")


def _home_rate(bill: Row) -> Row:
    try:
        converted, total = Decimal(bill["converted_total_cost"]), Decimal(bill["total_cost"])
        if not (converted.is_finite() and total.is_finite() and total):
            return {}
        with localcontext() as context:
            context.prec = RATE_DIGITS
            rate = (converted / total).quantize(RATE_PLACES, ROUND_HALF_EVEN)
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return {}
    return {"_procurify_home_currency_rate": format(rate, "f")}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
