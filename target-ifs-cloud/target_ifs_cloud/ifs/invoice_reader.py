"""Asks IFS for supplier invoices: the duplicate look-up, lines, postings, posting proposals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from target_ifs_cloud.documents import DocumentKey, normalise_number
from target_ifs_cloud.errors import RefusedError, TemporaryError
from target_ifs_cloud.ifs.calls import NotOfferedError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.invoices import (
    InvoiceDetails,
    InvoiceShown,
    ProposalShown,
    id_of,
    id_value,
    invoice_path,
    shown_invoice,
)
from target_ifs_cloud.ifs.odata import (
    Filter,
    all_of,
    any_of,
    chunks_within,
    encoded_length,
    equals,
    same_text,
)
from target_ifs_cloud.ifs.paging import Reading
from target_ifs_cloud.ifs.profile import ProjectionKey
from target_ifs_cloud.ifs.profile_names import ProposalNames
from target_ifs_cloud.ifs.rows import Row, RowShown, amount, is_listed, shown_row, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """By what an invoice is known whatever its number is: its id, or texts that name its source.

    ``texts`` by the field that carries them.
    """

    invoice_id: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


Marks = Mapping[DocumentKey, Mark]
NO_MARKS: Marks = {}
_ID = ""
"""Stands where a mark has the name of its field, for the invoice's own id."""
_FILTER_REFUSED = frozenset({400, 501})
_QUERY_RESERVE = 300
"""Characters of an address kept for the host, the path and the other options."""


