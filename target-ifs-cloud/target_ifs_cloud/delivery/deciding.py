"""Takes the decision for each candidate: outbox, grouped look-up in IFS, decision table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.plan import Decision, Known, Move, Shown, decide
from target_ifs_cloud.delivery.recording import Step
from target_ifs_cloud.delivery.sending import Sender
from target_ifs_cloud.delivery.situation import (
    Candidate,
    has_content,
    is_mine,
    is_ours,
    is_settled,
    situation_of,
)
from target_ifs_cloud.documents import DocumentKey
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

    def decide_all(self, candidates: Sequence[Candidate], *, is_serving: bool) -> list[Step]:
        """One decision per candidate, from one grouped look-up.

        Raises:
            TemporaryError: the look-up was not answered completely.
        """
        numbers: dict[DocumentKey, str] = {}
        for candidate in candidates:
            if candidate.key and _needs_look_up(candidate):
                numbers[candidate.key] = _number_of(candidate)
                if candidate.is_moved and candidate.document:
                    numbers.setdefault(candidate.document.key, candidate.document.number)
        found: Found = self._sender.find(numbers) if numbers else {}
        return [self._decide(candidate, found, is_serving) for candidate in candidates]

    def _decide(self, candidate: Candidate, found: Found, is_serving: bool) -> Step:  # noqa: FBT001
        if not _needs_look_up(candidate):
            decision = Decision.HOLD if candidate.problems else Decision.LEAVE_OUT
            return Step(candidate=candidate, decision=decision)
        shown = _ours_first(found.get(candidate.key, ()) if candidate.key else (), candidate)
        if candidate.problems:
            return self._decide_doubt_with_problems(candidate, shown)
        move = _move_of(candidate, found)
        candidate, details = self._look_closer(candidate, shown)
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
        if decision in _OF_OURS and not is_ours(candidate.entry):
            decision = Decision.REPORT_CHANGE
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


_WITHOUT_OWNERSHIP = {
    Decision.UPDATE: Decision.REPORT_CHANGE,
    Decision.MOVE: Decision.REPORT_CHANGE,
    Decision.CANCEL: Decision.REPORT_CHANGE,
    Decision.COMPLETE: Decision.REPORT_CHANGE,
    Decision.CONFIRM: Decision.ADOPT,
}
"""What becomes of a decision when the invoice was entered by other hands."""

_OF_OURS = frozenset({Decision.UPDATE, Decision.MOVE, Decision.CANCEL})


def _move_of(candidate: Candidate, found: Found) -> Move:
    if not candidate.is_moved or candidate.document is None:
        return Move.NONE
    return Move.TAKEN if found.get(candidate.document.key) else Move.FREE


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
