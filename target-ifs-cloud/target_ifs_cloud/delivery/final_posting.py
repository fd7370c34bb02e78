"""Posts supplier invoices for good, as far as the settings of their company allow that.

Nothing is authorised from here. Where IFS wants a person first it refuses the posting, and the
invoice stays preliminary, complete and waiting for that person: that is no fault of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from logging import Logger
from typing import Any

from target_ifs_cloud.delivery.acting import exchange_of
from target_ifs_cloud.delivery.refusals import verdict_of
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.situation import is_stamped
from target_ifs_cloud.documents import SupplierInvoice
from target_ifs_cloud.ifs.batch import ChangeSet
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.invoice_changes import final_posting_change_set
from target_ifs_cloud.ifs.invoices import InvoiceShown


class FinalPosting:
    """Final posting on one site. Proposals of purchase orders are never posted."""

    def __init__(self, client: IfsClient, log: Logger) -> None:
        """Post through ``client``; ``log`` is told once per company that wants a person first."""
        self._client = client
        self._log = log
        self._told: set[str] = set()

    def is_for(self, document: SupplierInvoice) -> bool:
        """Whether a document may be posted for good."""
        names = self._client.profile.invoice.final_posting
        return names is not None and document.source.kind == "bill"

    def missing(self, document: SupplierInvoice, shown: InvoiceShown) -> list[str]:
        """What an invoice of ours still lacks; empty for those of other hands."""
        is_open = shown.is_changeable and is_stamped(shown, document.source.id)
        return ["it is not posted finally"] if is_open and self.is_for(document) else []

    def post(
        self, documents: Mapping[int, SupplierInvoice], shown: Mapping[int, InvoiceShown]
    ) -> dict[int, Sent]:
        """One verdict per invoice that was tried; a refusal leaves it done as it stands."""
        sets: dict[int, ChangeSet] = {
            index: final_posting_change_set(documents[index], invoice, self._client.profile)
            for index, invoice in shown.items()
            if self.is_for(documents[index]) and invoice.is_changeable and invoice.etag
        }
        results = self._client.batch_change("invoice", list(sets.values()))
        answers: dict[int, Sent] = {}
        for (index, set_), result in zip(sets.items(), results, strict=True):
            exchange = exchange_of(self._client.profile, "invoice", set_, result)
            sent = verdict_of(result, ifs_id=shown[index].invoice_id, exchange=exchange)
            if sent.verdict is Verdict.REFUSED:
                self._tell(documents[index], sent)
                sent = replace(sent, verdict=Verdict.DONE, problem=None)
            elif sent.verdict in {Verdict.STALE, Verdict.POSTPONED}:
                # Somebody changed it meanwhile, or IFS was busy: look again.
                sent = replace(sent, verdict=Verdict.UNANSWERED)
            answers[index] = sent
        return answers

    def _tell(self, document: SupplierInvoice, sent: Sent) -> None:
        if document.company in self._told:
            return
        self._told.add(document.company)
        reason: Any = sent.problem.message if sent.problem else ""
        self._log.warning(
            "final posting: company %s wants a person first (%s); its invoices stay preliminary",
            document.company,
            reason,
        )
