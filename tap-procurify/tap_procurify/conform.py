"""Makes a record what its schema says: declared fields only, one type per field. Pure.

Procurify sends the same amount as a text in one place and as a number in another. The schema names
one form and the value keeps its exact digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tap_procurify.schemas.kinds import Schema
from tap_procurify.stamps import is_bare_date

Converter = Callable[[Any], Any]
Report = Callable[[str], None]
Breadcrumb = tuple[str, ...]

DIGITS_MAX = 40
FREE_DEPTH_MAX = 8
MIDNIGHT = "T00:00:00Z"

_SECRET_NAME = re.compile(
    r"bank|iban|swift|routing|sort_?code|(account|card)_?(no|num|number|mask)$|cvv|"
    r"secret|password|token",
    re.IGNORECASE,
)
LEFT_OUT = frozenset({"data", "number", "direct_debit_bank_account_mask"})
"""Documented fields that hold account or card numbers; they are dropped without a word."""


UNWANTED: Schema = {}
"""Stands for the schema of a field that is not selected."""


def keep_selected(
    schema: Schema, mask: Mapping[Breadcrumb, bool], place: Breadcrumb = ()
) -> Schema:
    """The schema with every field that is not selected replaced by ``UNWANTED``."""
    properties = {}
    for name, part in schema.get("properties", {}).items():
        crumb = (*place, "properties", name)
        properties[name] = keep_selected(part, mask, crumb) if mask[crumb] else UNWANTED
    return {**schema, "properties": properties} if properties else schema


def compile_schema(schema: Schema, report: Report) -> Converter:
    """A function that conforms values to the schema; ``report`` is told undeclared fields."""
    if "properties" in schema:
        return _compile_object(schema, report)
    if "items" in schema:
        return _compile_list(compile_schema(schema["items"], report))
    kinds = [kind for kind in schema["type"] if kind != "null"]
    if len(kinds) > 1:
        return _keep
    if schema.get("format") == "date-time":
        return _to_moment
    return {
        "string": _to_text,
        "integer": _to_whole,
        "number": _to_number,
        "boolean": _keep,
        "object": _to_free,
    }[kinds[0]]


def _compile_object(schema: Schema, report: Report) -> Converter:
    wanted = {name: part for name, part in schema["properties"].items() if part is not UNWANTED}
    converters = {name: compile_schema(part, report) for name, part in wanted.items()}
    silent = LEFT_OUT | (schema["properties"].keys() - wanted.keys())
    find = converters.get

    def conform(value: Any) -> Any:  # noqa: ANN401 (JSON)
        if not isinstance(value, dict):
            return value
        kept = {}
        for name, part in value.items():
            convert = find(name)
            if convert is None:
                if name not in silent:
                    report(name)
            else:
                kept[name] = part if part is None else convert(part)
        return kept

    return conform


def _compile_list(convert: Converter) -> Converter:
    def conform(value: Any) -> Any:  # noqa: ANN401 (JSON)
        return [convert(part) for part in value] if isinstance(value, list) else value

    return conform


def _keep(value: Any) -> Any:  # noqa: ANN401 (JSON)
    return value


def _to_text(value: Any) -> Any:  # noqa: ANN401 (JSON)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if type(value) is int else value


def _to_moment(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """A stamp as it was sent; a bare day becomes its midnight, so that it is a date-time.

    Source: documented by Procurify, some dates are bare days in lists.
    """
    return f"{value.strip()}{MIDNIGHT}" if is_bare_date(value) else _to_text(value)


def _to_whole(value: Any) -> Any:  # noqa: ANN401 (JSON)
    if isinstance(value, int):
        return value
    number = _to_number(value)
    if isinstance(number, Decimal) and number == number.to_integral_value():
        return int(number)
    return value


def _to_number(value: Any) -> Any:  # noqa: ANN401 (JSON)
    if not isinstance(value, str) or len(value) > DIGITS_MAX:
        return value
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return value
    return number if number.is_finite() else value


def _to_free(value: Any, depth: int = FREE_DEPTH_MAX) -> Any:  # noqa: ANN401 (JSON)
    """An object of unknown fields, without those whose names sound like a secret."""
    if depth == 0:
        return None
    if isinstance(value, dict):
        return {
            name: _to_free(part, depth - 1)
            for name, part in value.items()
            if not _SECRET_NAME.search(name)
        }
    if isinstance(value, list):
        return [_to_free(part, depth - 1) for part in value]
    return value
