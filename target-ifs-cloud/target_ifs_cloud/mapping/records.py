"""Read a Procurify record of any shape. Nothing here raises, whatever the record holds."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

from target_ifs_cloud import exact_json
from target_ifs_cloud.documents import Source, SourceKind, source_uuid
from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.money import parse_amount, round_amount

Record = Mapping[str, Any]

PATH_DEPTH_MAX = 10
PATHS_KEPT_MAX = 4096
LABEL_LENGTH_MAX = 60
IDENTITY_LENGTH_MAX = 64
SHOWN_LENGTH_MAX = 40
ROWS_MAX = 5000  # Source: documented by IFS, array elements of one action body
WHOLE_MAX = 10**18
PLACES_MAX = 30
YEARS = range(1900, 2200)
ALLOCATION_PLACES_MAX = 12
DOUBLE_NOISE = Decimal("1e-12")
"""How far, as a share of its size, a binary double may stand beside the number it means."""

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:?\d{2}.*)?", re.ASCII | re.DOTALL)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_UNREADABLE = frozenset({"Cc", "Cs"})


def as_record(value: object) -> Record:
    """The value as a record; an empty one when it is none."""
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def pick(record: object, path: str) -> object:
    """What stands at a dotted path; ``None`` when the way there ends early."""
    value = record
    for step in _steps(path):
        if type(value) is not dict and not isinstance(value, Mapping):  # the first is much faster
            return None
        value = value.get(step)
    return value


@lru_cache(maxsize=PATHS_KEPT_MAX)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split(".", PATH_DEPTH_MAX))


def read_rows(
    record: object, path: str, findings: Findings, *, within: str = ""
) -> tuple[Record, ...]:
    """The rows of a list; anything else than a list of records is a problem."""
    value = pick(record, path)
    path = f"{within}.{path}" if within else path
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(row, Mapping) for row in value):
        findings.problem(
            "record_unreadable",
            path,
            f"{path} is not a list of records",
            "Read the record again from Procurify; report it when it stays so.",
        )
        return ()
    if len(value) > ROWS_MAX:
        findings.problem(
            "too_many_lines",
            path,
            f"{path} has {len(value)} rows; {ROWS_MAX} is the most that is sent at once",
            "Split the document in Procurify.",
        )
        return ()
    return tuple(value)


def read_text(value: object) -> str | None:
    """A text or number as one trimmed line of text; ``""`` when empty, ``None`` when it is none."""
    if isinstance(value, str):
        text = " ".join(value.split())
        return text if _is_readable(text) else None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < WHOLE_MAX else None
    if isinstance(value, Decimal):
        return format(value, "f") if _is_short(value) else None
    return None


def _is_readable(text: str) -> bool:
    return text.isprintable() or not any(unicodedata.category(x) in _UNREADABLE for x in text)


def read_whole(value: object) -> int | None:
    """A whole number, also from its text; ``None`` when it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < WHOLE_MAX else None
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, Decimal) and _is_short(value):
        return int(value) if value == int(value) else None
    return None


def _is_short(value: Decimal) -> bool:
    """True when the number can be written out without exponents that fill the memory."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -PLACES_MAX and value.copy_abs() < WHOLE_MAX


def read_id(value: object) -> str:
    """An id as text; ``""`` when there is none."""
    if isinstance(value, (int, Decimal)):
        whole = read_whole(value)
        return "" if whole is None else str(whole)
    text = read_text(value) or "" if isinstance(value, str) else ""
    return text if len(text) <= IDENTITY_LENGTH_MAX else ""


def read_date(value: object) -> date | None:
    """The calendar day as it was written, whatever the offset; ``None`` when it is no date.

    Source: seen in code, IFS dates have no time and must not move by a time zone.
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or int(match[1]) not in YEARS:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def is_blank(value: object) -> bool:
    """True when the field is absent, null or an empty text."""
    return value is None or (isinstance(value, str) and not value.strip())


