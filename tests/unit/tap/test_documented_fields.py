"""The schemas hold every field that Procurify documents, each in its kind.

``documented_fields.yml`` is our note of the published description; the schemas do not read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_procurify.conform import LEFT_OUT
from tap_procurify.schemas.kinds import KINDS
from tap_procurify.streams.core import ProcurifyStream
from tap_procurify.tap import STREAMS

FACTS: Mapping[str, Any] = yaml.safe_load(
    Path(__file__).with_name("documented_fields.yml").read_text()
)
SHAPES: Mapping[str, Mapping[str, str]] = {
    name: {field: kind for kind, fields in kinds.items() for field in fields.split()}
    for name, kinds in FACTS["shapes"].items()
}

OTHERWISE = {
    **dict.fromkeys(
        [
            f"purchase_orders.shipping_method.{name}"
            for name in ("id", "name", "description", "active")
        ],
        "a text in the list, an object in the detail: shipping_method_detail",
    ),
    "bills.items[]": "ids in the list, objects in the detail: the objects",
    "bills.due_date": "a text in the list, a moment in the detail",
    "bills.invoice_date": "a text in the list, a moment in the detail",
    "bills.gl_post_date": "a text in the list, a moment in the detail",
}
"""Fields that Procurify itself documents in two ways."""

KIND_OF = {
    (tuple(schema["type"]), schema.get("format")): kind
    for kind, schema in KINDS.items()
    if "items" not in schema
}

Different = Iterator[tuple[str, str]]


def compare(kind: str, schema: Mapping[str, Any], place: str) -> Different:
    """Where the schema is not what is documented."""
    if kind == "any":
        return
    if kind.startswith("["):
        if "items" not in schema:
            yield place, f"documented as a list, {schema}"
            return
        yield from compare(kind[1:-1], schema["items"], f"{place}[]")
    elif kind.startswith("@"):
        yield from compare_fields(kind[1:], schema, place)
    elif kind == "free":
        if "object" not in schema["type"]:
            yield place, f"documented as an object, {schema}"
    elif KIND_OF.get((nullable(schema), schema.get("format"))) != kind:
        yield place, f"documented as {kind}, {schema}"


def nullable(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types; keys alone are never null."""
    return tuple(dict.fromkeys([*schema["type"], "null"]))


def compare_fields(shape: str, schema: Mapping[str, Any], place: str) -> Different:
    """The same for every field of an object."""
    for field, kind in SHAPES[shape].items():
        where = f"{place}.{field}"
        if field in LEFT_OUT and field not in schema.get("properties", {}):
            continue
        if field not in schema.get("properties", {}):
            yield where, "documented and not in the schema"
        else:
            yield from compare(kind, schema["properties"][field], where)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_documented_field_is_in_the_schema_in_its_kind(
    stream: type[ProcurifyStream],
) -> None:
    """Nested as the API nests it; what holds account or card numbers is left out on purpose."""
    found = {
        where: what
        for shape in FACTS["streams"][stream.name]
        for where, what in compare_fields(shape, stream.record_schema, stream.name)
        if where not in OTHERWISE
    }
    assert found == {}


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_field_may_be_null_but_the_keys(stream: type[ProcurifyStream]) -> None:
    """Published nullability is known to be incomplete, so none of it is relied on."""

    def walk(schema: Mapping[str, Any], place: str) -> Iterator[str]:
        if place and "null" not in schema["type"]:
            yield place
        for name, part in schema.get("properties", {}).items():
            yield from walk(part, f"{place}.{name}".removeprefix("."))
        if "items" in schema:
            yield from walk(schema["items"], f"{place}[]")

    assert sorted(walk(stream.record_schema, "")) == sorted(stream.keys)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_codes_are_open(stream: type[ProcurifyStream]) -> None:
    """A code that Procurify adds tomorrow breaks nothing."""
    assert "enum" not in str(stream.record_schema).replace("'enum", "enum'").split("'")


def test_the_notes_can_show_a_difference() -> None:
    """A field that is missing, of another kind, or no list is found."""
    vendors = next(stream for stream in STREAMS if stream.name == "vendors").record_schema
    broken = {**vendors, "properties": {**vendors["properties"], "name": KINDS["whole"]}}
    del broken["properties"]["country"]
    broken["properties"]["email"] = KINDS["text"]
    places = {where for where, _ in compare_fields("OptimizedVendor", broken, "vendors")}
    assert places == {"vendors.name", "vendors.country", "vendors.email"}
