"""Examples inside the rule files are worked out, and a rule that breaks one is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from target_ifs_cloud.mapping import CaseResult, Rules, load_rules, run_cases

TRANSFORMS = Path(__file__).parents[3] / "transforms"


def test_every_shipped_example_is_right(rules: Rules) -> None:
    """In every file that has some, and there are some."""
    results = run_cases(rules)
    assert [result for result in results if not result.is_right] == []
    files = {result.where.partition(":")[0] for result in results}
    assert files >= {"bill.yml", "accounts.yml", "tax_codes.yml", "companies.yml", "code_parts.yml"}


def run_with(tmp_path: Path, file: str, old: str, new: str) -> list[CaseResult]:
    """The examples that are wrong after one change of a shipped file."""
    folder = Path(shutil.copytree(TRANSFORMS, tmp_path / "transforms"))
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return [result for result in run_cases(load_rules(folder)) if not result.is_right]


@pytest.mark.parametrize(
    ("change", "title", "found"),
    [
        (("accounts.yml", '"6000": "4010"', '"6000": "4011"'), "lab supplies", "4011"),
        (("tax_codes.yml", "code: GST5", "code: GST6"), "GST in Canada", "GST6"),
        (("tax_codes.yml", "percent: 5, code", "percent: 6, code"), "GST in", "problem no_rule"),
        (
            ("companies.yml", "Vancouver, company: HCA", "Vancouver, company: HUS"),
            "the head",
            "HUS",
        ),
        (("code_parts.yml", 'CC-200: "200"', 'CC-200: "201"'), "the department of", "201"),
        (
            ("code_parts.yml", "Project, missing: leave_out}\n  HUS", "Job}\n  HUS"),
            "the project",
            "problem value_missing",
        ),
        (("bill.yml", "      - {date: due_date}\n", ""), "the due date on", "2026-05-08"),
        (("payment_terms.yml", "Net 30: 30", "Net 30: 31"), "without it, the", "2026-04-09"),
        (("bill.yml", "{take: supplier_payment_term}", '{constant: "30"}'), "without a term", "30"),
    ],
)
def test_a_rule_that_breaks_an_example_is_told(
    tmp_path: Path, change: tuple[str, str, str], title: str, found: str
) -> None:
    """With the line of the example, what was expected and what came out."""
    wrong = run_with(tmp_path, *change)
    (result,) = [result for result in wrong if result.title.startswith(title)]
    assert result.found == found
    assert result.where.partition(":")[2].partition(" ")[0].isdigit()


def test_a_code_with_leading_zeros_is_not_the_number(tmp_path: Path) -> None:
    """007 in a table is not 7 in an example."""
    wrong = run_with(
        tmp_path, "accounts.yml", 'value: "6000", company: HCA, gives: "4010"',
        'value: "6000", company: HCA, gives: "04010"',
    )  # fmt: skip
    assert [result.found for result in wrong] == ["4010"]
