"""What a supplier lacks whose creation went request by request and broke off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from target_ifs_cloud.documents import Supplier, SupplierId, SupplierRow
from target_ifs_cloud.ifs.batch import ChangeSet, Operation
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.profile import SupplierChild
from target_ifs_cloud.ifs.rows import Row, is_same, key_of
from target_ifs_cloud.ifs.suppliers import (
    child_of,
    filled_only,
    parent_position,
    supplier_path,
)


def read_gaps(client: IfsClient, documents: Sequence[Supplier]) -> dict[SupplierId, ChangeSet]:
    """The child rows that these suppliers should have and IFS does not show, ready to be posted.

    Suppliers that are whole are absent.

    Raises:
        TemporaryError: IFS did not answer completely.
        ConfigurationError: the profile lacks a child collection, or its key does not fit.
    """
    gaps = {document.supplier: _gap(client, document) for document in documents}
    return {id_: ChangeSet(operations=rows) for id_, rows in gaps.items() if rows}


def _gap(client: IfsClient, document: Supplier) -> tuple[Operation, ...]:
    shown = _Shown(client)
    missing: list[Operation] = []
    # Where header and rows stand: an address, or the operation that is going to make the row.
    places: list[str | int] = [supplier_path(document.supplier, client.profile)]
    for position, row in enumerate(document.rows):
        child = child_of(client.profile, row.collection)
        parent = places[parent_position(document.rows[:position], row, child) - 1]
        collection = f"{parent}/{child.set}" if isinstance(parent, str) else ""
        address = shown.address_of(row, child, collection) if collection else ""
        if not address:
            operation = Operation(
                method="POST",
                path=collection or child.set,
                fields=filled_only(dict(row.values)),
                parent=parent if isinstance(parent, int) else None,
                key=child.key,
            )
            missing.append(operation)
        places.append(address or len(missing))
    return tuple(missing)


class _Shown:
    """The child rows of one supplier, each collection read once; a row stands for one row."""

    def __init__(self, client: IfsClient) -> None:
        self._client = client
        self._rows: dict[str, list[Row]] = {}

    def address_of(self, row: SupplierRow, child: SupplierChild, collection: str) -> str:
        """Where IFS shows this row, or ``""``."""
        if collection not in self._rows:
            reading = self._client.reading("supplier", collection, order=child.key)
            self._rows[collection] = self._client.collections("supplier", [reading])[0] or []
        rows = self._rows[collection]
        found = next((shown for shown in rows if _is_row(row, child, shown)), None)
        if found is None:
            return ""
        rows.remove(found)
        return collection + key_of(found, child.key, self._client.profile)


def _is_row(row: SupplierRow, child: SupplierChild, shown: Row) -> bool:
    """Whether it is this row: by its key where the rules give it, else by all its values."""
    wanted: Mapping[str, object] = dict(row.values)
    names = child.key if wanted.get(child.key[-1]) is not None else tuple(wanted)
    told = [name for name in names if name in wanted and name in shown]
    return bool(told) and all(is_same(wanted[name], shown[name]) for name in told)
