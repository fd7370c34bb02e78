"""The texts of IFS Cloud's OData dialect: literals, keys, filters, bodies, ETags, errors. Pure.

Sources: literals for dates and moments, supported filter functions and the refusal of ``$expand``
are documented by IFS; quoting, compound keys, qualified enumeration members and the shape of error
bodies are seen in code; the same enumeration form inside ``$filter`` is inferred.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, NewType
from urllib.parse import quote

from target_ifs_cloud import exact_json
from target_ifs_cloud.wire.exchange import LOCKED_TAG, NO_ERROR, ErrorText

Filter = NewType("Filter", str)
"""A filter expression, not yet percent-encoded, safe to join with others."""

BODY_DEPTH_MAX = 20
ERROR_BYTES_MAX = 1_000_000
ARRAY_ELEMENTS_MAX = 5000
"""Elements of all arrays in the body of one request. Source: documented by IFS as advice."""
DUPLICATE_NUMBER = 20112
STALE_NUMBERS = frozenset({20114, 20115})
_KEY_SAFE = "(),='$-._~!*:@"
_QUERY_SAFE = "(),='$-._~!*:@/"
_QUERY_ESCAPED = re.compile(rb"[^\w(),='$\-.~!*:@/]")
"""What an address writes as ``%`` and two digits."""
_DATABASE_TEXT = re.compile(r"ORA-0*(\d{4,6})\s*:\s*(?:([A-Za-z]\w*)\.([A-Z]\w*))?")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enumeration, as keys, parameters and filters spell it.

    ``type`` is the qualified one: ``IfsApp.SupplierHandling.PartyType``.
    """

    type: str
    name: str


Literal = str | Decimal | int | bool | date | Member | None


def literal(value: Literal) -> str:
    """The value as OData writes it in keys, parameters and filters; not yet percent-encoded.

    Raises:
        TypeError: a binary float, or a moment without an offset.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case Member():
            return f"{value.type}{literal(value.name)}"
        case _:
            return _bare(value)


def _bare(value: object) -> str:
    """Numbers, dates and moments: the same text in a literal and in a body."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    message = f"{type(value).__name__} has no exact form in OData"
    raise TypeError(message)


def _moment(value: datetime) -> str:
    """Whole seconds in UTC: fractions are accepted for some attributes only."""
    if value.tzinfo is None:
        message = "a moment needs its offset"
        raise TypeError(message)
    return value.astimezone(timezone.utc).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")


def key(values: Sequence[tuple[str, Literal]]) -> str:
    """A named key, percent-encoded: ``(Company='X',InvoiceId=1)``.

    Raises:
        ValueError: there is nothing to name.
    """
    if not values:
        message = "a key needs at least one value"
        raise ValueError(message)
    text = ",".join(f"{name}={literal(value)}" for name, value in values)
    return quote(f"({text})", safe=_KEY_SAFE)


def equals(name: str, value: Literal) -> Filter:
    """``name eq value``."""
    return Filter(f"{name} eq {literal(value)}")


def at_least(name: str, value: Literal) -> Filter:
    """``name ge value``."""
    return Filter(f"{name} ge {literal(value)}")


def same_text(name: str, value: str) -> Filter:
    """``name`` is this text, whatever its case and outer blanks."""
    return Filter(f"tolower(trim({name})) eq {literal(value.strip().lower())}")


def all_of(parts: Sequence[Filter]) -> Filter:
    """Every part holds."""
    return _join(parts, " and ")


def any_of(parts: Sequence[Filter]) -> Filter:
    """At least one part holds."""
    return _join(parts, " or ")


def _join(parts: Sequence[Filter], word: str) -> Filter:
    if not parts:
        message = "a filter needs at least one part"
        raise ValueError(message)
    return parts[0] if len(parts) == 1 else Filter(f"({word.join(parts)})")


def query(options: Mapping[str, str | int]) -> str:
    """The query of an address, percent-encoded, with its question mark; empty when none."""
    parts = [
        f"{quote(name, safe='$@')}={quote(str(value), safe=_QUERY_SAFE)}"
        for name, value in options.items()
    ]
    return "?" + "&".join(parts) if parts else ""


def encoded_length(text: str) -> int:
    """How long a text is in an address. Units: characters."""
    written = text.encode()
    return len(written) + 2 * len(_QUERY_ESCAPED.findall(written))


def chunks_within(
    parts: Iterable[Filter], *, length_max: int, count_max: int
) -> list[list[Filter]]:
    """Groups of parts whose or-chain stays below a length; a longer part stands alone.

    Units: ``length_max`` in characters of the address.
    """
    glue = encoded_length(" or ")
    chunks: list[list[Filter]] = []
    room = 0
    for part in parts:
        size = encoded_length(part) + glue
        if not chunks or size > room or len(chunks[-1]) >= count_max:
            chunks.append([])
            room = length_max
        chunks[-1].append(part)
        room -= size
    return chunks


