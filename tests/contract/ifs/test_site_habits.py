"""What differs from site to site and from set to set, beside the documents themselves."""

from __future__ import annotations

import pytest
import requests

from tests.contract.ifs.site import HEADER, INVOICES, PROPOSALS, Caller, Row, error_of
from tests.contract.ifs.test_external_invoices import (
    CHECK,
    CREATE,
    EXTERNAL,
    HEAD,
    LOAD,
    act,
    heads,
    load,
    made,
    without_proposals,
)
from tests.contract.ifs.test_final_posting import at, authorise, entered, post, proposal_at

ACCOUNTS = "AccountsHandling"
DOCUMENTS = "DocReferenceObjectAttachmentHandling"


@pytest.mark.parametrize("name", ["GetDefaultCompany", "GetSelectedCompany"])
def test_the_service_user_has_a_company_of_its_own(caller: Caller, name: str) -> None:
    """Two unbound functions; ``$metadata`` names them."""
    assert caller.get(ACCOUNTS, f"{name}()")["value"] == "HCA"
    caller.control.turn_knobs(default_company="HUS")
    assert caller.get(ACCOUNTS, f"{name}()")["value"] == "HUS"
    assert caller.call("GET", INVOICES, f"{name}()").status_code == 404
    assert f'Name="{name}"' in caller.call("GET", ACCOUNTS, "$metadata").text


@pytest.mark.parametrize(("account", "tag"), [("4010", ""), ("4990", "BUDGETONLY")])
def test_an_account_is_validated_without_an_etag(caller: Caller, account: str, tag: str) -> None:
    """A helper of the page: it changes nothing, and checks no code string."""
    row = f"AccountSet(Company='HCA',Account='{account}')"
    path = f"{row}/IfsApp.{ACCOUNTS}.Account_ValidateAccount"
    answer = caller.call("POST", ACCOUNTS, path, json={})
    assert answer.status_code == (400 if tag else 201)
    assert tag in answer.text


def test_rows_of_a_query_have_no_etag(caller: Caller) -> None:
    """They have no table of their own; all others have one, whatever is selected."""
    assert "@odata.etag" not in caller.rows("AllProjections", "Projections", top=1)[0]
    row = caller.rows(ACCOUNTS, "AccountSet", top=1, select="Account")[0]
    assert {"@odata.etag", "Company", "Account"} <= set(row)


def test_members_without_a_value_are_null_or_left_out(caller: Caller) -> None:
    """A reader must take both."""
    caller.create("T-1")
    text = "InvoiceNo eq 'T-1'"
    (full,) = caller.rows(INVOICES, "ManSuppInvoiceSet", filter=text)
    assert full["PoRefNumber"] is None
    caller.control.turn_knobs(nulls_shown=False)
    (short,) = caller.rows(INVOICES, "ManSuppInvoiceSet", filter=text)
    assert "PoRefNumber" not in short
    assert {name for name in full if full[name] is not None} <= set(short)


def test_a_single_row_tells_its_context_and_its_etag_twice(caller: Caller) -> None:
    """In the body and as a header; ``If-None-Match`` is not supported and changes nothing."""
    path = f"{ACCOUNTS}.svc/AccountSet(Company='HCA',Account='4010')"
    url = f"{caller.url}/main/ifsapplications/projection/v1/{path}"
    headers = {"Authorization": f"Bearer {caller.token}"}
    first = requests.get(url, headers=headers, timeout=10)
    assert first.json()["@odata.context"] == "$metadata#AccountSet/$entity"
    assert first.headers["ETag"] == first.json()["@odata.etag"]
    again = {**headers, "If-None-Match": first.headers["ETag"]}
    assert requests.get(url, headers=again, timeout=10).json() == first.json()


def test_an_upsert_inserts_no_row_whose_key_the_server_gives(caller: Caller) -> None:
    """Documented: it fails when a key is not insertable."""
    caller.control.turn_knobs(patch_without_if_match="upsert", read_only_members="ignored")
    path = "ManSuppInvoiceSet(Company='HCA',InvoiceId=4711)"
    answer = caller.call("PATCH", INVOICES, path, json=dict(HEADER))
    assert error_of(answer)[1] == "DATABASE_ERROR"
    assert caller.call("GET", INVOICES, path).status_code == 404


@pytest.mark.parametrize(("service", "status"), [(INVOICES, 200), (PROPOSALS, 404)])
def test_a_batch_is_for_one_projection(caller: Caller, service: str, status: int) -> None:
    """A part with the whole address of another one finds nothing."""
    place = f"{caller.url}/main/ifsapplications/projection/v1/{service}.svc/ManSuppInvoiceSet"
    text = f"--b\r\nContent-Type: application/http\r\n\r\nGET {place} HTTP/1.1\r\n\r\n\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = caller.call("POST", INVOICES, "$batch", data=text.encode(), headers=headers)
    assert f"HTTP/1.1 {status} " in answer.text


