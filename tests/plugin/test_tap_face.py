"""The Singer face of tap-procurify: the SDK's own checks, the command line, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.testing import get_tap_test_class
from typing_extensions import override

from tap_procurify.client import ProcurifyClient
from tap_procurify.errors import EXIT_CONFIGURATION, EXIT_STOPPED
from tap_procurify.settings_schema import SCHEMA
from tap_procurify.tap import STREAMS, TapProcurify
from tests.plugin.fake_procurify import (
    SECRET,
    Asked,
    FakeProcurify,
    Told,
    fake_session,
    served,
)
from tests.plugin.procurify_tenant import BILL, VENDORS, Tenant
from tests.plugin.tap_runs import CONFIG

STATES_BEFORE_KILL = 60
COMMAND = (sys.executable, "-m", "tap_procurify")


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    """A tenant with three of everything."""
    return Tenant().fill()


@pytest.fixture(scope="module")
def address(tenant: Tenant) -> Iterator[str]:
    """The tenant on a loopback port."""
    with served(tenant.fake) as url:
        yield url


@pytest.fixture(autouse=True)
def _no_faults(tenant: Tenant) -> None:
    tenant.fake.fault = lambda _asked: None
    tenant.fake.asked.clear()


@pytest.fixture(scope="module")
def config(address: str) -> dict[str, Any]:
    """The settings for the tenant."""
    return {
        "base_url": address,
        "client_id": "id",
        "client_secret": SECRET,
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "max_retries": 1,
        "retry_wait_max_s": 1,
    }


SDK_TENANT = Tenant().fill()


class TapOnTenant(TapProcurify):
    """The tap on a tenant in memory, because the suite wants a tap before any test runs."""

    @property
    @override
    def client(self) -> ProcurifyClient:
        """A client that reads the tenant."""
        return ProcurifyClient(self.settings, self.timing, fake_session(SDK_TENANT.fake))


TestSdkSuite = get_tap_test_class(
    tap_class=TapOnTenant, config={**CONFIG, "start_date": "2026-01-01"}
)


def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **(env or {})},
    )


@pytest.fixture
def config_file(config: dict[str, Any], tmp_path: Path) -> str:
    """The settings in a file."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return str(path)


def test_discovery_needs_no_settings_and_lists_streams_in_order() -> None:
    """The catalog is the same for every tenant."""
    ran = run("--discover")
    catalog = json.loads(ran.stdout)
    names = [stream["tap_stream_id"] for stream in catalog["streams"]]
    assert names == [stream.name for stream in STREAMS]
    assert names[:3] == ["vendors", "purchase_orders", "bills"]


@pytest.mark.parametrize("style", [[], ["--format=json"], ["--format=markdown"]])
def test_about_tells_every_setting(style: list[str]) -> None:
    """In all three forms."""
    ran = run("--about", *style)
    assert ran.returncode == 0
    assert all(name in ran.stdout for name in SCHEMA["properties"])
    assert "stream_maps" not in ran.stdout


def test_a_connection_test_reads_one_record_of_each_stream(
    config_file: str, tenant: Tenant
) -> None:
    """And ends well."""
    ran = run(f"--config={config_file}", "--test")
    assert ran.returncode == 0
    assert "/api/v3/users/" in tenant.fake.asked_paths()


def test_settings_come_from_the_environment(config: dict[str, Any]) -> None:
    """As Meltano gives them."""
    env = {f"TAP_PROCURIFY_{name.upper()}": str(value) for name, value in config.items()}
    ran = run("--config=ENV", env=env)
    assert ran.returncode == 0
    assert '"stream":"bills"' in ran.stdout.replace(": ", ":")
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_secret": "canary-wrong"}, "client_id"),
        ({"base_url": "http://acme.procurify.com"}, "https://"),
        ({"domain": "acme"}, "exactly one"),
        ({"page_size": 0}, "page_size"),
        ({"start_dat": "2026"}, "start_dat"),
        ({"client_id": None}, "client_id"),
    ],
)
def test_a_wrong_setting_ends_with_its_own_exit_code(
    config: dict[str, Any], tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    """Exit 2 says: change a setting; nothing was emitted, nothing secret told."""
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({**config, **change}))
    ran = run(f"--config={path}", *(["--test"] if "client_secret" in change else []))
    assert ran.returncode == EXIT_CONFIGURATION
    assert words in ran.stderr
    assert '"RECORD"' not in ran.stdout
    assert "canary" not in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("secret", [20260311, ["canary"], {"canary": 1}])
