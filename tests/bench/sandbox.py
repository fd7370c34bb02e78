"""How fast and how large the sandbox is, so that it is never what a benchmark measures."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.bench import Row, peak_mb
from tests.bench.tap import BILLS_PER_SCALE, sandbox_of
from tests.conftest import Sandbox
from tests.contract.ifs.site import HEADER

REQUESTS, REQUESTS_QUICK = 4000, 2000
SCALE, SCALE_QUICK = 500, 5
BATCHES, INVOICES, LINES = 20, 40, 3
PER_CPU_SECOND_MIN = 2000
BATCH_MAX_MS = 40
MEMORY_MAX_MB = 2000
REALM = "/auth/realms/sandbox/protocol/openid-connect/token"
ROOT = "/main/ifsapplications/projection/v1"
BILLS = "/api/v3/ap/bills/?page_size=10"
INVOICE = {**HEADER, "NetCurrAmount": 75, "VatCurrAmount": 3, "GrossCurrAmount": 78}
LINE = {"NetCurrAmount": 25, "VatCode": "GST5", "VatCurrAmount": 1}


def rows(quick: bool) -> Iterable[Row]:  # noqa: FBT001 (the table asks so)
    """Requests of either side over one connection, batches, and memory with a large tenant."""
    scale = SCALE_QUICK if quick else SCALE
    count = REQUESTS_QUICK if quick else REQUESTS
    with sandbox_of(scale) as sandbox:
        bills = f"{scale * BILLS_PER_SCALE:,} bills"
        procurify = Caller(sandbox.procurify, _procurify_headers(sandbox))
        ifs = Caller(sandbox.ifs, {"Authorization": f"Bearer {_ifs_token(sandbox)}"})
        uuid = json.loads(procurify.ask("GET", BILLS))["data"][0]["uuid"]
        for id_, metric, caller, path in (
            ("S1", "Procurify: one vendor", procurify, "/api/v3/vendors/1/"),
            ("S2", "Procurify: a page of ten bills", procurify, BILLS),
            ("S3", "Procurify: one bill", procurify, f"/api/v2/ap/bills/{uuid}/"),
            ("S4", "IFS Cloud: a page", ifs, "/CompanyHandling.svc/CompanySet?$top=10"),
            (
                *("S5", "IFS Cloud: a page of ten suppliers", ifs),
                "/SupplierHandling.svc/SupplierInfoGeneralSet?$top=10",
            ),
            ("S6", "IFS Cloud: one company", ifs, "/CompanyHandling.svc/CompanySet(Company='HCA')"),
        ):
            place = path if caller is procurify else f"{ROOT}{path}"
            yield _speed(id_, metric, caller, place, count=count, bills=bills)
        yield _batches("S7", ifs, bills)
        for id_, name, caller in (("S8", "Procurify", procurify), ("S9", "IFS", ifs)):
            used = peak_mb(caller.process)
            yield Row(
                id=id_,
                metric=f"{name}: memory",
                measured=f"{used:.0f} MB",
                anchor=bills,
                target=f"≤ {MEMORY_MAX_MB} MB",
                met=used <= MEMORY_MAX_MB,
            )


class Caller:
    """One connection to a system, and the process that serves it."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.process = _process_of(url)
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = dict(headers)

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        """The body of an answer that is 200."""
        headers = self._headers | ({"Content-Type": kind} if kind else {})
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {answer.status}: {text[:200]!r}")
        return text


def _speed(id_: str, metric: str, caller: Caller, path: str, *, count: int, bills: str) -> Row:
    caller.ask("GET", path)  # the first request fills caches
    began, used = time.perf_counter(), _cpu_s(caller.process)
    for _ in range(count):
        caller.ask("GET", path)
    per_second = count / (time.perf_counter() - began)
    per_cpu_second = count / (_cpu_s(caller.process) - used)
    return Row(
        id=id_,
        metric=f"{metric}, requests per second of the server's CPU",
        measured=f"{per_cpu_second:,.0f} ({per_second:,.0f} a second)",
        anchor=bills,
        target=f"≥ {PER_CPU_SECOND_MIN:,}",
        met=per_cpu_second >= PER_CPU_SECOND_MIN,
    )


