"""Delivers bills and order proposals: look up, decide, write the intent, send, record.

The same steps serve a new record, a document held or left in doubt by an earlier run, and an order
whose open amount has moved. What to do is decided by ``delivery.plan`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from target_ifs_cloud.delivery.deciding import Deciding
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.plan import WRITES, Decision
from target_ifs_cloud.delivery.recording import (
    CHANGED_MEANWHILE,
    Record,
    has_newer,
    record_intent,
    record_sent,
    record_settled,
    record_unresolved,
)
from target_ifs_cloud.delivery.rings import DUPLICATE_NUMBER, find_rings
from target_ifs_cloud.delivery.sending import Sender
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.situation import Candidate
from target_ifs_cloud.delivery.step import Step, evidence
from target_ifs_cloud.delivery.summary import Outcome, Tally
from target_ifs_cloud.delivery.under_way import UnderWay
from target_ifs_cloud.documents import Problem, SupplierInvoice
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.invoices import InvoiceShown

TRIES_MAX = 5
"""How often a document is read and decided again: after a stale ETag or an unanswered write."""

_OPEN = frozenset({Verdict.STALE, Verdict.POSTPONED, Verdict.UNANSWERED})
_CONVERGING = frozenset({Decision.UPDATE, Decision.COMPLETE})
_ENDING = WRITES - _CONVERGING - {Decision.CREATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """How much is under way at a time: ``workers`` parts of ``size`` documents."""

    workers: int = 1
    size: int = 200


class InvoiceDelivery:
    """Brings a list of candidates to rest, one effect per document."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        sender: Sender,
        tally: Tally,
        clock: Callable[[], datetime],
        settling_time_s: int,
        flight: Flight | None = None,
    ) -> None:
        """Everything that delivery works with; ``clock`` answers aware UTC moments."""
        self._outbox = outbox
        self._sender = sender
        self._tally = tally
        self._clock = clock
        flight = flight or Flight()
        self._size = flight.size
        self._parts = UnderWay(self._deliver_part, workers=flight.workers)
        self._deciding = Deciding(sender, clock=clock, settling_time_s=settling_time_s)
        self._is_serving = False
        self.has_freed_keys = False

    def deliver(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Settle these candidates; the answer is those that must wait for the settling time.

        Raises:
            TemporaryError: a look-up was not answered, or IFS serves no writes. Everything that was
                sent is on record.
        """
        self.begin(candidates)
        return self.land()

    def begin(self, candidates: Sequence[Candidate]) -> None:
        """Begin to settle these candidates, of which none is under way already.

        Raises:
            TemporaryError: as :meth:`deliver`, of these or of what was begun before.
        """
        latest = {(c.source.kind, c.source.id): c for c in candidates}
        pending = self._hold_shared_keys(list(latest.values()))
        for start in range(0, len(pending), self._size):
            self._parts.begin(pending[start : start + self._size])

    def skip_as_left(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Settle those that IFS shows as they were left, from one look-up; the others come back.

        Raises:
            TemporaryError: the look-up was not answered completely.
        """
        if not candidates:
            return []
        steps = self._deciding.decide_all(candidates, is_serving=self._is_serving)
        self._record_settled([step for step in steps if step.decision is Decision.SKIP])
        return [step.candidate for step in steps if step.decision is not Decision.SKIP]

    def land(self) -> list[Candidate]:
        """Wait until nothing is under way; the answer is what must wait for the settling time.

        Raises:
            TemporaryError: as :meth:`deliver`.
        """
        return self._parts.land()

    def abandon(self) -> None:
        """Begin nothing more; what has been begun is on record when this returns."""
        self._parts.abandon()

    def untie(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Cancel one of each ring that wants each other's keys, if every member may still move.

        Its key is free then and the others follow; the answer is what is in doubt since.

        Raises:
            TemporaryError: the look-up was not answered completely.
        """
        keys = [str(c.document.key) for c in candidates if c.document]
        holders = {key: id_ for key, (_, id_, _) in self._outbox.holders_of(keys).items()}
        again: list[Candidate] = []
        for ring in find_rings(candidates, holders):
            steps = self._deciding.decide_all(ring, is_serving=self._is_serving, is_ring=True)
            if all(step.decision is Decision.MOVE for step in steps):
                again += self._send(steps[:1], self._end)
        return [candidate for candidate in again if candidate.setback is Verdict.UNANSWERED]

    @property
    def under_way(self) -> list[Candidate]:
        """What has been begun and may not be on record yet."""
        return self._parts.candidates

    def _deliver_part(self, pending: list[Candidate]) -> list[Candidate]:
        unsettled: list[Candidate] = []
        for _ in range(TRIES_MAX):
            if not pending:
                return unsettled
            if self._parts.is_stopped:
                raise TemporaryError("another part of the run could not go on; this one stopped")
            steps = self._deciding.decide_all(pending, is_serving=self._is_serving)
            pending = self._record_settled([s for s in steps if _is_settled_step(s)])
            unsettled += self._record_stops([s for s in steps if s.decision is Decision.STOP])
            pending += [_with_new_key(s) for s in steps if _creates_under_new_key(s)]
            writes = [s for s in steps if s.decision in WRITES and not _creates_under_new_key(s)]
            pending += self._write(writes)
        if pending:
            unsettled += self._leave_unresolved(pending)
        return unsettled

    def _leave_unresolved(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """What came to no end in ``TRIES_MAX`` tries: told and left, waited for, or a stop."""
        postponed = [c for c in candidates if c.setback is Verdict.POSTPONED]
        if postponed:
            names = ", ".join(candidate.source.label for candidate in postponed[:TRIES_MAX])
            message = (
                f"IFS answers, but has served no write for {TRIES_MAX} tries ({names}). Nothing of "
                "them was written; run again later"
            )
            raise TemporaryError(message)
        stale = [c for c in candidates if c.setback is Verdict.STALE]
        steps = [Step(candidate=c, decision=Decision.GIVE_UP) for c in stale]
        now = self._clock()
        records = [record_unresolved(step, CHANGED_MEANWHILE, now=now) for step in steps]
        self._save(records)
        self._count(records)
        return [c for c in candidates if c.setback is not Verdict.STALE]

    def _hold_shared_keys(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Hold every document whose key another one has: on record, under way, or in the list."""
        keys = {candidate.source: key for candidate, key in _with_keys(candidates)}
        # Before the outbox is asked: what ends in between is in both, and never in neither.
        holders = {
            key: ((candidate.source.kind, candidate.source.id), candidate.source.label)
            for candidate, key in _with_keys(self.under_way)
        }
        holders |= {
            key: ((kind, source_id), label)
            for key, (kind, source_id, label) in self._outbox.holders_of(keys.values()).items()
        }
        checked = []
        for candidate in candidates:
            source = candidate.source
            key = keys.get(source)
            owner, label = (
                holders.setdefault(key, ((source.kind, source.id), "")) if key else (None, "")
            )
            is_shared = owner is not None and owner != (source.kind, source.id)
            checked.append(_with_duplicate(candidate, label) if is_shared else candidate)
            if key and not is_shared:
                holders[key] = ((source.kind, source.id), source.label)
        return checked

    # write

    def _write(self, steps: Sequence[Step]) -> list[Candidate]:
        """Send what must be written; the answer is what has to be decided again.

        A write that had no answer before goes alone, so that it cannot take others with it.
        """
        creates = [step for step in steps if step.decision is Decision.CREATE]
        changes = [step for step in steps if step.decision in _CONVERGING]
        again: list[Candidate] = []
        for one_by_one in (False, True):
            for kind, send in ((creates, self._create), (changes, self._converge)):
                own = [step for step in kind if _had_no_answer(step) is one_by_one]
                for part in [[step] for step in own] if one_by_one else [own]:
                    again += self._send(part, send)
        for step in steps:
            if step.decision in _ENDING:
                again += self._send([step], self._end)
        return again

    def _create(self, steps: Sequence[Step]) -> Sequence[Sent]:
        return self._sender.create([_document(step) for step in steps])

    def _converge(self, steps: Sequence[Step]) -> Sequence[Sent]:
        shown = [_shown(step) for step in steps]
        return self._sender.converge([_document(step) for step in steps], shown)

    def _end(self, steps: Sequence[Step]) -> Sequence[Sent]:
        (step,) = steps
        is_over = step.decision is Decision.CANCEL and step.candidate.is_over
        return [(self._sender.end if is_over else self._sender.cancel)(_shown(step))]

    def _send(
        self, steps: Sequence[Step], send: Callable[[Sequence[Step]], Sequence[Sent]]
    ) -> list[Candidate]:
        """Intent to disk, then the request, then its answer to disk."""
        if not steps:
            return []
        now = self._clock()
        intents = [record_intent(step, now=now) for step in steps]
        self._outbox.save(Changes(entries=intents, audit=[evidence(step) for step in steps]))
        answers = send(steps)
        now = self._clock()
        records = [
            record_sent(step, intent, sent, now=now)
            for step, intent, sent in zip(steps, intents, answers, strict=True)
        ]
        self._is_serving |= any(sent.verdict is Verdict.DONE for sent in answers)
        self._save(records)
        is_open = [_is_open(step, sent) for step, sent in zip(steps, answers, strict=True)]
        certain = zip(records, answers, strict=True)
        self._count([record for record, sent in certain if sent.verdict not in _OPEN])
        for step, sent in zip(steps, answers, strict=True):
            if sent.verdict is Verdict.DONE and step.candidate.warnings:
                self._tally.warn(step.candidate.source.label, step.candidate.warnings)
        return [
            replace(step.candidate, entry=record.entry, setback=sent.verdict)
            for step, record, sent, is_again in zip(steps, records, answers, is_open, strict=True)
            if is_again
        ]

    # record

    def _record_settled(self, steps: Sequence[Step]) -> list[Candidate]:
        """Write down what needs no write; the answer is what was found in an older version."""
        now = self._clock()
        records = [record_settled(step, now=now) for step in steps]
        self._save([r for s, r in zip(steps, records, strict=True) if _is_news(s, r)])
        self._count(records)
        return [
            replace(step.candidate, entry=record.entry)
            for step, record in zip(steps, records, strict=True)
            if has_newer(step)
        ]

    def _record_stops(self, steps: Sequence[Step]) -> list[Candidate]:
        """Keep the newest record of what must wait, so that the wait ends with that one."""
        entries = [
            replace(
                step.candidate.entry, record=step.candidate.record or step.candidate.entry.record
            )
            for step in steps
            if step.candidate.entry
        ]
        if entries:
            self._outbox.save(Changes(entries=entries))
        return [step.candidate for step in steps]

    def _save(self, records: Sequence[Record]) -> None:
        """Write down entries, evidence and which orders have a new open amount, in one step."""
        if not records:
            return
        billed = {
            record.entry.source.id: record.billed
            for record in records
            if record.billed is not None and record.entry.source.kind == "bill"
        }
        touched = {line.order_id for lines in billed.values() for line in lines}
        touched |= self._outbox.orders_of_bills(billed)
        self._outbox.save(
            Changes(
                entries=[record.entry for record in records],
                billed=billed,
                due_orders=frozenset(touched),
                audit=[record.line for record in records if record.line],
            )
        )

    def _count(self, records: Sequence[Record]) -> None:
        for record in records:
            self._tally.add(record.entry, record.outcome)
        if any(record.outcome is Outcome.CANCELLED for record in records):
            self.has_freed_keys = True


def _with_keys(candidates: Iterable[Candidate]) -> list[tuple[Candidate, str]]:
    """Those that may get a place in IFS, with the key of that place."""
    return [
        (candidate, str(candidate.document.key))
        for candidate in candidates
        if candidate.document and not candidate.problems and not candidate.not_wanted
    ]


def _is_settled_step(step: Step) -> bool:
    return step.decision not in {*WRITES, Decision.STOP}


def _is_news(step: Step, record: Record) -> bool:
    """Whether anything of this is not on record yet."""
    return bool(record.line) or record.billed is not None or record.entry != step.candidate.entry


def _is_open(step: Step, sent: Sent) -> bool:
    """Whether the document is decided again: unsettled, or cancelled in order to move."""
    return sent.verdict in _OPEN or (
        step.decision is Decision.MOVE and sent.verdict is Verdict.DONE
    )


def _had_no_answer(step: Step) -> bool:
    entry: Entry | None = step.candidate.entry
    return entry is not None and entry.unanswered > 0


def _creates_under_new_key(step: Step) -> bool:
    """A lost creation whose document has another key now, which nobody has looked up yet."""
    return step.decision is Decision.CREATE and step.candidate.is_moved


def _with_new_key(step: Step) -> Candidate:
    entry = step.candidate.entry
    unsent = (
        replace(entry, state=State.WAITING, intent=None, ifs_id="", unanswered=0) if entry else None
    )
    return replace(step.candidate, entry=unsent)


def _with_duplicate(candidate: Candidate, other: str) -> Candidate:
    """The candidate held because another document has its key."""
    number = candidate.document.number if candidate.document else ""
    problem = Problem(
        code=DUPLICATE_NUMBER,
        field="invoice_number",
        message=f"{other} has the same supplier and the same number {number!r}",
        fix="Correct the number, or withdraw one of the two in Procurify.",
    )
    return replace(candidate, problems=(*candidate.problems, problem))


def _shown(step: Step) -> InvoiceShown:
    if step.shown is None:
        message = f"{step.decision} needs the invoice that IFS shows"
        raise AssertionError(message)
    return step.shown


def _document(step: Step) -> SupplierInvoice:
    if step.candidate.document is None:
        message = f"{step.decision} needs a document"
        raise AssertionError(message)
    return step.candidate.document