def read_amount(
    value: object, field: str, currency: str, findings: Findings, *, is_exact_needed: bool = True
) -> Decimal | None:
    """An amount in ``currency``, or ``None`` with a problem when there is a value that is none.

    Computed totals of bills travel as binary doubles, so a number that stands within
    ``DOUBLE_NOISE`` of a whole unit of its currency is that unit. Source: documented by Procurify.
    """
    if is_blank(value):
        return None
    amount = parse_amount(value)
    if amount is None:
        findings.problem(
            "amount_unreadable",
            field,
            f"{field} is not an exact amount: {shown(value)}",
            "Correct the amount in Procurify.",
        )
        return None
    near = round_amount(amount, currency)
    if amount == near or abs(amount - near) <= DOUBLE_NOISE * max(Decimal(1), abs(near)):
        return near
    exponent = amount.as_tuple().exponent
    has_too_many = isinstance(exponent, int) and -exponent > ALLOCATION_PLACES_MAX
    if has_too_many or is_exact_needed:
        findings.problem(
            "amount_decimals",
            field,
            f"{field} has more decimals than {currency} has: {shown(value)}",
            "Round the amount in Procurify; amounts are never rounded on the way.",
        )
        return None
    return amount


def shown(value: object) -> str:
    """A value for a message: short, one line, without control characters."""
    text = read_text(value)
    if text is None:
        if isinstance(value, Mapping):
            return "a record"
        if isinstance(value, list | tuple):
            return "a list"
        return f"an unreadable {type(value).__name__}"
    return shown_text(text)


def shown_text(text: str) -> str:
    """The same of a text that :func:`read_text` has given."""
    cut = text if len(text) <= SHOWN_LENGTH_MAX else f"{text[:SHOWN_LENGTH_MAX]}…"
    return f'"{cut}"'


_IDENTITY = {"bill": "uuid", "purchase_order": "uuid", "vendor": "id", "supplier": "supplier_id"}
_STAMP = {
    "bill": "last_modified_datetime",
    "purchase_order": "last_modified",
    "vendor": "dateModified",
}
_LABEL = {
    "bill": ("bill", ("invoice_number", "uuid", "id")),
    "purchase_order": ("order", ("number", "PO_Num", "procurify_PO", "uuid")),
    "vendor": ("vendor", ("name", "id")),
    "supplier": ("supplier", ("name", "supplier_id")),
}


def source_of(kind: SourceKind, record: object) -> Source:
    """Which record a document is made from. Never raises, whatever the record holds."""
    noun, names = _LABEL[kind]
    texts = (read_text(pick(record, name)) for name in names)
    name = next((text for text in texts if text), "without a name")
    return Source(
        kind=kind,
        id=source_id_of(kind, record),
        version=read_whole(pick(record, "version")),
        hash=_hash(record),
        label=f"{noun} {name}"[:LABEL_LENGTH_MAX],
        changed_at=stamp_of(kind, record),
    )


def stamp_of(kind: SourceKind, record: object) -> datetime | None:
    """When a record was changed last, in whole seconds of UTC; ``None`` when it does not say.

    Source: the members are documented; that they come with and without fractions, in the zone of
    the tenant and in UTC, is seen in samples.
    """
    name = _STAMP.get(kind)
    found = _MOMENT.fullmatch(read_text(pick(record, name)) or "") if name else None
    if found is None:
        return None
    day_and_time, zone = found.groups()
    try:
        moment = datetime.fromisoformat(day_and_time + zone.replace("Z", "+00:00"))
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def source_id_of(kind: SourceKind, record: object) -> str:
    """Under which id a record is kept. Never raises, whatever the record holds.

    A record without its identity gets one from what it has, so that it can be kept on record; the
    mapping holds it with the problem ``identity_missing``.
    """
    return identity(kind, record) or f"no-identity-{_hash(record)[:16]}"


def identity(kind: SourceKind, record: object) -> str:
    """The record's own identity, ``""`` when it has none."""
    value = read_id(pick(record, _IDENTITY[kind]))
    found = value if kind in {"vendor", "supplier"} else source_uuid(value)
    return found if len(found) <= IDENTITY_LENGTH_MAX else ""


def _hash(record: object) -> str:
    """SHA-256 of the record as it came; numbers are told apart by their digits, as JSON does."""
    try:
        text = exact_json.to_sorted_bytes(record)
    except (ArithmeticError, ValueError, TypeError, RecursionError, MemoryError):
        text = _rough_text(record).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()


def _rough_text(record: object) -> str:
    """A text of a record that has no canonical form: nested too deep, or absurd numbers."""
    try:
        return repr(record)
    except (ArithmeticError, ValueError, RecursionError, MemoryError):
        return f"{type(record).__name__} without a text"
