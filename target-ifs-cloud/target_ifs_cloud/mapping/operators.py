"""The closed vocabulary of the rules: the operators and their places, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from target_ifs_cloud.documents import Value
from target_ifs_cloud.mapping.tables import Table

Missing = Literal["hold", "leave_out", "drop_row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The value at a path of the record."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstItem:
    """The first text of a list that is not empty."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """Always the same value."""

    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Something that the software has worked out, by its name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SameAs:
    """The value of a header field that stands further up."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """The value of a Procurify custom field, by its id or name."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What a table gives for the value at a path."""

    table: Table
    key: str
    default: str | None
    is_unknown_ignored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The calendar day at a path, as it is written there."""

    path: str
    plus_days: Rule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Texts put together; when a part has no value, the whole has none."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The exact sum of the amounts at some paths; empty ones count as nothing."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A question about the value at a path: one of some words, or empty."""

    path: str
    words: frozenset[str] | None
    is_negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """One rule when a condition holds, else another (or nothing)."""

    condition: Condition
    then: Rule
    otherwise: Rule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOf:
    """The first rule that has a value."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerLine:
    """What a rule gives for every row of a list, each text once, put together."""

    path: str
    give: Rule
    separator: str


Operator = (
    Copy
    | FirstItem
    | Constant
    | Take
    | SameAs
    | CustomField
    | Lookup
    | Day
    | Join
    | Sum
    | When
    | FirstOf
    | PerLine
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An operator with its place (``bill.yml:23 header.DueDate``) and its limits."""

    where: str
    operator: Operator
    missing: Missing = "hold"
    length_max: int | None = None
    is_cut: bool = False
