"""What a person does beside the runs: dry run, preview, check, exclude, reconcile."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from erp_sandbox.exact_json import JsonValue
from tests.conftest import BIN, ROOT, Sandbox, run_sandbox
from tests.pipeline.books import BILL_STAMP, read_truth
from tests.pipeline.expectation import Expected

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Told:
    """How the target ended and what it said."""

    code: int
    state: str
    text: str

    @property
    def table(self) -> list[str]:
        """The rows of the closing table."""
        return re.findall(r"^│.*│$", self.text, re.MULTILINE)


@dataclass(frozen=True)
class Flow:
    """A sandbox, and the flow into it in both kinds of runs."""

    sandbox: Sandbox
    folder: Path

    def read(self) -> Path:
        """What the tap says from the beginning."""
        (self.folder / "tap.json").write_text(json.dumps(self.sandbox.tap_config()))
        records = self.folder / "records.jsonl"
        with records.open("wb") as out:
            tap = [str(BIN / "tap-procurify"), "--config", str(self.folder / "tap.json")]
            subprocess.run(tap, stdout=out, check=True)
        return records

    def write(self, *, dry_run: bool, **settings: str) -> Told:
        """Hand it to the target."""
        config = self.sandbox.target_config(self.folder) | {"dry_run": dry_run} | settings
        (self.folder / "target.json").write_text(json.dumps(config))
        command = [str(BIN / "target-ifs-cloud"), "--config", str(self.folder / "target.json")]
        with self.read().open("rb") as records:
            done = subprocess.run(
                command, stdin=records, capture_output=True, text=True, check=False
            )
        return Told(done.returncode, done.stdout, done.stderr)

    def preview(self) -> list[dict[str, Any]]:
        """What the operator command says of the same records, every field with its rule."""
        command = [str(BIN / "procurify-ifs"), "preview", "--format", "json"]
        files = ["--config", str(self.folder / "target.json"), str(self.folder / "records.jsonl")]
        done = subprocess.run([*command, *files], capture_output=True, text=True, check=True)
        documents: list[dict[str, Any]] = json.loads(done.stdout)["documents"]
        for document in documents:
            if document["decision"] == "create":
                assert document["fields"]
                assert all(field["rule"] for field in document["fields"]), document
        return documents

    def confirmed(self) -> set[str]:
        """What the outbox knows to be created in IFS."""
        with closing(sqlite3.connect(self.folder / "outbox.db")) as connection:
            query = (
                "SELECT json_extract(entry, '$.source') FROM audit_trail "
                "WHERE json_extract(entry, '$.event') = 'answered' "
                "AND json_extract(entry, '$.decision') in ('create', 'posted')"
            )
            return {row[0] for row in connection.execute(query)}

    def everything(self) -> tuple[Any, list[str]]:
        """What IFS and the outbox hold."""
        outbox = self.folder / "outbox.db"
        if not outbox.exists():
            return IfsControl(self.sandbox.ifs).books(), []
        with closing(sqlite3.connect(outbox)) as connection:
            return IfsControl(self.sandbox.ifs).books(), list(connection.iterdump())


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    """A sandbox of its own."""
    with run_sandbox(tmp_path) as sandbox:
        yield Flow(sandbox, tmp_path)


def test_a_dry_run_tells_what_the_run_in_earnest_does_and_writes_nothing(flow: Flow) -> None:
    """On empty books, and again after an edit, a withdrawal and a new bill."""
    told = []
    seen: set[str] = set()
    for _ in range(2):
        before = flow.everything()
        dry = flow.write(dry_run=True)
        assert flow.everything() == before
        assert not dry.state, "the bookmark must not move"
        assert "Nothing was written" in dry.text
        created = {d["id"] for d in flow.preview() if d["decision"] == "create"}
        assert flow.everything() == before
        earnest = flow.write(dry_run=False)
        assert (dry.code, dry.table) == (earnest.code, earnest.table)
        assert earnest.state
        assert re.search(r"Basic data of IFS as of 20\d\d-\d\d-\d\d \d\d:\d\d UTC", earnest.text)
        assert flow.everything() != before
        assert created == flow.confirmed() - seen
        seen |= created
        told.append(" ".join(dry.table))
        edit_bills(flow)
    assert "posted" in told[0]
    assert "updated" in told[1]
    assert "cancelled in IFS" in told[1]


def test_check_logs_in_compares_the_names_and_counts_the_basic_data(flow: Flow) -> None:
    """A wrong secret is told as such; nothing is written."""
    config = flow.sandbox.target_config(flow.folder)
    before = flow.everything()
    records = str(flow.read())
    codes, texts = [], []
    for secret in (config["client_secret"], "wrong"):
        file = flow.folder / "check.json"
        file.write_text(json.dumps({**config, "client_secret": secret}))
        command = [str(BIN / "procurify-ifs"), "check", "--config", str(file)]
        command += ["--records", records]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        codes.append(done.returncode)
        texts.append(done.stdout)
    assert codes == [3, 2]
    assert re.search(r"GAP   Coverage of account code: \d+ of \d+ covered", texts[0])
    assert re.search(
        r"6999 .* in HUS: no row in accounts.yml \(used 2 time\(s\), [\d,.]+ CAD", texts[0]
    )
    assert "come out as written" in texts[0]
    assert "Company HCA: Harbour Research Inc. (CA): 12 accounts" in texts[0]
    assert "refused the login of client 'SANDBOX_IFS'" in texts[1]
    assert flow.everything() == before


def test_reconcile_ties_the_books_and_names_what_a_person_has_changed(flow: Flow) -> None:
    """Even after a run; not any more when an invoice is changed or cancelled in IFS."""
    flow.write(dry_run=False)
    command = [
        str(BIN / "procurify-ifs"),
        "reconcile",
        "--config",
        str(flow.folder / "target.json"),
    ]

    def reconcile() -> tuple[int, str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        return done.returncode, done.stdout

    code, text = reconcile()
    assert code == 0, text
    assert "IFS shows every posted document." in text
    assert re.search(r"bill +│ HCA +│ 2026-0\d │ CAD ", text)
    ifs = IfsControl(flow.sandbox.ifs)
    changed, cancelled = [i for i in ifs.books()["invoices"] if i["Objstate"] == "Preliminary"][:2]
    for invoice, values in (
        (changed, {"GrossCurrAmount": 1}),
        (cancelled, {"Objstate": "Cancelled"}),
    ):
        key = [invoice["Company"], invoice["InvoiceId"]]
        ifs.tell("edit", {"set": "ManSuppInvoiceSet", "key": key, "values": values})
    code, text = reconcile()
    assert code == 3
    assert "2 document(s) differ:" in text
    assert f"invoice {changed['InvoiceId']} (Preliminary) in IFS says 1.00" in text
    assert f"invoice {cancelled['InvoiceId']} is no longer in IFS, or is cancelled there" in text


def test_cost_of_a_closed_period_is_listed_for_accrual(flow: Flow) -> None:
    """By rule: to the cent, per code string, and not posted."""
    rules = Path(shutil.copytree(ROOT / "transforms", flow.folder / "transforms"))
    bill_rules = (rules / "bill.yml").read_text()
    assert "closed: hold" in bill_rules
    (rules / "bill.yml").write_text(bill_rules.replace("closed: hold", "closed: accrual_list"))
    ifs = IfsControl(flow.sandbox.ifs)
    closed = {"2026-03", "2026-04"}
    for month in (3, 4):
        key: list[JsonValue] = ["HCA", 2026, month]
        ifs.tell(
            "edit",
            {"set": "AccountingPeriodSet", "key": key, "values": {"PeriodStatus": "Closed"}},
        )
    flow.write(dry_run=False, transforms_dir=str(rules))
    command = [str(BIN / "procurify-ifs"), "accruals", "--format", "csv"]
    command += ["--config", str(flow.folder / "target.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    listed: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in csv.DictReader(io.StringIO(done.stdout)):
        listed[row["source_id"]][row["codes"]] = Decimal(row["amount"])
    tenant = ProcurifyControl(flow.sandbox.procurify).truth()
    truth = read_truth(tenant, ifs.books())
    days = {
        bill["uuid"].replace("-", ""): bill["gl_post_date"] or bill["invoice_date"]
        for bill in truth.bills
    }
    expected = {
        uuid: {_code_text(codes): amount for codes, amount in invoice.postings.items()}
        for uuid, invoice in truth.expected().items()
        if isinstance(invoice, Expected) and invoice.company == "HCA" and days[uuid][:7] in closed
    }
    assert len(expected) > 1
    assert {id_: listed[id_] for id_ in expected} == expected
    assert not listed.keys() & truth.standing(BILL_STAMP).keys()


def test_an_excluded_bill_stays_out_whatever_comes_of_it(flow: Flow) -> None:
    """It is no longer told to a person, and it is not posted when its fault is gone."""
    flow.write(dry_run=False)
    outbox = f"sqlite:///{flow.folder}/outbox.db"
    with closing(sqlite3.connect(flow.folder / "outbox.db")) as connection:
        query = "SELECT source_id FROM document WHERE kind = 'bill' AND problems LIKE ?"
        (held,) = connection.execute(query, ["%number_missing%"]).fetchone()
    command = [str(BIN / "procurify-ifs"), "exclude", held, "--reason", "paid by hand"]
    subprocess.run([*command, "--outbox-url", outbox], check=True)
    procurify = ProcurifyControl(flow.sandbox.procurify)
    (bill,) = [b for b in procurify.truth()["bills"] if b["uuid"].replace("-", "") == held]
    procurify.edit("edit_bill", uuid=bill["uuid"], number="LATE-1")
    told = flow.write(dry_run=False)
    assert held not in told.text
    assert re.search(r"│ bill +│ excluded by a person +│ +1 │", told.text)
    truth = read_truth(procurify.truth(), IfsControl(flow.sandbox.ifs).books())
    assert held not in truth.standing(BILL_STAMP)


def _code_text(codes: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{part}={value}" for part, value in codes)


def edit_bills(flow: Flow) -> None:
    """One bill gets another amount, one goes back to Draft, one is new."""
    procurify = ProcurifyControl(flow.sandbox.procurify)
    truth = read_truth(procurify.truth(), IfsControl(flow.sandbox.ifs).books())
    standing = truth.standing(BILL_STAMP)
    plain = [b for b in truth.bills if b["uuid"].replace("-", "") in standing and not b["costs"]]
    line: dict[str, JsonValue] = {
        "account_code": "6200",
        "department": 1,
        "unit_cost": "77.70",
        "quantity": "2",
    }
    procurify.edit("back_to_draft", uuid=plain[0]["uuid"])
    procurify.edit("edit_bill", uuid=plain[1]["uuid"], lines=[line])
    procurify.edit("add_bill", number="DRY-1", vendor=plain[2]["vendor"]["id"])
