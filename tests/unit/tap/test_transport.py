"""Answers over a real socket: whole, packed, cut off, trickling, endless."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest

from tap_procurify import transport as transport_module
from tap_procurify.answers import Answer, read_json
from tap_procurify.errors import TemporaryError
from tap_procurify.limiter import Timing
from tap_procurify.settings import read_settings
from tap_procurify.transport import Request, Transport
from tests.plugin.tap_runs import FakeClock

BODY = b'{"data": []}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def answer_of(body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    """The bytes of an answer that claims this length."""
    size = len(body) if length is None else length
    head = [b"HTTP/1.1 200 OK", b"Connection: close", b"Content-Length: %d" % size, *headers]
    return b"\r\n".join([*head, b"", b""]) + body


@contextmanager
def serving(*answers: bytes) -> Iterator[str]:
    """A server that gives these bytes in turn, each on a connection that it then closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                with suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.close()
        thread.join(10)


def send(url: str, timing: Timing, **config: Any) -> Any:
    """What the answer holds."""
    login = {"client_id": "id", "client_secret": "canary-secret"}
    settings = read_settings({"base_url": url, **login, "timeout_s": 5, **config})
    transport = Transport(settings, timing)
    try:
        request = Request(method="GET", url=url, what="bills, page 3", headers={})
        return transport.send(request, read_json)
    finally:
        transport.close()


@pytest.mark.parametrize(
    "answer",
    [
        answer_of(BODY),
        answer_of(gzip.compress(BODY), b"Content-Encoding: gzip"),
        CHUNKED + b"5\r\n" + BODY[:5] + b"\r\n7\r\n" + BODY[5:] + b"\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    ],
    ids=["plain", "gzip", "chunked", "until-close"],
)
def test_a_whole_answer_arrives_as_it_was_meant(answer: bytes) -> None:
    """In each way in which HTTP can carry it."""
    with serving(answer) as url:
        assert send(url, FakeClock().timing) == {"data": []}


@pytest.mark.parametrize(
    "cut",
    [
        answer_of(BODY[:6], length=len(BODY)),
        answer_of(gzip.compress(BODY)[:-9], b"Content-Encoding: gzip", length=99),
        answer_of(BODY, b"Content-Encoding: gzip"),
        CHUNKED + b"c\r\n" + BODY[:6],
        CHUNKED + b"6\r\n" + BODY[:6] + b"\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY[:6],
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
    ids=[
        "plain",
        "gzip",
        "no-gzip",
        "in-a-chunk",
        "between-chunks",
        "until-close",
        "in-the-head",
        "nothing",
    ],
)
def test_an_answer_that_is_cut_off_is_asked_for_again(cut: bytes) -> None:
    """It is never taken for a shorter one; when it stays so the message names the place."""
    with serving(cut, answer_of(BODY)) as url:
        assert send(url, FakeClock().timing) == {"data": []}
    with (
        serving(cut, cut) as url,
        pytest.raises(TemporaryError, match=r"bills, page 3: (no|the) answer"),
    ):
        send(url, FakeClock().timing, max_retries=1)


def test_an_answer_that_only_trickles_does_not_hold_the_run_up() -> None:
    """The time-out is for a piece; the whole has a limit as well."""
    clock = FakeClock()

    def now() -> Any:
        clock.now += timedelta(seconds=10)
        return clock.now

    timing = Timing(now=now, sleep=clock.sleep, jitter=lambda _low, high: high)
    slow = answer_of(BODY)
    with serving(slow, slow) as url, pytest.raises(TemporaryError, match="takes too long"):
        send(url, timing, timeout_s=1, max_retries=1)


def test_an_endless_answer_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a most."""
    monkeypatch.setattr(transport_module, "ANSWER_BYTES_MAX", 5)
    with serving(answer_of(BODY)) as url, pytest.raises(TemporaryError, match="too long"):
        send(url, FakeClock().timing, max_retries=0)


def test_a_date_to_wait_for_is_one_of_the_servers_clock() -> None:
    """Ours may be an hour ahead and would not wait at all."""
    busy = (
        b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nDate: Wed, 11 Mar 2026 11:00:00 GMT\r\n"
        b"Retry-After: Wed, 11 Mar 2026 11:00:30 GMT\r\nConnection: close\r\n\r\n"
    )
    clock = FakeClock()
    with serving(busy, answer_of(BODY)) as url:
        assert send(url, clock.timing) == {"data": []}
    assert sum(clock.slept) == 30


def test_an_answer_without_request_id_says_none() -> None:
    """And one whose id could carry anything does as well."""
    assert Answer(200, b"", {}).request_id == "none"
    assert Answer(200, b"", {"x-request-id": "canary <script>"}).request_id == "none"
