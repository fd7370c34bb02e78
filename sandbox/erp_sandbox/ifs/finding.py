"""Finds the rows that a collection answers with; nothing is searched twice while no row changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from erp_sandbox.ifs.entity import EntitySet
from erp_sandbox.ifs.filters import Filter, compile_filter
from erp_sandbox.ifs.history import moment
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.options import sort_rows
from erp_sandbox.ifs.store import Row

ENUM_FIELDS = frozenset({"Objstate", "PartyType"})
RESULTS_MAX = 16
Options = Mapping[str, str]


class Finder:
    """The rows of a set by address, filter and order."""

    def __init__(self, ledger: Ledger) -> None:
        """Search in one ledger."""
        self._ledger = ledger
        self._results: dict[tuple[str, ...], Sequence[Row]] = {}
        self._changes = 0

    def rows(self, entity: EntitySet, fixed: Mapping[str, str], options: Options) -> Sequence[Row]:
        """The rows below an address that pass the filter.

        Raises:
            Refusal: a filter that IFS does not take.
        """
        test = self._filter(entity, options)
        store, name = self._ledger.store, entity.name
        if test is None and not (fixed or entity.shows or self._are_late):
            return store.all_rows(name)
        near = test.candidates(partial(store.alike, name)) if test and not fixed else None

        def search() -> Sequence[Row]:
            found = store.rows(name, fixed) if near is None else store.rows_under(name, near)
            passed = [row for row in found if test is None or test(row)]
            if self._are_late:
                passed = [row for row in passed if store.is_visible(name, row)]
            return passed

        return self._once((name, options.get("$filter", "")), fixed, search)

    def ordered(
        self, entity: EntitySet, fixed: Mapping[str, str], rows: Sequence[Row], options: Options
    ) -> Sequence[Row]:
        """The rows in the order that was asked for."""
        order = options.get("$orderby", "")
        if not order:
            return rows
        asked = (entity.name, options.get("$filter", ""), order)
        return self._once(asked, fixed, lambda: sort_rows(rows, order))

    @property
    def _are_late(self) -> bool:
        return bool(self._ledger.knobs.visible_after_s)

    def _once(
        self, asked: tuple[str, ...], fixed: Mapping[str, str], search: Callable[[], Sequence[Row]]
    ) -> Sequence[Row]:
        """What was found for a whole set since its last change; the clock may change the rest."""
        if fixed or self._are_late or "now()" in asked[1]:
            return search()
        changes = self._ledger.store.changes
        if self._changes != changes or len(self._results) >= RESULTS_MAX:
            self._results, self._changes = {}, changes
        if asked not in self._results:
            self._results[asked] = search()
        return self._results[asked]

    def _filter(self, entity: EntitySet, options: Options) -> Filter | None:
        if "$filter" not in options:
            return None
        return compile_filter(
            options["$filter"],
            ENUM_FIELDS & set(entity.fields),
            kinds=entity.fields,
            now=moment(self._ledger.store.now()),
        )
