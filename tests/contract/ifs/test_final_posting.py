"""From a proposal to a voucher: balance, authorisation, final posting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.ifs.site import HEADER, INVOICES, PROPOSALS, Caller, Row, error_of

POST: Mapping[str, Any] = {
    "VoucherType": "I",
    "UserGroup": "AC",
    "VoucherDate": "2026-03-05",
    "AutomaticPayAuth": False,
}
POSTING: Mapping[str, Any] = {"CodeA": "4010", "CodeB": "100", "CurrAmount": 100}
LINE: Mapping[str, Any] = {"NetCurrAmount": 100, "VatCurrAmount": 5, "VatCode": "GST5"}


def entered(caller: Caller, posting: Mapping[str, Any] = POSTING, **header: Any) -> Row:
    """A preliminary invoice with a line and, where its company has them, a proposal."""
    invoice = caller.post(INVOICES, "ManSuppInvoiceSet", {**HEADER, **header})
    caller.post(INVOICES, f"{at(invoice)}/ManSuppInvoiceItemArray", LINE)
    if invoice["ProposalExist"]:
        caller.post(PROPOSALS, f"{proposal_at(invoice)}/PostingProposalArray", posting)
    else:
        caller.post(INVOICES, f"{at(invoice)}/ManSuppInvoicePostingsArray", posting)
    return invoice


def at(invoice: Row) -> str:
    """The address of an invoice."""
    return f"ManSuppInvoiceSet(Company='{invoice['Company']}',InvoiceId={invoice['InvoiceId']})"


def proposal_at(invoice: Row) -> str:
    """The address of its proposal."""
    key = f"Company='{invoice['Company']}',ProposalId={invoice['InvoiceId']}"
    return f"PostingProposalHeadSet({key})"


def authorise(caller: Caller, invoice: Row, who: str = "ANNA") -> str:
    """The state of the proposal after somebody has authorised it, or the refusal."""
    answer = caller.act(
        PROPOSALS, proposal_at(invoice), "PostingProposalHead_Authorize", Authorizer=who
    )
    return answer.json()["Objstate"] if answer.status_code == 201 else error_of(answer)[2]


def post(caller: Caller, invoice: Row, **changes: Any) -> str:
    """The state of the invoice after its final posting, or the refusal."""
    body = {**POST, **changes}
    answer = caller.act(INVOICES, at(invoice), "ManSuppInvoice_FinalPosting", **body)
    return answer.json()["Objstate"] if answer.status_code == 201 else error_of(answer)[2]


def book(caller: Caller, invoice: Row) -> Row:
    """The invoice as the books have it."""
    rows = caller.control.books()["invoices"]
    (found,) = [row for row in rows if row["InvoiceId"] == invoice["InvoiceId"]]
    return dict(found)


def test_a_balanced_and_authorised_proposal_is_posted_with_a_voucher(caller: Caller) -> None:
    """Documented: Balanced, Auth, final posting, voucher type and number."""
    invoice = entered(caller)
    assert authorise(caller, invoice) == "Auth"
    assert post(caller, invoice) == "Posted"
    found = book(caller, invoice)
    assert (found["VoucherType"], found["VoucherDate"]) == ("I", "2026-03-05")
    assert found["proposal"]["Objstate"] == "Posted"
    (voucher,) = caller.control.books()["vouchers"]
    assert voucher["VoucherNo"] == found["VoucherNo"]
    assert (voucher["AccountingYear"], voucher["AccountingPeriod"]) == (2026, 3)
    kinds = [(row["PostingType"], row["CurrencyAmount"]) for row in voucher["rows"]]
    assert kinds == [("IP2", 100), ("IP3", 5), ("IP1", -105)]


@pytest.mark.parametrize(("needs", "end"), [(True, "AWAITAUTH"), (False, "Posted")])
def test_some_companies_post_what_is_only_balanced(
    caller: Caller, *, needs: bool, end: str
) -> None:
    """Inferred: a switch; the waiting has a token that is seen in code."""
    caller.control.turn_knobs(final_posting_needs_authorisation=needs)
    assert end in post(caller, entered(caller))


def test_two_people_authorise_where_the_company_wants_two(caller: Caller) -> None:
    """A company setting whose name is seen in code; one or two is documented."""
    caller.edit("CompanyInvoiceSuppInvWorkflows", ["HCA"], TwoAuthorizers=True)
    invoice = entered(caller)
    assert authorise(caller, invoice) == "Balanced"
    assert "AWAITAUTH" in post(caller, invoice)
    assert authorise(caller, invoice, "BERT") == "Auth"
    assert post(caller, invoice) == "Posted"


def test_one_person_is_not_two(caller: Caller) -> None:
    """Inferred: the second authoriser is another one."""
    caller.edit("CompanyInvoiceSuppInvWorkflows", ["HCA"], TwoAuthorizers=True)
    invoice = entered(caller)
    authorise(caller, invoice)
    assert "SAMEAUTHORIZER" in authorise(caller, invoice)


def test_what_does_not_balance_is_neither_authorised_nor_posted(caller: Caller) -> None:
    """Documented: balanced when the rows sum to the net amount."""
    invoice = entered(caller, {**POSTING, "CurrAmount": 99})
    assert "NOTBALANCED" in authorise(caller, invoice)
    assert "NOTBALANCED" in post(caller, invoice)
    assert book(caller, invoice)["Objstate"] == "Preliminary"


def test_a_change_of_the_rows_takes_the_authorisation_back(caller: Caller) -> None:
    """Inferred."""
    invoice = entered(caller)
    authorise(caller, invoice)
    for amount in (10, -10):
        body = {**POSTING, "CurrAmount": amount}
        caller.post(PROPOSALS, f"{proposal_at(invoice)}/PostingProposalArray", body)
    assert caller.get(PROPOSALS, proposal_at(invoice))["Objstate"] == "Balanced"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"VoucherDate": "2025-12-30"}, "ORA-20105: AccountingPeriod.CLOSED"),
        ({"VoucherDate": "2031-01-02"}, "ORA-20105: AccountingPeriod.NOTEXIST"),
        ({"UserGroup": "XX"}, "ORA-20105: UserGroup.NOTALLOWED"),
        ({"VoucherType": "Z"}, "ORA-20110: VoucherType.NOTEXIST"),
        ({"UserGroup": None}, "ORA-20110: Voucher.NULLVALUE: UserGroup"),
    ],
)
def test_wrong_voucher_data_are_refused_and_leave_no_voucher(
    caller: Caller, change: Mapping[str, Any], text: str
) -> None:
    """User group and open period are documented as rules; the three inputs are seen in code."""
    invoice = entered(caller)
    authorise(caller, invoice)
    assert post(caller, invoice, **change).startswith(text)
    assert book(caller, invoice)["Objstate"] == "Preliminary"
    assert caller.control.books()["vouchers"] == []


def test_the_code_string_is_checked_again_on_the_day_of_the_voucher(caller: Caller) -> None:
    """Dates are checked against the voucher date: seen in code."""
    invoice = entered(caller)
    authorise(caller, invoice)
    caller.edit("AccountSet", ["HCA", "4010"], ValidUntil="2026-03-03")
    assert "Account.NOTVALID" in post(caller, invoice)


@pytest.mark.parametrize("name", ["NetCurrAmount", "VatCurrAmount"])
def test_lines_that_do_not_sum_to_the_header_are_not_posted(caller: Caller, name: str) -> None:
    """Documented: header and lines agree."""
    invoice = entered(caller)
    authorise(caller, invoice)
    row = book(caller, invoice)["lines"][0]
    key = ["HCA", str(invoice["InvoiceId"]), str(row["ItemId"])]
    caller.edit("ManSuppInvoiceItemArray", key, **{name: 7})
    assert "LINESDIFFER" in post(caller, invoice)


@pytest.mark.parametrize("by_supplier", [True, False])
def test_automatic_payment_authorisation_shows_in_the_state(
    caller: Caller, *, by_supplier: bool
) -> None:
    """A vendor's documentation: Posted Auth when the supplier, or the posting, says so."""
    if by_supplier:
        key = ["HCA", "V-10006", "Supplier"]
        caller.edit("SupplierInvoiceCompanies", key, AutomaticPayAuthFlag=True)
    invoice = entered(caller)
    authorise(caller, invoice)
    assert post(caller, invoice, AutomaticPayAuth=not by_supplier) == "PostedAuth"


