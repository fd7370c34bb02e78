"""Rows in memory with keys, versions and an undo log, so that a change set is all or nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from itertools import islice
from typing import Any, overload

from typing_extensions import override

from erp_sandbox.ifs.knobs import Knobs
from erp_sandbox.ifs.model import SETS, EntitySet
from erp_sandbox.ifs.refusal import Refusal

Row = dict[str, Any]
Key = tuple[str, ...]
Version = tuple[int, str]
_NEVER: Version = (0, "")
_FIRST_NUMBER = 1000
ROW_IDS_MAX = 20_000
_KEPT = ("tables", "versions", "_siblings", "_next_number", "_born")


class Store:
    """Every row of every set. A version is how often a row has changed, and when it did last."""

    def __init__(self, knobs: Knobs, now: Callable[[], datetime]) -> None:
        """Start empty; ``now`` stamps the rows."""
        self.knobs = knobs
        self.now = now
        # Called with every change of a row: its set, the row before and after.
        self.on_change: Callable[[EntitySet, Row | None, Row | None], None] | None = None
        self.tables: dict[str, dict[Key, Row]] = {e.stored_in: {} for e in SETS.values()}
        self.versions: dict[tuple[str, Key], Version] = {}
        # Keys by all but their last part: the children of one parent without a search.
        self._siblings: dict[tuple[str, Key], dict[Key, None]] = {}
        # Keys by the folded text of a member, for the members that filters have asked for.
        self._folded: dict[str, dict[str, dict[str, dict[Key, None]]]] = {}
        self._undo: list[tuple[str, Key, Row | None, Version]] | None = None
        self._next_number = _FIRST_NUMBER
        self._born: dict[tuple[str, Key], datetime] = {}
        self._stamped: tuple[int, str] = (0, "")
        # How often any row has changed, so that what was found once is known to be good still.
        self.changes = 0

    def next_number(self) -> int:
        """A number that was never given before, also not by a change set that was refused."""
        self._next_number += 1
        return self._next_number

    def key_of(self, entity: EntitySet, row: Mapping[str, Any]) -> Key:
        """The key of a row, as text."""
        return tuple([str(row.get(name)) for name in entity.key])

    def get(self, name: str, *key: object) -> Row | None:
        """One row by its key."""
        return self.tables[_TABLE_OF[name]].get(tuple(map(str, key)))

    def put(self, name: str, row: Row) -> Row:
        """Insert or replace a row; its version goes up."""
        key = self.key_of(SETS[name], row)
        name = SETS[name].stored_in
        self._remember(name, key)
        now = self.now()
        before = self.tables[name].get(key)
        if before is None:
            self._born[name, key] = now
        self._keep(name, key, row)
        count, _ = self.versions.get((name, key), _NEVER)
        self.versions[name, key] = (count + 1, self._stamp(now))
        self._tell(name, before, row)
        return row

    def remove(self, name: str, row: Row) -> None:
        """Delete a row."""
        key = self.key_of(SETS[name], row)
        name = SETS[name].stored_in
        self._remember(name, key)
        self._drop(name, key)
        self._tell(name, row, None)

    def _stamp(self, now: datetime) -> str:
        """The moment in seconds; it is written once for each."""
        second = int(now.timestamp())
        if self._stamped[0] != second:
            self._stamped = (second, now.strftime("%Y%m%d%H%M%S"))
        return self._stamped[1]

    def _tell(self, name: str, before: Row | None, after: Row | None) -> None:
        if self.on_change is not None:
            self.on_change(SETS[name], before, after)

    def is_visible(self, name: str, row: Mapping[str, Any]) -> bool:
        """Whether reads see the row already."""
        born = self._born[SETS[name].stored_in, self.key_of(SETS[name], row)]
        return (self.now() - born).total_seconds() >= self.knobs.visible_after_s

    def rows(self, name: str, fixed: Mapping[str, str]) -> Iterator[Row]:
        """The rows whose key fields have these values."""
        entity = SETS[name]
        found = self._stored(entity, fixed)
        return (row for row in found if entity.shows(row)) if entity.shows else found

    def _stored(self, entity: EntitySet, fixed: Mapping[str, str]) -> Iterator[Row]:
        table = self.tables[entity.stored_in]
        parents = entity.key[:-1]
        if fixed.keys() >= set(parents):
            prefix = tuple([fixed[part] for part in parents])
            if entity.key[-1] in fixed:
                row = table.get((*prefix, fixed[entity.key[-1]]))
                if row is not None:
                    yield row
                return
            own = self._siblings.get((entity.stored_in, prefix), ())
            candidates = [table[key] for key in own]
            left = {field: value for field, value in fixed.items() if field not in parents}
        else:
            candidates, left = list(table.values()), dict(fixed)
        for row in candidates:
            if not left or _agrees(row, left):
                yield row

    def all_rows(self, name: str) -> Sequence[Row]:
        """Every row of a set's table, as it is now and without a copy."""
        return TableRows(self.tables[SETS[name].stored_in])

    def alike(self, name: str, member: str, text: str) -> Mapping[Key, None]:
        """The keys of the rows whose member is this text, but for case and outer white space."""
        stored = SETS[name].stored_in
        members = self._folded.setdefault(stored, {})
        if member not in members:
            members[member] = {}
            for key, row in self.tables[stored].items():
                members[member].setdefault(_fold(row.get(member)), {})[key] = None
        return members[member].get(_fold(text), {})

    def rows_under(self, name: str, keys: Iterable[Key]) -> Iterator[Row]:
        """The rows of these keys, as far as the set shows them."""
        entity = SETS[name]
        found = (self.tables[entity.stored_in][key] for key in keys)
        return (row for row in found if entity.shows is None or entity.shows(row))

    def etag(self, name: str, row: Mapping[str, Any]) -> str:
        """The weak tag around ``objid:objversion``. Source: a vendor's documentation.

        The version is a count or a stamp in seconds, so that two changes within a second look alike
        (both seen in code).
        """
        key = self.key_of(SETS[name], row)
        name = SETS[name].stored_in
        is_counted = self.knobs.objversion_style == "counter"
        count, stamp = self.versions[name, key]
        version = count if is_counted else stamp
        inner = f'W/"AAA{_row_id(name, key)}:{version}"'
        return f'W/"{base64.b64encode(inner.encode()).decode()}"'

    # snapshots

    def state(self) -> dict[str, Any]:
        """Everything that a snapshot keeps."""
        return {name: getattr(self, name) for name in _KEPT}

    def take(self, state: Mapping[str, Any]) -> None:
        """Go on from what a snapshot has kept."""
        for name in _KEPT:
            setattr(self, name, state[name])
        # A snapshot that is older than a set has no table for it.
        for entity in SETS.values():
            self.tables.setdefault(entity.stored_in, {})
        self._folded = {}
        self.changes += 1

    # change sets

    def begin(self) -> None:
        """Keep what is overwritten from here on."""
        self._undo = []

    def commit(self) -> None:
        """Keep the changes."""
        self._undo = None

    def roll_back(self) -> None:
        """Take every change back, in reverse order."""
        self._take_back(0)
        self._undo = None

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What is changed in the body stands as a whole; a refusal takes all of it back."""
        is_outermost = self._undo is None
        if is_outermost:
            self.begin()
        mark = len(self._undo or [])
        try:
            yield
        except Refusal:
            self._take_back(mark)
            raise
        finally:
            if is_outermost:
                self.commit()

    def _take_back(self, mark: int) -> None:
        undo = self._undo or []
        for name, key, row, version in reversed(undo[mark:]):
            if row is None:
                self._drop(name, key)
            else:
                self._keep(name, key, row)
            self.versions[name, key] = version
        del undo[mark:]

    def _keep(self, name: str, key: Key, row: Row) -> None:
        self.changes += 1
        self._unfold(name, key)
        self.tables[name][key] = row
        for member, found in self._folded.get(name, {}).items():
            found.setdefault(_fold(row.get(member)), {})[key] = None
        self._siblings.setdefault((name, key[:-1]), {})[key] = None

    def _unfold(self, name: str, key: Key) -> None:
        before = self.tables[name].get(key)
        if before is not None:
            for member, found in self._folded.get(name, {}).items():
                found[_fold(before.get(member))].pop(key)

    def _drop(self, name: str, key: Key) -> None:
        self.changes += 1
        self._unfold(name, key)
        self.tables[name].pop(key, None)
        self._siblings.get((name, key[:-1]), {}).pop(key, None)

    def _remember(self, name: str, key: Key) -> None:
        if self._undo is not None:
            before = self.tables[name].get(key)
            copy = dict(before) if before is not None else None
            self._undo.append((name, key, copy, self.versions.get((name, key), _NEVER)))


_TABLE_OF: Mapping[str, str] = {name: entity.stored_in for name, entity in SETS.items()}


def _agrees(row: Row, fixed: Mapping[str, str]) -> bool:
    return all(str(row.get(field)) == value for field, value in fixed.items() if field in row)


class TableRows(Sequence[Row]):
    """The rows of a table in their order; a page of a large one costs no copy of all."""

    def __init__(self, table: Mapping[Key, Row]) -> None:
        """Look at a table."""
        self._table = table

    @override
    def __len__(self) -> int:
        return len(self._table)

    @override
    def __iter__(self) -> Iterator[Row]:
        return iter(self._table.values())

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    @override
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return list(islice(self._table.values(), place.start, place.stop))
        return next(islice(self._table.values(), place, None))


@lru_cache(maxsize=ROW_IDS_MAX)
def _row_id(name: str, key: Key) -> str:
    digest = hashlib.sha256("^".join((name, *key)).encode()).digest()
    return base64.b64encode(digest)[:15].decode()


def _fold(value: object) -> str:
    return "" if value is None else str(value).strip().lower()


@cache
def column_of(name: str) -> str:
    """The stored name of a member: words in capitals with underscores (seen in code)."""
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name)).upper()
