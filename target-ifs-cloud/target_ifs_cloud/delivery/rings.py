"""Finds documents that wait for each other's keys, as two bills that swap their numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.situation import Candidate

DUPLICATE_NUMBER = "duplicate_number"


def is_tied(entry: Entry) -> bool:
    """Whether nothing but another document keeps a confirmed one from its new key."""
    codes = {problem.code for problem in entry.problems}
    return entry.state is State.CONFIRMED and codes == {DUPLICATE_NUMBER}


def find_rings(
    candidates: Sequence[Candidate], holders: Mapping[str, str]
) -> list[tuple[Candidate, ...]]:
    """Each ring once: every member wants the key that the next one has, the last that of the first.

    ``holders``: who has a key in IFS by our records, by its source id.
    """
    by_id = {c.source.id: c for c in candidates if c.is_moved and not c.problems}
    wanted = {
        id_: holders.get(str(candidate.document.key), "")
        for id_, candidate in by_id.items()
        if candidate.document
    }
    rings = []
    seen: set[str] = set()
    for start in wanted:
        path: list[str] = []
        id_ = start
        while id_ in wanted and id_ not in seen:
            seen.add(id_)
            path.append(id_)
            id_ = wanted[id_]
        if id_ in path:
            ring = path[path.index(id_) :]
            rings.append(tuple(by_id[member] for member in ring))
    return [ring for ring in rings if len(ring) > 1]
