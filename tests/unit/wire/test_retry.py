"""Whether a request may be sent again: the whole table, and what it must never allow."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from target_ifs_cloud.wire.exchange import NO_ERROR, ErrorText
from target_ifs_cloud.wire.retry import (
    Failure,
    GiveUp,
    Kind,
    Limits,
    Repeat,
    Stage,
    backoff_s,
    decide,
    retry_after_s,
)

LIMITS = Limits()
MODIFIED = ErrorText(code="MI_MODIFIED_ERROR")
LOCKED = ErrorText(code="DATABASE_ERROR", number=20113, tag="ManSuppInvoice.FND_LOCKED")
REFUSAL = ErrorText(code="DATABASE_ERROR", number=20110, tag="ManSuppInvoice.NULLVALUE")
STATUSES = (301, 302, 303, 307, 308, 400, 401, 403, 404, 408, 409, 412, 413, 425, 428, 429)
SERVER_STATUSES = (500, 501, 502, 503, 504, 511)


def outcome(failure: Failure) -> str:
    """The decision as one word."""
    decision = decide(failure, limits=LIMITS, random=0.5)
    if isinstance(decision, GiveUp):
        return decision.kind.value
    if decision.renew_token:
        return "renew"
    return "wait" if decision.told_to_wait else "repeat"


# By status, the decision for a read and for a write.
ANSWERED = {
    301: ("configuration", "configuration"),
    302: ("configuration", "outcome_unknown"),
    303: ("configuration", "outcome_unknown"),
    307: ("configuration", "configuration"),
    308: ("configuration", "configuration"),
    400: ("refused", "refused"),
    401: ("renew", "renew"),
    403: ("refused", "refused"),
    404: ("refused", "refused"),
    408: ("repeat", "outcome_unknown"),
    409: ("refused", "refused"),
    412: ("refused", "refused"),
    413: ("refused", "refused"),
    425: ("repeat", "outcome_unknown"),
    428: ("refused", "refused"),
    429: ("wait", "wait"),
    500: ("repeat", "outcome_unknown"),
    501: ("refused", "refused"),
    502: ("repeat", "outcome_unknown"),
    503: ("wait", "outcome_unknown"),
    504: ("repeat", "outcome_unknown"),
    511: ("repeat", "outcome_unknown"),
}


@pytest.mark.parametrize(
    ("status", "is_read"), list(itertools.product([*STATUSES, *SERVER_STATUSES], [True, False]))
)
def test_every_status_has_its_decision(*, status: int, is_read: bool) -> None:
    """A write is repeated only where the server said that it was not done."""
    read, write = ANSWERED[status]
    failure = Failure(is_read=is_read, stage=Stage.ANSWERED, status=status)
    assert outcome(failure) == (read if is_read else write)


@pytest.mark.parametrize(
    ("stage", "read", "write"),
    [
        (Stage.NOT_SENT, "repeat", "repeat"),
        (Stage.UNTRUSTED, "configuration", "configuration"),
        (Stage.NO_ANSWER, "repeat", "outcome_unknown"),
    ],
)
def test_a_write_without_an_answer_is_repeated_only_if_nothing_left(
    stage: Stage, read: str, write: str
) -> None:
    """What may have arrived is looked up, not sent again."""
    assert outcome(Failure(is_read=True, stage=stage)) == read
    assert outcome(Failure(is_read=False, stage=stage)) == write


@pytest.mark.parametrize("status", [500, 503])
def test_changed_metadata_means_that_a_write_was_not_served(status: int) -> None:
    """Old releases say it with 500, new ones with 503; both are safe to repeat."""
    failure = Failure(is_read=False, stage=Stage.ANSWERED, status=status, error=MODIFIED)
    assert outcome(failure) == "wait"


@pytest.mark.parametrize("status", [400, 409, 423, 500])
def test_a_locked_row_is_tried_again(status: int) -> None:
    """A lock is somebody else's moment, whatever the status."""
    failure = Failure(is_read=False, stage=Stage.ANSWERED, status=status, error=LOCKED)
    assert outcome(failure) == "repeat"


def test_a_lock_that_stays_is_no_refusal_of_the_document() -> None:
    """After the last try the run stops; the document is not marked as refused."""
    failure = Failure(
        is_read=False,
        stage=Stage.ANSWERED,
        status=400,
        error=LOCKED,
        attempt=LIMITS.attempts_max,
    )
    assert outcome(failure) == "temporary"


def test_an_internal_error_with_a_database_text_leaves_a_write_unknown() -> None:
    """A 500 says nothing certain, even when a text looks like a refusal."""
    failure = Failure(is_read=False, stage=Stage.ANSWERED, status=500, error=REFUSAL)
    assert outcome(failure) == "outcome_unknown"


def test_a_second_401_is_a_matter_for_the_configuration() -> None:
    """One renewal, one replay, then a person."""
    failure = Failure(is_read=False, stage=Stage.ANSWERED, status=401, has_renewed=True)
    assert outcome(failure) == "configuration"


