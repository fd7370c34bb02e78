"""Resource paths: ``Set(Key='x')/Child(Key='x',Id=1)/Action``. Source: seen in code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from erp_sandbox.ifs.refusal import Refusal

PATHS_MAX = 4096
_SEGMENT = re.compile(r"(?:[^/(']|\((?:[^')]|'(?:[^']|'')*')*\))+")
_KEY = re.compile(r"(\w+)=('(?:[^']|'')*'|[^,)]+)")
_MEMBER = re.compile(r"IfsApp(?:\.\w+)+'(\w*)'")
_LONE_KEY = re.compile(r"^\s*('(?:[^']|'')*'|-?\d+)\s*$")


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a path. ``keys`` is ``None`` without brackets; a lone key has the name ``""``."""

    name: str
    keys: Mapping[str, str] | None


@lru_cache(maxsize=PATHS_MAX)
def split_path(path: str) -> tuple[Segment, ...]:
    """The segments of a percent-encoded path.

    Raises:
        Refusal: a key that cannot be read.
    """
    segments = []
    for text in _SEGMENT.findall(unquote(path)):
        name, bracket, inner = text.partition("(")
        if not bracket:
            segments.append(Segment(name, None))
            continue
        inner = inner.removesuffix(")")
        keys = {key: _plain(value) for key, value in _KEY.findall(inner)}
        lone = _LONE_KEY.match(inner)
        if lone:
            keys = {"": _plain(lone.group(1))}
        if not keys and inner.strip():
            raise Refusal(400, "ODP_BAD_REQUEST")
        segments.append(Segment(name, keys or None))
    return tuple(segments)


def _plain(literal: str) -> str:
    """The value of a key; that of an enumeration is qualified. Source: seen in code."""
    qualified = _MEMBER.fullmatch(literal)
    if qualified:
        return qualified.group(1)
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    return literal
