"""Takes a multipart text apart: parts, their headers, and whether each one is all there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PARTS_MAX = 20_000
"""More parts than any batch of ours can have: beyond it the text is not an answer to us."""
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]+)"|([^\s;,"]+))', re.IGNORECASE)
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ ]+(\d{3})(?:[ ][^\r\n]*)?\r?\n")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_DELIMITER_END = re.compile(rb"(--)[ \t]*(?=\r?\n|\Z)|[ \t]*(?=\r?\n)")
_CONTENT_ID = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a multipart text.

    A plain part is one HTTP answer: ``status``, ``headers``, ``body``. A nested one (the answer of
    a change set) holds ``inner`` parts, and ``is_closed`` says that its last delimiter was there.
    ``is_complete`` says that nothing of the part is missing. ``content_ids`` are the numbers by
    which it names requests, its inner parts included. Header names are lower case.
    """

    is_complete: bool
    content_ids: frozenset[int]
    status: int = 0
    headers: Mapping[str, str]
    body: bytes = b""
    is_nested: bool = False
    is_closed: bool = False
    inner: tuple[Part, ...] = ()


def read_parts(content_type: str, text: bytes) -> tuple[list[Part], bool]:
    """The parts of a batch answer, and whether its closing delimiter was there."""
    return _read(content_type, text, may_nest=True)


def _read(content_type: str, text: bytes, *, may_nest: bool) -> tuple[list[Part], bool]:
    boundary = _boundary_of(content_type)
    if boundary is None:
        return [], False
    parts: list[Part] = []
    is_closed = False
    for content, is_delimited, is_last in _split(text, boundary):
        is_closed = is_closed or is_last
        if content is not None and len(parts) < PARTS_MAX:
            parts.append(_part(content, is_delimited=is_delimited, may_nest=may_nest))
    return parts, is_closed and len(parts) < PARTS_MAX


def _boundary_of(content_type: str) -> bytes | None:
    if not content_type.lower().lstrip().startswith("multipart/mixed"):
        return None
    found = _BOUNDARY.search(content_type)
    return (found.group(1) or found.group(2)).encode() if found else None


def _split(text: bytes, boundary: bytes) -> Iterator[tuple[bytes | None, bool, bool]]:
    """Contents between delimiters: content, whether a delimiter ends it, whether it is the last.

    A delimiter counts only with its line end, or as the closing one, so that a delimiter that is
    cut short is none.
    """
    delimiter = b"--" + boundary
    start: int | None = None
    place = text.find(delimiter)
    while place >= 0:
        line_end = _DELIMITER_END.match(text, place + len(delimiter))
        before = text[max(place - 2, 0) : place]
        place_after = line_end.end() if line_end else place + 1
        if line_end and (not before or before.endswith(b"\n")):
            is_last = line_end.group(1) is not None
            end = place - (len(before) if before == b"\r\n" else len(before[-1:]))
            yield (None if start is None else text[start:end]), True, is_last
            if is_last:
                return
            start = place_after
        place = text.find(delimiter, place_after)
    if start is not None:
        yield text[start:], False, False


def _part(content: bytes, *, is_delimited: bool, may_nest: bool) -> Part:
    headers, inside = _head(content.removeprefix(b"\r\n").removeprefix(b"\n"))
    content_type = headers.get("content-type", "")
    if may_nest and content_type.lower().lstrip().startswith("multipart/"):
        inner, is_closed = _read(content_type, inside, may_nest=False)
        named = frozenset(i for part in inner for i in part.content_ids)
        return Part(
            is_complete=is_delimited and is_closed,
            content_ids=named | _ids(headers),
            headers=headers,
            is_nested=True,
            is_closed=is_delimited and is_closed,
            inner=tuple(inner),
        )
    return _http_answer(headers, inside, is_delimited=is_delimited)


def _http_answer(part_headers: Mapping[str, str], text: bytes, *, is_delimited: bool) -> Part:
    # The line end before a delimiter belongs to the delimiter; put it back for answers of one line.
    text = text.lstrip(b"\r\n") + b"\r\n"
    line = _STATUS_LINE.match(text)
    if line is None:
        return Part(is_complete=False, content_ids=_ids(part_headers), headers=part_headers)
    headers, body = _head(text[line.end() :])
    body = body.strip(b"\r\n")
    length = headers.get("content-length", "")
    is_long_enough = not length.isdigit() or len(body) >= int(length)
    return Part(
        is_complete=is_delimited and is_long_enough,
        content_ids=_ids(part_headers) | _ids(headers),
        status=int(line.group(1)),
        headers=headers,
        body=body,
    )


def _head(text: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and what follows the blank line; without one, all of it is headers."""
    if text.startswith((b"\r\n", b"\n")):
        return {}, text
    end = _BLANK_LINE.search(text)
    head, rest = (text[: end.start()], text[end.end() :]) if end else (text, b"")
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", errors="replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return headers, rest


def _ids(headers: Mapping[str, str]) -> frozenset[int]:
    text = headers.get("content-id", "").strip().strip("<>")
    return frozenset({int(text)}) if _CONTENT_ID.fullmatch(text) else frozenset()
