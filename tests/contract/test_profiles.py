"""The named profiles: the books tie in each of them, and each can be taken while it runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from erp_sandbox.profiles import PROFILES
from tests.conftest import Sandbox, run_sandbox
from tests.pipeline.books import check_books, check_orders, read_truth
from tests.pipeline.test_operator_command import Flow

RUNS_MAX = 8
SETTLED, RETRY_IS_SAFE = {0, 3}, 4
Start = Callable[..., AbstractContextManager[Sandbox]]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("profile", sorted(set(PROFILES) - {"default"}))
def test_the_books_tie_in_every_profile(tmp_path: Path, profile: str) -> None:
    """The whole flow, repeated as long as it says that a repetition is safe."""
    with run_sandbox(tmp_path, "--profile", profile) as sandbox:
        procurify, ifs = ProcurifyControl(sandbox.procurify), IfsControl(sandbox.ifs)
        flow = Flow(sandbox, tmp_path)
        for _ in range(RUNS_MAX):
            told = flow.write(dry_run=False)
            assert told.code in SETTLED | {RETRY_IS_SAFE}, told.text
            if told.code in SETTLED:
                break
        assert told.code in SETTLED, told.text
        truth = read_truth(procurify.truth(), ifs.books())
        assert len(truth.invoices) > 100
        check_books(truth)
        check_orders(truth)
        assert not ifs.broken_invariants()
        if profile == "hostile":
            rules = [*procurify.faults(), *ifs.faults()]
            assert [rule for rule in rules if rule["percent"] == 100 and not rule["acted"]] == []
