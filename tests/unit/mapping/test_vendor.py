"""A vendor becomes a supplier that IFS lacks, and nothing is merged by likeness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from target_ifs_cloud.documents import Mapped, Supplier, SupplierId
from target_ifs_cloud.mapping import check
from target_ifs_cloud.mapping.vendor import leading_vendors
from tests.unit.mapping.builders import (
    HCA,
    HUS,
    Record,
    company_reference,
    reference,
    supplier_reference,
    vendor,
)
from tests.unit.mapping.outcomes import as_supplier

OnVendor = Callable[..., Mapped]


def made(mapped: Mapped) -> Supplier:
    """The supplier of a vendor that has no problem."""
    assert mapped.problems == ()
    return as_supplier(mapped.document)


def rows_of(supplier: Supplier, collection: str) -> list[dict[str, Any]]:
    """The rows of one collection."""
    return [dict(row.values) for row in supplier.rows if row.collection == collection]


def test_a_vendor_becomes_a_supplier_with_all_its_rows(on_vendor: OnVendor) -> None:
    """Header, address, e-mail, phone, and one invoice row per company."""
    supplier = made(on_vendor(vendor()))
    assert (supplier.supplier, supplier.name, supplier.country) == (
        "V-10006",
        "Five Star Instruments",
        "CA",
    )
    (address,) = rows_of(supplier, "addresses")
    assert (address["Address1"], address["City"], address["Country"]) == (
        "55 West Hampton Ave",
        "Vancouver",
        "CA",
    )
    assert "Address2" not in address
    assert [(x["MethodId"], x["Value"]) for x in rows_of(supplier, "communication")] == [
        ("EMail", "ap@vendor6.example"),
        ("Phone", "604-555-0101"),
    ]
    assert [
        (x["Company"], x["PayTermId"], x["DefCurrency"]) for x in rows_of(supplier, "companies")
    ] == [(HCA, "30", "CAD"), (HUS, "30", "USD")]


REQUIRED_IN_COMPANY = (
    "AllowQuantityDiff",
    "AllowTolerance",
    "AutomaticInvoice",
    "AutomaticPayAuthFlag",
    "Company",
    "CountryTaxRegistered",
    "CreateTolerancePosting",
    "DefCurrency",
    "DigitalInvoice",
    "ExcFromSpesometroDec",
    "ExcludeInvoiceImage",
    "ExcludePostingAuth",
    "GroupId",
    "Identity",
    "IdentityType",
    "IncInvCurrRateBase",
    "InvoiceFee",
    "InvoiceRecipientFrom",
    "InvoicingSupplier",
    "LegalIdentity",
    "MatchingLevel",
    "NcfReferenceCheck",
    "PartyType",
    "PayTermId",
    "PoRefRecRefValMethod",
    "PrintTaxCodeText",
    "ReportAndWithhold",
    "SecondTin",
    "ServiceCodeRequired",
    "TaxBuyCurrRateBase",
    "TaxCertificateForm",
    "TaxExempt",
    "TaxLiability",
    "UtilityBillProvider",
    "VotingSharePercentage",
    "WithholdingBaseAmount",
)


def test_the_shipped_rules_fill_every_required_field(on_vendor: OnVendor) -> None:
    """Source: inferred, the fields that IFS wants when a supplier is created."""
    supplier = made(on_vendor(vendor()))
    assert {*dict(supplier.header)} >= {
        *("B2bSupplier", "Country", "CreationDate", "DefaultDomain", "DefaultLanguage"),
        *("IdentifierRefValidation", "Name", "OneTime", "PartyType", "SupplierCategory"),
        "ValidDataProcessingPurpose",
    }
    for row in rows_of(supplier, "companies"):
        assert set(REQUIRED_IN_COMPANY) <= {*row}
    for row in rows_of(supplier, "addresses"):
        assert {"AddressId", "Country", "DefaultDomain", "PartyType", "SupplierId"} <= {*row}
    for row in rows_of(supplier, "communication"):
        assert {"AddressDefault", "Identity", "MethodDefault", "MethodId", "PartyType"} <= {*row}


@pytest.mark.parametrize("country", ["Canada", "CA", " canada "])
def test_countries_are_recognised_as_people_write_them(on_vendor: OnVendor, country: str) -> None:
    """Names and codes, in any case."""
    assert made(on_vendor(vendor(country=country))).country == "CA"


def test_norway_is_a_country_and_not_a_denial(on_vendor: OnVendor) -> None:
    """``NO`` in a rule file stays a text."""
    assert made(on_vendor(vendor(country="Norway"))).country == "NO"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": 1}, "type other"),
        ({"type": 5}, "type employee"),
        ({"type": 6}, "type credit card provider"),
        ({"active": False}, "inactive"),
        ({"vendor_request": {"id": 3}}, "awaits approval"),
    ],
)
def test_other_vendors_are_left_out_with_words(
    on_vendor: OnVendor, changes: Record, words: str
) -> None:
    """The placeholder, employees, card providers, inactive and pending vendors."""
    mapped = on_vendor(vendor(**changes))
    assert (mapped.document, mapped.problems) == (None, ())
    assert words in mapped.not_wanted


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": None}, "type_unknown"),
        ({"type": 99}, "type_unknown"),
        ({"id": None}, "identity_missing"),
        ({"name": " "}, "value_missing"),
        ({"name": "N" * 101}, "value_too_long"),
        ({"country": None}, "value_missing"),
        ({"country": "Atlantis"}, "no_rule"),
        ({"external_id": "X" * 21}, "value_too_long"),
        ({"payment_term_ref": {"name": "Net 99"}}, "no_rule"),
        ({"addressLineOne": "A" * 101}, "value_too_long"),
    ],
)
def test_what_is_not_certain_is_held(on_vendor: OnVendor, changes: Record, code: str) -> None:
    """A new supplier needs everything in order."""
    mapped = on_vendor(vendor(**changes))
    assert mapped.document is None
    assert code in {problem.code for problem in mapped.problems}


def test_an_id_may_fill_its_field(on_vendor: OnVendor) -> None:
    """Twenty characters fit."""
    assert made(on_vendor(vendor(external_id="X" * 20))).supplier == "X" * 20


def test_a_vendor_without_external_id_gets_one_by_rule(on_vendor: OnVendor) -> None:
    """``P`` and the vendor's id."""
    assert made(on_vendor(vendor(external_id=None))).supplier == "P6"


