"""What may be asked of a collection, and what is refused instead of answered wrongly."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.contract.ifs.site import HEADER, INVOICES, Caller, error_of

ACCOUNTS = ("AccountsHandling", "AccountSet")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Company eq 'HCA'", 12),
        ("Company eq 'HCA' and (Account eq '4010' or Account eq '4110')", 2),
        ("toupper(Company) eq 'HCA' and startswith(Account,'490')", 1),
        ("Company ne 'HCA'", 12),
        ("Company in ('HCA','HUS')", 24),
        ("not (Company eq 'HCA')", 12),
        ("substring(Company,1) eq 'CA' and endswith(Account,'10')", 9),
        ("substring(Company,0,1) eq 'H' and indexof(Company,'C') eq 1", 12),
        ("length(Account) add 1 eq 5 and length(Account) mul 2 eq 8", 24),
        ("length(Account) sub 4 eq 0 and length(Account) div 2 eq 2", 24),
        ("-length(Account) lt -3", 24),
        ("length(concat(Company,Account)) eq 7", 24),
        ("BudgetAccountFlag", 2),
        ("ValidFrom lt now_day and now() gt 2026-01-01T00:00:00Z", 24),
        ("year(ValidFrom) lt 2027 and month(ValidFrom) eq 1 and day(ValidFrom) eq 1", 24),
        ("startswith(cast(ValidFrom,Edm.String),'20')", 24),
        ("cast(BudgetAccountFlag,Edm.String) eq 'true'", 2),
        ("Description eq null", 0),
    ],
)
def test_filters_choose_the_right_rows(caller: Caller, text: str, count: int) -> None:
    """Comparison, string functions, arithmetic and casts to text are documented as supported."""
    text = text.replace("now_day", "2030-01-01")
    assert len(caller.rows(*ACCOUNTS, filter=text, top=500)) == count


@pytest.mark.parametrize(
    "text",
    [
        "length(Account) mod 2 eq 0",
        "Company has 'x'",
        "Codes/any(d:d eq 1)",
        "Codes/all(d:d eq 1)",
        "Codes/$count gt 1",
        "round(5.5) eq 6",
        "floor(5.5) eq 5",
        "ceiling(5.5) eq 6",
        "geo.distance(Company,Account) eq 1",
        "fractionalseconds(ValidFrom) eq 0",
        "totalseconds(ValidFrom) eq 0",
        "totaloffsetminutes(ValidFrom) eq 0",
        "ValidFrom gt mindatetime()",
        "ValidFrom lt maxdatetime()",
        "isof('Edm.String')",
        "cast(Account,Edm.Int64) eq 4010",
    ],
)
@pytest.mark.parametrize("status", [501, 400])
def test_what_ifs_does_not_support_is_refused(caller: Caller, text: str, status: int) -> None:
    """The whole list that IFS documents; which status says so is the site's own (inferred)."""
    caller.control.turn_knobs(not_implemented_status=status)
    answer = caller.call("GET", *ACCOUNTS, params={"$filter": text})
    assert error_of(answer)[:2] == (status, "ODP_NOT_IMPLEMENTED")


@pytest.mark.parametrize("name", ["$expand", "$search", "$format"])
def test_other_options_are_refused(caller: Caller, name: str) -> None:
    """``$expand`` of a collection, and what no source names."""
    answer = caller.call("GET", INVOICES, "ManSuppInvoiceSet", params={name: "json"})
    assert error_of(answer)[:2] == (501, "ODP_NOT_IMPLEMENTED")


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "this is no filter"},
        {"$filter": "NoSuchMember eq 'x'"},
        {"$filter": "Company gt 5"},
        {"$filter": "ValidFrom gt '2026-01-01'"},
        {"$filter": "length(ValidFrom) eq 5"},
        {"$filter": "Company in ('HCA',5)"},
        {"$filter": "Company"},
        {"$filter": "length(Account) div 0 eq 1"},
        {"$filter": "now() gt 2026-01-01T00:00:00.5Z"},
        {"$orderby": "NoSuchMember"},
        {"$orderby": "Company sideways"},
        {"$select": "Company,NoSuchMember"},
        {"$top": "many"},
        {"$top": "-1"},
        {"$skip": "x"},
        {"$count": "maybe"},
    ],
)
def test_a_wrong_option_is_refused_and_never_answered(
    caller: Caller, query: Mapping[str, str]
) -> None:
    """A member that there is none of, two kinds that cannot meet, a fraction of a second."""
    answer = caller.call("GET", *ACCOUNTS, params=query)
    assert error_of(answer)[:2] == (400, "ODP_BAD_REQUEST")


@pytest.mark.parametrize(
    "text",
    [
        "Objstate eq 'Cancelled'",
        "Objstate in ('Cancelled','Posted')",
        f"PartyType eq 'Supplier' and Objstate ne IfsApp.{INVOICES}.ManSuppInvoiceState'Cancelled'",
    ],
)
def test_a_plain_text_in_the_place_of_an_enumeration_is_refused(caller: Caller, text: str) -> None:
    """Also beside one that is qualified. Inferred: some releases may take it."""
    caller.post(INVOICES, "ManSuppInvoiceSet", HEADER)
    answer = caller.call("GET", INVOICES, "ManSuppInvoiceSet", params={"$filter": text})
    assert error_of(answer)[:2] == (400, "ODP_BAD_REQUEST")
