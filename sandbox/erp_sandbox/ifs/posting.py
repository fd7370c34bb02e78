"""Authorising a posting proposal, and posting an invoice for good.

Source: balanced, authorised, final posting with voucher data and the two states that come of it are
documented or from a vendor; the inputs of the posting are seen in code; every name is inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_sandbox.ifs.code_strings import check_account
from erp_sandbox.ifs.invoices import (
    AUTHORISED,
    AUTHORISERS,
    BALANCED,
    INVOICES,
    NOTHING,
    POSTINGS,
    PROPOSAL_ROWS,
    PROPOSALS,
    UNACKNOWLEDGED,
    check_preliminary,
    proposal_of,
)
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.refusal import APPLICATION_ERROR, RECORD_ERROR, database_error
from erp_sandbox.ifs.store import Row
from erp_sandbox.ifs.vouchers import post_voucher

POSTED, POSTED_AUTHORISED = "Posted", "PostedAuth"


def authorise(ledger: Ledger, head: Row, parameters: Row) -> Row:
    """Authorise a balanced proposal; where the company wants two, the second completes it.

    Raises:
        Refusal: it is not balanced, is authorised already, or this person has done so.
    """
    if head["Objstate"] != BALANCED:
        raise database_error(RECORD_ERROR, "PostingProposalHead", tag="NOTBALANCED")
    who = parameters.get("Authorizer") or ledger.knobs.default_authorizer
    flow = ledger.store.get("CompanyInvoiceSuppInvWorkflows", head["Company"])
    if head.get("Authorizer") == who:
        raise database_error(RECORD_ERROR, "PostingProposalHead", tag="SAMEAUTHORIZER")
    needs_two = bool(flow and flow.get("TwoAuthorizers")) and _is_large(ledger, head, flow)
    is_first = needs_two and not head.get("Authorizer")
    state = BALANCED if is_first else AUTHORISED
    _acknowledge(ledger, head, who)
    return ledger.store.put(PROPOSALS, {**head, "Authorizer": who, "Objstate": state})


def _is_large(ledger: Ledger, head: Row, flow: Mapping[str, Any] | None) -> bool:
    """Two people are for net amounts from ``TwoAuthorizersAmount`` on; none: for all (inferred)."""
    limit = flow.get("TwoAuthorizersAmount") if flow else None
    invoice = ledger.store.get(INVOICES, head["Company"], head["InvoiceId"])
    net = invoice.get("NetCurrAmount") if invoice else None
    return limit is None or abs(net or NOTHING) >= limit


def _acknowledge(ledger: Ledger, head: Row, who: str) -> None:
    """This person's row, in the place of the one that waited for somebody."""
    for row in ledger.children(AUTHORISERS, head):
        if row["Objstate"] == UNACKNOWLEDGED:
            ledger.store.remove(AUTHORISERS, row)
    own = {"Company": head["Company"], "ProposalId": head["ProposalId"]}
    ledger.store.put(AUTHORISERS, {**own, "AuthId": who, "Objstate": AUTHORISED})


def post_finally(ledger: Ledger, invoice: Row, parameters: Row) -> Row:
    """Post a preliminary invoice: a balanced voucher in an open period, and no change after it.

    Raises:
        Refusal: it is not ready, or the voucher data are not allowed.
    """
    check_preliminary(invoice)
    plan = _plan(ledger, invoice, parameters)
    head = proposal_of(ledger, invoice)
    if head is not None:
        _check_proposal(ledger, head)
    return post(ledger, invoice, plan)


def post(ledger: Ledger, invoice: Row, plan: Row) -> Row:
    """Make the voucher and move invoice and proposal on, without asking who may.

    Raises:
        Refusal: amounts, code strings or period do not allow it.
    """
    head = proposal_of(ledger, invoice)
    rows = ledger.children(PROPOSAL_ROWS, head) if head else ledger.children(POSTINGS, invoice)
    voucher = post_voucher(ledger, invoice, rows, plan)
    if head is not None:
        ledger.store.put(PROPOSALS, {**head, "Objstate": POSTED})
    is_paid_at_once = plan.get("AutomaticPayAuth") or _pays_at_once(ledger, invoice)
    return ledger.store.put(
        INVOICES,
        {
            **invoice,
            "VoucherType": voucher["VoucherType"],
            "VoucherNo": voucher["VoucherNo"],
            "VoucherDate": voucher["VoucherDate"],
            "Objstate": POSTED_AUTHORISED if is_paid_at_once else POSTED,
        },
    )


def _plan(ledger: Ledger, invoice: Row, parameters: Row) -> Row:
    """Voucher type, user group and date, with what stands on the invoice where none is given."""
    knobs = ledger.knobs
    plan: dict[str, Any] = {
        "VoucherType": parameters.get("VoucherType") or invoice.get("VoucherType"),
        "UserGroup": parameters.get("UserGroup"),
        "VoucherDate": parameters.get("VoucherDate") or invoice.get("VoucherDate"),
        "VoucherNo": invoice.get("VoucherNo"),
        "AutomaticPayAuth": parameters.get("AutomaticPayAuth"),
    }
    for name in ("VoucherType", "UserGroup", "VoucherDate"):
        if not plan[name]:
            raise database_error(RECORD_ERROR, "Voucher", tag="NULLVALUE", text=name)
    if plan["VoucherType"] not in knobs.voucher_types:
        raise database_error(RECORD_ERROR, "VoucherType", tag="NOTEXIST")
    if plan["UserGroup"] not in knobs.user_groups:
        raise database_error(APPLICATION_ERROR, "UserGroup", tag="NOTALLOWED")
    return plan


def _check_proposal(ledger: Ledger, head: Row) -> None:
    """Balanced, and authorised where the company wants that."""
    wanted = (
        {AUTHORISED} if ledger.knobs.final_posting_needs_authorisation else {AUTHORISED, BALANCED}
    )
    if head["Objstate"] not in wanted:
        tag = "AWAITAUTH" if head["Objstate"] == BALANCED else "NOTBALANCED"
        raise database_error(RECORD_ERROR, "PostingProposalHead", tag=tag)


def _pays_at_once(ledger: Ledger, invoice: Row) -> bool:
    row = ledger.store.get(
        "SupplierInvoiceCompanies", invoice["Company"], invoice["Identity"], "Supplier"
    )
    return bool(row and row.get("AutomaticPayAuthFlag"))


def validate_account(ledger: Ledger, account: Row, parameters: Row) -> Row:
    """Whether the account itself may be posted to today, without a code string (seen in code).

    Raises:
        Refusal: it is outside its dates, or for budgets only.
    """
    del parameters
    check_account(account, ledger.store.now().date())
    return account


ACTIONS = {
    "Account_ValidateAccount": validate_account,
    "PostingProposalHead_Authorize": authorise,
    "ManSuppInvoice_FinalPosting": post_finally,
}
