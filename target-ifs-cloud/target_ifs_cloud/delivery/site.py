"""IFS Cloud as delivery needs it: reference data kept for the run, invoices, suppliers.

The adapter between ``delivery`` (documents and verdicts) and ``ifs`` (requests and answers). It is
opened by the first question, so a run with nothing to do asks IFS nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from logging import Logger

from target_ifs_cloud.delivery.refusals import NO_PROPOSAL, STALE_STATUS, refusal, verdict_of
from target_ifs_cloud.delivery.sent import Exchange, Sent, Verdict
from target_ifs_cloud.documents import (
    CompanyId,
    DocumentKey,
    Supplier,
    SupplierId,
    SupplierInvoice,
    fingerprint,
)
from target_ifs_cloud.errors import (
    OutcomeUnknownError,
    RefusedError,
    TemporaryError,
)
from target_ifs_cloud.ifs.batch import ChangeSet, ChangeSetResult, Done, Failed
from target_ifs_cloud.ifs.client import IfsClient, connect
from target_ifs_cloud.ifs.client import Site as SiteAddress
from target_ifs_cloud.ifs.invoice_changes import (
    correction_change_sets,
    create_change_set,
    proposal_change_set,
)
from target_ifs_cloud.ifs.invoice_differences import differences, is_whole
from target_ifs_cloud.ifs.invoice_reader import InvoiceReader
from target_ifs_cloud.ifs.invoices import (
    InvoiceDetails,
    InvoiceShown,
    created_invoice,
    invoice_path,
    uses_proposal,
)
from target_ifs_cloud.ifs.metadata import require_profile_fits
from target_ifs_cloud.ifs.profile import ProjectionKey, load_profile
from target_ifs_cloud.ifs.reference_data import read_company
from target_ifs_cloud.ifs.suppliers import (
    create_supplier_change_set,
    find_suppliers,
    read_supplier_companies,
    read_suppliers,
)
from target_ifs_cloud.mapping.rules import Rules
from target_ifs_cloud.reference import Reference, SupplierReference
from target_ifs_cloud.settings import Settings
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.token import Login


class Site:
    """One IFS site for one run. Implements what ``delivery.sending`` asks for."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        log: Logger,
    ) -> None:
        """Open nothing yet.

        Raises:
            ConfigurationError: the site profile or an address cannot be used.
        """
        self.settling_time_s = settings.settling_time_s
        self._rules = rules
        self._clock = clock
        self._log = log
        self._client = _connect(settings, clock, sleep)
        self._reader = InvoiceReader(self._client)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    # reference data

    @cached_property
    def _loaded(self) -> Reference:
        """The first contact: compare the profile with the tenant, then read what rules refer to."""
        companies = self._rules.companies
        letters = {letter for c in companies for letter in self._rules.code_parts(c)}
        told = list(require_profile_fits(self._client, letters))
        references = {}
        for company in companies:
            parts = self._rules.code_parts(company)
            references[company], warnings = read_company(self._client, company, parts, self._clock)
            told += warnings
        for text in told:
            self._log.warning("site: %s", text)
        return Reference(companies=references, suppliers=read_suppliers(self._client))

    @property
    def reference(self) -> Reference:
        """What IFS holds, read once per run and kept up to date with what the run creates."""
        return self._loaded

    def reference_for(self, suppliers: Iterable[SupplierId]) -> Reference:
        """The same, with the company rows of these suppliers read.

        Raises:
            TemporaryError: IFS did not answer completely.
        """
        known = self.reference.suppliers
        unread = sorted(s for s in set(suppliers) if s in known and known[s].companies is None)
        if unread:
            rows = read_supplier_companies(self._client, unread)
            self._keep({id_: replace(known[id_], companies=rows[id_]) for id_ in unread})
        return self.reference

    def _keep(self, suppliers: Mapping[SupplierId, SupplierReference]) -> None:
        merged = {**self._loaded.suppliers, **suppliers}
        self.__dict__["_loaded"] = replace(self._loaded, suppliers=merged)

    # suppliers

    def find_suppliers(self, ids: Sequence[SupplierId]) -> frozenset[SupplierId]:
        """Those of these suppliers that IFS has now.

        Raises:
            TemporaryError: the answer was not complete.
        """
        if not ids:
            return frozenset()
        found = find_suppliers(self._client, ids)
        self._keep(found)
        return frozenset(found)

    def create_suppliers(self, documents: Sequence[Supplier]) -> list[Sent]:
        """Create suppliers with their rows, one atomic change set each."""
        profile = self._client.profile
        sets = [create_supplier_change_set(document, profile) for document in documents]
        results = self._client.batch_change("supplier", sets)
        return [
            verdict_of(
                result, ifs_id=document.supplier, exchange=self._exchange("supplier", set_, result)
            )
            for document, set_, result in zip(documents, sets, results, strict=True)
        ]

    def remember_suppliers(self, documents: Sequence[Supplier]) -> None:
        """Let later documents of this run rely on suppliers that it has created."""
        self._keep(
            {
                document.supplier: SupplierReference(
                    supplier=document.supplier, name=document.name, country=document.country
                )
                for document in documents
            }
        )

    # invoices

    def find(
        self, numbers: Mapping[DocumentKey, str]
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        """The invoices under these keys that are not cancelled.

        Raises:
            TemporaryError: the answer was not complete, so nothing may be concluded.
        """
        return self._reader.find(numbers)

    def create(self, documents: Sequence[SupplierInvoice]) -> Sequence[Sent]:
        """Create invoices; where the company uses proposals, their rows follow as a second step."""
        profile = self._client.profile
        sets = [
            create_change_set(
                document, uses_proposal=self._uses_proposal(document), profile=profile
            )
            for document in documents
        ]
        results = self._client.batch_change("invoice", sets)
        answers: list[Sent] = []
        created: dict[int, InvoiceShown] = {}
        for index, (document, set_, result) in enumerate(
            zip(documents, sets, results, strict=True)
        ):
            exchange = self._exchange("invoice", set_, result)
            shown = self._created(document, result)
            answers.append(
                verdict_of(result, ifs_id=shown.invoice_id if shown else "", exchange=exchange)
            )
            if isinstance(result, Done) and shown is None:
                answers[index] = replace(answers[index], verdict=Verdict.UNANSWERED)
            elif isinstance(result, Failed) and result.is_duplicate:
                answers[index] = self._duplicate(document, answers[index])
            elif shown and document.postings and self._uses_proposal(document):
                created[index] = shown
        self._post_proposals(documents, created, answers)
        return answers

    def converge(self, document: SupplierInvoice, shown: InvoiceShown) -> Sent:
        """Bring a preliminary invoice to the document: postings first, then header and lines.

        In this order a refusal of the postings leaves the invoice as it was. Each half carries the
        ETags just read, so a rival change makes it stale and it is decided again.
        """
        details = self._details(document, shown)
        try:
            halves = correction_change_sets(document, shown, details, self._client.profile)
        except ValueError:
            return Sent(verdict=Verdict.REFUSED, ifs_id=shown.invoice_id, problem=NO_PROPOSAL)
        exchanges: list[Exchange] = []
        parts: tuple[tuple[ProjectionKey, ChangeSet | None], ...] = (
            ("proposal", halves.proposal),
            ("invoice", halves.invoice),
        )
        for projection, change_set in parts:
            if change_set is None:
                continue
            (result,) = self._client.batch_change(projection, [change_set])
            exchange = self._exchange(projection, change_set, result)
            sent = verdict_of(result, ifs_id=shown.invoice_id, exchange=exchange)
            exchanges.append(exchange)
            if sent.verdict is Verdict.REFUSED and len(exchanges) > 1:
                # One half stands: not refused, but to be looked at again.
                sent = replace(sent, verdict=Verdict.UNANSWERED)
            if sent.verdict is not Verdict.DONE:
                return replace(sent, exchanges=tuple(exchanges))
        return Sent(verdict=Verdict.DONE, ifs_id=shown.invoice_id, exchanges=tuple(exchanges))

    def cancel(self, shown: InvoiceShown) -> Sent:
        """Cancel a preliminary invoice, as long as it is as it was read."""
        profile = self._client.profile
        names = profile.invoice
        path = invoice_path(shown, profile)
        exchange = Exchange(
            method="POST",
            path=f"{profile.projection('invoice').root}{path}/{names.cancel_action}",
            body_hash=fingerprint(dict(names.cancel_body)),
            status=None,
            etag_before=shown.etag,
        )
        sent = Sent(verdict=Verdict.DONE, ifs_id=shown.invoice_id, exchanges=(exchange,))
        try:
            answer = self._client.action(
                "invoice",
                path,
                names.cancel_action,
                etag=shown.etag,
                parameters=dict(names.cancel_body),
            )
        except (OutcomeUnknownError, TemporaryError):
            return replace(sent, verdict=Verdict.UNANSWERED)
        except RefusedError as error:
            exchange = replace(exchange, status=error.status)
            sent = replace(sent, exchanges=(exchange,))
            if error.status == STALE_STATUS:
                return replace(sent, verdict=Verdict.STALE)
            problem = refusal(error.status, error.code, error.number, tag=error.tag)
            return replace(sent, verdict=Verdict.REFUSED, problem=problem)
        exchange = replace(exchange, status=answer.status, etag_after=answer.etag)
        return replace(sent, exchanges=(exchange,))

    def differences(self, document: SupplierInvoice, shown: InvoiceShown) -> Sequence[str]:
        """What differs between the document and the invoice with its lines and postings."""
        details = self._details(document, shown)
        return differences(document, shown, details, self._client.profile)

    def is_whole(self, shown: InvoiceShown) -> bool:
        """Whether lines and postings of the invoice add up to its header."""
        company = self.reference.companies[CompanyId(shown.company)]
        supplier = self.reference_for([SupplierId(shown.supplier)]).suppliers.get(
            SupplierId(shown.supplier)
        )
        (details,) = self._reader.read_details(
            [shown], proposals=[uses_proposal(company, supplier)]
        )
        return is_whole(shown, details, self._client.profile)

    # parts

    def _uses_proposal(self, document: SupplierInvoice) -> bool:
        reference = self.reference_for([document.supplier])
        supplier = reference.suppliers.get(document.supplier)
        return uses_proposal(reference.companies[document.company], supplier)

    def _details(self, document: SupplierInvoice, shown: InvoiceShown) -> InvoiceDetails:
        (details,) = self._reader.read_details([shown], proposals=[self._uses_proposal(document)])
        return details

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
        try:
            heads = self._reader.find_proposals(list(created.values()))
        except TemporaryError:
            for index in created:
                answers[index] = replace(answers[index], verdict=Verdict.UNANSWERED)
            return
        sets: dict[int, ChangeSet] = {}
        for index, shown in created.items():
            head = heads.get((shown.company, shown.invoice_id))
            try:
                sets[index] = proposal_change_set(
                    documents[index], shown, head, self._client.profile
                )
            except ValueError:
                # Not there yet: the invoice is looked up again and completed.
                answers[index] = replace(answers[index], verdict=Verdict.UNANSWERED)
        results = self._client.batch_change("proposal", list(sets.values())) if sets else []
        for (index, set_), result in zip(sets.items(), results, strict=True):
            exchange = self._exchange("proposal", set_, result)
            second = verdict_of(result, ifs_id=created[index].invoice_id, exchange=exchange)
            second = replace(second, exchanges=(*answers[index].exchanges, exchange))
            answers[index] = self._second_step(documents[index], created[index], second)

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

    def _duplicate(self, document: SupplierInvoice, sent: Sent) -> Sent:
        """IFS says that the number is taken: by an invoice under our key, or by another scope."""
        try:
            found = self._reader.find({document.key: document.number})[document.key]
        except TemporaryError:
            return replace(sent, verdict=Verdict.UNANSWERED)
        return replace(sent, verdict=Verdict.STALE) if found else sent

    def _exchange(
        self, projection: ProjectionKey, change_set: ChangeSet, result: ChangeSetResult
    ) -> Exchange:
        """The evidence of one change set: what was asked, by its hash, and the verdict."""
        operations = change_set.operations
        before = next((o.if_match for o in operations if o.if_match), "")
        rows = result.rows if isinstance(result, Done) else {}
        status = result.status if isinstance(result, Failed) else None
        return Exchange(
            method="POST",
            path=f"{self._client.profile.projection(projection).root}$batch",
            body_hash=fingerprint(
                [[o.method, o.path, dict(o.fields or {}), o.if_match] for o in operations]
            ),
            status=rows[1].status if rows else status,
            etag_before=before,
            etag_after=rows[1].etag if rows else "",
        )


def _connect(
    settings: Settings, clock: Callable[[], datetime], sleep: Callable[[float], None]
) -> IfsClient:
    login = Login(
        token_url=settings.token_url,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scope=settings.scope,
        client_auth=settings.client_auth,
    )
    address = SiteAddress(
        base_url=settings.base_url,
        login=login,
        timeout_s=settings.timeout_s,
        retry_max=settings.retry_max,
        reads_only=settings.dry_run,
    )
    profile = load_profile(settings.site_profile)
    return connect(address, profile, clockwork=Clockwork(now=clock, sleep=sleep))
