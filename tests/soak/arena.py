"""A sandbox of IFS in its own process, bills for it, and the checker that knows what must stand."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from target_ifs_cloud.delivery import audit
from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.run import utc_now
from tests.conftest import BIN, Sandbox, run_sandbox
from tests.pipeline.books import BILL_STAMP, check_invoice
from tests.pipeline.expectation import Expected, expect_bill
from tests.soak.killable import Ended, Injection, start, wait

SETTLED = {0, 3}
RUNS_MAX = 12
"""How many runs may follow a fault until everything must stand."""


@dataclass
class Found:
    """What the checker saw after a campaign's runs; nothing at all is what is wanted."""

    duplicates: int = 0
    lost: int = 0
    half: int = 0
    findings: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Add up."""
        self.duplicates += other.duplicates
        self.lost += other.lost
        self.half += other.half
        self.findings += other.findings


@dataclass
class Bills:
    """Records for a run, and per uuid what must stand in IFS in the end."""

    path: Path
    expected: dict[str, Expected]


class Arena:
    """One sandbox for many runs; ``start_over`` before each.

    ``boundaries``: how many places to die a whole run has, once a campaign has counted them.
    """

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        """Read the tenant once; its deliverable bills are the templates."""
        self.sandbox = sandbox
        self.folder = folder
        self.ifs = IfsControl(sandbox.ifs)
        self._schema, self._templates = self._read(ProcurifyControl(sandbox.procurify).truth())
        self.config: dict[str, Any] = {}
        self.boundaries = 0

    def _read(self, truth: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        (self.folder / "tap.json").write_text(json.dumps(self.sandbox.tap_config()))
        tap = [str(BIN / "tap-procurify"), "--config", str(self.folder / "tap.json")]
        lines = subprocess.run(tap, capture_output=True, check=True).stdout.splitlines()
        messages = [json.loads(line) for line in lines]
        schema = next(m for m in messages if m["type"] == "SCHEMA" and m["stream"] == "bills")
        bills = [m["record"] for m in messages if m.get("type") == "RECORD"]
        bills = [b for b, m in zip(bills, _records(messages), strict=True) if m == "bills"]
        in_ifs = {s["SupplierId"] for s in self.ifs.books()["suppliers"]}
        self._vendors = {v["id"]: v for v in truth["vendors"] if v["external_id"] in in_ifs}
        by_uuid = {bill["uuid"]: bill for bill in truth["bills"]}
        templates = []
        for record in bills:
            bill = by_uuid[record["uuid"]]
            is_plain = not any(item["orderitem"] for item in bill["items"])
            if is_plain and isinstance(expect_bill(bill, self._vendors), Expected):
                templates.append({"record": record, "bill": bill})
        return json.dumps(schema), templates

    def make_bills(self, count: int, *, name: str = "bills", due: str = "") -> Bills:
        """So many bills, each with a uuid and a number of its own; ``due`` changes their date."""
        path = self.folder / f"{name}.jsonl"
        expected: dict[str, Expected] = {}
        with path.open("w", encoding="utf-8") as out:
            out.write(self._schema + "\n")
            for number in range(count):
                template = self._templates[number % len(self._templates)]
                uuid = f"{number:032x}"
                day = _another_day(template["bill"]["invoice_date"], number // len(self._templates))
                own = {"uuid": uuid, "invoice_number": f"S-{number:06d}", "invoice_date": day}
                record = {**template["record"], **own, **({"due_date": due} if due else {})}
                out.write(
                    json.dumps({"type": "RECORD", "stream": "bills", "record": record}) + "\n"
                )
                wanted = expect_bill({**template["bill"], **own}, self._vendors)
                assert isinstance(wanted, Expected)
                expected[uuid] = wanted
            state = {"bookmarks": {"bills": {"replication_key_value": name}}}
            out.write(json.dumps({"type": "STATE", "value": state}) + "\n")
        return Bills(path, expected)

    def start_over(self, **settings: Any) -> None:
        """Empty books, no outbox, no faults. IFS itself does not refuse a number used twice."""
        self.ifs.reset()
        self.ifs.turn_knobs(unique_numbers=False)
        for path in self.folder.glob("outbox.db*"):
            path.unlink()
        self.config = {**self.sandbox.target_config(self.folder), "settling_time_s": 1, **settings}

    def configure(self, **settings: Any) -> None:
        """Change settings between two runs."""
        self.config |= settings

    def start(
        self, bills: Bills, *, kill_at: int = 0, injection: Injection | None = None, place: str = ""
    ) -> tuple[int, Path]:
        """Start a target; ``place`` names a second one beside it."""
        folder = self.folder / f"run{place}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        pid = start(self.config, bills.path, folder, kill_at=kill_at, injection=injection)
        return pid, folder

    def run(self, bills: Bills, *, kill_at: int = 0, injection: Injection | None = None) -> Ended:
        """Run a target to its end, whatever that is."""
        return wait(*self.start(bills, kill_at=kill_at, injection=injection))

    def run_until_settled(self, bills: Bills, injection: Injection | None = None) -> Ended:
        """As a scheduler would: again and again until a run says that it is settled."""
        for _ in range(RUNS_MAX):
            ended = self.run(bills, injection=injection)
            if ended.code in SETTLED:
                break
        return ended

    def log(self) -> str:
        """The end of what the last target said."""
        return (self.folder / "run" / "log").read_text(errors="replace")[-600:]

    def outbox_path(self) -> Path:
        """The file of the outbox."""
        return self.folder / "outbox.db"

    def read_evidence(self) -> tuple[list[tuple[int, str, str]], audit.Checkpoint]:
        """The audit trail and its checkpoint."""
        engine = open_database(f"sqlite:///{self.outbox_path()}")
        with engine.connect() as connection:
            found = list(audit.read_lines(connection)), audit.read_checkpoint(connection)
        engine.dispose()
        return found

    def count_verdicts(self, verdict: str) -> int:
        """How many answers on record had this verdict."""
        return sum(
            json.loads(text).get("verdict") == verdict for _, text, _ in self.read_evidence()[0]
        )

    def check(self, bills: Bills, ended: Ended, *, refused: Sequence[str] = ()) -> Found:
        """Compare the sandbox's books, the outbox and the evidence with what must be."""
        found = Found()
        standing: Counter[str] = Counter()
        for invoice in self.ifs.books()["invoices"]:
            text = invoice.get("VoucherText") or ""
            if invoice["Objstate"] == "Cancelled" or not text.startswith(BILL_STAMP):
                continue
            uuid = text.removeprefix(BILL_STAMP)
            standing[uuid] += 1
            try:
                check_invoice(invoice, bills.expected[uuid])
            except (AssertionError, KeyError) as fault:
                found.half += 1
                found.findings.append(f"half: {str(fault)[:200]}")
        found.duplicates = sum(count - 1 for count in standing.values())
        wanted = bills.expected.keys() - set(refused)
        found.lost = len(wanted - standing.keys())
        extra = standing.keys() - wanted
        found.findings += [f"stands although refused: {uuid}" for uuid in sorted(extra)[:3]]
        found.findings += self._check_memory(bills, standing, ended)
        if found.lost or found.duplicates or found.half:
            found.findings.append(self.log())
        return found

    def _check_memory(self, bills: Bills, standing: Counter[str], ended: Ended) -> list[str]:
        """Outbox and audit trail say what IFS shows; nothing is missing in silence."""
        engine = open_database(f"sqlite:///{self.outbox_path()}")
        outbox = Outbox(engine, utc_now)
        faults = []
        entries = outbox.find("bill", bills.expected)
        for uuid in bills.expected:
            entry = entries.get(uuid)
            is_confirmed = entry is not None and entry.state is State.CONFIRMED
            if is_confirmed != (standing[uuid] > 0):
                faults.append(f"{uuid}: outbox says {entry.state if entry else 'nothing'}")
            if entry and not is_confirmed and not entry.problems:
                faults.append(f"{uuid}: not posted, and nobody is told")
        is_all_posted = all(standing[uuid] for uuid in bills.expected)
        if ended.code == 0 and not is_all_posted:
            faults.append("exit code 0, although something is not posted")
        if ended.code not in SETTLED:
            faults.append(f"no run settled: exit code {ended.code}: {self.log()}")
        with engine.connect() as connection:
            faults += audit.find_breaks(audit.read_lines(connection))
        engine.dispose()
        return faults[:5]


def _another_day(stamp: str, turn: int) -> str:
    """Another day of the same month each turn, so that bills of one template look less alike."""
    return f"{stamp[:8]}{(int(stamp[8:10]) - 1 + turn) % 28 + 1:02d}{stamp[10:]}"


def _records(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    return [m["stream"] for m in messages if m.get("type") == "RECORD"]


@contextmanager
def open_arena() -> Iterator[Arena]:
    """A sandbox of its own for as long as the body runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with run_sandbox(folder) as sandbox:
            yield Arena(sandbox, folder)
