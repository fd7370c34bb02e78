"""Supplier invoices in memory with every fault that a network has, for tests of delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.documents import (
    CompanyId,
    DocumentKey,
    Problem,
    SupplierId,
    SupplierInvoice,
    normalise_number,
)
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.invoice_reader import Marks
from target_ifs_cloud.ifs.invoices import InvoiceShown


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Invoice:
    """One invoice as IFS holds it."""

    document: SupplierInvoice
    state: str = "Preliminary"
    version: int = 1
    has_postings: bool = True
    visible_after: int = 0


@dataclass
class FakeIfs:
    """Implements what delivery asks of IFS. ``fault`` is called at every step and may raise."""

    invoices: dict[str, Invoice] = field(default_factory=dict)
    fault: Callable[[str], None] = lambda _: None
    answer_lost: Callable[[SupplierInvoice], bool] = lambda _: False
    request_lost: Callable[[SupplierInvoice], bool] = lambda _: False
    refused: Callable[[SupplierInvoice], bool] = lambda _: False
    is_down: bool = False
    finds: int = 0

    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        """Everything under the keys that is not cancelled and visible by now."""
        del marks
        self.fault("find")
        if self.is_down:
            raise TemporaryError("IFS does not answer")
        self.finds += 1
        return {
            key: tuple(
                self.shown(id_)
                for id_, invoice in self.invoices.items()
                if invoice.document.key == key
                and invoice.state != "Cancelled"
                and invoice.visible_after < self.finds
            )
            for key in numbers
        }

    def create(self, documents: Sequence[SupplierInvoice]) -> Sequence[Sent]:
        """Create each document, unless its request gets lost or it is refused."""
        self.fault("before create")
        answers = []
        for document in documents:
            if self.refused(document):
                problem = Problem(code="refused", field="", message="no", fix="mend it")
                answers.append(Sent(verdict=Verdict.REFUSED, problem=problem))
            elif self.request_lost(document):
                answers.append(Sent(verdict=Verdict.UNANSWERED))
            else:
                id_ = str(len(self.invoices) + 1)
                self.invoices[id_] = Invoice(document)
                is_lost = self.answer_lost(document)
                verdict = Verdict.UNANSWERED if is_lost else Verdict.DONE
                answers.append(Sent(verdict=verdict, ifs_id="" if is_lost else id_))
        self.fault("after create")
        return answers

    def converge(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sent]:
        """Replace each invoice that is as it was read."""
        return [self._converge(d, s) for d, s in zip(documents, shown, strict=True)]

    def _converge(self, document: SupplierInvoice, shown: InvoiceShown) -> Sent:
        self.fault("before converge")
        invoice = self.invoices[shown.invoice_id]
        if shown.etag != str(invoice.version) or invoice.state != "Preliminary":
            return Sent(verdict=Verdict.STALE, ifs_id=shown.invoice_id)
        self.invoices[shown.invoice_id] = replace(
            invoice, document=document, version=invoice.version + 1, has_postings=True
        )
        self.fault("after converge")
        return Sent(verdict=Verdict.DONE, ifs_id=shown.invoice_id)

    def cancel(self, shown: InvoiceShown) -> Sent:
        """Cancel the invoice if it is as it was read."""
        self.fault("before cancel")
        invoice = self.invoices[shown.invoice_id]
        if shown.etag != str(invoice.version):
            return Sent(verdict=Verdict.STALE, ifs_id=shown.invoice_id)
        invoice.state, invoice.version = "Cancelled", invoice.version + 1
        self.fault("after cancel")
        return Sent(verdict=Verdict.DONE, ifs_id=shown.invoice_id)

    def end(self, shown: InvoiceShown) -> Sent:
        """The source is over: the same as cancelling it."""
        return self.cancel(shown)

    def differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sequence[str]]:
        """Amounts and postings that are not the documents'."""
        return [self._differences(d, s) for d, s in zip(documents, shown, strict=True)]

    def _differences(self, document: SupplierInvoice, shown: InvoiceShown) -> Sequence[str]:
        invoice = self.invoices[shown.invoice_id]
        found = []
        if invoice.document.gross != document.gross:
            found.append(f"gross {invoice.document.gross} instead of {document.gross}")
        if not invoice.has_postings:
            found.append("postings are missing")
        return found

    def edits(
        self,
        before: Sequence[SupplierInvoice],
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
    ) -> Sequence[Sequence[str]]:
        """Amounts and postings that are neither what was sent nor what is going to be."""
        left = self.differences(documents, shown)
        told = self.differences(before, shown)
        return [one if still else () for one, still in zip(told, left, strict=True)]

    def are_whole(self, shown: Sequence[InvoiceShown]) -> Sequence[bool]:
        """Whether the postings are there."""
        return [self.invoices[one.invoice_id].has_postings for one in shown]

    def shown(self, id_: str) -> InvoiceShown:
        """One invoice as a look-up answers it."""
        invoice = self.invoices[id_]
        document = invoice.document
        return InvoiceShown(
            company=document.company,
            invoice_id=id_,
            supplier=document.supplier,
            series=document.series,
            number=document.number,
            state=invoice.state,
            currency=document.currency,
            net=document.net,
            tax=document.tax,
            gross=document.gross,
            etag=str(invoice.version),
            row=dict(document.header),
            is_changeable=invoice.state == "Preliminary",
        )

    def standing(self) -> list[tuple[str, Decimal, bool]]:
        """Number, gross and completeness of every invoice that counts."""
        return sorted(
            (normalise_number(i.document.number), i.document.gross, i.has_postings)
            for i in self.invoices.values()
            if i.state != "Cancelled"
        )


COMPANY = CompanyId("10")
SUPPLIER = SupplierId("V-1")
