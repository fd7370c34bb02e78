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

from tests.conftest import ROOT
from tests.contract.procurify.caller import Caller

SAMPLES: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(
    (ROOT / "tests/data/contract/example_members.json").read_text()
)
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


@pytest.mark.parametrize("name", SAMPLES)
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
