"""The loopback IFS Cloud keeps the rules of the contract; each test names its source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.contract.ifs.site import HEADER, INVOICES, PROPOSALS, Caller, error_of


def path_of(invoice: Mapping[str, Any]) -> str:
    """The address of an invoice."""
    return f"ManSuppInvoiceSet(Company='{invoice['Company']}',InvoiceId={invoice['InvoiceId']})"


def test_a_missing_wrong_or_old_token_is_refused_with_a_challenge(caller: Caller) -> None:
    """Seen in code; the short life is that of the documented sample."""
    assert caller.log_in() == 180
    for token in ("", "wrong"):
        caller.token = token
        answer = caller.call("GET", INVOICES, "ManSuppInvoiceSet")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    caller.control.turn_knobs(token_ttl_s=0)
    caller.log_in()
    assert caller.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 401


def test_metadata_is_csdl_and_names_what_the_rows_have(caller: Caller) -> None:
    """Discovery resource seen in code."""
    answer = caller.call("GET", INVOICES, "$metadata")
    names = {element.get("Name") for element in ET.fromstring(answer.content).iter()}  # noqa: S314
    assert {
        "ManSuppInvoiceSet",
        "ManSuppInvoiceItemArray",
        "InvoiceNo",
        "ManSuppInvoice_Cancel",
    } <= names


def test_a_read_without_top_is_cut_in_silence(caller: Caller) -> None:
    """A client saw 67 of 89 rows; paging with ``$top`` and ``$skip`` shows them all."""
    caller.control.turn_knobs(default_page_size=5)
    assert len(caller.rows("AccountsHandling", "AccountSet")) == 5
    pages = [
        row["Account"]
        for skip in (0, 7, 14, 21)
        for row in caller.rows(
            "AccountsHandling", "AccountSet", orderby="Company,Account", top=7, skip=skip
        )
    ]
    assert len(pages) == 24


def test_an_enumeration_in_a_filter_has_its_qualified_form(caller: Caller) -> None:
    """Inferred from keys and parameters, where it is seen in code."""
    caller.create("T-1")
    text = f"Objstate ne IfsApp.{INVOICES}.ManSuppInvoiceState'Cancelled' and InvoiceNo eq 'T-1'"
    assert len(caller.rows(INVOICES, "ManSuppInvoiceSet", filter=text)) == 1


def test_a_change_needs_the_etag_of_the_row_as_it_is(caller: Caller) -> None:
    """428 without, 412 with an old one, 200 with the right one and a new etag."""
    invoice = caller.create("T-1")
    path, etag = path_of(invoice), invoice["@odata.etag"]
    change = {"VoucherText": "changed"}
    assert error_of(caller.call("PATCH", INVOICES, path, json=change))[:2] == (
        428,
        "ODP_MISSING_PRECONDITION",
    )
    first = caller.call("PATCH", INVOICES, path, json=change, headers={"If-Match": etag})
    assert (first.status_code, first.headers["ETag"] != etag) == (200, True)
    second = caller.call("PATCH", INVOICES, path, json=change, headers={"If-Match": etag})
    assert (second.status_code, "ORA-20114" in second.text) == (412, True)


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"DueDate": None}, 20110),
        ({"Identity": "NOBODY"}, 20111),
        ({"InvoiceId": 7}, 20110),
    ],
)
def test_a_wrong_invoice_is_refused_with_a_database_number(
    caller: Caller, change: Mapping[str, Any], number: int
) -> None:
    """The general number is seen in code, the others are inferred."""
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json={**HEADER, **change})
    status, code, text = error_of(answer)
    assert (status, code) == (400, "DATABASE_ERROR")
    assert text.startswith(f"ORA-{number}: ")


@pytest.mark.parametrize("body", ['{"NoSuchField": 1}', '{"CurrRate": "one"}', "not JSON"])
def test_a_body_that_does_not_fit_is_refused(caller: Caller, body: str) -> None:
    """The code is from a vendor's documentation."""
    headers = {"Content-Type": "application/json"}
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", data=body, headers=headers)
    assert error_of(answer)[:2] == (400, "ODP_DESERIALIZATION_ERROR")


