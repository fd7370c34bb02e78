"""A site that calls its projections, sets and members otherwise."""

from __future__ import annotations

import pytest

from erp_sandbox.control_client import ControlRefusedError
from tests.contract.ifs.site import HEADER, INVOICES, Caller, error_of

OTHER = "SupplierInvoicesHandling"
NAMES = [
    f"{INVOICES}={OTHER}",
    "ManSuppInvoiceSet=SupplierInvoiceSet",
    "ManSuppInvoiceItemArray=SupplierInvoiceLines",
    "ManSuppInvoice_Cancel=SupplierInvoice_Cancel",
    "NcfReference=PaymentReference",
]
BODY = {**HEADER, "PaymentReference": "NcfReference = 7"}


@pytest.fixture
def renamed(caller: Caller) -> Caller:
    """A caller of a site with those names."""
    caller.control.turn_knobs(names=NAMES, emit_next_link=True)
    return caller


def test_a_site_may_have_other_names(renamed: Caller) -> None:
    """Created, found by its member, changed and cancelled under the names of the site alone."""
    made = renamed.post(OTHER, "SupplierInvoiceSet", BODY)
    assert made["PaymentReference"] == "NcfReference = 7"
    assert "NcfReference" not in made
    key = f"SupplierInvoiceSet(Company='HCA',InvoiceId={made['InvoiceId']})"
    renamed.post(OTHER, f"{key}/SupplierInvoiceLines", {"NetCurrAmount": 100, "VatCurrAmount": 5})
    text = "tolower(PaymentReference) eq 'ncfreference = 7'"
    (found,) = renamed.rows(OTHER, "SupplierInvoiceSet", filter=text, select="PaymentReference")
    assert found["PaymentReference"] == "NcfReference = 7"
    assert renamed.act(OTHER, key, "SupplierInvoice_Cancel").json()["Objstate"] == "Cancelled"
    assert renamed.control.books()["invoices"][-1]["NcfReference"] == "NcfReference = 7"


def test_the_own_names_of_the_sandbox_are_unknown_there(renamed: Caller) -> None:
    """A profile that was not adapted fails at once, with its first request."""
    for service, name in ((INVOICES, "SupplierInvoiceSet"), (OTHER, "ManSuppInvoiceSet")):
        assert renamed.call("GET", service, name).status_code == 404
    body = {**HEADER, "NcfReference": "x"}
    answer = renamed.call("POST", OTHER, "SupplierInvoiceSet", json=body)
    assert error_of(answer)[1] == "ODP_DESERIALIZATION_ERROR"


def test_other_names_reach_descriptions_batches_and_links(renamed: Caller) -> None:
    """``$metadata``, the service document, the list of projections, ``$batch``, next links."""
    told = renamed.call("GET", OTHER, "$metadata").text
    for word in (f'Namespace="IfsApp.{OTHER}"', 'Name="SupplierInvoiceSet"'):
        assert word in told
    assert 'Name="NcfReference"' not in told
    names = [row["name"] for row in renamed.get(OTHER, "")["value"]]
    assert names == ["SupplierInvoiceSet"]
    answer = renamed.change_set(
        OTHER,
        ("SupplierInvoiceSet", {**BODY, "InvoiceNo": "T-7"}),
        ("$1/SupplierInvoiceLines", {"NetCurrAmount": 100, "VatCurrAmount": 5}),
    )
    assert answer.count("HTTP/1.1 201") == 2
    query = {"$filter": "PaymentReference ne 'x'", "$orderby": "PaymentReference"}
    renamed.control.turn_knobs(default_page_size=1)
    page = renamed.call("GET", OTHER, "SupplierInvoiceSet", params=query).json()
    assert page["@odata.context"] == "$metadata#SupplierInvoiceSet"
    assert renamed.call("GET", OTHER, page["@odata.nextLink"]).json()["value"]


def test_a_pair_of_names_has_two(caller: Caller) -> None:
    """A name alone would rename nothing."""
    with pytest.raises(ControlRefusedError, match="Own=Theirs"):
        caller.control.turn_knobs(names=["ManSuppInvoiceSet"])
