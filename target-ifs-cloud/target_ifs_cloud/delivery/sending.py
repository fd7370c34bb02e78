"""What delivery asks of the other side: look up, create, converge, cancel. An interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from target_ifs_cloud.delivery.sent import Sent
from target_ifs_cloud.documents import DocumentKey, SupplierInvoice
from target_ifs_cloud.ifs.invoice_reader import Marks
from target_ifs_cloud.ifs.invoices import InvoiceShown


class Sender(Protocol):
    """Supplier invoices in IFS, as delivery sees them."""

    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        """The invoices under these keys that are not cancelled; ``numbers`` as they are written.

        For a document with a mark also what carries it under another number.

        Raises:
            TemporaryError: the answer was not complete, so nothing may be concluded.
        """

    def create(self, documents: Sequence[SupplierInvoice]) -> Sequence[Sent]:
        """Create invoices with lines and postings, one verdict per document in order."""

    def converge(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sent]:
        """Bring preliminary invoices to what their documents say, with ETags just read."""

    def cancel(self, shown: InvoiceShown) -> Sent:
        """Cancel a preliminary invoice with the ETag just read."""

    def end(self, shown: InvoiceShown) -> Sent:
        """Close an order whose source has run its course; anything else is cancelled then."""

    def differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sequence[str]]:
        """What differs between documents and their invoices with lines and postings."""

    def edits(
        self,
        before: Sequence[SupplierInvoice],
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
    ) -> Sequence[Sequence[str]]:
        """What other hands have changed in IFS since ``before`` was sent.

        Nothing where they have brought it to what ``documents`` say now.
        """

    def are_whole(self, shown: Sequence[InvoiceShown]) -> Sequence[bool]:
        """Whether lines and postings of each invoice add up to its header."""
