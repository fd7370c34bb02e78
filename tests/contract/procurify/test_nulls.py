"""Every member that may be null is null in some row, if the sandbox is told so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.knobs import change_knobs
from tests.contract.procurify.caller import Caller
from tests.contract.procurify.test_published_shapes import ENDPOINTS, READS, SHAPES, _ids, faults

# Links of a page, and what one of the two published descriptions has not.
NOT_NULLED = {"next", "previous", "payment_uuid", "PO"}


@pytest.fixture
def sparse_caller(caller: Caller, state: ProcurifyState) -> Caller:
    """A caller for whom every row has null wherever it may."""
    knobs: dict[str, object] = {"null_every": 1, "is_old_payment_list_offered": True}
    state.turn_knobs(change_knobs(state.knobs, knobs))
    return caller


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference stands for."""
    while "$ref" in schema:
        schema = SHAPES["$defs"][schema["$ref"].split("/")[-1]]
    return schema


def _choices(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]
    return [_plain(one) for one in found] or [schema]


def _may_be_null(schema: Mapping[str, Any]) -> bool:
    one = _plain(schema)
    kinds = [kind for choice in _choices(one) for kind in (choice.get("type"),)]
    return any(kind == "null" or (isinstance(kind, list) and "null" in kind) for kind in kinds)


def filled(schema: Mapping[str, Any], value: Any, path: str = "") -> dict[str, None]:
    """The nullable members inside a value that have one."""
    found: dict[str, None] = {}
    for choice in _choices(_plain(schema)):
        if isinstance(value, list):
            for item in value:
                found |= filled(choice.get("items", {}), item, path)
        if isinstance(value, dict):
            for name, member in choice.get("properties", {}).items():
                if value.get(name) is None or name in NOT_NULLED:
                    continue
                place = f"{path}/{name}"
                found |= {place: None} if _may_be_null(member) else {}
                found |= filled(member, value[name], place)
    return found


@pytest.mark.parametrize("path", READS)
def test_what_may_be_null_is_null_and_the_shape_still_holds(
    sparse_caller: Caller, path: str
) -> None:
    """In lists, details and everything inside."""
    schema = ENDPOINTS["GET", path]["schema"]
    addresses = _ids(sparse_caller, path)[:5] if "{" in path else [f"{path}?page_size=40"]
    for address in addresses:
        told = sparse_caller.get(address).json
        assert faults(schema, told) == [], address
        if path.endswith(("users/me/", "billing-history/")):
            continue
        assert list(filled(schema, told)) == [], address


def test_only_every_so_many_rows_are_so(caller: Caller, state: ProcurifyState) -> None:
    """The others are as they were."""
    before = caller.all_rows("/api/v3/vendors/")
    state.turn_knobs(change_knobs(state.knobs, {"null_every": 3}))
    changed: defaultdict[bool, int] = defaultdict(int)
    for old, new in zip(before, caller.all_rows("/api/v3/vendors/"), strict=True):
        changed[old != new] += 1
        assert (old != new) == (old["id"] % 3 == 0 and old != new)
    assert changed[True] > 0
    assert changed[False] > changed[True]
