"""External supplier invoices: loaded, checked, created.

Source: documented by IFS: rows are added while an invoice is Loaded, the check keeps error codes
and creates nothing, creation makes supplier invoices and vouchers, partial creation leaves the bad
ones with their error. Inferred: spelling of states and error codes, and what the check looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from erp_sandbox.ifs.behaviour import SetRules
from erp_sandbox.ifs.code_strings import check_code_string, check_open_period, check_tax_code
from erp_sandbox.ifs.entity import CODES
from erp_sandbox.ifs.invoices import (
    INVOICES,
    NOTHING,
    PROPOSAL_ROWS,
    check_header,
    check_number,
    uses_proposal,
)
from erp_sandbox.ifs.invoices import ITEMS as INVOICE_ITEMS
from erp_sandbox.ifs.invoices import POSTINGS as INVOICE_POSTINGS
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model import SETS
from erp_sandbox.ifs.model_external import HEADS, ITEMS, LOADS, POSTINGS, TAXES
from erp_sandbox.ifs.posting import post
from erp_sandbox.ifs.refusal import EXISTS, NOT_THERE, RECORD_ERROR, Refusal, database_error
from erp_sandbox.ifs.store import Row

LOADED, CHECKED, CREATED = "Loaded", "Checked", "Created"
_COPIED = [
    "Company",
    "Identity",
    "SeriesId",
    "InvoiceNo",
    "InvoiceType",
    "InvoiceDate",
    "ArrivalDate",
    "DueDate",
    "PayTermId",
    "Currency",
    "CurrRate",
    "NetCurrAmount",
    "VatCurrAmount",
    "GrossCurrAmount",
    "PoRefNumber",
    "NcfReference",
    "VoucherType",
]


# rows of the interface


def check_new_load(ledger: Ledger, row: Row) -> None:
    """A load names a company and a load type that are there."""
    if ledger.store.get("CompanySet", row["Company"]) is None:
        raise database_error(NOT_THERE, "Company", tag="NOTEXIST")
    known = ledger.knobs.load_types
    if known and row["LoadType"] not in known:
        raise database_error(NOT_THERE, "ExtIncInvLoadType", tag="NOTEXIST")
    row["Objstate"] = LOADED


def fill_head(ledger: Ledger, row: Row) -> None:
    """The record number within the load; the series is the company's own unless one is given."""
    if row.get("RecordNo") is None:
        load = {"Company": row["Company"], "LoadId": row["LoadId"]}
        taken = [head["RecordNo"] for head in ledger.children(HEADS, load)]
        row["RecordNo"] = max(taken, default=0) + 1
    row["SeriesId"] = row.get("SeriesId") or ledger.knobs.default_series
    is_automatic = row["SeriesId"] in ledger.knobs.automatic_series
    if not is_automatic and not row.get("InvoiceNo"):
        raise database_error(RECORD_ERROR, "ExtIncInvHead", tag="NULLVALUE", text="InvoiceNo")
    row["Objstate"], row["ErrorCode"] = LOADED, None


def check_new_row(ledger: Ledger, row: Row) -> None:
    """Lines, postings and taxes are added while the invoice is Loaded."""
    if _head_of(ledger, row)["Objstate"] != LOADED:
        raise database_error(RECORD_ERROR, "ExtIncInvHead", tag="NOTLOADED")


def check_change(ledger: Ledger, before: Row, after: Row) -> None:
    """Rows change where the load type lets them, and before the invoice is created."""
    if not ledger.knobs.load_rows_changeable:
        raise database_error(RECORD_ERROR, "ExtIncInvLoadInfo", tag="NOTCHANGEABLE")
    _check_not_created(ledger, before)
    if "ErrorCode" in after:
        after["Objstate"], after["ErrorCode"] = LOADED, None


def check_removal(ledger: Ledger, row: Row) -> None:
    """Rows are removed where the load type lets them, and before the invoice is created."""
    if not ledger.knobs.load_rows_removable:
        raise database_error(RECORD_ERROR, "ExtIncInvLoadInfo", tag="NOTREMOVABLE")
    heads = [row] if "RecordNo" in row else ledger.children(HEADS, row)
    for head in heads:
        _check_not_created(ledger, head)


