"""``$apply`` over the rows of a collection: filter, group, add up.

Source: documented as supported, without its extent; what is here is ``filter``, ``aggregate`` and
``groupby``, anything else is not implemented. Written by hand: no kept library reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from erp_sandbox.ifs.filters import compile_filter
from erp_sandbox.ifs.refusal import Refusal

Row = Mapping[str, Any]
_STEP = re.compile(r"(filter|aggregate|groupby)\((.*)\)", re.DOTALL)
_GROUP = re.compile(r"\(([\w,\s]+)\)\s*(?:,\s*aggregate\((.*)\))?", re.DOTALL)
_SUM = re.compile(r"(\w+)\s+with\s+(\w+)\s+as\s+(\w+)")
_COUNT = re.compile(r"\$count\s+as\s+(\w+)")
_METHODS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "sum": lambda values: sum(values, Decimal(0)),
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "average": lambda values: sum(values, Decimal(0)) / len(values) if values else None,
    "countdistinct": lambda values: len(set(values)),
}


def apply(
    text: str,
    rows: Sequence[Row],
    *,
    members: Sequence[str],
    enums: frozenset[str],
    status: int,
) -> list[dict[str, Any]]:
    """The rows that the steps leave, one after the other.

    Raises:
        Refusal: a member that there is none of, or a step that is not implemented (``status``).
    """
    found: list[dict[str, Any]] = [{name: row.get(name) for name in members} for row in rows]
    known = list(members)
    for step in _split(text, "/"):
        match = _STEP.fullmatch(step.strip())
        if match is None:
            raise Refusal(status, "ODP_NOT_IMPLEMENTED")
        kind, inside = match.groups()
        if kind == "filter":
            test = compile_filter(inside, enums & set(known))
            found = [row for row in found if test(row)]
            continue
        names, sums = [], inside
        if kind == "groupby":
            group = _GROUP.fullmatch(inside.strip())
            if group is None:
                raise Refusal(status, "ODP_NOT_IMPLEMENTED")
            names, sums = [name.strip() for name in group[1].split(",")], group[2] or ""
        _check(names, known)
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {} if names else {(): []}
        for row in found:
            groups.setdefault(tuple(row[name] for name in names), []).append(row)
        found = [
            dict(zip(names, values, strict=True)) | dict(_sums(sums, own, known, status))
            for values, own in groups.items()
        ]
        known = list(found[0]) if found else names
    return found


def _sums(
    text: str, rows: Sequence[Row], known: Sequence[str], status: int
) -> Iterator[tuple[str, Any]]:
    """Name and value of each sum."""
    for part in filter(None, map(str.strip, _split(text, ","))):
        count, total = _COUNT.fullmatch(part), _SUM.fullmatch(part)
        if count is not None:
            yield count[1], len(rows)
        elif total is not None and total[2] in _METHODS:
            _check([total[1]], known)
            values = [row[total[1]] for row in rows if row[total[1]] is not None]
            yield total[3], _METHODS[total[2]](values)
        else:
            raise Refusal(status, "ODP_NOT_IMPLEMENTED")


def _check(names: Sequence[str], known: Sequence[str]) -> None:
    if not set(names) <= set(known):
        raise Refusal(400, "ODP_BAD_REQUEST")


def _split(text: str, mark: str) -> Iterator[str]:
    """The parts between marks that stand in no bracket and in no quotes."""
    depth, is_quoted, part = 0, False, ""
    for character in text:
        is_quoted ^= character == "'"
        if not is_quoted:
            depth += {"(": 1, ")": -1}.get(character, 0)
        if character == mark and depth == 0 and not is_quoted:
            yield part
            part = ""
        else:
            part += character
    yield part
