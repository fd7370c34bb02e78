"""What the command does beside serving: seed, scenario, books."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from erp_sandbox.cli import main
from erp_sandbox.control_client import IfsControl, ProcurifyControl
from erp_sandbox.scenarios import SCENARIOS
from erp_sandbox.watch import Watcher
from tests.conftest import Sandbox, run_sandbox
from tests.contract.ifs.site import HEADER, INVOICES, Caller

NOWHERE = "http://127.0.0.1:9"
PERIODS = "AccountingPeriodsHandling"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the tests of this file."""
    with run_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def fresh(sandbox: Sandbox) -> Sandbox:
    """The same, as at the start."""
    ProcurifyControl(sandbox.procurify).reset()
    IfsControl(sandbox.ifs).reset()
    return sandbox


def run(*words: str) -> Result:
    """The command, as a person calls it."""
    return CliRunner().invoke(main, words, env={"COLUMNS": "120"})


def play(name: str, sandbox: Sandbox) -> Result:
    """A scenario on that sandbox."""
    urls = ("--procurify-url", sandbox.procurify, "--ifs-url", sandbox.ifs)
    return run("scenario", name, *urls)


def test_seed_writes_what_a_sandbox_of_that_seed_holds(tmp_path: Path, fresh: Sandbox) -> None:
    """One JSON line per record; the counts are told."""
    told = run("seed", "--folder", str(tmp_path))
    assert "bills: 200\n" in told.output
    truth = ProcurifyControl(fresh.procurify).truth()
    for kind in ("vendors", "purchase_orders", "bills"):
        lines = (tmp_path / f"{kind}.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line, parse_float=Decimal) for line in lines] == truth[kind]


def test_an_order_lives_its_life(fresh: Sandbox) -> None:
    """It is there afterwards, closed, at the revised price."""
    assert play("order-life", fresh).exit_code == 0
    order = ProcurifyControl(fresh.procurify).truth("purchase_orders")["purchase_orders"][-1]
    assert (order["state"], order["total"]) == (3, "120.00")


def test_a_vendor_comes_and_goes(fresh: Sandbox) -> None:
    """Renamed and inactive at the end."""
    assert play("vendor-changes", fresh).exit_code == 0
    vendor = ProcurifyControl(fresh.procurify).truth("vendors")["vendors"][-1]
    assert (vendor["name"], vendor["active"]) == ("Bluewater Instruments Ltd", False)


def test_month_end_approves_and_closes(fresh: Sandbox) -> None:
    """As many approvals as are told; both companies have closed their first period."""
    before = [b["status"] for b in ProcurifyControl(fresh.procurify).truth("bills")["bills"]]
    told = play("month-end", fresh)
    after = [b["status"] for b in ProcurifyControl(fresh.procurify).truth("bills")["bills"]]
    moved = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert len(moved) == told.output.count("approved") > 0
    assert {pair[0] for pair in moved} == {1}
    assert told.output.count("closed in IFS Cloud") == 2
    rows = Caller(fresh.ifs).rows(PERIODS, "AccountingPeriodSet", top=99)
    first = [
        row["PeriodStatus"]
        for row in rows
        if (row["AccountingYear"], row["AccountingPeriod"]) == (2026, 1)
    ]
    assert first == ["Closed", "Closed"]


def test_every_scenario_is_listed() -> None:
    """With a sentence about it."""
    lines = run("scenario", "--list").output.splitlines()
    assert lines == [f"{name}: {one.text}" for name, one in SCENARIOS.items()]


def test_a_scenario_needs_a_name_and_a_sandbox() -> None:
    """Either failure says what to do."""
    assert "--list" in run("scenario").output
    told = run("scenario", "order-life", "--procurify-url", NOWHERE, "--ifs-url", NOWHERE)
    assert (told.exit_code, "order-life" in told.output) == (1, True)


def test_books_show_invoices_and_balances(fresh: Sandbox) -> None:
    """Whatever stands there, in two tables."""
    Caller(fresh.ifs).post(INVOICES, "ManSuppInvoiceSet", HEADER)
    told = run("books", "--ifs-url", fresh.ifs)
    assert told.exit_code == 0
    assert "Trial balance" in told.output
    row = next(line for line in told.output.splitlines() if "Preliminary" in line and "CAD" in line)
    assert "HCA" in row


def test_books_of_nothing_are_told_as_such() -> None:
    """No traceback."""
    told = run("books", "--ifs-url", NOWHERE)
    assert (told.exit_code, "does not answer" in told.output) == (1, True)


@pytest.mark.parametrize(
    "words", [("books",), ("watch",), ("truth", "ifs"), ("scenario", "month-end")]
)
def test_a_wrong_address_is_told_in_a_sentence(fresh: Sandbox, words: tuple[str, ...]) -> None:
    """One that is none, and that of the other system: no traceback, and what is wrong with it."""
    at = ("--procurify-url", fresh.procurify) if words[0] != "books" else ()
    for url, why in (("nonsense", "http://"), (fresh.procurify, "other system")):
        told = run(*words, *at, "--ifs-url", url)
        assert (told.exit_code, type(told.exception)) == (1, SystemExit)
        assert why in " ".join(told.output.split())


def test_an_empty_ledger_is_told_as_such(fresh: Sandbox) -> None:
    """A table without a row would look like a fault."""
    assert "nothing is posted yet" in run("books", "--ifs-url", fresh.ifs).output


def test_a_page_shows_traffic_faults_and_books(fresh: Sandbox) -> None:
    """The next page tells how many requests came since this one."""
    procurify, ifs = ProcurifyControl(fresh.procurify), IfsControl(fresh.ifs)
    watcher = Watcher(procurify, ifs)
    watcher.page(0)
    caller = Caller(fresh.ifs)
    caller.post(INVOICES, "ManSuppInvoiceSet", HEADER)
    ifs.script_faults([{"action": "status_before", "status": 507}])
    assert caller.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 507
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(watcher.page(2))
    told = console.export_text()
    assert re.search(r"ifs +│ 3 +│ 1\.5", told), told
    assert re.search(r"GET .*ManSuppInvoiceSet +│ 507 +│ status_before", told)
    assert re.search(r"ifs +│ status_before +│ .* │ 1 ", told)
    assert "Preliminary" in told


def test_the_watch_ends_after_its_pages(fresh: Sandbox) -> None:
    """And says so when there is no sandbox."""
    at = ("--procurify-url", fresh.procurify, "--ifs-url", fresh.ifs)
    told = run("watch", "--pages", "2", "--every-s", "0.1", *at)
    assert (told.exit_code, "Traffic" in told.output) == (0, True)
    told = run("watch", "--procurify-url", NOWHERE, "--ifs-url", NOWHERE)
    assert (told.exit_code, "does not answer" in told.output) == (1, True)
