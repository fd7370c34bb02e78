"""Remembers every request that came in, so that a test can prove what was sent and what was not.

Credentials are never kept: no Authorization header, no body of a token request.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from erp_sandbox.faults import CONTROL_PREFIX, FIRED_KEY

REQUESTS_MAX = 50_000
BODY_MAX = 200_000
KEPT_HEADERS = frozenset(
    [b"content-type", b"if-match", b"prefer", b"user-agent", b"x-procurify-client"]
)
TOKEN_WORDS = ("/oauth/token", "/openid-connect/token")


@dataclass(slots=True, kw_only=True)
class CapturedRequest:
    """A request. ``status`` is ``None`` when the caller got no answer; ``fault`` names a fault."""

    number: int
    at: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    body_sha256: str
    status: int | None = None
    fault: str | None = None


class RequestsLog:
    """The latest requests, at most ``REQUESTS_MAX``, and how many there were in all."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: deque[CapturedRequest] = deque(maxlen=REQUESTS_MAX)
        self.count = 0

    def add(self, scope: Scope) -> CapturedRequest:
        """Note a request that has just come in."""
        self.count += 1
        captured = CapturedRequest(
            number=self.count,
            at=self._now().isoformat(),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode(errors="replace"),
            headers={
                name.decode(): value.decode("latin-1")
                for name, value in scope["headers"]
                if name in KEPT_HEADERS
            },
            body="",
            body_sha256="",
        )
        self._kept.append(captured)
        return captured

    def clear(self) -> None:
        """Forget all requests and count from one again."""
        self._kept.clear()
        self.count = 0

    def rows(self, *, since: int, method: str, limit: int) -> list[dict[str, object]]:
        """The requests after number ``since``, of one method or (``""``) of any."""
        chosen = (
            asdict(one) for one in self._kept if one.number > since and method in ("", one.method)
        )
        return list(islice(chosen, limit))


class CaptureGate:
    """ASGI middleware that notes requests; it sees faults too, for it stands in front of them."""

    def __init__(self, app: ASGIApp, *, log: RequestsLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note it with its body and the status of the answer."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        captured = self._log.add(scope)
        chunks: list[bytes] = []

        async def receive_noted() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                chunks.append(message.get("body", b""))
            return message

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                captured.status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive_noted, send_noted)
        finally:
            captured.fault = scope.get(FIRED_KEY)
            _note_body(captured, b"".join(chunks))


def _note_body(captured: CapturedRequest, body: bytes) -> None:
    if not body or captured.path.endswith(TOKEN_WORDS):
        return
    captured.body_sha256 = hashlib.sha256(body).hexdigest()
    captured.body = body[:BODY_MAX].decode(errors="replace")