def test_a_redirect_to_the_login_page_counts_as_an_expired_token() -> None:
    """Some sites answer with the login page instead of 401."""
    failure = Failure(is_read=False, stage=Stage.ANSWERED, status=302, is_login_redirect=True)
    assert outcome(failure) == "renew"


def _every_write() -> Iterator[Failure]:
    """The whole product of what can happen to a write."""
    for stage, status, error, has_renewed, attempt, waits in itertools.product(
        list(Stage),
        [*STATUSES, *SERVER_STATUSES],
        [NO_ERROR, MODIFIED, LOCKED, REFUSAL],
        [True, False],
        [1, LIMITS.attempts_max],
        [0, LIMITS.waits_max],
    ):
        yield Failure(
            is_read=False,
            stage=stage,
            status=status,
            error=error,
            has_renewed=has_renewed,
            attempt=attempt,
            waits=waits,
        )


def test_no_write_is_ever_repeated_on_an_open_question() -> None:
    """Over the whole product, repeated writes are those of the five certain reasons."""
    repeated = 0
    for failure in _every_write():
        if not isinstance(decide(failure, limits=LIMITS, random=0.5), Repeat):
            continue
        repeated += 1
        is_answered = failure.stage is Stage.ANSWERED
        reasons = [
            failure.stage is Stage.NOT_SENT,
            is_answered and failure.status == 429,
            is_answered and failure.status >= 500 and failure.error == MODIFIED,
            is_answered and failure.status == 401 and not failure.has_renewed,
            is_answered and failure.error == LOCKED,
        ]
        assert any(reasons), failure
    assert repeated > 0


@pytest.mark.parametrize("stage", list(Stage))
def test_every_request_comes_to_an_end(stage: Stage) -> None:
    """At the limits nothing is repeated, whatever happened."""
    for status in ANSWERED:
        failure = Failure(
            is_read=True,
            stage=stage,
            status=status,
            has_renewed=True,
            attempt=LIMITS.attempts_max,
            waits=LIMITS.waits_max,
        )
        assert isinstance(decide(failure, limits=LIMITS, random=0.0), GiveUp)


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_never_earlier_than_retry_after(chance: float) -> None:
    """The spread comes on top of what the server asked for."""
    failure = Failure(is_read=False, stage=Stage.ANSWERED, status=429, retry_after_s=7.0)
    decision = decide(failure, limits=LIMITS, random=chance)
    assert isinstance(decision, Repeat)
    assert 7.0 <= decision.after_s < 7.0 + LIMITS.backoff_first_s


def test_an_absurd_retry_after_ends_the_run_instead_of_sleeping_for_it() -> None:
    """A scheduler waits better than a process."""
    failure = Failure(
        is_read=True,
        stage=Stage.ANSWERED,
        status=503,
        retry_after_s=LIMITS.retry_after_max_s + 1,
    )
    assert decide(failure, limits=LIMITS, random=0.5) == GiveUp(kind=Kind.TEMPORARY)


def test_the_longest_retry_after_is_still_waited_for() -> None:
    """The limit itself is within the limit."""
    failure = Failure(
        is_read=True, stage=Stage.ANSWERED, status=503, retry_after_s=LIMITS.retry_after_max_s
    )
    assert outcome(failure) == "wait"


def test_waits_without_retry_after_grow() -> None:
    """Each time the server asks to wait, the next wait may be twice as long."""
    waits = []
    for waited in range(3):
        failure = Failure(is_read=False, stage=Stage.ANSWERED, status=429, waits=waited)
        decision = decide(failure, limits=LIMITS, random=1.0)
        assert isinstance(decision, Repeat)
        waits.append(decision.after_s)
    assert waits == [0.5, 1.0, 2.0]


def test_backoff_doubles_up_to_its_limit_and_is_spread_whole() -> None:
    """Full jitter: anything from nothing to the doubled value."""
    ceilings = [backoff_s(n, limits=LIMITS, random=1.0) for n in (1, 2, 3, 20, 1000)]
    assert ceilings == [0.5, 1.0, 2.0, 30.0, 30.0]
    assert backoff_s(5, limits=LIMITS, random=0.0) == 0.0


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "date", "expected"),
    [
        (None, None, None),
        ("", None, None),
        ("soon", None, None),
        ("nan", None, None),
        ("12", None, 12.0),
        (" 1.5 ", None, 1.5),
        ("-4", None, 0.0),
        ("1e400", None, float("inf")),
        ("Sun, 01 Mar 2026 12:00:30 GMT", None, 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", None, 0.0),
        ("Sun, 01 Mar 2026 12:10:30 GMT", "Sun, 01 Mar 2026 12:10:00 GMT", 30.0),
        ("Sun, 01 Mar 2026 12:10:30 -0000", "not a date", 630.0),
    ],
)
def test_retry_after_is_read_in_both_forms(
    value: str | None, date: str | None, expected: float | None
) -> None:
    """Seconds, or a date measured against the server's own clock."""
    assert retry_after_s(value, date=date, now=NOW) == expected
