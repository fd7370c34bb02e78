"""Suppliers whose creation broke off: only what IFS does not show is posted, each in its place."""

from __future__ import annotations

from typing import Any

import pytest

from target_ifs_cloud.documents import Source, Supplier, SupplierId, SupplierRow
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.supplier_gaps import read_gaps
from tests.unit.ifs.site import Bench, Told

HEADER = "SupplierInfoGeneralSet(SupplierId='S1')"
ADDRESSES = f"{HEADER}/SupplierInfoAddresses"
ADDRESS = f"{ADDRESSES}(SupplierId='S1',AddressId='1')"
MAILS = f"{ADDRESS}/AddressCommunicationMethods"
COMPANIES = f"{HEADER}/SupplierInvoiceCompanies"

ADDRESS_ROW = {"SupplierId": "S1", "AddressId": "1", "City": "Oslo"}
MAIL = {"PartyType": "Supplier", "Identity": "S1", "CommId": 1, "Value": "a@x.example"}
PHONE = {**MAIL, "CommId": 2, "Value": "+1"}
COMPANY = {"Company": "HCA", "Identity": "S1", "PartyType": "Supplier"}


def row(collection: str, values: dict[str, Any]) -> SupplierRow:
    """A child row."""
    return SupplierRow(collection=collection, values=tuple(values.items()))


def supplier(*, has_comm_ids: bool = True) -> Supplier:
    """A supplier with an address, mail, phone and a company."""
    unsent = set() if has_comm_ids else {"CommId"}
    kept = ({n: v for n, v in values.items() if n not in unsent} for values in (MAIL, PHONE))
    return Supplier(
        source=Source(kind="vendor", id="5", version=None, hash="h", label="vendor 5"),
        supplier=SupplierId("S1"),
        name="One",
        country="CA",
        header=(),
        rows=(
            row("addresses", ADDRESS_ROW),
            *(row("communication", values) for values in kept),
            row("companies", COMPANY),
        ),
    )


def posts(ifs: Bench, document: Supplier) -> list[tuple[str, int | None, Any]]:
    """Path, parent and value or company of what is going to be posted."""
    gaps = read_gaps(ifs.client, [document])
    operations = gaps[document.supplier].operations if gaps else ()
    return [
        (o.path, o.parent, (o.fields or {}).get("Value") or (o.fields or {}).get("Company"))
        for o in operations
    ]


@pytest.mark.parametrize("has_comm_ids", [True, False])
@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (
            {},
            [
                (ADDRESSES, None, None),
                ("AddressCommunicationMethods", 1, "a@x.example"),
                ("AddressCommunicationMethods", 1, "+1"),
                (COMPANIES, None, "HCA"),
            ],
        ),
        (
            {ADDRESSES: [ADDRESS_ROW]},
            [(MAILS, None, "a@x.example"), (MAILS, None, "+1"), (COMPANIES, None, "HCA")],
        ),
        (
            {ADDRESSES: [ADDRESS_ROW], MAILS: [PHONE], COMPANIES: [COMPANY]},
            [(MAILS, None, "a@x.example")],
        ),
        ({ADDRESSES: [ADDRESS_ROW], MAILS: [MAIL, PHONE], COMPANIES: [COMPANY]}, []),
    ],
    ids=["header-only", "address", "one-mail-lost", "whole"],
)
def test_what_is_not_shown_is_posted_in_its_place(
    ifs: Bench, shown: dict[str, Any], missing: list[Any], *, has_comm_ids: bool
) -> None:
    """Below the row that stands, or below the one that is made with it."""
    for path, rows in shown.items():
        ifs.site.collections[ifs.path("supplier", path)] = [dict(one) for one in rows]
    assert posts(ifs, supplier(has_comm_ids=has_comm_ids)) == missing


def test_a_row_that_a_person_has_edited_since_is_not_made_again(ifs: Bench) -> None:
    """Its key says that it is there."""
    edited = {**MAIL, "Value": "b@x.example"}
    rows: dict[str, list[dict[str, Any]]] = {
        ADDRESSES: [{**ADDRESS_ROW, "City": "Bergen"}],
        MAILS: [edited, PHONE],
        COMPANIES: [COMPANY],
    }
    for path, shown in rows.items():
        ifs.site.collections[ifs.path("supplier", path)] = [dict(one) for one in shown]
    assert posts(ifs, supplier()) == []


def test_a_row_stands_for_one_row(ifs: Bench) -> None:
    """Two mails that are the same need two rows; a row that shows nothing of ours is none."""
    document = supplier(has_comm_ids=False)
    mail = document.rows[1]
    double = Supplier(
        source=document.source,
        supplier=document.supplier,
        name=document.name,
        country=document.country,
        header=(),
        rows=(document.rows[0], mail, mail),
    )
    for rows, missing in (
        ([MAIL], [(MAILS, None, "a@x.example")]),
        ([MAIL, {**MAIL, "CommId": 9}], []),
        ([{"Other": 1, "CommId": at} for at in (1, 2)], [(MAILS, None, "a@x.example")] * 2),
    ):
        ifs.site.collections[ifs.path("supplier", ADDRESSES)] = [dict(ADDRESS_ROW)]
        ifs.site.collections[ifs.path("supplier", MAILS)] = [dict(one) for one in rows]
        assert posts(ifs, double) == missing


def test_suppliers_that_are_whole_are_not_in_the_answer(ifs: Bench) -> None:
    """The others are, each with what it lacks."""
    assert read_gaps(ifs.client, []) == {}
    gaps = read_gaps(ifs.client, [supplier()])
    assert list(gaps) == ["S1"]
    keys = [operation.key for operation in gaps[SupplierId("S1")].operations]
    assert keys[0] == ("SupplierId", "AddressId")
    assert len(keys) == 4


def test_an_incomplete_answer_posts_nothing(ifs: Bench) -> None:
    """Not shown means nothing then."""
    ifs.site.answer = lambda _: Told(value="{")
    with pytest.raises(TemporaryError):
        read_gaps(ifs.client, [supplier()])
