"""Keeps the two systems running, each in a process of its own, and never leaves one behind."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from erp_sandbox.serving import LOOPBACK, SYSTEMS, ServeOptions, listen
from erp_sandbox.tenant_file import ENVIRONMENT

READY_BASE_MAX_S, READY_PER_SCALE_MAX_S = 60, 1
STOP_MAX_S = 30
POLL_S = 0.05
ASK_MAX_S = 30
HINT = (
    "Unaffiliated test doubles with made-up records. `erp-sandbox watch` shows what happens, "
    "sandbox/README.md has the logins; Ctrl-C ends both."
)


class SandboxError(Exception):
    """A system did not start, or ended by itself."""


@dataclass(slots=True, kw_only=True)
class RunningSystem:
    """A system: its process, and where it listens."""

    name: str
    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"


def start_system(name: str, port: int, options: ServeOptions) -> RunningSystem:
    """Start a system on that port, 0 for a free one. It ends when this process ends.

    Raises:
        SandboxError: the port is taken, or not ours to take.
    """
    try:
        opened = listen(port)
    except OSError as fault:
        raise SandboxError(
            f"port {port} of {LOOPBACK} is not free for {name} ({fault.strerror}): end what "
            f"listens there, or name another with --{name}-port (0 takes a free one)"
        ) from fault
    with opened as listener:
        handle = listener.fileno()
        command = [
            *(sys.executable, "-m", "erp_sandbox", "system", name),
            *("--fd", str(handle)),
            *("--seed", str(options.seed)),
            *("--scale", str(options.scale)),
            *("--latency-ms", str(options.latency_ms)),
            *("--profile", options.profile),
            *(("--snapshots", str(options.snapshots)) if options.snapshots else ()),
        ]
        # Its standard input is a pipe that closes with us, however we end.
        process = subprocess.Popen(  # noqa: S603 (our own command)
            command,
            stdin=subprocess.PIPE,
            pass_fds=(handle,),
            env=environment_of(options.tenant),
        )
        return RunningSystem(name=name, process=process, port=listener.getsockname()[1])


def environment_of(tenant: Path | None) -> dict[str, str]:
    """The environment of a process that serves, or tells of, the tenant of that file."""
    others = {name: value for name, value in os.environ.items() if name != ENVIRONMENT}
    return others if tenant is None else {**others, ENVIRONMENT: str(tenant.resolve())}


def run_for_tenant(words: Sequence[str], tenant: Path | None) -> str:
    """What another ``erp-sandbox`` writes that knows the tenant of that file.

    Raises:
        SandboxError: it did not do what it was told.
    """
    command = (sys.executable, "-m", "erp_sandbox", *words)
    done = subprocess.run(  # noqa: S603 (our own command)
        command, env=environment_of(tenant), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SandboxError(f"`erp-sandbox {words[0]}` ended with {done.returncode}")
    return done.stdout


def wait_until_ready(systems: Sequence[RunningSystem], limit_s: float) -> None:
    """Wait until every system answers.

    Raises:
        SandboxError: one ended, or did not answer in time.
    """
    deadline = time.monotonic() + limit_s
    for system in systems:
        while not _answers(system):
            if system.process.poll() is not None:
                raise SandboxError(f"{system.name} ended with {system.process.returncode}")
            if time.monotonic() > deadline:
                raise SandboxError(f"{system.name} did not answer within {limit_s} s")
            time.sleep(POLL_S)


def _answers(system: RunningSystem) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, system.port, timeout=1)
    try:
        connection.request("GET", "/_control/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def stop_systems(systems: Sequence[RunningSystem]) -> None:
    """End every system: asked first, killed when it does not listen."""
    for system in systems:
        if system.process.poll() is None:
            system.process.terminate()
    deadline = time.monotonic() + STOP_MAX_S
    for system in systems:
        try:
            system.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            system.process.kill()
            system.process.wait()
        if system.process.stdin is not None:
            system.process.stdin.close()


def run_sandbox(ports: Mapping[str, int], options: ServeOptions, ready_file: Path | None) -> None:
    """Serve both systems until a signal says stop.

    Raises:
        SandboxError: a port is taken, a system did not start or ended by itself.
        OSError: the ready file cannot be written.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    systems: list[RunningSystem] = []
    try:
        for name in SYSTEMS:
            # One by one: when the second does not start, the first must still be stopped.
            systems.append(start_system(name, ports[name], options))  # noqa: PERF401
        wait_until_ready(systems, READY_BASE_MAX_S + READY_PER_SCALE_MAX_S * options.scale)
        _announce({system.name: system.url for system in systems}, ready_file)
        _watch(systems, stop)
    finally:
        stop_systems(systems)


def _watch(systems: Sequence[RunningSystem], stop: threading.Event) -> None:
    """Until told to stop: that is what a server is for, so there is no other limit."""
    while not stop.wait(POLL_S):
        for system in systems:
            if system.process.poll() is not None:
                raise SandboxError(f"{system.name} ended with {system.process.returncode}")


def _announce(urls: Mapping[str, str], ready_file: Path | None) -> None:
    """Say where the systems answer; the file appears whole or not at all."""
    text = json.dumps(urls)
    if ready_file is not None:
        partial = ready_file.with_name(f"{ready_file.name}.{os.getpid()}.part")
        partial.write_text(text)
        partial.replace(ready_file)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    sys.stderr.write(f"{HINT}\n")


def adopt_listener(handle: int) -> socket.socket:
    """The listening socket that the parent has opened."""
    return socket.socket(fileno=handle)