def test_a_batch_in_json_is_refused(caller: Caller) -> None:
    """Nothing is documented about that form (inferred)."""
    body = {"requests": [{"id": "1", "method": "GET", "url": "ManSuppInvoiceSet"}]}
    assert caller.call("POST", INVOICES, "$batch", json=body).status_code == 400


def test_a_document_hangs_on_an_invoice(caller: Caller) -> None:
    """The link is the unit and the key of the row."""
    invoice = caller.create("T-1")
    issue = caller.post(DOCUMENTS, "DocIssueSet", {"DocClass": "BILL", "DocSheet": "1"})
    link = {name: issue[name] for name in ("DocClass", "DocNo", "DocSheet")} | {"DocRev": "A1"}
    key = {"LuName": "ManSuppInvoice", "KeyRef": invoice["keyref"]}
    caller.post(DOCUMENTS, "DocReferenceObjectSet", {**link, **key})
    text = f"LuName eq 'ManSuppInvoice' and KeyRef eq '{invoice['keyref']}'"
    found = caller.rows(DOCUMENTS, "DocReferenceObjectSet", filter=text)
    assert [row["DocNo"] for row in found] == [issue["DocNo"]]


def test_a_site_has_custom_fields(caller: Caller) -> None:
    """Unknown until the site has them; then described, kept, shown, and mandatory if it says so."""
    body = {**HEADER, "Cf_Source": "bill 7"}
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json=body)
    assert error_of(answer)[1] == "ODP_DESERIALIZATION_ERROR"
    name = "ManSuppInvoiceSet.Cf_Source"
    caller.control.turn_knobs(custom_fields=[name], custom_required=[name])
    answer = caller.call("POST", INVOICES, "ManSuppInvoiceSet", json=dict(HEADER))
    assert "NULLVALUE: Cf_Source" in error_of(answer)[2]
    caller.post(INVOICES, "ManSuppInvoiceSet", body)
    (row,) = caller.rows(INVOICES, "ManSuppInvoiceSet", filter="Cf_Source eq 'bill 7'")
    assert row["Cf_Source"] == "bill 7"
    assert "Cf_Source" in caller.call("GET", INVOICES, "$metadata").text


@pytest.mark.parametrize(
    ("closed", "is_refused"), [(["B"], True), (["HCA.B"], True), (["HUS.B"], False), ([], False)]
)
def test_a_closed_code_part_must_be_empty(
    caller: Caller, closed: list[str], *, is_refused: bool
) -> None:
    """Whatever the account demands of it; closed everywhere, or in one company."""
    invoice = caller.create("T-1")
    caller.control.turn_knobs(closed_code_parts=closed)
    body = {"CodeA": "4010", "CodeB": "100", "CurrAmount": 100}
    path = f"{proposal_at(invoice)}/PostingProposalArray"
    answer = caller.call("POST", PROPOSALS, path, json=body)
    assert (answer.status_code, "CodeB.BLOCKED" in answer.text) == (
        (400, True) if is_refused else (201, False)
    )


def test_an_account_may_demand_a_tax_code(caller: Caller) -> None:
    """Without one the posting is refused."""
    caller.control.turn_knobs(accounts_with_tax_code=["4010"])
    invoice = caller.create("T-1")
    path = f"{proposal_at(invoice)}/PostingProposalArray"
    body = {"CodeA": "4010", "CodeB": "100", "CurrAmount": 100}
    answer = caller.call("POST", PROPOSALS, path, json=body)
    assert "StatutoryFee.MANDATORY" in error_of(answer)[2]
    caller.post(PROPOSALS, path, {**body, "VatCode": "GST5"})


@pytest.mark.parametrize(("mode", "state"), [("header", "Posted"), ("line", "LINESDIFFER")])
def test_the_tax_may_stand_in_the_header_alone(caller: Caller, mode: str, state: str) -> None:
    """The voucher has it all the same, and balances."""
    caller.control.turn_knobs(tax_mode=mode)
    invoice = entered(caller)
    (line,) = caller.rows(INVOICES, f"{at(invoice)}/ManSuppInvoiceItemArray")
    key = f"Company='HCA',InvoiceId={invoice['InvoiceId']},ItemId={line['ItemId']}"
    row = f"{at(invoice)}/ManSuppInvoiceItemArray({key})"
    caller.change("PATCH", INVOICES, row, {"VatCurrAmount": None, "VatCode": None})
    authorise(caller, invoice)
    assert state in post(caller, invoice)
    if mode == "header":
        (voucher,) = caller.control.books()["vouchers"]
        assert [row["CurrencyAmount"] for row in voucher["rows"]] == [100, 5, -105]
    assert not caller.control.broken_invariants()


