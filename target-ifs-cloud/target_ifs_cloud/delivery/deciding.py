"""Takes the decision for each candidate: outbox, grouped look-up in IFS, decision table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from target_ifs_cloud.delivery.entry import UNSURE, Content, Entry, State
from target_ifs_cloud.delivery.plan import Decision, Known, Move, Shown, decide
from target_ifs_cloud.delivery.sending import Sender
from target_ifs_cloud.delivery.situation import (
    Candidate,
    compare_header,
    has_content,
    is_changed,
    is_elsewhere,
    is_mine,
    is_ours,
    is_settled,
    is_stamped,
    situation_of,
)
from target_ifs_cloud.delivery.step import Step
from target_ifs_cloud.documents import DocumentKey, SupplierInvoice
from target_ifs_cloud.ifs.invoice_reader import Mark
from target_ifs_cloud.ifs.invoices import InvoiceShown

Found = Mapping[DocumentKey, tuple[InvoiceShown, ...]]


class Deciding:
    """From candidates to steps. Thread-safe: it remembers nothing."""

    def __init__(
        self, sender: Sender, *, clock: Callable[[], datetime], settling_time_s: int
    ) -> None:
        """Look up through ``sender``; ``clock`` answers aware UTC moments."""
        self._sender = sender
        self._clock = clock
        self._settling_time_s = settling_time_s

    def decide_all(
        self, candidates: Sequence[Candidate], *, is_serving: bool, is_ring: bool = False
    ) -> list[Step]:
        """One decision per candidate, from one grouped look-up.

        ``is_ring``: they want each other's keys, so their own invoices are in nobody's way.

        Raises:
            TemporaryError: the look-up was not answered completely.
        """
        numbers: dict[DocumentKey, str] = {}
        for candidate in candidates:
            if candidate.key and _needs_look_up(candidate):
                numbers[candidate.key] = _number_of(candidate)
                if candidate.is_moved and candidate.document:
                    numbers.setdefault(candidate.document.key, candidate.document.number)
        marks = {c.key: _mark_of(c) for c in candidates if c.key in numbers}
        looked = self._sender.find(numbers, marks) if numbers else {}
        recognised = [self._recognise(candidate, looked) for candidate in candidates]
        candidates = [candidate for candidate, _ in recognised]
        shown = [invoice for _, invoice in recognised]
        away = {invoice.invoice_id for invoice in shown if invoice} if is_ring else set()
        found: Found = {
            key: tuple(i for i in own if i.is_under(key) and i.invoice_id not in away)
            for key, own in looked.items()
        }
        closer = self._look_closer(candidates, shown)
        edits = self._find_edits(candidates, shown)
        closer |= dict.fromkeys(edits, Shown.DIFFERENT)
        steps = [
            self._decide(candidate, shown[i], closer.get(i), found=found, is_serving=is_serving)
            for i, candidate in enumerate(candidates)
        ]
        for i, told in edits.items():
            steps[i] = replace(steps[i], differences=tuple(told))
        return self._compare_adopted(steps)

    def _decide(
        self,
        candidate: Candidate,
        shown: InvoiceShown | None,
        details: Shown | None,
        *,
        found: Found,
        is_serving: bool,
    ) -> Step:
        if not _needs_look_up(candidate):
            decision = Decision.HOLD if candidate.problems else Decision.LEAVE_OUT
            return Step(candidate=candidate, decision=decision)
        if candidate.problems:
            return self._decide_doubt_with_problems(candidate, shown)
        move = _move_of(candidate, found)
        if shown and _is_update_unsent(candidate, shown):
            if candidate.entry and not self._is_settled(candidate.entry):
                # New rows carry no ETag: what may still arrive would be added a second time.
                return Step(candidate=candidate, decision=Decision.STOP)
            candidate = _with_update_unsent(candidate)
        situation = situation_of(
            candidate,
            shown,
            details,
            move=move,
            now=self._clock(),
            settling_time_s=self._settling_time_s,
            is_serving=is_serving,
        )
        decision = decide(situation)
        if shown and not is_mine(candidate, shown):
            decision = _WITHOUT_OWNERSHIP.get(decision, decision)
        if decision is Decision.LEAVE_OUT:
            candidate = replace(candidate, document=None)
        if decision is Decision.CANCEL:
            candidate = _with_intent_found(candidate)
        if decision in _OF_OURS and not is_ours(candidate.entry):
            decision = Decision.REPORT_CHANGE
        return Step(candidate=candidate, decision=decision, shown=shown)

    def _is_settled(self, entry: Entry) -> bool:
        return is_settled(entry, now=self._clock(), settling_time_s=self._settling_time_s)

    def _decide_doubt_with_problems(self, candidate: Candidate, shown: InvoiceShown | None) -> Step:
        """A document in doubt that is wrong now: held once it is known where it stands."""
        entry = candidate.entry
        if shown is None and entry is not None:
            if not self._is_settled(entry):
                return Step(candidate=candidate, decision=Decision.STOP)
            entry = replace(entry, state=State.HELD, intent=None)
            candidate = replace(candidate, entry=entry)
        elif entry and shown and _is_update_unsent(candidate, shown):
            if not self._is_settled(entry):
                return Step(candidate=candidate, decision=Decision.STOP)
            candidate = _with_update_unsent(candidate)
        return Step(candidate=candidate, decision=Decision.HOLD, shown=shown)

    def _look_closer(
        self, candidates: Sequence[Candidate], shown: Sequence[InvoiceShown | None]
    ) -> dict[int, Shown]:
        """Lines and postings of the documents in doubt: was all of each written, or a part?

        By place in the list; those that nobody need look at more closely are left out.
        """
        details: dict[int, Shown] = {}
        compared: list[tuple[int, SupplierInvoice, InvoiceShown]] = []
        added_up: list[tuple[int, InvoiceShown]] = []
        for i, (candidate, invoice) in enumerate(zip(candidates, shown, strict=True)):
            entry, document = candidate.entry, candidate.document
            is_in_doubt = entry is not None and entry.known is Known.IN_DOUBT
            if entry is None or invoice is None or not is_in_doubt or candidate.problems:
                continue
            intent = entry.intent
            if _is_update_unsent(candidate, invoice):
                details[i] = Shown.SAME
            elif (
                intent is None
                or is_elsewhere(candidate, invoice)
                or not (has_content(invoice, intent) or invoice.is_unfinished)
            ):
                details[i] = Shown.DIFFERENT
            elif document is None or document.fingerprint != intent.fingerprint:
                added_up.append((i, invoice))
            else:
                compared.append((i, document, invoice))
        if added_up:
            are_whole = self._sender.are_whole([invoice for _, invoice in added_up])
            for (i, _), is_whole in zip(added_up, are_whole, strict=True):
                details[i] = Shown.SAME if is_whole else Shown.DIFFERENT
        for (i, _, invoice), told in zip(compared, self._differences(compared), strict=True):
            in_part = Shown.PARTIAL if invoice.is_changeable else Shown.DIFFERENT
            details[i] = in_part if told else Shown.SAME
        return details

    def _find_edits(
        self, candidates: Sequence[Candidate], shown: Sequence[InvoiceShown | None]
    ) -> dict[int, Sequence[str]]:
        """What other hands have changed in IFS of documents that are about to be changed.

        By place in the list. What they have brought to the new document is no difference.
        """
        asked = {
            i: (before, candidate.document, invoice)
            for i, (candidate, invoice) in enumerate(zip(candidates, shown, strict=True))
            if candidate.document and invoice and (before := _sent_before(candidate, invoice))
        }
        if not asked:
            return {}
        sent, documents, invoices = zip(*asked.values(), strict=True)
        found = zip(asked, self._sender.edits(sent, documents, invoices), strict=True)
        return {place: told for place, told in found if told}

    def _recognise(
        self, candidate: Candidate, looked: Found
    ) -> tuple[Candidate, InvoiceShown | None]:
        """The candidate and its invoice; one that names the source is ours, outbox or not."""
        key, document = candidate.key, candidate.document
        if key is None or not _needs_look_up(candidate):
            return candidate, None
        found = looked.get(key, ())
        if _is_unsent(candidate):
            own = [i for i in found if document and is_stamped(i, candidate.source.id)]
            if document and own:
                shown = min(own, key=lambda invoice: not invoice.is_under(key))
                return _remembered(candidate, document, shown), shown
        under = [invoice for invoice in found if invoice.is_under(key)]
        own = [invoice for invoice in found if is_mine(candidate, invoice)]
        found_first = (*(invoice for invoice in own if invoice in under), *own, *under)
        if not found_first:
            return candidate, None
        shown, entry = found_first[0], candidate.entry
        if entry is None or not is_elsewhere(candidate, shown):
            return candidate, shown
        if entry.known is Known.IN_DOUBT and not self._is_settled(entry):
            # What stands there may be what an earlier move has just cancelled.
            return candidate, None
        if document and shown.is_under(document.key):
            candidate = replace(candidate, entry=replace(entry, key=document.key))
        return candidate, shown

    def _compare_adopted(self, steps: list[Step]) -> list[Step]:
        """The same steps; those that adopt an invoice of other hands tell what differs in it."""
        compared = [
            (i, step.candidate.document, step.shown)
            for i, step in enumerate(steps)
            if step.decision is Decision.ADOPT and step.shown and step.candidate.document
        ]
        for (i, _, _), told in zip(compared, self._differences(compared), strict=True):
            steps[i] = replace(steps[i], differences=tuple(told))
        return steps

    def _differences(
        self, compared: Sequence[tuple[int, SupplierInvoice, InvoiceShown]]
    ) -> Sequence[Sequence[str]]:
        if not compared:
            return ()
        documents = [document for _, document, _ in compared]
        return self._sender.differences(documents, [shown for _, _, shown in compared])


_WITHOUT_OWNERSHIP = {
    Decision.UPDATE: Decision.REPORT_CHANGE,
    Decision.MOVE: Decision.REPORT_CHANGE,
    Decision.CANCEL: Decision.REPORT_CHANGE,
    Decision.COMPLETE: Decision.REPORT_CHANGE,
    Decision.CONFIRM: Decision.ADOPT,
}
"""What becomes of a decision when the invoice was entered by other hands."""

_OF_OURS = frozenset({Decision.UPDATE, Decision.MOVE, Decision.CANCEL})


def _is_unsent(candidate: Candidate) -> bool:
    """Whether the outbox knows of no invoice of this document."""
    return candidate.known in {Known.NOTHING, Known.HELD, Known.REJECTED, Known.CANCELLED}


def _mark_of(candidate: Candidate) -> Mark:
    """By what its invoice is known under any number: its id, else the fields that name it."""
    entry = candidate.entry
    if entry and entry.ifs_id and not _is_unsent(candidate):
        return Mark(invoice_id=entry.ifs_id)
    header = candidate.document.header if candidate.document else ()
    id_ = candidate.source.id
    texts = {name: text for name, text in header if isinstance(text, str) and id_ and id_ in text}
    return Mark(texts=texts)


def _sent_before(candidate: Candidate, shown: InvoiceShown) -> SupplierInvoice | None:
    """What was sent last, of a document that is about to be changed; else ``None``."""
    entry, document = candidate.entry, candidate.document
    if entry is None or document is None or entry.known is not Known.CONFIRMED:
        return None
    is_waiting = is_changed(candidate) and shown.is_changeable and not candidate.problems
    if not is_waiting or candidate.not_wanted or compare_header(candidate, shown) is not Shown.SAME:
        return None
    return entry.content.sent(document) if entry.content else None


def _remembered(candidate: Candidate, document: SupplierInvoice, shown: InvoiceShown) -> Candidate:
    """As if the outbox knew: sent under this key and in doubt, or standing under a former one."""
    is_here = shown.is_under(document.key)
    before = candidate.entry or Entry(
        source=candidate.source, state=State.WAITING, rules_version=candidate.rules_version
    )
    entry = replace(
        before,
        source=replace(candidate.source, hash=""),
        state=State.IN_DOUBT if is_here else State.CONFIRMED,
        key=document.key if is_here else shown.key,
        content=Content.shown_by(shown, fingerprint=UNSURE),
        intent=Content.of(document) if is_here else None,
        ifs_id=shown.invoice_id,
        problems=(),
        sent_at=None,
    )
    return replace(candidate, entry=entry)


def _is_update_unsent(candidate: Candidate, shown: InvoiceShown) -> bool:
    """Whether an update in doubt has not reached the header; the ETag makes a second try safe."""
    entry = candidate.entry
    if entry is None or entry.known is not Known.IN_DOUBT or entry.content is None:
        return False
    if is_elsewhere(candidate, shown):
        return False
    is_as_intended = entry.intent is not None and has_content(shown, entry.intent)
    return has_content(shown, entry.content) and not is_as_intended


def _with_intent_found(candidate: Candidate) -> Candidate:
    """What is about to be cancelled before its creation was ever confirmed stands as intended."""
    entry = candidate.entry
    if entry is None or entry.content is not None:
        return candidate
    return replace(candidate, entry=replace(entry, content=entry.intent))


def _with_update_unsent(candidate: Candidate) -> Candidate:
    """Confirmed as before; only a comparison row by row can tell what stands below the header.

    A cancellation has no intent: it changes nothing below.
    """
    entry = candidate.entry
    if entry is None or entry.content is None:
        return candidate
    content = replace(entry.content, fingerprint=UNSURE) if entry.intent else entry.content
    source = replace(entry.source, hash="")
    entry = replace(entry, state=State.CONFIRMED, source=source, content=content)
    return replace(candidate, entry=entry)


def _move_of(candidate: Candidate, found: Found) -> Move:
    if not candidate.is_moved or candidate.document is None:
        return Move.NONE
    return Move.TAKEN if found.get(candidate.document.key) else Move.FREE


def _needs_look_up(candidate: Candidate) -> bool:
    """Whether IFS must be asked: not for what is held, nor for what never was there.

    A withdrawn record with a document was wanted once, and nothing is remembered of it.
    """
    if candidate.key is None:
        return False
    if candidate.problems:
        return candidate.known is Known.IN_DOUBT
    is_maybe_lost = candidate.known is Known.NOTHING and candidate.document is not None
    was_sent = candidate.known in {Known.IN_DOUBT, Known.CONFIRMED}
    return not candidate.not_wanted or was_sent or is_maybe_lost


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
