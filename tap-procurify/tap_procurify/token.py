"""The access token: asked for once, renewed in time, by one worker for all."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from tap_procurify.answers import Answer, UnreadableError, read_json
from tap_procurify.errors import ConfigurationError
from tap_procurify.limiter import Timing
from tap_procurify.settings import CLIENT_HEADERS, Settings
from tap_procurify.transport import Request, Transport

MARGIN_S_MAX = 300.0
MARGIN_SHARE = 0.2
LIFETIME_S_MAX = 10 * 86400.0
LIFETIME_S_DEFAULT = 3600.0
"""When the answer does not say; Procurify documents 86400."""

_DOMAIN = re.compile(r"urn:procurify-api:domain:(?P<name>[\w.-]{1,100})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, the moment from which it is not used any more, and whose data it opens."""

    text: str
    good_until: datetime
    domain: str = ""


class TokenSource:
    """Gives every worker the same token and renews it when it is due or was refused."""

    def __init__(self, settings: Settings, transport: Transport, timing: Timing) -> None:
        self._settings = settings
        self._transport = transport
        self._timing = timing
        self._lock = threading.Lock()
        self._token: Token | None = None

    def get(self) -> str:
        """A token that is good for a while."""
        with self._lock:
            if self._token is None or self._timing.now() >= self._token.good_until:
                self._token = self._ask()
            return self._token.text

    def domain(self) -> str:
        """The tenant that the token names; empty when it names none.

        Source: documented by Procurify, the scope of the answer holds the domain.
        """
        self.get()
        with self._lock:
            return self._token.domain if self._token else ""

    def renew(self, refused: str) -> str:
        """Another token than the refused one; asks only if nobody else did meanwhile."""
        with self._lock:
            if self._token is None or self._token.text == refused:
                self._token = self._ask()
            return self._token.text

    def _ask(self) -> Token:
        asked_at = self._timing.now()
        request = Request(
            method="POST",
            url=self._settings.token_url,
            what="access token",
            headers=CLIENT_HEADERS | {"User-Agent": self._settings.user_agent},
            json={
                "client_id": self._settings.client_id,
                "client_secret": self._settings.client_secret,
                "audience": self._settings.audience,
                "grant_type": "client_credentials",
            },
        )
        try:
            told = self._transport.send(request, _read_token)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"{error}. Check client_id, client_secret, audience and token_url, and that the "
                "Procurify user that owns the API client is active."
            ) from None
        margin_s = min(MARGIN_S_MAX, told.lifetime_s * MARGIN_SHARE)
        good_until = asked_at + timedelta(seconds=told.lifetime_s - margin_s)
        return Token(told.text, good_until, told.domain)


class _Told(NamedTuple):
    text: str
    lifetime_s: float
    domain: str


def _read_token(answer: Answer) -> _Told:
    body = read_json(answer)
    text = body.get("access_token")
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text:
        raise UnreadableError("the answer holds no access token")
    domain = _DOMAIN.search(str(body.get("scope") or ""))
    return _Told(text, _lifetime_s(body.get("expires_in")), domain["name"] if domain else "")


def _lifetime_s(told: object) -> float:
    try:
        lifetime_s = float(str(told))
    except ValueError:
        return LIFETIME_S_DEFAULT
    return min(lifetime_s, LIFETIME_S_MAX) if lifetime_s > 0 else LIFETIME_S_DEFAULT
