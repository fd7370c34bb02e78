"""The interface for external supplier invoices: load, check, create. No network of its own.

Every invoice is a load of its own: a wrong one stops no other, whatever the load type says about
partial creation, and the load id can be worked out again from the invoice after a crash.

Source: the process (loaded, checked, created; errors kept on the rows) is documented by IFS; every
name is inferred and stands in the site profile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from target_ifs_cloud.documents import SupplierInvoice, normalise_number
from target_ifs_cloud.errors import RefusedError
from target_ifs_cloud.ifs.batch import ChangeSet, Operation
from target_ifs_cloud.ifs.calls import NotOfferedError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.invoice_changes import coded_rows
from target_ifs_cloud.ifs.invoice_differences import line_fields
from target_ifs_cloud.ifs.odata import Filter, all_of, any_of, at_least, chunks_within, equals
from target_ifs_cloud.ifs.paging import Reading
from target_ifs_cloud.ifs.profile import SiteProfile
from target_ifs_cloud.ifs.profile_names import ExternalNames
from target_ifs_cloud.ifs.rows import (
    Row,
    RowShown,
    amount,
    filled,
    is_listed,
    key_of,
    shown_row,
    text,
)

_QUERY_RESERVE = 300
REFERENCE_LENGTH_MAX = 2000  # Source: documented, the shorter of two lengths


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadShown:
    """A load as IFS shows it, with its invoices and, once read, the sums below them.

    ``is_over``: it has made its invoice and does nothing any more.
    """

    path: str
    id: str
    company: str
    etag: str
    is_over: bool
    heads: tuple[RowShown, ...] = ()


def as_carried(document: SupplierInvoice, profile: SiteProfile) -> SupplierInvoice:
    """The document as the interface carries it: fewer header fields, its identity in a text."""
    heads = profile.external_names.heads
    header = {name: value for name, value in document.header if name in heads.fields}
    own = str(header.get(heads.source_reference) or "")
    identity = f"Procurify {document.source.kind} {document.source.id}"
    room = REFERENCE_LENGTH_MAX - len(identity) - len(", ")
    header[heads.source_reference] = f"{own[:room]}, {identity}" if own else identity
    return replace(document, header=tuple(header.items()))


def load_id_of(document: SupplierInvoice, attempt: int, profile: SiteProfile) -> str:
    """The id of the n-th load of this very content: the same again after a crash."""
    text_ = f"{document.key}/{document.source.id}/{document.fingerprint}/{attempt}"
    digest = hashlib.sha256(text_.encode()).hexdigest().upper()
    return f"P{digest}"[: profile.external_names.id_length_max]


def load_change_set(
    carried: SupplierInvoice, load_id: str, profile: SiteProfile, *, today: date
) -> ChangeSet:
    """The load with its one invoice, lines and postings below it."""
    names = profile.external_names
    heads = names.heads
    load: dict[str, Any] = {names.company: carried.company, names.load_type: names.load_type_value}
    if names.id_is_given:
        load[names.id] = load_id
    if names.load_date is not None:
        load[names.load_date] = today
    head = _head_fields(carried, profile)
    operations = [
        Operation(method="POST", path=names.set, fields=filled(load, profile), key=names.key),
        Operation(method="POST", path=heads.set, fields=head, parent=1, key=heads.key),
    ]
    rows = [(heads.items, line_fields(line, heads.items)) for line in carried.lines]
    coded = coded_rows(carried.postings, heads.postings)
    operations += [_below(own.set, fields, own.key) for own, fields in rows]
    operations += [_below(heads.postings.set, fields, heads.postings.key) for fields in coded]
    return ChangeSet(operations=tuple(operations))


def _head_fields(carried: SupplierInvoice, profile: SiteProfile) -> dict[str, Any]:
    heads = profile.external_names.heads
    fields: dict[str, Any] = {
        **dict(carried.header),
        heads.supplier: carried.supplier,
        heads.series: carried.series,
        _number_field(carried, profile): carried.number,
        heads.currency: carried.currency,
        heads.net: carried.net,
        heads.tax: carried.tax,
    }
    if heads.gross is not None:
        fields[heads.gross] = carried.gross
    if heads.record_value is not None:
        fields[heads.record] = heads.record_value
    return filled(fields, profile)


def _below(collection: str, fields: Mapping[str, Any], key: tuple[str, ...]) -> Operation:
    return Operation(method="POST", path=collection, fields=fields, parent=2, key=key)


class ExternalReader:
    """Reads loads and their invoices through one client."""

    def __init__(self, client: IfsClient) -> None:
        """Read through ``client`` with the names of its profile."""
        self._client = client
        self._profile = client.profile
        self._names: ExternalNames = client.profile.external_names

    def lingering(self, companies: Sequence[str], *, since: date) -> list[LoadShown]:
        """The loads of our type since a day that have not made their invoice yet, without heads.

        Raises:
            TemporaryError: the answer was not complete.
            ConfigurationError: the site profile does not fit.
        """
        names = self._names
        ours = [
            all_of([equals(names.company, c), equals(names.load_type, names.load_type_value)])
            for c in companies
        ]
        loads: list[LoadShown] | None = None
        if names.load_date is not None:
            recent = at_least(names.load_date, since)
            try:
                loads, _ = self._loads([all_of([part, recent]) for part in ours])
            except RefusedError:
                # The day may be a moment at this site, or no filter takes it: read all of them.
                loads = None
        if loads is None:
            loads, _ = self._loads(ours)
        return [load for load in loads if not load.is_over]

    def read(self, ids: Sequence[tuple[str, str]]) -> list[LoadShown]:
        """Those of these loads (company, id) that are there, as they are now, with their invoices.

        Raises:
            TemporaryError: the answer was not complete.
        """
        names = self._names
        parts = [
            all_of([equals(names.company, c), equals(names.id, self._id(id_))]) for c, id_ in ids
        ]
        own = [{names.company: company, names.id: id_} for company, id_ in ids]
        paths = [names.set + key_of(row, names.key, self._profile) for row in own]
        heads = [
            self._client.reading(
                "external", f"{path}/{names.heads.set}", order=[names.heads.record]
            )
            for path in paths
        ]
        loads, below = self._loads(parts, also=heads)
        rows = dict(zip(paths, below, strict=True))
        return [self._with_rows(load, rows.get(load.path) or []) for load in loads]

    def _with_rows(self, load: LoadShown, rows: Sequence[Row]) -> LoadShown:
        """A load is over as well when all its invoices have been made, whatever it says itself."""
        heads = self._names.heads
        shown = self._rows(rows, f"{load.path}/{heads.set}", heads.key)
        are_made = bool(rows) and all(
            is_listed(text(row, heads.state), heads.over_states) for row in rows
        )
        return replace(load, heads=shown, is_over=load.is_over or are_made)

    def is_complete(self, load: LoadShown, carried: SupplierInvoice) -> bool:
        """Whether a load holds this very invoice with all its lines and postings.

        Raises:
            TemporaryError: the answer was not complete.
        """
        heads = self._names.heads
        if len(load.heads) != 1 or not is_of(load.heads[0], carried, self._profile):
            return False
        head = load.heads[0]
        readings = [
            self._client.reading("external", f"{head.path}/{rows.set}", order=rows.order)
            for rows in (heads.items, heads.postings)
        ]
        items, postings = self._client.collections("external", readings)
        net = [amount(row, heads.items.net) for row in items or []]
        coded = [amount(row, heads.postings.amount) for row in postings or []]
        is_whole = len(net) == len(carried.lines) and len(coded) == len(carried.postings)
        return is_whole and (_sum(net), _sum(coded)) == (
            carried.net,
            sum((posting.amount for posting in carried.postings), Decimal(0)),
        )

    def reasons(self, load: LoadShown) -> list[str]:
        """What the check has against the invoice of a load, its lines and its postings.

        Raises:
            TemporaryError: the answer was not complete.
        """
        heads = self._names.heads
        found = [word for head in load.heads if (word := self._error(head.values))]
        if not found:
            return []
        readings = [
            self._client.reading("external", f"{head.path}/{rows.set}", order=rows.order)
            for head in load.heads
            for rows in (heads.items, heads.postings)
        ]
        below = self._client.collections("external", readings)
        found += [word for rows in below for row in rows or [] if (word := self._error(row))]
        return list(dict.fromkeys(found))

    def _error(self, row: Row) -> str:
        heads = self._names.heads
        code = text(row, heads.error)
        words = [code, text(row, heads.error_text)]
        is_none = not code or code in heads.no_errors
        return "" if is_none else " ".join(word for word in words if word)

    # parts

    def _id(self, id_: str) -> int | str:
        """A load id in the type of its key."""
        is_number = self._names.id in self._profile.numeric_keys and id_.isdigit()
        return int(id_) if is_number else id_

    def _loads(
        self, parts: Sequence[Filter], *, also: Sequence[Reading] = ()
    ) -> tuple[list[LoadShown], list[list[Row] | None]]:
        """The loads under some filters, and what else is read in the same requests."""
        names, limits = self._names, self._profile.limits
        chunks = chunks_within(
            parts,
            length_max=limits.url_length_max - _QUERY_RESERVE,
            count_max=limits.lookup_keys_per_request,
        )
        order = [names.company, names.id]
        readings = [
            self._client.reading("external", names.set, filter_by=any_of(chunk), order=order)
            for chunk in chunks
        ]
        answers = self._client.collections("external", [*readings, *also])
        found = []
        for rows in answers[: len(readings)]:
            if rows is None:
                raise NotOfferedError(
                    f"IFS does not offer {names.set} (status 404): correct projections.external or "
                    "external.set in the site profile"
                )
            found += [self._load(row) for row in rows]
        return found, answers[len(readings) :]

    def _load(self, row: Row) -> LoadShown:
        names = self._names
        shown = shown_row(row, collection=names.set, names=names.key, profile=self._profile)
        return LoadShown(
            path=shown.path,
            id=text(row, names.id),
            company=text(row, names.company),
            etag=shown.etag,
            is_over=is_listed(text(row, names.state), names.over_states),
        )

    def _rows(
        self, rows: Sequence[Row], collection: str, key: Sequence[str]
    ) -> tuple[RowShown, ...]:
        return tuple(
            shown_row(row, collection=collection, names=key, profile=self._profile) for row in rows
        )


def is_of(head: RowShown, carried: SupplierInvoice, profile: SiteProfile) -> bool:
    """Whether an invoice of the interface has number, supplier and amounts of a document."""
    heads = profile.external_names.heads
    shown = (
        text(head.values, heads.supplier),
        normalise_number(text(head.values, _number_field(carried, profile))),
        text(head.values, heads.currency),
        amount(head.values, heads.net),
        amount(head.values, heads.tax),
    )
    key = carried.key
    return shown == (key.supplier, key.number, carried.currency, carried.net, carried.tax)


def _number_field(carried: SupplierInvoice, profile: SiteProfile) -> str:
    """Where the number goes: in an automatic series not into the number itself."""
    is_automatic = carried.series in profile.invoice.automatic_series
    return profile.invoice.automatic_number if is_automatic else profile.external_names.heads.number


def belongs_to(head: RowShown, document: SupplierInvoice, profile: SiteProfile) -> bool:
    """Whether an invoice of the interface was loaded for this Procurify record."""
    stamp = text(head.values, profile.external_names.heads.source_reference)
    return bool(document.source.id) and document.source.id in stamp


def _sum(amounts: Sequence[Decimal | None]) -> Decimal:
    return sum((one for one in amounts if one is not None), Decimal(0))
