"""The access token: asked for once, renewed in time, one renewal however many workers."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

from target_ifs_cloud.errors import ConfigurationError, TemporaryError
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.connection import Connection, NoAnswerError, Timeouts
from target_ifs_cloud.wire.retry import (
    Failure,
    GiveUp,
    Limits,
    Stage,
    decide,
    retry_after_s,
)

MARGIN_MAX_S = 60.0
MARGIN_SHARE = 1 / 3
LIFETIME_UNSTATED_S = 60.0
LIFETIME_MAX_S = 86_400.0
ATTEMPTS_MAX = 60
"""Upper bound of the loop; ``Limits`` end it long before."""
_OK = 200
_REFUSED_LOGIN = frozenset({400, 401, 403, 404, 405})


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who asks for a token and how. Source: documented, IFS client-credential flow."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    client_auth: Literal["form_fields", "http_basic"] = "form_fields"
    # Given: the request is JSON and names its audience, as Procurify asks for it.
    audience: str = ""


class AccessToken:
    """Holds the token of one login; thread-safe; never logs or shows it."""

    def __init__(
        self,
        login: Login,
        *,
        clockwork: Clockwork,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Ask for nothing yet.

        Raises:
            ConfigurationError: the token address is not https, or not an address at all.
        """
        parts = urlsplit(login.token_url)
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._connection = Connection(
            f"{parts.scheme}://{parts.netloc}",
            timeouts=timeouts or Timeouts(connect_s=10.0, read_s=30.0, whole_s=60.0),
            connections_max=1,
            monotonic=clockwork.monotonic,
        )
        self._login = login
        self._limits = limits or Limits()
        self._clockwork = clockwork
        self._lock = threading.Lock()
        self._value = ""
        self._renew_at = float("-inf")
        self._gave_up_at = float("-inf")
        self._last_answer = "none"

    def value(self) -> str:
        """A token that is good for a while yet.

        Raises:
            ConfigurationError: the identity provider refuses the login.
            TemporaryError: it does not answer.
        """
        came_at = self._clockwork.monotonic()
        with self._lock:
            if self._clockwork.monotonic() >= self._renew_at:
                self._ask(came_at)
            return self._value

    def renew(self, refused: str) -> None:
        """Replace a token that IFS refused, unless another worker has done so already.

        Raises:
            ConfigurationError: the identity provider refuses the login.
            TemporaryError: it does not answer.
        """
        came_at = self._clockwork.monotonic()
        with self._lock:
            if self._value == refused:
                self._ask(came_at)

    def share(self, connection: Connection) -> None:
        """Use this pool where the identity provider is the same host, to open no further one."""
        if connection.base_url == self._connection.base_url:
            self._connection.close()
            self._connection = connection

    def close(self) -> None:
        """Close the connection to the identity provider."""
        self._connection.close()

    def _ask(self, came_at: float) -> None:
        """Ask until there is a token; its life counts from before the request was sent.

        A worker that came while another one asked in vain shares its end. The identity provider may
        have us wait ``retry_after_max_s`` in all.
        """
        if self._gave_up_at > came_at:
            raise self._absent()
        waits, waited_s = 0, 0.0
        for attempt in range(1, ATTEMPTS_MAX + 1):
            asked_at = self._clockwork.monotonic()
            failure = self._try_once(asked_at)
            if failure is None:
                return
            stage, status, wait_s = failure
            self._last_answer = f"status {status}" if status else "none"
            decision = decide(
                Failure(
                    is_read=True,
                    stage=stage,
                    status=status,
                    retry_after_s=wait_s,
                    attempt=attempt - waits,
                    waits=waits,
                ),
                limits=self._limits,
                random=self._clockwork.random(),
            )
            if isinstance(decision, GiveUp):
                break
            if decision.told_to_wait:
                waits += 1
                waited_s += decision.after_s
            if waited_s > self._limits.retry_after_max_s:
                break
            self._clockwork.sleep(decision.after_s)
        self._gave_up_at = self._clockwork.monotonic()
        raise self._absent()

    def _absent(self) -> TemporaryError:
        return TemporaryError(
            "the identity provider of IFS Cloud did not give a token in time (last answer: "
            f"{self._last_answer}). Certain: nothing was sent to IFS. Run again later"
        )

    def _try_once(self, asked_at: float) -> tuple[Stage, int, float | None] | None:
        headers, body = self._request()
        try:
            answer = self._connection.exchange("POST", self._path, headers=headers, body=body)
        except NoAnswerError as error:
            if error.stage is Stage.UNTRUSTED:
                raise ConfigurationError(
                    "the certificate of the identity provider is not trusted by this machine"
                ) from error
            return error.stage, 0, None
        if answer.status == _OK:
            return None if self._keep(answer.body, asked_at) else (Stage.NO_ANSWER, 0, None)
        if answer.status in _REFUSED_LOGIN or 300 <= answer.status < 400:  # noqa: PLR2004
            message = (
                f"the identity provider refused the login of client {self._login.client_id!r} "
                f"(status {answer.status}). Check client_id, client_secret, scope, client_auth "
                "and the realm or token_url"
            )
            raise ConfigurationError(message)
        wait_s = retry_after_s(
            answer.headers.get("retry-after"),
            date=answer.headers.get("date"),
            now=self._clockwork.now(),
        )
        return Stage.ANSWERED, answer.status, wait_s

    def _request(self) -> tuple[dict[str, str], bytes]:
        login = self._login
        if login.audience:
            return _json_request(login)
        fields = {"grant_type": "client_credentials"}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        if login.client_auth == "http_basic":
            pair = f"{quote(login.client_id, safe='')}:{quote(login.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields |= {"client_id": login.client_id, "client_secret": login.client_secret}
        if login.scope:
            fields["scope"] = login.scope
        return headers, urlencode(fields).encode()

    def _keep(self, body: bytes, asked_at: float) -> bool:
        """Take the token out of the answer; ``False`` when there is none in it."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        if not isinstance(answer, dict):
            return False
        value = answer.get("access_token")
        if not isinstance(value, str) or not value or any(c.isspace() for c in value):
            return False
        lifetime_s = _lifetime_s(answer.get("expires_in"))
        self._value = value
        self._renew_at = asked_at + lifetime_s - min(MARGIN_MAX_S, lifetime_s * MARGIN_SHARE)
        return True


def _json_request(login: Login) -> tuple[dict[str, str], bytes]:
    """Source: documented by Procurify."""
    fields = {
        "client_id": login.client_id,
        "client_secret": login.client_secret,
        "audience": login.audience,
        "grant_type": "client_credentials",
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return headers, json.dumps(fields).encode()


def _lifetime_s(stated: object) -> float:
    """How long a token lives. The answer decides; 60 s when it says nothing usable."""
    try:
        seconds = float(stated)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return LIFETIME_UNSTATED_S
    return min(max(seconds, 0.0), LIFETIME_MAX_S)
