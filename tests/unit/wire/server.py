"""A loopback server that answers each request with the next bytes of a script."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

HEAD_MAX = 65_536


@dataclass(frozen=True)
class Reply:
    """What goes back for one request. ``reset`` breaks the connection off afterwards."""

    data: bytes = b""
    close: bool = False
    reset: bool = False


def reply(status: int, body: bytes = b"{}", *, headers: Sequence[str] = ()) -> Reply:
    """A complete answer that keeps the connection open."""
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return Reply(data="\r\n".join(head).encode() + b"\r\n\r\n" + body)


@dataclass
class Server:
    """The server's side of the story."""

    port: int
    script: list[Reply]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(*script: Reply) -> Iterator[Server]:
    """A server that knows these replies, one per request."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(port=listener.getsockname()[1], script=list(script))
    thread = threading.Thread(target=_accept, args=(listener, server), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def _accept(listener: socket.socket, server: Server) -> None:
    workers = []
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        server.connections += 1
        worker = threading.Thread(target=_serve, args=(connection, server), daemon=True)
        worker.start()
        workers.append(worker)
    for worker in workers:
        worker.join(timeout=5)


def _serve(connection: socket.socket, server: Server) -> None:
    with connection:
        connection.settimeout(5)
        while True:
            request = _read_request(connection)
            if request is None or not server.script:
                return
            server.requests.append(request)
            answer = server.script.pop(0)
            connection.sendall(answer.data)
            if answer.reset:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            if answer.reset or answer.close:
                return


def _read_request(connection: socket.socket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data and len(data) < HEAD_MAX:
        try:
            piece = connection.recv(4096)
        except OSError:
            return None
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(4096)
    return head + b"\r\n\r\n" + body


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
