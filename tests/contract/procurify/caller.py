"""Calls the stand-in for Procurify in this process, as its HTTP server would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message

HOST = "127.0.0.1:18801"
LOGIN = {
    "client_id": "sandbox-procurify",
    "client_secret": "sandbox-procurify-secret",
    "audience": "https://api.procurify.com/",
    "grant_type": "client_credentials",
}


@dataclass(frozen=True)
class Reply:
    """An answer; ``json`` reads its numbers as Decimal."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as values."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def data(self) -> Any:
        """The rows or the object inside the envelope, from an answer that must be a success."""
        assert self.status in {200, 201}, self.body
        return self.json["data"]


class Caller:
    """A client of one application; ``login`` gives it a token."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers: dict[str, str] = {}

    def login(self) -> None:
        """Take a token and send it, with the client header, from now on."""
        token = self.send("POST", "/oauth/token", LOGIN).json["access_token"]
        self.headers = {"authorization": f"Bearer {token}", "x-procurify-client": "api"}

    def get(self, target: str) -> Reply:
        """The answer to a GET of that path and query."""
        return self.send("GET", target)

    def all_rows(self, path: str, query: str = "") -> list[Any]:
        """All rows of a list, page by page until the envelope says that it was the last."""
        rows: list[Any] = []
        for page in range(1, 1000):
            reply = self.get(f"{path}?page={page}&page_size=100&{query}")
            rows += reply.data
            paging = reply.json.get("pagination") or reply.json["metadata"]["pagination"]
            if page >= paging["num_pages"]:
                return rows
        raise AssertionError("a list without end")

    def send(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to any request; a body is sent as JSON unless the headers say otherwise."""
        sent = {"host": HOST, "content-type": "application/json", **self.headers, **(headers or {})}
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        return asyncio.run(_call(self.app, method, target, headers=sent, body=content))


async def _call(
    app: ASGIApp, method: str, target: str, *, headers: Mapping[str, str], body: bytes
) -> Reply:
    parts = urlsplit(target)
    messages: list[Message] = []
    arriving = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return arriving.pop() if arriving else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
        "server": ("127.0.0.1", 18801),
        "client": ("127.0.0.1", 50000),
        "http_version": "1.1",
        "root_path": "",
    }
    await app(scope, receive, send)
    start = messages[0]
    return Reply(
        status=start["status"],
        headers={name.decode().lower(): value.decode() for name, value in start["headers"]},
        body=b"".join(message.get("body", b"") for message in messages[1:]),
    )
