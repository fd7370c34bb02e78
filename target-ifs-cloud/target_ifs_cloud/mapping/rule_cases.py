"""The examples inside the rule files, as values: what a row or a field must give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from target_ifs_cloud.documents import CompanyId, Value
from target_ifs_cloud.mapping.operators import Rule

NOTHING = "nothing"
"""What is expected of a rule that finds no value and says `missing: leave_out`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCase:
    """Which answer a table has for a value."""

    table: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxCase:
    """Which tax code a tax has. Units: ``percent`` in percent; ``None`` asks for "no tax"."""

    tax: str
    percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyCase:
    """Which company a location or department belongs to."""

    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCase:
    """Which value a field's rule finds in a part of a record."""

    rule: Rule
    record: Mapping[str, Any]
    missing_code: str = "value_missing"
    taken: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One example. ``expected`` is a value's text, ``nothing``, or ``problem CODE``."""

    where: str
    title: str
    asks: TableCase | TaxCase | CompanyCase | FieldCase
    company: CompanyId | None
    day: date | None
    expected: str


def problem_text(code: str) -> str:
    """An expected or found problem as a text."""
    return f"problem {code}"
