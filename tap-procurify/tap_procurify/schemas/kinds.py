"""The words in which the schemas are written: a shape is fields grouped by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Schema = dict[str, Any]
Kind = Literal[
    "whole", "text", "decimal", "number", "flag", "when", "day", "free", "wholes", "texts"
]

DECIMAL_FORMAT = "x-singer.decimal"
"""Marks a text that holds an exact decimal; SQL targets of the Singer SDK make it a DECIMAL."""

KINDS: Mapping[Kind, Schema] = {
    "whole": {"type": ["integer", "null"]},
    "text": {"type": ["string", "null"]},
    "decimal": {"type": ["string", "null"], "format": DECIMAL_FORMAT},
    "number": {"type": ["number", "null"]},
    "flag": {"type": ["boolean", "null"]},
    "when": {"type": ["string", "null"], "format": "date-time"},
    "day": {"type": ["string", "null"], "format": "date"},
    "free": {"type": ["object", "null"]},
    "wholes": {"type": ["array", "null"], "items": {"type": ["integer", "null"]}},
    "texts": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
}

SCALAR: Schema = {"type": ["string", "boolean", "number", "null"]}
CODE: Schema = {"type": ["string", "integer", "null"]}


def shape(nested: Mapping[str, Schema] | None = None, **names: str) -> Schema:
    """An object schema; each keyword is a kind and holds the names of its fields."""
    properties: Schema = {}
    for kind, kind_schema in KINDS.items():
        properties |= dict.fromkeys(names.pop(kind, "").split(), kind_schema)
    if names:
        raise TypeError(f"unknown kinds: {sorted(names)}")
    return {"type": ["object", "null"], "properties": properties | dict(nested or {})}


def extend(schema: Schema, nested: Mapping[str, Schema] | None = None, **names: str) -> Schema:
    """The same object schema with more fields, or with other kinds for some."""
    more = shape(nested, **names)["properties"]
    return {**schema, "properties": schema["properties"] | more}


def rows(schema: Schema) -> Schema:
    """A list of such objects."""
    return {"type": ["array", "null"], "items": schema}


def or_id(schema: Schema) -> Schema:
    """An object, or the bare id in its place, as older tenants send it."""
    return {**schema, "type": ["object", "integer", "null"]}


def table(schema: Schema, *, keys: tuple[str, ...], notes: Mapping[str, str]) -> Schema:
    """The schema of a stream: keys are never null, noted fields say what they mean."""
    properties = dict(schema["properties"])
    for key in keys:
        kind = [name for name in properties[key]["type"] if name != "null"]
        properties[key] = {**properties[key], "type": kind}
    for name, note in notes.items():
        properties[name] = {**properties[name], "description": note}
    return {"type": "object", "properties": properties, "required": list(keys)}