def _batches(id_: str, caller: Caller, bills: str) -> Row:
    """What new invoices cost when many come in one request."""
    batches = [_batch(number) for number in range(BATCHES)]
    used = _cpu_s(caller.process)
    for body in batches:
        path = f"{ROOT}/ManualSupplierInvoiceHandling.svc/$batch"
        text = caller.ask("POST", path, body, "multipart/mixed; boundary=b")
        if text.count(b"HTTP/1.1 201") != INVOICES * (1 + LINES):
            raise RuntimeError(f"the batch was not taken: {text[:500]!r}")
    per_batch_ms = 1000 * (_cpu_s(caller.process) - used) / BATCHES
    return Row(
        id=id_,
        metric=f"IFS Cloud: {INVOICES} new invoices of {LINES} lines in one $batch, CPU",
        measured=f"{per_batch_ms:.0f} ms",
        anchor=bills,
        target=f"≤ {BATCH_MAX_MS} ms",
        met=per_batch_ms <= BATCH_MAX_MS,
    )


def _batch(number: int) -> bytes:
    parts = []
    for invoice in range(INVOICES):
        first = 1 + invoice * (1 + LINES)
        header = INVOICE | {"InvoiceNo": f"BENCH-{number}-{invoice}"}
        calls = [("ManSuppInvoiceSet", header)]
        calls += [(f"${first}/ManSuppInvoiceItemArray", LINE)] * LINES
        inner = "".join(
            f"--c\r\nContent-Type: application/http\r\nContent-ID: {first + place}\r\n\r\n"
            f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
            f"{json.dumps(body)}\r\n"
            for place, (path, body) in enumerate(calls)
        )
        head = "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        parts.append(f"{head}{inner}--c--\r\n")
    return f"{''.join(parts)}--b--\r\n".encode()


def _post(url: str, path: str, body: str, kind: str) -> str:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("POST", path, body=body, headers={"Content-Type": kind})
    token: str = json.loads(connection.getresponse().read())["access_token"]
    connection.close()
    return token


def _procurify_headers(sandbox: Sandbox) -> dict[str, str]:
    login = {
        "client_id": "sandbox-procurify",
        "client_secret": "sandbox-procurify-secret",
        "audience": "https://api.procurify.com/",
        "grant_type": "client_credentials",
    }
    token = _post(sandbox.procurify, "/oauth/token", json.dumps(login), "application/json")
    return {"Authorization": f"Bearer {token}", "X-Procurify-Client": "api"}


def _ifs_token(sandbox: Sandbox) -> str:
    login = {
        "client_id": "SANDBOX_IFS",
        "client_secret": "sandbox-ifs-secret",
        "grant_type": "client_credentials",
    }
    form = "application/x-www-form-urlencoded"
    return _post(sandbox.ifs, REALM, urlencode(login), form)


def _process_of(url: str) -> Path:
    """The process behind the address, below ``/proc``. Source: Linux."""
    wanted = f"{urlsplit(url).port:04X}"
    listening = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{wanted}") and line.split()[3] == "0A"
    }
    for process in Path("/proc").glob("[0-9]*"):
        command = (process / "cmdline").read_bytes()
        if b"erp_sandbox" not in command or b"system" not in command:
            continue
        files = {str(handle.readlink()) for handle in (process / "fd").iterdir()}
        if files & {f"socket:[{inode}]" for inode in listening}:
            return process
    raise RuntimeError(f"no process listens for {url}")


def _cpu_s(process: Path) -> float:
    """The processor time that the process has used, its own and that of the system for it."""
    after_name = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