def test_a_supplier_that_ifs_has_is_recognised_even_with_gaps(on_vendor: OnVendor) -> None:
    """Its country is missing in Procurify; IFS knows it."""
    supplier = made(on_vendor(vendor(country=None), known=reference()))
    assert (supplier.supplier, supplier.country) == ("V-10006", "CA")


def test_a_stored_link_decides(on_vendor: OnVendor) -> None:
    """The external id says otherwise."""
    links = {"6": SupplierId("S-1")}
    known = reference(suppliers=[supplier_reference("S-1")])
    assert made(on_vendor(vendor(), known=known, links=links)).supplier == "S-1"


@pytest.mark.parametrize(
    "name", ["Five Star Instruments", "FIVE STAR instruments", "Five-Star  Instruments."]
)
def test_a_lookalike_is_held_for_a_person(on_vendor: OnVendor, name: str) -> None:
    """Same name and country under another id: a proposal, never a merge."""
    known = reference(suppliers=[supplier_reference("S-77", name)])
    (problem,) = on_vendor(vendor(), known=known).problems
    assert problem.code == "supplier_lookalike"
    assert "S-77" in problem.fix


@pytest.mark.parametrize("country", ["CA", "Canada", "CANADA", ""])
def test_a_lookalike_is_seen_however_ifs_writes_its_country(
    on_vendor: OnVendor, country: str
) -> None:
    """Sites show codes, names, or nothing."""
    known = reference(suppliers=[supplier_reference("S-77", country=country)])
    (problem,) = on_vendor(vendor(), known=known).problems
    assert problem.code == "supplier_lookalike"


