"""Reads single values out of rows that IFS shows, whatever spelling a release uses. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.ifs.odata import key
from target_ifs_cloud.ifs.profile import SiteProfile

Row = Mapping[str, Any]
_TRUE = frozenset({"TRUE", "Y", "YES", "1"})
_FALSE = frozenset({"FALSE", "N", "NO", "0", ""})
_DATE_LENGTH = len("2026-01-31")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShown:
    """One row as IFS shows it. ``path`` is relative to the projection; ``etag`` as just read."""

    path: str
    etag: str
    values: Row


def shown_row(row: Row, *, collection: str, names: Sequence[str], profile: SiteProfile) -> RowShown:
    """The row with its address below ``collection``.

    Raises:
        ConfigurationError: a key field of the profile is not in the row.
    """
    path = collection + key_of(row, names, profile)
    return RowShown(path=path, etag=text(row, "@odata.etag"), values=row)


def key_of(row: Row, names: Sequence[str], profile: SiteProfile) -> str:
    """The key of a row as an address writes it: numbers bare, texts quoted.

    Raises:
        ConfigurationError: a key field of the profile is not in the row.
    """
    missing = [name for name in names if row.get(name) is None]
    if missing:
        raise ConfigurationError(
            f"IFS shows rows without the key field(s) {', '.join(missing)}: correct the key in the "
            "site profile"
        )
    return key([(name, _key_value(name, row[name], profile)) for name in names])


def _key_value(name: str, value: object, profile: SiteProfile) -> str | int:
    if isinstance(value, int):
        return value
    is_number = profile.decimal_as_string and name in profile.numeric_keys
    return int(str(value)) if is_number and str(value).isdigit() else str(value)


def text(row: Row, name: str | None) -> str:
    """A value as text, outer blanks trimmed; empty when it is absent or null."""
    value = row.get(name) if name else None
    if value is None or isinstance(value, Mapping | list):
        return ""
    return str(value).strip()


def amount(row: Row, name: str | None) -> Decimal | None:
    """A number, exact; ``None`` when it is absent, null or no number."""
    return _number(row.get(name)) if name else None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def day(row: Row, name: str | None) -> date | None:
    """A date, of a moment its own calendar date; ``None`` when there is none."""
    found = _DATE.match(text(row, name))
    try:
        return date.fromisoformat(found.group()) if found else None
    except ValueError:
        return None


def flag(row: Row, name: str | None) -> bool | None:
    """A yes or no in any of its spellings; ``None`` when the row does not say."""
    return _flag(row.get(name)) if name else None


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = "" if value is None else str(value).strip().upper()
    if value is None or word not in _TRUE | _FALSE:
        return None
    return word in _TRUE


def is_same(sent: object, shown: object) -> bool:
    """Whether a value that was sent is what IFS shows, apart from spelling."""
    if sent is None or sent == "":
        return shown is None or shown == ""
    if isinstance(sent, bool):
        return _flag(shown) is sent
    if isinstance(sent, int | Decimal):
        return _number(shown) == sent
    if isinstance(sent, date) and not isinstance(sent, datetime):
        return str(shown)[:_DATE_LENGTH] == sent.isoformat()
    return str(sent).strip() == ("" if shown is None else str(shown).strip())
