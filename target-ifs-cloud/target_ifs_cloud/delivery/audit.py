"""The audit trail: append-only lines, each chained to the one before by SHA-256.

An entry is one canonical JSON text. ``hash = SHA-256(previous hash + entry)``, so an edit, a
removal, an insertion or a reordering breaks the chain at that line. A cut tail leaves a whole
chain: only the checkpoint that each run prints (count and last hash) reveals it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select
from typing_extensions import override

from target_ifs_cloud.delivery.tables import AUDIT
from target_ifs_cloud.documents import canonical_json
from target_ifs_cloud.errors import ConfigurationError

FIRST_HASH = "0" * 64
_READ_AT_ONCE = 1000
_BEFORE_ALL = -(2**31)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How long the trail is and the hash of its last line; printed at the end of every run."""

    count: int
    hash: str

    @override
    def __str__(self) -> str:
        """The form that people keep and ``verify-audit --checkpoint`` reads back."""
        return f"{self.count}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read back a printed checkpoint.

        Raises:
            ConfigurationError: the text is no checkpoint.
        """
        count, _, digest = text.strip().partition(":")
        if not count.isdigit() or len(digest) != len(FIRST_HASH):
            message = "a checkpoint looks like 1234:<64 hex digits>, as a run prints it"
            raise ConfigurationError(message)
        return cls(int(count), digest)


def chain_hash(previous: str, entry: str) -> str:
    """The hash of a line, from the hash of the line before and its own text."""
    return hashlib.sha256((previous + entry).encode()).hexdigest()


def read_checkpoint(connection: Connection) -> Checkpoint:
    """Where the trail ends now."""
    last = connection.execute(
        select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
    ).first()
    return Checkpoint(last.seq, last.hash) if last else Checkpoint(0, FIRST_HASH)


def append(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
    """Add lines at the end, in the transaction of the change that they prove.

    A second writer that got as far at the same time fails on the primary key, so a fork of the
    chain is impossible.
    """
    if not entries:
        return
    end = read_checkpoint(connection)
    rows = []
    digest = end.hash
    for seq, entry in enumerate(entries, start=end.count + 1):
        text = canonical_json(entry)
        digest = chain_hash(digest, text)
        rows.append({"seq": seq, "entry": text, "hash": digest})
    connection.execute(insert(AUDIT), rows)


def read_lines(connection: Connection) -> Iterator[tuple[int, str, str]]:
    """Every line in order as ``(seq, entry, hash)``, a page at a time."""
    last = _BEFORE_ALL
    total = connection.execute(select(func.count()).select_from(AUDIT)).scalar_one()
    for _ in range(total // _READ_AT_ONCE + 1):
        page = connection.execute(
            select(AUDIT).where(AUDIT.c.seq > last).order_by(AUDIT.c.seq).limit(_READ_AT_ONCE)
        ).all()
        for row in page:
            yield row.seq, row.entry, row.hash
            last = row.seq


def find_breaks(
    lines: Iterable[tuple[int, str, str]], checkpoint: Checkpoint | None = None
) -> list[str]:
    """What is wrong with the trail, in words; empty when every line is in its place."""
    breaks: list[str] = []
    previous, count, at_checkpoint = FIRST_HASH, 0, FIRST_HASH
    for seq, entry, digest in lines:
        count += 1
        if seq != count:
            breaks.append(f"line {count} is missing: line {seq} stands in its place")
            return breaks
        if chain_hash(previous, entry) != digest:
            breaks.append(f"line {seq} does not follow from the line before: edited or replaced")
            return breaks
        previous = digest
        if checkpoint and seq == checkpoint.count:
            at_checkpoint = digest
    if checkpoint and count < checkpoint.count:
        breaks.append(f"the tail is cut: {checkpoint.count} lines were there, {count} are left")
    elif checkpoint and at_checkpoint != checkpoint.hash:
        breaks.append(f"line {checkpoint.count} is not the line that the checkpoint saw")
    return breaks
