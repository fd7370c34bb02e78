"""A site in memory that speaks enough OData for tests of the client, with faults on demand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests_mock

from target_ifs_cloud.ifs.client import IfsClient, Site, connect
from target_ifs_cloud.ifs.profile import SiteProfile, load_profile
from target_ifs_cloud.wire.exchange import Event
from target_ifs_cloud.wire.token import Login
from tests.unit.wire.clock import Hands

HOST = "https://ifs.example.com"
TOKEN_URL = "https://iam.example.com/token"
BOUNDARY = "answer"


@dataclass(frozen=True)
class Asked:
    """One request as the site saw it; those of a batch one by one. ``path`` is decoded."""

    method: str
    path: str
    options: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    content_id: str = ""


@dataclass(frozen=True)
class Told:
    """One answer. ``value`` is JSON unless it is text already."""

    status: int = 200
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body."""
        if self.value is None or isinstance(self.value, str):
            return self.value or ""
        return json.dumps(self.value, default=_plain)


Answerer = Callable[[Asked], Told]


@dataclass
class FakeSite:
    """``answer`` says what comes back for each request; ``batch`` may spoil a whole batch answer.

    ``collections`` by decoded path relative to the host are what GETs find when ``answer`` has
    nothing to say.
    """

    collections: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    answer: Callable[[Asked], Told | None] = lambda _: None
    batch: Callable[[str], Told | str] = lambda text: text
    asked: list[Asked] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def serve(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        """One HTTP request."""
        self.requests.append(f"{method} {unquote(urlsplit(url).path)}")
        if url.endswith("/$batch"):
            return self._serve_batch(url.removesuffix("$batch"), headers, body)
        return self._one(method, url, headers, body.decode() if body else "")

    def _one(
        self, method: str, url: str, headers: Mapping[str, str], body: str, *, content_id: str = ""
    ) -> Told:
        parts = urlsplit(url)
        asked = Asked(
            method=method,
            path=unquote(parts.path),
            options={name: values[0] for name, values in parse_qs(parts.query).items()},
            headers=headers,
            body=json.loads(body, parse_float=Decimal) if body else None,
            content_id=content_id,
        )
        self.asked.append(asked)
        told = self.answer(asked)
        if told is not None:
            return told
        if asked.path in self.rows:
            return Told(value=self.rows[asked.path])
        if asked.path not in self.collections:
            return Told(status=404, value={"error": {"code": "ODP_RESOURCE_NOTFOUND"}})
        found = self.collections[asked.path]
        skip, top = int(asked.options.get("$skip", 0)), int(asked.options.get("$top", 67))
        page: dict[str, Any] = {"value": found[skip : skip + top]}
        if "$count" in asked.options:
            page["@odata.count"] = len(found)
        return Told(value=page)

    def _serve_batch(self, root: str, headers: Mapping[str, str], body: bytes) -> Told:
        boundary = headers["Content-Type"].partition("boundary=")[2]
        pieces = []
        for part in body.decode().split(f"--{boundary}")[1:-1]:
            inner = re.search(r"multipart/mixed; boundary=(\S+)", part)
            pieces.append(
                self._change_set(root, part, inner[1]) if inner else self._get(root, part)
            )
        text = "".join(f"--{BOUNDARY}\r\n{piece}\r\n" for piece in pieces) + f"--{BOUNDARY}--\r\n"
        spoiled = self.batch(text)
        if isinstance(spoiled, Told):
            return spoiled
        return Told(
            value=spoiled, headers={"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
        )

    def _change_set(self, root: str, part: str, boundary: str) -> str:
        answers = []
        for piece in part.split(f"--{boundary}")[1:-1]:
            content_id, told = self._embedded(root, piece)
            if told.status >= 400:
                return _http(told, content_id)
            answers.append(_http(told, content_id))
        inner = "".join(f"--set\r\n{answer}\r\n" for answer in answers)
        return f"Content-Type: multipart/mixed; boundary=set\r\n\r\n{inner}--set--"

    def _get(self, root: str, part: str) -> str:
        content_id, told = self._embedded(root, part)
        return _http(told, content_id)

    def _embedded(self, root: str, part: str) -> tuple[str, Told]:
        head, _, rest = part.partition("\r\n\r\n")
        content_id = re.search(r"Content-ID: (\d+)", head)
        request, _, body = rest.partition("\r\n\r\n")
        line, *lines = request.split("\r\n")
        method, path, _ = line.split(" ")
        headers = dict(item.split(": ", 1) for item in lines if item)
        number = content_id[1] if content_id else ""
        return number, self._one(method, root + path, headers, body.strip(), content_id=number)


def _http(told: Told, content_id: str) -> str:
    lines = [f"HTTP/1.1 {told.status} X", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in told.headers.items()]
    head = f"Content-Type: application/http\r\nContent-ID: {content_id}"
    return f"{head}\r\n\r\n" + "\r\n".join(lines) + f"\r\n\r\n{told.text}"


def _plain(value: object) -> float | str:
    return float(value) if isinstance(value, Decimal) else str(value)


@dataclass
class Bench:
    """A client in front of a fake site."""

    site: FakeSite
    client: IfsClient
    hands: Hands
    events: list[Event]

    @property
    def profile(self) -> SiteProfile:
        """The profile of the client."""
        return self.client.profile

    def path(self, projection: str, rest: str = "") -> str:
        """A decoded path below a projection's service."""
        return self.profile.projection(projection).root + rest  # type: ignore[arg-type]


@contextmanager
def bench(profile: SiteProfile | None = None) -> Iterator[Bench]:
    """A client whose every request is answered by a fake site."""
    site, hands = FakeSite(), Hands()
    events: list[Event] = []

    def respond(request: Any, context: Any) -> str:
        told = site.serve(request.method, request.url, request.headers, request.body or b"")
        context.status_code = told.status
        context.headers.update(told.headers)
        context.headers.setdefault("Content-Length", str(len(told.text.encode())))
        return told.text

    with requests_mock.Mocker(case_sensitive=True) as mock:
        mock.post(TOKEN_URL, json={"access_token": "t", "expires_in": 86_400})
        mock.register_uri(requests_mock.ANY, re.compile(re.escape(HOST)), text=respond)
        client = connect(
            Site(
                base_url=HOST,
                login=Login(token_url=TOKEN_URL, client_id="C", client_secret="s3cret"),
            ),
            profile or load_profile(),
            clockwork=hands.clockwork(),
            observers=[events.append],
        )
        yield Bench(site=site, client=client, hands=hands, events=events)
        client.close()


def changed(**lines: object) -> SiteProfile:
    """The default profile with some lines replaced."""
    profile = load_profile()
    return SiteProfile.model_validate({**profile.model_dump(), **lines})
