"""Keeps secrets and bank details out of texts that people read. Pure, apart from the log filter.

The first line of defence is that messages are written from names and counts, never from bodies.
This is the second one, for texts that come from libraries, and for the words of a refusal.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from typing_extensions import override

from target_ifs_cloud.wire.exchange import ErrorText

HIDDEN = "***"
SECRET_LENGTH_MIN = 6
WORDS_LENGTH_MAX = 300
_NAMES = (
    "access_token|refresh_token|id_token|client_secret|client_assertion|password|authorization|"
    "api_key|secret"
)
_PATTERNS = (
    re.compile(
        rf"""(?i)\b((?:{_NAMES})["']?\s*[:=]\s*["']?)(?:bearer\s+|basic\s+)?[^\s"'&,;}}]+"""
    ),
    re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"()\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)*"),
    re.compile(r"(://)[^/\s@:]+:[^/\s@]+(?=@)"),
    re.compile(r"()\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b"),
    re.compile(r"()\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b"),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the given secrets, tokens, passwords, IBANs and e-mail addresses."""
    for secret in secrets:
        if len(secret) >= SECRET_LENGTH_MIN:
            text = text.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return text


def told(error: ErrorText) -> str:
    """A refusal in one line: what classifies it and its words, without what must stay hidden."""
    number = f"ORA-{error.number}" if error.number else ""
    words = redact(" ".join(error.words.split()))
    if len(words) > WORDS_LENGTH_MAX:
        words = f"{words[:WORDS_LENGTH_MAX]}…"
    quoted = f'"{words}"' if words else ""
    return " ".join(text for text in (error.code, number, error.tag, quoted) if text)


class RedactingFilter(logging.Filter):
    """A log filter that rewrites each message through :func:`redact`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Remember which texts are secret, whatever they look like."""
        super().__init__()
        self._secrets = tuple(secrets)

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, rewritten."""
        record.msg = redact(record.getMessage(), self._secrets)
        record.args = ()
        return True
