"""What a person sees with ``procurify-ifs``, and what the command refuses."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Content, Entry, State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.documents import CompanyId, DocumentKey, Problem, Source, SupplierId
from target_ifs_cloud.errors import EXIT_CONFIGURATION
from target_ifs_cloud.operator.cli import main

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
HELD = Entry(
    source=Source(kind="bill", id="a1", version=1, hash="h", label="bill INV-1 of Acme"),
    state=State.HELD,
    rules_version="r1",
    key=DocumentKey(
        company=CompanyId("10"), supplier=SupplierId("V-1"), series="II", number="INV-1"
    ),
    amount=Decimal("1234.50"),
    currency="USD",
    problems=(
        Problem(
            code="no_rule",
            field="items[0]",
            message="account code 6999 has no rule",
            fix="Add it to accounts.yml",
        ),
    ),
    record={"uuid": "a1"},
    held_since=NOW,
)
CONFIRMED = replace(
    HELD,
    source=replace(HELD.source, id="b2", label="bill INV-2 of Acme"),
    state=State.CONFIRMED,
    key=None,
    problems=(),
    ifs_id="77",
    record=None,
    content=Content(
        number="INV-2",
        currency="USD",
        net=Decimal(1),
        tax=Decimal(0),
        gross=Decimal(1),
        fingerprint="f",
    ),
)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An outbox with one held and one confirmed bill."""
    outbox = Outbox(open_database(f"sqlite:///{tmp_path}/outbox.db"), lambda: NOW)
    line = {"event": "decided", "kind": "bill", "source": "a1", "decision": "hold"}
    outbox.save(Changes(entries=[HELD, CONFIRMED], audit=[line]))
    return outbox


def call(outbox: Outbox, *words: str) -> Result:
    """The command as a person types it."""
    return CliRunner().invoke(main, [*words, "--outbox-url", str(outbox.engine.url)])


def test_without_an_outbox_nobody_is_told_that_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command in another folder, or without the settings of the runs, makes no empty outbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TARGET_IFS_CLOUD_OUTBOX_URL", raising=False)
    for words in (["status"], ["show", "a1"], ["verify-audit"], ["export-audit"]):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == EXIT_CONFIGURATION
        assert "there is no outbox at var/outbox.db" in result.output
        assert "meltano invoke procurify-ifs" in result.output
    assert list(tmp_path.iterdir()) == []


def test_status_shows_where_everything_stands_and_what_needs_a_person(outbox: Outbox) -> None:
    """Counts and amounts per state, then each reason with its cure."""
    result = call(outbox, "status")
    assert result.exit_code == 0
    for text in ("held", "confirmed", "1,234.50", "bill INV-1 of Acme", "account code 6999"):
        assert text in result.output
    assert "Add it to accounts.yml" in result.output
    assert "INV-2" not in result.output


def test_show_tells_one_document_with_its_evidence(outbox: Outbox) -> None:
    """State, key, reasons and the lines of the audit trail about it."""
    result = call(outbox, "show", "a1")
    for text in ("held", "10/V-1/II/INV-1", "no_rule", '"decision":"hold"'):
        assert text in result.output


def test_an_unknown_id_is_a_clear_refusal(outbox: Outbox) -> None:
    """Exit code 2, no traceback."""
    result = call(outbox, "show", "nobody")
    assert result.exit_code == 2
    assert "'nobody'" in result.output


def test_retry_lets_the_next_run_try_again_and_is_on_record(outbox: Outbox) -> None:
    """A refused document loses the mark that keeps it from being sent unchanged."""
    outbox.save(Changes(entries=[replace(HELD, state=State.REJECTED)]))
    assert call(outbox, "retry", "a1").exit_code == 0
    entry = outbox.find("bill", ["a1"])["a1"]
    assert (entry.state, entry.rules_version) == (State.HELD, "")
    assert "retry asked by a person" in call(outbox, "show", "a1").output


