"""The same books, whichever allowed dialect the two systems speak."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from tests.conftest import run_sandbox
from tests.pipeline.books import check_books, check_orders, read_truth
from tests.pipeline.dialects import IfsDialect, ProcurifyDialect, speaking
from tests.pipeline.test_operator_command import Flow, edit_bills

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_books_tie_in_every_dialect(tmp_path: Path, seed: int) -> None:
    """New documents, a second run that finds nothing to do, and changes."""
    with run_sandbox(tmp_path) as plain:
        procurify, ifs = ProcurifyControl(plain.procurify), IfsControl(plain.ifs)
        one, other = ProcurifyDialect(seed), IfsDialect(seed)
        with (
            speaking(one, plain.procurify) as procurify_url,
            speaking(other, plain.ifs) as ifs_url,
        ):
            flow = Flow(replace(plain, procurify=procurify_url, ifs=ifs_url), tmp_path)
            for changes in (False, False, True):
                if changes:
                    edit_bills(Flow(plain, tmp_path))
                before = ifs.books()
                told = flow.write(dry_run=False)
                assert told.code in {0, 3}, told.text
                truth = read_truth(procurify.truth(), ifs.books())
                check_books(truth)
                check_orders(truth)
            assert ifs.books() != before
    assert {"json", "envelope"} <= set(one.rewritten)
    assert {"json", "batch", "tag", "204"} <= set(other.rewritten)
