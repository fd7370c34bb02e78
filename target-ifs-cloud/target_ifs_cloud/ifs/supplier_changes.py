"""Changes a supplier that IFS has: owned fields, where they differ, with the ETag just read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from target_ifs_cloud.documents import Supplier, SupplierId, SupplierRow, Value
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.batch import ChangeSet, Operation
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.profile import SiteProfile
from target_ifs_cloud.ifs.rows import Row, key_of, text
from target_ifs_cloud.ifs.suppliers import supplier_path


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierChange:
    """What differs of one supplier. ``fields`` name it for people and for the audit trail.

    ``change_set`` is ``None`` when nothing differs; ``has_no_etag`` says that IFS shows a row that
    differs without a version mark, so that it cannot be changed safely.
    """

    change_set: ChangeSet | None = None
    fields: tuple[str, ...] = ()
    has_no_etag: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One row of a supplier that may differ."""

    supplier: SupplierId
    place: str
    path: str
    wanted: Mapping[str, Value]


def has_owned_fields(document: Supplier) -> bool:
    """Whether Procurify decides anything of this supplier."""
    return bool(document.owned) or any(row.owned for row in document.rows)


def read_changes(
    client: IfsClient, documents: Sequence[Supplier]
) -> dict[SupplierId, SupplierChange]:
    """What IFS holds otherwise than the owner says, per supplier.

    A row that IFS does not have is not made: whether the supplier should have it is for a person.

    Raises:
        TemporaryError: IFS did not answer completely.
        ConfigurationError: the profile lacks a child collection.
    """
    parts = [part for document in documents for part in _parts(document, client.profile)]
    rows = client.batch_get("supplier", [part.path for part in parts]) if parts else []
    changes = {document.supplier: SupplierChange() for document in documents}
    for part, row in zip(parts, rows, strict=True):
        if row is not None:
            changes[part.supplier] = _with(changes[part.supplier], part, _checked(row))
    return changes


def _checked(row: object) -> Row:
    if not isinstance(row, Mapping):
        raise TemporaryError("IFS answered a supplier's row with something else. Run again")
    return row


def _with(change: SupplierChange, part: _Part, row: Row) -> SupplierChange:
    differing: dict[str, Any] = {
        name: value for name, value in part.wanted.items() if text(row, name) != _shown(value)
    }
    if not differing:
        return change
    fields = (*change.fields, *(f"{part.place}.{name}" for name in differing))
    etag = text(row, "@odata.etag")
    if not etag:
        return SupplierChange(change_set=change.change_set, fields=fields, has_no_etag=True)
    operation = Operation(method="PATCH", path=part.path, fields=differing, if_match=etag)
    before = change.change_set.operations if change.change_set else ()
    return SupplierChange(
        change_set=ChangeSet(operations=(*before, operation)),
        fields=fields,
        has_no_etag=change.has_no_etag,
    )


def _shown(value: Value) -> str:
    return "" if value is None else str(value).strip()


def _parts(document: Supplier, profile: SiteProfile) -> Iterator[_Part]:
    names = profile.supplier
    path = supplier_path(document.supplier, profile)
    header = {
        names.name: document.name,
        names.country: document.country,
        **dict(document.header),
    }
    wanted = {name: value for name, value in header.items() if name in document.owned}
    if wanted:
        yield _Part(supplier=document.supplier, place="header", path=path, wanted=wanted)
    for row in document.rows:
        values = {name: value for name, value in row.values if name in row.owned}
        if values:
            yield _Part(
                supplier=document.supplier,
                place=row.collection,
                path=path + _below(document, row, profile),
                wanted=values,
            )


def _below(document: Supplier, row: SupplierRow, profile: SiteProfile) -> str:
    """The address of a child row below its supplier, through the row that it belongs to."""
    child = profile.supplier.children[row.collection]
    values = {**dict(row.values), **_identity(document, profile)}
    own = f"/{child.set}{key_of(values, child.key, profile)}"
    if child.parent is None:
        return own
    parent = profile.supplier.children[child.parent]
    return f"/{parent.set}{key_of(values, parent.key, profile)}{own}"


def _identity(document: Supplier, profile: SiteProfile) -> Mapping[str, str]:
    """The supplier's id under the names that keys of child rows have for it."""
    names = profile.supplier
    company = names.invoice_company
    return {name: document.supplier for name in (names.id, company.supplier) if name}
