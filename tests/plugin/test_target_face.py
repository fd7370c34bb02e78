"""The Singer face of target-ifs-cloud: when STATE leaves, how a run ends, what is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from target_ifs_cloud import target as target_module
from target_ifs_cloud.errors import ConfigurationError, RefusedError, RunError, TemporaryError
from target_ifs_cloud.sinks import TOO_DEEP
from target_ifs_cloud.target import TargetIFSCloud
from target_ifs_cloud.vendor_sync.target import TargetProcurify

CONFIG = {
    "base_url": "https://ifs.example",
    "realm": "x",
    "client_id": "id",
    "client_secret": "canary",
}
SCHEMA = {
    "properties": {"id": {"type": "integer"}, "when": {"type": "string", "format": "date-time"}}
}


class FakeRun:
    """Remembers what it is given, in the order in which it comes."""

    def __init__(self, exit_code: int = 0, error: RunError | None = None) -> None:
        """``error`` is raised when bills arrive."""
        self.calls: list[tuple[str, list[Mapping[str, Any]]]] = []
        self.exit_code = exit_code
        self.error = error
        self.is_closed = False

    def begin(self) -> None:
        """Start."""
        self.calls.append(("begin", []))

    def take_vendors(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take vendors."""
        self.calls.append(("vendors", list(records)))

    def take_bills(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take bills, or fail."""
        if self.error:
            raise self.error
        self.calls.append(("bills", list(records)))

    def take_purchase_orders(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take orders."""
        self.calls.append(("purchase_orders", list(records)))

    def finish(self) -> int:
        """End."""
        self.calls.append(("finish", []))
        return self.exit_code

    def close(self) -> None:
        """Give everything back."""
        self.is_closed = True


def messages(*streams: str, state: Mapping[str, Any] | None = None) -> io.StringIO:
    """A pipe with two records per stream, and STATE between and after."""
    lines: list[Mapping[str, Any]] = []
    for stream in streams:
        lines.append(
            {"type": "SCHEMA", "stream": stream, "schema": SCHEMA, "key_properties": ["id"]}
        )
        lines += [
            {"type": "RECORD", "stream": stream, "record": {"id": number, "when": "not a date"}}
            for number in (1, 2)
        ]
        lines.append({"type": "STATE", "value": {"stream": stream}})
    if state:
        lines.append({"type": "STATE", "value": state})
    return io.StringIO("".join(json.dumps(line) + "\n" for line in lines))


def listen(run: FakeRun, pipe: IO[str], monkeypatch: pytest.MonkeyPatch, **settings: object) -> int:
    """Run the target over the pipe; the answer is its exit code."""
    monkeypatch.setattr(target_module, "open_run", lambda *_, **__: run)
    target = TargetIFSCloud(config={**CONFIG, **settings})
    try:
        target.deliver_all(pipe)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize("exit_code", [0, 3])
def test_state_leaves_once_after_everything_is_settled(
    exit_code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the last STATE, only after ``finish``, also when documents were held."""
    run = FakeRun(exit_code)
    pipe = messages("vendors", "purchase_orders", "bills", state={"last": 1})
    assert listen(run, pipe, monkeypatch, batch_size=1) == exit_code
    assert capsys.readouterr().out.splitlines() == ['{"last": 1}']
    assert run.calls[-1][0] == "finish"
    assert run.is_closed


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (TemporaryError("x"), 4),
        (RefusedError("a look-up was refused", status=400), 4),
        (ConfigurationError("x"), 2),
    ],
)
def test_a_run_that_stops_prints_no_state(
    error: RunError,
    exit_code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Even though earlier records were delivered: the bookmark must not pass the rest."""
    run = FakeRun(error=error)
    assert listen(run, messages("vendors", "bills"), monkeypatch) == exit_code
    assert capsys.readouterr().out == ""
    assert run.is_closed


def test_vendors_are_settled_before_the_bills_that_need_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when the batch of vendors is not full yet."""
    run = FakeRun()
    listen(run, messages("bills", "vendors"), monkeypatch)
    assert [name for name, _ in run.calls] == ["begin", "vendors", "bills", "finish"]


def test_records_arrive_as_the_tap_sent_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """No date is parsed away, no decimal becomes binary, a broken record is no crash."""
    run = FakeRun()
    line = '{"type": "RECORD", "stream": "bills", "record": {"total": 10.10, "when": "x"}}\n'
    pipe = io.StringIO(messages("bills").getvalue().splitlines()[0] + "\n" + line)
    listen(run, pipe, monkeypatch)
    (record,) = run.calls[1][1]
    assert record == {"total": Decimal("10.10"), "when": "x"}


@pytest.mark.parametrize(
    "line",
    [
        '{"type": "RECORD", "stream": "bills", "record": {"note": "canary',
        "canary: a word that another program wrote",
        '["canary"]',
        '{"stream": "bills", "record": {"note": "canary"}}',
        '{"type": "RECORD", "stream": "bills", "note": "canary"}',
        '{"type": "RECORD", "stream": "orders", "record": {"note": "canary"}}',
        '{"type": "CANARY"}',
    ],
)
def test_an_input_that_breaks_off_stops_the_run_in_words(
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No traceback, no STATE, and nothing of the line, which may hold anything, in the log."""
    run = FakeRun()
    pipe = io.StringIO(messages("bills", state={"last": 1}).getvalue() + line)
    assert listen(run, pipe, monkeypatch) == 4
    assert "run stopped: " in caplog.text
    assert "Traceback" not in caplog.text
    assert "canary" not in caplog.text.lower()
    assert capsys.readouterr().out == ""
    assert run.is_closed


def test_an_input_cut_inside_a_character_stops_the_run_in_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As a tap leaves it that writes UTF-8 and is killed."""
    text = (
        messages("bills").getvalue() + '{"type": "RECORD", "stream": "bills", "record": "canary é'
    )
    pipe = io.TextIOWrapper(io.BytesIO(text.encode()[:-1]), encoding="utf-8")
    assert listen(FakeRun(), pipe, monkeypatch) == 4
    assert "no UTF-8 text, or breaks off" in caplog.text
    assert "canary" not in caplog.text


def test_numbers_that_are_none_reach_the_mapping_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds that bill with a reason; the run goes on."""
    run = FakeRun()
    line = '{"type": "RECORD", "stream": "bills", "record": {"total": NaN, "note": "\\ud800"}}\n'
    pipe = io.StringIO(messages("bills").getvalue().splitlines()[0] + "\n" + line)
    listen(run, pipe, monkeypatch)
    assert run.calls[1][1] == [{"total": "NaN", "note": "\ud800"}]


def test_bank_and_card_details_never_reach_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever tap they come from, and however deep they stand."""
    run = FakeRun()
    vendor = {"id": 1, "payment_methods": ["canary"], "owners": [{"bank_account": "canary"}]}
    lines: list[Mapping[str, Any]] = [
        {"type": "SCHEMA", "stream": "vendors", "schema": SCHEMA, "key_properties": ["id"]},
        {"type": "RECORD", "stream": "vendors", "record": vendor},
    ]
    listen(run, io.StringIO("".join(json.dumps(line) + "\n" for line in lines)), monkeypatch)
    assert ("vendors", [{"id": 1, "owners": [{}]}]) in run.calls


def test_what_is_nested_beyond_reason_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Depths that a parser takes and a recursion does not; the rest of the record stays."""
    run = FakeRun()
    deep = "[" * 900 + "]" * 900
    line = f'{{"type": "RECORD", "stream": "bills", "record": {{"deep": {deep}, "note": "x"}}}}\n'
    schema = messages("bills").getvalue().splitlines()[0] + "\n"
    listen(run, io.StringIO(schema + line), monkeypatch)
    record = run.calls[1][1][0]
    assert record["note"] == "x"
    assert TOO_DEEP in json.dumps(record["deep"])


def test_a_stream_of_the_tap_that_ifs_has_no_place_for_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A catalogue with everything selected still works."""
    run = FakeRun()
    assert listen(run, messages("departments", "bills"), monkeypatch) == 0
    assert [name for name, _ in run.calls] == ["begin", "bills", "finish"]


def test_an_unknown_stream_ends_the_run_before_anything_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt stream is a configuration error, not silence."""
    assert listen(FakeRun(), messages("bill"), monkeypatch) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "settings",
    [
        {"stream_maps": {"bills": {"total": "total * 2"}}},
        {"flattening_enabled": True},
        {"batch_config": {}},
        {"load_method": "upsert"},
        {"fail_on_held": "sometimes"},
    ],
)
def test_settings_that_could_change_an_amount_or_mean_nothing_are_refused(
    settings: Mapping[str, Any],
) -> None:
    """The SDK's built-in settings do not reach this target."""
    with pytest.raises(ConfigValidationError):
        TargetIFSCloud(config={**CONFIG, **settings})


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "ifs.example"},
        {"realm": ""},
        {"batch_size": 0},
        {"batch_size": 201},
        {"settling_time_s": -1},
    ],
)
def test_wrong_settings_are_named_before_anything_is_opened(
    settings: Mapping[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Exit code 2 and the name of the setting; the secret is nowhere."""
    target = TargetIFSCloud(config={**CONFIG, **settings})
    with pytest.raises(SystemExit) as end:
        target.deliver_all(messages("bills"))
    assert end.value.code == 2
    assert next(iter(settings)) in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("plugin", [TargetIFSCloud, TargetProcurify])
@pytest.mark.parametrize(
    "settings", [{"no_such_setting": 1}, {"client_secret": 77001177}, {"client_id": None}]
)
def test_settings_of_the_wrong_kind_end_the_command_with_code_2_and_tell_no_secret(
    plugin: type[TargetIFSCloud],
    settings: Mapping[str, Any],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As the page of exit codes has it: the configuration is wrong, nothing was sent."""
    file = tmp_path / "target.json"
    given = {"base_url": CONFIG["base_url"], "client_id": "id", "client_secret": "canary"}
    file.write_text(json.dumps({**given, **settings}))
    with pytest.raises(SystemExit) as end:
        plugin.cli(["--config", str(file)])
    assert end.value.code == 2
    assert next(iter(settings)) in caplog.text
    assert "77001177" not in caplog.text