def touch(ledger: Ledger, row: Row) -> None:
    """Remember the load; what is changed below an invoice must be checked again."""
    ledger.touched.add((row["Company"], row["LoadId"]))
    if "RecordNo" in row and "ErrorCode" not in row:
        head = _head_of(ledger, row)
        if head["Objstate"] == CHECKED:
            ledger.store.put(HEADS, {**head, "Objstate": LOADED})
    load = ledger.store.get(LOADS, row["Company"], row["LoadId"])
    if load is not None and "RecordNo" in row:
        _settle(ledger, load)


def _head_of(ledger: Ledger, row: Row) -> Row:
    head = ledger.store.get(HEADS, row["Company"], row["LoadId"], row["RecordNo"])
    if head is None:
        raise database_error(NOT_THERE, "ExtIncInvHead", tag="NOTEXIST")
    return head


def _check_not_created(ledger: Ledger, row: Row) -> None:
    if "RecordNo" in row and _head_of(ledger, row)["Objstate"] == CREATED:
        raise database_error(RECORD_ERROR, "ExtIncInvHead", tag="CREATED")


# check


def check(ledger: Ledger, load: Row, parameters: Row) -> Row:
    """Keep an error code on each invoice that could not be created; nothing else happens.

    Raises:
        Refusal: all of the load has been created already.
    """
    del parameters
    waiting = [h for h in ledger.children(HEADS, load) if h["Objstate"] != CREATED]
    if load["Objstate"] == CREATED or not waiting:
        raise database_error(RECORD_ERROR, "ExtIncInvLoadInfo", tag="NOTHINGTOCHECK")
    for head in waiting:
        _judge(ledger, head)
    checked = _settle(ledger, load)
    if ledger.knobs.load_create_after_check and _ready(ledger, load):
        return create(ledger, checked, {})
    return checked


def _judge(ledger: Ledger, head: Row) -> str:
    """Put the first error code on an invoice, or the state Checked."""
    error = _first_error(ledger, head)
    state = LOADED if error else CHECKED
    if (head["Objstate"], head["ErrorCode"]) != (state, error or None):
        ledger.store.put(HEADS, {**head, "Objstate": state, "ErrorCode": error or None})
    return error


def _first_error(ledger: Ledger, head: Row) -> str:
    try:
        for step in _STEPS:
            step(ledger, head)
    except Refusal as refusal:
        return refusal.text.split(": ")[1]
    return ""


def _check_parties(ledger: Ledger, head: Row) -> None:
    check_header(ledger, invoice_values(ledger, head))


def _check_free(ledger: Ledger, head: Row) -> None:
    """Neither an invoice nor another one of the interface's load may have the number."""
    if head["SeriesId"] in ledger.knobs.automatic_series:
        if head.get("InvoiceNo"):
            raise database_error(RECORD_ERROR, "ManSuppInvoice", tag="AUTOMATICSERIES")
        return
    check_number(ledger, head)
    for other in ledger.children(HEADS, {"Company": head["Company"], "LoadId": head["LoadId"]}):
        is_same = all(other.get(name) == head.get(name) for name in _NUMBER)
        if is_same and other["RecordNo"] < head["RecordNo"] and other["Objstate"] != CREATED:
            raise database_error(EXISTS, "ExtIncInvHead", tag="EXIST")


def _check_amounts(ledger: Ledger, head: Row) -> None:
    """Header, lines, taxes and postings agree to the cent."""
    values = invoice_values(ledger, head)
    net, tax = values["NetCurrAmount"], values["VatCurrAmount"]
    items = ledger.children(ITEMS, head)
    if not items:
        raise database_error(RECORD_ERROR, "ExtIncInvItem", tag="NOLINES")
    if values["GrossCurrAmount"] != net + tax:
        raise database_error(RECORD_ERROR, "ExtIncInvHead", tag="GROSSDIFFERS")
    if _sum(items, "NetCurrAmount") != net:
        raise database_error(RECORD_ERROR, "ExtIncInvItem", tag="NETDIFFERS")
    taxes = ledger.children(TAXES, head)
    if any(_sum(rows, "VatCurrAmount") != tax for rows in (items, taxes) if _tells_tax(rows)):
        raise database_error(RECORD_ERROR, "ExtIncInvTax", tag="TAXDIFFERS")
    postings = ledger.children(POSTINGS, head)
    are_needed = bool(postings) or not uses_proposal(ledger, head)
    if are_needed and _sum(postings, "CurrAmount") != net:
        raise database_error(RECORD_ERROR, "ExtIncInvPosting", tag="NETDIFFERS")


