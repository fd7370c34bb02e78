"""Delivers vendors: links those that IFS has, creates those that it lacks.

A supplier's key is its id, chosen by rule, so a lost answer is found by reading that id back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.plan import Known
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.delivery.summary import Outcome, Tally
from target_ifs_cloud.documents import Mapped, Supplier, SupplierId
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.mapping import map_vendor
from target_ifs_cloud.mapping.rules import Rules

CREATE_TRIES_MAX = 3
_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCase:
    """One vendor on its way: what the rules made of it and what the outbox remembers."""

    record: Mapping[str, Any]
    mapped: Mapped
    entry: Entry | None

    @property
    def supplier(self) -> Supplier:
        """The supplier that the rules made; only asked where there is one."""
        if not isinstance(self.mapped.document, Supplier):
            message = f"{self.mapped.source.label} has no supplier document"
            raise TypeError(message)
        return self.mapped.document

    @property
    def is_in_doubt(self) -> bool:
        """True when its creation was sent and nobody knows the answer."""
        return self.entry is not None and self.entry.known is Known.IN_DOUBT


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A vendor with its new state and how it came there."""

    case: VendorCase
    state: State
    outcome: Outcome
    link_origin: str = ""
    sent: Sent | None = None


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
        self.has_linked = False

    def settle_again(self) -> None:
        """Look up what earlier runs left in doubt, try again what they held.

        Raises:
            TemporaryError: IFS does not answer, or a doubt is not settled yet.
        """
        states = (State.SENDING, State.IN_DOUBT, State.HELD, State.REJECTED)
        for entries in self._outbox.in_states(states, kind="vendor"):
            self.deliver([entry.record for entry in entries if entry.record])

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Settle these vendors.

        Raises:
            TemporaryError: a look-up was not answered, or a creation stays in doubt (on record).
        """
        to_create: dict[SupplierId, VendorCase] = {}
        settled: list[Settled] = []
        twins: list[VendorCase] = []
        for case in self._cases(records):
            outcome = self._settle_without_write(case)
            if outcome:
                settled.append(outcome)
            elif case.supplier.supplier in to_create:
                twins.append(case)
            else:
                to_create[case.supplier.supplier] = case
        self._create(list(to_create.values()))
        # A second vendor of the same supplier is linked to what the first one has created.
        held = State.HELD, Outcome.HELD
        settled += [
            _linked(case)
            if case.supplier.supplier in self._site.reference.suppliers
            else Settled(case=case, state=held[0], outcome=held[1])
            for case in twins
        ]
        self._record(settled)

    def _cases(self, records: Sequence[Mapping[str, Any]]) -> list[VendorCase]:
        links, reference = self._outbox.links(), self._site.reference
        mapped = [
            map_vendor(record, rules=self._rules, reference=reference, links=links)
            for record in records
        ]
        for each in mapped:
            self._tally.look_at(each)
        known = self._outbox.find("vendor", [m.source.id for m in mapped])
        latest = {
            m.source.id: VendorCase(record=record, mapped=m, entry=known.get(m.source.id))
            for record, m in zip(records, mapped, strict=True)
        }
        return list(latest.values())

    def _settle_without_write(self, case: VendorCase) -> Settled | None:
        """Left out, held, or in IFS already; ``None`` when the supplier must be created."""
        mapped, entry = case.mapped, case.entry
        if mapped.not_wanted:
            return Settled(case=case, state=State.LEFT_OUT, outcome=Outcome.LEFT_OUT)
        if mapped.problems:
            return Settled(case=case, state=State.HELD, outcome=Outcome.HELD)
        if case.supplier.supplier in self._site.reference.suppliers:
            return _linked(case)
        if entry is None or entry.state is not State.REJECTED:
            return None
        now = (mapped.source.hash, self._rules.version)
        is_same = (entry.source.hash, entry.rules_version) == now
        rejected = Settled(case=case, state=State.REJECTED, outcome=Outcome.REJECTED)
        return rejected if is_same else None

    def _create(self, cases: Sequence[VendorCase]) -> None:
        """Look up, intent to disk, request, answer to disk; a doubt is waited for and looked up."""
        pending = list(cases)
        for _ in range(CREATE_TRIES_MAX):
            self._wait_for(pending)
            found = self._site.find_suppliers([case.supplier.supplier for case in pending])
            self._record([_linked(case) for case in pending if case.supplier.supplier in found])
            ready = [case for case in pending if case.supplier.supplier not in found]
            if not ready:
                return
            now = self._clock()
            intents = [self._entry(case, State.SENDING, sent_at=now) for case in ready]
            lines = [_line(case, "decided", "create") for case in ready]
            self._outbox.save(Changes(entries=intents, audit=lines))
            answers = self._site.create_suppliers([case.supplier for case in ready])
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
        for case, sent in zip(cases, answers, strict=True):
            if sent.verdict in {Verdict.UNANSWERED, Verdict.STALE, Verdict.POSTPONED}:
                entry = self._entry(case, State.IN_DOUBT, sent_at=self._clock())
                doubtful.append(replace(case, entry=entry))
                continue
            is_done = sent.verdict is Verdict.DONE
            settled.append(
                Settled(
                    case=case,
                    state=State.CONFIRMED if is_done else State.REJECTED,
                    outcome=Outcome.POSTED if is_done else Outcome.REJECTED,
                    link_origin="created" if is_done else "",
                    sent=sent,
                )
            )
        self._record(settled)
        self._outbox.save(Changes(entries=[case.entry for case in doubtful if case.entry]))
        self._site.remember_suppliers([s.case.supplier for s in settled if s.link_origin])
        return doubtful

    def _record(self, settled: Sequence[Settled]) -> None:
        entries, links, lines = [], {}, []
        for item in settled:
            case, before = item.case, item.case.entry
            problems = case.mapped.problems
            if item.state is State.REJECTED:
                refused = item.sent.problem if item.sent else None
                problems = (refused,) if refused else (before.problems if before else ())
            is_new = bool(problems) and (before is None or before.problems != problems)
            entry = self._entry(case, item.state)
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
                self.has_linked = True
                links[case.mapped.source.id] = (case.supplier.supplier, item.link_origin)
            if is_new or before is None or before.state is not item.state:
                lines.append(_line(case, "answered", item.outcome.value, sent=item.sent))
            self._tally.add(entry, item.outcome)
        self._outbox.save(Changes(entries=entries, links=links, audit=lines))

    def _entry(self, case: VendorCase, state: State, *, sent_at: datetime | None = None) -> Entry:
        needs_record = state not in {State.CONFIRMED, State.LEFT_OUT}
        document = case.mapped.document
        return Entry(
            source=case.mapped.source,
            state=state,
            rules_version=self._rules.version,
            ifs_id=document.supplier if isinstance(document, Supplier) else "",
            record=case.record if needs_record else None,
            sent_at=sent_at or (case.entry.sent_at if case.entry else None),
        )


def _linked(case: VendorCase) -> Settled:
    """The supplier is in IFS: it was linked before, or a doubt is settled, or it is adopted."""
    is_known = case.entry is not None and case.entry.state is State.CONFIRMED
    if is_known:
        return Settled(case=case, state=State.CONFIRMED, outcome=Outcome.UNCHANGED)
    outcome = Outcome.FOUND if case.is_in_doubt else Outcome.ADOPTED
    origin = "created" if case.is_in_doubt else "adopted"
    return Settled(case=case, state=State.CONFIRMED, outcome=outcome, link_origin=origin)


def _line(
    case: VendorCase, event: str, decision: str, *, sent: Sent | None = None
) -> dict[str, Any]:
    """One line of the audit trail about one vendor."""
    source, document = case.mapped.source, case.mapped.document
    line: dict[str, Any] = {
        "event": event,
        "direction": "procurify-to-ifs",
        "decision": decision,
        "kind": source.kind,
        "source": source.id,
        "source_hash": source.hash,
        "key": document.supplier if isinstance(document, Supplier) else "",
    }
    problems = {problem.code for problem in case.mapped.problems}
    if sent:
        line["verdict"] = sent.verdict.value
        line["exchanges"] = [asdict(exchange) for exchange in sent.exchanges]
        problems |= {sent.problem.code} if sent.problem else set()
    if problems:
        line["problems"] = sorted(problems)
    if case.mapped.not_wanted:
        line["reason"] = case.mapped.not_wanted
    return line
