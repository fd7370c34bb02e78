"""Looks at rows that were just written and that nothing guards against arriving twice.

A gateway may deliver a request again by itself, and we see one answer. Where the request names a
key that is taken by then, or an ETag that is old by then, IFS refuses the second delivery as a
whole. New rows below something that stands carry neither, so they are counted afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.documents import SupplierInvoice
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.invoice_differences import are_doubled, changed_header
from target_ifs_cloud.ifs.invoice_reader import InvoiceReader
from target_ifs_cloud.ifs.invoices import InvoiceDetails, InvoiceShown

UsesProposal = Callable[[str, str], bool]
"""Whether postings of a supplier (second) in a company (first) belong on a posting proposal."""


class RowCheck:
    """Counts rows below invoices, in as few requests as can tell."""

    def __init__(
        self, client: IfsClient, reader: InvoiceReader, uses_proposal: UsesProposal
    ) -> None:
        """Read through ``reader`` with the names of the profile of ``client``."""
        self._profile = client.profile
        self._reader = reader
        self._uses_proposal = uses_proposal

    def doubt_stale(
        self,
        documents: Sequence[SupplierInvoice],
        shown: Mapping[int, InvoiceShown],
        answers: list[Sent],
        *,
        torn: Collection[int],
    ) -> None:
        """Put in doubt what was refused as stale row by row, and has the header that was sent.

        It may be our own, delivered twice: then the header stands and its rows were never sent.
        Where no header field was to change, the header tells nothing: somebody else has changed the
        invoice, or nothing of it is done, and both are decided again.
        """
        profile = self._profile
        stale = [
            i
            for i in shown
            if i in torn
            and answers[i].verdict is Verdict.STALE
            and changed_header(documents[i], shown[i], profile)
        ]
        try:
            found = self._reader.find({shown[i].key: shown[i].number for i in stale})
        except TemporaryError:
            return
        for i in stale:
            now = [s for s in found[shown[i].key] if s.invoice_id == shown[i].invoice_id]
            if any(s.is_changeable and not changed_header(documents[i], s, profile) for s in now):
                answers[i] = replace(answers[i], verdict=Verdict.UNANSWERED)

    def doubt_rows(
        self,
        documents: Sequence[SupplierInvoice],
        shown: Mapping[int, InvoiceShown],
        answers: list[Sent],
        *,
        torn: Collection[int],
        filled: Collection[int],
    ) -> None:
        """Put in doubt what was done and shows a row more often than it was sent.

        ``torn``: places of those that went row by row; ``filled``: of those whose proposal got rows
        that nothing guards.
        """
        done = [i for i in shown if answers[i].verdict is Verdict.DONE]
        by_row = {i: documents[i] for i in done if i in torn}
        by_head = {i: documents[i] for i in done if i in filled and i not in torn}
        doubled: Collection[int] = {*by_row, *by_head}
        try:
            uses = {
                i
                for i, document in by_row.items()
                if self._uses_proposal(document.company, document.supplier)
            }
            found = self._doubled_rows(by_row, shown, with_proposals=uses)
            doubled = found | self._doubled_proposals(by_head, shown)
        except TemporaryError:
            pass  # Nobody knows, so none of them may be told as complete.
        for i in doubled:
            answers[i] = replace(answers[i], verdict=Verdict.UNANSWERED)

    # parts

    def _doubled_proposals(
        self, documents: Mapping[int, SupplierInvoice], shown: Mapping[int, InvoiceShown]
    ) -> set[int]:
        """The places of those whose proposal holds rows more often than the document has them.

        A proposal that balances is believed; the rows of the others are read. Where nothing is
        due, doubled rows would balance as well.

        Raises:
            TemporaryError: the answer was not complete.
        """
        names = self._profile.proposal
        if not documents or names is None:
            return set()
        ids = {place: (shown[place].company, shown[place].invoice_id) for place in documents}
        heads = self._reader.find_proposals([shown[place] for place in documents])
        there = {place: heads[id_] for place, id_ in ids.items() if id_ in heads}
        doubted = {p: h for p, h in there.items() if h.balance != 0 or not documents[p].net}
        read = self._reader.read_proposal_rows({ids[p]: head for p, head in doubted.items()})
        return {
            place
            for place in doubted
            if are_doubled(
                [posting.amount for posting in documents[place].postings],
                read[ids[place]].rows,
                names.rows.amount,
            )
        }

    def _doubled_rows(
        self,
        documents: Mapping[int, SupplierInvoice],
        shown: Mapping[int, InvoiceShown],
        *,
        with_proposals: Collection[int],
    ) -> set[int]:
        """The same of lines and postings, wherever the postings are; every row is read.

        Raises:
            TemporaryError: the answer was not complete.
        """
        details = self._reader.read_details(
            [shown[place] for place in documents],
            proposals=[place in with_proposals for place in documents],
        )
        return {
            place
            for (place, document), own in zip(documents.items(), details, strict=True)
            if self._is_doubled(document, own)
        }

    def _is_doubled(self, document: SupplierInvoice, details: InvoiceDetails) -> bool:
        names, proposal = self._profile.invoice, self._profile.proposal
        coded = proposal.rows if details.uses_proposal and proposal else names.postings
        lines = [line.net for line in document.lines]
        postings = [posting.amount for posting in document.postings]
        return are_doubled(lines, details.lines, names.items.net) or are_doubled(
            postings, details.coded_rows, coded.amount
        )
