"""Supplier invoices by the projection of the page for manual supplier invoices.

Header and lines are one atomic change set, and so are the rows of a posting proposal, which live
in another projection. Until both stand the invoice is in doubt, and is completed when it is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from target_ifs_cloud.delivery.acting import ETAG_MISSING, call_action, exchange_of
from target_ifs_cloud.delivery.final_posting import FinalPosting
from target_ifs_cloud.delivery.refusals import NO_PROPOSAL, verdict_of
from target_ifs_cloud.delivery.row_check import RowCheck, UsesProposal
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.documents import DocumentKey, Problem, SupplierInvoice
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.batch import ChangeSet, ChangeSetResult, Done, Failed
from target_ifs_cloud.ifs.calls import NOT_FOUND
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.invoice_changes import (
    Corrections,
    NoEtagError,
    NoProposalError,
    correction_change_sets,
    create_change_set,
    proposal_change_set,
)
from target_ifs_cloud.ifs.invoice_differences import differences, is_whole
from target_ifs_cloud.ifs.invoice_reader import InvoiceReader, Mark, Marks
from target_ifs_cloud.ifs.invoices import (
    InvoiceDetails,
    InvoiceShown,
    created_invoice,
    invoice_path,
)
from target_ifs_cloud.ifs.profile import ProjectionKey


class ManualRoute:
    """Looks up, creates, corrects and cancels supplier invoices of one site."""

    def __init__(
        self, client: IfsClient, uses_proposal: UsesProposal, finals: FinalPosting | None = None
    ) -> None:
        """Work through ``client``; ``finals`` posts what has been created, where that is wanted."""
        self._client = client
        self._uses_proposal = uses_proposal
        self._finals = finals
        self._reader = InvoiceReader(client)
        self._check = RowCheck(client, self._reader, uses_proposal)

    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        """The invoices under these keys that are not cancelled.

        Raises:
            TemporaryError: the answer was not complete, so nothing may be concluded.
        """
        return self._reader.find(numbers, marks)

    def create(self, documents: Sequence[SupplierInvoice]) -> list[Sent]:
        """Create invoices; where the company uses proposals, their rows follow as a second step."""
        profile = self._client.profile
        sets = [
            create_change_set(d, uses_proposal=self._uses(d), profile=profile) for d in documents
        ]
        results = self._client.batch_change("invoice", sets)
        answers: list[Sent] = []
        created: dict[int, InvoiceShown] = {}
        for index, (document, set_, result) in enumerate(
            zip(documents, sets, results, strict=True)
        ):
            shown = self._created(document, result)
            exchange = exchange_of(profile, "invoice", set_, result)
            sent = verdict_of(result, ifs_id=shown.invoice_id if shown else "", exchange=exchange)
            answers.append(sent)
            if isinstance(result, Done) and shown is None:
                answers[index] = replace(sent, verdict=Verdict.UNANSWERED)
            elif isinstance(result, Failed) and result.is_duplicate:
                answers[index] = self._duplicate(document, sent)
            elif shown:
                created[index] = shown
        self._post_proposals(documents, created, answers)
        torn = {i for i in created if not self._client.goes_whole(sets[i])}
        filled = {i for i in created if documents[i].postings and self._uses(documents[i])}
        self._check.doubt_rows(documents, created, answers, torn=torn, filled=filled)
        done = {i: s for i, s in created.items() if answers[i].verdict is Verdict.DONE}
        self.finish(documents, done, answers)
        return answers

    def converge(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> list[Sent]:
        """Bring preliminary invoices to their documents: postings first, then header and lines.

        In this order a refusal of the postings leaves the invoice as it was. Each half carries the
        ETags just read, so a rival change makes it stale and it is decided again.
        """
        shown = [self._with_etag(invoice) for invoice in shown]
        answers = [Sent(verdict=Verdict.DONE, ifs_id=invoice.invoice_id) for invoice in shown]
        halves: dict[int, Corrections] = {}
        for index, details in enumerate(self._details(shown)):
            half = self._corrections(documents[index], shown[index], details)
            if isinstance(half, Problem):
                answers[index] = replace(answers[index], verdict=Verdict.REFUSED, problem=half)
            else:
                halves[index] = half
        self._send_halves("proposal", {i: half.proposal for i, half in halves.items()}, answers)
        self._accept_done(documents, shown, halves, answers)
        self._send_halves("invoice", {i: half.invoice for i, half in halves.items()}, answers)
        standing = dict(enumerate(shown))
        torn = {i for i, half in halves.items() if self._is_torn(half)}
        self._check.doubt_stale(documents, standing, answers, torn=torn)
        filled = {
            i for i, half in halves.items() if half.proposal and not _is_guarded(half.proposal)
        }
        self._check.doubt_rows(documents, standing, answers, torn=torn, filled=filled)
        done = {i: s for i, s in enumerate(shown) if answers[i].verdict is Verdict.DONE}
        self.finish(documents, done, answers)
        return answers

    def cancel(self, shown: InvoiceShown) -> Sent:
        """Cancel a preliminary invoice, as long as it is as it was read."""
        profile = self._client.profile
        names = profile.invoice
        sent = call_action(
            self._client,
            "invoice",
            invoice_path(shown, profile),
            names.cancel_action,
            etag=self._with_etag(shown).etag,
            ifs_id=shown.invoice_id,
            parameters=dict(names.cancel_body),
        )
        return self._cancelled_before(shown, sent) if sent.verdict is Verdict.STALE else sent

    def end(self, shown: InvoiceShown) -> Sent:
        """An invoice whose source has run its course is cancelled: it stood for what was open."""
        return self.cancel(shown)

    def differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> list[list[str]]:
        """What differs between documents and their invoices with lines and postings."""
        found = self.content_differences(documents, shown)
        if self._finals is not None:
            for document, invoice, told in zip(documents, shown, found, strict=True):
                told.extend(self._finals.missing(document, invoice))
        return found

    def content_differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> list[list[str]]:
        """The same without what final posting adds; all of them are read together."""
        return [
            differences(document, invoice, details, self._client.profile)
            for document, invoice, details in zip(
                documents, shown, self._details(shown), strict=True
            )
        ]

    def edits(
        self,
        before: Sequence[SupplierInvoice],
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
    ) -> list[list[str]]:
        """What other hands have changed since ``before`` was sent, and not to the documents."""
        profile = self._client.profile
        found = zip(before, documents, shown, self._details(shown), strict=True)
        return [
            differences(sent, invoice, details, profile)
            if differences(document, invoice, details, profile)
            else []
            for sent, document, invoice, details in found
        ]

    def are_whole(self, shown: Sequence[InvoiceShown]) -> list[bool]:
        """Whether lines and postings of each invoice add up to its header."""
        return [
            is_whole(invoice, details, self._client.profile)
            for invoice, details in zip(shown, self._details(shown), strict=True)
        ]

    def finish(
        self,
        documents: Sequence[SupplierInvoice],
        standing: Mapping[int, InvoiceShown],
        answers: list[Sent],
    ) -> None:
        """Post invoices for good where that is wanted; ``standing`` by place in ``documents``."""
        wanted = {index: documents[index] for index in standing}
        if self._finals is None or not any(self._finals.is_for(d) for d in wanted.values()):
            return
        try:
            found = self._reader.find({d.key: d.number for d in wanted.values()})
        except TemporaryError:
            for index in standing:
                answers[index] = replace(answers[index], verdict=Verdict.UNANSWERED)
            return
        ids = {index: shown.invoice_id for index, shown in standing.items()}
        current = {
            index: shown
            for index, document in wanted.items()
            for shown in found[document.key]
            if shown.invoice_id == ids[index]
        }
        for index, sent in self._finals.post(wanted, current).items():
            exchanges = (*answers[index].exchanges, *sent.exchanges)
            answers[index] = replace(answers[index], verdict=sent.verdict, exchanges=exchanges)

    # parts

    def _uses(self, document: SupplierInvoice) -> bool:
        return self._uses_proposal(document.company, document.supplier)

    def _details(self, shown: Sequence[InvoiceShown]) -> list[InvoiceDetails]:
        uses = [self._uses_proposal(invoice.company, invoice.supplier) for invoice in shown]
        return self._reader.read_details(shown, proposals=uses)

    def _corrections(
        self, document: SupplierInvoice, shown: InvoiceShown, details: InvoiceDetails
    ) -> Corrections | Problem:
        try:
            return correction_change_sets(document, shown, details, self._client.profile)
        except NoProposalError:
            return NO_PROPOSAL
        except NoEtagError:
            return ETAG_MISSING

    def _with_etag(self, shown: InvoiceShown) -> InvoiceShown:
        """The invoice with an ETag, read alone where lists show none."""
        if shown.etag:
            return shown
        row = self._client.row("invoice", invoice_path(shown, self._client.profile))
        return replace(shown, etag=str((row or {}).get("@odata.etag", "")))

    def _send_halves(
        self,
        projection: ProjectionKey,
        halves: Mapping[int, ChangeSet | None],
        answers: list[Sent],
    ) -> None:
        """Send one half of what went well so far; ``answers`` takes the verdicts."""
        sets = {i: s for i, s in halves.items() if s and answers[i].verdict is Verdict.DONE}
        results = self._client.batch_change(projection, list(sets.values()))
        for (index, set_), result in zip(sets.items(), results, strict=True):
            before = answers[index]
            exchange = exchange_of(self._client.profile, projection, set_, result)
            sent = verdict_of(result, ifs_id=before.ifs_id, exchange=exchange)
            if _is_guarded(set_) and isinstance(result, Failed) and result.status == NOT_FOUND:
                # A row that was just read is gone, as when its removal has arrived twice.
                sent = Sent(verdict=Verdict.STALE, exchanges=(exchange,))
            if before.exchanges and sent.verdict is not Verdict.DONE:
                # One half stands: whatever came of the other, it is to be looked at again.
                sent = replace(sent, verdict=Verdict.UNANSWERED)
            answers[index] = replace(sent, exchanges=(*before.exchanges, exchange))

    def _created(self, document: SupplierInvoice, result: ChangeSetResult) -> InvoiceShown | None:
        """The invoice that a change set has made, if the answer says which one it is."""
        if not isinstance(result, Done):
            return None
        return created_invoice(document, result.rows[1], self._client.profile)

    def _post_proposals(
        self,
        documents: Sequence[SupplierInvoice],
        created: Mapping[int, InvoiceShown],
        answers: list[Sent],
    ) -> None:
        """Fill the proposals of new invoices; ``answers`` takes the verdict of both steps."""
        wanted = {
            index: shown
            for index, shown in created.items()
            if documents[index].postings and self._uses(documents[index])
        }
        try:
            heads = self._reader.find_proposals(list(wanted.values()))
        except TemporaryError:
            for index in wanted:
                answers[index] = replace(answers[index], verdict=Verdict.UNANSWERED)
            return
        sets: dict[int, ChangeSet] = {}
        for index, shown in wanted.items():
            head = heads.get((shown.company, shown.invoice_id))
            try:
                sets[index] = proposal_change_set(
                    documents[index], shown, head, self._client.profile
                )
            except NoProposalError:
                # Not there yet: the invoice is looked up again and completed.
                answers[index] = replace(answers[index], verdict=Verdict.UNANSWERED)
        results = self._client.batch_change("proposal", list(sets.values()))
        for (index, set_), result in zip(sets.items(), results, strict=True):
            exchange = exchange_of(self._client.profile, "proposal", set_, result)
            second = verdict_of(result, ifs_id=created[index].invoice_id, exchange=exchange)
            second = replace(second, exchanges=(*answers[index].exchanges, exchange))
            answers[index] = self._second_step(documents[index], created[index], second)

    def _accept_done(
        self,
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
        halves: Mapping[int, Corrections],
        answers: list[Sent],
    ) -> None:
        """Go on where a stale proposal is as it was wanted, as when its change arrives twice."""
        stale = [i for i in halves if answers[i].verdict is Verdict.STALE]
        try:
            details = self._details([shown[i] for i in stale])
        except TemporaryError:
            return
        for i, own in zip(stale, details, strict=True):
            left = self._corrections(documents[i], shown[i], own)
            if isinstance(left, Corrections) and left.proposal is None:
                sent = replace(answers[i], verdict=Verdict.DONE, ifs_id=shown[i].invoice_id)
                answers[i] = sent

    def _is_torn(self, half: Corrections) -> bool:
        sets = [set_ for set_ in (half.invoice, half.proposal) if set_]
        return not all(self._client.goes_whole(set_) for set_ in sets)

    def _second_step(self, document: SupplierInvoice, shown: InvoiceShown, second: Sent) -> Sent:
        """The verdict of both steps, from that of the second; the first one is done."""
        if second.verdict is not Verdict.REFUSED:
            # Stale or throttled: the invoice stands without its rows, so it is in doubt.
            is_done = second.verdict is Verdict.DONE
            return second if is_done else replace(second, verdict=Verdict.UNANSWERED)
        undone = self._cancel_again(document, shown)
        verdict = Verdict.REFUSED if undone.verdict is Verdict.DONE else Verdict.UNANSWERED
        exchanges = (*second.exchanges, *undone.exchanges)
        return replace(second, verdict=verdict, exchanges=exchanges)

    def _cancel_again(self, document: SupplierInvoice, shown: InvoiceShown) -> Sent:
        """Take back an invoice whose postings IFS has refused, so that no half of it stays."""
        try:
            found = self._reader.find({document.key: document.number})[document.key]
        except TemporaryError:
            return Sent(verdict=Verdict.UNANSWERED, ifs_id=shown.invoice_id)
        for invoice in found:
            if invoice.invoice_id == shown.invoice_id:
                return self.cancel(invoice)
        return Sent(verdict=Verdict.DONE, ifs_id=shown.invoice_id)

    def _cancelled_before(self, shown: InvoiceShown, sent: Sent) -> Sent:
        """A cancellation that came too late: done, where the invoice does not count any more.

        It may be our own, delivered twice, which is stale by the time of the second delivery.
        """
        mark = Mark(invoice_id=shown.invoice_id)
        try:
            found = self._reader.find({shown.key: shown.number}, {shown.key: mark})[shown.key]
        except TemporaryError:
            return replace(sent, verdict=Verdict.UNANSWERED)
        is_there = any(invoice.invoice_id == shown.invoice_id for invoice in found)
        return sent if is_there else replace(sent, verdict=Verdict.DONE)

    def _duplicate(self, document: SupplierInvoice, sent: Sent) -> Sent:
        """IFS says that the number is taken: by an invoice under our key, or by another scope."""
        try:
            found = self._reader.find({document.key: document.number})[document.key]
        except TemporaryError:
            return replace(sent, verdict=Verdict.UNANSWERED)
        return replace(sent, verdict=Verdict.STALE) if found else sent


def _is_guarded(change_set: ChangeSet) -> bool:
    """Whether a row that was read is changed with it, so that it cannot be done a second time."""
    return any(operation.if_match for operation in change_set.operations)