def test_a_number_is_taken_until_its_invoice_is_cancelled(caller: Caller) -> None:
    """Scope company, supplier, series, number: a site setting, this default is inferred."""
    invoice = caller.create("T-1")
    again = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json=HEADER)
    assert "ORA-20112: ManSuppInvoice.EXIST" in error_of(again)[2]
    action = f"{path_of(invoice)}/IfsApp.{INVOICES}.ManSuppInvoice_Cancel"
    headers = {"If-Match": invoice["@odata.etag"]}
    assert caller.call("POST", INVOICES, action, json={}, headers=headers).status_code == 201
    caller.create("T-1")


def test_the_proposal_comes_with_the_invoice_and_balances(caller: Caller) -> None:
    """Documented: created with the invoice, balanced when its rows sum to the net amount."""
    invoice = caller.create("T-1")
    posting = {"CodeA": "4010", "CodeB": "100", "CurrAmount": 100}
    refused = caller.call(
        "POST", INVOICES, f"{path_of(invoice)}/ManSuppInvoicePostingsArray", json=posting
    )
    assert "USEPROPOSAL" in error_of(refused)[2]
    text = f"Company eq 'HCA' and InvoiceId eq {invoice['InvoiceId']}"
    (head,) = caller.rows(PROPOSALS, "PostingProposalHeadSet", filter=text)
    assert (head["Balance"], head["Objstate"]) == (100, "Open")
    path = f"PostingProposalHeadSet(Company='HCA',ProposalId={head['ProposalId']})"
    caller.call("POST", PROPOSALS, f"{path}/PostingProposalArray", json=posting)
    assert caller.call("GET", PROPOSALS, path).json()["Objstate"] == "Balanced"


@pytest.mark.parametrize(
    ("codes", "tag"),
    [
        ({"CodeA": "9999", "CodeB": "100"}, "Account.NOTEXIST"),
        ({"CodeA": "4010"}, "CodeB.MANDATORY"),
        ({"CodeA": "4010", "CodeB": "999"}, "CodeB.NOTEXIST"),
        ({"CodeA": "4110", "CodeB": "100", "CodeC": "P-1"}, "CodeC.BLOCKED"),
        ({"CodeA": "4900", "CodeB": "100"}, "CodeC.MANDATORY"),
    ],
)
def test_a_wrong_code_string_is_refused(caller: Caller, codes: Mapping[str, str], tag: str) -> None:
    """Demands are documented; the number of the refusal is seen in code."""
    invoice = caller.create("T-1")
    path = f"PostingProposalHeadSet(Company='HCA',ProposalId={invoice['InvoiceId']})"
    body = {**codes, "CurrAmount": 100}
    answer = caller.call("POST", PROPOSALS, f"{path}/PostingProposalArray", json=body)
    assert error_of(answer)[2].startswith(f"ORA-20105: {tag}")


def batch_of(*numbers: str) -> bytes:
    """A batch with one change set per number: the header, and a line that refers to it."""
    line = json.dumps({"NetCurrAmount": 100, "VatCurrAmount": 5, "VatCode": "GST5"})
    parts = []
    for index, number in enumerate(numbers):
        header = json.dumps({**HEADER, "InvoiceNo": number} if number else {"Company": "HCA"})
        calls = [(f"{index}1", "ManSuppInvoiceSet", header)]
        calls += [(f"{index}2", f"${index}1/ManSuppInvoiceItemArray", line)]
        inner = "".join(
            f"--cs{index}\r\nContent-Type: application/http\r\nContent-ID: {id_}\r\n\r\n"
            f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
            for id_, path, body in calls
        )
        parts.append(
            f"--b\r\nContent-Type: multipart/mixed; boundary=cs{index}\r\n\r\n"
            f"{inner}--cs{index}--\r\n"
        )
    return ("".join(parts) + "--b--\r\n").encode()