class InvoiceReader:
    """Reads supplier invoices through one client. An answer that is not complete is an error."""

    def __init__(self, client: IfsClient) -> None:
        """Read through ``client`` with the names of its profile."""
        self._client = client
        self._profile = client.profile
        self._is_any_case = client.profile.number_lookup == "any_case"
        self._asks_texts = client.profile.source_lookup

    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks = NO_MARKS
    ) -> dict[DocumentKey, tuple[InvoiceShown, ...]]:
        """The invoices under these keys that are not cancelled; ``numbers`` as they are written.

        Company, supplier and number are asked for; the series is compared here. Every key of the
        question has an entry in the answer. With ``marks`` the answer also holds the invoices of
        the same company that carry them, whatever their number is.

        Raises:
            TemporaryError: the answer was not complete, or holds what was not asked for.
            ConfigurationError: the site profile does not fit.
        """
        has_texts = any(mark.texts for mark in marks.values())
        without = {key: replace(mark, texts={}) for key, mark in marks.items()}
        ways = [
            (is_any_case, own)
            for is_any_case in ((True, False) if self._is_any_case else (False,))
            for own in ((marks, without) if has_texts and self._asks_texts else (without,))
        ]
        for is_any_case, own in ways[:-1]:
            try:
                found = self._find(numbers, own, is_any_case=is_any_case)
            except (RefusedError, NotOfferedError) as error:
                if isinstance(error, RefusedError) and error.status not in _FILTER_REFUSED:
                    raise
                continue
            self._learn(is_any_case=is_any_case, asks_texts=own is marks or not has_texts)
            return found
        is_any_case, own = ways[-1]
        found = self._find(numbers, own, is_any_case=is_any_case)
        self._learn(is_any_case=is_any_case, asks_texts=own is marks or not has_texts)
        return found

    def _learn(self, *, is_any_case: bool, asks_texts: bool) -> None:
        """Ask in the way that this site has not refused from now on."""
        self._is_any_case = self._is_any_case and is_any_case
        self._asks_texts = self._asks_texts and asks_texts

    def read_details(
        self, shown: Sequence[InvoiceShown], *, proposals: Sequence[bool]
    ) -> list[InvoiceDetails]:
        """Lines and postings of these invoices; ``proposals`` says where the postings are.

        Raises:
            TemporaryError: the answer was not complete.
            ConfigurationError: the site profile does not fit.
        """
        names = self._profile.invoice
        paths = [invoice_path(invoice, self._profile) for invoice in shown]
        direct = [index for index, is_proposal in enumerate(proposals) if not is_proposal]
        wanted = [(index, names.items.set, names.items.order) for index in range(len(shown))]
        wanted += [(index, names.postings.set, names.postings.order) for index in direct]
        answers = self._children(paths, shown, wanted)
        lines = answers[: len(shown)]
        postings = dict(zip(direct, answers[len(shown) :], strict=True))
        found = self.find_proposals([s for s, p in zip(shown, proposals, strict=True) if p])
        heads = self.read_proposal_rows(found)
        return [
            InvoiceDetails(
                uses_proposal=proposals[index],
                lines=self._rows(lines[index], paths[index], names.items.set, names.items.key),
                postings=self._postings(postings.get(index, []), paths[index]),
                proposal=heads.get((invoice.company, invoice.invoice_id)),
            )
            for index, invoice in enumerate(shown)
        ]

    def find_proposals(self, shown: Sequence[InvoiceShown]) -> dict[tuple[str, str], ProposalShown]:
        """The posting proposal of each invoice that has one, by company and invoice id.

        Raises:
            TemporaryError: the answer was not complete, or holds what was not asked for.
            ConfigurationError: the site has no proposals by its profile.
        """
        if not shown:
            return {}
        names = self._proposal_names()
        asked = {(invoice.company, invoice.invoice_id): invoice for invoice in shown}
        parts: dict[str, list[Filter]] = {}
        for (company, _), invoice in asked.items():
            part = equals(names.invoice_id, id_of(invoice, self._profile))
            parts.setdefault(company, []).append(part)
        found: dict[tuple[str, str], ProposalShown] = {}
        for row in self._grouped(
            "proposal", names.set, names.company, parts=parts, order=names.key
        ):
            id_ = (text(row, names.company), text(row, names.invoice_id))
            if id_ not in asked:
                raise TemporaryError("IFS showed proposals that were not asked for. Run again")
            found[id_] = self._proposal(row, names)
        return found

    def read_proposal_rows(
        self, found: Mapping[tuple[str, str], ProposalShown]
    ) -> dict[tuple[str, str], ProposalShown]:
        """The same proposals with their rows.

        Raises:
            TemporaryError: the answer was not complete.
        """
        if not found:
            return {}
        rows = self._proposal_names().rows
        readings = [
            self._client.reading("proposal", f"{head.path}/{rows.set}", order=rows.order)
            for head in found.values()
        ]
        answers = self._client.collections("proposal", readings)
        return {
            id_: ProposalShown(
                path=head.path,
                etag=head.etag,
                state=head.state,
                balance=head.balance,
                rows=self._rows(answer or [], head.path, rows.set, rows.key),
            )
            for (id_, head), answer in zip(found.items(), answers, strict=True)
        }

    # parts

    def _find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks, *, is_any_case: bool
    ) -> dict[DocumentKey, tuple[InvoiceShown, ...]]:
        names = self._profile.invoice
        parts: dict[str, list[Filter]] = {}
        for asked, written in numbers.items():
            field = names.number_field(asked.series)
            spelling = any_of(_spellings(field, written, asked, is_any_case=is_any_case))
            part = all_of([equals(names.supplier, asked.supplier), spelling])
            parts.setdefault(asked.company, []).append(part)
        ids: dict[str, list[Filter]] = {}
        texts: dict[str, list[Filter]] = {}
        for asked, mark in marks.items():
            if mark.invoice_id:
                own = equals(names.id, id_value(mark.invoice_id))
                ids.setdefault(asked.company, []).append(own)
            texts.setdefault(asked.company, []).extend(equals(n, t) for n, t in mark.texts.items())
        owners = _Owners(numbers, marks)
        found: dict[DocumentKey, dict[str, InvoiceShown]] = {asked: {} for asked in numbers}
        order = (names.company, names.id)
        by_number, by_id, by_text = (
            self._readings("invoice", names.set, names.company, parts=wanted_parts, order=order)
            for wanted_parts in (parts, ids, texts)
        )
        answers = self._collections("invoice", names.set, [*by_number, *by_id, *by_text])
        for place, rows in enumerate(answers):
            for row in rows:
                invoice = shown_invoice(row, self._profile)
                if place < len(by_number) and not owners.at_place_of(invoice):
                    raise TemporaryError(
                        "IFS showed invoices that were not asked for, so its answer cannot be "
                        "relied on. Nothing was written. Run again"
                    )
                if is_listed(invoice.state, names.cancelled_states):
                    continue
                for asked in owners.of(invoice):
                    found[asked][invoice.invoice_id] = invoice
        return {asked: tuple(invoices.values()) for asked, invoices in found.items()}

    def _grouped(
        self,
        projection: ProjectionKey,
        collection: str,
        company_field: str,
        *,
        parts: Mapping[str, Sequence[Filter]],
        order: Sequence[str],
    ) -> Iterator[Row]:
        """Rows under or-chains, one company per request, all requests in one batch."""
        readings = self._readings(projection, collection, company_field, parts=parts, order=order)
        for rows in self._collections(projection, collection, readings):
            yield from rows

    def _readings(
        self,
        projection: ProjectionKey,
        collection: str,
        company_field: str,
        *,
        parts: Mapping[str, Sequence[Filter]],
        order: Sequence[str],
    ) -> list[Reading]:
        limits = self._profile.limits
        readings = []
        for company, alternatives in parts.items():
            head = equals(company_field, company)
            room = limits.url_length_max - _QUERY_RESERVE - encoded_length(head)
            for chunk in chunks_within(
                alternatives, length_max=room, count_max=limits.lookup_keys_per_request
            ):
                filter_by = all_of([head, any_of(chunk)])
                readings.append(
                    self._client.reading(projection, collection, filter_by=filter_by, order=order)
                )
        return readings

    def _collections(
        self, projection: ProjectionKey, collection: str, readings: Sequence[Reading]
    ) -> Iterator[list[Row]]:
        for rows in self._client.collections(projection, readings):
            if rows is None:
                service = self._profile.projection(projection).name
                raise NotOfferedError(
                    f"IFS does not offer {collection} of {service} (status 404): correct "
                    f"projections.{projection} or {projection}.set in the site profile"
                )
            yield rows

    def _children(
        self,
        paths: Sequence[str],
        shown: Sequence[InvoiceShown],
        wanted: Sequence[tuple[int, str, Sequence[str]]],
    ) -> list[list[Row]]:
        """The rows of child collections (place of the invoice, collection, order), read together.

        Rows of another invoice are an error.
        """
        names = self._profile.invoice
        readings = [
            self._client.reading("invoice", f"{paths[index]}/{collection}", order=order)
            for index, collection, order in wanted
        ]
        found = []
        answers = self._client.collections("invoice", readings)
        for (index, collection, _), rows in zip(wanted, answers, strict=True):
            invoice = shown[index]
            if rows is None:
                raise TemporaryError(
                    f"invoice {invoice.invoice_id} of {invoice.company} is gone, or the site has "
                    f"no {collection}. Nothing was written. Run again"
                )
            own = {names.company: invoice.company, names.id: invoice.invoice_id}
            for row in rows:
                if any(name in row and text(row, name) != own[name] for name in own):
                    raise TemporaryError("IFS showed rows of another invoice. Run again")
            found.append(rows)
        return found

    def _rows(
        self, rows: Iterable[Row], parent: str, collection: str, names: Sequence[str]
    ) -> tuple[RowShown, ...]:
        path = f"{parent}/{collection}"
        return tuple(
            shown_row(row, collection=path, names=names, profile=self._profile) for row in rows
        )

    def _postings(self, rows: Iterable[Row], parent: str) -> tuple[RowShown, ...]:
        names = self._profile.invoice.postings
        own = [row for row in rows if text(row, names.posting_type) not in names.tax_posting_types]
        return self._rows(own, parent, names.set, names.key)

    def _proposal(self, row: Row, names: ProposalNames) -> ProposalShown:
        shown = shown_row(row, collection=names.set, names=names.key, profile=self._profile)
        return ProposalShown(
            path=shown.path,
            etag=shown.etag,
            state=text(row, names.state),
            balance=amount(row, names.balance),
        )

    def _proposal_names(self) -> ProposalNames:
        names = self._profile.proposal
        if names is None:
            raise NotOfferedError(
                "IFS uses posting proposals in this company, but the site profile has none: give "
                "the block `proposal`"
            )
        return names


