"""The one place that talks HTTP: repeats reads, waits as told, hides what is secret."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.exceptions import HTTPError

from tap_procurify.answers import Answer, UnreadableError
from tap_procurify.errors import ConfigurationError, NotFoundError, TemporaryError
from tap_procurify.limiter import Limiter, Timing
from tap_procurify.retry import backoff_s, is_retriable, parse_http_date, parse_retry_after
from tap_procurify.settings import Settings

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUTS = 5
"""A whole answer may take so many times the time-out of a piece."""
ANSWER_BYTES_MAX = 512 * 1024 * 1024
PIECE_BYTES = 256 * 1024
CLOCK_NOISE = timedelta(seconds=2)
"""The Date header has whole seconds and is as old as the answer's way."""
FINE = frozenset({200, 201})
UNAUTHORISED = 401
FORBIDDEN = 403
NOT_FOUND = 404
TOO_MANY = 429
REDIRECTS = range(300, 400)

logger = logging.getLogger("tap-procurify.transport")


class _EndlessError(Exception):
    """An answer that does not come to its end."""


class ExpiredError(ConfigurationError):
    """Procurify does not accept the token (401)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One read. ``what`` names it in messages: stream and page."""

    method: str
    url: str
    what: str
    headers: Mapping[str, str]
    params: Mapping[str, str] | None = None
    json: Mapping[str, str] | None = None


class _NoNetrc(requests.auth.AuthBase):
    """Keeps requests from replacing our header with a login from a .netrc file."""

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def open_session(workers: int) -> requests.Session:
    """A session that keeps one connection per worker, and no cookies."""
    session = requests.Session()
    session.auth = _NoNetrc()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=workers + 1)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class Transport:
    """Sends reads until they are answered or the tries are used up."""

    def __init__(
        self, settings: Settings, timing: Timing, session: requests.Session | None = None
    ) -> None:
        self._settings = settings
        self._timing = timing
        self._limiter = Limiter(settings.detail_workers, timing)
        self._session = session or open_session(settings.detail_workers)
        self._server_ahead = timedelta(0)
        self._finalizer = weakref.finalize(self, self._session.close)

    def close(self) -> None:
        """Close the connections."""
        self._finalizer()

    def server_now(self) -> datetime:
        """What the server's clock shows, as far as its last answer told."""
        return self._timing.now() + self._server_ahead

    def _learn_clock(self, header: str | None) -> None:
        moment = parse_http_date(header)
        if moment is None:
            return
        ahead = moment - self._timing.now()
        self._server_ahead = ahead if abs(ahead) > CLOCK_NOISE else timedelta(0)

    def send(self, request: Request, read: Callable[[Answer], T]) -> T:
        """What ``read`` makes of the answer.

        Raises: ExpiredError, NotFoundError, ConfigurationError, TemporaryError.
        """
        with self._limiter.permit():
            return self._repeat(request, read)

    def _repeat(self, request: Request, read: Callable[[Answer], T]) -> T:
        tries = self._settings.max_retries + 1
        for attempt in range(tries):
            self._limiter.wait()
            outcome = self._try(request, read)
            if not isinstance(outcome, _Failure):
                self._limiter.succeed()
                return outcome
            if attempt + 1 < tries:
                self._pause(request, outcome, attempt)
                continue
            raise TemporaryError(
                f"{request.what}: {outcome.reason}, {tries} times in a row. "
                "Nothing is lost; run again later."
            )
        raise AssertionError("max_retries is never negative")

    def _try(self, request: Request, read: Callable[[Answer], T]) -> T | _Failure:
        try:
            answer = self._exchange(request)
        except requests.exceptions.SSLError:
            raise ConfigurationError(
                f"{request.what}: the certificate of the host is not trusted"
            ) from None
        except (requests.exceptions.RequestException, HTTPError) as error:
            return _Failure(f"no answer ({type(error).__name__})")
        except _EndlessError as error:
            return _Failure(f"no whole answer, {error}")
        if is_retriable(answer.status):
            asked = self._asked_wait_s(answer)
            is_throttled = asked is not None or answer.status == TOO_MANY
            return _Failure(_describe(answer), asked, is_throttled=is_throttled)
        _raise_refusal(request, answer)
        try:
            return read(answer)
        except UnreadableError as error:
            return _Failure(f"{error} ({_describe(answer)})")

    def _asked_wait_s(self, answer: Answer) -> float | None:
        """The wait that the server asks for. A date is one of its own clock, not of ours."""
        now = parse_http_date(answer.headers.get("Date")) or self._timing.now()
        return parse_retry_after(answer.headers.get("Retry-After"), now)

    def _exchange(self, request: Request) -> Answer:
        with self._session.request(
            request.method,
            request.url,
            params=request.params,
            json=request.json,
            headers=dict(request.headers),
            timeout=(CONNECT_TIMEOUT_S, self._settings.timeout_s),
            allow_redirects=False,
            stream=True,
        ) as response:
            self._learn_clock(response.headers.get("Date"))
            return Answer(response.status_code, self._read_body(response), response.headers)

    def _read_body(self, response: requests.Response) -> bytes:
        """The body, piece by piece, so that one that only trickles cannot hold the run up."""
        ends_at = self._timing.now() + timedelta(seconds=self._settings.timeout_s * ANSWER_TIMEOUTS)
        pieces: list[bytes] = []
        size = 0
        while piece := response.raw.read1(PIECE_BYTES, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > ANSWER_BYTES_MAX:
                raise _EndlessError("it is too long")
            if self._timing.now() > ends_at:
                raise _EndlessError("it takes too long")
        return b"".join(pieces)

    def _pause(self, request: Request, failure: _Failure, attempt: int) -> None:
        cap_s = self._settings.retry_wait_max_s
        wait_s = failure.asked_s
        if wait_s is None:
            wait_s = backoff_s(attempt, cap_s=cap_s, jitter=self._timing.jitter)
        elif wait_s > cap_s:
            raise TemporaryError(
                f"{request.what}: Procurify asks to wait {wait_s:.0f} s, longer than "
                f"retry_wait_max_s ({cap_s:.0f}). Nothing is lost; run again later."
            )
        fields: dict[str, Any] = {
            "read": request.what,
            "reason": failure.reason,
            "wait_s": round(wait_s, 3),
        }
        logger.warning("will try again: %s", fields)
        if failure.is_throttled:
            self._limiter.pause(wait_s)
        else:
            self._timing.sleep(wait_s)


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    asked_s: float | None = None
    is_throttled: bool = False


def _describe(answer: Answer) -> str:
    return f"status {answer.status}, request id {answer.request_id}"


def _raise_refusal(request: Request, answer: Answer) -> None:
    status, told = answer.status, f"{request.what}: {_describe(answer)}"
    if status in FINE:
        return
    if status == UNAUTHORISED:
        raise ExpiredError(f"{told}: Procurify does not accept the access token")
    if status == NOT_FOUND:
        raise NotFoundError(f"{told}: Procurify does not know this address or record")
    if status == FORBIDDEN:
        raise ConfigurationError(
            f"{told}: the role of the Procurify user that owns the API client may not read this"
        )
    if status in REDIRECTS:
        raise ConfigurationError(
            f"{told}: a redirect, which is not followed so that the token stays with one host; "
            "check base_url"
        )
    raise ConfigurationError(f"{told}: Procurify refuses the request")