def test_a_posted_invoice_neither_changes_nor_ends(caller: Caller) -> None:
    """Only what is preliminary changes."""
    invoice = entered(caller)
    authorise(caller, invoice)
    post(caller, invoice)
    for answer in (
        caller.change("PATCH", INVOICES, at(invoice), {"VoucherText": "x"}),
        caller.change("DELETE", INVOICES, at(invoice)),
        caller.act(INVOICES, at(invoice), "ManSuppInvoice_Cancel"),
        caller.act(INVOICES, at(invoice), "ManSuppInvoice_FinalPosting", **POST),
    ):
        assert "NOTPRELIMINARY" in error_of(answer)[2]


def test_without_proposals_the_postings_stand_on_the_invoice_and_are_posted(
    caller: Caller,
) -> None:
    """Documented: the company's switch says where postings belong."""
    caller.edit("CompanyInvoiceInfoArray", ["HCA"], UsePostingProposal=False)
    invoice = entered(caller)
    assert post(caller, invoice) == "Posted"
    assert len(caller.control.books()["vouchers"]) == 1


def test_a_supplier_may_use_proposals_where_its_company_does_not(caller: Caller) -> None:
    """Documented: company or supplier."""
    caller.edit("CompanyInvoiceInfoArray", ["HCA"], UsePostingProposal=False)
    key = ["HCA", "V-10006", "Supplier"]
    caller.edit("SupplierInvoiceCompanies", key, UsePostingProposal=True)
    assert entered(caller)["ProposalExist"]


