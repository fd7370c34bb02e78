"""Manual supplier invoices, their lines and postings, and the proposals that come with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from erp_sandbox.ifs.amounts import with_domestic
from erp_sandbox.ifs.behaviour import SetRules
from erp_sandbox.ifs.code_strings import check_code_string
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.refusal import EXISTS, NOT_THERE, RECORD_ERROR, database_error
from erp_sandbox.ifs.store import Row

PRELIMINARY, CANCELLED = "Preliminary", "Cancelled"
OPEN, BALANCED, AUTHORISED = "Open", "Balanced", "Auth"
INVOICES, ITEMS, POSTINGS = (
    "ManSuppInvoiceSet",
    "ManSuppInvoiceItemArray",
    "ManSuppInvoicePostingsArray",
)
PROPOSALS, PROPOSAL_ROWS = "PostingProposalHeadSet", "PostingProposalArray"
AUTHORISERS = "PostingProposalAuthMultiArray"
UNACKNOWLEDGED = "Unacknowledged"
NOTHING = Decimal(0)


# headers


def fill_invoice(ledger: Ledger, row: Row) -> None:
    """A number that an automatic series draws itself must not be sent (documented)."""
    is_automatic = row.get("SeriesId") in ledger.knobs.automatic_series
    if is_automatic and row.get("InvoiceNo"):
        raise database_error(RECORD_ERROR, "ManSuppInvoice", tag="AUTOMATICSERIES")
    if is_automatic:
        row["InvoiceNo"] = str(ledger.store.next_number())


def check_new_invoice(ledger: Ledger, row: Row) -> None:
    """Company, supplier, terms and currency must be there, and the number free."""
    check_header(ledger, row)
    check_number(ledger, row)
    row["Objstate"] = PRELIMINARY
    row["Creator"] = "MAN_SUPP_INVOICE_API"
    row["ProposalExist"] = uses_proposal(ledger, row)
    with_domestic(row)
    keep_number(ledger, row)


def keep_number(ledger: Ledger, row: Mapping[str, Any]) -> None:
    """Where the invoice is found by its number."""
    ids = ledger.numbers.setdefault(_place_of(row), [])
    if row["InvoiceId"] not in ids:
        ids.append(row["InvoiceId"])


def check_header(ledger: Ledger, row: Mapping[str, Any]) -> None:
    """Whether an invoice of this supplier, with these terms, may be entered in the company.

    Raises:
        Refusal: what is not there.
    """
    store, company = ledger.store, row["Company"]
    if store.get("CompanySet", company) is None:
        raise database_error(NOT_THERE, "Company", tag="NOTEXIST")
    if store.get("SupplierInvoiceCompanies", company, row["Identity"], "Supplier") is None:
        raise database_error(NOT_THERE, "IdentityInvoiceInfo", tag="NOTEXIST")
    if store.get("PaymentTermSet", company, row["PayTermId"]) is None:
        raise database_error(NOT_THERE, "PaymentTerm", tag="NOTEXIST")
    if store.get("CurrencyCodeSet", company, row["Currency"]) is None:
        raise database_error(NOT_THERE, "CurrencyCode", tag="NOTEXIST")


def check_number(ledger: Ledger, row: Mapping[str, Any]) -> None:
    """Whether the number is free among invoices that are not cancelled. The scope is a site's own.

    Raises:
        Refusal: it is taken.
    """
    if not ledger.knobs.unique_numbers:
        return
    scope = ledger.knobs.uniqueness_scope
    for id_ in ledger.numbers.get(_place_of(row), ()):
        holder = ledger.store.get(INVOICES, row["Company"], id_)
        if holder is None or holder["Objstate"] == CANCELLED or id_ == row.get("InvoiceId"):
            continue
        if all(_scoped(holder, name) == _scoped(row, name) for name in scope):
            raise database_error(EXISTS, "ManSuppInvoice", tag="EXIST")


def check_invoice_change(ledger: Ledger, before: Row, after: Row) -> None:
    """Only a preliminary invoice changes, and not to a number that is taken."""
    check_preliminary(before)
    with_domestic(after)
    if _place_of(before) != _place_of(after):
        check_number(ledger, after)
        keep_number(ledger, after)


def after_invoice(ledger: Ledger, row: Row) -> None:
    """Its proposal comes with the invoice and keeps its balance (documented)."""
    if ledger.store.get(INVOICES, row["Company"], row["InvoiceId"]) is None:
        head = proposal_of(ledger, row)
        if head is not None:
            for name in (PROPOSAL_ROWS, AUTHORISERS):
                for below in ledger.children(name, head):
                    ledger.store.remove(name, below)
            ledger.store.remove(PROPOSALS, head)
        return
    if row["ProposalExist"] and proposal_of(ledger, row) is None:
        ledger.store.put(
            PROPOSALS,
            {
                "Company": row["Company"],
                "ProposalId": row["InvoiceId"],
                "InvoiceId": row["InvoiceId"],
                "Identity": row["Identity"],
                "SeriesId": row["SeriesId"],
                "InvoiceNo": row["InvoiceNo"],
                "Balance": row.get("NetCurrAmount") or NOTHING,
                "Objstate": OPEN,
            },
        )
    balance(ledger, row)


def cancel(ledger: Ledger, invoice: Row, parameters: Row) -> Row:
    """Cancel an invoice that is still preliminary.

    Raises:
        Refusal: it is posted or cancelled.
    """
    del parameters
    check_preliminary(invoice)
    return ledger.store.put(INVOICES, {**invoice, "Objstate": CANCELLED})


# what hangs below


def check_new_below(ledger: Ledger, row: Row) -> None:
    """Lines are added to a preliminary invoice only."""
    check_preliminary(invoice_of(ledger, row))


def check_change_below(ledger: Ledger, before: Row, after: Row) -> None:
    """As for new lines."""
    del after
    check_preliminary(invoice_of(ledger, before))


def check_coded(ledger: Ledger, row: Row) -> None:
    """Rows with a code string: the string must be valid on the day of the voucher."""
    invoice = invoice_of(ledger, row)
    check_preliminary(invoice)
    day = invoice.get("VoucherDate") or invoice["InvoiceDate"]
    check_code_string(ledger, row, date.fromisoformat(day))


def check_coded_change(ledger: Ledger, before: Row, after: Row) -> None:
    """As for new rows."""
    del before
    check_coded(ledger, after)


def check_new_posting(ledger: Ledger, row: Row) -> None:
    """Postings cannot stand on an invoice whose company or supplier uses proposals (documented)."""
    check_coded(ledger, row)
    if uses_proposal(ledger, invoice_of(ledger, row)):
        raise database_error(RECORD_ERROR, "ManSuppInvoicePostings", tag="USEPROPOSAL")


def after_below(ledger: Ledger, row: Row) -> None:
    """Keep the balance of the proposal."""
    balance(ledger, invoice_of(ledger, row))


def balance(ledger: Ledger, invoice: Row) -> None:
    """The balance is the invoice's net amount less the sum of the rows (documented).

    A change of the rows takes an authorisation back (inferred).
    """
    head = proposal_of(ledger, invoice)
    if head is None:
        return
    rows = ledger.children(PROPOSAL_ROWS, head)
    left = (invoice.get("NetCurrAmount") or NOTHING) - sum(
        (row["CurrAmount"] for row in rows), NOTHING
    )
    state = OPEN if left else BALANCED
    if (head["Balance"], head["Objstate"]) != (left, state):
        _ask(ledger, head, is_balanced=state == BALANCED)
        ledger.store.put(
            PROPOSALS, {**head, "Balance": left, "Objstate": state, "Authorizer": None}
        )


def _ask(ledger: Ledger, head: Row, *, is_balanced: bool) -> None:
    """Nobody has authorised any more; a balanced proposal waits for its first authoriser."""
    for row in ledger.children(AUTHORISERS, head):
        ledger.store.remove(AUTHORISERS, row)
    if is_balanced:
        own = {"Company": head["Company"], "ProposalId": head["ProposalId"]}
        who = ledger.knobs.default_authorizer
        ledger.store.put(AUTHORISERS, {**own, "AuthId": who, "Objstate": UNACKNOWLEDGED})


# look-ups


def check_preliminary(invoice: Row) -> None:
    """Refuse what is posted or cancelled.

    Raises:
        Refusal: it is no longer preliminary.
    """
    if invoice["Objstate"] != PRELIMINARY:
        raise database_error(RECORD_ERROR, "ManSuppInvoice", tag="NOTPRELIMINARY")


def invoice_of(ledger: Ledger, row: Mapping[str, Any]) -> Row:
    """The invoice that a row below it, or below its proposal, belongs to.

    Raises:
        Refusal: there is none.
    """
    id_ = row.get("InvoiceId")
    if "ProposalId" in row:
        head = ledger.store.get(PROPOSALS, row["Company"], row["ProposalId"])
        id_ = head["InvoiceId"] if head else None
    invoice = ledger.store.get(INVOICES, row["Company"], id_)
    if invoice is None:
        raise database_error(NOT_THERE, "ManSuppInvoice", tag="NOTEXIST")
    return invoice


def proposal_of(ledger: Ledger, invoice: Mapping[str, Any]) -> Row | None:
    """The proposal of an invoice; its id is the invoice's, which only this sandbox knows."""
    return ledger.store.get(PROPOSALS, invoice["Company"], invoice["InvoiceId"])


