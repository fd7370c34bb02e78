"""The decision table: what to do with one document, from what is known of it. Pure.

Everything that delivery does to IFS Cloud is one of the decisions below, and this function is the
only place that takes them. The tests enumerate the whole product of its inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from typing_extensions import assert_never


class Known(Enum):
    """What the outbox remembers of the document."""

    NOTHING = "nothing"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Shown(Enum):
    """What IFS shows under the document's key; cancelled invoices do not count.

    ``SAME`` and ``DIFFERENT`` compare with what was last sent, or with the document itself when
    nothing was sent before. ``PARTIAL`` is ours and matches as far as it goes: the rest is missing.
    """

    UNANSWERED = "unanswered"
    ABSENT = "absent"
    SAME = "same"
    PARTIAL = "partial"
    DIFFERENT = "different"


class Move(Enum):
    """Whether an edit gave a sent document another key, and whether IFS has that key free."""

    NONE = "none"
    FREE = "free"
    TAKEN = "taken"


class Decision(Enum):
    """What happens next. Those in ``WRITES`` write to IFS.

    ``MOVE`` cancels the invoice under the old key; the document is then decided again under its
    new one. ``GIVE_UP`` leaves a write alone that never gets an answer, for a person.
    """

    HOLD = "hold"
    STOP = "stop"
    CREATE = "create"
    ADOPT = "adopt"
    CONFIRM = "confirm"
    COMPLETE = "complete"
    REPORT_CHANGE = "report_change"
    SKIP = "skip"
    UPDATE = "update"
    MOVE = "move"
    CANCEL = "cancel"
    GIVE_UP = "give_up"
    LEAVE_OUT = "leave_out"


CHANGES = frozenset({Decision.COMPLETE, Decision.UPDATE, Decision.MOVE, Decision.CANCEL})
WRITES = CHANGES | {Decision.CREATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a decision depends on.

    ``is_wanted``: the source is eligible now. ``has_problems``: mapping or checks found reasons to
    hold. ``is_changed``: the document differs from the one last recorded, or (held, rejected) the
    document, the rules or the reasons do. ``is_settled``: the settling time since an unanswered
    write is over. ``is_preliminary``: IFS still allows the invoice to be changed. ``is_hopeless``:
    this very write was sent again and again without ever getting an answer.
    """

    is_wanted: bool
    has_problems: bool
    known: Known
    shown: Shown
    is_changed: bool
    is_settled: bool
    is_preliminary: bool
    move: Move = Move.NONE
    is_hopeless: bool = False


def decide(situation: Situation) -> Decision:
    """The one decision for this situation."""
    if situation.has_problems:
        return Decision.HOLD
    decision = _decide_unwanted(situation)
    if situation.is_wanted:
        decision = _decide_wanted(situation)
    is_sent_again = decision in CHANGES or situation.known is Known.IN_DOUBT
    if situation.is_hopeless and decision in WRITES and is_sent_again:
        return Decision.GIVE_UP
    return decision


def _decide_wanted(situation: Situation) -> Decision:
    if situation.shown is Shown.UNANSWERED:
        return Decision.STOP
    match situation.known:
        case Known.NOTHING | Known.HELD | Known.REJECTED | Known.CANCELLED:
            return _decide_unsent(situation)
        case Known.IN_DOUBT:
            return _decide_in_doubt(situation)
        case Known.CONFIRMED:
            return _decide_confirmed(situation)
        case _:
            assert_never(situation.known)


def _decide_unsent(situation: Situation) -> Decision:
    """Nothing of ours is in IFS; what stands there under this key came from somewhere else."""
    if situation.shown is not Shown.ABSENT:
        return Decision.ADOPT
    is_new = situation.known is Known.NOTHING
    return Decision.CREATE if is_new or situation.is_changed else Decision.HOLD


def _decide_in_doubt(situation: Situation) -> Decision:
    """What is not there yet, all of it or a part, may still arrive until the settling time ends."""
    match situation.shown:
        case Shown.SAME:
            return Decision.CONFIRM
        case Shown.DIFFERENT:
            return Decision.REPORT_CHANGE
        case _ if not situation.is_settled:
            return Decision.STOP
        case Shown.PARTIAL:
            return Decision.COMPLETE
        case _:
            return Decision.CREATE


def _decide_confirmed(situation: Situation) -> Decision:
    match situation.shown:
        case Shown.SAME if situation.move is not Move.NONE:
            return _decide_moved(situation)
        case Shown.SAME if not situation.is_changed:
            return Decision.SKIP
        case Shown.SAME if situation.is_preliminary:
            return Decision.UPDATE
        case Shown.PARTIAL if situation.is_preliminary:
            return Decision.COMPLETE
        case _:
            return Decision.REPORT_CHANGE


def _decide_moved(situation: Situation) -> Decision:
    """A key cannot be changed in IFS: the old invoice goes, a new one comes, if both may be."""
    is_movable = situation.is_changed and situation.is_preliminary
    is_free = situation.move is Move.FREE
    return Decision.MOVE if is_movable and is_free else Decision.REPORT_CHANGE


def _decide_unwanted(situation: Situation) -> Decision:
    """A bill back in Draft, withdrawn or left out by rule; an order closed or fully billed."""
    if situation.known in {Known.NOTHING, Known.HELD, Known.REJECTED, Known.CANCELLED}:
        return Decision.LEAVE_OUT
    match situation.shown:
        case Shown.UNANSWERED:
            return Decision.STOP
        case Shown.ABSENT if situation.known is Known.CONFIRMED:
            return Decision.LEAVE_OUT
        case Shown.ABSENT:
            return Decision.LEAVE_OUT if situation.is_settled else Decision.STOP
        case Shown.DIFFERENT:
            return Decision.REPORT_CHANGE
        case _:
            return Decision.CANCEL if situation.is_preliminary else Decision.REPORT_CHANGE
