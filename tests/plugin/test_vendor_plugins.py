"""tap-ifs-cloud and target-procurify by the SDK's own suites, and the streams of the tap."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import singer_sdk.testing
from singer_sdk.testing import SuiteConfig, get_tap_test_class, get_target_test_class
from singer_sdk.testing.suites import SingerTestSuite
from singer_sdk.testing.target_tests import TargetCliPrintsTest, TargetRecordBeforeSchemaTest
from typing_extensions import override

from erp_sandbox.control_client import IfsControl
from erp_sandbox.exact_json import JsonValue
from target_ifs_cloud.ifs.client import IfsClient, connect
from target_ifs_cloud.vendor_sync.tap import TapIFSCloud
from target_ifs_cloud.vendor_sync.target import TargetProcurify
from target_ifs_cloud.vendor_sync.vendor_settings import read_site
from tests.conftest import ROOT, Sandbox, run_sandbox

SITE = {
    "base_url": "http://127.0.0.1:1",
    "realm": "sandbox",
    "client_id": "SANDBOX_IFS",
    "client_secret": "sandbox-ifs-secret",
}
TENANT = {
    "base_url": "http://127.0.0.1:1",
    "client_id": "id",
    "client_secret": "s",
    "transforms_dir": str(ROOT / "transforms"),
}
SAMPLES = Path(singer_sdk.testing.__file__).parent / "target_test_streams"
LOGGED = ["SupplierInfo", "SupplierInfoAddress"]


class Started:
    """A sandbox that is started by the first test that needs it."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._opened = ExitStack()
        self._sandbox: Sandbox | None = None

    @property
    def sandbox(self) -> Sandbox:
        """The running sandbox."""
        if self._sandbox is None:
            folder = Path(self._opened.enter_context(TemporaryDirectory()))
            self._sandbox = self._opened.enter_context(run_sandbox(folder))
        return self._sandbox

    def stop(self) -> None:
        """End it."""
        self._opened.close()
        self._sandbox = None


STARTED = Started()


@pytest.fixture(scope="module", autouse=True)
def _stop() -> Iterator[None]:
    yield
    STARTED.stop()


class TapOnSandbox(TapIFSCloud):
    """The tap on the sandbox, whose address nobody knows when the suite is collected."""

    @property
    @override
    def client(self) -> IfsClient:
        if self._client is None:
            site = read_site({**self.config, "base_url": STARTED.sandbox.ifs})
            self._client = connect(site, self.profile)
        return self._client


# The sandbox holds no purchase order at first; tests/pipeline/test_other_routes.py reads some back.
TestTapSuite = get_tap_test_class(
    tap_class=TapOnSandbox,
    config=SITE,
    suite_config=SuiteConfig(ignore_no_records_for_streams=["purchase_orders"]),
)

# The suite's other tests load streams that this target must refuse; see the test below.
TestTargetSuite = get_target_test_class(
    TargetProcurify,
    config=TENANT,
    include_target_tests=False,
    custom_suites=[
        SingerTestSuite(kind="target", tests=[TargetCliPrintsTest, TargetRecordBeforeSchemaTest])
    ],
)


@pytest.mark.parametrize("sample", sorted(p.name for p in SAMPLES.glob("*.singer")))
def test_every_sample_of_the_sdk_is_refused_by_target_procurify(
    sample: str, tmp_path: Path
) -> None:
    """None of them is a stream of suppliers; nothing is sent (nobody listens at the address)."""
    config = {**TENANT, "outbox_url": f"sqlite:///{tmp_path}/outbox.db"}
    target = TargetProcurify(config=config, validate_config=True)
    text = (SAMPLES / sample).read_text()
    with pytest.raises(SystemExit) as end:
        target.deliver_all(io.StringIO(text))
    # Messages in the wrong order, or without what they need, may come right when the tap does.
    is_broken = sample in {"invalid_schema.singer", "record_before_schema.singer"}
    assert end.value.code == (4 if is_broken else 2)


def read(tap: TapOnSandbox, state: Mapping[str, Any] | None = None) -> tuple[list[Any], Any]:
    """The records of the tap by stream, and its last STATE."""
    if state:
        tap.load_state(dict(state))
    out = io.StringIO()
    with redirect_stdout(out):
        tap.sync_all()
    lines = [json.loads(line) for line in out.getvalue().splitlines() if line.startswith("{")]
    records = [(one["stream"], one["record"]) for one in lines if one["type"] == "RECORD"]
    return records, [one["value"] for one in lines if one["type"] == "STATE"][-1]


def tap_of(*streams: str, **settings: str) -> TapOnSandbox:
    """The tap with these streams selected."""
    tap = TapOnSandbox(config={**SITE, **settings})
    for name, stream in tap.streams.items():
        stream.selected = name in streams
    return tap


def test_a_warehouse_gets_code_parts_and_orders_of_every_company() -> None:
    """Cost centres by company and letter; only what the company has."""
    records, _ = read(tap_of("code_part_values", "purchase_orders", "companies"))
    values = {
        (r["company"], r["code_part"], r["value"]) for s, r in records if s == "code_part_values"
    }
    companies = {r["company"] for s, r in records if s == "companies"}
    assert {company for company, _, _ in values} == companies == {"HCA", "HUS"}
    assert ("HCA", "B", "100") in values
    assert len(values) == sum(s == "code_part_values" for s, _ in records), "a key came twice"


def test_suppliers_are_found_by_the_log_of_changes() -> None:
    """After one full reading only those that the log names are read, and told when changed."""
    control = IfsControl(STARTED.sandbox.ifs)
    control.turn_knobs(history_logging=LOGGED)
    first, state = read(tap_of("suppliers", supplier_changes="history_log"))
    name: dict[str, JsonValue] = {
        "set": "SupplierInfoGeneralSet",
        "key": ["S-7001"],
        "values": {"Name": "Renamed"},
    }
    control.tell("edit", name)
    last = control.requests()[-1]["number"]
    told, state = read(tap_of("suppliers", supplier_changes="history_log"), state)
    assert [(record["supplier_id"], record["name"]) for _, record in told] == [
        ("S-7001", "Renamed")
    ]
    asked = [one for one in control.requests(since=last) if one["method"] != "POST"]
    assert len(asked) < len(first), "all suppliers were read"
    again, _ = read(tap_of("suppliers", supplier_changes="history_log"), state)
    assert again == []


@pytest.mark.parametrize(
    ("settings", "exit_code"),
    [({"no_such_setting": 1}, 2), ({"client_secret": 77001177}, 2), ({"retry_max": 0}, 4)],
)
def test_the_tap_ends_with_the_code_that_says_what_to_do(
    settings: Mapping[str, Any], exit_code: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong setting, and a site that is out of reach; no secret is told."""
    file = tmp_path / "tap.json"
    file.write_text(json.dumps({**SITE, **settings}))
    with pytest.raises(SystemExit) as end, redirect_stdout(io.StringIO()):
        TapIFSCloud.cli(["--config", str(file)])
    assert end.value.code == exit_code
    assert "77001177" not in caplog.text
