"""Every member that the samples of the contract show is shown here too, with values of its kind.

tests/data/contract/example_members.json keeps, per sample, the paths of its members and the kinds
of their values (``*`` is any element of a list); no value of a sample is kept.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest

from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.knobs import change_knobs
from erp_sandbox.purchases import APPROVED
from tests.conftest import ROOT
from tests.contract.procurify.caller import LOGIN, Caller

SAMPLES: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(
    (ROOT / "tests/data/contract/example_members.json").read_text()
)
# A sample of a read names its path alone, any other its method too.
READS = [name for name, sample in SAMPLES.items() if not str(sample["path"]).startswith("P")]
READS = [name for name in READS if not str(SAMPLES[name]["path"]).startswith("GET ")]
NEW = {"name": "Northwind & Sons", "email": ["a@b.example"], "type": 4, "overall_score": None}
DETAILS_MAX = 60


def kinds(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The path and kind of a value and of everything inside."""
    if isinstance(value, dict):
        yield path, "object"
        for name, inner in value.items():
            yield from kinds(inner, f"{path}/{name}")
    elif isinstance(value, list):
        yield path, "array"
        for inner in value:
            yield from kinds(inner, f"{path}/*")
    elif value is None:
        yield path, "null"
    elif isinstance(value, bool):
        yield path, "boolean"
    else:
        yield path, "number" if isinstance(value, int | float | Decimal) else "string"


def answers(caller: Caller, path: str) -> Iterator[object]:
    """A long page of a list, or many details."""
    listed = {"{bill}": "ap/bills/", "{vendor}": "vendors/all/"}
    for word, of in listed.items():
        if word in path:
            rows = caller.get(f"/api/v3/{of}?page_size=100").data
            ids = [str(row["uuid" if word == "{bill}" else "id"]) for row in rows[:DETAILS_MAX]]
            yield from (caller.get(path.replace(word, id_)).json for id_ in ids)
            return
    if "{order}" in path:
        rows = caller.get("/api/v2/purchase_orders/purchased/all/?page_size=100").data
        ids = [str(row["uuid"]) for row in rows[:DETAILS_MAX]]
        yield from (caller.get(path.replace("{order}", id_)).json for id_ in ids)
        return
    yield caller.get(f"{path}?page_size=100").json


@pytest.mark.parametrize("name", READS)
def test_every_member_of_a_sample_is_shown_with_its_kind(caller: Caller, name: str) -> None:
    """What is null or an empty list in all answers says nothing about what would be inside."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for answer in answers(caller, SAMPLES[name]["path"]):  # type: ignore[arg-type]
        for path, kind in kinds(answer):
            seen[path].add(kind)
    silent = [path for path, found in seen.items() if found <= {"null"}]
    silent += [path for path, found in seen.items() if "array" in found and f"{path}/*" not in seen]
    for path, words in SAMPLES[name]["members"].items():
        if any(path.startswith(f"{one}/") for one in silent):
            continue
        assert path in seen, f"{path} is not shown"
        told = set(words.split("|")) - {"null"}
        found = seen[path] - {"null"}
        assert not told or not found or told & found, f"{path}: {found}, the sample has {told}"


def other_answers(caller: Caller, state: ProcurifyState) -> dict[str, object]:
    """By sample the answers to writes, and the errors; for a request the body that is taken."""
    caller.send("POST", "/api/v3/vendors/", NEW)
    state.turn_knobs(change_knobs(state.knobs, {"may_user_write_all": True}))
    approved = next(bill for bill in state.bills.values() if bill.status == APPROVED)
    pay = {"bill_uuids": [approved.uuid], "bill_group_ids": [], "payment_date": "2026-04-08"}
    one = "/api/v3/vendors/6/"
    request = {
        **NEW,
        **{name: caller.get(one).data[name] for name in ("addressLineOne", "city", "postalCode")},
        **{name: caller.get(one).data[name] for name in ("state_province", "country", "phoneOne")},
        "name": "Taken As Sent",
        "active": True,
        "external_id": "V-1",
        "currency": 3,
        "is_1099_eligible": False,
    }
    found = {
        "token": caller.send("POST", "/oauth/token", LOGIN).json,
        "oauth_error": caller.send("POST", "/oauth/token", {**LOGIN, "client_id": "x"}).json,
        "error_detail": caller.get("/api/v3/vendors/999999/").json,
        "error_fields": caller.send("POST", "/api/v3/vendors/", {**NEW, "name": ""}).json,
        "ap_bills_mark_as_paid": caller.send("POST", "/api/v3/ap/bills/mark-as-paid/", pay).json,
        "vendors_create": caller.send("POST", "/api/v3/vendors/", request).json,
        "vendors_create_request": request,
        "vendors_update": caller.send("PUT", one, {**NEW, "name": "Put"}).json,
        "vendors_partial_update": caller.send("PATCH", one, {"name": "Patched"}).json,
    }
    state.turn_knobs(change_knobs(state.knobs, {"error_shape": "errors"}))
    refused = caller.send("POST", "/api/v3/vendors/", "x").json
    return {**found, "error_v3": refused}


def test_every_other_sample_is_answered_too(caller: Caller, state: ProcurifyState) -> None:
    """Writes, the token and the four forms of an error: no sample of the contract is left out."""
    found = other_answers(caller, state)
    assert {*READS, *found} == set(SAMPLES)
    for name, answer in found.items():
        seen = dict(kinds(answer))
        for path, words in SAMPLES[name]["members"].items():
            hidden = any(seen.get(path[:i]) in {"null", None} for i in range(len(path)))
            if path.endswith("/*") or hidden:
                continue
            assert path in seen, f"{name}: {path} is not shown"
            told = set(words.split("|")) | {"null"}
            assert seen[path] in told or told == {"null"}, f"{name}: {path} is {seen[path]}"
