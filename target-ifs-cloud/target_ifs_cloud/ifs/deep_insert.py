"""Puts the rows of a change set into the body of their parent, for sites that take that. Pure.

Only without ``$batch``, and only where the site profile says so: no public sign tells that IFS
takes nested rows. A body never carries more array elements than IFS advises; what is beyond goes
after it, row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from target_ifs_cloud.ifs.batch import ChangeSet, Operation
from target_ifs_cloud.ifs.odata import ARRAY_ELEMENTS_MAX


def fold(change_set: ChangeSet, *, elements_max: int = ARRAY_ELEMENTS_MAX) -> ChangeSet:
    """The same rows in fewer requests; the change set itself where it cannot be folded."""
    root, *rows = change_set.operations
    inside, beyond = rows[:elements_max], rows[elements_max:]
    is_new = root.method == "POST" and all(r.method == "POST" and r.parent for r in rows)
    if not rows or not is_new or any(row.parent != 1 for row in beyond):
        return change_set
    body = _nested(1, root.fields or {}, inside)
    return ChangeSet(operations=(replace(root, fields=body), *beyond))


def _nested(position: int, fields: Mapping[str, Any], rows: Sequence[Operation]) -> dict[str, Any]:
    """The fields of one row with the rows below it, by the name of their collection."""
    body: dict[str, Any] = dict(fields)
    for place, row in enumerate(rows, start=2):
        if row.parent == position:
            child = _nested(place, row.fields or {}, rows)
            body.setdefault(row.path, []).append(child)
    return body
