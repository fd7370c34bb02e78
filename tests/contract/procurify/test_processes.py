"""The command and its processes: real sockets, real signals."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from erp_sandbox.control_client import ControlRefusedError, IfsControl, ProcurifyControl
from erp_sandbox.processes import HINT
from tests.contract.procurify.caller import LOGIN

START_MAX_S = 60
STOP_MAX_S = 20
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command; whatever a test leaves running is ended."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "erp_sandbox", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate(timeout=STOP_MAX_S)


def urls_of(process: subprocess.Popen[str]) -> dict[str, str]:
    """Where the systems answer: the first line that the command prints."""
    assert process.stdout is not None
    found: dict[str, str] = json.loads(process.stdout.readline())
    return found


def serve(start: Start, *options: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """A running sandbox on free ports."""
    process = start("serve", "--procurify-port", "0", "--ifs-port", "0", *options)
    return process, urls_of(process)


def connect(url: str) -> closing[http.client.HTTPConnection]:
    """A connection to a system."""
    return closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=START_MAX_S))


def watch(url: str) -> socket.socket:
    """A bare connection that tells when the other side is gone."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port or 0))
    connection.settimeout(STOP_MAX_S)
    return connection


def wait_until_closed(connection: socket.socket) -> bytes:
    """What the other side still sends before its end."""
    try:
        return connection.recv(1)
    except ConnectionResetError:
        return b""


@pytest.fixture
def login() -> Callable[[http.client.HTTPConnection], dict[str, str]]:
    """Takes a token and gives the headers that every call carries."""

    def run(connection: http.client.HTTPConnection) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/oauth/token", json.dumps(LOGIN), headers)
        token = json.loads(connection.getresponse().read())["access_token"]
        return {"Authorization": f"Bearer {token}", "X-Procurify-Client": "api"}

    return run


def test_both_systems_serve_and_end_with_a_signal(start: Start, tmp_path: Path) -> None:
    """Ready file, control client, SIGTERM, exit code 0, nobody left behind."""
    ready = tmp_path / "ready.json"
    process, urls = serve(start, "--ready-file", str(ready))
    assert json.loads(ready.read_text()) == urls
    procurify, ifs = ProcurifyControl(urls["procurify"]), IfsControl(urls["ifs"])
    assert procurify.ask("ready")["system"] == "procurify"
    made = procurify.edit("add_bill", number="FROM-OUTSIDE")
    numbers = {bill["invoice_number"] for bill in procurify.truth("bills")["bills"]}
    assert "FROM-OUTSIDE" in numbers
    assert made["uuid"]
    assert "invoices" in ifs.books()
    with pytest.raises(ControlRefusedError, match="no operation"):
        procurify.edit("explode")
    watched = [watch(url) for url in urls.values()]
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOP_MAX_S) == 0
    for connection in watched:
        with connection:
            assert wait_until_closed(connection) == b""
    told = process.communicate(timeout=STOP_MAX_S)[1]
    assert told.splitlines() == [HINT], told


def test_systems_end_when_the_command_is_killed(start: Start) -> None:
    """No orphan, even when the parent had no time to say goodbye."""
    process, urls = serve(start)
    with watch(urls["procurify"]) as first, watch(urls["ifs"]) as second:
        process.kill()
        assert wait_until_closed(first) == wait_until_closed(second) == b""


def test_taken_port_is_told(start: Start) -> None:
    """The command says what is wrong and leaves nothing running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start("serve", "--procurify-port", "0", "--ifs-port", port)
        told = process.communicate(timeout=START_MAX_S)[1]
        assert process.returncode == 1
        assert f"port {port} of 127.0.0.1 is not free for ifs" in told
        assert "--ifs-port" in told


def test_faults_break_real_connections(
    start: Start, login: Callable[[http.client.HTTPConnection], dict[str, str]]
) -> None:
    """Reset before and after, and an answer that breaks off; other calls go on as before."""
    _, urls = serve(start)
    control = ProcurifyControl(urls["procurify"])
    with connect(urls["procurify"]) as connection:
        headers = login(connection)
    control.script_faults(
        [
            {"action": "reset_after", "method": "POST", "path": "/api/v3/vendors/"},
            {"action": "truncate", "path": "/api/v2/currencies/"},
            {"action": "reset_before", "path": "/api/v3/users/"},
        ]
    )
    body = {"name": "Lost Answer", "email": [], "type": 4, "overall_score": None}
    calls: tuple[tuple[str, str, str | None, type[Exception]], ...] = (
        ("POST", "/api/v3/vendors/", json.dumps(body), ConnectionResetError),
        ("GET", "/api/v2/currencies/", None, http.client.IncompleteRead),
        ("GET", "/api/v3/users/", None, ConnectionResetError),
    )
    for method, path, content, seen in calls:
        with connect(urls["procurify"]) as connection, pytest.raises(seen):
            _read(connection, method, path, content=content, headers=headers)
    assert [rule["acted"] for rule in control.faults()] == [1, 1, 1]
    names = [vendor["name"] for vendor in control.truth("vendors")["vendors"]]
    assert names.count("Lost Answer") == 1
    with connect(urls["procurify"]) as connection:
        answer = _read(connection, "GET", "/api/v3/users/", headers=headers)
    assert len(answer["data"]) == 8


def _read(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    content: str | None = None,
    headers: dict[str, str],
) -> Any:
    kind = {"Content-Type": "application/json"}
    connection.request(method, path, content, {**headers, **kind})
    return json.loads(connection.getresponse().read())


def test_truth_command_prints_what_runs(start: Start) -> None:
    """As JSON on standard output; a system that is not there is told."""
    _, urls = serve(start)
    told = start("truth", "procurify", "--procurify-url", urls["procurify"])
    text, _ = told.communicate(timeout=START_MAX_S)
    assert len(json.loads(text)["bills"]) == 200
    books = start("truth", "ifs", "--ifs-url", urls["ifs"])
    text, _ = books.communicate(timeout=START_MAX_S)
    assert "invoices" in json.loads(text)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    nobody = start("truth", "ifs", "--ifs-url", f"http://127.0.0.1:{port}")
    assert nobody.wait(START_MAX_S) == 1


def test_systems_listen_on_loopback_only(start: Start) -> None:
    """Nothing of the sandbox can be reached from another machine."""
    _, urls = serve(start)
    assert {urlsplit(url).hostname for url in urls.values()} == {"127.0.0.1"}
    port = urlsplit(urls["procurify"]).port
    table = Path("/proc/net/tcp").read_text().splitlines()
    listening = [row.split()[1] for row in table if row.split()[3] == "0A"]
    assert [row for row in listening if row.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
