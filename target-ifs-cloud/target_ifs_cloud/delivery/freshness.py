"""Tells records that are older than what is remembered: an old output of the tap, fed once more.

What decides is the moment at which Procurify says that the record was changed last, in whole
seconds, because it is shown with and without fractions. Equal moments count as new: not every
change moves it. So do those that are a little older: several servers write them, each by its own
clock, and an edit that is left would be lost for good, while an old output is older by a run at
least. A record or a memory without a moment is taken as it comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from target_ifs_cloud.delivery.entry import Entry
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.summary import Outcome, Tally
from target_ifs_cloud.documents import SourceKind
from target_ifs_cloud.mapping import source_id_of, stamp_of

Record = Mapping[str, Any]
CLOCKS_APART_MAX = timedelta(seconds=5)
"""How far the clocks of the servers that write the moments may differ (assumed)."""


def take_fresh(
    outbox: Outbox, tally: Tally, kind: SourceKind, records: Sequence[Record]
) -> tuple[dict[str, Record], dict[str, Entry]]:
    """The newest record of each document, and what is remembered of them, by id.

    What is older than what is remembered is left, counted in the summary and put on record.
    """
    latest = _newest(kind, records)
    known = outbox.find(kind, latest)
    now = outbox.clock()
    stale = {
        id_: entry
        for id_, entry in known.items()
        if is_older(stamp_of(kind, latest[id_]), entry, now)
    }
    if stale:
        outbox.save(Changes(audit=[_evidence(kind, latest[id_], e) for id_, e in stale.items()]))
    for entry in stale.values():
        tally.add(entry, Outcome.OUTDATED)
    return (
        {id_: record for id_, record in latest.items() if id_ not in stale},
        {id_: entry for id_, entry in known.items() if id_ not in stale},
    )


def is_older(stamp: datetime | None, entry: Entry, now: datetime) -> bool:
    """Whether a record with this stamp is older than what is remembered.

    A remembered moment that is still to come is the work of a wrong clock, and decides nothing.
    """
    known = [
        one for one in (entry.source.changed_at, stamp_of(entry.source.kind, entry.record)) if one
    ]
    return stamp is not None and any(_is_before(stamp, one) and one <= now for one in known)


def _newest(kind: SourceKind, records: Sequence[Record]) -> dict[str, Record]:
    """One record for each document: the newest, of those that clocks cannot tell apart the last."""
    found: dict[str, Record] = {}
    for record in records:
        id_ = source_id_of(kind, record)
        before = stamp_of(kind, found.get(id_))
        stamp = stamp_of(kind, record)
        if before is None or stamp is None or not _is_before(stamp, before):
            found[id_] = record
    return found


def _is_before(stamp: datetime, other: datetime) -> bool:
    """Whether it is older by any clock."""
    return other - stamp > CLOCKS_APART_MAX


def _evidence(kind: SourceKind, record: Record, entry: Entry) -> dict[str, Any]:
    stamp = stamp_of(kind, record)
    return {
        "event": "left as outdated",
        "direction": "procurify-to-ifs",
        "kind": kind,
        "source": entry.source.id,
        "changed_at": stamp.isoformat() if stamp else "",
    }
