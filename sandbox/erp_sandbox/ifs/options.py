"""The query options of a read.

Source: which there are is documented; that wrong values are 400 follows OData 4 (inferred).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from erp_sandbox.ifs.entity import EntitySet
from erp_sandbox.ifs.refusal import Refusal
from erp_sandbox.ifs.store import Row

_OPTIONS = frozenset({"$filter", "$orderby", "$top", "$skip", "$select", "$count"})
_WORDS: Mapping[str, frozenset[str]] = {"$count": frozenset({"true", "false"})}
_DIRECTIONS = frozenset({"", "asc", "desc"})


def check_options(entity: EntitySet, options: Mapping[str, str], not_implemented: int) -> None:
    """Refuse options that IFS does not support, members that there are none of, and wrong words.

    Raises:
        Refusal: 501 or 400 for the first, 400 for the others.
    """
    if any(name.startswith("$") for name in set(options) - _OPTIONS):
        raise Refusal(not_implemented, "ODP_NOT_IMPLEMENTED")
    for name, words in _WORDS.items():
        if options.get(name, next(iter(words))) not in words:
            raise _wrong()
    chosen = {name.strip() for name in options.get("$select", "").split(",")} - {"", "*"}
    if not chosen <= set(entity.fields):
        raise _wrong()


def check_order(entity: EntitySet, options: Mapping[str, str]) -> None:
    """Refuse an order by a member that there is none of, or in no direction.

    Raises:
        Refusal: 400.
    """
    for name, direction in _order_of(options.get("$orderby", "")):
        if name not in entity.fields or direction not in _DIRECTIONS:
            raise _wrong()


def number_of(options: Mapping[str, str], name: str, default: int) -> int:
    """A count of rows.

    Raises:
        Refusal: it is none.
    """
    text = options.get(name, str(default))
    if not text.isdecimal():
        raise _wrong()
    return int(text)


def sort_rows(rows: Sequence[Row], orderby: str) -> list[Row]:
    """The rows in an order that ``check_order`` has let through."""
    found = list(rows)
    for name, direction in reversed(_order_of(orderby)):
        found.sort(key=partial(_member, name), reverse=direction == "desc")
    return found


def _order_of(orderby: str) -> list[tuple[str, str]]:
    """Members with their directions."""
    parts = [part.strip().partition(" ") for part in orderby.split(",")]
    return [(name, direction.strip()) for name, _, direction in parts if name]


def _wrong() -> Refusal:
    return Refusal(400, "ODP_BAD_REQUEST")


def _member(name: str, row: Row) -> tuple[int, Any]:
    value = row.get(name)
    return (0, 0) if value is None else (1, value)