def uses_proposal(ledger: Ledger, invoice: Mapping[str, Any]) -> bool:
    """Whether the company, or the supplier in it, uses posting proposals (documented)."""
    company = invoice["Company"]
    info = ledger.store.get("CompanyInvoiceInfoArray", company)
    own = ledger.store.get("SupplierInvoiceCompanies", company, invoice["Identity"], "Supplier")
    return any(bool(row and row.get("UsePostingProposal")) for row in (info, own))


def _place_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["Company"], row["Identity"], str(row.get("InvoiceNo"))


def _scoped(row: Mapping[str, Any], name: str) -> object:
    """``Year`` is that of the invoice date: one of the scopes that a company may choose."""
    return row["InvoiceDate"][:4] if name == "Year" else row.get(name)


RULES = {
    INVOICES: SetRules(
        fill=fill_invoice,
        check_new=check_new_invoice,
        check_change=check_invoice_change,
        check_removal=lambda _, row: check_preliminary(row),
        after=after_invoice,
    ),
    ITEMS: SetRules(
        check_new=check_new_below,
        check_change=check_change_below,
        check_removal=check_new_below,
        after=after_below,
    ),
    POSTINGS: SetRules(
        check_new=check_new_posting,
        check_change=check_coded_change,
        check_removal=check_new_below,
        after=after_below,
    ),
    PROPOSAL_ROWS: SetRules(
        check_new=check_coded,
        check_change=check_coded_change,
        check_removal=check_new_below,
        after=after_below,
    ),
}
ACTIONS = {"ManSuppInvoice_Cancel": cancel}