def test_who_has_authorised_stands_below_the_proposal(caller: Caller) -> None:
    """One row waits while the proposal is balanced; then each person has one."""
    caller.edit("CompanyInvoiceSuppInvWorkflows", ["HCA"], TwoAuthorizers=True)
    invoice = entered(caller)

    def people() -> list[tuple[str, str]]:
        path = f"{proposal_at(invoice)}/PostingProposalAuthMultiArray"
        rows = caller.rows(PROPOSALS, path, orderby="AuthId")
        return [(row["AuthId"], row["Objstate"]) for row in rows]

    assert people() == [("SANDBOX", "Unacknowledged")]
    authorise(caller, invoice, "ANNA")
    authorise(caller, invoice, "BEN")
    assert people() == [("ANNA", "Auth"), ("BEN", "Auth")]
    body = {"CodeA": "4010", "CodeB": "100", "CurrAmount": 1}
    caller.post(PROPOSALS, f"{proposal_at(invoice)}/PostingProposalArray", body)
    assert people() == []


@pytest.mark.parametrize(("limit", "state"), [(100, "Balanced"), (101, "Auth")])
def test_two_people_are_for_large_amounts(caller: Caller, limit: int, state: str) -> None:
    """From the company's amount on."""
    flow = {"TwoAuthorizers": True, "TwoAuthorizersAmount": limit}
    caller.edit("CompanyInvoiceSuppInvWorkflows", ["HCA"], **flow)
    assert authorise(caller, entered(caller)) == state


@pytest.mark.parametrize(("stops", "made_first"), [("stops_all", False), ("stops_rest", True)])
def test_the_first_bad_invoice_stops_all_of_a_load_or_the_rest(
    caller: Caller, stops: str, *, made_first: bool
) -> None:
    """Documented: it stops the load; whether what stands before it is created is not."""
    caller.control.turn_knobs(load_partial_create=False, load_bad_invoice=stops)
    load(
        caller, HEAD, {**HEAD, "InvoiceNo": "X-2", "Currency": "XXX"}, {**HEAD, "InvoiceNo": "X-3"}
    )
    act(caller, CHECK)
    caller.act(EXTERNAL, LOAD, CREATE)
    numbers = ("X-1", "X-2", "X-3")
    assert [made(caller, one) is not None for one in numbers] == [made_first, False, False]
    assert heads(caller)[2] == ("Checked", None)


def test_what_became_wrong_after_the_check_stops_all_of_a_load(caller: Caller) -> None:
    """Without partial creation nothing of it is made, although all was checked."""
    caller.control.turn_knobs(load_partial_create=False)
    load(caller, HEAD, {**HEAD, "InvoiceNo": "X-2"})
    assert act(caller, CHECK) == "Checked"
    caller.post(INVOICES, "ManSuppInvoiceSet", {**HEADER, "InvoiceNo": "X-2"})
    answer = caller.act(EXTERNAL, LOAD, CREATE)
    assert "ExtIncInvLoadInfo.NOTCHECKED" in error_of(answer)[2]
    assert made(caller) is None
    assert heads(caller) == [("Checked", None), ("Checked", None)]


def test_postings_that_do_not_sum_to_the_net_are_not_posted(caller: Caller) -> None:
    """Where the company has no proposals to say so first."""
    without_proposals(caller)
    invoice = entered(caller, {"CodeA": "4010", "CodeB": "100", "CurrAmount": 99})
    assert "ManSuppInvoice.NOTBALANCED" in post(caller, invoice)
    assert not caller.control.books()["vouchers"]


@pytest.mark.parametrize(
    ("path", "member", "length"),
    [
        ("ManSuppInvoiceSet", "InvoiceNo", 50),
        ("ManSuppInvoiceSet", "VoucherText", 200),
        ("ManSuppInvoiceSet", "PoRefNumber", 2000),
    ],
)
def test_texts_of_an_invoice_have_their_lengths(
    caller: Caller, path: str, member: str, length: int
) -> None:
    """Told by ``$metadata``; one more is refused."""
    assert f'MaxLength="{length}"' in caller.call("GET", INVOICES, "$metadata").text
    for more, status in ((0, 201), (1, 400)):
        body: Row = {**HEADER, "InvoiceNo": f"T-{more}", member: "x" * (length + more)}
        assert caller.call("POST", INVOICES, path, json=body).status_code == status
