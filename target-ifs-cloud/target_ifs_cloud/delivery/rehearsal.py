"""A dry run: every verb as in earnest, on a copy of the outbox and with a site that only reads."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from typing_extensions import override

from target_ifs_cloud.delivery.database import make_engine, open_database
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.delivery.tables import LEASE, METADATA
from target_ifs_cloud.documents import (
    CompanyId,
    DocumentKey,
    Supplier,
    SupplierId,
    SupplierInvoice,
)
from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.ifs.batch import ChangeSet
from target_ifs_cloud.ifs.invoice_reader import Marks
from target_ifs_cloud.ifs.invoices import InvoiceShown
from target_ifs_cloud.reference import SupplierCompany

_ROWS_AT_ONCE = 500


class RehearsingSite(Site):
    """Reads from IFS; a write succeeds at once, is never sent, and is seen by later look-ups.

    The transport below refuses every write as well, so that a mistake here stops the run.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (as its parent)
        """As :class:`Site`, with nothing pretended yet."""
        super().__init__(*args, **kwargs)
        self._pretended: dict[DocumentKey, InvoiceShown | None] = {}
        self._count = 0

    @override
    def create_suppliers(self, documents: Sequence[Supplier]) -> list[Sent]:
        return [Sent(verdict=Verdict.DONE, ifs_id=document.supplier) for document in documents]

    @override
    def change_suppliers(self, changes: Mapping[SupplierId, ChangeSet]) -> list[Sent]:
        return [Sent(verdict=Verdict.DONE, ifs_id=supplier) for supplier in changes]

    @override
    def remember_suppliers(self, documents: Sequence[Supplier]) -> None:
        """With the company rows that the document would have made; IFS has none to read."""
        super().remember_suppliers(documents)
        names = self._client.profile.supplier.invoice_company
        for document in documents:
            rows = [dict(r.values) for r in document.rows if r.collection == names.child]
            companies = {
                CompanyId(str(row.get(names.company))): SupplierCompany(
                    payment_term=str(row.get(names.payment_term) or ""),
                    uses_posting_proposal=cast("bool | None", row.get(names.uses_proposal or "")),
                )
                for row in rows
            }
            known = self.reference.suppliers[document.supplier]
            self._keep({document.supplier: replace(known, companies=companies)})

    @override
    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        known = {key: self._pretended[key] for key in numbers if key in self._pretended}
        asked = {key: number for key, number in numbers.items() if key not in known}
        own = {key: mark for key, mark in marks.items() if key in asked}
        found = dict(super().find(asked, own)) if asked else {}
        return found | {key: (shown,) if shown else () for key, shown in known.items()}

    @override
    def create(self, documents: Sequence[SupplierInvoice]) -> Sequence[Sent]:
        answers = []
        for document in documents:
            self._count += 1
            answers.append(self._pretend(document, f"dry-run-{self._count}"))
        return answers

    @override
    def converge(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sent]:
        return [
            self._pretend(document, invoice.invoice_id)
            for document, invoice in zip(documents, shown, strict=True)
        ]

    @override
    def cancel(self, shown: InvoiceShown) -> Sent:
        self._pretended[shown.key] = None
        return Sent(verdict=Verdict.DONE, ifs_id=shown.invoice_id)

    @override
    def end(self, shown: InvoiceShown) -> Sent:
        return self.cancel(shown)

    @override
    def differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sequence[str]]:
        real = self._real(shown)
        told = super().differences([documents[place] for place in real], list(real.values()))
        found = dict(zip(real, told, strict=True))
        return [found.get(place, ()) for place in range(len(shown))]

    @override
    def edits(
        self,
        before: Sequence[SupplierInvoice],
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
    ) -> Sequence[Sequence[str]]:
        real = self._real(shown)
        sent, wanted = ([some[place] for place in real] for some in (before, documents))
        found = dict(zip(real, super().edits(sent, wanted, list(real.values())), strict=True))
        return [found.get(place, ()) for place in range(len(shown))]

    @override
    def are_whole(self, shown: Sequence[InvoiceShown]) -> Sequence[bool]:
        real = self._real(shown)
        told = dict(zip(real, super().are_whole(list(real.values())), strict=True))
        return [told.get(place, True) for place in range(len(shown))]

    def _real(self, shown: Sequence[InvoiceShown]) -> dict[int, InvoiceShown]:
        """What IFS itself holds, by place in the list."""
        pretended = list(self._pretended.values())
        return {place: one for place, one in enumerate(shown) if one not in pretended}

    def _pretend(self, document: SupplierInvoice, invoice_id: str) -> Sent:
        self._pretended[document.key] = InvoiceShown(
            company=document.company,
            invoice_id=invoice_id,
            supplier=document.supplier,
            series=document.series,
            number=document.number,
            state="Preliminary",
            currency=document.currency,
            net=document.net,
            tax=document.tax,
            gross=document.gross,
            etag="",
            row={},
            is_changeable=True,
        )
        return Sent(verdict=Verdict.DONE, ifs_id=invoice_id)


@contextmanager
def copy_of_outbox(url: str) -> Iterator[str]:
    """The address of a temporary copy of the outbox, without its lease; the original is only read.

    Raises:
        ConfigurationError: the outbox cannot be read.
    """
    folder = Path(tempfile.mkdtemp(prefix="dry-run-"))
    try:
        copy = folder / "outbox.db"
        parsed = sa.engine.make_url(url)
        try:
            if parsed.get_backend_name() == "sqlite":
                _copy_file(str(parsed.database or ""), copy)
            else:
                _copy_rows(url, copy)
        except (sqlite3.Error, sa.exc.DatabaseError) as error:
            message = f"the outbox cannot be read for a dry run ({error}). Nothing was sent"
            raise ConfigurationError(message) from error
        engine = open_database(f"sqlite:///{copy}")
        with engine.begin() as connection:
            connection.execute(sa.delete(LEASE))
        engine.dispose()
        yield f"sqlite:///{copy}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_file(source: str, copy: Path) -> None:
    """SQLite's own backup: a consistent copy, whatever its version, beside a writing run."""
    if not Path(source).exists():
        return
    with (
        closing(sqlite3.connect(f"{Path(source).absolute().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(copy)) as new,
    ):
        old.backup(new)


def _copy_rows(source: str, copy: Path) -> None:
    """Row by row out of a database of another kind, in one snapshot."""
    old = make_engine(source).execution_options(isolation_level="REPEATABLE READ")
    new = open_database(f"sqlite:///{copy}")
    with old.connect() as reading, new.begin() as writing:
        is_there = sa.inspect(reading).get_table_names()
        for table in METADATA.sorted_tables:
            if table.name not in is_there:
                continue
            rows = reading.execution_options(yield_per=_ROWS_AT_ONCE).execute(sa.select(table))
            for page in rows.mappings().partitions():
                writing.execute(sa.insert(table), [dict(row) for row in page])
    old.dispose()
    new.dispose()
