"""What a mapping must have come to, for the tests."""

from __future__ import annotations

from target_ifs_cloud.documents import Mapped, Supplier, SupplierInvoice
from target_ifs_cloud.mapping import check
from tests.unit.mapping.builders import reference


def as_invoice(document: SupplierInvoice | Supplier | None) -> SupplierInvoice:
    """The document as the invoice that it must be."""
    assert isinstance(document, SupplierInvoice)
    return document


def as_supplier(document: SupplierInvoice | Supplier | None) -> Supplier:
    """The document as the supplier that it must be."""
    assert isinstance(document, Supplier)
    return document


def posted(mapped: Mapped) -> SupplierInvoice:
    """The document of a bill that has no problem at all."""
    assert mapped.problems == ()
    document = as_invoice(mapped.document)
    assert check(document, reference()) == ()
    return document


def codes_of(mapped: Mapped) -> set[str]:
    """The codes of a held bill's problems."""
    assert mapped.document is None
    assert mapped.not_wanted == ""
    return {problem.code for problem in mapped.problems}


def postings_of(document: SupplierInvoice) -> list[tuple[str, str]]:
    """Postings as ``("4010 200 P-1", "80.00")``."""
    return [
        (" ".join(value for _, value in posting.codes), str(posting.amount))
        for posting in document.postings
    ]
