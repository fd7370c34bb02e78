"""Rows in memory with keys, versions and an undo log, so that a change set is all or nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from erp_sandbox.ifs.model import SETS, EntitySet

Row = dict[str, Any]
Key = tuple[str, ...]
_FIRST_NUMBER = 1000


class Store:
    """Every row of every set. ``version`` counts the changes of a row (an integer objversion)."""

    def __init__(self) -> None:
        """Start empty."""
        self.tables: dict[str, dict[Key, Row]] = {name: {} for name in SETS}
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
        return self.tables[name].get(tuple(str(part) for part in key))

    def put(self, name: str, row: Row) -> Row:
        """Insert or replace a row; its version goes up."""
        key = self.key_of(SETS[name], row)
        self._remember(name, key)
        self._keep(name, key, row)
        self.versions[name, key] = self.versions.get((name, key), 0) + 1
        return row

    def remove(self, name: str, row: Row) -> None:
        """Delete a row."""
        key = self.key_of(SETS[name], row)
        self._remember(name, key)
        self._drop(name, key)

    def rows(self, name: str, fixed: Mapping[str, str]) -> Iterator[Row]:
        """The rows whose key fields have these values."""
        entity = SETS[name]
        if all(part in fixed for part in entity.key):
            row = self.tables[name].get(tuple(fixed[part] for part in entity.key))
            if row is not None:
                yield row
            return
        candidates = list(self.tables[name].values())
        if all(part in fixed for part in entity.key[:-1]):
            prefix = tuple(fixed[part] for part in entity.key[:-1])
            candidates = [self.tables[name][key] for key in self._siblings.get((name, prefix), ())]
        for row in candidates:
            if all(str(row.get(field)) == value for field, value in fixed.items() if field in row):
                yield row

    def etag(self, name: str, row: Mapping[str, Any]) -> str:
        """The weak tag around ``objid:objversion``. Source: a vendor's documentation."""
        key = self.key_of(SETS[name], row)
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
        for name, key, row, version in reversed(self._undo or []):
            if row is None:
                self._drop(name, key)
            else:
                self._keep(name, key, row)
            self.versions[name, key] = version
        self._undo = None

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
