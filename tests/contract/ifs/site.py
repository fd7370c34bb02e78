"""A caller of the loopback IFS Cloud, as the contract tests use it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import requests

from erp_sandbox.control_client import IfsControl
from erp_sandbox.exact_json import JsonValue

Row = dict[str, Any]
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


class Caller:
    """A caller with a token of its own; the control side beside it."""

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
        """One request to a projection; ``family`` and ``endpoint`` for another address."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        endpoint, family = options.pop("endpoint", "main"), options.pop("family", "projection")
        root = f"{self.url}/{endpoint}/ifsapplications/{family}/v1/{service}.svc"
        return requests.request(method, f"{root}/{path}", headers=headers, timeout=10, **options)

    def get(self, service: str, path: str) -> Row:
        """One row as it is."""
        answer = self.call("GET", service, path)
        assert answer.status_code == 200, answer.text
        return _exact(answer)

    def rows(self, service: str, path: str, **query: str | int) -> list[Row]:
        """The rows of a collection."""
        params = {f"${name}": value for name, value in query.items()}
        answer = self.call("GET", service, path, params=params)
        assert answer.status_code == 200, answer.text
        found: list[Row] = _exact(answer)["value"]
        return found

    def post(self, service: str, path: str, body: Mapping[str, Any]) -> Row:
        """A new row."""
        answer = self.call("POST", service, path, json=dict(body))
        assert answer.status_code == 201, answer.text
        return _exact(answer)

    def create(self, number: str) -> Row:
        """A new invoice."""
        return self.post(INVOICES, "ManSuppInvoiceSet", {**HEADER, "InvoiceNo": number})

    def change(
        self, method: str, service: str, path: str, body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        """PATCH, DELETE or, with POST, a bound action on the row as it is now."""
        row = path.partition("/IfsApp.")[0]
        headers = {"If-Match": self.get(service, row)["@odata.etag"]}
        return self.call(method, service, path, json=dict(body or {}), headers=headers)

    def change_set(self, service: str, *calls: tuple[str, Mapping[str, Any]]) -> str:
        """Several creations, all or none; the n-th may be named as ``$n``. The text that came."""
        inner = "".join(
            f"--c\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
            f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
            f"{json.dumps(body)}\r\n"
            for number, (path, body) in enumerate(calls, start=1)
        )
        head = "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        text = f"{head}{inner}--c--\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/mixed; boundary=b"}
        answer = self.call("POST", service, "$batch", data=text.encode(), headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    def act(
        self, service: str, row: str, action: str, **parameters: JsonValue
    ) -> requests.Response:
        """A bound action on a row as it is now."""
        return self.change("POST", service, f"{row}/IfsApp.{service}.{action}", parameters)

    def edit(self, set_: str, key: Sequence[str], **values: JsonValue) -> None:
        """Another hand changes a row."""
        self.control.tell("edit", {"set": set_, "key": list(key), "values": values})


def _exact(answer: requests.Response) -> Row:
    found: Row = json.loads(answer.content, parse_float=Decimal)
    return found


def error_of(answer: requests.Response) -> tuple[int, str, str]:
    """Status, provider code and database text of a refusal."""
    error = answer.json()["error"]
    details = error.get("details") or [{"message": ""}]
    return answer.status_code, error["code"], details[0]["message"]
