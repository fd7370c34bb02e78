"""Simulated days: hourly runs, edits in Procurify, faults on both sides; the books tie daily."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from erp_sandbox.control_client import ControlRefusedError, IfsControl, ProcurifyControl
from erp_sandbox.exact_json import JsonValue
from tests.conftest import BIN, Sandbox, run_sandbox
from tests.pipeline.books import Truth, check_books, check_orders, read_truth
from tests.soak import Report

TRIES_MAX = 6
SETTLED = {0, 3}
ELIGIBLE = {2, 4, 6, 7, 8}
ACCOUNTS = ("6000", "6200", "6300", "6400", "6500", "6600", "1500")
IFS_FAULTS: Sequence[Mapping[str, JsonValue]] = (
    {"action": "reset_after", "method": "POST", "path": ".*batch", "percent": 30},
    {"action": "reset_before", "method": "POST", "path": ".*batch", "percent": 30},
    {"action": "truncate", "path": ".*", "percent": 5},
    {"action": "status_before", "status": 429, "headers": {"Retry-After": "1"}, "percent": 10},
    {"action": "status_before", "status": 503, "percent": 10},
    {"action": "status_after", "status": 504, "method": "POST", "path": ".*batch", "percent": 20},
    {"action": "status_before", "status": 500, "body": "<html>gone</html>", "percent": 10},
)
PROCURIFY_FAULTS: Sequence[Mapping[str, JsonValue]] = (
    {"action": "truncate", "path": "/api/.*", "percent": 5},
    {"action": "reset_before", "path": "/api/.*", "percent": 5},
    {"action": "status_before", "status": 429, "headers": {"Retry-After": "1"}, "percent": 5},
    {"action": "status_before", "status": 502, "body": "<html></html>", "percent": 5},
)


@dataclass
class Flow:
    """Tap and target as processes, with the state kept as Meltano keeps it."""

    sandbox: Sandbox
    folder: Path
    log: list[str] = field(default_factory=list)

    def run(self) -> int:
        """One run; the answer is the worse of both exit codes."""
        state, records = self.folder / "state.json", self.folder / "records.jsonl"
        tap = [str(BIN / "tap-procurify"), "--config", str(self.folder / "tap.json")]
        if state.exists():
            tap += ["--state", str(state)]
        with records.open("wb") as out:
            read = subprocess.run(tap, stdout=out, stderr=subprocess.PIPE, check=False)
        if read.returncode:
            self.log.append(f"tap {read.returncode}: {_last_line(read.stderr)}")
            return 4
        target = [str(BIN / "target-ifs-cloud"), "--config", str(self.folder / "target.json")]
        with records.open("rb") as lines:
            done = subprocess.run(target, stdin=lines, capture_output=True, check=False)
        states = done.stdout.decode().splitlines()
        if states:
            state.write_text(states[-1])
        if done.returncode not in SETTLED:
            self.log.append(f"target {done.returncode}: {_error(done.stderr)}")
        return done.returncode


def run(count: int, seed: int) -> Report:
    """So many simulated days of hourly runs."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        faults = run_days(count, seed, Path(name))
    return Report(
        id="R17",
        fault="simulated days of hourly runs, edits and faults (volume: runs; rounds: days)",
        volume=count * 24,
        seeds=count,
        seconds=time.monotonic() - began,
        findings=tuple(faults),
    )


def run_days(days: int, seed: int, folder: Path) -> list[str]:
    """Every day on which the books did not tie, in words; an empty list is what is wanted."""
    draw = random.Random(seed)
    faults: list[str] = []
    with run_sandbox(folder) as sandbox:
        procurify, ifs = ProcurifyControl(sandbox.procurify), IfsControl(sandbox.ifs)
        flow = Flow(sandbox, folder)
        tap = {**sandbox.tap_config(), "retry_wait_max_s": 2}
        (folder / "tap.json").write_text(json.dumps(tap))
        (folder / "target.json").write_text(json.dumps(sandbox.target_config(folder)))
        for day in range(days):
            for hour in range(24):
                truth = read_truth(procurify.truth(), ifs.books())
                for _ in range(draw.randrange(4)):
                    draw.choice(EDITS)(procurify, truth, draw)
                if draw.random() < 0.5:
                    kinds = draw.sample(IFS_FAULTS, 2)
                    ifs.script_faults([{**k, "times": 4} for k in kinds], seed=draw.randrange(999))
                    kind = {**draw.choice(PROCURIFY_FAULTS), "times": 4}
                    procurify.script_faults([kind], seed=draw.randrange(999))
                codes = [flow.run()]
                while codes[-1] not in SETTLED and len(codes) < TRIES_MAX:
                    if len(codes) > 2:
                        ifs.script_faults([])
                        procurify.script_faults([])
                    codes.append(flow.run())
                if codes[-1] not in SETTLED:
                    faults.append(f"day {day} hour {hour}: no run settled {flow.log[-3:]}")
                if hour % 6 == 5 or day == 0:
                    faults += _check(day, hour, read_truth(procurify.truth(), ifs.books()))
                if faults:
                    return [*faults, *flow.log[-5:]]
    return faults