@pytest.mark.parametrize("state", [State.CONFIRMED, State.IN_DOUBT])
def test_retry_refuses_what_must_not_be_sent_again(outbox: Outbox, state: State) -> None:
    """A document in IFS or in doubt is never let loose by hand."""
    outbox.save(Changes(entries=[replace(CONFIRMED, state=state)]))
    assert call(outbox, "retry", "b2").exit_code == 2
    assert outbox.find("bill", ["b2"])["b2"].state is state


def test_verify_audit_finds_a_line_that_was_edited(outbox: Outbox) -> None:
    """Whole at first, with a checkpoint to keep; broken after an edit behind its back."""
    whole = call(outbox, "verify-audit")
    assert whole.exit_code == 0
    checkpoint = whole.output.strip().rpartition(" ")[2]
    assert call(outbox, "verify-audit", "--checkpoint", checkpoint).exit_code == 0
    with outbox.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_trail SET entry = replace(entry, 'a1', 'zz')")
    broken = call(outbox, "verify-audit")
    assert broken.exit_code == 3
    assert "line 1" in broken.output


def test_an_excluded_document_needs_nobody_until_it_is_taken_back(outbox: Outbox) -> None:
    """The reason and the person are evidence."""
    outbox.save(Changes(entries=[HELD]))
    assert call(outbox, "exclude", "a1", "--reason", "paid by hand").exit_code == 0
    (entry,) = outbox.find_any("a1")
    assert (entry.state, entry.record) == (State.EXCLUDED, HELD.record)
    assert outbox.attention(limit=9)[1] == 0
    assert "paid by hand" in call(outbox, "export-audit").output
    assert "@" in call(outbox, "export-audit").output
    assert call(outbox, "retry", "a1").exit_code == 0
    assert outbox.find_any("a1")[0].state is State.HELD


def test_only_a_suspected_duplicate_can_be_released(outbox: Outbox) -> None:
    """A person says that it is none; that is evidence."""
    suspected = replace(HELD.problems[0], code="duplicate_suspected")
    outbox.save(Changes(entries=[replace(HELD, problems=(suspected,)), CONFIRMED]))
    assert call(outbox, "release", "a1").exit_code == 0
    assert outbox.find_any("a1")[0].is_released
    assert "released by a person" in call(outbox, "export-audit").output
    assert call(outbox, "release", "b2").exit_code == 2


def test_what_is_in_ifs_cannot_be_excluded(outbox: Outbox) -> None:
    """It is withdrawn or cancelled where it stands."""
    outbox.save(Changes(entries=[CONFIRMED]))
    result = call(outbox, "exclude", "b2", "--reason", "x")
    assert result.exit_code == 2
    assert "withdraw it in Procurify" in result.output


def test_export_as_csv_has_a_row_per_request_and_the_text_that_the_hash_covers(
    outbox: Outbox,
) -> None:
    """For the auditor's spreadsheet."""
    exchanges = [{"method": "POST", "path": "/$batch", "status": 200}] * 2
    line = {"event": "answered", "source": "=a1", "problems": ["a", "b"], "exchanges": exchanges}
    outbox.save(Changes(audit=[line]))
    rows = list(csv.DictReader(io.StringIO(call(outbox, "export-audit", "--format", "csv").output)))
    assert [row["seq"] for row in rows[-2:]] == [rows[-1]["seq"]] * 2
    assert {(row["method"], row["status"], row["problems"]) for row in rows[-2:]} == {
        ("POST", "200", "a b")
    }
    assert rows[-1]["source"] == "'=a1"
    assert json.loads(rows[-1]["entry"])["source"] == "=a1"


def test_export_is_one_json_object_per_line(outbox: Outbox) -> None:
    """For the auditor's own tools."""
    result = call(outbox, "export-audit")
    assert result.output.count("\n") == 1
    assert '"seq": 1' in result.output
