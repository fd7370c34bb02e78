"""A stand-in between plugin and sandbox that answers in another dialect that the contracts allow.

It changes how an answer is written, never what it says: order of properties, digits of numbers,
further fields, envelopes, entity tags in header or body only, 204 in place of 200, the layout of
multipart answers. What is right in one dialect must be right in all.
"""

from __future__ import annotations

import email
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
import simplejson
from typing_extensions import override

TIMEOUT_S = 120
NOT_PASSED_ON = {"content-length", "transfer-encoding", "connection", "date", "server", "host"}
STAMPS = re.compile(r"(last_modified|dateModified|updated_at|created_at)", re.IGNORECASE)
NOISE = {"IfsApp@Extra": {"a": [1, None]}, "Unheard_Of": "=1+1", "z": None}
BOUNDARY = "=_Part 7 (x)/'?"


@dataclass
class Answer:
    """An answer on its way back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Dialect:
    """How one system writes; every choice is drawn from ``seed``."""

    seed: int
    draw: random.Random = field(init=False)
    rewritten: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def rewrite(self, method: str, answer: Answer) -> Answer:  # noqa: ARG002 (subclasses ask)
        """The same answer in this dialect."""
        kind = answer.headers.get("content-type", "")
        if "json" in kind and answer.body:
            answer.body = self.json(answer.body)
            answer.headers["content-type"] = self.draw.choice(
                ["application/json", "application/json; charset=UTF-8", "Application/JSON"]
            )
        return answer

    def json(self, body: bytes) -> bytes:
        """The same values with other digits, in another order, with more fields."""
        self.rewritten["json"] += 1
        value = self.value(json.loads(body, parse_float=Decimal), "")
        indent = self.draw.choice([None, 2])
        return str(simplejson.dumps(value, use_decimal=True, indent=indent)).encode()

    def value(self, value: Any, name: str) -> Any:
        """One value."""
        if isinstance(value, dict):
            pairs = [(key, self.value(part, key)) for key, part in value.items()]
            pairs += self.noise(value)
            self.draw.shuffle(pairs)
            return dict(pairs)
        if isinstance(value, list):
            return [self.value(part, name) for part in value]
        if isinstance(value, Decimal):
            return self.number(value)
        return value

    def noise(self, row: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Fields that nobody has asked for."""
        return list(NOISE.items()) if row else []

    def number(self, value: Decimal) -> Decimal:
        """The same number: with more zeros, or with an exponent."""
        shown = [value, Decimal(f"{value:.6f}"), value.normalize() * Decimal("1e0")]
        return self.draw.choice([each for each in shown if each == value])


class ProcurifyDialect(Dialect):
    """The other envelope, relative or missing next links, other offsets and fractions."""

    @override
    def value(self, value: Any, name: str) -> Any:
        if isinstance(value, dict) and isinstance(value.get("data"), list):
            value = self.envelope(value)
        if isinstance(value, str) and STAMPS.search(name):
            return self.stamp(value)
        return super().value(value, name)

    def envelope(self, value: dict[str, Any]) -> dict[str, Any]:
        """Paging beside the data or within the metadata."""
        metadata = dict(value.get("metadata") or {})
        paging = metadata.pop("pagination", None)
        if paging is None:
            return value
        if self.draw.random() < 0.5:
            self.rewritten["envelope"] += 1
            return {**value, "metadata": metadata, "pagination": paging}
        return value

    def stamp(self, text: str) -> str:
        """The same moment, told elsewhere."""
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            return text
        if moment.tzinfo is None:
            return text
        hours = self.draw.choice([-8, 0, 5.5])
        return moment.astimezone(timezone(timedelta(hours=hours))).isoformat()


class IfsDialect(Dialect):
    """Entity tags in header or body only, 204, and another layout of multipart answers."""

    @override
    def noise(self, row: Mapping[str, Any]) -> list[tuple[str, Any]]:
        is_row = "@odata.etag" in row
        return [*super().noise(row), ("@odata.type", "#IfsApp.X.Y")] if is_row else []

    @override
    def rewrite(self, method: str, answer: Answer) -> Answer:
        kind = answer.headers.get("content-type", "")
        if kind.lower().startswith("multipart/mixed"):
            return self.batch(kind, answer)
        answer = super().rewrite(method, answer)
        if method == "GET" and "etag" in answer.headers and b'"@odata.etag"' in answer.body:
            self._tag_in_one_place(answer)
        return answer

    def _tag_in_one_place(self, answer: Answer) -> None:
        self.rewritten["tag"] += 1
        if self.draw.random() < 0.5:
            del answer.headers["etag"]
        else:
            row = json.loads(answer.body, parse_float=Decimal)
            row.pop("@odata.etag", None)
            answer.body = str(simplejson.dumps(row, use_decimal=True)).encode()

    def batch(self, kind: str, answer: Answer) -> Answer:
        """The same parts, laid out otherwise."""
        self.rewritten["batch"] += 1
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = email.message_from_bytes(head + answer.body)
        text = self._multipart(message, BOUNDARY)
        headers = {**answer.headers, "content-type": f'Multipart/Mixed; boundary="{BOUNDARY}"'}
        return Answer(answer.status, headers, text)

    def _multipart(self, message: Message, boundary: str, *, is_write: bool = False) -> bytes:
        parts: list[Any] = list(message.get_payload())
        if all(part["content-id"] for part in parts):
            self.draw.shuffle(parts)
        texts = [
            self._part(part, f"inner{number}", is_write=is_write)
            for number, part in enumerate(parts)
        ]
        lead = b"This is a multipart message.\r\n" if self.draw.random() < 0.5 else b""
        mark = b"--" + boundary.encode()
        body = b"".join(mark + b"\r\n" + text + b"\r\n" for text in texts)
        return lead + body + mark + b"--\r\n"

    def _part(self, part: Message, inner: str, *, is_write: bool) -> bytes:
        if part.get_content_maintype() == "multipart":
            lead = f"content-type: multipart/mixed; boundary={inner}\r\n\r\n".encode()
            return lead + self._multipart(part, inner, is_write=True)
        head, _, body = str(part.get_payload()).replace("\r\n", "\n").partition("\n\n")
        status, *headers = head.split("\n")
        if is_write and status.startswith("HTTP/1.1 200"):
            self.rewritten["204"] += 1
            status, headers, body = "HTTP/1.1 204", [], ""
        lines = [re.sub(r"^(HTTP/1\.1 \d+).*", r"\1 ", status)]
        lines += [line.lower() if line.lower().startswith("content") else line for line in headers]
        lines = [line for line in lines if not line.startswith("content-length")]
        if body.strip():
            body = self.json(body.strip().encode()).decode()
        outer = ["content-type: application/http", "content-transfer-encoding: binary"]
        if part["content-id"]:
            outer.append(f"content-id: {part['content-id']}")
        self.draw.shuffle(outer)
        return "\r\n".join([*outer, "", *lines, "", body]).encode()


@contextmanager
def speaking(dialect: Dialect, url: str) -> Iterator[str]:
    """The address of a server that asks the one at ``url`` and answers in this dialect."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {k: v for k, v in self.headers.items() if k.lower() not in NOT_PASSED_ON}
            told = requests.request(
                self.command,
                url + self.path,
                headers=kept,
                data=body,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
            headers = {k.lower(): v for k, v in told.headers.items()}
            answer = Answer(told.status_code, headers, told.content)
            with lock:
                answer = dialect.rewrite(self.command, answer)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name not in NOT_PASSED_ON | {"content-encoding"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815 (the library's names)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
