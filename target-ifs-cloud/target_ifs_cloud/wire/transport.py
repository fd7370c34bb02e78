"""Sends requests to one host: allowed ones only, paced, logged in, repeated only where safe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from target_ifs_cloud.errors import (
    ConfigurationError,
    OutcomeUnknownError,
    RefusedError,
    RunError,
    TemporaryError,
)
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.connection import Answer, Connection, NoAnswerError, Timeouts
from target_ifs_cloud.wire.exchange import (
    NO_ERROR,
    ErrorText,
    Event,
    Observer,
    Request,
    Response,
    body_hash,
)
from target_ifs_cloud.wire.limiter import Limiter, Pace
from target_ifs_cloud.wire.redaction import told
from target_ifs_cloud.wire.retry import (
    Failure,
    GiveUp,
    Kind,
    Limits,
    Repeat,
    Stage,
    backoff_s,
    decide,
    is_told_to_wait,
    retry_after_s,
)
from target_ifs_cloud.wire.token import AccessToken

ATTEMPTS_MAX = 100
"""Upper bound of the loop around one request; ``Limits`` end it long before."""
_UPWARDS = frozenset({".", ".."})
_LOGIN_MARKS = ("/openid-connect/", "/auth/realms/", "/login")


class ForbiddenRequestError(RunError):
    """A request that this program must never send was about to be sent: our own defect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """One row of the allow-list: these methods below this path, nothing else."""

    methods: frozenset[str]
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """How one host is talked to. ``reads_only`` refuses every request that could write."""

    base_url: str
    allowed: tuple[Allowed, ...]
    timeouts: Timeouts = field(default_factory=Timeouts)
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    connections_max: int = 8
    reads_only: bool = False


