"""Supplier invoices by the interface for external supplier invoices: load, check, create.

The same look-up, corrections and cancellation as by hand; only the way in differs. A load that an
earlier run has left is found again before anything is loaded: it is taken up when it is this very
invoice, and removed when it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta

from target_ifs_cloud.delivery.acting import ETAG_MISSING, exchange_of
from target_ifs_cloud.delivery.load_journey import LOAD_LEFT, Journey, open_ones
from target_ifs_cloud.delivery.manual_route import ManualRoute
from target_ifs_cloud.delivery.refusals import REFUSED_BY_IFS, verdict_of
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.documents import DocumentKey, Problem, SupplierInvoice
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.batch import (
    ChangeSet,
    ChangeSetResult,
    Done,
    Failed,
    Operation,
    action_of,
)
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.external_invoices import (
    ExternalReader,
    LoadShown,
    as_carried,
    belongs_to,
    load_change_set,
    load_id_of,
)
from target_ifs_cloud.ifs.invoice_reader import Marks
from target_ifs_cloud.ifs.invoices import InvoiceShown
from target_ifs_cloud.ifs.rows import text

ATTEMPTS_MAX = 5
"""How often the same content may have been loaded before: cancelled in IFS and sent again."""


class ExternalRoute:
    """Invoices of one site by the external interface; what stands is handled as by hand."""

    def __init__(
        self, client: IfsClient, manual: ManualRoute, clock: Callable[[], datetime]
    ) -> None:
        """Load through ``client``; ``manual`` looks up, corrects and cancels what was created."""
        self._client = client
        self._manual = manual
        self._clock = clock
        self._reader = ExternalReader(client)
        self._searched: set[str] = set()
        self._left: set[tuple[str, str]] = set()

    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        """The invoices under these keys that are not cancelled.

        Raises:
            TemporaryError: the answer was not complete, so nothing may be concluded.
        """
        return self._manual.find(numbers, marks)

    def converge(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> list[Sent]:
        """Bring preliminary invoices to their documents, as far as the interface carries them."""
        return self._manual.converge([self._carried(d) for d in documents], shown)

    def cancel(self, shown: InvoiceShown) -> Sent:
        """Cancel a preliminary invoice, as long as it is as it was read."""
        return self._manual.cancel(shown)

    def end(self, shown: InvoiceShown) -> Sent:
        """As by hand."""
        return self._manual.end(shown)

    def differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> list[list[str]]:
        """What differs between what the interface carries of documents and their invoices."""
        return self._manual.differences([self._carried(d) for d in documents], shown)

    def edits(
        self,
        before: Sequence[SupplierInvoice],
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
    ) -> list[list[str]]:
        """As by hand, of what the interface carries."""
        sent, wanted = ([self._carried(d) for d in some] for some in (before, documents))
        return self._manual.edits(sent, wanted, shown)

    def are_whole(self, shown: Sequence[InvoiceShown]) -> list[bool]:
        """Whether lines and postings of each invoice add up to its header."""
        return self._manual.are_whole(shown)

    def create(self, documents: Sequence[SupplierInvoice]) -> list[Sent]:
        """Bills by the interface; proposals of orders by hand, because they must stay preliminary.

        Source: what the interface creates may be posted at once where a company uses no proposals.
        """
        bills = {i: d for i, d in enumerate(documents) if d.source.kind == "bill"}
        others = {i: d for i, d in enumerate(documents) if i not in bills}
        sent: dict[int, Sent] = {}
        if bills:
            sent |= dict(zip(bills, self._bring(list(bills.values())), strict=True))
        if others:
            answers = self._manual.create(list(others.values()))
            sent |= dict(zip(others, answers, strict=True))
        return [sent[index] for index in range(len(documents))]

    def _bring(self, documents: Sequence[SupplierInvoice]) -> list[Sent]:
        """Load, check and create; one verdict per document, with every reason of a refusal."""
        profile = self._client.profile
        journeys = [
            Journey(
                document=document,
                carried=self._carried(document),
                load_id=load_id_of(document, 0, profile),
            )
            for document in documents
        ]
        try:
            self._take_up(journeys)
            self._load(journeys)
            self._check(journeys)
            self._create(journeys)
            self._look(journeys)
        except TemporaryError:
            # Something may be on its way already: each is looked up before it is sent again.
            for journey in open_ones(journeys):
                journey.end(Verdict.UNANSWERED)
        for journey in journeys:
            id_ = (journey.document.company, journey.load_id)
            is_left = journey.sent is None or journey.sent.verdict is Verdict.UNANSWERED
            (self._left.add if is_left else self._left.discard)(id_)
        return [journey.sent or Sent(verdict=Verdict.UNANSWERED) for journey in journeys]

    # steps

    def _take_up(self, journeys: Sequence[Journey]) -> None:
        """Find what earlier runs have left in the interface for these documents."""
        for load in self._lingering({journey.document.company for journey in journeys}):
            for journey in open_ones(journeys):
                if self._is_theirs(load, journey):
                    self._take_or_remove(load, journey)

    def _load(self, journeys: Sequence[Journey]) -> None:
        """Load what does not stand there yet; a load id that is used up counts one further."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            new = [journey for journey in open_ones(journeys) if journey.load is None]
            if not new:
                return
            results = self._send(new, [self._load_of(journey) for journey in new])
            loaded, taken = [], []
            for journey, result in zip(new, results, strict=True):
                if isinstance(result, Failed) and result.is_duplicate:
                    taken.append(journey)
                    continue
                self._note(journey, result)
                self._keep_id(journey, result)
                loaded.append(journey)
            self._refresh(open_ones(loaded))
            self._settle_taken(taken, attempt)
        for journey in open_ones(journeys):
            if journey.load is None:
                journey.end(Verdict.REFUSED, LOAD_LEFT)

    def _settle_taken(self, journeys: Sequence[Journey], attempt: int) -> None:
        """Their load ids are taken: by a load that is still to be done, or by one that is over."""
        ids = [(journey.document.company, journey.load_id) for journey in journeys]
        loads = {(load.company, load.id): load for load in self._reader.read(ids)} if ids else {}
        for journey in journeys:
            load = loads.get((journey.document.company, journey.load_id))
            if load is not None and not load.is_over:
                self._take_or_remove(load, journey)
            else:
                journey.load_id = load_id_of(journey.document, attempt, self._client.profile)

    def _check(self, journeys: Sequence[Journey]) -> None:
        """Let IFS check; what it has something against is refused with every reason."""
        names = self._client.profile.external_names
        self._act([j for j in open_ones(journeys) if not j.is_over], names.check_action)
        self._refresh(open_ones(journeys))
        for journey in open_ones(journeys):
            self._judge(journey)

    def _create(self, journeys: Sequence[Journey]) -> None:
        names = self._client.profile.external_names
        self._act([j for j in open_ones(journeys) if not j.is_over], names.create_action)

    def _look(self, journeys: Sequence[Journey]) -> None:
        """The invoices that came of it, compared with the documents."""
        waiting = open_ones(journeys)
        found = self._manual.find({j.document.key: j.document.number for j in waiting}, {})
        standing = {j.load_id: found[j.document.key][0] for j in waiting if found[j.document.key]}
        self._settle([j for j in waiting if j.load_id in standing], standing)
        absent = open_ones(waiting)
        self._refresh(absent)
        for journey in open_ones(absent):
            self._judge(journey)
            if journey.sent is None:
                journey.end(Verdict.UNANSWERED)

    # parts

    def _carried(self, document: SupplierInvoice) -> SupplierInvoice:
        is_carried = document.source.kind == "bill"
        return as_carried(document, self._client.profile) if is_carried else document

    def _load_of(self, journey: Journey) -> ChangeSet:
        today = self._clock().date()
        return load_change_set(journey.carried, journey.load_id, self._client.profile, today=today)

    def _send(
        self, journeys: Sequence[Journey], change_sets: Sequence[ChangeSet]
    ) -> list[ChangeSetResult]:
        """One atomic change set per document; each leaves its evidence."""
        results = self._client.batch_change("external", change_sets)
        for journey, set_, result in zip(journeys, change_sets, results, strict=True):
            journey.exchanges.append(exchange_of(self._client.profile, "external", set_, result))
        return results

    def _act(self, journeys: Sequence[Journey], action: str) -> None:
        """Call an action of each load, as long as the load is as it was read."""
        service = self._client.profile.projection("external").name
        for journey in journeys:
            journey.load = self._with_etag(journey.load) if journey.load else None
            if journey.load and not journey.load.etag:
                journey.end(Verdict.REFUSED, ETAG_MISSING)
        acting = [(journey, journey.load) for journey in open_ones(journeys) if journey.load]
        sets = [
            ChangeSet(operations=(action_of(service, load.path, action, etag=load.etag),))
            for _, load in acting
        ]
        own = [journey for journey, _ in acting]
        for journey, result in zip(own, self._send(own, sets), strict=True):
            self._note(journey, result)

    def _note(self, journey: Journey, result: ChangeSetResult) -> None:
        """End a journey whose step was not done; the reasons of a refusal are read first."""
        if isinstance(result, Done):
            return
        sent = verdict_of(result, ifs_id="", exchange=journey.exchanges[-1])
        if sent.verdict is not Verdict.REFUSED or journey.load is None:
            # A load that stands is never simply sent again: what became of it is looked up.
            is_loaded = journey.load is not None
            verdict = Verdict.UNANSWERED if is_loaded else sent.verdict
            journey.end(verdict, sent.problem)
            return
        self._refresh([journey])
        self._judge(journey)
        if journey.sent is None:
            self._refuse(journey, sent.problem)

    def _keep_id(self, journey: Journey, result: ChangeSetResult) -> None:
        """The id that the load has got, where IFS draws it."""
        if isinstance(result, Done):
            name = self._client.profile.external_names.id
            journey.load_id = str(result.rows[1].row.get(name) or journey.load_id)

    def _refresh(self, journeys: Sequence[Journey]) -> None:
        """Read the loads of these journeys as they are now."""
        if not journeys:
            return
        loads = {
            (load.company, load.id): load
            for load in self._reader.read([(j.document.company, j.load_id) for j in journeys])
        }
        for journey in journeys:
            journey.load = loads.get((journey.document.company, journey.load_id), journey.load)
            if journey.load is None:
                journey.end(Verdict.UNANSWERED)

    def _judge(self, journey: Journey) -> None:
        """Refuse what the check has something against."""
        reasons = self._reader.reasons(journey.load) if journey.load else []
        if reasons:
            field_ = self._client.profile.external_names.heads.error
            problem = Problem(
                code=REFUSED_BY_IFS,
                field=field_,
                message=f"the check of external invoices in IFS refused it: {'; '.join(reasons)}",
                fix="Cure the cause in IFS, in the rules or in Procurify, then: procurify-ifs "
                "retry.",
            )
            self._refuse(journey, problem)

    def _refuse(self, journey: Journey, problem: Problem | None) -> None:
        """Take the load away again, so that nobody creates it later by hand, and say why."""
        if journey.load is not None:
            self._remove(journey, journey.load)
        if journey.sent is None or journey.sent.verdict is Verdict.REFUSED:
            journey.end(Verdict.REFUSED, problem)

    def _remove(self, journey: Journey, load: LoadShown) -> None:
        """Remove a load; where that cannot be done the journey ends."""
        load = self._with_etag(load)
        if not load.etag:
            journey.end(Verdict.REFUSED, LOAD_LEFT)
            return
        removal = ChangeSet(
            operations=(Operation(method="DELETE", path=load.path, if_match=load.etag),)
        )
        (result,) = self._send([journey], [removal])
        if isinstance(result, Failed) and not result.is_temporary and not result.is_stale:
            journey.end(Verdict.REFUSED, LOAD_LEFT)
        elif not isinstance(result, Done):
            journey.end(Verdict.UNANSWERED)

    def _with_etag(self, load: LoadShown) -> LoadShown:
        """The load with an ETag, read alone where lists show none."""
        if load.etag:
            return load
        row = self._client.row("external", load.path)
        return replace(load, etag=text(row or {}, "@odata.etag"))

    def _settle(self, journeys: Sequence[Journey], standing: Mapping[str, InvoiceShown]) -> None:
        """Done when the invoice is the document; otherwise it is decided again."""
        carried = [journey.carried for journey in journeys]
        shown = [standing[journey.load_id] for journey in journeys]
        answers = [
            Sent(
                verdict=Verdict.UNANSWERED if found else Verdict.DONE,
                ifs_id=invoice.invoice_id,
                exchanges=tuple(journey.exchanges),
            )
            for journey, invoice, found in zip(
                journeys, shown, self._manual.content_differences(carried, shown), strict=True
            )
        ]
        done = {i: s for i, s in enumerate(shown) if answers[i].verdict is Verdict.DONE}
        self._manual.finish(carried, done, answers)
        for journey, sent in zip(journeys, answers, strict=True):
            journey.sent = sent

    def _lingering(self, companies: AbstractSet[str]) -> list[LoadShown]:
        """What stood in the interface before this run, read once, and what this run has left."""
        unread = companies - self._searched
        if unread:
            days = self._client.profile.external_names.lingering_days
            since = self._clock().date() - timedelta(days=days)
            for load in self._reader.lingering(sorted(unread), since=since):
                self._left.add((load.company, load.id))
            self._searched |= unread
        ids = sorted(id_ for id_ in self._left if id_[0] in companies)
        return [load for load in self._reader.read(ids) if not load.is_over]

    def _is_theirs(self, load: LoadShown, journey: Journey) -> bool:
        if load.company != journey.document.company:
            return False
        profile = self._client.profile
        is_stamped = any(belongs_to(head, journey.document, profile) for head in load.heads)
        return load.id == journey.load_id or is_stamped

    def _take_or_remove(self, load: LoadShown, journey: Journey) -> None:
        """Go on with a load that holds this very invoice; another one is in the way."""
        if journey.load is None and self._reader.is_complete(load, journey.carried):
            journey.load, journey.load_id = load, load.id
        else:
            self._remove(journey, load)
