"""Every problem code has its meaning and its cure in the documents, and no code is invented."""

from __future__ import annotations

import re
from pathlib import Path

from target_ifs_cloud.delivery.acting import ETAG_MISSING
from target_ifs_cloud.delivery.invoices import DUPLICATE_NUMBER
from target_ifs_cloud.delivery.load_journey import LOAD_LEFT
from target_ifs_cloud.delivery.order_route import ACTION_MISSING, NUMBER_TAKEN, SITE_WRONG
from target_ifs_cloud.delivery.recording import CHANGED_MEANWHILE, NO_ANSWER
from target_ifs_cloud.delivery.refusals import NO_PROPOSAL, REFUSED_BY_IFS
from target_ifs_cloud.mapping.problems import CODES
from target_ifs_cloud.vendor_sync.matching import VENDOR_CODES

PAGE = (Path(__file__).parents[2] / "docs" / "problems.md").read_text()


def test_every_problem_code_has_a_meaning_and_a_cure() -> None:
    """The table lists the codes of mapping, checks and delivery, each with a filled cure."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", PAGE, re.MULTILINE)
    documented = {code: meaning.strip() for code, meaning, _ in rows}
    orders = (ACTION_MISSING, NUMBER_TAKEN, SITE_WRONG)
    routes = {problem.code for problem in (ETAG_MISSING, LOAD_LEFT, NO_PROPOSAL, *orders)}
    unresolved = {CHANGED_MEANWHILE.code, NO_ANSWER.code, *VENDOR_CODES}
    assert set(documented) == {*CODES, *routes, *unresolved, DUPLICATE_NUMBER, REFUSED_BY_IFS}
    assert all(cure.strip() for _, _, cure in rows)
    for code, meaning in CODES.items():
        assert documented[code] == meaning, code
