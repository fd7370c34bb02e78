"""What a coverage survey finds, value by value. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Gap = Literal["no_rule", "not_in_ifs", "unused"]
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One value of Procurify with its gap. Units: ``amounts`` by currency, as they stand there.

    ``detail`` says what is missing and where; ``uses`` counts the costs or documents that have it.
    """

    kind: str
    value: str
    company: str
    gap: Gap
    detail: str
    uses: int
    amounts: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Every gap, and per kind how many values were seen and how many have no gap."""

    gaps: tuple[CoverageRow, ...]
    seen: Mapping[str, int]
    covered: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    kind: str
    value: str
    company: str


@dataclass(slots=True)
class _Value:
    gap: Gap | None = None
    detail: str = ""
    uses: int = 0
    amounts: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: _NONE))


@dataclass(slots=True)
class Book:
    """Every value that was seen, with its gap, its uses and its amounts."""

    values: dict[_Key, _Value] = field(default_factory=dict)

    def has(self, kind: str, start: str) -> bool:
        """True when a value of this kind is, or begins with, these words."""
        words = (key.value for key in self.values if key.kind == kind)
        return any(word == start or word.startswith(f"{start} ") for word in words)

    def result(self) -> Coverage:
        """What was noted, the gaps by kind and use."""
        rows = [
            CoverageRow(
                kind=key.kind,
                value=key.value,
                company=key.company,
                gap=value.gap,
                detail=value.detail,
                uses=value.uses,
                amounts=tuple(sorted(value.amounts.items())),
            )
            for key, value in self.values.items()
            if value.gap is not None
        ]
        rows.sort(key=lambda row: (row.kind, -row.uses, row.value, row.company))
        seen = Counter(key.kind for key in self.values)
        missing = Counter(row.kind for row in rows)
        covered = {kind: count - missing[kind] for kind, count in seen.items()}
        return Coverage(gaps=tuple(rows), seen=dict(seen), covered=covered)

    def note(
        self,
        kind: str,
        value: str,
        company: str,
        *,
        gap: Gap | None,
        detail: str = "",
        currency: str = "",
        amount: Decimal | None = None,
    ) -> None:
        """Keep one sight of a value; ``amount`` counts it as used."""
        found = self.values.setdefault(_Key(kind=kind, value=value, company=company), _Value())
        found.gap, found.detail = gap, detail
        if amount is not None:
            found.uses += 1
            found.amounts[currency] += amount
