"""Delivers bills and order proposals: look up, decide, write the intent, send, record.

The same steps serve a new record, a document held or left in doubt by an earlier run, and an order
whose open amount has moved. What to do is decided by ``delivery.plan`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.plan import WRITES, Decision, Known, Shown, decide
from target_ifs_cloud.delivery.recording import (
    Record,
    Step,
    evidence,
    has_newer,
    record_intent,
    record_sent,
    record_settled,
)
from target_ifs_cloud.delivery.sending import Sender
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.situation import (
    Candidate,
    has_content,
    is_mine,
    is_ours,
    is_settled,
    situation_of,
)
from target_ifs_cloud.delivery.summary import Outcome, Tally
from target_ifs_cloud.documents import DocumentKey, Problem, SupplierInvoice
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.invoices import InvoiceShown

TRIES_MAX = 5
"""How often a document is read and decided again: after a stale ETag or an unanswered write."""

DUPLICATE_NUMBER = "duplicate_number"

Found = Mapping[DocumentKey, tuple[InvoiceShown, ...]]


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
    ) -> None:
        """Everything that delivery works with; ``clock`` answers aware UTC moments."""
        self._outbox = outbox
        self._sender = sender
        self._tally = tally
        self._clock = clock
        self._settling_time_s = settling_time_s

    def deliver(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Settle these candidates; the answer is those that must wait for the settling time.

        Raises:
            TemporaryError: a look-up was not answered, or IFS says again and again that what was
                read is old. Everything that was sent is on record.
        """
        unsettled: list[Candidate] = []
        latest = {(c.source.kind, c.source.id): c for c in candidates}
        pending = self._hold_shared_keys(list(latest.values()))
        for _ in range(TRIES_MAX):
            if not pending:
                return unsettled
            steps = self._decide_all(pending)
            pending = self._record_settled([s for s in steps if _is_settled_step(s)])
            unsettled += self._record_stops([s for s in steps if s.decision is Decision.STOP])
            pending += [_with_new_key(s) for s in steps if _creates_under_new_key(s)]
            writes = [s for s in steps if s.decision in WRITES and not _creates_under_new_key(s)]
            pending += self._write(writes)
        if pending:
            names = ", ".join(candidate.source.label for candidate in pending[:TRIES_MAX])
            message = (
                f"IFS refused {TRIES_MAX} times in a row because somebody else is changing the "
                f"same invoices ({names}). Nothing of them was written; run again"
            )
            raise TemporaryError(message)
        return unsettled

    # decide

    def _hold_shared_keys(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Hold every document whose key another one has, in the outbox or earlier in the list."""
        keys = {
            candidate.source: str(candidate.document.key)
            for candidate in candidates
            if candidate.document and not candidate.problems and not candidate.not_wanted
        }
        holders = {
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

    def _decide_all(self, candidates: Sequence[Candidate]) -> list[Step]:
        """One decision per candidate, from one grouped look-up."""
        asked = [c for c in candidates if c.key and _needs_look_up(c)]
        numbers = {c.key: _number_of(c) for c in asked if c.key}
        numbers |= {c.document.key: c.document.number for c in asked if c.document and c.is_moved}
        found: Found = self._sender.find(numbers) if numbers else {}
        return [self._decide(candidate, found) for candidate in candidates]

    def _decide(self, candidate: Candidate, found: Found) -> Step:
        if not _needs_look_up(candidate):
            decision = Decision.HOLD if candidate.problems else Decision.LEAVE_OUT
            return Step(candidate=candidate, decision=decision)
        shown = _ours_first(found.get(candidate.key, ()) if candidate.key else (), candidate)
        if candidate.problems:
            return self._decide_doubt_with_problems(candidate, shown)
        candidate, details = self._look_closer(candidate, shown)
        situation = situation_of(
            candidate, shown, details, now=self._clock(), settling_time_s=self._settling_time_s
        )
        decision = decide(situation)
        if shown and not is_mine(candidate, shown):
            decision = _WITHOUT_OWNERSHIP.get(decision, decision)
        if decision in {Decision.UPDATE, Decision.CANCEL} and not is_ours(candidate.entry):
            decision = Decision.REPORT_CHANGE
        if decision in {Decision.UPDATE, Decision.SKIP} and candidate.is_moved:
            decision = _decide_move(decision, candidate, found)
        differences: tuple[str, ...] = ()
        if decision is Decision.ADOPT and shown and candidate.document:
            differences = tuple(self._sender.differences(candidate.document, shown))
        return Step(candidate=candidate, decision=decision, shown=shown, differences=differences)

    def _decide_doubt_with_problems(self, candidate: Candidate, shown: InvoiceShown | None) -> Step:
        """A document in doubt that is wrong now: held once it is known where it stands."""
        entry = candidate.entry
        if shown is None and entry is not None:
            limit = self._settling_time_s
            if not is_settled(entry, now=self._clock(), settling_time_s=limit):
                return Step(candidate=candidate, decision=Decision.STOP)
            entry = replace(entry, state=State.HELD, intent=None)
            candidate = replace(candidate, entry=entry)
        return Step(candidate=candidate, decision=Decision.HOLD, shown=shown)

    def _look_closer(
        self, candidate: Candidate, shown: InvoiceShown | None
    ) -> tuple[Candidate, Shown | None]:
        """Read lines and postings of a document in doubt: was all of it written, or a part?"""
        entry, document = candidate.entry, candidate.document
        if entry is None or shown is None or entry.known is not Known.IN_DOUBT:
            return candidate, None
        before, intent = entry.content, entry.intent
        if before and has_content(shown, before) and not (intent and has_content(shown, intent)):
            # The update in doubt has not happened yet; the ETag makes a second try safe.
            unsent = replace(entry, state=State.CONFIRMED, source=replace(entry.source, hash=""))
            return replace(candidate, entry=unsent), Shown.SAME
        if intent is None or not (has_content(shown, intent) or shown.is_unfinished):
            return candidate, Shown.DIFFERENT
        if document is None or document.fingerprint != intent.fingerprint:
            is_whole = self._sender.is_whole(shown)
            return candidate, Shown.SAME if is_whole else Shown.DIFFERENT
        if not self._sender.differences(document, shown):
            return candidate, Shown.SAME
        return candidate, Shown.PARTIAL if shown.is_changeable else Shown.DIFFERENT

    # write

    def _write(self, steps: Sequence[Step]) -> list[Candidate]:
        """Send what must be written; the answer is what has to be decided again."""
        creates = [step for step in steps if step.decision is Decision.CREATE]
        again = self._send(creates, lambda: self._sender.create([_document(s) for s in creates]))
        for step in steps:
            if step.decision is not Decision.CREATE:
                again += self._send([step], lambda step=step: [self._change(step)])  # type: ignore[misc]
        return again

    def _change(self, step: Step) -> Sent:
        if step.shown is None:
            message = f"{step.decision} needs the invoice that IFS shows"
            raise AssertionError(message)
        if step.decision is Decision.CANCEL:
            is_over = step.candidate.is_over
            return (self._sender.end if is_over else self._sender.cancel)(step.shown)
        return self._sender.converge(_document(step), step.shown)

    def _send(self, steps: Sequence[Step], send: Callable[[], Sequence[Sent]]) -> list[Candidate]:
        """Intent to disk, then the request, then its answer to disk."""
        if not steps:
            return []
        now = self._clock()
        intents = [record_intent(step, now=now) for step in steps]
        self._outbox.save(Changes(entries=intents, audit=[evidence(step) for step in steps]))
        answers = send()
        now = self._clock()
        records = [
            record_sent(step, intent, sent, now=now)
            for step, intent, sent in zip(steps, intents, answers, strict=True)
        ]
        is_open = [s.verdict in {Verdict.STALE, Verdict.UNANSWERED} for s in answers]
        self._save(records)
        self._count([r for r, is_again in zip(records, is_open, strict=True) if not is_again])
        return [
            replace(step.candidate, entry=record.entry)
            for step, record, is_again in zip(steps, records, is_open, strict=True)
            if is_again or _follows_under_new_key(step, record)
        ]

    # record

    def _record_settled(self, steps: Sequence[Step]) -> list[Candidate]:
        """Write down what needs no write; the answer is what was found in an older version."""
        now = self._clock()
        records = [record_settled(step, now=now) for step in steps]
        self._save(records)
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
        self._outbox.save(Changes(entries=entries))
        return [step.candidate for step in steps]

    def _save(self, records: Sequence[Record]) -> None:
        """Write down entries, evidence and which orders have a new open amount, in one step."""
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


_WITHOUT_OWNERSHIP = {
    Decision.UPDATE: Decision.REPORT_CHANGE,
    Decision.CANCEL: Decision.REPORT_CHANGE,
    Decision.COMPLETE: Decision.REPORT_CHANGE,
    Decision.CONFIRM: Decision.ADOPT,
}
"""What becomes of a decision when the invoice was entered by other hands."""


def _decide_move(decision: Decision, candidate: Candidate, found: Found) -> Decision:
    """An edit gave the document another key: the old invoice goes, and a new one follows.

    Only when the new key is free in IFS; new rules alone move nothing.
    """
    is_free = candidate.document is not None and not found.get(candidate.document.key)
    can_move = decision is Decision.UPDATE and is_free
    return Decision.CANCEL if can_move else Decision.REPORT_CHANGE


def _follows_under_new_key(step: Step, record: Record) -> bool:
    """Whether the old invoice of a moved document is gone, so that the new one can be created."""
    is_gone = record.outcome is Outcome.CANCELLED
    return is_gone and step.decision is Decision.CANCEL and step.candidate.is_moved


def _is_settled_step(step: Step) -> bool:
    return step.decision not in {*WRITES, Decision.STOP}


def _creates_under_new_key(step: Step) -> bool:
    """A lost creation whose document has another key now, which nobody has looked up yet."""
    return step.decision is Decision.CREATE and step.candidate.is_moved


def _with_new_key(step: Step) -> Candidate:
    entry = step.candidate.entry
    unsent = replace(entry, state=State.WAITING, intent=None, ifs_id="") if entry else None
    return replace(step.candidate, entry=unsent)


def _needs_look_up(candidate: Candidate) -> bool:
    """Whether IFS must be asked: not for what is held, nor for what never was there."""
    if candidate.key is None:
        return False
    if candidate.problems:
        return candidate.known is Known.IN_DOUBT
    return not candidate.not_wanted or candidate.known in {Known.IN_DOUBT, Known.CONFIRMED}


def _number_of(candidate: Candidate) -> str:
    """The invoice number as it is, or was, sent."""
    entry = candidate.entry
    if entry and entry.known in {Known.IN_DOUBT, Known.CONFIRMED}:
        content = entry.intent or entry.content
        if content:
            return content.number
    if candidate.document:
        return candidate.document.number
    return candidate.key.number if candidate.key else ""


def _ours_first(found: Sequence[InvoiceShown], candidate: Candidate) -> InvoiceShown | None:
    """The invoice that we know by its id, else the first one under the key."""
    ifs_id = candidate.entry.ifs_id if candidate.entry else ""
    for shown in found:
        if ifs_id and shown.invoice_id == ifs_id:
            return shown
    return found[0] if found else None


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


def _document(step: Step) -> SupplierInvoice:
    if step.candidate.document is None:
        message = f"{step.decision} needs a document"
        raise AssertionError(message)
    return step.candidate.document
