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
INVOICES_WITH_NULLS_MIN = 60
SETTLED, RETRY_IS_SAFE = {0, 3}, 4
Start = Callable[..., AbstractContextManager[Sandbox]]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("profile", sorted(set(PROFILES) - {"default"}))
def test_the_books_tie_in_every_profile(tmp_path: Path, profile: str) -> None:
    """The whole flow, repeated as long as it says that a repetition is safe."""
    with run_sandbox(tmp_path, "--profile", profile) as sandbox:
        procurify, ifs = ProcurifyControl(sandbox.procurify), IfsControl(sandbox.ifs)
        _run_until_settled(Flow(sandbox, tmp_path))
        truth = read_truth(procurify.truth(), ifs.books())
        assert len(truth.invoices) > 100
        check_books(truth)
        check_orders(truth)
        assert not ifs.broken_invariants()
        if profile == "hostile":
            rules = [*procurify.faults(), *ifs.faults()]
            assert [rule for rule in rules if rule["percent"] == 100 and not rule["acted"]] == []


@pytest.mark.timeout(300)
def test_nulls_in_the_hostile_profile_hold_documents_and_break_nothing(tmp_path: Path) -> None:
    """A bill that has lost what it needs is held; what arrives in IFS is right and there once."""
    with run_sandbox(tmp_path, "--profile", "hostile") as sandbox:
        ProcurifyControl(sandbox.procurify).turn_knobs(null_every=5)
        ifs = IfsControl(sandbox.ifs)
        _run_until_settled(Flow(sandbox, tmp_path))
        invoices = [one for one in ifs.books()["invoices"] if one["Objstate"] != "Cancelled"]
        keys = {(one["Company"], one["Identity"], one["InvoiceNo"]) for one in invoices}
        assert len(keys) == len(invoices) > INVOICES_WITH_NULLS_MIN
        assert not ifs.broken_invariants()


def _run_until_settled(flow: Flow) -> None:
    for _ in range(RUNS_MAX):
        told = flow.write(dry_run=False)
        assert told.code in SETTLED | {RETRY_IS_SAFE}, told.text
        if told.code in SETTLED:
            return
    raise AssertionError(told.text)
