"""Reads Procurify: one page or one record at a time, with the token that is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import requests

from tap_procurify.answers import Answer, Page, Row, read_object, read_page
from tap_procurify.errors import ConfigurationError, NotFoundError
from tap_procurify.limiter import Timing
from tap_procurify.settings import CLIENT_HEADERS, LOOPBACK, Settings
from tap_procurify.token import TokenSource
from tap_procurify.transport import ExpiredError, Request, Transport

T = TypeVar("T")


class ProcurifyClient:
    """What the streams read with. Safe to share between workers."""

    def __init__(
        self, settings: Settings, timing: Timing, session: requests.Session | None = None
    ) -> None:
        self.settings = settings
        self.timing = timing
        self._transport = Transport(settings, timing, session)
        self._tokens = TokenSource(settings, self._transport, timing)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def server_now(self) -> datetime:
        """What Procurify's clock shows; this machine's when Procurify does not tell."""
        self._tokens.get()  # at least one answer was seen then
        return self._transport.server_now()

    @property
    def tenant(self) -> str:
        """The name that STATE carries: the host, or on loopback what the token names."""
        host = self.settings.tenant
        domain = self._tokens.domain() if host == LOOPBACK else ""
        return f"{host} {domain}" if domain else host

    def get_page(
        self, path: str, params: Mapping[str, str], *, number: int, stream: str
    ) -> Page | None:
        """One page of a list; ``None`` past the end.

        Source: inferred, the framework answers 404 to a page past the end. The address of the next
        page is never followed: pages are counted, so the token cannot leave the host.
        """
        query = {**params, "page": str(number), "page_size": str(self.settings.page_size)}
        try:
            return self._get(path, query, f"{stream}, page {number}", read_page)
        except NotFoundError:
            if number == 1:
                raise
            return None

    def get_object(self, path: str, key: object, *, stream: str) -> Row | None:
        """One record by its key; ``None`` when Procurify does not know it."""
        text = str(key)
        where = f"{path}{quote(text, safe='')}/"
        try:
            return self._get(where, {}, f"{stream}, record {text[:64]!r}", read_object)
        except NotFoundError:
            return None

    def _get(
        self, path: str, query: Mapping[str, str], what: str, read: Callable[[Answer], T]
    ) -> T:
        token = self._tokens.get()
        try:
            return self._transport.send(self._request(path, query, what, token), read)
        except ExpiredError:
            token = self._tokens.renew(token)
        try:
            return self._transport.send(self._request(path, query, what, token), read)
        except ExpiredError as error:
            raise ConfigurationError(f"{error}, not even a new one") from None

    def _request(self, path: str, query: Mapping[str, str], what: str, token: str) -> Request:
        return Request(
            method="GET",
            url=self.settings.base_url + path,
            what=what,
            headers=CLIENT_HEADERS
            | {"User-Agent": self.settings.user_agent, "Authorization": f"Bearer {token}"},
            params=query,
        )