def _check_codes(ledger: Ledger, head: Row) -> None:
    """Tax codes, code strings and the period on the day of the voucher."""
    day = date.fromisoformat(voucher_day(ledger, head))
    for name in (ITEMS, TAXES, POSTINGS):
        for row in ledger.children(name, head):
            check_tax_code(ledger, head["Company"], row.get("VatCode"), day)
    for row in ledger.children(POSTINGS, head):
        check_code_string(ledger, row, day)
    check_open_period(ledger, head["Company"], day)


_NUMBER = ("Identity", "SeriesId", "InvoiceNo")
_STEPS: tuple[Callable[[Ledger, Row], None], ...] = (
    _check_parties,
    _check_free,
    _check_amounts,
    _check_codes,
)


# create


def create(ledger: Ledger, load: Row, parameters: Row) -> Row:
    """Make the supplier invoices of what is Checked.

    Raises:
        Refusal: nothing is ready, or an invoice is bad and the load type wants all or none.
    """
    del parameters
    waiting = [h for h in ledger.children(HEADS, load) if h["Objstate"] != CREATED]
    ready = _ready(ledger, load)
    is_partial = ledger.knobs.load_partial_create
    stops_all = not is_partial and ledger.knobs.load_bad_invoice == "stops_all"
    if not ready or (len(ready) < len(waiting) and stops_all):
        raise database_error(RECORD_ERROR, "ExtIncInvLoadInfo", tag="NOTCHECKED")
    for head in waiting:
        # What was true at the check may be so no longer.
        is_bad = head["Objstate"] != CHECKED or bool(_judge(ledger, head))
        if not is_bad:
            _make_invoice(ledger, head)
        elif stops_all:
            raise database_error(RECORD_ERROR, "ExtIncInvLoadInfo", tag="NOTCHECKED")
        elif not is_partial:
            break
    return _settle(ledger, load)


def _ready(ledger: Ledger, load: Row) -> list[Row]:
    return [head for head in ledger.children(HEADS, load) if head["Objstate"] == CHECKED]


def _make_invoice(ledger: Ledger, head: Row) -> None:
    """The invoice with lines and postings; posted at once where no proposal waits for people."""
    invoice = ledger.create(SETS[INVOICES], invoice_values(ledger, head))
    own = {"Company": head["Company"], "InvoiceId": invoice["InvoiceId"]}
    for item in ledger.children(ITEMS, head):
        kept = {name: item.get(name) for name in ("VatCode", "OrderNo", "LineNo", "ReleaseNo")}
        amounts = {name: item.get(name) for name in ("NetCurrAmount", "VatCurrAmount")}
        ledger.create(SETS[INVOICE_ITEMS], {**own, **kept, **amounts})
    rows = ledger.children(POSTINGS, head)
    for row in rows:
        kept = {name: row.get(name) for name in (*CODES, "CurrAmount", "VatCode", "Text")}
        if invoice["ProposalExist"]:
            key = {"Company": head["Company"], "ProposalId": invoice["InvoiceId"]}
            ledger.create(SETS[PROPOSAL_ROWS], {**key, **kept})
        else:
            ledger.create(SETS[INVOICE_POSTINGS], {**own, **kept})
    plan = {
        "VoucherType": invoice.get("VoucherType") or ledger.knobs.voucher_types[0],
        "VoucherNo": ledger.store.next_number(),
        "VoucherDate": invoice["VoucherDate"],
        "UserGroup": ledger.knobs.user_groups[0],
    }
    # The number is that of the hold table; a proposal's voucher gets it at the final posting.
    numbered = ledger.store.put(
        INVOICES,
        {**invoice, "VoucherType": plan["VoucherType"], "VoucherNo": plan["VoucherNo"]},
    )
    if not invoice["ProposalExist"]:
        post(ledger, numbered, plan)
    voucher = {name: plan[name] for name in ("VoucherType", "VoucherNo")}
    ledger.store.put(HEADS, {**head, **voucher, "Objstate": CREATED, "ErrorCode": None})


