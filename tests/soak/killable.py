"""The target in a process of its own that dies, loses answers or meets rivals where it is told to.

Nothing of this is in the product: the hooks are put around its edges (HTTP, commits, the audit
trail, STATE) after the fork, in the child alone.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
import urllib3.connection

from target_ifs_cloud.delivery import audit, outbox
from target_ifs_cloud.target import TargetIFSCloud
from target_ifs_cloud.wire.connection import Answer, Connection


class Injection(Protocol):
    """Stands between the target and IFS."""

    def __call__(self, call: Callable[[], Answer], request: Sent) -> Answer:
        """Carry the request out, or not, and answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it leaves."""

    method: str
    path: str
    body: bytes

    @property
    def is_write(self) -> bool:
        """True when it could change something: no GET, and no batch of GETs."""
        is_login = "openid-connect" in self.path
        return self.method != "GET" and b"\nGET " not in self.body and not is_login


class Boundaries:
    """Counts every place where a process can die between two effects, and dies at one of them."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at
        self._lock = threading.Lock()
        self.count = 0

    def cross(self) -> None:
        """One more boundary; SIGKILL at the one that was asked for."""
        with self._lock:
            self.count += 1
            if self.count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


def install(boundaries: Boundaries, injection: Injection | None) -> None:
    """Put hooks around requests, answers, commits, lines of evidence and STATE."""
    _around_http(boundaries, injection)
    _around_disk(boundaries)
    show = TargetIFSCloud._print_state  # noqa: SLF001 (an edge of the product)

    def print_state(self: TargetIFSCloud) -> None:
        boundaries.cross()
        show(self)
        boundaries.cross()

    TargetIFSCloud._print_state = print_state  # type: ignore[method-assign]  # noqa: SLF001


def _around_http(boundaries: Boundaries, injection: Injection | None) -> None:
    exchange = Connection.exchange
    read = urllib3.connection.HTTPConnection.getresponse

    def exchanged(
        self: Connection, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        boundaries.cross()

        def call() -> Answer:
            return exchange(self, method, path, headers=headers, body=body)

        sent = Sent(method=method, path=path, body=body or b"")
        answer = injection(call, sent) if injection else call()
        boundaries.cross()
        return answer

    def getresponse(self: urllib3.connection.HTTPConnection) -> Any:
        boundaries.cross()  # sent, and the answer not read yet
        return read(self)

    Connection.exchange = exchanged  # type: ignore[method-assign]
    urllib3.connection.HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]


def _around_disk(boundaries: Boundaries) -> None:
    append, writing = audit.append, outbox.Outbox.writing

    def appended(connection: sa.Connection, entries: Any) -> None:
        boundaries.cross()
        append(connection, entries)
        boundaries.cross()

    @contextmanager
    def written(self: outbox.Outbox) -> Iterator[sa.Connection]:
        boundaries.cross()
        with writing(self) as connection:
            yield connection
            boundaries.cross()  # before the commit
        boundaries.cross()  # after it

    audit.append = appended
    outbox.Outbox.writing = written  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended. ``code`` is negative for a signal."""

    code: int
    boundaries: int
    states: tuple[str, ...]


def start(
    config: Mapping[str, Any],
    records: Path,
    folder: Path,
    *,
    kill_at: int = 0,
    injection: Injection | None = None,
) -> int:
    """Fork a target that reads ``records``; the answer is its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        code = _run(config, records, folder, kill_at=kill_at, injection=injection)
    finally:
        os._exit(code)


def wait(pid: int, folder: Path) -> Ended:
    """Wait for a target to end."""
    _, status = os.waitpid(pid, 0)
    count = folder / "boundaries"
    states = (folder / "state").read_text().splitlines() if (folder / "state").exists() else []
    return Ended(
        code=os.waitstatus_to_exitcode(status),
        boundaries=int(count.read_text()) if count.exists() else 0,
        states=tuple(states),
    )


def _run(
    config: Mapping[str, Any],
    records: Path,
    folder: Path,
    *,
    kill_at: int,
    injection: Injection | None,
) -> int:
    for name, number in (("state", 1), ("log", 2)):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
    boundaries = Boundaries(kill_at)
    install(boundaries, injection)
    code = 0
    try:
        with records.open(encoding="utf-8") as lines:
            TargetIFSCloud(config=dict(config), validate_config=True).deliver_all(lines)
    except SystemExit as end:
        code = int(end.code or 0)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()
    (folder / "boundaries").write_text(str(boundaries.count))
    return code
