"""What a person sees of a preview, and what a spreadsheet must not do with it."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.summary import Outcome
from target_ifs_cloud.documents import CompanyId, DocumentKey, Problem, Source, SupplierId
from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.operator.preview import DECISIONS, Preview, as_csv, as_json, as_tables
from target_ifs_cloud.operator.singer_records import read_records

ENTRY = Entry(
    source=Source(kind="bill", id="a1", version=1, hash="h", label="bill =1+1"),
    state=State.HELD,
    rules_version="r1",
    key=DocumentKey(
        company=CompanyId("10"), supplier=SupplierId("V-1"), series="II", number="=1+1"
    ),
    amount=Decimal("-1234.50"),
    currency="USD",
    problems=(Problem(code="no_rule", field="items[0]", message="@no rule", fix="Add it"),),
)


@pytest.fixture
def preview() -> Preview:
    """One held document whose texts look like formulas."""
    preview = Preview()
    preview.add(ENTRY, Outcome.HELD)
    return preview


def test_every_outcome_has_a_decision_in_words() -> None:
    """A new outcome needs its word."""
    assert set(DECISIONS) == set(Outcome)


def test_a_spreadsheet_takes_no_text_for_a_formula(preview: Preview) -> None:
    """Texts are disarmed, negative amounts stay numbers."""
    (row,) = csv.DictReader(io.StringIO(as_csv(preview.documents())))
    assert row["number"] == "'=1+1"
    assert row["amount"] == "-1234.50"
    assert row["problem"] == "no_rule: @no rule"


def test_programs_get_amounts_as_exact_text(preview: Preview) -> None:
    """No binary fractions on the way."""
    told = json.loads(as_json(preview, preview.documents()))
    (document,) = told["documents"]
    assert document["amount"] == "-1234.50"
    assert document["problems"] == [
        {"code": "no_rule", "field": "items[0]", "message": "@no rule", "fix": "Add it"}
    ]
    assert told["totals"] == [
        {"kind": "bill", "decision": "hold", "currency": "USD", "count": 1, "amount": "-1234.50"}
    ]


def test_the_tables_name_decision_reason_and_cure(preview: Preview) -> None:
    """Reasons in short in the list, in full for one document."""
    short = as_tables(preview.documents(), details=False)
    assert "hold" in short
    assert "no_rule" in short
    assert "Add it" in as_tables(preview.documents(), details=True)


def test_what_was_done_just_now_is_not_shown_as_skipped() -> None:
    """A second look at a document in the same run changes no decision."""
    preview = Preview()
    preview.add(ENTRY, Outcome.POSTED)
    preview.add(ENTRY, Outcome.UNCHANGED)
    assert [document["decision"] for document in preview.documents()] == ["create"]


@pytest.mark.parametrize("line", ["nonsense", "[1]", '{"type": "RECORD"}', "7"])
def test_a_line_that_is_no_singer_message_is_named(line: str) -> None:
    """With its number and the cure."""
    good = '{"type": "STATE", "value": {}}'
    with pytest.raises(ConfigurationError, match=r"line 2 .*meltano invoke tap-procurify"):
        list(read_records([good, line]))


def test_records_are_read_exactly_and_without_payment_data() -> None:
    """Of every stream; other messages are passed over."""
    lines = [
        '{"type": "RECORD", "stream": "bills", "record": {"total": 0.1, "payment_methods": [1]}}',
        "",
        '{"type": "SCHEMA", "stream": "users", "schema": {}, "key_properties": []}',
        '{"type": "RECORD", "stream": "users", "record": {}}',
    ]
    assert list(read_records(lines)) == [("bills", {"total": Decimal("0.1")}), ("users", {})]
