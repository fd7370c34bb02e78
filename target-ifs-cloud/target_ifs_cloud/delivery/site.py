"""IFS Cloud as delivery needs it: reference data kept for the run, suppliers, documents.

The adapter between ``delivery`` (documents and verdicts) and ``ifs`` (requests and answers). It is
opened by the first question, so a run with nothing to do asks IFS nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from logging import Logger
from typing import TypeVar

from target_ifs_cloud.delivery.acting import exchange_of
from target_ifs_cloud.delivery.external_route import ExternalRoute
from target_ifs_cloud.delivery.final_posting import FinalPosting
from target_ifs_cloud.delivery.manual_route import ManualRoute
from target_ifs_cloud.delivery.order_route import OrderRoute
from target_ifs_cloud.delivery.refusals import verdict_of
from target_ifs_cloud.delivery.sent import Sent
from target_ifs_cloud.documents import (
    ORDER_SERIES,
    CompanyId,
    DocumentKey,
    PurchaseOrder,
    Supplier,
    SupplierId,
    SupplierInvoice,
)
from target_ifs_cloud.ifs.batch import ChangeSet
from target_ifs_cloud.ifs.client import IfsClient, connect
from target_ifs_cloud.ifs.client import Site as SiteAddress
from target_ifs_cloud.ifs.expectations import Uses
from target_ifs_cloud.ifs.invoice_reader import Marks
from target_ifs_cloud.ifs.invoices import InvoiceShown, uses_proposal
from target_ifs_cloud.ifs.metadata import require_profile_fits
from target_ifs_cloud.ifs.profile import load_profile
from target_ifs_cloud.ifs.reference_data import read_company
from target_ifs_cloud.ifs.supplier_changes import SupplierChange, read_changes
from target_ifs_cloud.ifs.supplier_gaps import read_gaps
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

T = TypeVar("T")
Route = ManualRoute | ExternalRoute | OrderRoute


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
        self._posts_finally = settings.final_posting
        self._workers = settings.workers
        self._client = _connect(settings, clock, sleep)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def guard_writes(self, guard: Callable[[], None]) -> None:
        """Call ``guard`` before every attempt of a write; what it raises keeps it from leaving."""
        self._client.transport.guard_writes(guard)

    @property
    def companies(self) -> frozenset[str]:
        """The companies that the rules know."""
        return frozenset(self._rules.companies)

    # reference data

    @cached_property
    def _loaded(self) -> Reference:
        """The first contact: compare the profile with the tenant, and read what rules refer to."""
        client, rules = self._client, self._rules
        with ThreadPoolExecutor(self._workers) as pool:
            fitting = pool.submit(require_profile_fits, client, self._uses())
            companies = {
                company: pool.submit(
                    read_company, client, company, rules.code_parts(company), self._clock
                )
                for company in rules.companies
            }
            suppliers = pool.submit(read_suppliers, client)
            try:
                # First: a profile that does not fit is why anything else could not be read.
                told = list(fitting.result())
                read = {company: future.result() for company, future in companies.items()}
                known = suppliers.result()
            finally:
                pool.shutdown(cancel_futures=True)
        for text in (*told, *(warning for _, warnings in read.values() for warning in warnings)):
            self._log.warning("site: %s", text)
        return Reference(
            companies={company: reference for company, (reference, _) in read.items()},
            suppliers=known,
        )

    def _uses(self) -> Uses:
        """What this run will use of the site, for the comparison with its ``$metadata``."""
        rules = self._rules
        letters = {letter for c in rules.companies for letter in rules.code_parts(c)}
        order = rules.purchase_order.order
        order_fields = order.header if order else ()
        return Uses(
            letters=tuple(sorted(letters)),
            orders=order is not None,
            order_fields={rule.where: name for name, rule in order_fields},
            final_posting=self._posts_finally,
            bill_fields={rule.where: name for name, rule in rules.bill.invoice.header},
        )

    @property
    def basic_data_at(self) -> datetime | None:
        """When basic data was read, the oldest of all companies; ``None`` before it was."""
        if "_loaded" not in self.__dict__:
            return None
        moments = [company.read_at for company in self._loaded.companies.values()]
        return min(moments, default=None)

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

    def forget_missing_companies(self) -> None:
        """Ask again for the company rows of suppliers that showed none: IFS may show them late."""
        suppliers = self.reference.suppliers
        none = {id_: s for id_, s in suppliers.items() if s.companies == {}}
        self._keep({id_: replace(s, companies=None) for id_, s in none.items()})

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
                result,
                ifs_id=document.supplier,
                exchange=exchange_of(profile, "supplier", set_, result),
            )
            for document, set_, result in zip(documents, sets, results, strict=True)
        ]

    def supplier_gaps(self, documents: Sequence[Supplier]) -> dict[SupplierId, ChangeSet]:
        """What suppliers lack whose creation broke off, where it is not all or nothing.

        Raises:
            TemporaryError: IFS did not answer completely.
        """
        is_atomic = self._client.profile.use_batch
        return {} if is_atomic else read_gaps(self._client, documents)

    def supplier_changes(self, documents: Sequence[Supplier]) -> dict[SupplierId, SupplierChange]:
        """What these suppliers differ in from what Procurify decides.

        Raises:
            TemporaryError: IFS did not answer completely.
        """
        return read_changes(self._client, documents)

    def change_suppliers(self, changes: Mapping[SupplierId, ChangeSet]) -> list[Sent]:
        """Send these changes, one atomic change set per supplier; answers in their order."""
        profile = self._client.profile
        results = self._client.batch_change("supplier", list(changes.values()))
        return [
            verdict_of(result, ifs_id=id_, exchange=exchange_of(profile, "supplier", set_, result))
            for (id_, set_), result in zip(changes.items(), results, strict=True)
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

    # documents

    @cached_property
    def _manual(self) -> ManualRoute:
        finals = FinalPosting(self._client, self._log) if self._posts_finally else None
        return ManualRoute(self._client, self._uses_proposal, finals)

    @cached_property
    def _invoices(self) -> ManualRoute | ExternalRoute:
        """How invoices go in at this site."""
        if self._client.profile.route == "external_interface":
            return ExternalRoute(self._client, self._manual, self._clock)
        return self._manual

    @cached_property
    def _orders(self) -> OrderRoute:
        return OrderRoute(self._client)

    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        """What stands in IFS under these keys and is not cancelled.

        Raises:
            TemporaryError: the answer was not complete, so nothing may be concluded.
        """
        orders = {key: text for key, text in numbers.items() if key.series == ORDER_SERIES}
        invoices = {key: text for key, text in numbers.items() if key not in orders}
        own = {key: mark for key, mark in marks.items() if key in invoices}
        found = dict(self._invoices.find(invoices, own)) if invoices else {}
        return found | (dict(self._orders.find(orders, {})) if orders else {})

    def create(self, documents: Sequence[SupplierInvoice]) -> Sequence[Sent]:
        """Create these documents, one verdict each, in order."""
        are_orders = [isinstance(document, PurchaseOrder) for document in documents]
        return _in_order(
            (places, route.create(_picked(documents, places)))
            for route, places in self._routes(are_orders)
        )

    def converge(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sent]:
        """Bring what stands in IFS to the documents, as long as it is as it was read."""
        return _in_order(
            (places, route.converge(_picked(documents, places), _picked(shown, places)))
            for route, places in self._routes_of(shown)
        )

    def cancel(self, shown: InvoiceShown) -> Sent:
        """Cancel what stands in IFS, as long as it is as it was read."""
        return self._route_of(shown).cancel(shown)

    def end(self, shown: InvoiceShown) -> Sent:
        """End what stands in IFS because its source has run its course: orders are closed."""
        return self._route_of(shown).end(shown)

    def differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> Sequence[Sequence[str]]:
        """What differs between documents and what stands in IFS, with lines and postings."""
        return _in_order(
            (places, route.differences(_picked(documents, places), _picked(shown, places)))
            for route, places in self._routes_of(shown)
        )

    def edits(
        self,
        before: Sequence[SupplierInvoice],
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
    ) -> Sequence[Sequence[str]]:
        """What other hands have changed since ``before`` was sent, and not to the documents."""
        answers: list[tuple[list[int], list[list[str]]]] = []
        for route, places in self._routes_of(shown):
            sent, wanted = _picked(before, places), _picked(documents, places)
            answers.append((places, route.edits(sent, wanted, _picked(shown, places))))
        return _in_order(answers)

    def are_whole(self, shown: Sequence[InvoiceShown]) -> Sequence[bool]:
        """Whether what stands in IFS is complete in itself."""
        return _in_order(
            (places, route.are_whole(_picked(shown, places)))
            for route, places in self._routes_of(shown)
        )

    # parts

    def _route_of(self, shown: InvoiceShown) -> Route:
        return self._orders if shown.series == ORDER_SERIES else self._invoices

    def _routes_of(self, shown: Sequence[InvoiceShown]) -> Iterator[tuple[Route, list[int]]]:
        return self._routes([invoice.series == ORDER_SERIES for invoice in shown])

    def _routes(self, are_orders: Sequence[bool]) -> Iterator[tuple[Route, list[int]]]:
        """The routes of a list of documents, each with the places of those that take it."""
        orders = [place for place, is_order in enumerate(are_orders) if is_order]
        invoices = [place for place, is_order in enumerate(are_orders) if not is_order]
        if invoices:
            yield self._invoices, invoices
        if orders:
            yield self._orders, orders

    def _uses_proposal(self, company: str, supplier: str) -> bool:
        reference = self.reference_for([SupplierId(supplier)])
        row = reference.suppliers.get(SupplierId(supplier))
        return uses_proposal(reference.companies[CompanyId(company)], row)


def _picked(items: Sequence[T], places: Sequence[int]) -> list[T]:
    return [items[place] for place in places]


def _in_order(answers: Iterable[tuple[Sequence[int], Sequence[T]]]) -> list[T]:
    """Answers of several routes in the order of the question."""
    found = {p: one for places, own in answers for p, one in zip(places, own, strict=True)}
    return [found[place] for place in sorted(found)]


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
        connections_max=settings.workers,
        reads_only=settings.dry_run,
    )
    profile = load_profile(settings.site_profile)
    return connect(address, profile, clockwork=Clockwork(now=clock, sleep=sleep))
