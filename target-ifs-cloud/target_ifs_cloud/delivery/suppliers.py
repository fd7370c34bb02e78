"""Delivers vendors: links those that IFS has and keeps them up to date, creates those it lacks.

A supplier's key is its id, chosen by rule, so a lost answer is found by reading that id back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.plan import Known
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.delivery.summary import Outcome, Tally
from target_ifs_cloud.delivery.supplier_updates import SupplierUpdates
from target_ifs_cloud.delivery.vendor_cases import (
    Settled,
    VendorCase,
    decided,
    line_of,
    linked,
    must_be_compared,
)
from target_ifs_cloud.documents import Supplier, SupplierId
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.mapping import leading_vendors, map_vendor, source_id_of
from target_ifs_cloud.mapping.records import read_text
from target_ifs_cloud.mapping.rules import Rules
from target_ifs_cloud.mapping.vendor_suspicions import SUSPICIONS, KnownNames, find_suspicions

CREATE_TRIES_MAX = 3
_NAMES_SHOWN = 5


class SupplierDelivery:
    """Brings vendors to rest: linked, created, left out, held or refused."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        site: Site,
        rules: Rules,
        tally: Tally,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        """Everything that delivery works with; ``clock`` answers UTC, ``sleep`` takes seconds."""
        self._outbox = outbox
        self._site = site
        self._rules = rules
        self._tally = tally
        self._clock = clock
        self._sleep = sleep
        self._has_linked = False
        self._updates = SupplierUpdates(outbox, site, self._record, rules_version=rules.version)

    @property
    def has_linked(self) -> bool:
        """Whether this run has linked a vendor, so that bills may know their supplier now."""
        return self._has_linked or self._updates.has_linked

    def settle_again(self) -> None:
        """Look up what earlier runs left in doubt, try again what they held or left half done.

        Raises:
            TemporaryError: IFS does not answer, or a doubt is not settled yet.
        """
        states = (State.SENDING, State.IN_DOUBT, State.HELD, State.REJECTED)
        for entries in self._outbox.in_states(states, kind="vendor"):
            self.deliver([entry.record for entry in entries if entry.record])
        for entries in self._outbox.due("vendor"):
            self.deliver([entry.record for entry in entries if entry.record])

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Settle these vendors.

        Raises:
            TemporaryError: a look-up was not answered, or a creation stays in doubt (on record).
        """
        to_create: dict[SupplierId, VendorCase] = {}
        to_compare: dict[SupplierId, VendorCase] = {}
        settled: list[Settled] = []
        twins: list[VendorCase] = []
        leaders = leading_vendors(self._outbox.links())
        for case in self._cases(records):
            outcome = self._settle_without_write(case)
            if outcome and self._must_be_compared(outcome, leaders, to_compare):
                to_compare[case.supplier.supplier] = case
            elif outcome:
                settled.append(outcome)
            elif case.supplier.supplier in to_create:
                twins.append(case)
            else:
                to_create[case.supplier.supplier] = case
        self._updates.bring_up_to_date(list(to_compare.values()))
        self._create(list(to_create.values()))
        # A second vendor of the same supplier is linked to what the first one has created.
        settled += [
            linked(case)
            if case.supplier.supplier in self._site.reference.suppliers
            else _held(case)
            for case in twins
        ]
        self._record(settled)

    def _cases(self, records: Sequence[Mapping[str, Any]]) -> list[VendorCase]:
        reference, rules = self._site.reference, self._rules
        latest = {source_id_of("vendor", record): record for record in records}
        known = self._outbox.find("vendor", latest)
        # A creation in doubt was sent because nobody had its id: who has it now is the vendor.
        found = {
            id_: SupplierId(entry.ifs_id)
            for id_, entry in known.items()
            if entry.known is Known.IN_DOUBT and SupplierId(entry.ifs_id) in reference.suppliers
        }
        links = {**found, **self._outbox.links()}
        mapped = {
            id_: map_vendor(record, rules=rules, reference=reference, links=links)
            for id_, record in latest.items()
        }
        for each in mapped.values():
            self._tally.look_at(each)
        names = KnownNames({id_: one.name for id_, one in reference.suppliers.items()})
        return [
            self._suspected(
                VendorCase(record=record, mapped=mapped[id_], entry=known.get(id_)), names
            )
            for id_, record in latest.items()
        ]

    def _suspected(self, case: VendorCase, names: KnownNames) -> VendorCase:
        """The case with its signs of fraud, those included that nobody has released yet."""
        entry, document = case.entry, case.mapped.document
        own = document.supplier if isinstance(document, Supplier) else None
        name = read_text(case.record.get("name")) or ""
        # A vendor left out has no record to compare with.
        before = None if entry is None else entry.record or case.record
        signs = list(
            find_suspicions(
                case.record, before, lambda: names.like(name, own), self._rules.vendor.suspicions
            )
        )
        if own and entry is None:
            names.add(own, name)
        found = {sign.problem.code: sign.problem for sign in signs if sign.is_hold}
        is_open = [p for p in (entry.problems if entry else ()) if p.code in SUSPICIONS - {*found}]
        return replace(
            case,
            warnings=tuple(sign.problem for sign in signs if not sign.is_hold),
            alarms=(*is_open, *found.values()),
        )

    def _settle_without_write(self, case: VendorCase) -> Settled | None:
        """Left out, held, or in IFS already; ``None`` when it must be created, or looked up."""
        mapped, entry = case.mapped, case.entry
        if mapped.not_wanted:
            return Settled(case=case, state=State.LEFT_OUT, outcome=Outcome.LEFT_OUT)
        if mapped.problems:
            return _held(case)
        if case.is_in_doubt:
            return None
        if case.supplier.supplier in self._site.reference.suppliers:
            return _as_before(case)
        if entry is None or entry.state is not State.REJECTED:
            return None
        now = (mapped.source.hash, self._rules.version)
        is_same = (entry.source.hash, entry.rules_version) == now
        rejected = Settled(
            case=case,
            state=State.REJECTED,
            outcome=Outcome.REJECTED,
            problems=tuple(p for p in entry.problems if p.code not in SUSPICIONS),
        )
        return rejected if is_same else None

    def _create(self, cases: Sequence[VendorCase]) -> None:
        """Look up, intent to disk, request, answer to disk; a doubt is waited for and looked up."""
        pending = list(cases)
        for _ in range(CREATE_TRIES_MAX):
            self._wait_for(pending)
            found = self._site.find_suppliers([case.supplier.supplier for case in pending])
            there = [case for case in pending if case.supplier.supplier in found]
            gaps = self._site.supplier_gaps([case.supplier for case in there if case.is_in_doubt])
            whole = found - set(gaps)
            self._record([linked(case) for case in there if case.supplier.supplier in whole])
            ready = [case for case in pending if case.supplier.supplier not in whole]
            if not ready:
                return
            now, version = self._clock(), self._rules.version
            intents = [case.to_entry(State.SENDING, version, sent_at=now) for case in ready]
            new = [case.supplier for case in ready if case.supplier.supplier not in gaps]
            lines = [
                decided(case, "complete" if case.supplier.supplier in gaps else "create")
                for case in ready
            ]
            self._outbox.save(Changes(entries=intents, audit=lines))
            made = dict(
                zip((one.supplier for one in new), self._site.create_suppliers(new), strict=True)
            )
            made |= zip(gaps, self._site.change_suppliers(gaps), strict=True)
            answers = [made[case.supplier.supplier] for case in ready]
            sent = [replace(c, entry=e) for c, e in zip(ready, intents, strict=True)]
            pending = self._record_answers(sent, answers)
            if not pending:
                return
        names = ", ".join(case.mapped.source.label for case in pending[:_NAMES_SHOWN])
        message = (
            f"{len(pending)} supplier(s) were sent and are in doubt ({names}); they are on "
            "record and are looked up first by the next run. Run again"
        )
        raise TemporaryError(message)

    def _wait_for(self, cases: Sequence[VendorCase]) -> None:
        """Let the settling time pass for what was sent without an answer."""
        now = self._clock()
        limit = timedelta(seconds=self._site.settling_time_s)
        sent = [c.entry.sent_at for c in cases if c.is_in_doubt and c.entry and c.entry.sent_at]
        self._sleep(max([0.0, *((at + limit - now).total_seconds() for at in sent)]))

    def _record_answers(
        self, cases: Sequence[VendorCase], answers: Sequence[Sent]
    ) -> list[VendorCase]:
        """Write the answers down; what comes back has none and is in doubt."""
        settled, doubtful = [], []
        known = self._site.reference.suppliers
        for case, sent in zip(cases, answers, strict=True):
            if sent.verdict in {Verdict.UNANSWERED, Verdict.STALE, Verdict.POSTPONED}:
                now, version = self._clock(), self._rules.version
                entry = case.to_entry(State.IN_DOUBT, version, sent_at=now)
                doubtful.append(replace(case, entry=entry))
                continue
            settled.append(_answered(case, sent, is_there=case.supplier.supplier in known))
        self._record(settled)
        self._outbox.save(Changes(entries=[case.entry for case in doubtful if case.entry]))
        self._site.remember_suppliers([s.case.supplier for s in settled if s.link_origin])
        return doubtful

    def _record(self, settled: Sequence[Settled]) -> None:
        entries, links, lines = [], {}, []
        for item in settled:
            case, before = item.case, item.case.entry
            problems = (*item.problems, *case.alarms)
            is_calm = item.outcome is not Outcome.UNCHANGED or not case.alarms
            is_new = bool(problems) and (before is None or before.problems != problems)
            entry = case.to_entry(item.state, self._rules.version, is_due=item.is_due)
            if problems:
                since = before.held_since if before else None
                entry = replace(
                    entry,
                    problems=problems,
                    held_since=since or self._clock(),
                    is_announced=not is_new and before is not None and before.is_announced,
                )
            entries.append(entry)
            if item.link_origin:
                self._has_linked = True
                links[case.mapped.source.id] = (case.supplier.supplier, item.link_origin)
            is_news = is_new or bool(item.sent or case.warnings)
            if is_news or before is None or before.state is not item.state:
                lines.append(line_of(item))
            self._tally.warn(case.mapped.source.label, case.warnings)
            self._tally.add(entry, item.outcome if is_calm else Outcome.TO_LOOK_AT)
        self._outbox.save(Changes(entries=entries, links=links, audit=lines))

    def _must_be_compared(
        self,
        settled: Settled,
        leaders: Mapping[SupplierId, str],
        others: Mapping[SupplierId, VendorCase],
    ) -> bool:
        """Whether the supplier may lack something; of its several vendors one decides.

        What a suspicious vendor says does not travel before somebody has released it.
        """
        case = settled.case
        if settled.state is not State.CONFIRMED or case.alarms:
            return False
        supplier, vendor = case.supplier.supplier, case.mapped.source.id
        leads = leaders.get(supplier, vendor) == vendor and supplier not in others
        return leads and must_be_compared(case, self._rules.version)


def _held(case: VendorCase) -> Settled:
    problems = case.mapped.problems
    return Settled(case=case, state=State.HELD, outcome=Outcome.HELD, problems=problems)


def _answered(case: VendorCase, sent: Sent, *, is_there: bool) -> Settled:
    """Created or refused; what is there and could not be completed is linked, with the problem."""
    is_done = sent.verdict is Verdict.DONE
    refusal = (
        (State.CONFIRMED, Outcome.TO_LOOK_AT) if is_there else (State.REJECTED, Outcome.REJECTED)
    )
    state, outcome = (State.CONFIRMED, Outcome.POSTED) if is_done else refusal
    return Settled(
        case=case,
        state=state,
        outcome=outcome,
        problems=sent.problems,
        link_origin="created" if is_done or is_there else "",
        sent=sent,
    )


def _as_before(case: VendorCase) -> Settled:
    """Linked; a change that IFS has refused stays on the list until vendor or rules change."""
    before = case.entry
    if before is None or before.state is not State.CONFIRMED:
        return linked(case)
    refused = tuple(problem for problem in before.problems if problem.code not in SUSPICIONS)
    if not refused:
        return linked(case)
    return Settled(case=case, state=before.state, outcome=Outcome.TO_LOOK_AT, problems=refused)
