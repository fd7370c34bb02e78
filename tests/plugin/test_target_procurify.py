"""The Singer face of the way back: what it refuses, what it may reach, and a whole round trip."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import yaml

from target_ifs_cloud.vendor_sync.target import TargetProcurify
from target_ifs_cloud.vendor_sync.vendor_client import Tenant, VendorClient, read_error
from target_ifs_cloud.vendor_sync.vendor_settings import TAP_SCHEMA, TARGET_SCHEMA
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.exchange import Request
from target_ifs_cloud.wire.token import Login
from target_ifs_cloud.wire.transport import ForbiddenRequestError
from tests.conftest import BIN, ROOT, Sandbox

SECRET = "canary-7f3a"


def config(folder: Path, base_url: str = "https://tenant.example") -> dict[str, Any]:
    """The settings of target-procurify."""
    return {
        "base_url": base_url,
        "client_id": "sandbox-procurify",
        "client_secret": SECRET,
        "transforms_dir": str(ROOT / "transforms"),
        "outbox_url": f"sqlite:///{folder}/outbox.db",
        "settling_time_s": 1,
    }


@pytest.mark.parametrize(
    ("kind", "name", "schema"),
    [("extractors", "tap-ifs-cloud", TAP_SCHEMA), ("loaders", "target-procurify", TARGET_SCHEMA)],
)
def test_meltano_knows_every_setting_and_which_are_secret(
    kind: str, name: str, schema: Mapping[str, Any]
) -> None:
    """meltano.yml lists the settings of the plugin, no more and no fewer."""
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"][kind]
    (found,) = [plugin for plugin in plugins if plugin["name"] == name]
    told = {one["name"]: bool(one.get("sensitive")) for one in found["settings"]}
    assert told == {n: bool(one.get("secret")) for n, one in schema["properties"].items()}


def test_any_stream_but_suppliers_ends_the_run_before_anything_is_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Even behind good suppliers: exit code 2, and no request has left."""
    lines: list[Mapping[str, Any]] = []
    for stream in ("suppliers", "bills"):
        schema = {"properties": {"supplier_id": {"type": "string"}}}
        keys = {"key_properties": ["supplier_id"]}
        lines.append({"type": "SCHEMA", "stream": stream, "schema": schema, **keys})
        record = {"supplier_id": "S1", "name": "A"}
        lines.append({"type": "RECORD", "stream": stream, "record": record})
    target = TargetProcurify(config=config(tmp_path), validate_config=True)
    with pytest.raises(SystemExit) as end:
        target.deliver_all(io.StringIO("\n".join(json.dumps(line) for line in lines)))
    assert end.value.code == 2
    assert "'bills' has no place in Procurify" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v3/ap/bills/"),
        ("POST", "/api/v2/ap/vendor-payment-methods/"),
        ("PATCH", "/api/v3/vendors/../ap/bills/1/"),
        ("PATCH", "/api/v3/vendors/%2e%2e/ap/bills/1/"),
        ("DELETE", "/api/v3/vendors/1/"),
        ("GET", "/api/v3/ap/bills/"),
    ],
)
def test_nothing_but_vendors_can_be_reached(method: str, path: str) -> None:
    """The wire itself refuses every other request before it leaves."""
    login = Login(token_url="https://tenant.example/t", client_id="id", client_secret=SECRET)
    tenant = Tenant(
        base_url="https://tenant.example", login=login, timeout_s=1, retry_max=0, reads_only=False
    )
    client = VendorClient(tenant, Clockwork())
    request = Request(method=method, path=path, is_read=method == "GET", about="test")
    with pytest.raises(ForbiddenRequestError):
        client._transport.send(request)  # noqa: SLF001 (past every method, as a defect would)
    client.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"errors": {"name": {"message": "Taken by X", "code": "TAKEN"}}}', "name"),
        (b'{"name": ["Taken by X"], "city": ["long"]}', "name, city"),
        (b'{"detail": "No."}', "detail"),
        (b"<html>X</html>", ""),
        (b"[]", ""),
    ],
)
def test_a_refusal_names_fields_and_keeps_its_prose_out(body: bytes, code: str) -> None:
    """The texts may hold data of a vendor."""
    assert read_error(body).code == code


def test_a_round_trip_links_vendors_and_touches_nothing_else(
    start_sandbox: Callable[..., AbstractContextManager[Sandbox]], tmp_path: Path
) -> None:
    """tap-ifs-cloud | target-procurify twice: the second run is told nothing and writes nothing."""
    with start_sandbox("--scale", "1") as sandbox:
        tap = {**sandbox.target_config(tmp_path)}
        tap = {n: tap[n] for n in ("base_url", "realm", "client_id", "client_secret")}
        catalog = _catalog(tmp_path, tap)
        told = _run(tmp_path, "tap-ifs-cloud", tap, "--catalog", catalog)
        target = config(tmp_path, sandbox.procurify) | {"client_secret": "sandbox-procurify-secret"}
        first = _run(tmp_path, "target-procurify", target, text=told.stdout)
        assert first.returncode in {0, 3}, first.stderr
        written = _writes(sandbox)
        (tmp_path / "state.json").write_text(first.stdout.splitlines()[-1])
        options = ("--catalog", catalog, "--state", str(tmp_path / "state.json"))
        again = _run(tmp_path, "tap-ifs-cloud", tap, *options)
        assert '"RECORD"' not in again.stdout
        second = _run(tmp_path, "target-procurify", target, text=again.stdout)
        assert second.returncode == 0, second.stderr
        assert _writes(sandbox) == written
        assert written
        assert all(path.startswith("/api/v3/vendors/") for path in written)
    kept = (tmp_path / "outbox.db").read_bytes() + told.stdout.encode() + first.stderr.encode()
    assert b"sandbox-procurify-secret" not in kept
    assert b"sandbox-ifs-secret" not in kept


def _writes(sandbox: Sandbox) -> list[str]:
    """The paths of what was written to Procurify, logins aside."""
    seen = sandbox.ask(f"{sandbox.procurify}/_control/requests?limit=50000")["requests"]
    return [r["path"] for r in seen if r["method"] != "GET" and "oauth" not in r["path"]]


def _catalog(folder: Path, tap: Mapping[str, Any]) -> str:
    found = json.loads(_run(folder, "tap-ifs-cloud", tap, "--discover").stdout)
    for stream in found["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["stream"] == "suppliers"
    path = folder / "catalog.json"
    path.write_text(json.dumps(found))
    return str(path)


def _run(
    folder: Path, command: str, settings: Mapping[str, Any], *options: str, text: str = ""
) -> subprocess.CompletedProcess[str]:
    path = folder / f"{command}.json"
    path.write_text(json.dumps(settings))
    line = [str(BIN / command), "--config", str(path), *options]
    return subprocess.run(line, input=text, capture_output=True, text=True, check=False)
