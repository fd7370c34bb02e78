"""Supplier invoices as IFS shows them: values, addresses, and where their postings belong. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from target_ifs_cloud.documents import (
    CompanyId,
    DocumentKey,
    SupplierId,
    SupplierInvoice,
    normalise_number,
)
from target_ifs_cloud.ifs.batch import RowAnswer
from target_ifs_cloud.ifs.profile import SiteProfile
from target_ifs_cloud.ifs.rows import Row, RowShown, amount, is_listed, key_of, text
from target_ifs_cloud.reference import CompanyReference, SupplierReference


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceShown:
    """One invoice as IFS shows it. Units: amounts in ``currency``; ``etag`` as just read.

    ``is_changeable``: IFS still allows it to be changed or cancelled, as far as its state tells.
    ``is_closable``: an order that IFS still allows to be closed, also after something has arrived.
    ``is_unfinished``: its amounts may not all be there yet, because its creation has further steps.
    """

    company: str
    invoice_id: str
    supplier: str
    series: str
    number: str
    state: str
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    etag: str
    row: Mapping[str, Any]
    is_changeable: bool = False
    is_closable: bool = False
    is_unfinished: bool = False

    @property
    def key(self) -> DocumentKey:
        """What IFS must hold at most once."""
        return DocumentKey(
            company=CompanyId(self.company),
            supplier=SupplierId(self.supplier),
            series=self.series,
            number=normalise_number(self.number),
        )

    def is_under(self, key: DocumentKey) -> bool:
        """Whether it stands under a key; one that shows no series could be of any."""
        if self.series and self.series != key.series:
            return False
        place = (self.company, self.supplier, normalise_number(self.number))
        return place == (key.company, key.supplier, key.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalShown:
    """A posting proposal as IFS shows it, with its rows once they have been read."""

    path: str
    etag: str
    state: str
    balance: Decimal | None
    rows: tuple[RowShown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDetails:
    """What hangs below an invoice. ``postings`` are those on the invoice itself, without tax rows.

    ``proposal`` is ``None`` where the invoice has none.
    """

    uses_proposal: bool
    lines: tuple[RowShown, ...]
    postings: tuple[RowShown, ...] = ()
    proposal: ProposalShown | None = None

    @property
    def coded_rows(self) -> tuple[RowShown, ...]:
        """The rows that carry the code strings, wherever the company keeps them."""
        if self.uses_proposal:
            return self.proposal.rows if self.proposal else ()
        return self.postings


def uses_proposal(company: CompanyReference, supplier: SupplierReference | None = None) -> bool:
    """Whether postings of an invoice belong on a posting proposal.

    Source: documented by IFS as a setting of the company and of the supplier's invoice row.
    """
    row = (supplier.companies or {}).get(company.company) if supplier else None
    return company.uses_posting_proposal or bool(row and row.uses_posting_proposal)


def shown_invoice(row: Row, profile: SiteProfile) -> InvoiceShown:
    """An invoice out of a row of IFS; an amount that the row does not show counts as zero."""
    names = profile.invoice
    net = amount(row, names.net) or Decimal(0)
    tax = amount(row, names.tax) or Decimal(0)
    gross = amount(row, names.gross)
    series, state = text(row, names.series), text(row, names.state)
    return InvoiceShown(
        company=text(row, names.company),
        invoice_id=text(row, names.id),
        supplier=text(row, names.supplier),
        series=series,
        number=text(row, names.number_field(series)),
        state=state,
        currency=text(row, names.currency),
        net=net,
        tax=tax,
        gross=net + tax if gross is None else gross,
        etag=text(row, "@odata.etag"),
        row=row,
        is_changeable=is_listed(state, names.preliminary_states),
    )


def created_invoice(
    document: SupplierInvoice, answer: RowAnswer, profile: SiteProfile
) -> InvoiceShown | None:
    """The invoice that a create has made; ``None`` when the answer does not clearly name it."""
    row = {**answer.row, "@odata.etag": answer.etag}
    shown = shown_invoice(row, profile)
    key = document.key
    is_ours = (shown.company, shown.supplier) == (key.company, key.supplier)
    is_named = bool(shown.invoice_id) and normalise_number(shown.number) == key.number
    return shown if is_ours and is_named else None


def invoice_path(shown: InvoiceShown, profile: SiteProfile) -> str:
    """The address of an invoice, relative to its projection."""
    names = profile.invoice
    row = {names.company: shown.company, names.id: id_of(shown, profile)}
    return names.set + key_of(row, (names.company, names.id), profile)


def id_of(shown: InvoiceShown, profile: SiteProfile) -> int | str:
    """The invoice id in the type of its key. Source: numeric, seen in code."""
    return id_value(shown.row.get(profile.invoice.id, shown.invoice_id))


def id_value(value: object) -> int | str:
    """The same of an id alone, as a row shows it or as the outbox has kept it."""
    if isinstance(value, int):
        return value
    return int(str(value)) if str(value).isdigit() else str(value)
