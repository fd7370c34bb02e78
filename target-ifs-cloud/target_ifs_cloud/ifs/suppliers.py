"""Suppliers in IFS: who is there, in which companies they can be invoiced, how one is created."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from target_ifs_cloud.documents import CompanyId, Supplier, SupplierId, SupplierRow
from target_ifs_cloud.errors import ConfigurationError, TemporaryError
from target_ifs_cloud.ifs.batch import ChangeSet, Operation
from target_ifs_cloud.ifs.calls import NotOfferedError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.odata import any_of, chunks_within, equals, key
from target_ifs_cloud.ifs.profile import SiteProfile, SupplierChild
from target_ifs_cloud.ifs.rows import Row, flag, text
from target_ifs_cloud.reference import SupplierCompany, SupplierReference

_QUERY_RESERVE = 300
_ISO_COUNTRY_LENGTH = 2


def read_suppliers(client: IfsClient) -> dict[SupplierId, SupplierReference]:
    """Every supplier's header; their companies are not read yet.

    Raises:
        NotOfferedError: the site profile does not fit, or the user may not read suppliers.
        TemporaryError: the answer was not complete.
    """
    names = client.profile.supplier
    rows = client.rows("supplier", names.set, order=[names.id])
    found = (_reference(row, client.profile) for row in rows)
    return {reference.supplier: reference for reference in found if reference.supplier}


def find_suppliers(
    client: IfsClient, ids: Iterable[SupplierId]
) -> dict[SupplierId, SupplierReference]:
    """Those of these suppliers that IFS has, by id; their companies are not read yet.

    Raises:
        NotOfferedError: the site profile does not fit.
        TemporaryError: the answer was not complete, or holds what was not asked for.
    """
    names, limits = client.profile.supplier, client.profile.limits
    wanted = set(ids)
    chunks = chunks_within(
        [equals(names.id, id_) for id_ in sorted(wanted)],
        length_max=limits.url_length_max - _QUERY_RESERVE,
        count_max=limits.lookup_keys_per_request,
    )
    readings = [
        client.reading("supplier", names.set, filter_by=any_of(chunk), order=[names.id])
        for chunk in chunks
    ]
    found: dict[SupplierId, SupplierReference] = {}
    for rows in client.collections("supplier", readings):
        if rows is None:
            raise NotOfferedError(
                f"IFS does not offer {names.set} (status 404): correct projections.supplier or "
                "supplier.set in the site profile"
            )
        for row in rows:
            reference = _reference(row, client.profile)
            if reference.supplier not in wanted:
                raise TemporaryError("IFS showed suppliers that were not asked for. Run again")
            found[reference.supplier] = reference
    return found


def read_supplier_companies(
    client: IfsClient, ids: Sequence[SupplierId]
) -> dict[SupplierId, dict[CompanyId, SupplierCompany]]:
    """The invoice rows of these suppliers by company; a supplier without any has an empty entry.

    Raises:
        TemporaryError: the answer was not complete, or holds rows of another supplier.
        ConfigurationError: the profile lacks the child collection.
    """
    names = client.profile.supplier
    row_names = names.invoice_company
    child = child_of(client.profile, row_names.child)
    readings = [
        client.reading(
            "supplier", f"{supplier_path(id_, client.profile)}/{child.set}", order=child.key
        )
        for id_ in ids
    ]
    found: dict[SupplierId, dict[CompanyId, SupplierCompany]] = {}
    for id_, rows in zip(ids, client.collections("supplier", readings), strict=True):
        companies: dict[CompanyId, SupplierCompany] = {}
        for row in rows or []:
            if text(row, row_names.supplier) not in {id_, ""}:
                raise TemporaryError("IFS showed rows of another supplier. Run again")
            companies[CompanyId(text(row, row_names.company))] = SupplierCompany(
                payment_term=text(row, row_names.payment_term),
                uses_posting_proposal=flag(row, row_names.uses_proposal),
            )
        found[id_] = companies
    return found


def supplier_path(supplier: SupplierId, profile: SiteProfile) -> str:
    """The address of a supplier, relative to its projection."""
    return profile.supplier.set + key([(profile.supplier.id, supplier)])


def create_supplier_change_set(document: Supplier, profile: SiteProfile) -> ChangeSet:
    """The header and every child row, each below the row that it belongs to.

    Raises:
        ConfigurationError: a rule names a child collection that the profile does not have, or a
            row comes before the row that it belongs to.
    """
    names = profile.supplier
    header: dict[str, Any] = {
        names.id: document.supplier,
        names.name: document.name,
        names.country: document.country,
        **dict(document.header),
    }
    operations = [
        Operation(method="POST", path=names.set, fields=filled_only(header), key=(names.id,))
    ]
    for position, row in enumerate(document.rows):
        child = child_of(profile, row.collection)
        parent = parent_position(document.rows[:position], row, child)
        operations.append(
            Operation(
                method="POST",
                path=child.set,
                fields=filled_only(dict(row.values)),
                parent=parent,
                key=child.key,
            )
        )
    return ChangeSet(operations=tuple(operations))


def parent_position(before: Sequence[SupplierRow], row: SupplierRow, child: SupplierChild) -> int:
    """The operation that a row hangs below: the header is 1, the first row 2.

    Of several rows of the parent collection the one that shares most values is meant (the same
    ``AddressId``), the last one on a tie.
    """
    if child.parent is None:
        return 1
    values = set(row.values)
    likeness = [
        (len(values & set(other.values)), position)
        for position, other in enumerate(before, start=2)
        if other.collection == child.parent
    ]
    if not likeness:
        message = f"a row of {row.collection} comes before the row of {child.parent} it belongs to"
        raise ConfigurationError(f"vendor.yml: {message}")
    return max(likeness)[1]


def child_of(profile: SiteProfile, collection: str) -> SupplierChild:
    """The child collection that a rule names.

    Raises:
        ConfigurationError: the profile does not have it.
    """
    child = profile.supplier.children.get(collection)
    if child is None:
        raise ConfigurationError(
            f"{collection!r} is no child collection of suppliers: add supplier.children."
            f"{collection} to the site profile, or correct the rule"
        )
    return child


def filled_only(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent of a row that does not exist yet."""
    return {name: value for name, value in fields.items() if value is not None}


def _reference(row: Row, profile: SiteProfile) -> SupplierReference:
    names = profile.supplier
    code = text(row, names.country_code)
    is_code = len(code) == _ISO_COUNTRY_LENGTH
    return SupplierReference(
        supplier=SupplierId(text(row, names.id)),
        name=text(row, names.name),
        country=code.upper() if is_code else text(row, names.country),
        association_no=text(row, names.association_no),
    )
