"""Purchase orders: planned, released, then changed as far as the company lets them, ended.

Source: header minimum, line fields and the release as a step of its own are seen in code. Inferred:
from which states an order can be released, cancelled or closed, and what a released one forbids.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from erp_sandbox.ifs.behaviour import Act, SetRules
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model_orders import LINES, ORDERS, SITES
from erp_sandbox.ifs.refusal import NOT_THERE, RECORD_ERROR, Refusal, database_error
from erp_sandbox.ifs.store import Row

PLANNED, RELEASED, CANCELLED, CLOSED = "Planned", "Released", "Cancelled", "Closed"
CHANGEABLE = frozenset({PLANNED, RELEASED, "Confirmed"})
_UNRECEIVED = frozenset({PLANNED, RELEASED, "Confirmed", "Stopped"})
_CLOSEABLE = frozenset({RELEASED, "Confirmed", "Arrived", "Received"})
_OVER = frozenset({CANCELLED, CLOSED})
_CENT = Decimal("0.01")


# header


def check_new_order(ledger: Ledger, row: Row) -> None:
    """The company is that of the site; supplier, currency and buyer follow."""
    _derive(ledger, row)
    row["BuyerCode"] = row.get("BuyerCode") or ledger.knobs.default_buyer
    row["Objstate"] = PLANNED


def check_order_change(ledger: Ledger, before: Row, after: Row) -> None:
    """Number and supplier stay; the rest changes while nothing was received."""
    _check_changeable(ledger, before)
    if after["VendorNo"] != before["VendorNo"]:
        raise database_error(RECORD_ERROR, "PurchaseOrder", tag="READONLY", text="VendorNo")
    _derive(ledger, after)


def check_order_removal(_: Ledger, row: Row) -> None:
    """Only what was never released can be removed."""
    if row["Objstate"] != PLANNED:
        raise _wrong_state(row)


def after_order(ledger: Ledger, row: Row) -> None:
    """No line stays behind when its order is gone."""
    if ledger.store.get(ORDERS, row["OrderNo"]) is None:
        for line in _lines_of(ledger, row):
            ledger.store.remove(LINES, line)


def _derive(ledger: Ledger, row: Row) -> None:
    """Company from the site, currency from the supplier in it.

    Raises:
        Refusal: site, supplier or currency are not there.
    """
    store = ledger.store
    site = store.get(SITES, row["Contract"])
    if site is None:
        raise database_error(NOT_THERE, "Site", tag="NOTEXIST")
    row["Company"] = company = site["Company"]
    for name in ("VendorNo", "InvoicingSupplier"):
        if store.get("SupplierInfoGeneralSet", row[name]) is None:
            raise database_error(NOT_THERE, "Supplier", tag="NOTEXIST", text=name)
    if not row.get("CurrencyCode"):
        own = store.get("SupplierInvoiceCompanies", company, row["VendorNo"], "Supplier")
        row["CurrencyCode"] = own.get("DefCurrency") if own else None
    if store.get("CurrencyCodeSet", company, row.get("CurrencyCode")) is None:
        raise database_error(NOT_THERE, "CurrencyCode", tag="NOTEXIST")


# lines


def fill_line(ledger: Ledger, row: Row) -> None:
    """Line and release number where none is given, and what the header says."""
    order = _order_of(ledger, row)
    if not row.get("LineNo"):
        numbers = [line["LineNo"] for line in _lines_of(ledger, order)]
        row["LineNo"] = str(max((int(n) for n in numbers if n.isdigit()), default=0) + 1)
    row["ReleaseNo"] = row.get("ReleaseNo") or "1"
    row["CurrencyCode"] = row.get("CurrencyCode") or order["CurrencyCode"]
    row["Contract"] = row.get("Contract") or order["Contract"]
    row["VendorNo"] = order["VendorNo"]
    row["BuyerCode"] = row.get("BuyerCode") or order["BuyerCode"]
    row["PriceUnitMeas"] = row.get("PriceUnitMeas") or row.get("BuyUnitMeas")
    row["ConvFactor"] = row.get("ConvFactor") or 1


def check_new_line(ledger: Ledger, row: Row) -> None:
    """A line names a part or a description; below a released order it is released."""
    order = _order_of(ledger, row)
    _check_changeable(ledger, order)
    _check_line(order, row)
    row["Objstate"] = order["Objstate"]
    _value(row)


def check_line_change(ledger: Ledger, before: Row, after: Row) -> None:
    """Quantity, price and words change while nothing was received."""
    order = _order_of(ledger, before)
    _check_changeable(ledger, order)
    if before["Objstate"] not in CHANGEABLE:
        raise _wrong_state(before)
    _check_line(order, after)
    if after["BuyUnitPrice"] != before["BuyUnitPrice"]:
        after["FbuyUnitPrice"] = None
    _value(after)


def check_line_removal(ledger: Ledger, row: Row) -> None:
    """A planned line goes; a released one by the knob."""
    order = _order_of(ledger, row)
    _check_changeable(ledger, order)
    if row["Objstate"] != PLANNED and not ledger.knobs.released_lines_removable:
        raise _wrong_state(row)


def _check_line(order: Row, row: Row) -> None:
    if not (row.get("PartNo") or row.get("Description")):
        raise database_error(RECORD_ERROR, "PurchaseOrderLine", tag="NULLVALUE", text="Description")
    if row["BuyQtyDue"] <= 0:
        raise database_error(RECORD_ERROR, "PurchaseOrderLine", tag="QTYNOTPOSITIVE")
    if (row["CurrencyCode"], row["Contract"]) != (order["CurrencyCode"], order["Contract"]):
        raise database_error(RECORD_ERROR, "PurchaseOrderLine", tag="DIFFERSFROMHEADER")


def _value(row: Row) -> None:
    """Net is quantity by price in cents; tax of orders is not kept here."""
    row["FbuyUnitPrice"] = row.get("FbuyUnitPrice") or row["BuyUnitPrice"]
    quantity, price = Decimal(row["BuyQtyDue"]), Decimal(row["BuyUnitPrice"])
    row["NetAmtCurr"] = (quantity * price).quantize(_CENT, rounding=ROUND_HALF_UP)
    row["GrossAmtCurr"] = row["NetAmtCurr"]


# actions


def release(ledger: Ledger, order: Row, parameters: Row) -> Row:
    """Release a planned order with its lines.

    Raises:
        Refusal: it is not planned, or has no line.
    """
    if not _lines_of(ledger, order):
        raise database_error(RECORD_ERROR, "PurchaseOrder", tag="NOLINES")
    return _move(frozenset({PLANNED}), RELEASED)(ledger, order, parameters)


def _move(sources: frozenset[str], state: str) -> Act:
    """An action that brings an order and its lines from some states to another."""

    def act(ledger: Ledger, order: Row, parameters: Row) -> Row:
        del parameters
        if order["Objstate"] not in sources:
            raise _wrong_state(order)
        for line in _lines_of(ledger, order):
            if line["Objstate"] not in _OVER:
                ledger.store.put(LINES, {**line, "Objstate": state})
        return ledger.store.put(ORDERS, {**order, "Objstate": state})

    return act


# look-ups


def _order_of(ledger: Ledger, row: Mapping[str, object]) -> Row:
    order = ledger.store.get(ORDERS, row.get("OrderNo"))
    if order is None:
        raise database_error(NOT_THERE, "PurchaseOrder", tag="NOTEXIST")
    return order


def _lines_of(ledger: Ledger, order: Row) -> list[Row]:
    return list(ledger.store.rows(LINES, {"OrderNo": order["OrderNo"]}))


def _check_changeable(ledger: Ledger, order: Row) -> None:
    """Whether an order may still be changed in its state and in its company.

    Raises:
        Refusal: it may not.
    """
    if order["Objstate"] not in CHANGEABLE:
        raise _wrong_state(order)
    company = ledger.store.get("CompanyProcurementInfoArray", order["Company"])
    may_change = company is None or company.get("AllowChangesToPo")
    if order["Objstate"] != PLANNED and not may_change:
        raise database_error(RECORD_ERROR, "PurchaseOrder", tag="CHANGEORDER")


def _wrong_state(row: Row) -> Refusal:
    return database_error(RECORD_ERROR, "PurchaseOrder", tag="WRONGSTATE", text=row["Objstate"])


RULES = {
    ORDERS: SetRules(
        check_new=check_new_order,
        check_change=check_order_change,
        check_removal=check_order_removal,
        after=after_order,
    ),
    LINES: SetRules(
        fill=fill_line,
        check_new=check_new_line,
        check_change=check_line_change,
        check_removal=check_line_removal,
    ),
}
ACTIONS: Mapping[str, Act] = {
    "PurchaseOrder_Release": release,
    "PurchaseOrder_Cancel": _move(_UNRECEIVED, CANCELLED),
    "PurchaseOrder_Close": _move(_CLOSEABLE, CLOSED),
}
