"""Vendors: groups, shapes, and the only writes there are."""

from __future__ import annotations

from typing import Any

import pytest

from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.knobs import change_knobs
from tests.contract.procurify.caller import Caller
from tests.contract.procurify.shapes import (
    VENDOR_DETAIL,
    VENDOR_REPLACED,
    VENDOR_ROW,
    faults_of,
)

LIST, ALL = "/api/v3/vendors/", "/api/v3/vendors/all/"
NEW: dict[str, Any] = {
    "name": "Brand New Reagents",
    "email": ["ar@new.example"],
    "type": 4,
    "overall_score": None,
    "external_id": "V-77001",
    "currency": 3,
}


def test_rows_and_details_have_the_documented_fields(caller: Caller) -> None:
    """Source: documented."""
    rows = caller.all_rows(ALL)
    assert [fault for row in rows for fault in faults_of(row, VENDOR_ROW)] == []
    details = [caller.get(f"{LIST}{row['id']}/").data for row in rows]
    assert [fault for row in details for fault in faults_of(row, VENDOR_DETAIL)] == []


def test_list_shows_active_vendors_only(caller: Caller, state: ProcurifyState) -> None:
    """Source: documented; what the group ``all`` shows is unknown, so a knob."""
    assert all(row["active"] for row in caller.all_rows(LIST))
    assert sum(not row["active"] for row in caller.all_rows(ALL)) == 1
    state.turn_knobs(change_knobs(state.knobs, {"does_all_group_list_inactive": False}))
    assert all(row["active"] for row in caller.all_rows(ALL))


@pytest.mark.parametrize(
    ("group", "types"),
    [
        ("preferred", {3}),
        ("purchasable", {3, 4}),
        ("other", {1}),
        ("credit_card_providers", {6}),
        ("all", {1, 3, 4, 5, 6}),
        ("default", {1, 3, 4, 5, 6}),
    ],
)
def test_groups_hold_their_types(caller: Caller, group: str, types: set[int]) -> None:
    """Source: names documented, contents inferred."""
    assert {row["type"] for row in caller.all_rows(f"{LIST}{group}/")} == types


def test_unknown_group_is_not_found(caller: Caller) -> None:
    """Source: inferred."""
    assert caller.get(f"{LIST}inactive/").status == 404


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("external_id=V-10006", lambda row: row["external_id"] == "V-10006"),
        ("type=6", lambda row: row["type"] == 6),
        ("type__in=employee&type__in=other", lambda row: row["type"] in {1, 5}),
        ("type__in=pending", lambda row: row["vendor_request"] is not None),
        ("exclude_other=true", lambda row: row["type"] != 1),
        ("name=freight", lambda row: "freight" in row["name"].lower()),
    ],
)
def test_filters_of_the_vendor_list(caller: Caller, query: str, test: Any) -> None:
    """Source: names documented. There is no filter on the change stamp."""
    wanted = {row["id"] for row in caller.all_rows(LIST) if test(row)}
    assert {row["id"] for row in caller.all_rows(LIST, query)} == wanted != set()
    assert len(caller.all_rows(LIST, "dateModified_0=2030-01-01")) == 57


def test_bank_numbers_are_masked(caller: Caller) -> None:
    """Source: documented."""
    rows = caller.all_rows("/api/v2/ap/vendor-payment-methods/")
    assert rows
    assert all(row["data"]["account_number"].startswith("****") for row in rows)
    inside = [row for row in caller.all_rows(ALL) if row["payment_methods"]]
    assert {row["id"] for row in inside} == {row["vendor"] for row in rows}


def test_vendor_is_created(caller: Caller, state: ProcurifyState) -> None:
    """Source: 201 with the detail is documented."""
    reply = caller.send("POST", LIST, NEW)
    assert (reply.status, reply.json["metadata"]) == (201, {})
    created = reply.data
    assert faults_of(created, VENDOR_DETAIL) == []
    assert {name: created[name] for name in NEW} == NEW
    assert created["active"] is True
    assert state.vendors[created["id"]].modified == state.clock.now()
    found = caller.get(f"{LIST}?external_id=V-77001").data
    assert [row["id"] for row in found] == [created["id"]]


@pytest.mark.parametrize("field", ["name", "email", "type", "overall_score"])
def test_required_fields_are_asked_for(caller: Caller, field: str) -> None:
    """Source: published as required, the score oddly so."""
    body = {name: value for name, value in NEW.items() if name != field}
    for method, path in (("POST", LIST), ("PUT", f"{LIST}6/")):
        reply = caller.send(method, path, body)
        assert (reply.status, reply.json) == (400, {field: ["This field is required."]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", "x" * 151),
        ("email", "ar@new.example"),
        ("email", ["no address"]),
        ("email", None),
        ("type", 1),
        ("type", 5),
        ("type", "4"),
        ("active", "yes"),
        ("active", None),
        ("currency", 2),
        ("currency", "USD"),
        ("tax", 999),
        ("postalCode", "x" * 21),
        ("external_id", 10006),
        ("payment_term_ref", {"name": "Net 31"}),
        ("payment_term_ref", 99),
        ("shipping_term_ref", "FOB"),
    ],
)
def test_wrong_values_are_refused_by_field(caller: Caller, field: str, value: object) -> None:
    """Source: lengths and types documented, messages inferred. Types 1 and 5 cannot be sent."""
    before = caller.get(f"{LIST}6/").body
    for method, path in (("POST", LIST), ("PATCH", f"{LIST}6/")):
        reply = caller.send(method, path, {**NEW, field: value})
        assert reply.status == 400
        assert list(reply.json) == [field]
    assert caller.get(f"{LIST}6/").body == before


