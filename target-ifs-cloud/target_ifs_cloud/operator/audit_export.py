"""The audit trail for other eyes: JSON Lines for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import TextIO

from target_ifs_cloud.operator.spreadsheets import inert

Lines = Iterable[tuple[int, str, str]]
"""Number, text and hash of each line, in order."""

_COLUMNS = (
    "seq", "at", "run", "event", "actor", "software", "direction", "decision", "verdict", "kind",
    "source", "source_version", "source_hash", "key", "rules", "ifs_id", "ifs_state", "problems",
    "reason", "method", "path", "body_hash", "status", "etag_before", "etag_after", "hash", "entry",
)  # fmt: skip


def write_json_lines(lines: Lines, out: TextIO) -> None:
    """One object per line: number, hash and the entry as it was written."""
    for seq, text, digest in lines:
        json.dump({"seq": seq, "hash": digest, "entry": json.loads(text)}, out)
        out.write("\n")


def write_csv(lines: Lines, out: TextIO) -> None:
    """One row per request, or per line without one; ``entry`` is the text that the hash covers."""
    writer = csv.DictWriter(out, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for seq, text, digest in lines:
        line = json.loads(text)
        line["problems"] = " ".join(line.get("problems", ()))
        for exchange in line.get("exchanges") or [{}]:
            row = {**line, **exchange, "seq": seq, "hash": digest, "entry": text}
            writer.writerow({name: inert(value) for name, value in row.items()})
