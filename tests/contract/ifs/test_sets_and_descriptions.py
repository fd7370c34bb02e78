"""Every set that a reader asks for, and what the site tells about itself."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.contract.ifs.site import HEADER, INVOICES, Caller, error_of

SUPPLIERS = "SupplierHandling"
SUPPLIER = "SupplierInfoGeneralSet(SupplierId='V-10006')"
ADDRESS = f"{SUPPLIER}/SupplierInfoAddresses(SupplierId='V-10006',AddressId='1')"
PAYMENT = "SupplierPayments(Company='HCA',Identity='V-10006',PartyType='Supplier')"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
NEW_SUPPLIER: Mapping[str, Any] = {
    "SupplierId": "N-1",
    "Name": "Nova",
    "Country": "CA",
    "CreationDate": "2026-03-02",
    "DefaultDomain": True,
    "DefaultLanguage": "en",
    "PartyType": "Supplier",
    "SupplierCategory": "Supplier",
    "OneTime": False,
    "B2bSupplier": False,
    "IdentifierRefValidation": "None",
    "ValidDataProcessingPurpose": False,
}


@pytest.mark.parametrize(
    ("service", "path", "fields"),
    [
        ("CompanyHandling", "CompanySet", {"Company", "Name", "Country"}),
        (
            "CompanyHandling",
            "CompanySet(Company='HCA')/CompanyInvoiceInfoArray",
            {"UsePostingProposal", "VoucherAtInvEntry", "SuppInvNoUniqueness", "AmountTolerance"},
        ),
        (
            "CompanyHandling",
            "CompanySet(Company='HCA')/CompanyInvoiceSuppInvWorkflows",
            {"TwoAuthorizers", "TwoAuthorizersAmount", "ValidationAtPosting"},
        ),
        (
            "CompanyHandling",
            "CompanySet(Company='HCA')/CompanyProcurementInfoArray",
            {"AllowChangesToPo", "EnforcePoAuthDb"},
        ),
        ("AccountsHandling", "AccountSet", {"Company", "Account", "ReqCodeB", "ReqCodeJ"}),
        ("AccountsHandling", "MultiCompanyAccountSet", {"Company", "Account"}),
        (
            "CodePartValuesHandling",
            "CompanyFinanceSet(Company='HCA')/CodeBArray",
            {"Company", "CodeB", "Description", "ValidFrom", "BudgetValueDb"},
        ),
        ("TaxCodesHandling", "StatutoryFeeSet", {"FeeCode", "FeeRate", "FeeType"}),
        ("PaymentTermHandling", "PaymentTermSet", {"Company", "PayTermId", "Description"}),
        ("CurrencyCodesHandling", "CurrencyCodeSet", {"Company", "CurrencyCode"}),
        ("CurrencyRateTypesHandling", "CurrencyTypeSet", {"Company", "CurrencyType"}),
        ("CurrencyRatesHandling", "CurrencyRateSet", {"CurrencyRate", "ValidFrom"}),
        ("AccountingPeriodsHandling", "AccountingPeriodSet", {"PeriodStatus", "DateFrom"}),
        (INVOICES, "ManSuppInvoiceSet", {"Identity", "InvoiceNo", "Objstate", "GrossCurrAmount"}),
        ("SuppliersHandling", "SupplierInfoGeneralSet", {"SupplierId", "Name"}),
        (SUPPLIERS, "SupplierInfoGeneralSet", {"SupplierId", "Name", "Country", "AssociationNo"}),
        (SUPPLIERS, f"{SUPPLIER}/SupplierInfoAddresses", {"AddressId", "City", "ZipCode"}),
        (SUPPLIERS, f"{ADDRESS}/AddressTypes", {"AddressTypeCode", "DefAddress"}),
        (SUPPLIERS, f"{ADDRESS}/AddressCommunicationMethods", {"MethodId", "Value", "CommId"}),
        (SUPPLIERS, f"{SUPPLIER}/SupplierInvoiceCompanies", {"Company", "PayTermId"}),
        (SUPPLIERS, f"{SUPPLIER}/SupplierPurchases", {"VendorNo", "CurrencyCode"}),
        ("AllProjections", "Projections", {"ProjectionName"}),
    ],
)
def test_a_set_shows_rows_with_their_fields(
    caller: Caller, service: str, path: str, fields: set[str]
) -> None:
    """Every set of the model that a reader asks for has rows, keys, an etag and its unit."""
    rows = caller.rows(service, path, top=3)
    assert rows
    for row in rows:
        assert fields <= set(row)
        # The list of projections is a query, whose rows have no ETag.
        etag = set() if path == "Projections" else {"@odata.etag"}
        assert {"luname", "keyref", *etag} <= set(row)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{ADDRESS}/SupplierInfoContacts", {"PersonId": "P1", "Role": "Sales", "Email": "a@b.c"}),
        (f"{ADDRESS}/SupplierDeliveryTaxInfoArray", {"Company": "HCA"}),
        (f"{ADDRESS}/SupplierAddresses", {"DeliveryTerms": "EXW"}),
        (f"{ADDRESS}/SuppOutboundAddrInfoArray", {}),
        (f"{SUPPLIER}/MessageSetups", {"MessageClass": "ORDERS", "MediaCode": "MAIL"}),
        (f"{SUPPLIER}/SupplierPayments", {"Company": "HCA", "PartyType": "Supplier"}),
    ],
)
def test_what_hangs_below_a_supplier_is_created_read_and_removed(
    caller: Caller, path: str, body: Mapping[str, Any]
) -> None:
    """Collections and fields are seen in code; each row stands under its parent only."""
    before = len(caller.rows(SUPPLIERS, path))
    row = caller.post(SUPPLIERS, path, body)
    assert len(caller.rows(SUPPLIERS, path)) == before + 1
    assert "V-10006" in row["keyref"]
    nobody = path.replace("V-10006", "NOBODY")
    assert caller.call("GET", SUPPLIERS, nobody).status_code == 404
    assert caller.call("POST", SUPPLIERS, nobody, json=dict(body)).status_code == 404


def test_ways_of_payment_and_tax_codes_stand_two_levels_down(caller: Caller) -> None:
    """The full key is repeated at each level."""
    caller.post(
        SUPPLIERS, f"{SUPPLIER}/SupplierPayments", {"Company": "HCA", "PartyType": "Supplier"}
    )
    way = {"WayId": "SWIFT", "DefaultPaymentWay": True, "OneTimeSupplier": False}
    caller.post(SUPPLIERS, f"{SUPPLIER}/{PAYMENT}/PaymentWayArray", way)
    caller.post(SUPPLIERS, f"{ADDRESS}/SupplierDeliveryTaxInfoArray", {"Company": "HCA"})
    key = "SupplierId='V-10006',AddressId='1',Company='HCA'"
    path = f"{ADDRESS}/SupplierDeliveryTaxInfoArray({key})/SupplierDeliveryTaxCodeArray"
    caller.post(SUPPLIERS, path, {"TaxCode": "GST5"})
    assert [row["TaxCode"] for row in caller.rows(SUPPLIERS, path)] == ["GST5"]


def test_a_key_that_belongs_to_another_parent_is_not_found(caller: Caller) -> None:
    """Keys of parents are repeated and must agree."""
    path = f"{SUPPLIER}/SupplierInfoAddresses(SupplierId='V-10007',AddressId='1')"
    assert caller.call("GET", SUPPLIERS, path).status_code == 404


def test_the_list_of_suppliers_is_for_reading(caller: Caller) -> None:
    """The overview reads, the page writes: seen in code."""
    body = dict(NEW_SUPPLIER)
    answer = caller.call("POST", "SuppliersHandling", "SupplierInfoGeneralSet", json=body)
    assert answer.status_code == 405
    caller.post(SUPPLIERS, "SupplierInfoGeneralSet", body)
    rows = caller.rows("SuppliersHandling", "SupplierInfoGeneralSet", filter="SupplierId eq 'N-1'")
    assert [row["Name"] for row in rows] == ["Nova"]


def test_a_strict_site_wants_the_whole_row_of_a_company(caller: Caller) -> None:
    """Much of the invoice tab is not nullable (inferred); the defaults bring what is missing."""
    caller.post(SUPPLIERS, "SupplierInfoGeneralSet", dict(NEW_SUPPLIER))
    path = "SupplierInfoGeneralSet(SupplierId='N-1')/SupplierInvoiceCompanies"
    own = {"Company": "HCA", "PartyType": "Supplier", "PayTermId": "30", "DefCurrency": "CAD"}
    own |= {"GroupId": "0"}
    caller.control.turn_knobs(company_row_needs_all=True)
    answer = caller.call("POST", SUPPLIERS, path, json=own)
    assert "IdentityInvoiceInfo.NULLVALUE" in error_of(answer)[2]
    given = caller.get(SUPPLIERS, f"{path}/IfsApp.{SUPPLIERS}.IdentityInvoiceInfo_Default()")
    members = {name: value for name, value in given.items() if not name.startswith("@")}
    caller.post(SUPPLIERS, path, {**members, **own, "VotingSharePercentage": 0})


def test_defaults_of_a_new_row_name_what_the_server_proposes(caller: Caller) -> None:
    """The call is seen in code, its full name inferred; there is no row and so no etag."""
    path = f"ManSuppInvoiceSet/IfsApp.{INVOICES}.ManSuppInvoice_Default()"
    found = caller.get(INVOICES, path)
    assert (found["PartyType"], found["IntAllowed"]) == ("Supplier", True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["InvoiceDate"])
    assert "@odata.etag" not in found
    wrong = path.replace("ManSuppInvoice_Default", "Nothing_Default")
    assert caller.call("GET", INVOICES, wrong).status_code == 404


def test_metadata_has_keys_types_enumerations_calls_and_children(caller: Caller) -> None:
    """CSDL 4.0: whatever a client needs to address every set of the projection."""
    answer = caller.call("GET", INVOICES, "$metadata")
    root = ET.fromstring(answer.content)  # noqa: S314 (our own)
    types = {element.get("Name"): element for element in root.iter(f"{EDM}EntityType")}
    invoice = types["ManSuppInvoice"]
    properties = {p.get("Name"): p for p in invoice.iter(f"{EDM}Property")}
    assert properties["Objstate"].get("Type") == f"IfsApp.{INVOICES}.ManSuppInvoiceState"
    assert properties["InvoiceNo"].get("Nullable") == "false"
    assert properties["NetCurrAmount"].get("Scale") == "variable"
    keys = [ref.get("Name") for ref in invoice.iter(f"{EDM}PropertyRef")]
    assert keys == ["Company", "InvoiceId"]
    children = {n.get("Name") for n in invoice.iter(f"{EDM}NavigationProperty")}
    assert children == {"ManSuppInvoiceItemArray", "ManSuppInvoicePostingsArray"}
    enums = {e.get("Name"): [m.get("Name") for m in e] for e in root.iter(f"{EDM}EnumType")}
    assert "Cancelled" in enums["ManSuppInvoiceState"]
    assert "Supplier" in enums["PartyType"]
    (posting,) = [
        a for a in root.iter(f"{EDM}Action") if a.get("Name") == "ManSuppInvoice_FinalPosting"
    ]
    names = [p.get("Name") for p in posting.iter(f"{EDM}Parameter")]
    assert names == ["Record", "VoucherType", "UserGroup", "VoucherDate", "AutomaticPayAuth"]


def test_every_projection_describes_every_set_that_it_serves(caller: Caller) -> None:
    """Service document, CSDL and both versions of OpenAPI agree in every listed projection."""
    names = [row["ProjectionName"] for row in caller.rows("AllProjections", "Projections", top=99)]
    assert len(names) > 15
    for name in names:
        if name.endswith("Entity"):
            continue
        sets = {row["name"] for row in caller.call("GET", name, "").json()["value"]}
        root = ET.fromstring(caller.call("GET", name, "$metadata").content)  # noqa: S314
        assert {e.get("Name") for e in root.iter(f"{EDM}EntitySet")} == sets
        for version, mark in (("V2", "swagger"), ("V3", "openapi")):
            document = caller.call("GET", name, f"$openapi?{version}").json()
            assert mark in document
            assert {f"/{one}" for one in sets} <= set(document["paths"])


def test_openapi_is_not_there_without_a_version(caller: Caller) -> None:
    """Seen in code: ``?V2`` or ``?V3``."""
    assert caller.call("GET", INVOICES, "$openapi").status_code == 404


def test_history_is_kept_for_the_units_that_are_logged(caller: Caller) -> None:
    """Seen in code: one entry per change, its columns below it; nothing for other units."""
    caller.post(SUPPLIERS, "SupplierInfoGeneralSet", dict(NEW_SUPPLIER))
    path = "HistoryLogOverviewSet"
    assert caller.rows("HistoryLogHandling", path) == []
    caller.control.turn_knobs(history_logging=["SupplierInfo"])
    own = "SupplierInfoGeneralSet(SupplierId='N-1')"
    caller.change("PATCH", SUPPLIERS, own, {"Name": "Nova Two"})
    caller.change("DELETE", SUPPLIERS, own)
    text = "LuName eq 'SupplierInfo' and TimeStamp gt 2020-01-01T00:00:00+02:00"
    rows = caller.rows("HistoryLogHandling", path, filter=text, orderby="LogId")
    assert [(r["HistoryType"], r["Keys"]) for r in rows] == [
        ("Modify", "SUPPLIER_ID=N-1^"),
        ("Delete", "SUPPLIER_ID=N-1^"),
    ]
    below = f"HistoryLogDetailsSet(LogId={rows[0]['LogId']})/HistoryLogAttributeArray"
    (column,) = caller.rows("HistoryLogHandling", below)
    assert (column["ColumnName"], column["OldValue"], column["NewValue"]) == (
        "NAME",
        "Nova",
        "Nova Two",
    )
    late = text.replace("2020", "2099")
    assert caller.rows("HistoryLogHandling", path, filter=late) == []


def test_accounts_may_show_nothing_without_a_company(caller: Caller) -> None:
    """Seen in code: one set wants a company, the other spans all of them."""
    caller.control.turn_knobs(accounts_need_company=True)
    assert caller.rows("AccountsHandling", "AccountSet", top=500) == []
    own = caller.rows("AccountsHandling", "AccountSet", filter="Company eq 'HCA'", top=500)
    assert len(own) == 12
    assert len(caller.rows("AccountsHandling", "MultiCompanyAccountSet", top=500)) == 24


def test_a_value_of_a_code_part_is_created(caller: Caller) -> None:
    """Body and status are seen in code."""
    path = "CompanyFinanceSet(Company='HCA')/CodeBArray"
    body = {
        "Company": "HCA",
        "CodePart": "B",
        "CodeB": "777",
        "Description": "New",
        "ValidFrom": "2026-01-01",
        "ValidUntil": "2049-12-31",
        "BudgetValueDb": False,
    }
    caller.post("CodePartValuesHandling", path, body)
    assert "777" in {r["CodeB"] for r in caller.rows("CodePartValuesHandling", path, top=500)}


@pytest.mark.parametrize(("style", "pattern"), [("counter", r"\d+"), ("timestamp", r"\d{14}")])
def test_an_etag_wraps_row_id_and_version(caller: Caller, style: str, pattern: str) -> None:
    """Decoded from real samples: a weak tag around ``objid:objversion``."""
    caller.control.turn_knobs(objversion_style=style)
    etag = caller.post(INVOICES, "ManSuppInvoiceSet", dict(HEADER))["@odata.etag"]
    inner = base64.b64decode(etag.removeprefix('W/"').removesuffix('"')).decode()
    assert re.fullmatch(rf'W/"[A-Za-z0-9+/]{{18}}:{pattern}"', inner), inner


def test_a_next_link_leads_to_the_rest_where_the_site_gives_one(caller: Caller) -> None:
    """Seen in code: some servers give one; a page that was asked for has none."""
    caller.control.turn_knobs(emit_next_link=True, default_page_size=10)
    answer = caller.call("GET", "AccountsHandling", "AccountSet", params={"$orderby": "Account"})
    seen, pages = list(answer.json()["value"]), 1
    while "@odata.nextLink" in answer.json():
        answer = caller.call("GET", "AccountsHandling", answer.json()["@odata.nextLink"])
        seen, pages = seen + answer.json()["value"], pages + 1
        assert pages < 10
    assert (len(seen), len({row["keyref"] for row in seen}), pages) == (24, 24, 3)
    asked = caller.call("GET", "AccountsHandling", "AccountSet", params={"$top": "5"})
    assert "@odata.nextLink" not in asked.json()


def test_a_patch_without_if_match_is_an_upsert_at_some_sites(caller: Caller) -> None:
    """Documented: the key is that of the address, what may not be written is ignored."""
    caller.control.turn_knobs(patch_without_if_match="upsert")
    path = "SupplierInfoGeneralSet(SupplierId='N-1')"
    body = {**NEW_SUPPLIER, "SupplierId": "OTHER"}
    for name in ("Nova", "Nova Two"):
        answer = caller.call("PATCH", SUPPLIERS, path, json={**body, "Name": name})
        assert answer.status_code == 200, answer.text
        assert caller.get(SUPPLIERS, path)["Name"] == name
    other = path.replace("N-1", "OTHER")
    assert caller.call("GET", SUPPLIERS, other).status_code == 404


@pytest.mark.parametrize(("habit", "status"), [("refused", 400), ("ignored", 201)])
def test_members_that_only_ifs_writes_are_refused_or_ignored(
    caller: Caller, habit: str, status: int
) -> None:
    """Both are told of releases; a client does not send them."""
    caller.control.turn_knobs(read_only_members=habit)
    body = {**HEADER, "Objstate": "Posted", "NetDomAmount": 1}
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json=body)
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["Objstate"] == "Preliminary"


def test_exact_numbers_travel_as_texts_where_both_sides_say_so(caller: Caller) -> None:
    """A vendor asked for it; the exact word is inferred. Without it a text is no number."""
    body = {**HEADER, "NetCurrAmount": "100.10", "GrossCurrAmount": "105.10"}
    kind = "application/json;IEEE754Compatible=true"
    headers = {"Content-Type": kind, "Accept": kind}
    text = json.dumps(body)
    made = caller.call("POST", INVOICES, "ManSuppInvoiceSet", data=text, headers=headers)
    assert made.status_code == 201, made.text
    assert made.json()["NetCurrAmount"] == "100.10"
    rows = caller.call("GET", INVOICES, "ManSuppInvoiceSet", headers={"Accept": kind}).json()
    assert {type(row["InvoiceId"]) for row in rows["value"]} == {str}
    plain = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json={**body, "InvoiceNo": "T-2"})
    assert error_of(plain)[1] == "ODP_DESERIALIZATION_ERROR"


def test_what_the_user_may_not_use_is_forbidden_and_services_have_their_endpoint(
    caller: Caller,
) -> None:
    """Permission sets and endpoints are documented; the status is inferred."""
    caller.control.turn_knobs(projections_not_granted=[INVOICES])
    assert caller.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 403
    caller.control.turn_knobs(projections_not_granted=[], endpoint_of=[f"{INVOICES}=int"])
    assert caller.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 404
    found = caller.call("GET", INVOICES, "ManSuppInvoiceSet", endpoint="int")
    assert found.status_code == 200


def test_a_member_may_be_mandatory_at_one_site_only(caller: Caller) -> None:
    """Site data: custom members can be mandatory."""
    caller.control.turn_knobs(custom_required=["ManSuppInvoiceSet.DeliveryAddressId"])
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json=dict(HEADER))
    assert error_of(answer)[2] == "ORA-20110: ManSuppInvoice.NULLVALUE: DeliveryAddressId"
    caller.post(INVOICES, "ManSuppInvoiceSet", {**HEADER, "DeliveryAddressId": "1"})


def test_a_row_that_another_session_holds_is_refused_until_it_is_free(caller: Caller) -> None:
    """Text seen in code, number inferred; nothing is changed meanwhile."""
    row = caller.post(INVOICES, "ManSuppInvoiceSet", dict(HEADER))
    path = f"ManSuppInvoiceSet(Company='HCA',InvoiceId={row['InvoiceId']})"
    caller.control.turn_knobs(locked_rows=[f"ManSuppInvoiceSet/HCA/{row['InvoiceId']}"])
    held = caller.change("PATCH", INVOICES, path, {"VoucherText": "x"})
    assert error_of(held)[1:] == (
        "DATABASE_ERROR",
        "ORA-20113: ManSuppInvoice.FND_LOCKED: refused",
    )
    assert caller.get(INVOICES, path)["VoucherText"] is None
    caller.control.turn_knobs(locked_rows=[], lock_every=2)
    statuses = [
        caller.change("PATCH", INVOICES, path, {"VoucherText": "x"}).status_code for _ in range(4)
    ]
    assert sorted(statuses) == [200, 200, 400, 400]


def test_rows_in_the_body_of_their_parent_are_all_or_nothing(caller: Caller) -> None:
    """Refused as unknown members; where a site takes them, a wrong row leaves no parent behind."""
    set_, items = "ManSuppInvoiceSet", "ManSuppInvoiceItemArray"
    line = {"NetCurrAmount": 100, "VatCurrAmount": 5, "VatCode": "GST5"}
    nested = {**HEADER, "InvoiceNo": "NESTED", items: [line]}
    wrong = {**nested, items: [line, {**line, "Unknown": 1}]}
    refused = caller.call("POST", INVOICES, set_, json=nested)
    assert error_of(refused)[:2] == (400, "ODP_DESERIALIZATION_ERROR")
    caller.control.turn_knobs(deep_insert=True)
    assert caller.call("POST", INVOICES, set_, json=wrong).status_code == 400
    named = "Company eq 'HCA' and InvoiceNo eq 'NESTED'"
    assert caller.rows(INVOICES, set_, filter=named) == []
    assert caller.call("POST", INVOICES, set_, json=nested).status_code == 201
    (made,) = caller.rows(INVOICES, set_, filter=named)
    path = f"{set_}(Company='HCA',InvoiceId={made['InvoiceId']})/{items}"
    assert [row["VatCode"] for row in caller.rows(INVOICES, path)] == ["GST5"]
