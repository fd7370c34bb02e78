"""One pool of HTTP connections: sends bytes, brings complete answers, knows how far it came.

Redirects are never followed, cookies never kept, certificates always checked, and an answer that
is cut short, too long or too slow is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.wire.retry import Stage

ANSWER_BYTES_MAX = 256 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait for a connection, for the next bytes, for a whole answer. Units: seconds."""

    connect_s: float = 10.0
    read_s: float = 120.0
    whole_s: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer of any status. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswerError(Exception):
    """An attempt without a complete answer; ``stage`` says how far it came."""

    def __init__(self, stage: Stage) -> None:
        """Keep the stage; the library's own text may hold data and is left out."""
        super().__init__(stage.value)
        self.stage = stage


class _NoAuth(AuthBase):
    """Keeps the library from taking a login out of a ``.netrc`` file."""

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        return r


class Connection:
    """A thread-safe pool to one host."""

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts,
        connections_max: int,
        monotonic: Callable[[], float],
    ) -> None:
        """Open nothing yet.

        Raises:
            ConfigurationError: the address is not https (loopback may be http) or carries a login.
        """
        self._base_url = check_address(base_url)
        self._timeouts = timeouts
        self._monotonic = monotonic
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections_max, pool_block=True)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.auth = _NoAuth()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Proxies and extra authorities of the environment count, except towards this machine.
        self._session.trust_env = not is_loopback(base_url)

    @property
    def base_url(self) -> str:
        """The address before every path, without a slash at its end."""
        return self._base_url

    def exchange(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send one request once.

        Raises:
            NoAnswerError: no complete answer came.
        """
        deadline = self._monotonic() + self._timeouts.whole_s
        try:
            with self._session.request(
                method,
                self._base_url + path,
                headers=dict(headers),
                data=body,
                timeout=(self._timeouts.connect_s, self._timeouts.read_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response, deadline)
                lower = {name.lower(): value for name, value in response.headers.items()}
                if _may_be_cut(response.status_code, lower, content):
                    raise NoAnswerError(Stage.NO_ANSWER)
                return Answer(status=response.status_code, headers=lower, body=content)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswerError(_stage_of(error)) from None

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """The whole body, piece by piece, so that a dripping answer meets the deadline."""
        pieces: list[bytes] = []
        size = 0
        while piece := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > ANSWER_BYTES_MAX or self._monotonic() > deadline:
                raise NoAnswerError(Stage.NO_ANSWER)
        return b"".join(pieces)


def check_address(base_url: str) -> str:
    """The address without its last slash, when it may be used.

    Raises:
        ConfigurationError: it is not https (loopback may be http) or carries a login.
    """
    parts = urlsplit(base_url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError("an address must carry no login, query or fragment")
    if not parts.hostname or parts.scheme not in {"https", "http"}:
        raise ConfigurationError(f"{base_url!r} is not an https address")
    if parts.scheme == "http" and not is_loopback(base_url):
        message = f"{base_url!r} must start with https: plain http is for this machine only"
        raise ConfigurationError(message)
    return base_url.rstrip("/")


def is_loopback(url: str) -> bool:
    """True when the address is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _may_be_cut(status: int, headers: Mapping[str, str], content: bytes) -> bool:
    """True for a good status with nothing after it, and nothing that says that this is all."""
    is_framed = not {"content-length", "transfer-encoding"}.isdisjoint(headers)
    return status in {200, 201, 202} and not content and not is_framed


def _stage_of(error: Exception) -> Stage:
    if isinstance(error, requests.exceptions.SSLError):
        is_untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
        return Stage.UNTRUSTED if is_untrusted else Stage.NO_ANSWER
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Stage.NOT_SENT
    if isinstance(error, requests.exceptions.ConnectionError) and error.args:
        reason = getattr(error.args[0], "reason", None)
        if isinstance(reason, urllib3.exceptions.NewConnectionError):
            return Stage.NOT_SENT
    return Stage.NO_ANSWER
