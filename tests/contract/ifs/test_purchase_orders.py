"""Purchase orders of IFS: header and lines, release, changes, end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.ifs.site import Caller, Row, error_of

ORDERS = "PurchaseOrderHandling"
ORDER: Mapping[str, Any] = {
    "OrderNo": "A-1",
    "VendorNo": "V-10006",
    "InvoicingSupplier": "V-10006",
    "Contract": "HCA01",
    "OrderCode": "1",
    "OrderDate": "2026-03-02",
    "WantedReceiptDate": "2026-03-09T00:00:00Z",
    "AuthorizeCode": "COORD",
    "CurrencyCode": "CAD",
}
LINE: Mapping[str, Any] = {
    "LineNo": "1",
    "ReleaseNo": "1",
    "Description": "Tips",
    "BuyQtyDue": 4,
    "BuyUnitPrice": 2.5,
    "BuyUnitMeas": "PCS",
}
PATH = "PurchaseOrderSet(OrderNo='A-1')"
LINES = f"{PATH}/PurchaseOrderLineNopartArray"
LINE_PATH = "PurchaseOrderLineNopartSet(OrderNo='A-1',LineNo='1',ReleaseNo='1')"


def ordered(caller: Caller, *lines: Mapping[str, Any]) -> Row:
    """A planned order with these lines, or one."""
    order = caller.post(ORDERS, "PurchaseOrderSet", ORDER)
    for line in lines or (LINE,):
        caller.post(ORDERS, LINES, line)
    return order


def act(caller: Caller, name: str) -> tuple[int, str]:
    """Status, and the state of the order or the text of the refusal."""
    answer = caller.act(ORDERS, PATH, f"PurchaseOrder_{name}")
    if answer.status_code != 201:
        return answer.status_code, error_of(answer)[2]
    return answer.status_code, str(answer.json()["Objstate"])


def test_company_follows_from_the_site_and_currency_and_buyer_are_filled_in(caller: Caller) -> None:
    """Company is derived, buyer and currency come back defaulted: seen in code."""
    body = {name: value for name, value in ORDER.items() if name not in {"CurrencyCode", "OrderNo"}}
    order = caller.post(ORDERS, "PurchaseOrderSet", body)
    assert (order["Company"], order["Objstate"]) == ("HCA", "Planned")
    assert order["OrderNo"].isdigit()
    assert order["CurrencyCode"]
    assert order["BuyerCode"]


@pytest.mark.parametrize(
    "name",
    [
        "VendorNo",
        "InvoicingSupplier",
        "Contract",
        "OrderCode",
        "OrderDate",
        "WantedReceiptDate",
        "AuthorizeCode",
    ],
)
def test_the_header_minimum_is_asked_for(caller: Caller, name: str) -> None:
    """Seen in code."""
    body = {key: value for key, value in ORDER.items() if key != name}
    answer = caller.call("POST", ORDERS, "PurchaseOrderSet", json=body)
    assert error_of(answer)[2] == f"ORA-20110: PurchaseOrder.NULLVALUE: {name}"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"Contract": "NONE"}, "ORA-20111: Site.NOTEXIST"),
        ({"VendorNo": "NOBODY"}, "ORA-20111: Supplier.NOTEXIST"),
        ({"CurrencyCode": "XXX"}, "ORA-20111: CurrencyCode.NOTEXIST"),
        ({"OrderNo": "1234567890123"}, "ORA-20110: PurchaseOrder.TOOLONG"),
        ({"Company": "HUS"}, "ORA-20110: PurchaseOrder.READONLY"),
    ],
)
def test_a_wrong_header_is_refused(caller: Caller, change: Mapping[str, Any], text: str) -> None:
    """The order number takes twelve characters, as documented for the exchange of invoices."""
    answer = caller.call("POST", ORDERS, "PurchaseOrderSet", json={**ORDER, **change})
    assert error_of(answer)[2].startswith(text)


def test_a_moment_is_no_day(caller: Caller) -> None:
    """Documented literals: a timestamp has a time and a zone, a date has neither."""
    for change in ({"WantedReceiptDate": "2026-03-09"}, {"OrderDate": "2026-03-02T00:00:00Z"}):
        answer = caller.call("POST", ORDERS, "PurchaseOrderSet", json={**ORDER, **change})
        assert error_of(answer)[:2] == (400, "ODP_DESERIALIZATION_ERROR")


def test_a_line_gets_what_its_header_says_and_its_amount(caller: Caller) -> None:
    """Net amount, supplier, site and currency are the server's: seen in code."""
    ordered(caller)
    (line,) = caller.rows(ORDERS, "PurchaseOrderLineNopartSet", filter="OrderNo eq 'A-1'")
    assert (line["NetAmtCurr"], line["CurrencyCode"], line["VendorNo"]) == (10, "CAD", "V-10006")
    assert (line["Contract"], line["Objstate"]) == ("HCA01", "Planned")
    assert line["FbuyUnitPrice"] == line["BuyUnitPrice"]


