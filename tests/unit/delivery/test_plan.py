"""The decision table, enumerated whole: every situation has one decision, the right one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from target_ifs_cloud.delivery.plan import (
    CHANGES,
    WRITES,
    Decision,
    Known,
    Move,
    Shown,
    Situation,
    decide,
)

EVERY = [
    Situation(
        is_wanted=wanted,
        has_problems=problems,
        known=known,
        shown=shown,
        is_changed=changed,
        is_settled=settled,
        is_preliminary=preliminary,
        move=move,
        is_hopeless=hopeless,
    )
    for wanted, problems in product((True, False), (True, False))
    for known, shown in product(Known, Shown)
    for changed, settled, preliminary in product((True, False), (True, False), (True, False))
    for move, hopeless in product(Move, (True, False))
]
PRESENT = (Shown.SAME, Shown.PARTIAL, Shown.DIFFERENT)
UNSENT = (Known.NOTHING, Known.HELD, Known.REJECTED, Known.CANCELLED)


def expected(s: Situation) -> Decision:
    """The table of ARCHITECTURE.md, written a second time, with its last row on top."""
    row = expected_row(s)
    is_hopeless_change = row in CHANGES and s.is_hopeless
    is_hopeless_create = row is Decision.CREATE and s.known is Known.IN_DOUBT and s.is_hopeless
    return Decision.GIVE_UP if is_hopeless_change or is_hopeless_create else row


def expected_row(s: Situation) -> Decision:  # noqa: C901, PLR0911, PLR0912 (a table, row by row)
    """One row after the other."""
    if s.has_problems:
        return Decision.HOLD
    if not s.is_wanted and s.known in UNSENT:
        return Decision.LEAVE_OUT
    if s.shown is Shown.UNANSWERED:
        return Decision.STOP
    row = (s.known, s.shown)
    if not s.is_wanted:
        if s.shown is Shown.ABSENT:
            gone_for_good = s.known is Known.CONFIRMED or s.is_settled
            return Decision.LEAVE_OUT if gone_for_good else Decision.STOP
        if s.shown is Shown.DIFFERENT or not s.is_preliminary:
            return Decision.REPORT_CHANGE
        return Decision.CANCEL
    if s.known in UNSENT and s.shown in PRESENT:
        return Decision.ADOPT
    if row == (Known.NOTHING, Shown.ABSENT):
        return Decision.CREATE
    if s.known in UNSENT:
        return Decision.CREATE if s.is_changed else Decision.HOLD
    if s.known is Known.IN_DOUBT:
        return {
            Shown.SAME: Decision.CONFIRM,
            Shown.PARTIAL: Decision.COMPLETE if s.is_settled else Decision.STOP,
            Shown.DIFFERENT: Decision.REPORT_CHANGE,
            Shown.ABSENT: Decision.CREATE if s.is_settled else Decision.STOP,
        }[s.shown]
    if s.shown is Shown.SAME and s.move is Move.FREE and s.is_changed and s.is_preliminary:
        return Decision.MOVE
    if s.shown is Shown.SAME and s.move is not Move.NONE:
        return Decision.REPORT_CHANGE
    if s.shown is Shown.SAME and not s.is_changed:
        return Decision.SKIP
    if s.shown is Shown.SAME and s.is_preliminary:
        return Decision.UPDATE
    if s.shown is Shown.PARTIAL and s.is_preliminary:
        return Decision.COMPLETE
    return Decision.REPORT_CHANGE


def test_every_situation_has_the_decision_of_the_table() -> None:
    """No input is left to chance."""
    for situation in EVERY:
        assert decide(situation) is expected(situation)


def test_no_write_on_an_unanswered_question() -> None:
    """A look-up that did not finish never leads to a write."""
    for situation in EVERY:
        if situation.shown is Shown.UNANSWERED:
            assert decide(situation) not in WRITES


def test_a_document_is_created_only_when_ifs_shows_none() -> None:
    """CREATE never meets an invoice of the same key, nor an unsettled doubt."""
    for situation in EVERY:
        if decide(situation) is Decision.CREATE:
            assert situation.shown is Shown.ABSENT
            assert situation.known is not Known.CONFIRMED
            assert situation.known is not Known.IN_DOUBT or situation.is_settled


def test_nothing_is_added_to_an_invoice_while_its_own_rows_may_still_arrive() -> None:
    """COMPLETE waits for the settling time too: what is late would stand there twice."""
    for situation in EVERY:
        if decide(situation) is Decision.COMPLETE and situation.known is Known.IN_DOUBT:
            assert situation.is_settled


def test_a_posted_invoice_is_never_changed() -> None:
    """UPDATE and CANCEL are for preliminary invoices that are still as we left them."""
    for situation in EVERY:
        if decide(situation) in {Decision.UPDATE, Decision.MOVE, Decision.CANCEL}:
            assert situation.is_preliminary
            assert situation.shown in {Shown.SAME, Shown.PARTIAL}


def test_a_document_with_problems_is_never_written() -> None:
    """Wrong documents are held, whatever else is known."""
    for situation in EVERY:
        if situation.has_problems:
            assert decide(situation) is Decision.HOLD


def test_a_hopeless_write_is_never_sent_again_and_nothing_else_changes() -> None:
    """Giving up replaces a write that would be sent once more, and no other decision."""
    for situation in EVERY:
        if not situation.is_hopeless:
            assert decide(situation) is not Decision.GIVE_UP
            continue
        calm = decide(replace(situation, is_hopeless=False))
        decision = decide(situation)
        assert decision is calm or (decision is Decision.GIVE_UP and calm in WRITES)
        assert decision not in CHANGES
