"""Reads single values out of rows that IFS shows, whatever spelling a release uses. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.ifs.odata import Member, key
from target_ifs_cloud.ifs.profile import SiteProfile

Row = Mapping[str, Any]
_TRUE = frozenset({"TRUE", "Y", "YES", "1"})
_FALSE = frozenset({"FALSE", "N", "NO", "0", ""})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")
_QUALIFIED = re.compile(r"[\w.]+'(.*)'")
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
        ConfigurationError: the key field of the profile is not in the row.
    """
    path = collection + key_of(row, names, profile)
    return RowShown(path=path, etag=text(row, "@odata.etag"), values=row)


def key_of(row: Row, names: Sequence[str], profile: SiteProfile) -> str:
    """The key of a row as an address writes it: numbers bare, texts quoted.

    The last field names the row itself and must be there; those of its parents that the row does
    not show are no part of its key at this site (which ones are is inferred).

    Raises:
        ConfigurationError: the key field of the profile is not in the row.
    """
    if row.get(names[-1]) is None:
        raise ConfigurationError(
            f"IFS shows rows without the key field {names[-1]}: correct the key in the site profile"
        )
    shown = [name for name in names if row.get(name) is not None]
    return key([(name, _key_value(name, row[name], profile)) for name in shown])


def _key_value(name: str, value: object, profile: SiteProfile) -> str | int | Member:
    if isinstance(value, int):
        return value
    text_ = str(value)
    if name in profile.enum_keys:
        return Member(type=profile.enum_keys[name], name=text_)
    is_number = name in profile.numeric_keys and text_.isascii() and text_.isdigit()
    return int(text_) if is_number else text_


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


def _midnight(text: str) -> str:
    """The day of which a moment with an offset is the midnight in UTC; empty when it is none."""
    if not _MOMENT.fullmatch(text):
        return ""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
    return moment.date().isoformat() if moment.time() == time() else ""


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = "" if value is None else str(value).strip().upper()
    if value is None or word not in _TRUE | _FALSE:
        return None
    return word in _TRUE


def is_listed(word: str, words: Iterable[str]) -> bool:
    """Whether a state is one of some, whatever its case and however a release qualifies it.

    Source: plain members are seen in code; ``IfsApp.….State'Posted'`` is the form of literals.
    """
    return _member(word) in {_member(known) for known in words}


def _member(word: str) -> str:
    found = _QUALIFIED.fullmatch(word.strip())
    plain = found.group(1) if found else word
    return "".join(plain.split()).replace("_", "").casefold()


def filled(fields: Mapping[str, Any], profile: SiteProfile) -> dict[str, Any]:
    """What is sent of some fields: no empty ones, days as moments where IFS keeps moments.

    A day becomes its midnight in UTC. Source: literals of both kinds are documented by IFS.
    """
    return {n: value for n, value in cleared(fields, profile).items() if value is not None}


def cleared(fields: Mapping[str, Any], profile: SiteProfile) -> dict[str, Any]:
    """The same with the empty fields, which a change of a row clears."""
    return {
        name: _moment(value) if name in profile.timestamp_fields else value
        for name, value in fields.items()
    }


def _moment(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), tzinfo=timezone.utc)
    return value


def is_same(sent: object, shown: object) -> bool:
    """Whether a value that was sent is what IFS shows, apart from spelling.

    A day is the same as the moment that shows it, as written or as midnight in UTC.
    """
    if sent is None or sent == "":
        return shown is None or shown == ""
    if isinstance(sent, bool):
        return _flag(shown) is sent
    if isinstance(sent, int | Decimal):
        return _number(shown) == sent
    if isinstance(sent, date) and not isinstance(sent, datetime):
        return sent.isoformat() in {str(shown)[:_DATE_LENGTH], _midnight(str(shown))}
    return str(sent).strip() == ("" if shown is None else str(shown).strip())
