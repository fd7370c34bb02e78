"""Pieces of JSON Schema that the rule files have in common. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

RULE: Schema = {"$ref": "#/$defs/rule"}
WORD: Schema = {"$ref": "#/$defs/word"}
PATH: Schema = {"$ref": "#/$defs/path"}
DAY: Schema = {"$ref": "#/$defs/day"}
CURRENCY: Schema = {"$ref": "#/$defs/currency"}
FIELDS: Schema = {"$ref": "#/$defs/fields"}
HEADER: Schema = {"$ref": "#/$defs/invoice_header"}
RATE_SOURCES: Schema = {
    "description": "Where the rate of a foreign currency comes from, the first that has one.",
    "type": "array",
    "minItems": 1,
    "uniqueItems": True,
    "items": {"enum": ["ifs", "procurify"]},
}
DATES: Schema = {"from": DAY, "until": DAY}


def record(properties: Mapping[str, Any], *required: str, **further: object) -> Schema:
    """A mapping with these keys and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": dict(properties),
        **further,
    }


def choice(*words: str, says: str = "") -> Schema:
    """One of these words."""
    return {"enum": list(words), **({"description": says} if says else {})}


def rows_or_csv(rows: Schema) -> Schema:
    """A list that is written here, or the name of a CSV file that holds it."""
    csv = record({"csv": {"$ref": "#/$defs/csv"}}, "csv")
    return {"if": {"type": "object"}, "then": csv, "else": rows}