class Transport:
    """Thread-safe; one per host and run."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        token: AccessToken | None,
        read_error: Callable[[bytes], ErrorText],
        clockwork: Clockwork | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        """Open nothing yet. ``read_error`` finds what classifies a refusal in an error body.

        Raises:
            ConfigurationError: the address is not https (loopback may be http).
        """
        self._settings = settings
        self._clockwork = clockwork or Clockwork()
        self._token = token
        self._read_error = read_error
        self._observers = list(observers)
        self._guard: Callable[[], None] | None = None
        self._not_before = 0.0
        self._wait_asked_s = 0.0
        self._limiter = Limiter(settings.pace, clockwork=self._clockwork)
        self._connection = Connection(
            settings.base_url,
            timeouts=settings.timeouts,
            connections_max=settings.connections_max,
            monotonic=self._clockwork.monotonic,
        )
        if token:
            token.share(self._connection)

    @property
    def base_url(self) -> str:
        """The address of the host."""
        return self._connection.base_url

    @property
    def limiter(self) -> Limiter:
        """The pace that all workers share."""
        return self._limiter

    def guard_writes(self, guard: Callable[[], None]) -> None:
        """Call ``guard`` before every attempt of a write; what it raises keeps it from leaving."""
        self._guard = guard

    def observe(self, observer: Observer) -> None:
        """Tell this observer about every attempt from now on."""
        self._observers.append(observer)

    def close(self) -> None:
        """Close every connection."""
        self._connection.close()
        if self._token:
            self._token.close()

    def back_off(self, attempt: int) -> None:
        """Wait as after the n-th ordinary failure; for answers that only the caller can judge."""
        limits, clockwork = self._settings.limits, self._clockwork
        clockwork.sleep(backoff_s(attempt, limits=limits, random=clockwork.random()))

    def hold_back(self, retry_after: Sequence[str | None], *, attempt: int) -> bool:
        """Parts of an answer asked to wait: close the gate as if the whole answer had.

        ``retry_after`` holds the header of each part. The answer is ``False`` when one of them
        asks for more patience than ``Limits`` allow: nothing is sent any more then.
        """
        limits, clockwork = self._settings.limits, self._clockwork
        now = clockwork.now()
        waits = [retry_after_s(value, date=None, now=now) or 0.0 for value in retry_after]
        if max(waits) > limits.retry_after_max_s:
            self._stop_sending(max(waits))
            return False
        pause = backoff_s(attempt, limits=limits, random=clockwork.random())
        self._limiter.throttled(max(*waits, pause))
        return True

    def send(self, request: Request) -> Response:
        """Send until there is a 2xx answer or no further attempt is safe.

        Raises:
            ForbiddenRequestError: the request is not on the allow-list; nothing was sent.
            TemporaryError: no answer in time, or told to wait too long; nothing was written.
            OutcomeUnknownError: a write was sent and nobody knows whether it was done.
            RefusedError: the server read the request and said no.
            ConfigurationError: login, certificate or address are wrong.
        """
        self._check_allowed(request)
        if self._clockwork.monotonic() < self._not_before:
            raise TemporaryError(
                f"{request.about}: not sent. The server has asked to wait {self._wait_asked_s:.0f} "
                "s, which is longer than a run waits. Run again after that"
            )
        waits = 0
        has_renewed = False
        for attempt in range(1, ATTEMPTS_MAX + 1):
            token = self._token.value() if self._token else ""
            self._limiter.wait_for_turn()
            if self._guard and not request.is_read:
                self._guard()
            answer, failure = self._attempt(request, token, attempt)
            if failure is None:
                self._limiter.succeeded()
                return Response(status=answer.status, headers=answer.headers, body=answer.body)
            failure = replace(
                failure, attempt=attempt - waits, waits=waits, has_renewed=has_renewed
            )
            decision = self._decide(failure)
            if isinstance(decision, GiveUp):
                self._keep_away(failure)
                _raise(decision.kind, request, failure)
            has_renewed = has_renewed or decision.renew_token
            waits += int(decision.told_to_wait)
            self._prepare_repeat(decision, token)
        raise TemporaryError(f"{request.about}: no answer after {ATTEMPTS_MAX} attempts")

    def _decide(self, failure: Failure) -> Repeat | GiveUp:
        return decide(failure, limits=self._settings.limits, random=self._clockwork.random())

    def _prepare_repeat(self, decision: Repeat, token: str) -> None:
        if decision.renew_token and self._token:
            self._token.renew(token)
        elif decision.told_to_wait:
            self._limiter.throttled(decision.after_s)
        elif decision.after_s > 0:
            self._clockwork.sleep(decision.after_s)

    def _keep_away(self, failure: Failure) -> None:
        """What is asked next comes no earlier than an answer that decided nothing has told."""
        if failure.retry_after_s is None or not is_told_to_wait(failure.status, failure.error):
            return
        if failure.retry_after_s > self._settings.limits.retry_after_max_s:
            self._stop_sending(failure.retry_after_s)
        else:
            self._limiter.throttled(failure.retry_after_s)

    def _stop_sending(self, wait_s: float) -> None:
        """A wait beyond what a run waits: a scheduler waits better than we do."""
        self._not_before = self._clockwork.monotonic() + wait_s
        self._wait_asked_s = wait_s

    def _attempt(self, request: Request, token: str, attempt: int) -> tuple[Answer, Failure | None]:
        headers = {"Accept": "application/json", **request.headers}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            answer = self._connection.exchange(
                request.method, request.path, headers=headers, body=request.body
            )
        except NoAnswerError as error:
            self._tell(request, None, attempt)
            failure = Failure(is_read=request.is_read, stage=error.stage)
            return Answer(status=0, headers={}, body=b""), failure
        self._tell(request, answer, attempt)
        return answer, None if 200 <= answer.status < 300 else self._failure(request, answer)  # noqa: PLR2004

    def _failure(self, request: Request, answer: Answer) -> Failure:
        headers = answer.headers
        is_redirect = 300 <= answer.status < 400  # noqa: PLR2004
        target = headers.get("location", "").lower()
        return Failure(
            is_read=request.is_read,
            stage=Stage.ANSWERED,
            status=answer.status,
            error=NO_ERROR if is_redirect else self._read_error(answer.body),
            retry_after_s=retry_after_s(
                headers.get("retry-after"), date=headers.get("date"), now=self._clockwork.now()
            ),
            is_login_redirect=is_redirect and any(mark in target for mark in _LOGIN_MARKS),
        )

    def _tell(self, request: Request, answer: Answer | None, attempt: int) -> None:
        event = Event(
            method=request.method,
            path=request.path,
            about=request.about,
            body_hash=body_hash(request.body),
            status=answer.status if answer else None,
            attempt=attempt,
            etag_before=request.headers.get("If-Match", ""),
            etag_after=answer.headers.get("etag", "") if answer else "",
        )
        for observer in self._observers:
            observer(event)

    def _check_allowed(self, request: Request) -> None:
        path = urlsplit(request.path).path
        is_plain = request.path.startswith("/") and _UPWARDS.isdisjoint(unquote(path).split("/"))
        for rule in self._settings.allowed:
            is_allowed = request.method in rule.methods and path.startswith(rule.prefix)
            if is_plain and is_allowed and (request.is_read or not self._settings.reads_only):
                return
        message = f"{request.method} {path} is not on the allow-list"
        raise ForbiddenRequestError(message)


def _raise(kind: Kind, request: Request, failure: Failure) -> NoReturn:
    """The error of ours that says what happened, what is certain and what to do."""
    status = failure.status
    seen = f"status {status}" if status else failure.stage.value
    if failure.retry_after_s:
        seen += f", asked to wait {failure.retry_after_s:.0f} s"
    match kind:
        case Kind.TEMPORARY:
            message = f"{request.about}: {seen}. Certain: nothing was written. Run again later"
            raise TemporaryError(message)
        case Kind.OUTCOME_UNKNOWN:
            message = (
                f"{request.about}: {seen}. It may or may not have been done: look before sending"
            )
            raise OutcomeUnknownError(message)
        case Kind.CONFIGURATION:
            message = f"{request.about}: {seen}. {_cure(failure)}"
            raise ConfigurationError(message)
        case _:
            error = failure.error
            raise RefusedError(
                f"{request.about}: refused with status {status} {told(error)}".rstrip(),
                status=status,
                **error._asdict(),
            )


def _cure(failure: Failure) -> str:
    if failure.stage is Stage.UNTRUSTED:
        return "Give this machine the authority that signed the certificate; checks stay on"
    if failure.has_renewed:
        return "A fresh token was refused too: check the client's service account and base_url"
    return "Redirects are refused: check base_url"
