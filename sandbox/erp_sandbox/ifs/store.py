"""Rows in memory with keys, versions and an undo log, so that a change set is all or nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from erp_sandbox.ifs.model import SETS, EntitySet
from erp_sandbox.ifs.refusal import Refusal

Row = dict[str, Any]
Key = tuple[str, ...]
_FIRST_NUMBER = 1000


class Store:
    """Every row of every set. ``version`` counts the changes of a row (an integer objversion)."""

    def __init__(self) -> None:
        """Start empty."""
        self.tables: dict[str, dict[Key, Row]] = {e.stored_in: {} for e in SETS.values()}
        self.versions: dict[tuple[str, Key], int] = {}
        # Keys by all but their last part: the children of one parent without a search.
        self._siblings: dict[tuple[str, Key], dict[Key, None]] = {}
        self._undo: list[tuple[str, Key, Row | None, int]] | None = None
        self._next_number = _FIRST_NUMBER

    def next_number(self) -> int:
        """A number that was never given before, also not by a change set that was refused."""
        self._next_number += 1
        return self._next_number

    def key_of(self, entity: EntitySet, row: Mapping[str, Any]) -> Key:
        """The key of a row, as text."""
        return tuple(str(row.get(name)) for name in entity.key)

    def get(self, name: str, *key: object) -> Row | None:
        """One row by its key."""
        return self.tables[SETS[name].stored_in].get(tuple(str(part) for part in key))

    def put(self, name: str, row: Row) -> Row:
        """Insert or replace a row; its version goes up."""
        key = self.key_of(SETS[name], row)
        name = SETS[name].stored_in
        self._remember(name, key)
        self._keep(name, key, row)
        self.versions[name, key] = self.versions.get((name, key), 0) + 1
        return row

    def remove(self, name: str, row: Row) -> None:
        """Delete a row."""
        key = self.key_of(SETS[name], row)
        name = SETS[name].stored_in
        self._remember(name, key)
        self._drop(name, key)

    def rows(self, name: str, fixed: Mapping[str, str]) -> Iterator[Row]:
        """The rows whose key fields have these values."""
        entity = SETS[name]
        found = self._stored(entity, fixed)
        return (row for row in found if entity.shows(row)) if entity.shows else found

    def _stored(self, entity: EntitySet, fixed: Mapping[str, str]) -> Iterator[Row]:
        table = self.tables[entity.stored_in]
        if all(part in fixed for part in entity.key):
            row = table.get(tuple(fixed[part] for part in entity.key))
            if row is not None:
                yield row
            return
        candidates = list(table.values())
        if all(part in fixed for part in entity.key[:-1]):
            prefix = tuple(fixed[part] for part in entity.key[:-1])
            own = self._siblings.get((entity.stored_in, prefix), ())
            candidates = [table[key] for key in own]
        for row in candidates:
            if all(str(row.get(field)) == value for field, value in fixed.items() if field in row):
                yield row

    def etag(self, name: str, row: Mapping[str, Any]) -> str:
        """The weak tag around ``objid:objversion``. Source: a vendor's documentation."""
        key = self.key_of(SETS[name], row)
        name = SETS[name].stored_in
        inner = f'W/"{name}-{"-".join(key)}:{self.versions[name, key]}"'
        return f'W/"{base64.b64encode(inner.encode()).decode()}"'

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
        self.tables[name][key] = row
        self._siblings.setdefault((name, key[:-1]), {})[key] = None

    def _drop(self, name: str, key: Key) -> None:
        self.tables[name].pop(key, None)
        self._siblings.get((name, key[:-1]), {}).pop(key, None)

    def _remember(self, name: str, key: Key) -> None:
        if self._undo is not None:
            before = self.tables[name].get(key)
            copy = dict(before) if before is not None else None
            self._undo.append((name, key, copy, self.versions.get((name, key), 0)))
