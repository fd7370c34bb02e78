"""The books check themselves: each rule holds after honest work and tells what breaks it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from erp_sandbox.control_client import ControlRefusedError
from erp_sandbox.exact_json import JsonValue
from erp_sandbox.ifs.knobs import Knobs
from tests.contract.ifs.site import HEADER, INVOICES, Caller, Row

POSTED = "Posted"


def worked(caller: Caller) -> tuple[Row, Row]:
    """One posted invoice and one that waits in its proposal; the answer is both."""
    caller.edit("CompanyInvoiceInfoArray", ["HCA"], UsePostingProposal=False)
    posted = entered(caller, "T-1", "HCA")
    body = {"VoucherType": "I", "UserGroup": "AC", "VoucherDate": "2026-03-05"}
    answer = caller.act(INVOICES, at(posted), "ManSuppInvoice_FinalPosting", **body)
    assert answer.status_code == 201, answer.text
    waiting = entered(caller, "T-2", "HUS")
    return posted, waiting


def entered(caller: Caller, number: str, company: str) -> Row:
    """A preliminary invoice with its line and posting."""
    header = {**HEADER, "InvoiceNo": number, "Company": company, "Currency": "USD", "CurrRate": 1.1}
    invoice = caller.post(INVOICES, "ManSuppInvoiceSet", header)
    line = {"NetCurrAmount": 100, "VatCurrAmount": 5}
    caller.post(INVOICES, f"{at(invoice)}/ManSuppInvoiceItemArray", line)
    codes = {"CodeB": "100"} if company == "HCA" else {"CodeC": "400"}
    posting = {"CodeA": "4010", **codes, "CurrAmount": 100}
    if invoice["ProposalExist"]:
        path = f"PostingProposalHeadSet(Company='{company}',ProposalId={invoice['InvoiceId']})"
        caller.post("PostingProposalHandling", f"{path}/PostingProposalArray", posting)
    else:
        caller.post(INVOICES, f"{at(invoice)}/ManSuppInvoicePostingsArray", posting)
    return invoice


def at(invoice: Row) -> str:
    """The address of an invoice."""
    return f"ManSuppInvoiceSet(Company='{invoice['Company']}',InvoiceId={invoice['InvoiceId']})"


def test_honest_work_breaks_no_rule(caller: Caller) -> None:
    """Posted, waiting, ordered: nothing to tell."""
    worked(caller)
    assert caller.control.broken_invariants() == {}


def test_the_trial_balance_sums_to_nothing_per_company_and_period(caller: Caller) -> None:
    """Debit is credit; the amounts are those of the company's currency."""
    worked(caller)
    rows = caller.control.trial_balance()
    assert sum(row["Balance"] for row in rows) == 0
    found = {row["CodeA"]: (row["Debit"], row["Credit"]) for row in rows}
    assert found == {"2410": (0, 115.5), "2450": (5.5, 0), "4010": (110, 0)}
    assert {(r["Company"], r["AccountingYear"], r["AccountingPeriod"]) for r in rows} == {
        ("HCA", 2026, 3)
    }


@pytest.mark.parametrize(
    ("rule", "set_", "values"),
    [
        ("vouchers_balance", "VoucherRow", {"Amount": 1}),
        ("vouchers_stand_in_open_periods", "Voucher", {"VoucherDate": "2026-04-05"}),
        ("posted_invoices_have_one_voucher", "posted", {"Objstate": "Preliminary"}),
        ("proposals_balance", "proposal", {"Balance": 3}),
    ],
)
def test_each_rule_tells_what_breaks_it(
    caller: Caller, rule: str, set_: str, values: Mapping[str, JsonValue]
) -> None:
    """A hand in the books is seen, and by its rule."""
    posted, waiting = worked(caller)
    (voucher,) = caller.control.books()["vouchers"]
    number = [voucher["Company"], voucher["VoucherType"], str(voucher["VoucherNo"])]
    keys: dict[str, tuple[str, list[Any]]] = {
        "Voucher": ("Voucher", number),
        "VoucherRow": ("VoucherRow", [*number, "1"]),
        "posted": ("ManSuppInvoiceSet", ["HCA", str(posted["InvoiceId"])]),
        "proposal": ("PostingProposalHeadSet", ["HUS", str(waiting["InvoiceId"])]),
    }
    name, key = keys[set_]
    caller.edit(name, key, **values)
    assert rule in caller.control.broken_invariants()


