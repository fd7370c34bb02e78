"""What a pool of connections makes of answers that are good, cut short, slow or absent."""

from __future__ import annotations

import gzip
import itertools
import time

import pytest

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.wire.connection import Connection, NoAnswerError, Timeouts, check_address
from target_ifs_cloud.wire.retry import Stage
from tests.unit.wire.server import Reply, free_port, reply, serving


def connect(url: str, *, timeouts: Timeouts | None = None) -> Connection:
    """A connection with short patience."""
    patience = timeouts or Timeouts(connect_s=2.0, read_s=2.0, whole_s=5.0)
    return Connection(url, timeouts=patience, connections_max=2, monotonic=time.monotonic)


def test_connections_are_used_again() -> None:
    """Three requests, one connection."""
    with serving(reply(200, b"a"), reply(404, b"b"), reply(200, b"c")) as server:
        connection = connect(server.url)
        bodies = [connection.exchange("GET", "/x", headers={}, body=None).body for _ in range(3)]
        connection.close()
    assert bodies == [b"a", b"b", b"c"]
    assert server.connections == 1


def test_a_compressed_answer_is_unpacked() -> None:
    """The body is what the server meant."""
    packed = gzip.compress(b"[1,2]" * 1000)
    with serving(reply(200, packed, headers=["Content-Encoding: gzip"])) as server:
        connection = connect(server.url)
        assert connection.exchange("GET", "/", headers={}, body=None).body == b"[1,2]" * 1000
        connection.close()


CUT = {
    "no answer at all": Reply(close=True),
    "reset": Reply(reset=True),
    "half a header": Reply(data=b"HTTP/1.1 200 OK\r\nContent-Le", close=True),
    "half a body": Reply(data=b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", close=True),
    "half a chunk": Reply(
        data=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12", close=True
    ),
    "no last chunk": Reply(
        data=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", close=True
    ),
    "headers without an end": Reply(data=b"HTTP/1.1 200 OK\r\nServer: x\r\n", close=True),
    "no HTTP": Reply(data=b"hello\r\n\r\n", close=True),
}


@pytest.mark.parametrize("name", CUT)
def test_an_answer_that_is_cut_short_is_no_answer(name: str) -> None:
    """Sent, and nobody knows: never taken for a complete answer."""
    with serving(CUT[name]) as server:
        connection = connect(server.url)
        with pytest.raises(NoAnswerError) as caught:
            connection.exchange("POST", "/", headers={}, body=b"{}")
        connection.close()
    assert caught.value.stage is Stage.NO_ANSWER


def test_silence_ends_with_the_time_out() -> None:
    """A server that takes the request and says nothing."""
    with serving(Reply()) as server:
        connection = connect(server.url, timeouts=Timeouts(connect_s=1, read_s=0.2, whole_s=5))
        with pytest.raises(NoAnswerError) as caught:
            connection.exchange("POST", "/", headers={}, body=b"{}")
        connection.close()
    assert caught.value.stage is Stage.NO_ANSWER


def test_an_answer_that_drips_meets_the_deadline() -> None:
    """Bytes that keep coming do not keep a request alive for ever."""
    ticks = itertools.count(0.0, 10.0)
    with serving(reply(200, b"x" * 500_000)) as server:
        connection = Connection(
            server.url,
            timeouts=Timeouts(connect_s=1, read_s=1, whole_s=15.0),
            connections_max=1,
            monotonic=lambda: next(ticks),
        )
        with pytest.raises(NoAnswerError):
            connection.exchange("GET", "/", headers={}, body=None)
        connection.close()


def test_where_nobody_listens_nothing_was_sent() -> None:
    """A refused connection is certain."""
    connection = connect(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NoAnswerError) as caught:
        connection.exchange("POST", "/", headers={}, body=b"{}")
    connection.close()
    assert caught.value.stage is Stage.NOT_SENT


def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    """The answer is the redirect itself, and the next request carries no cookie."""
    first = reply(302, b"", headers=["Location: http://127.0.0.1:1/x", "Set-Cookie: a=b; Path=/"])
    with serving(first, reply(200)) as server:
        connection = connect(server.url)
        assert connection.exchange("GET", "/", headers={}, body=None).status == 302
        connection.exchange("GET", "/", headers={}, body=None)
        connection.close()
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://ifs.example.com",
        "ftp://ifs.example.com",
        "ifs.example.com",
        "https://user:secret@ifs.example.com",
        "https://ifs.example.com?x=1",
        "",
    ],
)
def test_unsafe_addresses_are_refused(url: str) -> None:
    """Plain http is for this machine only; a login belongs into settings."""
    with pytest.raises(ConfigurationError) as caught:
        check_address(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://ifs.example.com/", "http://localhost:8080", "http://127.0.0.1", "http://[::1]"]
)
def test_safe_addresses_are_taken(url: str) -> None:
    """Https everywhere, http on loopback."""
    assert check_address(url) == url.rstrip("/")


def test_an_answer_without_a_body_is_complete_when_it_says_so() -> None:
    """204, or a length of nothing."""
    empty = Reply(data=b"HTTP/1.1 204 No Content\r\n\r\n")
    with serving(empty, reply(200, b"")) as server:
        connection = connect(server.url)
        statuses = [
            connection.exchange("PATCH", "/", headers={}, body=b"{}").status for _ in range(2)
        ]
        connection.close()
    assert statuses == [204, 200]
