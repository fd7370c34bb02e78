"""The target as a process against the sandbox as a process: killed, cut off, throttled, raced."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from tests.conftest import BIN, Sandbox, run_sandbox
from tests.pipeline.books import BILL_STAMP, check_books, check_orders, read_truth

pytestmark = pytest.mark.timeout(600)

SETTLED = {0, 3}
KILLS = 6
SEED = 20261


@dataclass
class World:
    """One sandbox, what the tap read from it, and a target with its outbox."""

    sandbox: Sandbox
    folder: Path
    records: Path

    @property
    def ifs(self) -> IfsControl:
        """The control side of IFS."""
        return IfsControl(self.sandbox.ifs)

    def start_over(self, name: str, **settings: Any) -> None:
        """Empty books and an empty outbox."""
        self.ifs.reset()
        config = {**self.sandbox.target_config(self.folder), **settings}
        config["outbox_url"] = f"sqlite:///{self.folder}/{name}.db"
        (self.folder / "target.json").write_text(json.dumps(config))

    def start_target(self) -> subprocess.Popen[bytes]:
        """The target, reading the records from the beginning."""
        command = [str(BIN / "target-ifs-cloud"), "--config", str(self.folder / "target.json")]
        with self.records.open("rb") as records, (self.folder / "log").open("wb") as log:
            return subprocess.Popen(command, stdin=records, stdout=subprocess.DEVNULL, stderr=log)

    def run_target(self) -> int:
        """Run it to its end; the answer is its exit code."""
        return self.start_target().wait()

    def log(self) -> str:
        """What the last target said."""
        return (self.folder / "log").read_text()

    def check(self) -> None:
        """Every eligible bill once and to the cent, orders with what is open, evidence whole."""
        truth = read_truth(ProcurifyControl(self.sandbox.procurify).truth(), self.ifs.books())
        check_books(truth)
        check_orders(truth)
        assert len(truth.standing(BILL_STAMP)) > 100
        outbox = json.loads((self.folder / "target.json").read_text())["outbox_url"]
        verify = [str(BIN / "procurify-ifs"), "verify-audit", "--outbox-url", outbox]
        assert subprocess.run(verify, check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox for all tests here, read once by the tap."""
    folder = tmp_path_factory.mktemp("world")
    with run_sandbox(folder) as sandbox:
        (folder / "tap.json").write_text(json.dumps(sandbox.tap_config()))
        records = folder / "records.jsonl"
        with records.open("wb") as out:
            tap = [str(BIN / "tap-procurify"), "--config", str(folder / "tap.json")]
            subprocess.run(tap, stdout=out, check=True, capture_output=False)
        yield World(sandbox=sandbox, folder=folder, records=records)


def test_kills_at_random_moments_double_and_lose_nothing(world: World) -> None:
    """Kill -9 again and again, then one run to the end."""
    world.start_over("kills")
    moments = random.Random(SEED)
    killed = 0
    for _ in range(KILLS):
        target = world.start_target()
        try:
            target.wait(moments.uniform(1.5, 4.5))
        except subprocess.TimeoutExpired:
            target.kill()
            target.wait()
            killed += 1
    assert killed
    assert world.run_target() in SETTLED, world.log()
    world.check()


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        (
            "lost-answers",
            [{"action": "reset_after", "method": "POST", "path": r".*batch", "times": 5}],
        ),
        (
            "cut-answers",
            [{"action": "truncate", "method": "POST", "path": r".*batch", "times": 5}],
        ),
        (
            "lost-requests",
            [{"action": "reset_before", "method": "POST", "path": r".*batch", "times": 3}],
        ),
        (
            "repeated-requests",
            [{"action": "twice", "method": "POST", "path": r".*Proposal.*batch", "times": 6}],
        ),
    ],
)
def test_broken_connections_double_and_lose_nothing(
    world: World, name: str, rules: Sequence[Mapping[str, Any]]
) -> None:
    """Answers lost after the commit or cut short, requests that never arrived or arrived twice."""
    world.start_over(name)
    world.ifs.script_faults(rules)
    codes = [world.run_target() for _ in range(3)]
    assert codes[-1] in SETTLED, world.log()
    assert sum(rule["acted"] for rule in world.ifs.faults()) == rules[0]["times"]
    world.check()


def test_a_second_run_at_the_same_time_is_refused(world: World) -> None:
    """Whichever is late to the lease sends nothing and ends with 4."""
    world.start_over("two")
    rivals = [world.start_target() for _ in range(2)]
    codes = [rival.wait() for rival in rivals]
    assert 4 in codes
    assert set(codes) <= {4, *SETTLED}
    assert world.run_target() in SETTLED
    world.check()