def _check(day: int, hour: int, truth: Truth) -> list[str]:
    try:
        check_books(truth)
        check_orders(truth)
    except AssertionError as fault:
        return [f"day {day} hour {hour}: {fault}"]
    return []


Edit = Callable[[ProcurifyControl, Truth, random.Random], None]


def _bills(truth: Truth, draw: random.Random, *statuses: int) -> list[Any]:
    found = [b for b in truth.bills if b["status"] in statuses and b["type"] == 0]
    return draw.sample(found, min(1, len(found)))


def _line(draw: random.Random) -> dict[str, JsonValue]:
    return {
        "account_code": draw.choice(ACCOUNTS),
        "department": draw.choice([1, 2]),
        "unit_cost": f"{draw.randrange(1, 99999) / 100:.2f}",
        "quantity": str(draw.randrange(1, 9)),
    }


def _add(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    lines: list[JsonValue] = [_line(draw) for _ in range(draw.randrange(1, 4))]
    vendor = draw.choice(_vendors(truth))
    procurify.edit("add_bill", vendor=vendor, lines=lines, currency=draw.choice(["CAD", "USD"]))


def _vendors(truth: Truth) -> list[int]:
    known = {s["SupplierId"] for s in truth.suppliers}
    return sorted(v["id"] for v in truth.vendors if v["external_id"] in known)


def _branch(bill: Mapping[str, Any]) -> str:
    budget = bill["items"][0]["cost_allocations"][0]["budget"]
    return str(budget["department"]["branch"]["name"])


def _edit(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for bill in _bills(truth, draw, 2):
        if not any(item["orderitem"] for item in bill["items"]) and _branch(bill) != "Austin":
            procurify.edit("edit_bill", uuid=bill["uuid"], lines=[_line(draw)])


def _touch(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for bill in _bills(truth, draw, 2, 6):
        procurify.edit("touch_bill", uuid=bill["uuid"])


def _back(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for bill in _bills(truth, draw, 2):
        procurify.edit("back_to_draft", uuid=bill["uuid"])


def _approve(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for bill in _bills(truth, draw, 0):
        procurify.edit("submit_bill", uuid=bill["uuid"])
        procurify.edit("approve_bill", uuid=bill["uuid"])


def _withdraw(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for bill in _bills(truth, draw, 2):
        procurify.edit("withdraw_bill", uuid=bill["uuid"])


def _order(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    vendor = draw.choice(_vendors(truth))
    lines: list[JsonValue] = [{}] * draw.randrange(1, 3)
    procurify.edit("add_purchase_order", vendor=vendor, lines=lines)


def _open_orders(truth: Truth, draw: random.Random) -> list[Any]:
    found = [o for o in truth.orders if o["state"] == 0]
    return draw.sample(found, min(1, len(found)))


def _bill_order(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for order in _open_orders(truth, draw):
        line = draw.choice(order["order_items"])
        procurify.edit("add_bill", lines=[{"order_line": line["id"]}])


def _close(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for order in _open_orders(truth, draw):
        operation = draw.choice(["close_purchase_order", "cancel_purchase_order"])
        procurify.edit(operation, uuid=order["uuid"])


def _revise(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for order in _open_orders(truth, draw):
        line = draw.choice(order["order_items"])
        price = f"{draw.randrange(100, 99999) / 100:.2f}"
        procurify.edit("revise_line", line=line["id"], price=price)


def _receive(procurify: ProcurifyControl, truth: Truth, draw: random.Random) -> None:
    for order in _open_orders(truth, draw):
        line = draw.choice(order["order_items"])
        with suppress(ControlRefusedError):  # nothing is left to receive
            procurify.edit("receive_line", line=line["id"], quantity="1")


EDITS: Sequence[Edit] = (
    _add, _edit, _touch, _back, _approve, _withdraw, _order, _bill_order, _close, _revise, _receive
)  # fmt: skip


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1][:400] if lines else ""


def _error(text: bytes) -> str:
    lines = [x for x in text.decode(errors="replace").splitlines() if "ERROR" in x or "Error" in x]
    return lines[-1][:400] if lines else _last_line(text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for problem in run_days(int(sys.argv[1]), int(sys.argv[2]), Path(name)):
            sys.stdout.write(f"{problem}\n")
