"""Writes JSON whose numbers are exactly the Decimals they come from.

A number that a real server keeps as a double is printed as that server would: without trailing
zeros, with at least one digit behind the point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any, TypeAlias

JsonValue: TypeAlias = (
    "bool | int | Decimal | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
)


class Fragment(str):
    """A piece of JSON that is written already; it is put into its place as it is."""

    __slots__ = ()


def encode(value: JsonValue) -> str:
    """The value as JSON text.

    Raises:
        TypeError: a float or another type that cannot be written exactly.
    """
    write = _WRITERS.get(type(value))
    if write is None:
        raise TypeError(f"{type(value).__name__} cannot be written as exact JSON")
    return write(value)


def fragment(value: JsonValue) -> Fragment:
    """The value as JSON that can be put into other JSON many times."""
    return Fragment(encode(value))


def array(pieces: Iterable[str]) -> Fragment:
    """A JSON array of pieces that are JSON already."""
    return Fragment("[" + ",".join(pieces) + "]")


def _number(value: Decimal) -> str:
    text = format(value, "f")
    if "." not in text:
        return f"{text}.0"
    whole, digits = text.split(".")
    return f"{whole}.{digits.rstrip('0') or '0'}"


def _object(value: Mapping[str, JsonValue]) -> str:
    pairs = [f"{encode_basestring_ascii(key)}:{encode(item)}" for key, item in value.items()]
    return "{" + ",".join(pairs) + "}"


def _list(value: Sequence[JsonValue]) -> str:
    return "[" + ",".join([encode(item) for item in value]) + "]"


# By exact type: a lookup is what makes large answers cheap.
_WRITERS: Mapping[type, Callable[[Any], str]] = {
    Fragment: str,
    str: encode_basestring_ascii,
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: str,
    Decimal: _number,
    dict: _object,
    list: _list,
    tuple: _list,
}
