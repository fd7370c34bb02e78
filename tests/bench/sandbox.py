"""How fast and how large the sandbox is, so that it is never what a benchmark measures."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.bench import Row
from tests.bench.tap import BILLS_PER_SCALE, sandbox_of
from tests.conftest import Sandbox

REQUESTS, REQUESTS_QUICK = 4000, 500
SCALE, SCALE_QUICK = 500, 5
PER_SECOND_MIN = 1000
MEMORY_MAX_MB = 2000
KILOBYTES_PER_MB = 1024
REALM = "/auth/realms/sandbox/protocol/openid-connect/token"
COMPANIES = "/main/ifsapplications/projection/v1/CompanyHandling.svc/CompanySet?$top=10"


def rows(quick: bool) -> Iterable[Row]:  # noqa: FBT001 (the table asks so)
    """Requests a second of either side over one connection, and memory with a large tenant."""
    scale = SCALE_QUICK if quick else SCALE
    count = REQUESTS_QUICK if quick else REQUESTS
    with sandbox_of(scale) as sandbox:
        bills = f"{scale * BILLS_PER_SCALE:,} bills"
        headers = {"Authorization": f"Bearer {_procurify_token(sandbox)}"}
        headers["X-Procurify-Client"] = "api"
        one = "/api/v3/vendors/1/"
        yield _speed("S1", "Procurify: one vendor", sandbox.procurify, one, headers, count, bills)
        page = "/api/v3/ap/bills/?page_size=10"
        yield _speed(
            "S2", "Procurify: a page of bills", sandbox.procurify, page, headers, count, bills
        )
        headers = {"Authorization": f"Bearer {_ifs_token(sandbox)}"}
        yield _speed("S3", "IFS Cloud: a page", sandbox.ifs, COMPANIES, headers, count, bills)
        for id_, name, url in (("S4", "Procurify", sandbox.procurify), ("S5", "IFS", sandbox.ifs)):
            used = _memory_mb(url)
            yield Row(
                id=id_,
                metric=f"{name}: memory",
                measured=f"{used:.0f} MB",
                anchor=bills,
                target=f"≤ {MEMORY_MAX_MB} MB",
                met=used <= MEMORY_MAX_MB,
            )


def _speed(  # noqa: PLR0917 (one row from left to right)
    id_: str, metric: str, url: str, path: str, headers: Mapping[str, str], count: int, bills: str
) -> Row:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    began = 0.0
    for number in range(count + 1):
        if number == 1:
            began = time.perf_counter()  # the first request fills caches
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:200]!r}")
    per_second = count / (time.perf_counter() - began)
    connection.close()
    return Row(
        id=id_,
        metric=f"{metric}, requests a second over one connection",
        measured=f"{per_second:,.0f}",
        anchor=bills,
        target=f"≥ {PER_SECOND_MIN:,}",
        met=per_second >= PER_SECOND_MIN,
    )


def _post(url: str, path: str, body: str, kind: str) -> str:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("POST", path, body=body, headers={"Content-Type": kind})
    token: str = json.loads(connection.getresponse().read())["access_token"]
    connection.close()
    return token


def _procurify_token(sandbox: Sandbox) -> str:
    login = {
        "client_id": "sandbox-procurify",
        "client_secret": "sandbox-procurify-secret",
        "audience": "https://api.procurify.com/",
        "grant_type": "client_credentials",
    }
    return _post(sandbox.procurify, "/oauth/token", json.dumps(login), "application/json")


def _ifs_token(sandbox: Sandbox) -> str:
    login = {
        "client_id": "SANDBOX_IFS",
        "client_secret": "sandbox-ifs-secret",
        "grant_type": "client_credentials",
    }
    form = "application/x-www-form-urlencoded"
    return _post(sandbox.ifs, REALM, urlencode(login), form)


def _memory_mb(url: str) -> float:
    """The largest resident size that the process behind the address has had. Source: Linux."""
    wanted = f"{urlsplit(url).port:04X}"
    listening = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{wanted}") and line.split()[3] == "0A"
    }
    for process in Path("/proc").glob("[0-9]*"):
        if b"erp_sandbox" not in (process / "cmdline").read_bytes():
            continue
        files = {str(handle.readlink()) for handle in (process / "fd").iterdir()}
        command = (process / "cmdline").read_bytes()
        if b"system" in command and files & {f"socket:[{inode}]" for inode in listening}:
            status = (process / "status").read_text()
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            return int(peak.split()[1]) / KILOBYTES_PER_MB
    raise RuntimeError(f"no process listens for {url}")
