"""Writes JSON whose numbers are exactly the Decimals they come from.

A number that a real server keeps as a double is printed as that server would: without trailing
zeros, with at least one digit behind the point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any, TypeAlias

JsonValue: TypeAlias = (
    "bool | int | Decimal | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
)

NAMES_MAX = 4096


class Fragment(str):
    """A piece of JSON that is written already; it is put into its place as it is."""

    __slots__ = ()


def encode(value: JsonValue) -> str:
    """The value as JSON text.

    Raises:
        TypeError: a float or another type that cannot be written exactly.
    """
    return _WRITERS[type(value)](value)


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
    writers = _WRITERS
    pairs = [_name(name) + writers[type(item)](item) for name, item in value.items()]
    return "{" + ",".join(pairs) + "}"


@lru_cache(maxsize=NAMES_MAX)
def _name(name: str) -> str:
    """The name of a member; there are few, and each is written very often."""
    return f"{encode_basestring_ascii(name)}:"


def _list(value: Sequence[JsonValue]) -> str:
    writers = _WRITERS
    return "[" + ",".join([writers[type(item)](item) for item in value]) + "]"


class _Writers(dict[type, Callable[[Any], str]]):
    """By exact type: a lookup is what makes large answers cheap."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        raise TypeError(f"{kind.__name__} cannot be written as exact JSON")


_WRITERS = _Writers(
    {
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
)
