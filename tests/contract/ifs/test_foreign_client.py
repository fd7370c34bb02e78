"""An OData client that nobody here wrote reads, pages, changes and batches against the sandbox."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests
from odatapy.client.client import EdmEnabledODataClient, ODataClient
from odatapy.client.responses import ClientResponse, ODataClientError

from tests.contract.ifs.site import HEADER, INVOICES, Caller

SET = "ManSuppInvoiceSet"


class Wire:
    """What the client sends through; its own transport would be another HTTP library."""

    def __init__(self, token: str) -> None:
        """Every request carries the token."""
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> ClientResponse:
        """One request."""
        answer = self._session.request(method, url, headers=headers, data=body, timeout=10)
        return ClientResponse(answer.status_code, dict(answer.headers), answer.content)


def client_of(caller: Caller, service: str, kind: type[Any] = ODataClient) -> Any:
    """The foreign client of one projection."""
    root = f"{caller.url}/main/ifsapplications/projection/v1/{service}.svc"
    return kind(root, Wire(caller.token))


def test_it_understands_the_metadata(caller: Caller) -> None:
    """Entity sets, keys and types of every projection that invoices need."""
    edm = client_of(caller, INVOICES, EdmEnabledODataClient).get_edm()
    assert edm is not None
    names = {one.name for one in edm.entity_container.entity_sets}
    assert SET in names


def test_it_follows_the_pages(caller: Caller) -> None:
    """All rows, none twice, where the site gives links to the rest."""
    caller.control.turn_knobs(emit_next_link=True, default_page_size=7)
    client = client_of(caller, "SupplierHandling")
    uri = client.entity_set_uri("SupplierInfoGeneralSet")
    found = [row.get_value("SupplierId") for row in client.iter_entities(uri)]
    assert len(found) == len(set(found)) == len(caller.control.books()["suppliers"])


def test_it_changes_a_row_with_the_etag_that_it_read(caller: Caller) -> None:
    """The same tag a second time is refused with 412."""
    invoice = caller.create("F-1")
    client = client_of(caller, INVOICES)
    uri = client.entity_uri(SET, {"Company": "HCA", "InvoiceId": int(invoice["InvoiceId"])})
    etag = client.get_entity(uri).etag
    client.update_entity(uri, {"VoucherText": "theirs"}, etag=etag)
    assert client.get_entity(uri).get_value("VoucherText") == "theirs"
    with pytest.raises(ODataClientError) as refused:
        client.update_entity(uri, {"VoucherText": "again"}, etag=etag)
    assert refused.value.response.status_code == 412


def test_it_creates_in_one_change_set_all_or_nothing(caller: Caller) -> None:
    """Two invoices in a multipart batch; with a wrong one beside it the good one is not made."""
    client = client_of(caller, INVOICES)
    batch = client.batch()
    good = batch.add_changeset()
    for number in ("F-2", "F-3"):
        good.create(SET, {**HEADER, "InvoiceNo": number})
    bad = batch.add_changeset()
    bad.create(SET, {**HEADER, "InvoiceNo": "F-4"})
    bad.create(SET, {**HEADER, "InvoiceNo": "F-5", "PayTermId": "nowhere"})
    result = client.execute_batch(batch)
    made = caller.rows(INVOICES, SET, filter="startswith(InvoiceNo,'F-')", top=20)
    assert {row["InvoiceNo"] for row in made} == {"F-2", "F-3"}
    assert [part.status_code for part in result][:2] == [201, 201]
    assert result.errors
    assert {Decimal(row["GrossCurrAmount"]) for row in made} == {Decimal(105)}
