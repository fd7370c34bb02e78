"""A small Procurify in memory, for tests of the tap: lists, details, tokens, and faults on demand.

It answers a ``requests`` session directly, or real HTTP on a loopback port.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from typing_extensions import override
from urllib3 import HTTPResponse

Row = dict[str, Any]

SECRET = "canary-client-secret"
TENANT_ZONE = timezone(timedelta(hours=-7))


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Told:
    """One answer."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        """The bytes on the wire."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, default=float).encode()


def stamp(value: datetime) -> str:
    """A stamp as the tenant writes it: its own offset, microseconds."""
    return value.astimezone(TENANT_ZONE).isoformat(timespec="microseconds")


@dataclass
class Listing:
    """One list: its rows, its stamp, and which filters it understands."""

    rows: list[Row] = field(default_factory=list)
    stamp_field: str = ""
    lower: str = ""
    upper: str = ""
    is_day_grain: bool = False
    key: str = ""
    is_pagination_on_top: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    def chosen(self, query: Mapping[str, str]) -> list[Row]:
        """The rows that the filters let through."""
        rows = self.rows
        if self.key and self.key in query:
            rows = [row for row in rows if str(row.get(self.key)) == query[self.key]]
        return [row for row in rows if self._is_within(row, query)]

    def _is_within(self, row: Row, query: Mapping[str, str]) -> bool:
        lower, upper = query.get(self.lower), query.get(self.upper)
        if not self.stamp_field or (lower is None and upper is None):
            return True
        moment = datetime.fromisoformat(str(row[self.stamp_field]).replace("Z", "+00:00"))
        if self.is_day_grain:
            day = moment.astimezone(TENANT_ZONE).date()
            after = lower is None or day >= date.fromisoformat(lower)
            return after and (upper is None or day <= date.fromisoformat(upper))
        after = lower is None or moment >= datetime.fromisoformat(lower.replace("Z", "+00:00"))
        return after and (
            upper is None or moment <= datetime.fromisoformat(upper.replace("Z", "+00:00"))
        )


@dataclass
class FakeProcurify:
    """The tenant. ``fault`` sees every request first and may answer it itself."""

    lists: dict[str, Listing] = field(default_factory=dict)
    details: dict[str, Callable[[str], Row | None]] = field(default_factory=dict)
    page_size_max: int = 100
    asked: list[Asked] = field(default_factory=list)
    tokens: int = 0
    good_tokens: set[str] = field(default_factory=set)
    expires_in: int = 86400
    domain: str = "harbour"
    fault: Callable[[Asked], Told | None] = lambda _asked: None
    on_page: Callable[[str, int], None] = lambda _path, _page: None

    def answer(self, asked: Asked) -> Told:
        """What Procurify says."""
        self.asked.append(asked)
        told = self.fault(asked)
        if told is not None:
            return told
        if asked.path == "/oauth/token":
            return self._token(asked)
        bearer = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer not in self.good_tokens or asked.headers.get("X-Procurify-Client") != "api":
            return Told(401, {"detail": "no"})
        if asked.path in self.lists:
            return self._page(asked)
        parent, _, key = asked.path.rstrip("/").rpartition("/")
        find = self.details.get(f"{parent}/")
        record = find(key) if find else None
        return Told(200, {"metadata": {}, "data": record}) if record else Told(404, {"detail": "?"})

    def _token(self, asked: Asked) -> Told:
        body = json.loads(asked.body)
        if body.get("client_secret") != SECRET or body["audience"] != "https://api.procurify.com/":
            return Told(401, {"error": "invalid_client", "echo": body})
        self.tokens += 1
        token = f"canary-token-{self.tokens}"
        self.good_tokens.add(token)
        scope = f"urn:procurify-api:domain:{self.domain} urn:procurify-api:email:etl@example.com"
        told = {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}
        return Told(200, told | {"scope": scope})

    def _page(self, asked: Asked) -> Told:
        listing = self.lists[asked.path]
        number = int(asked.query.get("page", "1"))
        size = min(int(asked.query.get("page_size", "10")), self.page_size_max)
        rows = listing.chosen(asked.query)
        pages = max(1, -(-len(rows) // size))
        if number > pages:
            return Told(404, {"detail": "Invalid page."})
        claims = {
            "count": len(rows),
            "next": f"http://elsewhere.example/?page={number + 1}" if number < pages else None,
            "previous": None,
            "page_size": size,
            "num_pages": pages,
            "current_page": number,
        }
        data = rows[(number - 1) * size : number * size]
        body: Row = {"metadata": {"pagination": claims, **listing.extra}, "data": data}
        if listing.is_pagination_on_top:
            body = {"pagination": claims, "data": data}
        told = Told(200, json.dumps(body, default=float).encode())
        self.on_page(asked.path, number)
        return told

    def asked_paths(self) -> list[str]:
        """The addresses that were asked, tokens left out."""
        return [asked.path for asked in self.asked if asked.path != "/oauth/token"]


class FakeAdapter(BaseAdapter):
    """Hands the requests of a session to the fake without a network."""

    def __init__(self, fake: FakeProcurify) -> None:
        super().__init__()
        self.fake = fake
        self.lock = threading.Lock()

    @override
    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer a request."""
        parts = urlsplit(request.url or "")
        body = request.body or b""
        asked = Asked(
            request.method or "",
            str(parts.path),
            dict(parse_qsl(str(parts.query))),
            request.headers,
            body if isinstance(body, bytes) else str(body).encode(),
        )
        with self.lock:
            told = self.fake.answer(asked)
        response = requests.Response()
        response.status_code = told.status
        response.headers.update(told.headers)
        response.raw = HTTPResponse(io.BytesIO(told.raw), preload_content=False)
        response.url = request.url or ""
        response.request = request
        return response

    @override
    def close(self) -> None:
        """Nothing is open."""


def fake_session(fake: FakeProcurify) -> requests.Session:
    """A session whose every request is answered by the fake."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", FakeAdapter(fake))
    session.mount("https://", FakeAdapter(fake))
    return session


@contextmanager
def served(fake: FakeProcurify) -> Iterator[str]:
    """The fake on a loopback port; gives its address."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = dict(parse_qsl(parts.query))
            headers = dict(self.headers.items())
            with lock:
                told = fake.answer(Asked(self.command, parts.path, query, headers, body))
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told.raw)))
            self.end_headers()
            self.wfile.write(told.raw)

        do_GET = do_POST = _answer  # noqa: N815 (names of the standard library)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
