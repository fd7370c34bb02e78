"""From a decision or an answer to what the outbox and the audit trail keep. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from target_ifs_cloud.delivery.correction import describe_change
from target_ifs_cloud.delivery.entry import Content, Entry, State
from target_ifs_cloud.delivery.plan import Decision, Known
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.situation import (
    UNANSWERED_ALONE_MAX,
    UNANSWERED_MAX,
    Candidate,
    has_content,
    is_elsewhere,
    is_mine,
    is_ours,
)
from target_ifs_cloud.delivery.step import Step, evidence
from target_ifs_cloud.delivery.summary import Outcome
from target_ifs_cloud.documents import BilledLine, Problem
from target_ifs_cloud.ifs.invoices import InvoiceShown

NO_ANSWER = Problem(
    code="no_clear_answer",
    field="",
    message="IFS has answered this write again and again without saying whether it was done; what "
    "IFS shows is that it was not",
    fix="Nothing: every run tries once more. If it stays, look into the log of IFS for the cause.",
)
CHANGED_MEANWHILE = Problem(
    code="changed_meanwhile",
    field="",
    message="somebody else changed the same invoice in IFS every time it was about to be written",
    fix="Nothing: the next run tries again. If it stays, see who works on the invoice in IFS.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is written down for one document: its entry, its outcome and the line of evidence.

    ``billed`` is ``None`` when what the bill takes off its orders stays as it is.
    """

    entry: Entry
    outcome: Outcome
    billed: tuple[BilledLine, ...] | None = None
    line: Mapping[str, Any] | None = None


def record_settled(step: Step, *, now: datetime) -> Record:
    """What a decision leaves behind that needs no write."""
    match step.decision:
        case Decision.HOLD:
            return _record_hold(step, now=now)
        case Decision.ADOPT | Decision.CONFIRM:
            return _record_found(step)
        case Decision.SKIP:
            return _record_same(step)
        case Decision.REPORT_CHANGE:
            return _record_change(step)
        case Decision.LEAVE_OUT:
            return _record_left_out(step)
        case Decision.GIVE_UP:
            return record_unresolved(step, NO_ANSWER, now=now)
        case _:
            message = f"{step.decision} is not settled without a write"
            raise AssertionError(message)


def record_intent(step: Step, *, now: datetime) -> Entry:
    """The entry that must be on disk before the write goes out."""
    candidate = step.candidate
    is_cancel = step.decision in {Decision.CANCEL, Decision.MOVE}
    document = None if is_cancel else candidate.document
    entry = _new_entry(candidate, State.SENDING)
    return replace(
        entry,
        # What is cancelled stands under the key it was sent with.
        key=candidate.key if is_cancel else entry.key,
        intent=Content.of(document) if document else None,
        content=candidate.entry.content if candidate.entry else None,
        ifs_id=step.shown.invoice_id if step.shown else (document.ifs_id if document else ""),
        sent_at=now,
        note=candidate.entry.note if candidate.entry else "",
    )


def record_sent(step: Step, intent: Entry, sent: Sent, *, now: datetime) -> Record:
    """What the answer to a write leaves behind."""
    line = evidence(step, sent)
    if sent.verdict is Verdict.UNANSWERED:
        # The settling time counts from here: until now the request may have been on its way.
        ifs_id = sent.ifs_id or intent.ifs_id
        entry = replace(
            intent,
            state=State.IN_DOUBT,
            ifs_id=ifs_id,
            sent_at=now,
            unanswered=intent.unanswered + 1,
        )
        return Record(entry=entry, outcome=Outcome.IN_DOUBT, line=line)
    if sent.verdict in {Verdict.STALE, Verdict.POSTPONED}:
        # Nothing was written: what was remembered before still holds.
        untouched = replace(intent, state=State.WAITING, intent=None)
        entry = step.candidate.entry or untouched
        return Record(entry=entry, outcome=Outcome.IN_DOUBT, line=line)
    if sent.verdict is Verdict.REFUSED:
        return _record_refused(step, intent, sent, now=now)
    if step.decision in {Decision.CANCEL, Decision.MOVE}:
        entry = replace(
            intent, state=State.CANCELLED, intent=None, content=None, note="", unanswered=0
        )
        if step.decision is Decision.MOVE:
            # It follows under its new key: the next run sees to it if this one is killed here.
            entry = replace(entry, state=State.HELD, key=None, ifs_id="")
        return Record(entry=entry, outcome=Outcome.CANCELLED, billed=(), line=line)
    outcome = {
        Decision.CREATE: Outcome.POSTED,
        Decision.COMPLETE: Outcome.COMPLETED,
        Decision.UPDATE: Outcome.UPDATED,
    }[step.decision]
    entry = confirmed(intent, ifs_id=sent.ifs_id or intent.ifs_id)
    return Record(entry=entry, outcome=outcome, billed=_billed(step), line=line)


