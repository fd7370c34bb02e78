"""What an answer of Procurify says: envelope, rows, pages. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

Row = dict[str, Any]

_REQUEST_ID = re.compile(r"[\w.:-]{1,80}", re.ASCII)
_HTML = re.compile(rb"\s*<(!doctype|html|head|body)", re.IGNORECASE)


class UnreadableError(ValueError):
    """The answer is not what the API documents: HTML, cut off, or of another shape."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; the body never goes into a message."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def request_id(self) -> str:
        """Procurify's id of the request, for its support; ``"none"`` when it sent none."""
        value = self.headers.get("x-request-id", "")
        return value if _REQUEST_ID.fullmatch(value) else "none"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, with what its envelope claims; a claim may be missing."""

    rows: list[Row]
    count: int | None
    pages: int | None
    size: int | None
    has_next: bool


def read_json(answer: Answer) -> Row:
    """The object in the answer, numbers exact.

    Raises: UnreadableError, without quoting the body.
    """
    try:
        value = json.loads(answer.body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        kind = "HTML" if _HTML.match(answer.body) else "no JSON, or cut off"
        raise UnreadableError(f"the answer is {kind}") from None
    if not isinstance(value, dict):
        raise UnreadableError("the answer is no JSON object")
    return value


def _refuse_constant(_name: str) -> NoReturn:
    raise UnreadableError("a number is infinite or none")


def read_object(answer: Answer) -> Row:
    """The single record in an answer.

    Source: documented by Procurify, single objects stand under ``data``.
    """
    data = read_json(answer).get("data")
    if not isinstance(data, dict):
        raise UnreadableError("the answer has no record under data")
    return data


def read_page(answer: Answer) -> Page:
    """The page in an answer, wherever its pagination stands.

    Source: documented by Procurify, ``metadata.pagination`` for most lists, ``pagination`` on top
    for receipts.
    """
    body = read_json(answer)
    rows = body.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnreadableError("the answer has no rows under data")
    metadata = body.get("metadata")
    claims = metadata.get("pagination") if isinstance(metadata, dict) else None
    if not isinstance(claims, dict):
        claims = body.get("pagination")
    if not isinstance(claims, dict):
        claims = {}
    return Page(
        rows=rows,
        count=_whole(claims.get("count")),
        pages=_whole(claims.get("num_pages")),
        size=_whole(claims.get("page_size")),
        has_next=bool(claims.get("next")),
    )


def _whole(value: object) -> int | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_whole and isinstance(value, int) else None