def body(value: object, *, decimal_as_string: bool = False) -> bytes:
    """A JSON body with exact decimals: numbers as they are, or as strings where a site asks for it.

    Raises:
        TypeError: a binary float or another type that JSON has no exact form for.
    """
    return _json(value, decimal_as_string=decimal_as_string, depth=0).encode()


def _json(value: object, *, decimal_as_string: bool, depth: int) -> str:
    if depth > BODY_DEPTH_MAX:
        message = f"a body is nested deeper than {BODY_DEPTH_MAX} levels"
        raise ValueError(message)
    if value is None or isinstance(value, (bool, str)):
        return _simple_json(value)
    if isinstance(value, Mapping):
        members = (
            f"{_simple_json(str(name))}:"
            f"{_json(item, decimal_as_string=decimal_as_string, depth=depth + 1)}"
            for name, item in value.items()
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        items = (
            _json(item, decimal_as_string=decimal_as_string, depth=depth + 1) for item in value
        )
        return "[" + ",".join(items) + "]"
    text = _bare(value)
    is_quoted = isinstance(value, date) or (decimal_as_string and isinstance(value, Decimal))
    return f'"{text}"' if is_quoted else text


_simple_json = json.JSONEncoder().encode


def array_elements(value: object) -> int:
    """How many elements all arrays inside a body have together."""
    if isinstance(value, Mapping):
        return sum(array_elements(item) for item in value.values())
    if isinstance(value, list | tuple):
        return len(value) + sum(array_elements(item) for item in value)
    return 0


def parse_json(text: bytes) -> Any:  # noqa: ANN401  (any JSON value)
    """A JSON text with exact decimals.

    Raises:
        ValueError: it is no JSON, is cut short, or holds a number that is none (``NaN``).
    """
    try:
        return exact_json.parse(text, constant=_refuse_constant)
    except RecursionError as error:
        message = "the text is nested too deeply"
        raise ValueError(message) from error


def _refuse_constant(name: str) -> None:
    message = f"{name} is no number"
    raise ValueError(message)


def version_of(etag: str) -> tuple[str, str] | None:
    """Row id and row version inside an ETag; ``None`` when it is of another make.

    A hint about change only: what goes into ``If-Match`` is the ETag as it was read.
    Source: outer and inner form are seen in code.
    """
    outer = re.fullmatch(r'W/"([A-Za-z0-9+/=_-]+)"', etag.strip())
    if outer is None:
        return None
    try:
        decoded = base64.b64decode(outer.group(1), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    inner = re.fullmatch(r'W/"([^":]+):([^":]+)"', decoded)
    return (inner.group(1), inner.group(2)) if inner else None


def parse_error(text: bytes) -> ErrorText:
    """What classifies a refusal: code, database error number and ``LuName.TAG``; and its words.

    Source: body shape and text pattern are seen in code; the wording follows the user's language.
    """
    if len(text) > ERROR_BYTES_MAX:
        return NO_ERROR
    try:
        found = parse_json(text)
    except ValueError:
        return NO_ERROR
    return error_of(found) or NO_ERROR


def error_of(found: object) -> ErrorText | None:
    """The error that a JSON value carries; ``None`` when it carries none."""
    if not isinstance(found, Mapping) or "error" not in found:
        return None
    error = found["error"]
    if not isinstance(error, Mapping):
        return NO_ERROR
    code, details, message = (error.get(name) for name in ("code", "details", "message"))
    listed = details if isinstance(details, list) else []
    parts = [part for part in listed if isinstance(part, Mapping)]
    texts = [str(text) for text in (*(p.get("message") for p in parts), message) if text]
    number, tag, words = _database_error(texts)
    code = code if isinstance(code, str) else ""
    return ErrorText(code=code, number=number, tag=tag, words=words)


def _database_error(texts: Sequence[str]) -> tuple[int, str, str]:
    """Number, tag and words of the first text that has a number, else of the first one."""
    for text in texts:
        match = _DATABASE_TEXT.search(text)
        if match:
            number, unit, tag = match.groups()
            name = f"{unit}.{tag}" if tag else _lock_tag(text)
            return int(number), name, text[match.end() :].lstrip(" :")
    lock = next((LOCKED_TAG for text in texts if LOCKED_TAG in text), "")
    return 0, lock, texts[0].strip() if texts else ""


def _lock_tag(text: str) -> str:
    return LOCKED_TAG if LOCKED_TAG in text else ""


def is_duplicate(error: ErrorText) -> bool:
    """True when IFS says that the row is there already.

    Source: the tag is seen in code, the number is inferred.
    """
    tag = error.tag.rpartition(".")[2]
    is_tagged = re.fullmatch(r"(?!.*NOT?_?EXIST).*EXISTS?", tag) is not None
    return error.number == DUPLICATE_NUMBER or is_tagged


def is_stale(error: ErrorText, *, status: int) -> bool:
    """True when what had been read was old: an ETag that no longer fits, a row that is gone."""
    return status == 412 or error.number in STALE_NUMBERS  # noqa: PLR2004