def confirmed(entry: Entry, *, ifs_id: str, note: str = "") -> Entry:
    """The entry of a document that IFS holds as it was sent."""
    keeps_record = entry.source.kind == "purchase_order"
    return replace(
        entry,
        state=State.CONFIRMED,
        content=entry.intent or entry.content,
        intent=None,
        ifs_id=ifs_id,
        note=note,
        problems=(),
        record=entry.record if keeps_record else None,
        held_since=None,
        is_due=False,
        unanswered=0,
    )


def record_unresolved(step: Step, problem: Problem, *, now: datetime) -> Record:
    """A write that comes to no end: it is left to a person, and its neighbours go on.

    What stands in IFS stays on record as it was. Every run looks and tries once more.
    """
    candidate, before = step.candidate, step.candidate.entry
    since = (before.held_since if before else None) or now
    was_told = before is not None and before.problems == (problem,)
    is_announced = was_told and before is not None and before.is_announced
    unanswered = UNANSWERED_MAX - 1
    if before and before.known is Known.IN_DOUBT and step.shown is None:
        entry = replace(before, state=State.REJECTED)
        # Beyond all patience there is only one way: given up and told before, then tried once more.
        was_told = is_announced = before.unanswered > UNANSWERED_ALONE_MAX
        unanswered = UNANSWERED_ALONE_MAX
    elif before and before.known in {Known.CONFIRMED, Known.IN_DOUBT}:
        # Where only a part of it stands it stays in doubt, and the next run goes on with it.
        entry = before
    else:
        entry = _new_entry(candidate, State.HELD)
    entry = replace(
        entry,
        problems=(problem,),
        record=candidate.record or entry.record,
        held_since=since,
        unanswered=unanswered,
        is_due=False,
        is_announced=is_announced,
    )
    outcome = Outcome.REJECTED if entry.state is State.REJECTED else Outcome.TO_LOOK_AT
    line = evidence(step) | {"problems": [problem.code]}
    return Record(entry=entry, outcome=outcome, line=None if was_told else line)


def _record_hold(step: Step, *, now: datetime) -> Record:
    candidate, before = step.candidate, step.candidate.entry
    if not candidate.problems and before:
        outcome = Outcome.REJECTED if before.state is State.REJECTED else Outcome.HELD
        return Record(entry=before, outcome=outcome)
    is_new = before is None or before.problems != candidate.problems
    if before and before.known in {Known.CONFIRMED, Known.IN_DOUBT}:
        entry = replace(
            before,
            problems=candidate.problems,
            record=candidate.record or before.record,
            held_since=before.held_since or now,
            is_due=False,
        )
    else:
        held_since = before.held_since if before else None
        entry = replace(
            _new_entry(candidate, State.HELD),
            problems=candidate.problems,
            held_since=held_since or now,
        )
    entry = replace(entry, is_announced=not is_new and before is not None and before.is_announced)
    return Record(entry=entry, outcome=Outcome.HELD, line=evidence(step) if is_new else None)


def _record_same(step: Step) -> Record:
    """Nothing to do: what IFS holds is what Procurify says, whoever has brought it there."""
    before, shown = _entry_of(step), _shown_of(step)
    is_as_sent = before.content is not None and has_content(shown, before.content)
    keeps_note = is_as_sent and not is_ours(before)
    is_new_record = before.source.hash != step.candidate.source.hash
    entry = replace(
        before,
        source=step.candidate.source,
        content=before.content if is_as_sent else Content.shown_by(shown),
        amount=_amount_said(step),
        problems=(),
        note=before.note if keeps_note else "",
        is_due=False,
    )
    billed = _billed(step) if is_new_record or not is_as_sent else None
    return Record(entry=entry, outcome=Outcome.UNCHANGED, billed=billed)


def _record_found(step: Step) -> Record:
    """ADOPT or CONFIRM: the invoice is in IFS and is linked; differences are told, not mended."""
    candidate, shown = step.candidate, _shown_of(step)
    was_ours = step.decision is Decision.CONFIRM
    base = _entry_of(step) if was_ours else _new_entry(candidate, State.CONFIRMED)
    content = base.intent if was_ours else Content.shown_by(shown)
    note = ""
    if step.differences:
        note = (
            f"invoice {shown.invoice_id} was in IFS already and differs: "
            f"{'; '.join(step.differences)}. Nothing was written; correct it in IFS or Procurify"
        )
    entry = confirmed(replace(base, intent=content), ifs_id=shown.invoice_id, note=note)
    outcome = Outcome.FOUND if was_ours else Outcome.ADOPTED
    billed = None if was_ours and has_newer(step) else _billed(step)
    return Record(entry=entry, outcome=outcome, billed=billed, line=evidence(step))