def test_all_faults_come_at_once_in_either_shape(caller: Caller, state: ProcurifyState) -> None:
    """Source: both shapes are expected; a knob chooses."""
    wrong = {"type": 9, "currency": 2}
    assert set(caller.send("POST", LIST, wrong).json) == {
        "name",
        "email",
        "type",
        "currency",
        "overall_score",
    }
    state.turn_knobs(change_knobs(state.knobs, {"error_shape": "errors"}))
    errors = caller.send("PATCH", f"{LIST}6/", wrong).json["errors"]
    assert set(errors) == {"type", "currency"}
    assert set(errors["type"]) == {"message", "code"}


@pytest.mark.parametrize("form", [11, {"name": "Net 30", "description": "", "active": True}, None])
def test_payment_term_is_taken_in_every_form(caller: Caller, form: object) -> None:
    """Source: which form a server takes is unknown."""
    changed = caller.send("PATCH", f"{LIST}6/", {"payment_term_ref": form}).data
    assert changed["payment_term_ref"] == (
        {"id": 11, "name": "Net 30", "description": "Net 30", "active": True} if form else None
    )


def test_name_of_an_active_vendor_is_refused(caller: Caller, state: ProcurifyState) -> None:
    """Source: inferred, switchable. A vendor may keep its own name, or change its case."""
    name = caller.get(f"{LIST}6/").data["name"]
    again = {**NEW, "name": name.upper()}
    assert list(caller.send("POST", LIST, again).json) == ["name"]
    assert caller.send("PATCH", f"{LIST}7/", {"name": name}).status == 400
    assert caller.send("PATCH", f"{LIST}6/", {"name": name.upper()}).status == 200
    caller.send("PATCH", f"{LIST}6/", {"active": False})
    assert caller.send("PATCH", f"{LIST}7/", {"name": name}).status == 200
    state.turn_knobs(change_knobs(state.knobs, {"is_duplicate_name_refused": False}))
    assert caller.send("POST", LIST, again).status == 201


def test_patch_changes_one_field_and_answers_with_a_list_row(
    caller: Caller, state: ProcurifyState
) -> None:
    """Source: documented."""
    before = caller.get(f"{LIST}?external_id=V-10006").data[0]
    state.clock.advance(60)
    changed = caller.send("PATCH", f"{LIST}6/", {"city": "Leeds"}).data
    assert faults_of(changed, VENDOR_ROW) == []
    assert changed["dateModified"] > before["dateModified"]
    moved = {"city": "Leeds", "dateModified": changed["dateModified"]}
    assert changed == {**before, **moved}


def test_empty_patch_moves_the_change_stamp(caller: Caller) -> None:
    """Source: seen in code."""
    before = caller.get(f"{LIST}6/").data["dateModified"]
    reply = caller.send("PATCH", f"{LIST}6/", {"overall_score": None, "id": 7, "nonsense": 1})
    assert reply.data["dateModified"] > before
    assert reply.data["id"] == 6


def test_put_answers_with_references_as_ids(caller: Caller) -> None:
    """Source: documented."""
    changed = caller.send("PUT", f"{LIST}6/", {**NEW, "payment_term_ref": 12}).data
    assert faults_of(changed, VENDOR_REPLACED) == []
    assert (changed["payment_term_ref"], changed["name"]) == (12, NEW["name"])


def test_put_leaves_what_is_not_sent_and_passes_over_the_score(
    caller: Caller, state: ProcurifyState
) -> None:
    """Source: inferred."""
    before = caller.get(f"{LIST}6/").data
    score = state.vendors[6].overall_score
    caller.send("PUT", f"{LIST}6/", {**NEW, "overall_score": None})
    after = caller.get(f"{LIST}6/").data
    kept = [name for name in before if name not in {*NEW, "dateModified"}]
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert state.vendors[6].overall_score == score


def test_inactive_vendor_leaves_the_list_and_stays_to_be_found(caller: Caller) -> None:
    """Source: list documented as active only; deactivation by PATCH inferred."""
    caller.send("PATCH", f"{LIST}6/", {"active": False})
    assert caller.get(f"{LIST}?external_id=V-10006").data == []
    assert caller.get(f"{LIST}6/").data["active"] is False


def test_vendor_that_does_not_exist_is_not_found(caller: Caller) -> None:
    """Source: inferred."""
    for method in ("GET", "PATCH", "PUT"):
        reply = caller.send(method, f"{LIST}9999/", NEW)
        assert (reply.status, reply.json) == (404, {"detail": "Not found."})


def test_body_that_is_no_json_object_is_refused(caller: Caller) -> None:
    """Source: inferred."""
    assert caller.send("POST", LIST, b"{broken").status == 400
    assert caller.send("POST", LIST, b"[1]").status == 400
    text = {"content-type": "text/plain"}
    assert caller.send("POST", LIST, b"{}", headers=text).status == 415
