"""What was emitted already, small enough to live in STATE. Pure.

A row is remembered by its key and a mark of its content, so that the overlap of two readings emits
only what changed, and so that a bill that is gone can be named.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

ENTRIES_MAX = 60_000
"""Keeps a STATE message near 2.3 MB; Meltano refuses lines of more than 5 MiB."""
ENTRIES_PER_PIECE = 1000
SURPLUS_MAX = 6_000
TEXT_BYTES_MAX = 64 * 1024 * 1024
MARK_BYTES = 6
UNSURE = ""
"""A mark that equals no other: the row is known, its content is read again."""

_WHOLE, _PART = "all", "part"


# Rows come out of JSON, so they hold no circles.
_show = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), default=str, check_circular=False
).encode


def mark_of(row: Mapping[str, Any]) -> str:
    """A short fingerprint of a row's content."""
    digest = hashlib.blake2b(_show(row).encode(), digest_size=MARK_BYTES).digest()
    return base64.b64encode(digest).decode()


class Memory:
    """Marks by key.

    ``is_whole`` says that every row there is was noted, so a new key is news. ``is_lasting`` says
    that nothing is forgotten by age, so stamps need not be kept.
    """

    __slots__ = ("_marks", "_stamps", "dropped", "is_lasting", "is_whole")

    def __init__(self, marks: Mapping[str, str] | None = None, *, is_whole: bool = False) -> None:
        self._marks = dict(marks or {})
        self._stamps: dict[str, datetime | None] = {}
        self.is_whole = is_whole
        self.is_lasting = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._marks)

    def __iter__(self) -> Iterator[str]:
        return iter(self._marks)

    def mark(self, key: str) -> str | None:
        """The mark that was noted last for the key."""
        return self._marks.get(key)

    def note(self, key: str, mark: str, stamp: datetime | None) -> None:
        """Remember the row."""
        self._marks[key] = mark
        if not self.is_lasting:
            self._stamps[key] = stamp
        elif len(self._marks) > ENTRIES_MAX + SURPLUS_MAX:
            self._fit()

    def forget(self, key: str) -> None:
        """Know nothing of the key any more."""
        self._marks.pop(key, None)
        self._stamps.pop(key, None)

    def doubt_all(self, doubtful: Callable[[str], str]) -> None:
        """Know every key still, but no content; ``doubtful`` is what then stands for a mark."""
        self._marks = {key: doubtful(mark) for key, mark in self._marks.items()}

    def keep_since(self, lower: datetime) -> None:
        """Keep only what this run saw with a stamp from ``lower`` on; the rest is out of reach."""
        if self.is_lasting:
            return
        kept = {key for key, stamp in self._stamps.items() if stamp is None or stamp >= lower}
        self._marks = {key: mark for key, mark in self._marks.items() if key in kept}
        self._stamps = {key: stamp for key, stamp in self._stamps.items() if key in kept}
        self.is_whole = False

    def _pieces(self) -> Iterator[bytes]:
        """The entries as packed JSON, some at a time: all of them as text at once are large."""
        packer = zlib.compressobj(6)
        entries = iter(self._marks.items())
        lead = "{"
        while some := dict(islice(entries, ENTRIES_PER_PIECE)):
            text = json.dumps(some, separators=(",", ":"))[1:-1]
            yield packer.compress(f"{lead}{text}".encode())
            lead = ","
        yield packer.compress(b"}" if self._marks else b"{}")
        yield packer.flush()

    def _fit(self) -> None:
        if len(self._marks) > ENTRIES_MAX:
            # Dropping an entry is safe: its row is emitted once more when it is seen again.
            self.is_whole = False
            self.dropped += len(self._marks) - ENTRIES_MAX
            for key in list(islice(self._marks, len(self._marks) - ENTRIES_MAX)):
                del self._marks[key]

    def pack(self) -> str:
        """The memory as one text for STATE."""
        self._fit()
        packed = base64.b64encode(b"".join(self._pieces())).decode()
        return f"{_WHOLE if self.is_whole else _PART}:{packed}"


def unpack_memory(text: object) -> Memory:
    """The memory that STATE holds.

    Raises: ValueError when the text is not what ``pack`` makes.
    """
    if text is None:
        return Memory()
    kind, _, packed = text.partition(":") if isinstance(text, str) else ("", "", "")
    if kind not in {_WHOLE, _PART}:
        raise ValueError("unknown form of memory")
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.b64decode(packed, validate=True), TEXT_BYTES_MAX)
        marks = json.loads(raw)
    except (zlib.error, ValueError) as error:
        raise ValueError("memory cannot be unpacked") from error
    if not isinstance(marks, dict) or not all(isinstance(mark, str) for mark in marks.values()):
        raise ValueError("memory has another shape")
    return Memory(marks, is_whole=kind == _WHOLE)
