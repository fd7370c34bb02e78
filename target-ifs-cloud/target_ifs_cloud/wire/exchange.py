"""One HTTP request, its answer, and what is told about both. Pure values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class ErrorText(NamedTuple):
    """What classifies a refusal: ``error.code``, the database error number and ``LuName.TAG``.

    ``words`` is what the other system says about it, for people only: it follows the language of
    the user and classifies nothing.
    """

    code: str = ""
    number: int = 0
    tag: str = ""
    words: str = ""


NO_ERROR = ErrorText()
METADATA_CHANGED = "MI_MODIFIED_ERROR"
LOCKED_NUMBER = 20113
LOCKED_TAG = "FND_LOCKED"


def is_lock(error: ErrorText) -> bool:
    """True when somebody else holds the row for a moment, whatever the language of the text.

    Source: the tag is seen in code; the number is inferred from the framework's numbering.
    """
    return error.number == LOCKED_NUMBER or error.tag.rpartition(".")[2] == LOCKED_TAG


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. ``path`` starts at the host, is percent-encoded and may carry a query.

    ``is_read`` says that sending it twice changes nothing: a GET, or a ``$batch`` of GETs alone.
    ``about`` names it for people (``look-up of 12 invoices``); it never holds data of a document.
    """

    method: str
    path: str
    is_read: bool
    about: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A complete answer with a 2xx status. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The ``Content-Type`` header, empty when there is none."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One attempt, for the audit trail: no body, no header but the ETags.

    ``status`` is ``None`` when no readable answer came.
    """

    method: str
    path: str
    about: str
    body_hash: str
    status: int | None
    attempt: int
    etag_before: str = ""
    etag_after: str = ""


Observer = Callable[[Event], None]


def body_hash(body: bytes | None) -> str:
    """SHA-256 of a request body, empty when there is none."""
    return hashlib.sha256(body).hexdigest() if body else ""
