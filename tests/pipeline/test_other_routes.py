"""The other routes as a user switches them on: tap and target as commands, books compared.

The sandbox plays both systems in processes of its own; what it holds in the end is compared with
plain arithmetic from the Procurify records, as for the usual route.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from tests.conftest import BIN, ROOT, Sandbox, run_sandbox
from tests.pipeline.books import BILL_STAMP, Truth, check_books, check_orders, read_truth

pytestmark = pytest.mark.timeout(300)
HELD = 3


@dataclass(frozen=True)
class Route:
    """A sandbox, and the settings of one route into it."""

    sandbox: Sandbox
    folder: Path
    ifs: IfsControl

    def run(self, **settings: Any) -> tuple[int, str]:
        """One run of tap and target as a user would; exit code and what the target said."""
        (self.folder / "tap.json").write_text(json.dumps(self.sandbox.tap_config()))
        config = self.sandbox.target_config(self.folder) | settings
        (self.folder / "target.json").write_text(json.dumps(config))
        records = self.folder / "records.jsonl"
        with records.open("wb") as out:
            tap = [str(BIN / "tap-procurify"), "--config", str(self.folder / "tap.json")]
            subprocess.run(tap, stdout=out, check=True)
        command = [str(BIN / "target-ifs-cloud"), "--config", str(self.folder / "target.json")]
        with records.open("rb") as source:
            done = subprocess.run(
                command, stdin=source, capture_output=True, text=True, check=False
            )
        return done.returncode, done.stderr

    def profile(self, text: str) -> str:
        """A site profile with these lines."""
        path = self.folder / "site.yml"
        path.write_text(text, "utf-8")
        return str(path)

    def rules(self, file: str, before: str, after: str) -> str:
        """The shipped rules with one line changed."""
        folder = self.folder / "transforms"
        shutil.copytree(ROOT / "transforms", folder)
        text = (folder / file).read_text("utf-8")
        assert before in text
        (folder / file).write_text(text.replace(before, after), "utf-8")
        return str(folder)

    def truth(self) -> Truth:
        """Both sides now."""
        procurify = ProcurifyControl(self.sandbox.procurify)
        return read_truth(procurify.truth(), self.ifs.books())

    def without_proposals(self, company: str) -> None:
        """A company that posts its invoices without a proposal."""
        values = {"UsePostingProposal": False}
        self.ifs.tell(
            "edit", {"set": "CompanyInvoiceInfoArray", "key": [company], "values": values}
        )


@pytest.fixture
def route(tmp_path: Path) -> Iterator[Route]:
    """A sandbox of its own."""
    with run_sandbox(tmp_path) as sandbox:
        yield Route(sandbox, tmp_path, IfsControl(sandbox.ifs))


def postings_in_one_place(truth: Truth) -> Truth:
    """Without a proposal the postings stand on the invoice itself: shown as if in a proposal."""
    return replace(
        truth,
        invoices=[
            invoice
            if invoice["proposal"]
            else {**invoice, "proposal": {"Balance": 0}, "proposal_rows": invoice["postings"]}
            for invoice in truth.invoices
        ],
    )


def stamped_by_reference(truth: Truth) -> Truth:
    """The interface keeps the identity of a bill in its reference to orders: found there."""
    return replace(truth, invoices=[_stamped(invoice) for invoice in truth.invoices])


def _stamped(invoice: Mapping[str, Any]) -> Mapping[str, Any]:
    before, stamp, id_ = (invoice.get("PoRefNumber") or "").rpartition(BILL_STAMP)
    return {**invoice, "VoucherText": stamp + id_, "PoRefNumber": before} if stamp else invoice


def test_bills_come_in_by_the_external_interface(route: Route) -> None:
    """Every eligible bill once and to the cent; a second run changes nothing.

    One company has them wait in proposals, the other posts them at once.
    """
    settings = {"site_profile": route.profile("route: external_interface\n")}
    route.without_proposals("HUS")
    code, text = route.run(**settings)
    assert code == HELD, text
    truth = postings_in_one_place(stamped_by_reference(route.truth()))
    check_books(truth)
    check_orders(truth)
    states = {(i["Company"], i["Objstate"]) for i in truth.invoices if i.get("VoucherNo")}
    assert states == {("HCA", "Preliminary"), ("HUS", "Posted")}
    loads = route.ifs.books()["loads"]
    assert loads
    assert {load["Objstate"] for load in loads} == {"Created"}
    before = route.ifs.books()
    code, text = route.run(**settings)
    assert code in {0, HELD}, text
    assert route.ifs.books() == before
