"""Runs the target in a process of its own and tells what it took: seconds, memory, requests.

``python -m tests.bench.target_process``, the order as JSON on standard input.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from urllib3.connection import HTTPConnection

from target_ifs_cloud.delivery import audit
from target_ifs_cloud.target import TargetIFSCloud
from target_ifs_cloud.wire.connection import Answer, Connection
from tests.bench import peak_mb

IN_MAIN_MEMORY = "/dev/shm"  # noqa: S108 (a folder of its own is made in it)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOrder:
    """Which records go where. ``has_memory`` false: no fsync and no evidence, to see their cost."""

    config: dict[str, Any]
    records: str
    trace: str = ""
    has_memory: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTaken:
    """What a run took. ``seconds`` counts from the first record, without the start of Python.

    ``settling_s`` is what passed before the first record: settling what an earlier run left.
    """

    code: int
    seconds: float
    settling_s: float
    peak_mb: float
    cpu_s: float
    requests: int
    connections: int


class Trace:
    """How many requests left over how many connections, and if it is wanted, each as it left."""

    def __init__(self, *, is_kept: bool) -> None:
        self.requests: list[tuple[str, str, dict[str, str], str]] = []
        self.count = 0
        self.connections = 0
        self._is_kept = is_kept
        self._lock = threading.Lock()

    def install(self) -> None:
        """Listen at the wire."""
        exchange, connect = Connection.exchange, HTTPConnection.connect

        def exchanged(
            own: Connection,
            method: str,
            path: str,
            *,
            headers: Mapping[str, str],
            body: bytes | None,
        ) -> Answer:
            with self._lock:
                self.count += 1
                if self._is_kept:
                    kept = {k: v for k, v in headers.items() if k != "Authorization"}
                    self.requests.append((method, path, kept, (body or b"").decode()))
            return exchange(own, method, path, headers=headers, body=body)

        def connected(own: HTTPConnection) -> None:
            with self._lock:
                self.connections += 1
            connect(own)

        Connection.exchange = exchanged  # type: ignore[method-assign,assignment]
        HTTPConnection.connect = connected  # type: ignore[method-assign,assignment]


@contextmanager
def forgetful(config: dict[str, Any]) -> Iterator[None]:
    """Without the cost of safety: no fsync, no audit trail."""

    def relax(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(sa.Engine, "connect", relax)
    append = audit.append

    def forget(connection: sa.Connection, entries: Sequence[Mapping[str, Any]]) -> None:
        del connection, entries

    audit.append = forget
    try:
        with TemporaryDirectory(dir=IN_MAIN_MEMORY) as folder:
            config["outbox_url"] = f"sqlite:///{folder}/outbox.db"
            yield
    finally:
        audit.append = append


def run(order: TargetOrder) -> TargetTaken:
    """Run to the end."""
    trace, config = Trace(is_kept=bool(order.trace)), dict(order.config)
    trace.install()
    if order.has_memory:
        return _measured(order, config, trace)
    with forgetful(config):
        return _measured(order, config, trace)


def _measured(order: TargetOrder, config: dict[str, Any], trace: Trace) -> TargetTaken:
    target = TargetIFSCloud(config=config, validate_config=True)
    began = time.perf_counter()
    _ = target.run
    first, cpu_began, code = time.perf_counter(), time.process_time(), 0
    try:
        with Path(order.records).open(encoding="utf-8") as records:
            target.deliver_all(records)
    except SystemExit as end:
        code = int(end.code or 0)
    seconds = time.perf_counter() - first
    if order.trace:
        Path(order.trace).write_text(json.dumps(trace.requests))
    return TargetTaken(
        code=code,
        seconds=seconds,
        settling_s=first - began,
        peak_mb=peak_mb(),
        cpu_s=time.process_time() - cpu_began,
        requests=trace.count,
        connections=trace.connections,
    )


def main() -> None:
    """Run as ordered; the answer goes to where standard output was."""
    order = TargetOrder(**json.loads(sys.stdin.read()))
    answer = os.dup(1)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    taken = run(order)
    with os.fdopen(answer, "w") as out:
        json.dump(asdict(taken), out)


if __name__ == "__main__":
    main()