def invoice_values(ledger: Ledger, head: Row) -> Row:
    """The header of the invoice, with the defaults of load type, supplier and lines."""
    company = head["Company"]
    supplier = ledger.store.get("SupplierInvoiceCompanies", company, head["Identity"], "Supplier")
    items = ledger.children(ITEMS, head)
    values: dict[str, Any] = {name: head.get(name) for name in _COPIED}
    terms = supplier.get("PayTermId") if supplier else None
    values["PayTermId"] = values["PayTermId"] or terms
    values["InvoiceType"] = values["InvoiceType"] or ledger.knobs.load_default_invoice_type
    for name in ("NetCurrAmount", "VatCurrAmount"):
        if values[name] is None:
            values[name] = _sum(items, name)
    if values["GrossCurrAmount"] is None:
        values["GrossCurrAmount"] = values["NetCurrAmount"] + values["VatCurrAmount"]
    values["CurrRate"] = values["CurrRate"] or _rate(ledger, head)
    return {
        **values,
        "PartyType": "Supplier",
        "CreationDate": voucher_day(ledger, head),
        "VoucherDate": voucher_day(ledger, head),
        "TaxCurrRate": values["CurrRate"],
        "IntAllowed": True,
        "AffBaseLedgPost": True,
    }


def voucher_day(ledger: Ledger, head: Row) -> str:
    """The day of the voucher: of arrival, or of the invoice where no other is known."""
    return str(head.get(ledger.knobs.load_voucher_date) or head["InvoiceDate"])


def _rate(ledger: Ledger, head: Row) -> Any:  # noqa: ANN401 (an exact number)
    """The newest rate at the invoice date, else one."""
    fixed = {"Company": head["Company"], "CurrencyCode": head["Currency"]}
    rates = [
        row
        for row in ledger.store.rows("CurrencyRateSet", fixed)
        if row["ValidFrom"] <= head["InvoiceDate"]
    ]
    return max(rates, key=lambda row: row["ValidFrom"])["CurrencyRate"] if rates else 1


def _settle(ledger: Ledger, load: Row) -> Row:
    """The state of a load is that of the least advanced of its invoices."""
    states = {head["Objstate"] for head in ledger.children(HEADS, load)}
    state = next((s for s in (LOADED, CHECKED, CREATED) if s in states), LOADED)
    if load["Objstate"] == state:
        return load
    return ledger.store.put(LOADS, {**load, "Objstate": state})


def run_load_types(ledger: Ledger) -> None:
    """A load type may check right after the load, and create right after the check (documented).

    A load is complete when its change set is; rows that come one by one wait for the action
    (inferred).
    """
    if not ledger.knobs.load_check_after_load:
        return
    for company, id_ in sorted(ledger.touched):
        load = ledger.store.get(LOADS, company, id_)
        heads = ledger.children(HEADS, load) if load else []
        if load and any(head["Objstate"] != CREATED for head in heads):
            check(ledger, load, {})


def _sum(rows: list[Row], name: str) -> Any:  # noqa: ANN401 (an exact number)
    return sum((row.get(name) or NOTHING for row in rows), NOTHING)


def _tells_tax(rows: list[Row]) -> bool:
    return any(row.get("VatCurrAmount") is not None for row in rows)


_BELOW = SetRules(
    check_new=check_new_row, check_change=check_change, check_removal=check_removal, after=touch
)
RULES = {
    LOADS: SetRules(check_new=check_new_load, check_removal=check_removal, after=touch),
    HEADS: SetRules(
        fill=fill_head, check_change=check_change, check_removal=check_removal, after=touch
    ),
    **dict.fromkeys((ITEMS, POSTINGS, TAXES), _BELOW),
}
ACTIONS = {"ExtIncInvLoadInfo_Check": check, "ExtIncInvLoadInfo_Create": create}
