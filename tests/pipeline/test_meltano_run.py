"""The real ``meltano run`` against the sandbox, compared with plain arithmetic from the records."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from erp_sandbox.exact_json import JsonValue
from tests.conftest import BIN, ROOT, Sandbox, run_sandbox
from tests.pipeline.books import (
    BILL_STAMP,
    ORDER_STAMP,
    Truth,
    check_books,
    check_orders,
    read_truth,
)
from tests.pipeline.expectation import Held, Record

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Run:
    """One call of Meltano: how it ended and what it said."""

    exit_code: int
    output: str

    def held_codes(self) -> set[str]:
        """The problem codes in the closing text."""
        return set(re.findall(r"^.*target-ifs-cloud     (\w+): ", self.output, re.MULTILINE))


class Project:
    """A Meltano project of its own with the plugins of this repository, and its sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        """Lay the project out and install the plugins."""
        self.folder = folder
        self.procurify = ProcurifyControl(sandbox.procurify)
        self.ifs = IfsControl(sandbox.ifs)
        self._environment = {
            **os.environ,
            "MELTANO_ENVIRONMENT": "sandbox",
            "NO_COLOR": "1",
            "SANDBOX_PROCURIFY_URL": sandbox.procurify,
            "SANDBOX_IFS_URL": sandbox.ifs,
        }
        shutil.copy(ROOT / "meltano.yml", folder)
        for name in ("tap-procurify", "target-ifs-cloud", "transforms", "sandbox"):
            (folder / name).symlink_to(ROOT / name)
        assert self.meltano("install").exit_code == 0

    def meltano(self, *words: str) -> Run:
        """Call Meltano as a person does."""
        done = subprocess.run(
            [str(BIN / "meltano"), *words],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def run(self) -> Run:
        """The forward flow."""
        return self.meltano("run", "tap-procurify", "target-ifs-cloud")

    def preconditions(self) -> set[str]:
        """Every ``If-Match`` that IFS was sent, on its own or inside a batch."""
        found: set[str] = set()
        for request in self.ifs.requests():
            found |= set(re.findall(r"^If-Match: *(.*?)\r?$", request["body"], re.MULTILINE))
            found |= {request["headers"][name] for name in request["headers"] if name == "if-match"}
        return found

    def procurify_writes(self) -> set[str]:
        """Every request to Procurify that is no read."""
        requests = self.procurify.requests()
        return {f"{r['method']} {r['path']}" for r in requests if r["method"] != "GET"}

    def truth(self) -> Truth:
        """Both sides now."""
        return read_truth(self.procurify.truth(), self.ifs.books())


@dataclass(frozen=True)
class Scenario:
    """What happened, step by step."""

    first: Run
    after_first: Truth
    second: Run
    after_second: Truth
    edited: dict[str, str]
    third: Run
    after_third: Truth
    scheduled: Run
    after_scheduled: Truth
    status: Run
    audit: Run
    preconditions: set[str]
    procurify_writes: set[str]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """First run, second run, a run after edits, a run of the schedule."""
    folder = tmp_path_factory.mktemp("project")
    with run_sandbox(folder) as sandbox:
        project = Project(folder, sandbox)
        first, after_first = project.run(), project.truth()
        second, after_second = project.run(), project.truth()
        edited = edit(project, after_second)
        third, after_third = project.run(), project.truth()
        project.procurify.edit("add_bill", number="SCHEDULED-1", vendor=_vendor(after_third))
        scheduled = project.meltano("schedule", "run", "procurify-to-ifs-hourly")
        yield Scenario(
            first=first,
            after_first=after_first,
            second=second,
            after_second=after_second,
            edited=edited,
            third=third,
            after_third=after_third,
            scheduled=scheduled,
            after_scheduled=project.truth(),
            status=project.meltano("invoke", "procurify-ifs", "status"),
            audit=project.meltano("invoke", "procurify-ifs", "verify-audit"),
            preconditions=project.preconditions(),
            procurify_writes=project.procurify_writes(),
        )


def _vendor(truth: Truth) -> int:
    """A vendor that IFS has as a supplier under its own id."""
    in_ifs = {supplier["SupplierId"] for supplier in truth.suppliers}
    usable = (v["id"] for v in truth.vendors if v["external_id"] in in_ifs and v["active"])
    return int(next(usable))


def _branch(bill: Record) -> str:
    """The location that a bill is booked on."""
    name: str = bill["items"][0]["cost_allocations"][0]["budget"]["department"]["branch"]["name"]
    return name


def edit(project: Project, truth: Truth) -> dict[str, str]:
    """New bill, new order, a bill of that order, a withdrawn bill, a bill with another amount."""
    vendor = _vendor(truth)
    order = project.procurify.edit("add_purchase_order", vendor=vendor)
    new = project.procurify.edit("add_bill", number="NEW-1", vendor=vendor)
    of_order = project.procurify.edit(
        "add_bill", number="NEW-2", lines=[{"order_line": order["lines"][0]}]
    )
    standing = truth.standing(BILL_STAMP)
    plain = [b for b in truth.bills if b["uuid"].replace("-", "") in standing and not b["costs"]]
    in_canada = [b for b in plain if b["currency"]["name"] == "CAD" and _branch(b) == "Vancouver"]
    withdrawn, changed = plain[0]["uuid"], in_canada[-1]["uuid"]
    project.procurify.edit("back_to_draft", uuid=withdrawn)
    line: dict[str, JsonValue] = {
        "account_code": "6200",
        "department": 1,
        "unit_cost": "77.70",
        "quantity": "2",
    }
    project.procurify.edit("edit_bill", uuid=changed, lines=[line])
    return {
        "new": str(new["uuid"]),
        "of_order": str(of_order["uuid"]),
        "order": str(order["uuid"]),
        "withdrawn": withdrawn,
        "changed": changed,
    }


def bare(uuid: str) -> str:
    """A uuid as the connector stamps it."""
    return uuid.replace("-", "")


def test_the_first_run_posts_every_eligible_bill_once_and_right(scenario: Scenario) -> None:
    """Header, lines, tax and postings to the cent; nothing that has no business there."""
    check_books(scenario.after_first)
    assert len(scenario.after_first.standing(BILL_STAMP)) > 100


def test_open_orders_stand_with_what_is_open_on_them(scenario: Scenario) -> None:
    """Ordered less billed, once per order, closed and cancelled ones absent."""
    check_orders(scenario.after_first)
    assert len(scenario.after_first.standing(ORDER_STAMP)) > 20


def test_held_bills_are_told_with_their_reasons_and_meltano_fails(scenario: Scenario) -> None:
    """Exit code 3 of the target is a failed loader whose STATE is kept."""
    held = [e for e in scenario.after_first.expected().values() if isinstance(e, Held)]
    reasons = {reason for item in held for reason in item.reasons}
    assert {"number_missing", "period_closed", "no_rule", "code_part_blocked"} <= reasons
    assert reasons | {"duplicate_number"} <= scenario.first.held_codes()
    assert scenario.first.exit_code == 1
    assert "Incremental state has been updated" in scenario.first.output


def test_the_second_run_changes_nothing_and_raises_no_second_alarm(scenario: Scenario) -> None:
    """Nothing is posted twice; what was held before is not announced again."""
    assert scenario.second.exit_code == 0, scenario.second.output[-3000:]
    assert scenario.after_second.invoices == scenario.after_first.invoices
    assert scenario.after_second.suppliers == scenario.after_first.suppliers


def test_only_the_difference_moves_after_edits(scenario: Scenario) -> None:
    """New, changed and withdrawn bills and their orders; every other invoice is untouched."""
    check_books(scenario.after_third)
    check_orders(scenario.after_third)
    standing = scenario.after_third.standing(BILL_STAMP)
    assert bare(scenario.edited["new"]) in standing
    assert bare(scenario.edited["of_order"]) in standing
    assert bare(scenario.edited["withdrawn"]) not in standing
    before = {i["InvoiceId"]: i for i in scenario.after_second.invoices}
    moved = [
        i
        for i in scenario.after_third.invoices
        if i["InvoiceId"] in before and i != before[i["InvoiceId"]]
    ]
    touched = {bare(scenario.edited[name]) for name in ("withdrawn", "changed")}
    stamps = {i["VoucherText"].rpartition(" ")[2] for i in moved}
    orders = {i["VoucherText"].startswith(ORDER_STAMP) for i in moved} - {False}
    assert touched <= stamps
    assert len(moved) <= len(touched) + 2 * len(orders) + 2


def test_the_schedule_runs_the_same_flow(scenario: Scenario) -> None:
    """``meltano schedule run`` posts what is new and ends with 0."""
    assert scenario.scheduled.exit_code == 0, scenario.scheduled.output[-3000:]
    numbers = {i["InvoiceNo"] for i in scenario.after_scheduled.invoices}
    assert "SCHEDULED-1" in numbers
    check_books(scenario.after_scheduled)


def test_no_precondition_was_ever_waved_through(scenario: Scenario) -> None:
    """``If-Match`` is an ETag that was read, never a star."""
    assert scenario.preconditions
    assert all(etag.startswith('W/"') for etag in scenario.preconditions)


def test_procurify_is_only_read(scenario: Scenario) -> None:
    """Nothing but the token is ever sent there by this flow."""
    assert scenario.procurify_writes == {"POST /oauth/token"}


def test_the_operator_command_answers_through_meltano(scenario: Scenario) -> None:
    """Status lists what needs a person, the audit trail is whole."""
    assert scenario.status.exit_code == 0
    assert "number_missing" in scenario.status.output
    assert "The audit trail is whole" in scenario.audit.output