def test_lines_are_numbered_where_no_number_is_given(caller: Caller) -> None:
    """Inferred: texts that count."""
    bare = {k: v for k, v in LINE.items() if k not in {"LineNo", "ReleaseNo"}}
    ordered(caller, {**LINE, "LineNo": "3"}, bare)
    rows = caller.rows(ORDERS, LINES, orderby="LineNo")
    assert [(row["LineNo"], row["ReleaseNo"]) for row in rows] == [("3", "1"), ("4", "1")]


@pytest.mark.parametrize("name", ["BuyQtyDue", "BuyUnitPrice", "BuyUnitMeas", "Description"])
def test_what_a_line_must_have_is_asked_for(caller: Caller, name: str) -> None:
    """Quantity, price, unit, and a part or a description: seen in code."""
    caller.post(ORDERS, "PurchaseOrderSet", ORDER)
    body = {key: value for key, value in LINE.items() if key != name}
    answer = caller.call("POST", ORDERS, LINES, json=body)
    assert error_of(answer)[2].endswith(f"NULLVALUE: {name}")


def test_a_line_in_the_flat_set_needs_its_order(caller: Caller) -> None:
    """The flat set shows the same rows; a line without an order is refused."""
    path = "PurchaseOrderLineNopartSet"
    refused = caller.call("POST", ORDERS, path, json={**LINE, "OrderNo": "A-1"})
    assert "ORA-20111: PurchaseOrder.NOTEXIST" in error_of(refused)[2]
    caller.post(ORDERS, "PurchaseOrderSet", ORDER)
    caller.post(ORDERS, path, {**LINE, "OrderNo": "A-1"})
    assert len(caller.rows(ORDERS, LINES)) == 1


def test_the_release_is_a_step_of_its_own(caller: Caller) -> None:
    """Seen in code: after the lines; it needs the etag and takes the lines with it."""
    caller.post(ORDERS, "PurchaseOrderSet", ORDER)
    assert "NOLINES" in act(caller, "Release")[1]
    caller.post(ORDERS, LINES, LINE)
    bare = caller.call("POST", ORDERS, f"{PATH}/IfsApp.{ORDERS}.PurchaseOrder_Release", json={})
    assert error_of(bare)[0] == 428
    assert act(caller, "Release") == (201, "Released")
    assert caller.get(ORDERS, LINE_PATH)["Objstate"] == "Released"
    assert "WRONGSTATE: Released" in act(caller, "Release")[1]


def test_a_released_order_changes_until_something_is_received(caller: Caller) -> None:
    """Change control is a setting of the company (name seen in code, meaning inferred)."""
    ordered(caller)
    act(caller, "Release")
    changed = caller.change("PATCH", ORDERS, LINE_PATH, {"BuyQtyDue": 6})
    assert changed.json()["NetAmtCurr"] == 15
    caller.edit("CompanyProcurementInfoArray", ["HCA"], AllowChangesToPo=False)
    refused = caller.change("PATCH", ORDERS, LINE_PATH, {"BuyQtyDue": 7})
    assert "CHANGEORDER" in error_of(refused)[2]
    caller.edit("CompanyProcurementInfoArray", ["HCA"], AllowChangesToPo=True)
    caller.edit("PurchaseOrderSet", ["A-1"], Objstate="Received")
    refused = caller.change("PATCH", ORDERS, LINE_PATH, {"BuyQtyDue": 7})
    assert "WRONGSTATE: Received" in error_of(refused)[2]


