"""The page of the sandbox says what the code has, and every rule names tests that there are."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from erp_sandbox.cli import main
from erp_sandbox.grades import GRADES, INFERRED
from erp_sandbox.ifs.knobs import Knobs
from erp_sandbox.procurify.knobs import ProcurifyKnobs
from erp_sandbox.profiles import PROFILES
from erp_sandbox.rules import RULES, grade_of, knobs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sandbox.md").read_text("utf-8")


def names_in(path: Path) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_page_is_what_the_command_prints() -> None:
    """Write it anew with ``erp-sandbox rules --markdown > docs/sandbox.md``."""
    assert CliRunner().invoke(main, ["rules", "--markdown"]).output == PAGE


def test_every_test_that_a_rule_names_is_there() -> None:
    """A renamed test must not leave a promise behind."""
    contract = ROOT / "tests" / "contract"
    for rule in RULES:
        for node in rule.tests:
            file, _, name = node.partition("::")
            assert name in names_in(contract / file), (rule.id, node)


def test_every_rule_has_a_test() -> None:
    """What nothing shows is no rule."""
    assert [rule.id for rule in RULES if not rule.tests] == []


def test_every_rule_has_its_own_id_a_known_grade_and_known_knobs() -> None:
    """A knob that a rule names is one of its own system."""
    assert set(Counter((r.system, r.id) for r in RULES).values()) == {1}
    there = {(knob.system, knob.name) for knob in knobs()}
    for rule in RULES:
        assert rule.grade in GRADES
        assert {(rule.system, name) for name in rule.knobs} <= there, rule.id


def test_every_knob_is_listed_with_its_grade() -> None:
    """On the page and by the command."""
    names = [*(one.name for one in fields(ProcurifyKnobs)), *(one.name for one in fields(Knobs))]
    assert [knob.name for knob in knobs()] == names
    told = CliRunner().invoke(main, ["rules"]).output
    for knob in knobs():
        assert f"| `{knob.name}` | `{knob.default}` | {knob.grade} |" in PAGE
        assert knob.name in told


def test_what_is_inferred_has_a_section_of_its_own() -> None:
    """Every such rule and knob, and no other."""
    section = PAGE.partition("## Everything that is inferred")[2]
    inferred = [r.id for r in RULES if r.grade == INFERRED]
    inferred += [k.name for k in knobs() if k.grade == INFERRED]
    listed = [line.split("`")[1] for line in section.splitlines() if "| `" in line]
    assert listed == inferred


def test_every_profile_turns_knobs_that_there_are() -> None:
    """And turns each to something else than its default, or it would say nothing."""
    defaults = {(knob.system, knob.name): knob.default for knob in knobs()}
    for name, profile in PROFILES.items():
        for system in ("procurify", "ifs"):
            for knob, value in profile.knobs_of(system).items():
                assert str(value) != defaults[system, knob], (name, knob)


@pytest.mark.parametrize(
    ("comment", "grade"),
    [
        ("documented: 500 in releases until 22R1", "documented"),
        ("inferred: 400 or 409", "inferred"),
        ("seen in code, site data", "seen in code"),
        ("site; at most 20 characters is documented", "site"),
        ("unknown", "inferred"),
    ],
)
def test_the_first_word_of_a_comment_that_is_a_grade_decides(comment: str, grade: str) -> None:
    """What follows is the remark."""
    assert grade_of(comment) == grade


def test_a_comment_without_a_grade_is_refused() -> None:
    """Nobody may add a knob without saying how sure it is."""
    with pytest.raises(ValueError, match="no grade"):
        grade_of("as is usual")
