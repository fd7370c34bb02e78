"""One record per supplier: header, addresses with communication, company rows. No bank data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.odata import any_of, equals
from target_ifs_cloud.ifs.paging import Reading
from target_ifs_cloud.ifs.rows import Row, key_of, text
from target_ifs_cloud.ifs.suppliers import supplier_path

SUPPLIERS_AT_ONCE = 20
HASH_LENGTH = 16
_ADDRESS = {
    "address_id": "AddressId",
    "name": "Name",
    "address1": "Address1",
    "address2": "Address2",
    "zip_code": "ZipCode",
    "city": "City",
    "county": "County",
    "state": "State",
    "country": "Country",
    "valid_from": "ValidFrom",
    "valid_to": "ValidTo",
}
_COMMUNICATION = {"method": "MethodId", "value": "Value", "name": "Name"}
_COMPANY = {
    "company": "Company",
    "payment_term": "PayTermId",
    "currency": "DefCurrency",
    "group": "GroupId",
}
"""The fields that are read, by name: no others can get in. Source: seen in code."""


def read_supplier_records(
    client: IfsClient, ids: Collection[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Every supplier of the site, or those of these ids that it has.

    Raises:
        NotOfferedError: the site profile does not fit.
        TemporaryError: an answer was not complete.
    """
    names = client.profile.supplier
    rows = list(
        client.rows("supplier", names.set, order=[names.id])
        if ids is None
        else _rows_of(client, ids)
    )
    for start in range(0, len(rows), SUPPLIERS_AT_ONCE):
        yield from _with_children(client, rows[start : start + SUPPLIERS_AT_ONCE])


def _rows_of(client: IfsClient, ids: Collection[str]) -> Iterator[Row]:
    names, wanted = client.profile.supplier, sorted(ids)
    for start in range(0, len(wanted), SUPPLIERS_AT_ONCE):
        chunk = [equals(names.id, id_) for id_ in wanted[start : start + SUPPLIERS_AT_ONCE]]
        yield from client.rows("supplier", names.set, filter_by=any_of(chunk), order=[names.id])


def fingerprint(record: Mapping[str, Any]) -> str:
    """A short mark that changes with the record; what is kept in STATE."""
    content = json.dumps(record, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:HASH_LENGTH]


def _with_children(client: IfsClient, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    profile = client.profile
    paths = [supplier_path(text(row, profile.supplier.id), profile) for row in rows]  # type: ignore[arg-type]
    addresses = _children(client, paths, "addresses")
    companies = _children(client, paths, "companies")
    child = profile.supplier.children["addresses"]
    below = [
        f"{path}/{child.set}{key_of(row, child.key, profile)}"
        for path, found in zip(paths, addresses, strict=True)
        for row in found
    ]
    communication = iter(_children(client, below, "communication"))
    for row, own, of_companies in zip(rows, addresses, companies, strict=True):
        shown = [_address(one, next(communication)) for one in own]
        yield _record(client, row, shown, of_companies)


def _children(client: IfsClient, paths: Sequence[str], name: str) -> list[list[Row]]:
    child = client.profile.supplier.children[name]
    readings: list[Reading] = [
        client.reading("supplier", f"{path}/{child.set}", order=child.key) for path in paths
    ]
    return [rows or [] for rows in client.collections("supplier", readings)]


def _address(row: Row, communication: Sequence[Row]) -> dict[str, Any]:
    methods = [_chosen(one, _COMMUNICATION) for one in communication]
    return {**_chosen(row, _ADDRESS), "communication": methods}


def _record(
    client: IfsClient, row: Row, addresses: Sequence[Mapping[str, Any]], companies: Sequence[Row]
) -> dict[str, Any]:
    names = client.profile.supplier
    methods = [one for address in addresses for one in address["communication"]]
    return {
        "supplier_id": text(row, names.id),
        "name": text(row, names.name),
        "country": text(row, names.country_code) or text(row, names.country),
        "association_no": text(row, names.association_no),
        "email": _first(methods, "EMAIL"),
        "phone": _first(methods, "PHONE"),
        "addresses": list(addresses),
        "companies": [_chosen(one, _COMPANY) for one in companies],
    }


def _first(methods: Sequence[Mapping[str, str]], wanted: str) -> str:
    """The first value of a method, whatever the case and signs in its name."""
    return next(
        (
            one["value"]
            for one in methods
            if "".join(x for x in one["method"].upper() if x.isalpha()) == wanted
        ),
        "",
    )


def _chosen(row: Row, names: Mapping[str, str]) -> dict[str, str]:
    return {to: text(row, of) for to, of in names.items()}