def test_a_number_that_is_taken_twice_is_seen(caller: Caller) -> None:
    """Whoever has put the second one there."""
    posted, _ = worked(caller)
    names = ("Company", "Identity", "SeriesId", "InvoiceNo")
    twin: dict[str, JsonValue] = {name: str(posted[name]) for name in names}
    caller.control.insert("ManSuppInvoiceSet", **twin, InvoiceId=9, Objstate="Preliminary")
    assert "no_key_is_taken_twice" in caller.control.broken_invariants()


def test_a_closed_period_is_seen_under_its_vouchers(caller: Caller) -> None:
    """Closing a period after the posting is seen as well."""
    worked(caller)
    caller.edit("AccountingPeriodSet", ["HCA", "2026", "3"], PeriodStatus="Closed")
    assert list(caller.control.broken_invariants()) == ["vouchers_stand_in_open_periods"]


def test_orders_and_loads_are_looked_at_too(caller: Caller) -> None:
    """A line with another amount than quantity by price; a created load without its invoice."""
    order = {
        "OrderNo": "A-1",
        "VendorNo": "V-10006",
        "InvoicingSupplier": "V-10006",
        "Contract": "HCA01",
        "OrderCode": "1",
        "OrderDate": "2026-03-02",
        "WantedReceiptDate": "2026-03-09T00:00:00Z",
        "AuthorizeCode": "C",
    }
    line = {"Description": "Tips", "BuyQtyDue": 2, "BuyUnitPrice": 3, "BuyUnitMeas": "PCS"}
    caller.post("PurchaseOrderHandling", "PurchaseOrderSet", order)
    path = "PurchaseOrderSet(OrderNo='A-1')/PurchaseOrderLineNopartArray"
    caller.post("PurchaseOrderHandling", path, line)
    external = "ExternalSupplierInvoiceHandling"
    load = {"Company": "HCA", "LoadId": "L-1", "LoadType": "MAIL"}
    caller.post(external, "ExtIncInvLoadInfoSet", load)
    head = {
        "Identity": "V-10006",
        "InvoiceNo": "X-1",
        "Currency": "CAD",
        "InvoiceDate": "2026-03-02",
        "DueDate": "2026-03-02",
        "RecordNo": 1,
    }
    path = "ExtIncInvLoadInfoSet(Company='HCA',LoadId='L-1')/ExtIncInvHeadArray"
    caller.post(external, path, head)
    assert caller.control.broken_invariants() == {}
    caller.edit("PurchaseOrderLineSet", ["A-1", "1", "1"], NetAmtCurr=7)
    values: dict[str, JsonValue] = {"Objstate": "Created", "VoucherType": "I", "VoucherNo": 7}
    caller.edit("ExtIncInvHeadArray", ["HCA", "L-1", "1"], **values)
    assert set(caller.control.broken_invariants()) == {
        "loads_have_made_what_they_say",
        "order_lines_have_their_order",
    }


def test_every_knob_says_how_sure_its_rule_is() -> None:
    """The page about the sandbox is made of these comments."""
    lines = inspect.getsource(Knobs).splitlines()
    knobs = [line for line in lines if re.match(r" {4}\w+: ", line)]
    assert len(knobs) == len(fields(Knobs))
    words = ("documented", "seen", "inferred", "site", "third party", "OData 4")
    assert [line for line in knobs if not any(f"{word}" in line for word in words)] == []


@pytest.mark.parametrize(
    "change",
    [
        {"no_such_knob": 1},
        {"action_status": "204"},
        {"nulls_shown": 1},
        {"page_rows_over": "banana"},
        {"mi_modified_status": 418},
    ],
)
def test_a_knob_that_is_unknown_or_of_another_type_is_refused(
    caller: Caller, change: Mapping[str, JsonValue]
) -> None:
    """A typing error in a scenario must not pass as the usual behaviour."""
    with pytest.raises(ControlRefusedError):
        caller.control.turn_knobs(**change)
