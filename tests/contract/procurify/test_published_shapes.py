"""What the stand-in answers has the shapes that Procurify publishes, row by row.

The shapes are this project's own copy of the facts (names, types, lengths, enumerations) of the
published API description; see tests/data/contract.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.knobs import change_knobs
from erp_sandbox.purchases import APPROVED
from tests.conftest import ROOT
from tests.contract.procurify.caller import LOGIN, Caller

SHAPES = json.loads((ROOT / "tests/data/contract/procurify_shapes.json").read_text())
ROWS_MAX = 40
DETAILS_MAX = 25
ENDPOINTS = {(one["method"], one["path"]): one for one in SHAPES["endpoints"]}
READS = [path for method, path in ENDPOINTS if method == "GET"]


def _is_number(_: object, value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_whole(_: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


EXACT = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": _is_number, "integer": _is_whole}
    ),
)


def faults(schema: Mapping[str, Any], value: object) -> list[str]:
    """Where a value has another shape."""
    validator = EXACT({**schema, "$defs": SHAPES["$defs"]})
    found = sorted(validator.iter_errors(value), key=lambda error: list(map(str, error.path)))
    return [f"{'/'.join(map(str, one.path))}: {one.message[:200]}" for one in found[:5]]


def _ids(caller: Caller, path: str) -> list[str]:
    """The addresses that a path with a placeholder stands for."""
    if path == "/api/v2/purchase_orders/{role}/{status}/":
        roles = ("purchased", "receivable")
        return [f"/api/v2/purchase_orders/{role}/{state}/" for role in roles for state in ("all",)]
    lists: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
        "/api/v3/vendors/{id}/": ("/api/v3/vendors/all/", lambda row: row["id"]),
        "/api/v2/purchase_orders/{id}/": (
            "/api/v2/purchase_orders/purchased/all/",
            lambda row: row["uuid"],
        ),
        "/api/v2/ap/bills/{id}/": ("/api/v3/ap/bills/", lambda row: row["uuid"]),
        "/api/v2/locations/{id}/": ("/api/v2/locations/", lambda row: row["id"]),
    }
    listed, id_of = lists[path]
    rows = caller.get(f"{listed}?page_size=100").data
    return [
        path.replace("{id}", str(id_of(row))) for row in rows[:: max(len(rows) // DETAILS_MAX, 1)]
    ]


@pytest.mark.parametrize("path", READS)
def test_reads_have_the_published_shape(caller: Caller, state: ProcurifyState, path: str) -> None:
    """Lists by a page of many rows, details one by one."""
    state.turn_knobs(change_knobs(state.knobs, {"is_old_payment_list_offered": True}))
    schema = ENDPOINTS["GET", path]["schema"]
    addresses = _ids(caller, path) if "{" in path else [f"{path}?page_size={ROWS_MAX}"]
    assert addresses
    for address in addresses:
        reply = caller.get(address)
        assert reply.status == 200, (address, reply.body[:200])
        assert faults(schema, reply.json) == [], address


def test_every_published_write_answers_in_its_shape(caller: Caller, state: ProcurifyState) -> None:
    """Where the user may do more than write vendors; no endpoint of the copy is left out."""
    state.turn_knobs(change_knobs(state.knobs, {"may_user_write_all": True}))
    bill = next(one for one in state.bills.values() if one.status == APPROVED)
    order = next(one for one in state.orders.values() if one.is_open)
    at = "/api/v3/purchase-orders/{procurify_PO}/"
    paid = {"bill_uuids": [bill.uuid], "bill_group_ids": [], "payment_date": "2026-09-30"}
    vendor = {"name": "Shape", "email": [], "type": 4, "overall_score": None}
    assert faults({"$ref": "#/$defs/OptimizedVendorRequest"}, vendor) == []
    calls: tuple[tuple[str, str, str, Any], ...] = (
        ("POST", "/oauth/token", "/oauth/token", LOGIN),
        ("PATCH", "/api/v3/ap/bills/{id}/", f"/api/v3/ap/bills/{bill.uuid}/", {"note": "x"}),
        ("POST", "/api/v3/ap/bills/mark-as-paid/", "/api/v3/ap/bills/mark-as-paid/", paid),
        ("POST", f"{at}close/", f"/api/v3/purchase-orders/{order.id}/close/", {}),
        ("POST", f"{at}reopen/", f"/api/v3/purchase-orders/{order.id}/reopen/", {}),
        ("POST", "/api/v3/vendors/", "/api/v3/vendors/", vendor),
        ("PUT", "/api/v3/vendors/{id}/", "/api/v3/vendors/6/", vendor | {"name": "Put"}),
        ("PATCH", "/api/v3/vendors/{id}/", "/api/v3/vendors/6/", {"city": "Austin"}),
    )
    assert {call[:2] for call in calls} == {one for one in ENDPOINTS if one[0] != "GET"}
    for method, path, address, body in calls:
        reply = caller.send(method, address, body)
        assert reply.status == ENDPOINTS[method, path]["status"], (address, reply.body[:200])
        schema = ENDPOINTS[method, path]["schema"]
        if schema is None:
            assert reply.body == b"", address
        else:
            assert faults(schema, reply.json) == [], address


def test_vendor_writes_answer_in_the_published_shapes(caller: Caller) -> None:
    """POST as a detail, PUT with references as ids, PATCH as a list row."""
    body: dict[str, Any] = {"name": "Shape & Sons", "email": ["a@b.example"], "type": 4}
    body["overall_score"] = None
    made = caller.send("POST", "/api/v3/vendors/", body)
    assert made.status == 201, made.body
    assert faults(ENDPOINTS["POST", "/api/v3/vendors/"]["schema"], made.json) == []
    one = f"/api/v3/vendors/{made.data['id']}/"
    for method in ("PUT", "PATCH"):
        reply = caller.send(method, one, body)
        assert reply.status == 200, reply.body
        schema = ENDPOINTS[method, "/api/v3/vendors/{id}/"]["schema"]
        assert faults(schema, reply.json) == [], method


def test_a_wrong_shape_is_found() -> None:
    """A number in the place of a text, a member that is missing, a text that is too long."""
    schema = ENDPOINTS["GET", "/api/v2/currencies/"]["schema"]
    good = {"metadata": {"pagination": {}}, "data": []}
    assert faults(schema, good) != []
    vendor = {"$ref": "#/$defs/OptimizedVendor"}
    assert any("name" in fault for fault in faults(vendor, {"name": 7}))
    assert any("long" in fault for fault in faults(vendor, {"name": "x" * 151}))
