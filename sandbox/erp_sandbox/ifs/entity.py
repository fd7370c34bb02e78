"""What a set of the sandbox is: its key, its members, what a caller may do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TEXT, NUMBER, WHOLE, DAY, FLAG = "String", "Decimal", "Int64", "Date", "Boolean"
MOMENT = "DateTimeOffset"
LETTERS = "BCDEFGHIJ"
INTERNAL = "(internal)"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySet:
    """One collection. ``aliases`` are key fields that the parent calls otherwise.

    ``table`` is the set whose rows it shows, ``shows`` which of them; ``numbered`` is drawn by the
    server when absent; ``lengths`` in characters; the rows of a query have no ETag. A set of
    the projection ``INTERNAL`` is not served.
    """

    name: str
    projection: str
    lu: str
    key: tuple[str, ...]
    fields: Mapping[str, str]
    parent: str = ""
    numbered: str = ""
    required: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)
    is_writable: bool = False
    is_entity_service: bool = False
    is_query: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    table: str = ""
    shows: Callable[[Mapping[str, Any]], bool] | None = None

    @property
    def stored_in(self) -> str:
        """The name of the table that keeps its rows."""
        return self.table or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A bound action: the set whose rows it acts on, and its parameters with their types.

    One that is no change needs no ETag.
    """

    owner: str
    is_change: bool = True
    parameters: Mapping[str, str] = field(default_factory=dict)


def texts(words: str) -> dict[str, str]:
    """These members as texts."""
    return dict.fromkeys(words.split(), TEXT)


def typed(kind: str, words: str) -> dict[str, str]:
    """These members with this type."""
    return dict.fromkeys(words.split(), kind)


CODES = texts(" ".join(f"Code{letter}" for letter in "A" + LETTERS))
