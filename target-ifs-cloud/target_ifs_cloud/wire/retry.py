"""Whether a request that did not succeed may be sent again. Pure.

The one rule behind every row: a write is repeated only when it is certain that it was not done.
That is when nothing left this machine, when there were too many requests (429), when the server
said that its metadata had changed, when it wanted a new token, or when a row was locked. Everything
else after a write was sent is an unknown outcome, and unknown means look before sending again. A
bare 503 is one of those: a gateway says it too when it loses a server that has done its work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from enum import Enum

from target_ifs_cloud.wire.exchange import METADATA_CHANGED, NO_ERROR, ErrorText, is_lock

_UNAUTHORISED = 401
_TOO_MANY_REQUESTS = 429
_NOT_IMPLEMENTED = 501
_TOLD_TO_WAIT = frozenset({_TOO_MANY_REQUESTS, 503})
# The server may have gone on after its gateway or its clock gave up.
_UNSURE_BELOW_500 = frozenset({408, 425})
# These redirects keep the method, so the request was certainly not served.
_METHOD_KEEPING_REDIRECTS = frozenset({301, 307, 308})
_REDIRECTS = range(300, 400)
_CLIENT_ERRORS = range(400, 500)
_SERVER_ERRORS = range(500, 600)
_DOUBLINGS_MAX = 30


class Stage(Enum):
    """How far an attempt came."""

    NOT_SENT = "no connection, nothing left this machine"
    UNTRUSTED = "the server's certificate is not trusted, nothing left this machine"
    NO_ANSWER = "sent, and no complete answer came back"
    ANSWERED = "a complete answer with another status than 2xx"


class Kind(Enum):
    """Why there is no further attempt; names the error that the transport raises."""

    TEMPORARY = "temporary"
    OUTCOME_UNKNOWN = "outcome_unknown"
    REFUSED = "refused"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How patient a request is. Units: seconds.

    ``attempts_max`` counts ordinary failures, ``waits_max`` the times the server asked to wait. A
    ``Retry-After`` beyond ``retry_after_max_s`` ends the run: a scheduler waits better than we do.
    """

    attempts_max: int = 6
    waits_max: int = 20
    backoff_first_s: float = 0.5
    backoff_max_s: float = 30.0
    retry_after_max_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What is known of an attempt that did not succeed.

    ``attempt`` counts ordinary failures, this one included; ``waits`` counts how often the server
    has asked to wait before this attempt.
    """

    is_read: bool
    stage: Stage
    status: int = 0
    error: ErrorText = NO_ERROR
    retry_after_s: float | None = None
    is_login_redirect: bool = False
    has_renewed: bool = False
    attempt: int = 1
    waits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """Send the same request again. ``told_to_wait``: the server asked for it. Units: seconds."""

    after_s: float
    renew_token: bool = False
    told_to_wait: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Send it no more."""

    kind: Kind


def decide(failure: Failure, *, limits: Limits, random: float) -> Repeat | GiveUp:
    """Repeat or give up. ``random`` is a number from 0 up to 1 that spreads the waits."""
    match failure.stage:
        case Stage.UNTRUSTED:
            return GiveUp(kind=Kind.CONFIGURATION)
        case Stage.NOT_SENT:
            return _repeat_or_stop(failure, limits=limits, random=random)
        case Stage.NO_ANSWER:
            return _decide_unsure(failure, limits=limits, random=random)
        case _:
            return _decide_answered(failure, limits=limits, random=random)


def is_told_to_wait(status: int, error: ErrorText) -> bool:
    """True when somebody on the way wants to be asked again later; a write may have been done."""
    return status in _TOLD_TO_WAIT or is_undone(status, error)


def is_undone(status: int, error: ErrorText) -> bool:
    """True when the request was turned away before it was served, so that a write may be repeated.

    Source: documented by IFS for ``MI_MODIFIED_ERROR`` (503, and 500 in older releases); 429 by its
    definition.
    """
    is_cache = status in _SERVER_ERRORS and error.code == METADATA_CHANGED
    return is_cache or status == _TOO_MANY_REQUESTS


def is_certain_refusal(status: int) -> bool:
    """True when the server has read the request and did nothing of it."""
    is_client_error = status in _CLIENT_ERRORS and status not in _UNSURE_BELOW_500
    return is_client_error or status == _NOT_IMPLEMENTED


def _decide_answered(failure: Failure, *, limits: Limits, random: float) -> Repeat | GiveUp:
    status = failure.status
    if status == _UNAUTHORISED or failure.is_login_redirect:
        if failure.has_renewed:
            return GiveUp(kind=Kind.CONFIGURATION)
        return Repeat(after_s=0.0, renew_token=True)
    if is_undone(status, failure.error) or (failure.is_read and status in _TOLD_TO_WAIT):
        return _decide_wait(failure, limits=limits, random=random)
    if is_lock(failure.error):
        return _repeat_or_stop(failure, limits=limits, random=random)
    if status in _REDIRECTS:
        is_certain = failure.is_read or status in _METHOD_KEEPING_REDIRECTS
        return GiveUp(kind=Kind.CONFIGURATION if is_certain else Kind.OUTCOME_UNKNOWN)
    is_refused = is_certain_refusal(status)
    unsure = _decide_unsure(failure, limits=limits, random=random)
    return GiveUp(kind=Kind.REFUSED) if is_refused else unsure


def _decide_wait(failure: Failure, *, limits: Limits, random: float) -> Repeat | GiveUp:
    """The server said that it did nothing and when to come back: never earlier than that."""
    if failure.waits >= limits.waits_max:
        return GiveUp(kind=Kind.TEMPORARY)
    if failure.retry_after_s is None:
        pause = backoff_s(failure.waits + 1, limits=limits, random=random)
        return Repeat(after_s=pause, told_to_wait=True)
    if failure.retry_after_s > limits.retry_after_max_s:
        return GiveUp(kind=Kind.TEMPORARY)
    spread = random * limits.backoff_first_s
    return Repeat(after_s=failure.retry_after_s + spread, told_to_wait=True)


def _decide_unsure(failure: Failure, *, limits: Limits, random: float) -> Repeat | GiveUp:
    if not failure.is_read:
        return GiveUp(kind=Kind.OUTCOME_UNKNOWN)
    return _repeat_or_stop(failure, limits=limits, random=random)


def _repeat_or_stop(failure: Failure, *, limits: Limits, random: float) -> Repeat | GiveUp:
    if failure.attempt >= limits.attempts_max:
        return GiveUp(kind=Kind.TEMPORARY)
    return Repeat(after_s=backoff_s(failure.attempt, limits=limits, random=random))


def backoff_s(attempt: int, *, limits: Limits, random: float) -> float:
    """How long to wait after the n-th failure: exponential, full jitter. Units: seconds."""
    doublings = min(max(attempt, 1) - 1, _DOUBLINGS_MAX)
    return random * min(limits.backoff_first_s * float(2**doublings), limits.backoff_max_s)


def retry_after_s(value: str | None, *, date: str | None, now: datetime) -> float | None:
    """What ``Retry-After`` asks for, in seconds from now; ``None`` when it says nothing readable.

    A date is measured from the server's own ``Date`` header where there is one, so that a wrong
    clock on either side does not matter.
    """
    text = (value or "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        moment = _moment(text)
        if moment is None:
            return None
        return max((moment - (_moment(date or "") or now)).total_seconds(), 0.0)
    return None if math.isnan(seconds) else max(seconds, 0.0)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
