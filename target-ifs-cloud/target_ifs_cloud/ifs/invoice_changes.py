"""From a document to the change sets that create, complete, correct or cancel it. Pure.

A header change always travels with line changes: its ``If-Match`` is what makes sure that nobody
has posted or changed the invoice since it was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from target_ifs_cloud.documents import Posting, SupplierInvoice
from target_ifs_cloud.ifs.batch import ChangeSet, Operation, action_of
from target_ifs_cloud.ifs.invoice_differences import (
    Pairs,
    changed_header,
    header_fields,
    line_fields,
    pair_lines,
    pair_postings,
    posting_fields,
)
from target_ifs_cloud.ifs.invoices import (
    InvoiceDetails,
    InvoiceShown,
    ProposalShown,
    invoice_path,
)
from target_ifs_cloud.ifs.profile import SiteProfile
from target_ifs_cloud.ifs.profile_names import CodedRowNames
from target_ifs_cloud.ifs.rows import RowShown, cleared, filled


class NoProposalError(ValueError):
    """The invoice has no posting proposal, and the site makes them itself."""


class NoEtagError(ValueError):
    """A row must be changed that IFS shows without an ETag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What brings an invoice to a document; each half is ``None`` when nothing of it differs.

    They go to two projections, so they are two change sets: the invoice first.
    """

    invoice: ChangeSet | None
    proposal: ChangeSet | None


def create_change_set(
    document: SupplierInvoice, *, uses_proposal: bool, profile: SiteProfile
) -> ChangeSet:
    """Header and lines; postings too where the company uses no proposal. Header comes first."""
    names = profile.invoice
    operations = [
        Operation(
            method="POST",
            path=names.set,
            fields=filled(header_fields(document, profile), profile),
            key=(names.company, names.id),
        )
    ]
    operations += [
        _child(names.items.set, line_fields(line, names.items), key=names.items.key)
        for line in document.lines
    ]
    if not uses_proposal:
        operations += [
            _child(names.postings.set, fields, key=names.postings.key)
            for fields in coded_rows(document.postings, names.postings)
        ]
    return ChangeSet(operations=tuple(operations))


def proposal_change_set(
    document: SupplierInvoice,
    shown: InvoiceShown,
    head: ProposalShown | None,
    profile: SiteProfile,
) -> ChangeSet:
    """Every row of the posting proposal of a new invoice; the head too where the site wants that.

    Raises:
        NoProposalError: there is no head, and the site makes them itself: read again, then decide.
    """
    names = profile.proposal
    if names is None or (head is None and names.head != "create"):
        message = "the invoice has no posting proposal"
        raise NoProposalError(message)
    rows = coded_rows(document.postings, names.rows)
    if head is not None:
        path = f"{head.path}/{names.rows.set}"
        return ChangeSet(
            operations=tuple(
                Operation(method="POST", path=path, fields=fields, key=names.rows.key)
                for fields in rows
            )
        )
    fields: dict[str, Any] = {
        names.company: shown.company,
        names.invoice_id: shown.row.get(profile.invoice.id, shown.invoice_id),
    }
    head_operation = Operation(method="POST", path=names.set, fields=fields, key=names.key)
    children = [_child(names.rows.set, row, key=names.rows.key) for row in rows]
    return ChangeSet(operations=(head_operation, *children))


def correction_change_sets(
    document: SupplierInvoice,
    shown: InvoiceShown,
    details: InvoiceDetails,
    profile: SiteProfile,
) -> Corrections:
    """What must change in IFS so that the invoice is the document, with the ETags just read.

    Raises:
        NoProposalError: the proposal is missing and the site makes them itself.
        NoEtagError: a row to change was shown without an ETag.
    """
    names = profile.invoice
    path = invoice_path(shown, profile)
    lines = _corrections(
        pair_lines(document.lines, details.lines, names.items),
        path=f"{path}/{names.items.set}",
        key=names.items.key,
    )
    postings: list[Operation] = []
    if not details.uses_proposal:
        postings = _corrections(
            pair_postings(document.postings, details.postings, names.postings),
            path=f"{path}/{names.postings.set}",
            key=names.postings.key,
        )
    changed = changed_header(document, shown, profile)
    invoice = None
    if changed or lines or postings:
        if not shown.etag:
            message = "the invoice is shown without an ETag"
            raise NoEtagError(message)
        guard = {names.net: document.net, names.tax: document.tax}
        header = Operation(
            method="PATCH",
            path=path,
            fields=cleared({**guard, **changed}, profile),
            if_match=shown.etag,
        )
        invoice = ChangeSet(operations=(header, *lines, *postings))
    return Corrections(invoice=invoice, proposal=_proposal(document, shown, details, profile))


def final_posting_change_set(
    document: SupplierInvoice, shown: InvoiceShown, profile: SiteProfile
) -> ChangeSet:
    """The action that posts an invoice for good, as long as it is as it was read."""
    names = profile.invoice.final_posting
    if names is None:
        message = "the site profile has no invoice.final_posting"
        raise AssertionError(message)
    header = dict(document.header)
    values: dict[str | None, Any] = {
        names.voucher_type: header.get(names.voucher_type or "") or names.default_voucher_type,
        names.user_group: names.user_group_value,
        names.voucher_date: header.get(names.voucher_date or "") or header.get("InvoiceDate"),
        names.automatic_pay_auth: names.automatic_pay_auth_value,
    }
    parameters = {name: value for name, value in values.items() if name and value is not None}
    service = profile.projection("invoice").name
    path = invoice_path(shown, profile)
    action = action_of(service, path, names.action, etag=shown.etag, parameters=parameters)
    return ChangeSet(operations=(action,))


def _proposal(
    document: SupplierInvoice,
    shown: InvoiceShown,
    details: InvoiceDetails,
    profile: SiteProfile,
) -> ChangeSet | None:
    names = profile.proposal
    if not details.uses_proposal or names is None:
        return None
    head = details.proposal
    if head is None or not head.rows:
        return proposal_change_set(document, shown, head, profile) if document.postings else None
    operations = _corrections(
        pair_postings(document.postings, head.rows, names.rows),
        path=f"{head.path}/{names.rows.set}",
        key=names.rows.key,
    )
    return ChangeSet(operations=tuple(operations)) if operations else None


def _corrections(pairs: Pairs, *, path: str, key: tuple[str, ...]) -> list[Operation]:
    """Change what can be changed, remove what is too much, add what is missing."""
    if any(not row.etag for row in (*(row for _, row in pairs.changed), *pairs.surplus)):
        message = "a row is shown without an ETag"
        raise NoEtagError(message)
    operations = [
        Operation(method="PATCH", path=shown.path, fields=fields, if_match=shown.etag)
        for fields, shown in pairs.changed
    ]
    operations += [_removal(shown) for shown in pairs.surplus]
    operations += [
        Operation(method="POST", path=path, fields=fields, key=key) for fields in pairs.missing
    ]
    return operations


def _removal(shown: RowShown) -> Operation:
    return Operation(method="DELETE", path=shown.path, if_match=shown.etag)


def _child(collection: str, fields: Mapping[str, Any], *, key: tuple[str, ...]) -> Operation:
    return Operation(method="POST", path=collection, fields=fields, parent=1, key=key)


def coded_rows(postings: Sequence[Posting], names: CodedRowNames) -> list[dict[str, Any]]:
    """What is sent for postings, by IFS names; empty fields are left out."""
    return [
        {name: value for name, value in posting_fields(posting, names).items() if value is not None}
        for posting in postings
    ]
