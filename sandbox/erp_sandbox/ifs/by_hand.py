"""What another hand does to the rows of a site, past every rule, and how many rows there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from erp_sandbox.exact_json import JsonValue
from erp_sandbox.ifs.entity import EntitySet
from erp_sandbox.ifs.invoices import INVOICES, keep_number
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model import SETS
from erp_sandbox.ifs.store import Row, Store

MEMBERS = frozenset({"set", "key", "values", "insert", "remove"})


def edit_by_hand(ledger: Ledger, order: object) -> tuple[EntitySet, Row | None]:
    """Change, insert or remove a row; with the name of a set alone, touch all of its rows.

    ``{"set": …, "key": […], "values": {…}}``, ``{"set": …, "insert": {…}}``,
    ``{"set": …, "key": […], "remove": true}``, ``{"set": …}``.

    Raises:
        ValueError: there is no such set, row or member, or the key would be another one.
    """
    store = ledger.store
    if not isinstance(order, dict) or not set(order) <= MEMBERS:
        raise ValueError(f"an object with some of: {', '.join(sorted(MEMBERS))}")
    entity = SETS.get(str(order.get("set")))
    if entity is None:
        raise ValueError(f"no set {order.get('set')!r}")
    if "insert" in order:
        return entity, _put(ledger, entity, _new_row(store, entity, order["insert"]))
    if "key" not in order:
        for touched in list(store.rows(entity.name, {})):
            store.put(entity.name, touched)
        return entity, None
    row = store.get(entity.name, *order["key"])
    if row is None:
        raise ValueError(f"no row {order['key']!r} in {entity.name}")
    if order.get("remove"):
        store.remove(entity.name, row)
        return entity, None
    changed = {**row, **_known(entity, order.get("values", {}))}
    if store.key_of(entity, changed) != store.key_of(entity, row):
        raise ValueError("the key of a row does not change; remove it and insert another")
    return entity, _put(ledger, entity, changed)


def _put(ledger: Ledger, entity: EntitySet, row: Row) -> Row:
    """The row as it stands now; the number of an invoice is taken also when a hand has given it."""
    if entity.name == INVOICES:
        keep_number(ledger, row)
    return ledger.store.put(entity.name, row)


def _new_row(store: Store, entity: EntitySet, values: Mapping[str, Any]) -> Row:
    row = dict(_known(entity, values))
    if missing := [name for name in entity.key if row.get(name) is None]:
        raise ValueError(f"{entity.name} has the key {', '.join(entity.key)}; no {missing[0]}")
    if store.get(entity.name, *store.key_of(entity, row)) is not None:
        raise ValueError(f"{entity.name} has that row already")
    return row


def _known(entity: EntitySet, values: Mapping[str, Any]) -> Mapping[str, Any]:
    if unknown := sorted(set(values) - set(entity.fields)):
        raise ValueError(f"{entity.name} has no member {unknown[0]!r}")
    return values


def count_rows(store: Store) -> dict[str, JsonValue]:
    """The rows of every set that has some, and the invoices by state."""
    rows: dict[str, JsonValue] = {name: len(rows) for name, rows in store.tables.items() if rows}
    states = Counter(row["Objstate"] for row in store.tables[INVOICES].values())
    return {"rows": rows, "invoices": dict(sorted(states.items()))}