def test_a_lookalike_in_another_country_or_linked_elsewhere_is_another(
    on_vendor: OnVendor,
) -> None:
    """Two firms may share a name."""
    abroad = reference(suppliers=[supplier_reference("S-77", country="DE")])
    assert made(on_vendor(vendor(), known=abroad)).supplier == "V-10006"
    known = reference(suppliers=[supplier_reference("S-77")])
    links = {"9": SupplierId("S-77")}
    assert made(on_vendor(vendor(), known=known, links=links)).supplier == "V-10006"


def test_an_id_that_belongs_to_another_supplier_is_held(on_vendor: OnVendor) -> None:
    """``P6`` is somebody else in IFS."""
    known = reference(suppliers=[supplier_reference("P6", "Somebody Else")])
    (problem,) = on_vendor(vendor(external_id=None), known=known).problems
    assert problem.code == "supplier_id_taken"


def test_an_id_by_rule_that_is_already_there_with_its_name_is_found_again(
    on_vendor: OnVendor,
) -> None:
    """The answer to its creation was lost."""
    known = reference(suppliers=[supplier_reference("P6")])
    assert made(on_vendor(vendor(external_id=None), known=known)).supplier == "P6"


def test_every_company_of_a_new_supplier_is_checked(on_vendor: OnVendor) -> None:
    """A company that IFS does not show does not hide what is wrong in the next."""
    strict = company_reference(HUS, payment_terms=frozenset(), currencies=frozenset({"CAD"}))
    known = replace(reference(suppliers=[]), companies={HUS: strict})
    problems = on_vendor(vendor(), known=known).problems
    assert [(p.code, p.field) for p in problems] == [
        ("company_unknown", "company"),
        ("payment_term_unknown", "PayTermId"),
        ("currency_unknown", "DefCurrency"),
    ]
    bare = company_reference(HUS, currencies=frozenset())
    known = replace(reference(suppliers=[]), companies={HUS: bare})
    assert "currency_unknown" in {p.code for p in on_vendor(vendor(), known=known).problems}
    lenient = company_reference(HUS, payment_terms=None, currencies=None)
    known = replace(reference(suppliers=[]), companies={HUS: lenient})
    assert [p.code for p in on_vendor(vendor(), known=known).problems] == ["company_unknown"]


def test_the_oldest_vendor_of_a_supplier_leads() -> None:
    """Ids count upwards: 9 is older than 10."""
    links = {
        "10": SupplierId("S"),
        "9": SupplierId("S"),
        "12": SupplierId("T"),
        "11": SupplierId("T"),
    }
    assert leading_vendors(links) == {"S": "9", "T": "11"}


def test_a_supplier_of_another_name_does_not_hide_a_lookalike(on_vendor: OnVendor) -> None:
    """Every one of the same name is told; those linked to another vendor are not."""
    names = {"S-1": "Somebody Else", "S-2": "", "S-3": "Five Star Instruments", "S-4": "Other"}
    rows = [supplier_reference(id_, name) for id_, name in names.items()]
    rows.append(supplier_reference("S-5", "five star instruments"))
    problems = on_vendor(vendor(), known=reference(suppliers=rows)).problems
    assert [problem.message.split()[3] for problem in problems] == ["S-3", "S-5"]


def test_terms_and_companies_of_a_new_supplier_are_checked(on_vendor: OnVendor) -> None:
    """A company of the rules that IFS does not show, a term that it does not have."""
    strict = company_reference(HCA, payment_terms=frozenset({"0"}))
    known = replace(reference(suppliers=[]), companies={HCA: strict})
    codes = {problem.code for problem in on_vendor(vendor(), known=known).problems}
    assert codes == {"payment_term_unknown", "company_unknown"}
    assert check(made(on_vendor(vendor())), reference()) == ()