@pytest.mark.parametrize(("is_removable", "status"), [(True, 204), (False, 400)])
def test_a_released_line_goes_by_the_knob(
    caller: Caller, *, is_removable: bool, status: int
) -> None:
    """Inferred: nothing public tells."""
    caller.control.turn_knobs(released_lines_removable=is_removable)
    ordered(caller)
    act(caller, "Release")
    assert caller.change("DELETE", ORDERS, LINE_PATH).status_code == status


@pytest.mark.parametrize(
    ("state", "action", "status"),
    [
        ("Planned", "Cancel", 201),
        ("Released", "Cancel", 201),
        ("Received", "Cancel", 400),
        ("Cancelled", "Cancel", 400),
        ("Planned", "Close", 400),
        ("Released", "Close", 201),
        ("Received", "Close", 201),
        ("Closed", "Close", 400),
    ],
)
def test_orders_end_from_the_states_that_allow_it(
    caller: Caller, state: str, action: str, status: int
) -> None:
    """States are seen in code or inferred; which lead where is inferred."""
    ordered(caller)
    caller.edit("PurchaseOrderSet", ["A-1"], Objstate=state)
    assert act(caller, action)[0] == status


def test_the_number_of_a_cancelled_order_stays_taken(caller: Caller) -> None:
    """Inferred from the key: the row stays."""
    ordered(caller)
    act(caller, "Cancel")
    answer = caller.call("POST", ORDERS, "PurchaseOrderSet", json=dict(ORDER))
    assert "ORA-20112: PurchaseOrder.EXIST" in error_of(answer)[2]


def test_only_a_planned_order_is_removed_and_its_lines_go_with_it(caller: Caller) -> None:
    """Inferred."""
    ordered(caller, LINE, {**LINE, "LineNo": "2"})
    assert caller.change("DELETE", ORDERS, PATH).status_code == 204
    assert caller.control.books()["orders"] == []
    ordered(caller)
    assert caller.control.books()["orders"][0]["lines"][0]["LineNo"] == "1"
    act(caller, "Release")
    assert "WRONGSTATE" in error_of(caller.change("DELETE", ORDERS, PATH))[2]


def test_entity_services_answer_on_int_once_they_are_switched_on(caller: Caller) -> None:
    """Documented; lines with a part stand in a set of their own: seen in code."""
    part = {**LINE, "OrderNo": "A-1", "LineNo": "2", "PartNo": "P-77", "Description": None}
    place = {"endpoint": "int", "family": "entity"}
    caller.post(ORDERS, "PurchaseOrderSet", ORDER)
    caller.post(ORDERS, LINES, LINE)
    off = caller.call("GET", "PurchaseOrderLineEntity", "PurchaseOrderLineSet", **place)
    assert off.status_code == 404
    names = ["PurchaseOrderLineEntity", "PurchaseOrderLinePartEntity"]
    caller.control.turn_knobs(entity_services_active=names)
    made = caller.call("POST", names[1], "PurchaseOrderLinePartSet", json=part, **place)
    assert made.status_code == 201, made.text
    whole = caller.call("GET", names[0], "PurchaseOrderLineSet", **place).json()["value"]
    parts = caller.call("GET", names[1], "PurchaseOrderLinePartSet", **place).json()["value"]
    assert [row["LineNo"] for row in whole] == ["1", "2"]
    assert [row["PartNo"] for row in parts] == ["P-77"]
    assert [row["LineNo"] for row in caller.rows(ORDERS, LINES)] == ["1"]
    main = caller.call("GET", names[0], "PurchaseOrderLineSet")
    assert main.status_code == 404