def _spellings(name: str, written: str, key: DocumentKey, *, is_any_case: bool) -> list[Filter]:
    """The spellings of a number to ask for: always as it is written, so that ours is found."""
    if is_any_case:
        return [equals(name, written.strip() or key.number), same_text(name, key.number)]
    variants = dict.fromkeys((written, written.strip(), key.number, key.number.lower()))
    return [equals(name, variant) for variant in variants if variant]


class _Owners:
    """Which of the documents in question an invoice belongs to, by its key or by a mark."""

    def __init__(self, numbers: Iterable[DocumentKey], marks: Marks) -> None:
        self._by_place: defaultdict[tuple[str, str, str], list[DocumentKey]] = defaultdict(list)
        self._by_mark: defaultdict[tuple[str, str, str], list[DocumentKey]] = defaultdict(list)
        self._fields = {name for mark in marks.values() for name in mark.texts}
        for key in numbers:
            self._by_place[key.company, key.supplier, key.number].append(key)
        for key, mark in marks.items():
            if mark.invoice_id:
                self._by_mark[key.company, _ID, mark.invoice_id].append(key)
            for name, value in mark.texts.items():
                self._by_mark[key.company, name, value].append(key)

    def at_place_of(self, invoice: InvoiceShown) -> Sequence[DocumentKey]:
        """The keys with this company, supplier and number, whatever their series."""
        place = (invoice.company, invoice.supplier, normalise_number(invoice.number))
        return self._by_place.get(place, ())

    def of(self, invoice: InvoiceShown) -> list[DocumentKey]:
        """The documents that the invoice stands for, or that it names."""
        shown = [(name, text(invoice.row, name)) for name in self._fields]
        named = [
            key
            for name, value in ((_ID, invoice.invoice_id), *shown)
            for key in self._by_mark.get((invoice.company, name, value), ())
        ]
        return [*(key for key in self.at_place_of(invoice) if invoice.is_under(key)), *named]
