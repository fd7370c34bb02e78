"""A made-up tenant for the fake Procurify: records in which every declared field has a value."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from tap_procurify.schemas import bills, orders, reference, vendors
from tests.plugin.fake_procurify import FakeProcurify, Listing, Row, stamp

BEGIN = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

BILLS = "/api/v3/ap/bills/"
BILL = "/api/v2/ap/bills/"
ORDERS = "/api/v2/purchase_orders/purchased/all/"
ORDER = "/api/v2/purchase_orders/"
LINES = "/api/v3/order-items/"
RECEIPTS = "/api/v3/receipt/items/"
VENDORS = "/api/v3/vendors/all/"
VENDOR_ADDRESS = "/api/v3/vendors/"
PAYMENTS = "/api/public/v1/payments/"
REQUISITIONS = "/api/v2/global/orders/"

WHOLE_LISTS = {
    "/api/v3/account-codes/": reference.ACCOUNT_CODES,
    "/api/v3/accounts/": reference.ACCOUNTS,
    "/api/v3/departments/": reference.DEPARTMENTS,
    "/api/v2/locations/": reference.LOCATIONS,
    "/api/v2/currencies/": reference.CURRENCIES,
    "/api/v3/custom-fields/order-items/": reference.CUSTOM_FIELDS,
    "/api/v3/users/": reference.USERS,
    "/api/v2/ap/company-payment-methods/": reference.PAYMENT_METHODS,
    "/api/v2/ap/vendor-payment-methods/": reference.PAYMENT_METHODS,
}


def sample(schema: Mapping[str, Any]) -> Any:
    """A value that fits a schema, nothing null; derived fields are left out."""
    if "properties" in schema:
        return {
            name: sample(part)
            for name, part in schema["properties"].items()
            if not name.startswith("_procurify")
        }
    if "items" in schema:
        return [sample(schema["items"])]
    kind = next(name for name in schema["type"] if name != "null")
    if kind == "string":
        texts = {
            "date-time": "2026-03-01T09:00:00.120222-08:00",
            "date": "2026-03-01",
            "x-singer.decimal": "10.25000000",
        }
        return texts.get(schema.get("format", ""), "text")
    return {"integer": 1, "number": 12.5, "boolean": True, "object": {"note": "free"}}[kind]


BILL_ROW = sample(bills.BILL_ROW)
BILL_DETAIL = sample(bills.BILLS)
ORDER_ROW = sample(orders.PURCHASE_ORDER_ROW)
ORDER_DETAIL = sample(orders.PURCHASE_ORDERS)
ORDER_LINE = sample(orders.ORDER_ITEMS)
VENDOR = sample(vendors.VENDORS)
PAYMENT = sample(bills.PAYMENTS)


def bill_uuid(number: int) -> str:
    """The uuid of a bill."""
    return f"{number:032x}"


class Tenant:
    """The tenant's truth and the ways in which it changes."""

    def __init__(self) -> None:
        self.fake = FakeProcurify()
        self.bill_details: dict[str, Row] = {}
        self.order_details: dict[str, Row] = {}
        self.hidden_vendors: dict[str, Row] = {}
        lists = self.fake.lists
        lists[VENDORS] = Listing()
        lists[BILLS] = Listing(
            stamp_field="last_modified_datetime",
            lower="last_modified_datetime_0",
            upper="last_modified_datetime_1",
            extra={"permissions": {}, "summary": {}},
        )
        lists[ORDERS] = Listing(
            stamp_field="last_modified",
            lower="modified_date_0",
            upper="modified_date_1",
            is_day_grain=True,
            extra={"counts": {}},
        )
        lists[LINES] = Listing(
            stamp_field="last_modified",
            lower="last_modified_0",
            upper="last_modified_1",
            is_day_grain=True,
        )
        lists[RECEIPTS] = Listing(key="order_item", is_pagination_on_top=True)
        lists[PAYMENTS] = Listing(
            stamp_field="updated_at", lower="updated_at_after", upper="updated_at_before"
        )
        lists[REQUISITIONS] = Listing(
            stamp_field="dateModified",
            lower="modified_date_0",
            upper="modified_date_1",
            is_day_grain=True,
        )
        for path in WHOLE_LISTS:
            lists[path] = Listing()
        self.fake.details[BILL] = self.bill_details.get
        self.fake.details[ORDER] = self.order_details.get
        self.fake.details[VENDOR_ADDRESS] = self.find_vendor

    def put(self, path: str, key: str, row: Row) -> None:
        """Add a row to a list, or replace the one with its key."""
        rows = self.fake.lists[path].rows
        rows[:] = [old for old in rows if old[key] != row[key]] + [row]

    def put_bill(self, number: int, at: datetime, **fields: Any) -> Row:
        """Add or change a bill, in list and detail."""
        key = bill_uuid(number)
        row = {**BILL_ROW, "id": number, "uuid": key, "items": [number * 10], "status": 2}
        row |= {"last_modified_datetime": stamp(at), **fields}
        detail = {**copy.deepcopy(BILL_DETAIL), "id": number, "uuid": key, "status": row["status"]}
        detail |= {"last_modified_datetime": row["last_modified_datetime"], **fields}
        detail["items"][0]["id"] = number * 10
        detail["bill_statuses"][0]["status"] = 2
        self.put(BILLS, "uuid", row)
        self.bill_details[key] = detail
        return row

    def drop_bill(self, number: int) -> None:
        """Delete a bill for good."""
        rows = self.fake.lists[BILLS].rows
        rows[:] = [row for row in rows if row["uuid"] != bill_uuid(number)]
        del self.bill_details[bill_uuid(number)]

    def put_order(self, number: int, at: datetime, **fields: Any) -> Row:
        """Add or change an order, in list and detail."""
        row = {**ORDER_ROW, "procurify_PO": number, "last_modified": stamp(at)}
        row |= {"shipping_method": "Courier", **fields}
        detail = {**copy.deepcopy(ORDER_DETAIL), "procurify_PO": number, **fields}
        detail |= {"last_modified": row["last_modified"]}
        detail["shipping_method"] = {"id": 5, "name": "Courier", "description": "", "active": True}
        detail.pop("shipping_method_detail")
        detail["order_items"][0] |= {"id": number * 10, "receivedPassQty": 0.0}
        self.put(ORDERS, "procurify_PO", row)
        self.order_details[str(number)] = detail
        return row

    def put_line(self, number: int, order: int | None, at: datetime, **fields: Any) -> None:
        """Add or change an order line; the order's header stays as it is."""
        line = {**ORDER_LINE, "id": number, "purchase_order": order, "last_modified": stamp(at)}
        self.put(LINES, "id", line | fields)
        detail = self.order_details.get(str(order))
        if detail is not None:
            received = fields.get("receivedPassQty", "0")
            detail["order_items"][0] |= {"id": number, "receivedPassQty": float(received)}

    def put_payment(self, number: int, at: datetime, **fields: Any) -> None:
        """Add or change a payment."""
        row = {**PAYMENT, "id": number, "updated_at": stamp(at)}
        self.put(PAYMENTS, "id", row | fields)

    def put_vendor(self, number: int, at: datetime | None, **fields: Any) -> None:
        """Add or change a vendor."""
        row = {**VENDOR, "id": number, "dateModified": stamp(at) if at else None}
        self.put(VENDORS, "id", row | fields)

    def hide_vendor(self, number: int) -> None:
        """Make a vendor inactive and take it off the list; its own address knows it still."""
        rows = self.fake.lists[VENDORS].rows
        row = next(row for row in rows if row["id"] == number)
        rows.remove(row)
        self.hidden_vendors[str(number)] = {**row, "active": False}

    def find_vendor(self, key: str) -> Row | None:
        """A vendor as its own address shows it."""
        listing = self.fake.lists.get(VENDORS, Listing())
        listed = {str(row["id"]): row for row in listing.rows}
        row = listed.get(key) or self.hidden_vendors.get(key)
        return {**row, "performance": {"score": 5}} if row else None

    def fill(self) -> Tenant:
        """A few records in every list."""
        for number in range(1, 4):
            at = BEGIN + timedelta(hours=number)
            self.put_vendor(number, at)
            self.put_bill(number, at)
            self.put_order(number, at)
            self.put_line(number * 10, number, at)
            receipt = sample(orders.ITEM_RECEIPTS) | {"id": number, "order_item": number * 10}
            self.put(RECEIPTS, "id", receipt)
            self.put_payment(number, at)
            requisition = sample(orders.REQUISITIONS) | {"num": number, "dateModified": stamp(at)}
            self.put(REQUISITIONS, "num", requisition)
            for path, schema in WHOLE_LISTS.items():
                row = sample(schema) | {"id": number}
                row.pop("owner", None)
                self.put(path, "id", row)
        return self
