"""A PostgreSQL server of its own for one test run, where its programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM_FOLDERS = "/usr/lib/postgresql/*/bin"
SERVANTS = ("postgres", "nobody")
"""Users to run it as for root, whom PostgreSQL does not serve."""
START_MAX_S = 60


class NoServerError(Exception):
    """No server can be started here; the text says why."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """Where it listens, and how to ask it."""

    port: int
    programs: Path

    def ask(self, query: str) -> list[str]:
        """The lines that a query gives, one column each."""
        address = f"postgresql://loader@127.0.0.1:{self.port}/postgres"
        return subprocess.run(
            [self.programs / "psql", "-d", address, "-Atc", query],
            capture_output=True,
            text=True,
            timeout=START_MAX_S,
            check=True,
        ).stdout.splitlines()


def find_programs() -> Path:
    """The folder with initdb and pg_ctl.

    Raises:
        NoServerError: they are not installed.
    """
    on_path = shutil.which("initdb")
    folders = [Path(os.path.realpath(on_path)).parent] if on_path else []
    folders += sorted(Path("/").glob(PROGRAM_FOLDERS.lstrip("/")), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoServerError("PostgreSQL (initdb, pg_ctl) is not installed")


def find_servant() -> str | None:
    """The user to run as; ``None`` for ourselves.

    Raises:
        NoServerError: we are root and nobody else is there.
    """
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    for name in SERVANTS:
        if name in known:
            return name
    raise NoServerError("PostgreSQL does not run as root, and there is no other user")


@contextmanager
def run_postgres() -> Iterator[PostgresServer]:
    """A server on a free loopback port for as long as the body runs."""
    programs, servant = find_programs(), find_servant()
    folder = Path(tempfile.mkdtemp(prefix="tap-postgres-"))
    if servant is not None:
        shutil.chown(folder, servant)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = str(folder / "data")

    def call(*command: str) -> None:
        # Without pipes: the server would keep them open.
        subprocess.run(
            [programs / command[0], *command[1:]],
            user=servant,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=START_MAX_S,
            check=True,
        )

    try:
        call("initdb", "-D", data, "-U", "loader", "-A", "trust", "--no-sync")
        options = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
        call("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield PostgresServer(port, programs)
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
