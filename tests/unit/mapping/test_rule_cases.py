"""Examples inside the rule files are worked out, and a rule that breaks one is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from target_ifs_cloud.mapping import CaseResult, Rules, load_rules, run_cases

TRANSFORMS = Path(__file__).parents[3] / "transforms"
NO_RULE = "problem no_rule"


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


@pytest.mark.parametrize(
    ("case", "expected", "found"),
    [
        ('table: accounts, value: "6000", gives: "4010"', "4010", "4010"),
        ("table: accounts, value: 6000, gives: 4010.0", "4010.0", "4010"),
        ('table: accounts, value: "6000", nothing: true', "nothing", "4010"),
        ('table: accounts, value: "6000", problem: no_rule', "problem no_rule", "4010"),
        ("tax: GST, percent: 5.0, company: HCA, gives: GST5", "GST5", "GST5"),
        (
            "tax: GST, percent: 6, company: HCA, problem: no_rule",
            "problem no_rule",
            "problem no_rule",
        ),
        ("no_tax: true, company: HCA, gives: EX0", "EX0", "EX0"),
        ("no_tax: true, company: HUS, gives: EX1", "EX1", "EX0"),
        ("tax: GST, percent: 0, company: HCA, gives: GST5", "GST5", "problem no_rule"),
        ("company_of: {location: Austin}, gives: HUS", "HUS", "HUS"),
        ("company_of: {location: Boise}, problem: no_rule", NO_RULE, NO_RULE),
        ("company_of: {location: Austin}, gives: HCA", "HCA", "HUS"),
    ],
)
def test_an_example_is_right_when_it_comes_out_as_it_says(
    tmp_path: Path, case: str, expected: str, found: str
) -> None:
    """A number may be written with or without its point, a code with a leading zero may not."""
    folder = Path(shutil.copytree(TRANSFORMS, tmp_path / "transforms"))
    text = f"rules_for: tables\ntables: {{}}\ncases:\n  - {{title: this one, {case}}}\n"
    (folder / "more.yml").write_text(text, encoding="utf-8")
    (result,) = [one for one in run_cases(load_rules(folder)) if one.title == "this one"]
    assert (result.where, result.expected, result.found) == ("more.yml:4 cases[1]", expected, found)
    assert result.is_right is (expected == found or "." in expected)
