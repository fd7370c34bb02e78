"""The handbook of the rules promises what the code has, no more and no less."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from target_ifs_cloud.mapping import load_rules, run_cases
from target_ifs_cloud.mapping.rule_csv import COMPANY_BY, TABLE, TAX_CODES
from target_ifs_cloud.mapping.rule_nodes import parse_rules
from target_ifs_cloud.mapping.rule_schema import find_faults
from target_ifs_cloud.mapping.schema_files import SUBJECTS, build_schema, schema_text
from target_ifs_cloud.mapping.vocabulary import COMPANIONS, OPERATORS, TAKES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text("utf-8")
BILL: Mapping[str, Any] = build_schema()["$defs"]["bill_file"]["properties"]


def table(head: str) -> dict[str, str]:
    """The rows of the table with this first head: first cell to second."""
    rows = PAGE.partition(f"\n| {head} |")[2].partition("\n\n")[0]
    return {
        name: text.strip()
        for name, text in re.findall(r"^\| `([^`]+)` \| (.+) \|$", rows, re.MULTILINE)
    }


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ("rule", [word.key for word in OPERATORS]),
        ("beside it", [word.key for word in COMPANIONS]),
        ("`take:`", list(TAKES)),
        ("`rules_for:`", list(SUBJECTS)),
        ("key", [name for name in BILL if name not in {"rules_for", "tables", "cases"}]),
    ],
)
def test_every_word_of_the_rules_is_explained(head: str, known: list[str]) -> None:
    """One row each; a new word without a row, or a row without its word, is a fault."""
    rows = table(head)
    assert set(rows) == set(known)
    assert all(rows.values())


def test_what_can_be_taken_has_one_meaning() -> None:
    """The same words in the handbook as in the code."""
    assert table("`take:`") == dict(TAKES)


@pytest.mark.parametrize(
    ("name", "columns"), [("tax_codes", TAX_CODES), ("company_by", COMPANY_BY)]
)
def test_the_columns_of_the_lists_are_the_ones_that_are_read(name: str, columns: Any) -> None:
    """In their order."""
    row = re.search(rf"^\| `{name}` \| (`.+`) \|$", PAGE, re.MULTILINE)
    assert row
    assert tuple(re.findall(r"`(\w+)`", row[1])) == columns.known


def test_the_columns_of_a_table_are_the_ones_that_are_read() -> None:
    """In their order."""
    row = re.search(r"^\| a table \| (.+) \|$", PAGE, re.MULTILINE)
    assert row
    assert tuple(re.findall(r"`(\w+)`", row[1])) == TABLE.known


@pytest.mark.parametrize(("head"), ["rule", "beside it"])
def test_the_examples_of_rules_are_rules(head: str) -> None:
    """Every example in braces passes the schema."""
    rules = [text for cell in table(head).values() for text in re.findall(r"`(\{.+\})`", cell)]
    schema = build_schema()
    for rule in rules:
        text = f"rules_for: bill\nposting_fields:\n  Text: {rule}\n"
        root, faults = parse_rules(text, "example.yml")
        assert root is not None, faults
        wrong = [str(x) for x in find_faults(root, schema) if "posting_fields" in str(x)]
        assert wrong == [], rule


def test_the_example_cases_hold_with_the_shipped_rules(tmp_path: Path) -> None:
    """An example that is wrong would teach the wrong thing."""
    blocks = re.findall(r"```yaml\ncases:\n(.+?)```", PAGE, re.DOTALL)
    assert len(blocks) == 1
    for path in (ROOT / "transforms").iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    homes = {"letter": "code_parts.yml", "field": "bill.yml"}
    for case in yaml.safe_load(blocks[0].replace("2026-03-09", '"2026-03-09"')):
        home = next((file for key, file in homes.items() if key in case), "accounts.yml")
        text = (tmp_path / home).read_text("utf-8")
        line = "\n  - " + yaml.safe_dump(case, default_flow_style=True, width=1000).strip() + "\n"
        (tmp_path / home).write_text(text + line.replace("2026-04-08", "'2026-04-08'"), "utf-8")
    results = run_cases(load_rules(tmp_path))
    assert [result for result in results if not result.is_right] == []
    assert {"lab supplies", "the head office"} <= {result.title for result in results}


def test_the_editors_schema_is_the_generated_one() -> None:
    """Write it anew with ``schema_text()`` of ``mapping.schema_files`` when this fails."""
    path = ROOT / "transforms" / "schema" / "rules.schema.json"
    assert path.read_text("utf-8") == schema_text()
