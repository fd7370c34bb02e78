"""Every problem code has its meaning and its cure in the documents, and no code is invented."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

import pytest

from target_ifs_cloud import errors
from target_ifs_cloud.delivery.acting import ETAG_MISSING
from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.load_journey import LOAD_LEFT
from target_ifs_cloud.delivery.order_route import ACTION_MISSING, NUMBER_TAKEN, SITE_WRONG
from target_ifs_cloud.delivery.plan import Decision
from target_ifs_cloud.delivery.recording import CHANGED_MEANWHILE, NO_ANSWER
from target_ifs_cloud.delivery.refusals import NO_PROPOSAL, REFUSED_BY_IFS
from target_ifs_cloud.delivery.rings import DUPLICATE_NUMBER
from target_ifs_cloud.delivery.sent import Verdict
from target_ifs_cloud.mapping.problems import CODES
from target_ifs_cloud.vendor_sync.matching import VENDOR_CODES

PAGE = (Path(__file__).parents[2] / "docs" / "problems.md").read_text()


def rows_of(text: str) -> list[tuple[str, str, str]]:
    """Code, meaning and cure of every row."""
    return re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", text, re.MULTILINE)


def test_every_problem_code_has_a_meaning_and_a_cure() -> None:
    """The table lists the codes of mapping, checks and delivery, each with a filled cure."""
    rows = rows_of(PAGE.partition("\n## ")[0])
    documented = {code: meaning.strip() for code, meaning, _ in rows}
    orders = (ACTION_MISSING, NUMBER_TAKEN, SITE_WRONG)
    routes = {problem.code for problem in (ETAG_MISSING, LOAD_LEFT, NO_PROPOSAL, *orders)}
    unresolved = {CHANGED_MEANWHILE.code, NO_ANSWER.code, *VENDOR_CODES}
    assert set(documented) == {*CODES, *routes, *unresolved, DUPLICATE_NUMBER, REFUSED_BY_IFS}
    assert all(cure.strip() for _, _, cure in rows)
    for code, meaning in CODES.items():
        assert documented[code] == meaning, code


@pytest.mark.parametrize(
    ("heading", "words"), [("Decisions", Decision), ("Verdicts", Verdict), ("States", State)]
)
def test_every_word_of_the_evidence_has_a_meaning_and_a_cure(
    heading: str, words: type[Enum]
) -> None:
    """The tables list what the code knows, each word once and in its order."""
    rows = rows_of(PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0])
    assert [word for word, _, _ in rows] == [word.value for word in words]
    assert all(meaning.strip() and cure.strip() for _, meaning, cure in rows)


def test_every_exit_code_has_a_meaning_and_a_cure() -> None:
    """No code is missing, and none is invented."""
    rows = rows_of(PAGE.partition("\n## Exit codes\n")[2])
    known = sorted(v for name, v in vars(errors).items() if name.startswith("EXIT_"))
    assert [int(code) for code, _, _ in rows] == known
    assert all(meaning.strip() and cure.strip() for _, meaning, cure in rows)
