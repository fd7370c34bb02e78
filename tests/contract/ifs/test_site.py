"""The loopback IFS Cloud keeps the rules of the contract; each test names its source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests

from erp_sandbox.control_client import IfsControl
from tests.conftest import run_sandbox

INVOICES = "ManualSupplierInvoiceHandling"
PROPOSALS = "PostingProposalHandling"
HEADER: Mapping[str, Any] = {
    "Company": "HCA",
    "Identity": "V-10006",
    "PartyType": "Supplier",
    "SeriesId": "II",
    "InvoiceNo": "T-1",
    "InvoiceType": "SUPPINV",
    "InvoiceDate": "2026-03-02",
    "DueDate": "2026-04-01",
    "PayTermId": "30",
    "CreationDate": "2026-03-02",
    "Currency": "CAD",
    "CurrRate": 1,
    "TaxCurrRate": 1,
    "IntAllowed": True,
    "AffBaseLedgPost": True,
    "NetCurrAmount": 100,
    "VatCurrAmount": 5,
    "GrossCurrAmount": 105,
}


class Site:
    """A caller of one site with its own token."""

    def __init__(self, url: str) -> None:
        """Log in."""
        self.url = url
        self.control = IfsControl(url)
        self.token = ""
        self.log_in()

    def log_in(self) -> int:
        """Ask for a token as documented by IFS; the answer is its life in seconds."""
        answer = requests.post(
            f"{self.url}/auth/realms/sandbox/protocol/openid-connect/token",
            data={
                "grant_type": "client_credentials",
                "client_id": "SANDBOX_IFS",
                "client_secret": "sandbox-ifs-secret",
                "scope": "openid microprofile-jwt",
            },
            timeout=10,
        )
        self.token = answer.json()["access_token"]
        return int(answer.json()["expires_in"])

    def call(self, method: str, service: str, path: str, **options: Any) -> requests.Response:
        """One request to a projection."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        root = f"{self.url}/main/ifsapplications/projection/v1/{service}.svc"
        return requests.request(method, f"{root}/{path}", headers=headers, timeout=10, **options)

    def create(self, number: str) -> dict[str, Any]:
        """A new invoice."""
        answer = self.call(
            "POST", INVOICES, "ManSuppInvoiceSet", json={**HEADER, "InvoiceNo": number}
        )
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def rows(self, service: str, path: str, **query: str | int) -> list[dict[str, Any]]:
        """The rows of a collection."""
        params = {f"${name}": value for name, value in query.items()}
        answer = self.call("GET", service, path, params=params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = json.loads(answer.content, parse_float=Decimal)["value"]
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one sandbox for all tests here."""
    with run_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox.ifs


@pytest.fixture
def site(served: str) -> Site:
    """The site as the seed made it."""
    IfsControl(served).reset()
    return Site(served)


def path_of(invoice: Mapping[str, Any]) -> str:
    """The address of an invoice."""
    return f"ManSuppInvoiceSet(Company='{invoice['Company']}',InvoiceId={invoice['InvoiceId']})"


def error_of(answer: requests.Response) -> tuple[int, str, str]:
    """Status, provider code and database text of a refusal."""
    error = answer.json()["error"]
    details = error.get("details") or [{"message": ""}]
    return answer.status_code, error["code"], details[0]["message"]


def test_a_missing_wrong_or_old_token_is_refused_with_a_challenge(site: Site) -> None:
    """Seen in code; the short life is that of the documented sample."""
    assert site.log_in() == 180
    for token in ("", "wrong"):
        site.token = token
        answer = site.call("GET", INVOICES, "ManSuppInvoiceSet")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    site.control.turn_knobs(token_ttl_s=0)
    site.log_in()
    assert site.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 401


def test_metadata_is_csdl_and_names_what_the_rows_have(site: Site) -> None:
    """Discovery resource seen in code."""
    answer = site.call("GET", INVOICES, "$metadata")
    names = {element.get("Name") for element in ET.fromstring(answer.content).iter()}  # noqa: S314
    assert {
        "ManSuppInvoiceSet",
        "ManSuppInvoiceItemArray",
        "InvoiceNo",
        "ManSuppInvoice_Cancel",
    } <= names


def test_a_read_without_top_is_cut_in_silence(site: Site) -> None:
    """A client saw 67 of 89 rows; paging with ``$top`` and ``$skip`` shows them all."""
    site.control.turn_knobs(default_page_size=5)
    assert len(site.rows("AccountsHandling", "AccountSet")) == 5
    pages = [
        row["Account"]
        for skip in (0, 7, 14, 21)
        for row in site.rows(
            "AccountsHandling", "AccountSet", orderby="Company,Account", top=7, skip=skip
        )
    ]
    assert len(pages) == 24


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Company eq 'HCA'", 12),
        ("Company eq 'HCA' and (Account eq '4010' or Account eq '4110')", 2),
        ("toupper(Company) eq 'HCA' and startswith(Account,'490')", 1),
        ("Company ne 'HCA'", 12),
    ],
)
def test_filters_choose_the_right_rows(site: Site, text: str, count: int) -> None:
    """Comparison and string functions are documented as supported."""
    assert len(site.rows("AccountsHandling", "AccountSet", filter=text, top=500)) == count


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"$expand": "ManSuppInvoiceItemArray"}, "ODP_NOT_IMPLEMENTED"),
        ({"$filter": "round(NetCurrAmount) eq 1"}, "ODP_NOT_IMPLEMENTED"),
        ({"$filter": "Objstate eq 'Cancelled'"}, "ODP_BAD_REQUEST"),
        ({"$filter": "this is no filter"}, "ODP_BAD_REQUEST"),
    ],
)
def test_what_ifs_does_not_support_is_refused(
    site: Site, query: Mapping[str, str], code: str
) -> None:
    """Expand and rounding: documented. The plain enum string: inferred."""
    answer = site.call("GET", INVOICES, "ManSuppInvoiceSet", params=query)
    assert error_of(answer)[1] == code


def test_an_enumeration_in_a_filter_has_its_qualified_form(site: Site) -> None:
    """Inferred from keys and parameters, where it is seen in code."""
    site.create("T-1")
    text = f"Objstate ne IfsApp.{INVOICES}.ManSuppInvoiceState'Cancelled' and InvoiceNo eq 'T-1'"
    assert len(site.rows(INVOICES, "ManSuppInvoiceSet", filter=text)) == 1


def test_a_change_needs_the_etag_of_the_row_as_it_is(site: Site) -> None:
    """428 without, 412 with an old one, 200 with the right one and a new etag."""
    invoice = site.create("T-1")
    path, etag = path_of(invoice), invoice["@odata.etag"]
    change = {"VoucherText": "changed"}
    assert error_of(site.call("PATCH", INVOICES, path, json=change))[:2] == (
        428,
        "ODP_MISSING_PRECONDITION",
    )
    first = site.call("PATCH", INVOICES, path, json=change, headers={"If-Match": etag})
    assert (first.status_code, first.headers["ETag"] != etag) == (200, True)
    second = site.call("PATCH", INVOICES, path, json=change, headers={"If-Match": etag})
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
    site: Site, change: Mapping[str, Any], number: int
) -> None:
    """The general number is seen in code, the others are inferred."""
    answer = site.call("POST", INVOICES, "ManSuppInvoiceSet", json={**HEADER, **change})
    status, code, text = error_of(answer)
    assert (status, code) == (400, "DATABASE_ERROR")
    assert text.startswith(f"ORA-{number}: ")


@pytest.mark.parametrize("body", ['{"NoSuchField": 1}', '{"CurrRate": "one"}', "not JSON"])
def test_a_body_that_does_not_fit_is_refused(site: Site, body: str) -> None:
    """The code is from a vendor's documentation."""
    headers = {"Content-Type": "application/json"}
    answer = site.call("POST", INVOICES, "ManSuppInvoiceSet", data=body, headers=headers)
    assert error_of(answer)[:2] == (400, "ODP_DESERIALIZATION_ERROR")


def test_a_number_is_taken_until_its_invoice_is_cancelled(site: Site) -> None:
    """Scope company, supplier, series, number: a site setting, this default is inferred."""
    invoice = site.create("T-1")
    again = site.call("POST", INVOICES, "ManSuppInvoiceSet", json=HEADER)
    assert "ORA-20112: ManSuppInvoice.EXIST" in error_of(again)[2]
    action = f"{path_of(invoice)}/IfsApp.{INVOICES}.ManSuppInvoice_Cancel"
    headers = {"If-Match": invoice["@odata.etag"]}
    assert site.call("POST", INVOICES, action, json={}, headers=headers).status_code == 201
    site.create("T-1")


def test_the_proposal_comes_with_the_invoice_and_balances(site: Site) -> None:
    """Documented: created with the invoice, balanced when its rows sum to the net amount."""
    invoice = site.create("T-1")
    posting = {"CodeA": "4010", "CodeB": "100", "CurrAmount": 100}
    refused = site.call(
        "POST", INVOICES, f"{path_of(invoice)}/ManSuppInvoicePostingsArray", json=posting
    )
    assert "USEPROPOSAL" in error_of(refused)[2]
    text = f"Company eq 'HCA' and InvoiceId eq {invoice['InvoiceId']}"
    (head,) = site.rows(PROPOSALS, "PostingProposalHeadSet", filter=text)
    assert (head["Balance"], head["Objstate"]) == (100, "Open")
    path = f"PostingProposalHeadSet(Company='HCA',ProposalId={head['ProposalId']})"
    site.call("POST", PROPOSALS, f"{path}/PostingProposalArray", json=posting)
    assert site.call("GET", PROPOSALS, path).json()["Objstate"] == "Balanced"


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
def test_a_wrong_code_string_is_refused(site: Site, codes: Mapping[str, str], tag: str) -> None:
    """Demands are documented; the number of the refusal is seen in code."""
    invoice = site.create("T-1")
    path = f"PostingProposalHeadSet(Company='HCA',ProposalId={invoice['InvoiceId']})"
    body = {**codes, "CurrAmount": 100}
    answer = site.call("POST", PROPOSALS, f"{path}/PostingProposalArray", json=body)
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


def send_batch(site: Site, text: bytes, prefer: str = "") -> str:
    """The text of the answer."""
    headers = {"Content-Type": "multipart/mixed; boundary=b", "Prefer": prefer}
    answer = site.call("POST", INVOICES, "$batch", data=text, headers=headers)
    assert answer.status_code == 200
    return answer.text


def numbers_in(site: Site) -> set[str]:
    """The invoice numbers of these tests that stand in the books, with their lines counted."""
    return {
        f"{invoice['InvoiceNo']}:{len(invoice['lines'])}"
        for invoice in site.control.books()["invoices"]
        if invoice["InvoiceNo"].startswith("T-")
    }


def test_a_change_set_is_atomic_and_refers_by_content_id(site: Site) -> None:
    """Documented: all parts or none; the line stands under the header that ``$n`` names."""
    answer = send_batch(site, batch_of("T-1", "", "T-3"), "odata.continue-on-error")
    assert answer.count("HTTP/1.1 201") == 4
    assert answer.count("HTTP/1.1 400") == 1
    assert numbers_in(site) == {"T-1:1", "T-3:1"}


def test_a_batch_ends_at_the_first_failure_unless_told_to_go_on(site: Site) -> None:
    """Continue-on-error is documented."""
    answer = send_batch(site, batch_of("T-1", "", "T-3"))
    assert answer.count("HTTP/1.1") == 3
    assert numbers_in(site) == {"T-1:1"}


def test_a_stale_metadata_cache_and_a_throttle_name_the_wait(site: Site) -> None:
    """503 with Retry-After: documented. 429: a third party says so."""
    site.control.turn_knobs(mi_modified_every=1)
    answer = site.call("GET", INVOICES, "ManSuppInvoiceSet")
    assert (error_of(answer)[:2], answer.headers["Retry-After"]) == (
        (503, "MI_MODIFIED_ERROR"),
        "1",
    )
    site.control.turn_knobs(mi_modified_every=0, throttle_every=1)
    assert site.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 429


def test_a_supplier_row_of_a_company_is_found_below_its_supplier(site: Site) -> None:
    """Nested collections are read by their own query; an unknown parent is not found."""
    path = "SupplierInfoGeneralSet(SupplierId='V-10006')/SupplierInvoiceCompanies"
    assert {row["Company"] for row in site.rows("SupplierHandling", path)} == {"HCA", "HUS"}
    unknown = path.replace("V-10006", "O''Brien")
    assert site.call("GET", "SupplierHandling", unknown).status_code == 404


def test_reset_puts_the_books_back(site: Site) -> None:
    """The control side starts again from the seed."""
    site.create("T-1")
    site.control.reset()
    assert numbers_in(site) == set()


@pytest.mark.parametrize("member", ["'Supplier'", "IfsApp.SupplierHandling.PartyType'Supplier'"])
def test_an_enumeration_in_a_key_may_be_qualified(site: Site, member: str) -> None:
    """Source: the qualified form is seen in code."""
    key = f"Company='HCA',Identity='V-10006',PartyType={member}"
    path = f"SupplierInfoGeneralSet(SupplierId='V-10006')/SupplierInvoiceCompanies({key})"
    answer = site.call("GET", "SupplierHandling", path)
    assert answer.status_code == 200, answer.text


def test_a_fault_after_the_commit_is_answered_at_once(site: Site) -> None:
    """The work is done, its answer is another one, and nobody waits for a time-out."""
    site.control.script_faults([{"action": "status_after", "method": "POST", "status": 504}])
    answer = site.call("POST", INVOICES, "ManSuppInvoiceSet", json={**HEADER})
    assert answer.status_code == 504
    assert {number.partition(":")[0] for number in numbers_in(site)} == {"T-1"}
