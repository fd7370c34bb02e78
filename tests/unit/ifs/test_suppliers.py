"""Suppliers: who is there, where they can be invoiced, how one is made."""

from __future__ import annotations

from typing import Any

import pytest

from target_ifs_cloud.documents import Source, Supplier, SupplierId, SupplierRow
from target_ifs_cloud.errors import ConfigurationError, TemporaryError
from target_ifs_cloud.ifs.suppliers import (
    create_supplier_change_set,
    find_suppliers,
    read_supplier_companies,
    read_suppliers,
)
from target_ifs_cloud.reference import SupplierCompany, SupplierReference
from tests.unit.ifs.documents import PROFILE
from tests.unit.ifs.site import Bench, Told

ROWS: list[dict[str, Any]] = [
    {"SupplierId": "V-1", "Name": "One ", "Country": "CANADA", "CountryCode": "ca"},
    {"SupplierId": "V-2", "Name": "Two", "Country": "US", "AssociationNo": "77"},
    {"SupplierId": "V-3", "Name": None},
]


def test_every_supplier_is_read(ifs: Bench) -> None:
    """The code of the country where there is one; companies come later."""
    ifs.site.collections[ifs.path("supplier", "SupplierInfoGeneralSet")] = ROWS
    assert read_suppliers(ifs.client) == {
        SupplierId("V-1"): SupplierReference(supplier=SupplierId("V-1"), name="One", country="CA"),
        SupplierId("V-2"): SupplierReference(
            supplier=SupplierId("V-2"), name="Two", country="US", association_no="77"
        ),
        SupplierId("V-3"): SupplierReference(supplier=SupplierId("V-3"), name="", country=""),
    }


def test_suppliers_are_found_by_id(ifs: Bench) -> None:
    """Those that are there."""
    rows = ROWS[:1]
    ifs.site.answer = lambda _: Told(value={"value": rows, "@odata.count": 1})
    found = find_suppliers(ifs.client, [SupplierId("V-1"), SupplierId("V-9")])
    assert set(found) == {"V-1"}
    assert ifs.site.asked[0].options["$filter"] == "(SupplierId eq 'V-1' or SupplierId eq 'V-9')"
    assert find_suppliers(ifs.client, []) == {}


def test_suppliers_that_were_not_asked_for_are_an_error(ifs: Bench) -> None:
    """The filter was not honoured, so absent would mean nothing."""
    ifs.site.answer = lambda _: Told(value={"value": ROWS, "@odata.count": 3})
    with pytest.raises(TemporaryError):
        find_suppliers(ifs.client, [SupplierId("V-1")])


def test_a_supplier_set_that_is_not_there_is_a_matter_for_the_profile(ifs: Bench) -> None:
    """It does not mean that there is no supplier."""
    with pytest.raises(ConfigurationError, match=r"supplier\.set"):
        find_suppliers(ifs.client, [SupplierId("V-1")])


def test_companies_of_suppliers_are_read_together(ifs: Bench) -> None:
    """Rows per company; none where there are none."""
    path = "SupplierInfoGeneralSet(SupplierId='V''1')/SupplierInvoiceCompanies"
    ifs.site.collections[ifs.path("supplier", path)] = [
        {"Company": "HCA", "Identity": "V'1", "PayTermId": "30", "UsePostingProposal": "TRUE"},
        {"Company": "HUS", "Identity": "V'1", "PayTermId": 15},
    ]
    found = read_supplier_companies(ifs.client, [SupplierId("V'1"), SupplierId("V-2")])
    assert found == {
        "V'1": {
            "HCA": SupplierCompany(payment_term="30", uses_posting_proposal=True),
            "HUS": SupplierCompany(payment_term="15", uses_posting_proposal=None),
        },
        "V-2": {},
    }
    assert len(ifs.site.requests) == 1


def test_companies_of_another_supplier_are_an_error(ifs: Bench) -> None:
    """Answers that got mixed up must not allow an invoice."""
    path = "SupplierInfoGeneralSet(SupplierId='V-1')/SupplierInvoiceCompanies"
    ifs.site.collections[ifs.path("supplier", path)] = [{"Company": "HCA", "Identity": "V-2"}]
    with pytest.raises(TemporaryError):
        read_supplier_companies(ifs.client, [SupplierId("V-1")])


def supplier(*rows: SupplierRow) -> Supplier:
    """A supplier with child rows."""
    return Supplier(
        source=Source(kind="vendor", id="5", version=None, hash="h", label="vendor 5"),
        supplier=SupplierId("V-5"),
        name="Five",
        country="CA",
        header=(("Country", "CANADA"), ("OneTime", False), ("AssociationNo", None)),
        rows=rows,
    )


def child(collection: str, *values: tuple[str, Any]) -> SupplierRow:
    """A child row."""
    return SupplierRow(collection=collection, values=values)


def test_a_supplier_is_made_with_everything_below_it() -> None:
    """Each row below the one that it belongs to, by reference."""
    document = supplier(
        child("addresses", ("AddressId", "1"), ("City", None)),
        child("addresses", ("AddressId", "2")),
        child("address_types", ("AddressId", "1"), ("AddressTypeCode", "Pay")),
        child("communication", ("Value", "x")),
        child("companies", ("Company", "HCA")),
    )
    change = create_supplier_change_set(document, PROFILE)
    assert [(o.path, o.parent) for o in change.operations] == [
        ("SupplierInfoGeneralSet", None),
        ("SupplierInfoAddresses", 1),
        ("SupplierInfoAddresses", 1),
        ("AddressTypes", 2),
        ("AddressCommunicationMethods", 3),
        ("SupplierInvoiceCompanies", 1),
    ]
    assert change.operations[0].fields == {
        "SupplierId": "V-5",
        "Name": "Five",
        "Country": "CANADA",
        "OneTime": False,
    }
    assert change.operations[1].fields == {"AddressId": "1"}


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([child("bank_accounts", ("Iban", "x"))], "bank_accounts"),
        ([child("address_types", ("AddressTypeCode", "Pay"))], "addresses"),
    ],
)
def test_rows_without_a_place_are_a_fault_of_the_rules(rows: list[SupplierRow], named: str) -> None:
    """An unknown collection, or a child before its parent."""
    with pytest.raises(ConfigurationError, match=named):
        create_supplier_change_set(supplier(*rows), PROFILE)
