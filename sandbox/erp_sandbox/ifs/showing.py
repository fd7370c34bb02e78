"""Rows as IFS shows them: with etag and key reference, as values or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_sandbox.exact_json import Fragment, fragment
from erp_sandbox.ifs.entity import EntitySet
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.store import Row, Version, column_of
from erp_sandbox.ifs.values import with_texts

WRITTEN_MAX = 20_000


class Showcase:
    """Shows the rows of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing is written yet."""
        self._ledger = ledger
        self._written: dict[tuple[object, ...], tuple[Version, Fragment]] = {}

    def shown(self, entity: EntitySet, row: Row, select: str = "") -> dict[str, Any]:
        """A row as IFS shows it; with ``$select`` the key and the etag stay (seen in code)."""
        everything = entity.fields if self._ledger.knobs.nulls_shown else row
        wanted = {*select.split(","), *entity.key} if select else everything
        keyref = "".join([f"{column_of(name)}={row.get(name)}^" for name in entity.key])
        # Rows of queries, which have no table of their own, carry none (seen in code).
        etag = {} if entity.is_query else {"@odata.etag": self._ledger.store.etag(entity.name, row)}
        return {
            **etag,
            "luname": entity.lu,
            "keyref": keyref,
            **{name: row.get(name) for name in entity.fields if name in wanted},
        }

    def written(
        self, entity: EntitySet, row: Row, select: str, *, are_numbers_texts: bool
    ) -> Fragment:
        """The same as JSON; a row of a page is written again only when it has changed."""
        store, knobs = self._ledger.store, self._ledger.knobs
        row_key = store.key_of(entity, row)
        version = store.versions[entity.stored_in, row_key]
        habits = (knobs.nulls_shown, knobs.objversion_style, knobs.custom_fields)
        key = (entity.name, row_key, select, are_numbers_texts, habits)
        held = self._written.get(key)
        if held is not None and held[0] is version:
            return held[1]
        shown: Mapping[str, Any] = self.shown(entity, row, select)
        made = fragment(with_texts(shown) if are_numbers_texts else shown)
        if len(self._written) >= WRITTEN_MAX:
            self._written.clear()
        self._written[key] = (version, made)
        return made