def send_batch(caller: Caller, text: bytes, prefer: str = "") -> str:
    """The text of the answer."""
    headers = {"Content-Type": "multipart/mixed; boundary=b", "Prefer": prefer}
    answer = caller.call("POST", INVOICES, "$batch", data=text, headers=headers)
    assert answer.status_code == 200
    return answer.text


def numbers_in(caller: Caller) -> set[str]:
    """The invoice numbers of these tests that stand in the books, with their lines counted."""
    return {
        f"{invoice['InvoiceNo']}:{len(invoice['lines'])}"
        for invoice in caller.control.books()["invoices"]
        if invoice["InvoiceNo"].startswith("T-")
    }


def test_a_change_set_is_atomic_and_refers_by_content_id(caller: Caller) -> None:
    """Documented: all parts or none; the line stands under the header that ``$n`` names."""
    answer = send_batch(caller, batch_of("T-1", "", "T-3"), "odata.continue-on-error")
    assert answer.count("HTTP/1.1 201") == 4
    assert answer.count("HTTP/1.1 400") == 1
    assert numbers_in(caller) == {"T-1:1", "T-3:1"}


def test_a_batch_ends_at_the_first_failure_unless_told_to_go_on(caller: Caller) -> None:
    """Continue-on-error is documented."""
    answer = send_batch(caller, batch_of("T-1", "", "T-3"))
    assert answer.count("HTTP/1.1") == 3
    assert numbers_in(caller) == {"T-1:1"}


def test_a_stale_metadata_cache_and_a_throttle_name_the_wait(caller: Caller) -> None:
    """503 with Retry-After: documented. 429: a third party says so."""
    caller.control.turn_knobs(mi_modified_every=1)
    answer = caller.call("GET", INVOICES, "ManSuppInvoiceSet")
    assert (error_of(answer)[:2], answer.headers["Retry-After"]) == (
        (503, "MI_MODIFIED_ERROR"),
        "1",
    )
    caller.control.turn_knobs(mi_modified_every=0, throttle_every=1)
    assert caller.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 429


def test_a_supplier_row_of_a_company_is_found_below_its_supplier(caller: Caller) -> None:
    """Nested collections are read by their own query; an unknown parent is not found."""
    path = "SupplierInfoGeneralSet(SupplierId='V-10006')/SupplierInvoiceCompanies"
    assert {row["Company"] for row in caller.rows("SupplierHandling", path)} == {"HCA", "HUS"}
    unknown = path.replace("V-10006", "O''Brien")
    assert caller.call("GET", "SupplierHandling", unknown).status_code == 404


def test_reset_puts_the_books_back(caller: Caller) -> None:
    """The control side starts again from the seed."""
    caller.create("T-1")
    caller.control.reset()
    assert numbers_in(caller) == set()


@pytest.mark.parametrize("member", ["'Supplier'", "IfsApp.SupplierHandling.PartyType'Supplier'"])
def test_an_enumeration_in_a_key_may_be_qualified(caller: Caller, member: str) -> None:
    """Source: the qualified form is seen in code."""
    key = f"Company='HCA',Identity='V-10006',PartyType={member}"
    path = f"SupplierInfoGeneralSet(SupplierId='V-10006')/SupplierInvoiceCompanies({key})"
    answer = caller.call("GET", "SupplierHandling", path)
    assert answer.status_code == 200, answer.text


def test_a_fault_after_the_commit_is_answered_at_once(caller: Caller) -> None:
    """The work is done, its answer is another one, and nobody waits for a time-out."""
    caller.control.script_faults([{"action": "status_after", "method": "POST", "status": 504}])
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json={**HEADER})
    assert answer.status_code == 504
    assert {number.partition(":")[0] for number in numbers_in(caller)} == {"T-1"}