def test_a_foreign_currency_is_booked_in_that_of_the_company(caller: Caller) -> None:
    """The rate is what one unit costs in the company's currency; both sides sum to nothing."""
    invoice = entered(caller, Currency="USD", CurrRate=1.35)
    authorise(caller, invoice)
    post(caller, invoice)
    (voucher,) = caller.control.books()["vouchers"]
    assert [row["Amount"] for row in voucher["rows"]] == [135, 6.75, -141.75]


def test_a_string_that_a_combination_rule_forbids_is_refused(caller: Caller) -> None:
    """Documented: combination rules may forbid otherwise valid strings."""
    caller.control.turn_knobs(forbidden_combinations=[{"CodeA": "4010", "CodeB": "100"}])
    invoice = caller.post(INVOICES, "ManSuppInvoiceSet", dict(HEADER))
    path = f"{proposal_at(invoice)}/PostingProposalArray"
    answer = caller.call("POST", PROPOSALS, path, json=dict(POSTING))
    assert "CodeStringCombination.NOTALLOWED" in error_of(answer)[2]


@pytest.mark.parametrize("status", [200, 204])
def test_an_action_answers_as_the_site_does(caller: Caller, status: int) -> None:
    """Inferred: 200, 201 or 204; with the last there is no body."""
    caller.control.turn_knobs(action_status=status)
    invoice = entered(caller)
    answer = caller.act(PROPOSALS, proposal_at(invoice), "PostingProposalHead_Authorize")
    assert (answer.status_code, bool(answer.content)) == (status, status == 200)


def test_an_unknown_parameter_of_an_action_is_refused(caller: Caller) -> None:
    """Inferred."""
    invoice = entered(caller)
    path = at(invoice)
    answer = caller.act(INVOICES, path, "ManSuppInvoice_FinalPosting", **POST, Colour="red")
    assert error_of(answer)[1] == "ODP_DESERIALIZATION_ERROR"


@pytest.mark.parametrize(
    ("scope", "other", "is_free"),
    [
        (["Company", "Identity", "InvoiceNo"], {"SeriesId": "X2"}, False),
        (["Company", "Identity", "SeriesId", "InvoiceNo"], {"SeriesId": "X2"}, True),
        (
            ["Company", "Identity", "InvoiceNo", "Year"],
            {"InvoiceDate": "2027-01-02"},
            True,
        ),
        (["Company", "Identity", "InvoiceNo"], {"InvoiceDate": "2027-01-02"}, False),
    ],
)
def test_the_scope_of_a_unique_number_is_the_companys(
    caller: Caller, scope: list[str], other: Mapping[str, Any], *, is_free: bool
) -> None:
    """A setting whose name is seen in code; number, series and number, or per year."""
    caller.control.turn_knobs(uniqueness_scope=scope)
    caller.post(INVOICES, "ManSuppInvoiceSet", dict(HEADER))
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json={**HEADER, **other})
    assert (answer.status_code == 201) is is_free, answer.text
