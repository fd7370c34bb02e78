"""Loaded, checked, created: the interface for external supplier invoices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.ifs.site import HEADER, INVOICES, PROPOSALS, Caller, Row, error_of

EXTERNAL = "ExternalSupplierInvoiceHandling"
LOAD = "ExtIncInvLoadInfoSet(Company='HCA',LoadId='L-1')"
HEAD: Mapping[str, Any] = {
    "Identity": "V-10006",
    "InvoiceNo": "X-1",
    "Currency": "CAD",
    "InvoiceDate": "2026-03-02",
    "DueDate": "2026-04-01",
    "NetCurrAmount": 100,
    "VatCurrAmount": 5,
    "GrossCurrAmount": 105,
}
ITEM = {"NetCurrAmount": 100, "VatCurrAmount": 5, "VatCode": "GST5"}
POSTING = {"CodeA": "4010", "CodeB": "100", "CurrAmount": 100}
CHECK, CREATE = "ExtIncInvLoadInfo_Check", "ExtIncInvLoadInfo_Create"


def head_at(record: int) -> str:
    """The address of an invoice of the load."""
    return f"{LOAD}/ExtIncInvHeadArray(Company='HCA',LoadId='L-1',RecordNo={record})"


def load(caller: Caller, *heads: Mapping[str, Any], posting: Mapping[str, Any] = POSTING) -> None:
    """One load with these invoices, a line and a posting below each."""
    body = {"Company": "HCA", "LoadId": "L-1", "LoadType": "MAIL", "LoadDate": "2026-03-03"}
    caller.post(EXTERNAL, "ExtIncInvLoadInfoSet", body)
    for head in heads:
        record = caller.post(EXTERNAL, f"{LOAD}/ExtIncInvHeadArray", head)["RecordNo"]
        caller.post(EXTERNAL, f"{head_at(record)}/ExtIncInvItemArray", ITEM)
        caller.post(EXTERNAL, f"{head_at(record)}/ExtIncInvPostingArray", posting)


def act(caller: Caller, action: str) -> str:
    """The state of the load after an action."""
    answer = caller.act(EXTERNAL, LOAD, action)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["Objstate"])


def heads(caller: Caller) -> list[tuple[str, str | None]]:
    """State and error code of every invoice of the load."""
    rows = caller.rows(EXTERNAL, f"{LOAD}/ExtIncInvHeadArray", orderby="RecordNo")
    return [(row["Objstate"], row["ErrorCode"]) for row in rows]


def made(caller: Caller, number: str = "X-1") -> Row | None:
    """The supplier invoice of that number, as the books have it."""
    invoices = caller.control.books()["invoices"]
    return next((i for i in invoices if i["InvoiceNo"] == number), None)


def without_proposals(caller: Caller) -> None:
    """The company posts its invoices at once."""
    caller.edit("CompanyInvoiceInfoArray", ["HCA"], UsePostingProposal=False)


def test_a_load_is_checked_and_then_created(caller: Caller) -> None:
    """Documented: the check creates nothing; creation gives the row a voucher number."""
    load(caller, HEAD)
    assert caller.get(EXTERNAL, LOAD)["Objstate"] == "Loaded"
    assert act(caller, CHECK) == "Checked"
    assert made(caller) is None
    assert act(caller, CREATE) == "Created"
    head = caller.get(EXTERNAL, head_at(1))
    invoice = made(caller)
    assert invoice is not None
    assert head["VoucherNo"] == invoice["VoucherNo"]
    assert head["Objstate"] == "Created"


def test_with_proposals_the_invoice_is_preliminary_and_its_proposal_balanced(
    caller: Caller,
) -> None:
    """Chosen: preliminary with a proposal where the company uses proposals."""
    load(caller, HEAD)
    act(caller, CHECK)
    act(caller, CREATE)
    invoice = made(caller)
    assert invoice is not None
    assert (invoice["Objstate"], invoice["proposal"]["Objstate"]) == ("Preliminary", "Balanced")
    assert invoice["postings"] == []
    assert invoice["PayTermId"], "the supplier's own terms"
    (row,) = invoice["proposal_rows"]
    assert (row["CodeA"], row["CodeB"], row["CurrAmount"]) == ("4010", "100", 100)


def test_without_proposals_the_invoice_is_posted_with_a_balanced_voucher(caller: Caller) -> None:
    """Documented: a voucher in the hold table per invoice; posted at once is chosen."""
    without_proposals(caller)
    load(caller, HEAD)
    act(caller, CHECK)
    act(caller, CREATE)
    invoice = made(caller)
    assert invoice is not None
    assert (invoice["Objstate"], invoice["proposal"]) == ("Posted", None)
    assert [row["CurrAmount"] for row in invoice["postings"]] == [100]
    (voucher,) = caller.control.books()["vouchers"]
    assert voucher["VoucherNo"] == invoice["VoucherNo"]
    amounts = {row["CodeA"]: row["Amount"] for row in voucher["rows"]}
    assert amounts == {"4010": 100, "2450": 5, "2410": -105}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Identity": "NOBODY"}, "IdentityInvoiceInfo.NOTEXIST"),
        ({"Currency": "XXX"}, "CurrencyCode.NOTEXIST"),
        ({"PayTermId": "77"}, "PaymentTerm.NOTEXIST"),
        ({"GrossCurrAmount": 106}, "ExtIncInvHead.GROSSDIFFERS"),
        ({"NetCurrAmount": 101, "GrossCurrAmount": 106}, "ExtIncInvItem.NETDIFFERS"),
        ({"VatCurrAmount": 4, "GrossCurrAmount": 104}, "ExtIncInvTax.TAXDIFFERS"),
        ({"InvoiceDate": "2025-12-30"}, "AccountingPeriod.CLOSED"),
        ({"InvoiceDate": "2031-01-02"}, "AccountingPeriod.NOTEXIST"),
    ],
)
def test_the_check_keeps_the_error_of_an_invoice(
    caller: Caller, change: Mapping[str, Any], code: str
) -> None:
    """Error codes per invoice are documented; their spelling is inferred."""
    load(caller, {**HEAD, **change})
    assert act(caller, CHECK) == "Loaded"
    assert heads(caller) == [("Loaded", code)]
    refused = caller.act(EXTERNAL, LOAD, CREATE)
    assert error_of(refused)[2].startswith("ORA-20110: ExtIncInvLoadInfo.NOTCHECKED")
    assert made(caller) is None


@pytest.mark.parametrize(
    ("posting", "code"),
    [
        ({"CodeA": "9999"}, "Account.NOTEXIST"),
        ({"CodeB": None}, "CodeB.MANDATORY"),
        ({"CurrAmount": 99}, "ExtIncInvPosting.NETDIFFERS"),
        ({"VatCode": "NONE"}, "StatutoryFee.NOTEXIST"),
    ],
)
def test_the_check_finds_wrong_postings(
    caller: Caller, posting: Mapping[str, Any], code: str
) -> None:
    """The check is where a code string is validated; there is no other call for it."""
    load(caller, HEAD, posting={**POSTING, **posting})
    act(caller, CHECK)
    assert heads(caller) == [("Loaded", code)]


def test_a_number_that_is_taken_is_an_error_of_the_check(caller: Caller) -> None:
    """By an invoice that counts, and by another one of the same load."""
    caller.post(INVOICES, "ManSuppInvoiceSet", {**HEADER, "InvoiceNo": "X-1"})
    twin = {**HEAD, "InvoiceNo": "X-2"}
    load(caller, HEAD, twin, twin)
    act(caller, CHECK)
    assert heads(caller) == [
        ("Loaded", "ManSuppInvoice.EXIST"),
        ("Checked", None),
        ("Loaded", "ExtIncInvHead.EXIST"),
    ]


@pytest.mark.parametrize("is_partial", [True, False])
def test_partial_creation_decides_what_a_bad_invoice_stops(
    caller: Caller, *, is_partial: bool
) -> None:
    """Documented: with it the good ones are created, without it the first bad one stops all."""
    caller.control.turn_knobs(load_partial_create=is_partial)
    load(caller, HEAD, {**HEAD, "InvoiceNo": "X-2", "Currency": "XXX"})
    act(caller, CHECK)
    answer = caller.act(EXTERNAL, LOAD, CREATE)
    assert answer.status_code == (201 if is_partial else 400)
    first = "Created" if is_partial else "Checked"
    assert heads(caller) == [(first, None), ("Loaded", "CurrencyCode.NOTEXIST")]
    assert (made(caller) is not None, made(caller, "X-2")) == (is_partial, None)


def test_what_became_wrong_after_the_check_is_kept_as_its_error(caller: Caller) -> None:
    """The creation looks again: somebody entered the number meanwhile."""
    load(caller, HEAD, {**HEAD, "InvoiceNo": "X-2"})
    act(caller, CHECK)
    caller.post(INVOICES, "ManSuppInvoiceSet", {**HEADER, "InvoiceNo": "X-1"})
    act(caller, CREATE)
    assert heads(caller) == [("Loaded", "ManSuppInvoice.EXIST"), ("Created", None)]


def test_nothing_is_created_unchecked(caller: Caller) -> None:
    """Documented order: load, check, create."""
    load(caller, HEAD)
    assert "NOTCHECKED" in error_of(caller.act(EXTERNAL, LOAD, CREATE))[2]


def test_actions_of_a_load_need_its_etag(caller: Caller) -> None:
    """Seen in code: a state-changing bound action has a precondition."""
    load(caller, HEAD)
    path = f"{LOAD}/IfsApp.{EXTERNAL}.{CHECK}"
    assert error_of(caller.call("POST", EXTERNAL, path, json={}))[0] == 428


def test_lines_are_added_while_the_invoice_is_loaded_only(caller: Caller) -> None:
    """Documented."""
    load(caller, HEAD)
    act(caller, CHECK)
    path = f"{head_at(1)}/ExtIncInvItemArray"
    answer = caller.call("POST", EXTERNAL, path, json=ITEM)
    assert error_of(answer)[2].startswith("ORA-20110: ExtIncInvHead.NOTLOADED")


def test_a_changed_row_must_be_checked_again(caller: Caller) -> None:
    """Inferred: what was checked is no longer what stands there."""
    load(caller, HEAD)
    act(caller, CHECK)
    answer = caller.change("PATCH", EXTERNAL, head_at(1), {"NcfReference": "R-1"})
    assert answer.status_code == 200, answer.text
    assert (heads(caller), caller.get(EXTERNAL, LOAD)["Objstate"]) == ([("Loaded", None)], "Loaded")


@pytest.mark.parametrize(
    ("method", "knob", "tag"),
    [
        ("PATCH", "load_rows_changeable", "NOTCHANGEABLE"),
        ("DELETE", "load_rows_removable", "NOTREMOVABLE"),
    ],
)
def test_the_load_type_says_whether_rows_change_and_go(
    caller: Caller, method: str, knob: str, tag: str
) -> None:
    """Documented parameters of a load type."""
    load(caller, HEAD)
    caller.control.turn_knobs(**{knob: False})
    answer = caller.change(method, EXTERNAL, head_at(1), {"NcfReference": "R-1"})
    assert tag in error_of(answer)[2]
    caller.control.turn_knobs(**{knob: True})
    answer = caller.change(method, EXTERNAL, head_at(1), {"NcfReference": "R-1"})
    assert answer.status_code in {200, 204}


def test_a_load_goes_with_its_rows_until_it_has_made_an_invoice(caller: Caller) -> None:
    """Rows may be removed (documented); what is created stays (inferred)."""
    load(caller, HEAD)
    assert caller.change("DELETE", EXTERNAL, LOAD).status_code == 204
    load(caller, HEAD)
    assert len(heads(caller)) == 1, "nothing of the first load was left behind"
    act(caller, CHECK)
    act(caller, CREATE)
    assert "CREATED" in error_of(caller.change("DELETE", EXTERNAL, LOAD))[2]


def test_the_load_type_may_check_and_create_by_itself(caller: Caller) -> None:
    """Documented parameters: check right after load, create right after check."""
    calls = (
        ("ExtIncInvLoadInfoSet", {"Company": "HCA", "LoadId": "L-1", "LoadType": "MAIL"}),
        ("$1/ExtIncInvHeadArray", HEAD),
        ("$2/ExtIncInvItemArray", ITEM),
        ("$2/ExtIncInvPostingArray", POSTING),
    )
    for creates, state in ((False, "Checked"), (True, "Created")):
        caller.control.reset()
        again = Caller(caller.url)
        again.control.turn_knobs(load_check_after_load=True, load_create_after_check=creates)
        assert again.change_set(EXTERNAL, *calls).count("HTTP/1.1 201") == 4
        assert heads(again) == [(state, None)]
        assert (made(again) is not None) is creates


def test_rows_that_come_one_by_one_wait_for_the_action(caller: Caller) -> None:
    """Inferred: nobody can tell after which row such a load is complete."""
    caller.control.turn_knobs(load_check_after_load=True)
    load(caller, HEAD)
    assert heads(caller) == [("Loaded", None)]
    assert act(caller, CHECK) == "Checked"


def test_a_load_is_as_far_as_the_least_advanced_of_its_invoices(caller: Caller) -> None:
    """Inferred: one wrong invoice keeps the load back, whatever became of the others."""
    caller.control.turn_knobs(load_partial_create=True)
    load(caller, HEAD, {**HEAD, "InvoiceNo": "X-2", "Currency": "XXX"})
    act(caller, CHECK)
    states = [state for state, _ in heads(caller)]
    assert (states, caller.get(EXTERNAL, LOAD)["Objstate"]) == (["Checked", "Loaded"], "Loaded")
    act(caller, CREATE)
    states = [state for state, _ in heads(caller)]
    assert (states, caller.get(EXTERNAL, LOAD)["Objstate"]) == (["Created", "Loaded"], "Loaded")


def test_a_text_that_is_too_long_is_refused_and_never_cut(caller: Caller) -> None:
    """Inferred: the length is that of the column."""
    load(caller)
    for length, status in ((50, 201), (51, 400)):
        head = {**HEAD, "InvoiceNo": "X" * length}
        answer = caller.call("POST", EXTERNAL, f"{LOAD}/ExtIncInvHeadArray", json=head)
        assert answer.status_code == status
    assert "TOOLONG" in error_of(answer)[2]


def test_the_voucher_number_of_a_preliminary_invoice_is_that_of_its_voucher(
    caller: Caller,
) -> None:
    """Inferred: creation draws the number, final posting uses it."""
    load(caller, HEAD)
    act(caller, CHECK)
    act(caller, CREATE)
    invoice = made(caller)
    assert invoice is not None
    assert (invoice["Objstate"], caller.control.books()["vouchers"]) == ("Preliminary", [])
    key = f"Company='HCA',ProposalId={invoice['InvoiceId']}"
    caller.act(
        PROPOSALS,
        f"PostingProposalHeadSet({key})",
        "PostingProposalHead_Authorize",
        Authorizer="ANNA",
    )
    row = f"ManSuppInvoiceSet(Company='HCA',InvoiceId={invoice['InvoiceId']})"
    body = {"VoucherType": "I", "UserGroup": "AC", "VoucherDate": "2026-03-05"}
    answer = caller.act(
        INVOICES, row, "ManSuppInvoice_FinalPosting", **body, AutomaticPayAuth=False
    )
    assert answer.status_code == 201, answer.text
    (voucher,) = caller.control.books()["vouchers"]
    assert voucher["VoucherNo"] == invoice["VoucherNo"]


@pytest.mark.parametrize("name", ["Identity", "InvoiceNo", "Currency", "InvoiceDate", "DueDate"])
def test_what_an_invoice_must_bring_is_refused_when_it_is_missing(
    caller: Caller, name: str
) -> None:
    """Documented for number, currency and the two days."""
    load(caller)
    body = {key: value for key, value in HEAD.items() if key != name}
    answer = caller.call("POST", EXTERNAL, f"{LOAD}/ExtIncInvHeadArray", json=body)
    assert error_of(answer)[2] == f"ORA-20110: ExtIncInvHead.NULLVALUE: {name}"


def test_a_load_id_is_taken_once_and_drawn_when_none_is_given(caller: Caller) -> None:
    """A load has an id (documented); that the server draws one is inferred."""
    load(caller)
    body = {"Company": "HCA", "LoadId": "L-1", "LoadType": "MAIL"}
    again = caller.call("POST", EXTERNAL, "ExtIncInvLoadInfoSet", json=body)
    assert "ORA-20112: ExtIncInvLoadInfo.EXIST" in error_of(again)[2]
    drawn = caller.post(EXTERNAL, "ExtIncInvLoadInfoSet", {"Company": "HCA", "LoadType": "MAIL"})
    assert drawn["LoadId"].isdigit()


def test_an_unknown_load_type_is_refused_where_the_site_names_its_own(caller: Caller) -> None:
    """Site data: load types are basic data."""
    caller.control.turn_knobs(load_types=["PROCURIFY"])
    body = {"Company": "HCA", "LoadId": "L-1", "LoadType": "MAIL"}
    answer = caller.call("POST", EXTERNAL, "ExtIncInvLoadInfoSet", json=body)
    assert "ExtIncInvLoadType.NOTEXIST" in error_of(answer)[2]


def test_an_automatic_series_draws_the_number(caller: Caller) -> None:
    """Documented: in an automatic series no number may be sent."""
    caller.control.turn_knobs(automatic_series=["AU"])
    named = {**HEAD, "SeriesId": "AU"}
    bare = {key: value for key, value in named.items() if key != "InvoiceNo"}
    load(caller, named, {**bare, "NcfReference": "X-1"})
    act(caller, CHECK)
    assert heads(caller) == [("Loaded", "ManSuppInvoice.AUTOMATICSERIES"), ("Checked", None)]
    act(caller, CREATE)
    (invoice,) = [i for i in caller.control.books()["invoices"] if i["SeriesId"] == "AU"]
    assert invoice["InvoiceNo"].isdigit()


def test_the_day_of_the_voucher_is_that_of_arrival_or_of_the_invoice(caller: Caller) -> None:
    """Inferred: a knob says which; its period must be open."""
    old = {**HEAD, "InvoiceDate": "2025-12-30", "ArrivalDate": "2026-01-04"}
    load(caller, old)
    assert act(caller, CHECK) == "Checked"
    caller.control.turn_knobs(load_voucher_date="InvoiceDate")
    assert act(caller, CHECK) == "Loaded"
    assert heads(caller) == [("Loaded", "AccountingPeriod.CLOSED")]


def test_amounts_are_exact_in_the_books(caller: Caller) -> None:
    """No amount becomes a binary number on its way."""
    load(caller, HEAD)
    act(caller, CHECK)
    act(caller, CREATE)
    text = "Company eq 'HCA' and InvoiceNo eq 'X-1'"
    (head,) = caller.rows(PROPOSALS, "PostingProposalHeadSet", filter=text)
    assert head["Balance"] == Decimal(0)