def test_a_secret_of_the_wrong_kind_is_not_told(
    config: dict[str, Any], tmp_path: Path, secret: object
) -> None:
    """The message names the setting, not what it holds."""
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({**config, "client_secret": secret}))
    ran = run(f"--config={path}")
    assert ran.returncode == EXIT_CONFIGURATION
    assert "client_secret" in ran.stderr
    assert "canary" not in ran.stderr
    assert "20260311" not in ran.stderr


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_log_level_tells_a_secret(
    config: dict[str, Any], tmp_path: Path, tenant: Tenant, level: str
) -> None:
    """Of any library, while tokens are refused and answers cannot be read; DEBUG tells all."""
    busy = [Told(401, b"canary-body"), Told(502, b"<html>canary-body"), Told(200, b'{"canary"')]

    def fault(asked: Asked) -> Told | None:
        return busy.pop() if busy and asked.path == VENDORS else None

    tenant.fake.fault = fault
    logs = tmp_path / "logs.yml"
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    logs.write_text(
        json.dumps(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "handlers": {"all": handler},
                "root": {"level": level, "handlers": ["all"]},
            }
        )
    )
    path = tmp_path / "patient.json"
    path.write_text(json.dumps({**config, "max_retries": 4}))
    env = {"SINGER_SDK_LOG_CONFIG": str(logs), "TAP_PROCURIFY_LOGLEVEL": level}
    ran = run(f"--config={path}", env=env)
    assert ran.returncode == 0
    assert not busy
    assert ("urllib3" in ran.stderr or "GET /api/" in ran.stderr) == (level == "DEBUG")
    assert "canary" not in ran.stdout + ran.stderr


def test_a_run_that_is_killed_goes_on_from_its_last_state(
    config: dict[str, Any], tmp_path: Path
) -> None:
    """What a loader had taken by then and what the next run says is all there is."""
    path, state_path = tmp_path / "config.json", tmp_path / "state.json"
    path.write_text(json.dumps({**config, "start_date": "2026-02-01", "slice_days": 1}))
    taken: list[dict[str, Any]] = []
    with subprocess.Popen(
        [*COMMAND, f"--config={path}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        states = 0
        while states < STATES_BEFORE_KILL:
            taken.append(json.loads(process.stdout.readline()))
            states += taken[-1]["type"] == "STATE"
        process.kill()
    assert process.returncode < 0
    state_path.write_text(json.dumps(taken[-1]["value"]))
    ran = run(f"--config={path}", f"--state={state_path}")
    assert ran.returncode == 0
    rest = [json.loads(line) for line in ran.stdout.splitlines()]
    keys = {(m["stream"], str(m["record"])) for m in [*taken, *rest] if m["type"] == "RECORD"}
    found = Counter(stream for stream, _ in keys)
    assert found == {**{stream.name: 3 for stream in STREAMS}, "payment_methods": 6}
    assert 3 <= len([m for m in taken if m["type"] == "RECORD"]) < 15


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": {"bills": {"replication_key_value": "2999-01-01T00:00:00Z"}}},
        {"bookmarks": {"vendors": {"tenant": "acme.procurify.com"}}},
        {"bookmarks": {"payments": {"memory": "broken"}}},
        {"bookmarks": 5},
        "not JSON",
    ],
)
def test_a_state_that_cannot_be_used_ends_with_its_own_exit_code(
    config_file: str, tmp_path: Path, state: object
) -> None:
    """From the future, of another tenant, broken: nothing is read."""
    path = tmp_path / "state.json"
    path.write_text(state if isinstance(state, str) else json.dumps(state))
    ran = run(f"--config={config_file}", f"--state={path}")
    assert ran.returncode == EXIT_CONFIGURATION
    assert "STATE" in ran.stderr
    assert '"RECORD"' not in ran.stdout
    assert "Traceback" not in ran.stderr


def test_trouble_that_lasts_ends_with_its_own_exit_code(config_file: str, tenant: Tenant) -> None:
    """Exit 4 says: run again later; the STATE of the streams before it stands."""
    tenant.fake.fault = lambda asked: Told(503, b"canary") if asked.path.startswith(BILL) else None
    ran = run(f"--config={config_file}")
    assert ran.returncode == EXIT_STOPPED
    states = [json.loads(line) for line in ran.stdout.splitlines() if '"STATE"' in line]
    bookmarks = states[-1]["value"]["bookmarks"]
    assert bookmarks["vendors"]["replication_key_value"]
    assert bookmarks["bills"]["replication_key_value"] < "2026-03-01"
    assert "canary" not in ran.stdout + ran.stderr


def test_cookies_are_not_sent_back(config_file: str) -> None:
    """A session of the web application is none of ours."""
    tenant = Tenant().fill()
    answer = tenant.fake.answer

    class Sticky(FakeProcurify):
        """Sets a cookie with every answer."""

    sticky = Sticky(**vars(tenant.fake))
    sticky.answer = lambda asked: _with_cookie(answer(asked))  # type: ignore[method-assign]
    with served(sticky) as url:
        path = Path(config_file)
        path.write_text(json.dumps({**json.loads(path.read_text()), "base_url": url}))
        assert run(f"--config={config_file}").returncode == 0
    assert len(tenant.fake.asked) > 10
    assert not any("Cookie" in asked.headers for asked in tenant.fake.asked)


def _with_cookie(told: Told) -> Told:
    told.headers["Set-Cookie"] = "session=canary; Path=/"
    return told