def has_newer(step: Step) -> bool:
    """Whether what was found is an older version of the document than the one in hand."""
    entry, document = step.candidate.entry, step.candidate.document
    if step.decision is not Decision.CONFIRM or entry is None or document is None:
        return False
    return entry.intent is None or entry.intent.fingerprint != document.fingerprint


def _record_change(step: Step) -> Record:
    before = _entry_of(step)
    note = describe_change(step.candidate, step.shown, step.differences)
    state = State.CONFIRMED if before.known is Known.IN_DOUBT else before.state
    content, ifs_id = before.content, before.ifs_id
    if step.shown and is_mine(step.candidate, step.shown):
        ifs_id = step.shown.invoice_id
    if before.known is Known.IN_DOUBT and step.shown:
        content = Content.shown_by(step.shown)
        if before.intent and is_elsewhere(step.candidate, step.shown):
            # It is looked for under the number that was sent, which goes with the key.
            content = replace(content, number=before.intent.number)
    entry = replace(
        before,
        state=state,
        content=content,
        intent=None,
        ifs_id=ifs_id,
        amount=_amount_said(step),
        note=note,
        problems=(),
        is_due=False,
        record=step.candidate.record or before.record,
    )
    is_new = note != before.note
    entry = replace(entry, is_announced=not is_new and before.is_announced)
    line = evidence(step) if is_new else None
    return Record(entry=entry, outcome=Outcome.TO_LOOK_AT, line=line)


def _record_left_out(step: Step) -> Record:
    before = step.candidate.entry
    was_in_ifs = before is not None and before.known in {Known.CONFIRMED, Known.CANCELLED}
    state = State.CANCELLED if was_in_ifs else State.LEFT_OUT
    entry = _new_entry(step.candidate, state)
    if step.candidate.source.kind != "purchase_order":
        entry = replace(entry, record=None)
    is_news = before is None or before.state is not state
    return Record(
        entry=entry,
        outcome=Outcome.LEFT_OUT,
        billed=(),
        line=evidence(step) if is_news else None,
    )


def _record_refused(step: Step, intent: Entry, sent: Sent, *, now: datetime) -> Record:
    """A refused creation stands nowhere; a refused change leaves what was there before."""
    problems = sent.problems
    before = step.candidate.entry
    is_new = before is None or before.problems != problems
    if step.decision is Decision.CREATE or before is None:
        entry = replace(intent, state=State.REJECTED, is_due=False)
        outcome = Outcome.REJECTED
    else:
        # The record stays the old one, so that the change is tried again by the next run.
        record = step.candidate.record or before.record
        entry = replace(before, record=record, amount=_amount_said(step))
        outcome = Outcome.TO_LOOK_AT
    entry = replace(
        entry,
        problems=problems,
        held_since=(before.held_since if before else None) or now,
        unanswered=0,
        is_announced=not is_new and before is not None and before.is_announced,
    )
    return Record(entry=entry, outcome=outcome, line=evidence(step, sent))


def _new_entry(candidate: Candidate, state: State) -> Entry:
    before, document = candidate.entry, candidate.document
    day = dict(document.header).get("InvoiceDate") if document else None
    return Entry(
        source=candidate.source,
        state=state,
        rules_version=candidate.rules_version,
        key=document.key if document else (before.key if before else None),
        amount=candidate.amount,
        currency=candidate.currency,
        ifs_id=before.ifs_id if before else "",
        record=candidate.record,
        unanswered=before.unanswered if before else 0,
        alias=before.alias if before else "",
        day=day if isinstance(day, date) else (before.day if before else None),
        is_released=before is not None and before.is_released,
    )


def _amount_said(step: Step) -> Decimal | None:
    """The gross amount that Procurify says now, whatever stands in IFS."""
    candidate = step.candidate
    before = candidate.entry.amount if candidate.entry else None
    return before if candidate.amount is None else candidate.amount


def _entry_of(step: Step) -> Entry:
    if step.candidate.entry is None:
        message = f"{step.decision} needs an entry of the outbox"
        raise AssertionError(message)
    return step.candidate.entry


def _shown_of(step: Step) -> InvoiceShown:
    if step.shown is None:
        message = f"{step.decision} needs an invoice that IFS shows"
        raise AssertionError(message)
    return step.shown


def _billed(step: Step) -> tuple[BilledLine, ...] | None:
    document = step.candidate.document
    if document is None or step.candidate.source.kind != "bill":
        return None
    return document.billed
