"""Rule tables: what one value of Procurify is called in IFS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from target_ifs_cloud.documents import CompanyId

KEYS_KEPT_MAX = 4096
"""How many keys stay worked out: documents name the same few again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """For which company and on which days a row counts; ``None`` is no limit."""

    company: CompanyId | None = None
    day_from: date | None = None
    day_until: date | None = None

    def allow(self, company: CompanyId | None, day: date | None) -> bool:
        """True when the row counts there and then; a day that is not known limits nothing."""
        if self.company is not None and self.company != company:
            return False
        if day is None:
            return True
        return (self.day_from or day) <= day <= (self.day_until or day)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One answer of a table."""

    gives: str
    limits: Limits
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A named list of rows by key; the first row of a key whose limits allow it counts."""

    name: str
    file: str
    reads: str
    rows: Mapping[str, tuple[TableRow, ...]]

    def find(self, key: str, company: CompanyId | None, day: date | None) -> TableRow | None:
        """The row for this key in this company on this day."""
        rows = self.rows.get(table_key(key), ())
        return next((row for row in rows if row.limits.allow(company, day)), None)


@lru_cache(maxsize=KEYS_KEPT_MAX)
def table_key(text: str) -> str:
    """Keys are compared without regard to case, outer blanks and repeated blanks."""
    return " ".join(text.split()).casefold()
