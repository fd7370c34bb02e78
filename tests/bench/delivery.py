"""How fast delivery is: requests per bill, time beside a bare loop, the cost of safety."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
import yaml

from erp_sandbox.exact_json import JsonValue
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.limiter import Limiter, Pace
from tests.bench import Row
from tests.bench.target_process import TargetOrder, TargetTaken
from tests.conftest import run_sandbox
from tests.soak.arena import Arena
from tests.unit.wire.clock import Hands

RUN_MAX_S = 7200
COMPANIES = ("HCA", "HUS")
BILLS = 1000
ROWS_BILLS = 50  # row by row a bill costs ten requests, whatever their number
BATCHED_MAX, UNBATCHED_MAX = 0.10, 1.1
FLOOR_MAX, SAFETY_MAX = 1.5, 1.10
LOOP_MAX = {20: 1.30, 100: 1.15}
QUOTA_A_MINUTE = 1000
ACCEPTED_MIN, REJECTED_MAX = 0.95, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How bills go in: lines of the site profile, habits of the sandbox, requests per bill.

    ``turns``: how often run and loop are measured, of which the quickest count.
    """

    name: str
    profile: Mapping[str, Any] = field(default_factory=dict)
    knobs: Mapping[str, Any] = field(default_factory=dict)
    proposals: bool = True
    most: float | None = None
    turns: int = 1

    def set_up(self, arena: Arena) -> None:
        """Give the site its habits, after each start from empty books."""
        arena.ifs.turn_knobs(**self.knobs)
        for company in COMPANIES:
            order: dict[str, JsonValue] = {
                "set": "CompanyInvoiceInfoArray",
                "key": [company],
                "values": {"UsePostingProposal": self.proposals},
            }
            arena.ifs.tell("edit", order)


BATCHED = Way(name="batched", most=BATCHED_MAX, turns=3)
ROW_BY_ROW = Way(name="without $batch, row by row", profile={"use_batch": False})
NESTED = Way(
    name="without $batch, rows in their parent's body, no posting proposals",
    profile={"use_batch": False, "deep_insert": True},
    knobs={"deep_insert": True},
    proposals=False,
    most=UNBATCHED_MAX,
)


def rows(quick: bool) -> Iterable[Row]:  # noqa: FBT001 (the table asks so)
    """P1 to P4 at 20 and 100 ms, P6, P7 and P8."""
    for latency_ms in (20, 100):
        with arena_of(latency_ms) as arena:
            yield from against_a_loop(arena, latency_ms, BILLS, BATCHED)
            yield from against_a_loop(arena, latency_ms, ROWS_BILLS, ROW_BY_ROW)
            yield from against_a_loop(arena, latency_ms, BILLS if quick else 3 * BILLS, NESTED)
    yield quota()
    with arena_of(0) as arena:
        yield idle(arena)
        yield safety(arena, BILLS)


@contextmanager
def arena_of(latency_ms: int) -> Iterator[Arena]:
    """A sandbox in processes of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with run_sandbox(folder, "--latency-ms", str(latency_ms)) as sandbox:
            yield Arena(sandbox, folder)


def take(order: TargetOrder) -> TargetTaken:
    """What a run in a process of its own takes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.target_process"],
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
        timeout=RUN_MAX_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the target ended with {done.returncode}: {done.stderr[-2000:]}")
    taken = TargetTaken(**json.loads(done.stdout))
    if taken.code not in {0, 3, 4}:
        raise RuntimeError(f"the run ended with {taken.code}: {done.stderr[-2000:]}")
    return taken


def against_a_loop(arena: Arena, latency_ms: int, count: int, way: Way) -> Iterable[Row]:
    """P1 to P4: the target as it is set by default, and a loop that sends the same requests."""
    bills = arena.make_bills(count)
    profile = arena.folder / "profile.yml"
    profile.write_text(yaml.safe_dump(dict(way.profile)))
    trace = arena.folder / "trace.json"
    runs: list[float] = []
    loops: list[float] = []
    for _ in range(way.turns):
        arena.start_over(site_profile=str(profile))
        way.set_up(arena)
        order = TargetOrder(config=arena.config, records=str(bills.path), trace=str(trace))
        taken = take(order)
        runs.append(taken.seconds)
        arena.start_over()
        way.set_up(arena)
        loops.append(replay(arena, trace))
    run_s, loop_s = min(runs), min(loops)
    workers = 4
    floor_s = taken.requests * latency_ms / 1000
    what = f"{way.name}, {count} bills, {latency_ms} ms"
    per_bill = taken.requests / count
    yield Row(
        id="P1",
        metric=f"requests per bill with look-up and start ({what})",
        measured=f"{per_bill:.2f}",
        anchor="6.00",
        target=f"≤ {way.most}" if way.most else "",
        met=way.most is None or per_bill <= way.most,
    )
    yield Row(
        id="P2",
        metric=f"TCP connections ({what})",
        measured=str(taken.connections),
        anchor="6,000 per 1,000 bills",
        target=f"≤ {workers} workers",
        met=taken.connections <= workers,
    )
    yield ratio(
        "P3",
        f"time ÷ latency of its requests one after the other ({what})",
        run_s / floor_s,
        FLOOR_MAX,
        anchor=f"{loop_s / floor_s:.2f} the bare loop",
    )
    yield ratio(
        "P4",
        f"time ÷ bare loop of the same requests ({what})",
        run_s / loop_s,
        LOOP_MAX[latency_ms],
        anchor=f"{loop_s:.1f} s",
    )


def ratio(id_: str, metric: str, value: float, most: float, *, anchor: str = "") -> Row:
    """A row whose figure is a ratio that may be at most so much."""
    return Row(
        id=id_,
        metric=metric,
        measured=f"{value:.2f}",
        anchor=anchor,
        target=f"≤ {most}",
        met=value <= most,
    )


def replay(arena: Arena, trace: Path) -> float:
    """How long a bare loop over one connection takes for the same requests. Units: seconds."""
    with requests.Session() as session:
        url = arena.sandbox.ifs
        form = {"client_id": "SANDBOX_IFS", "client_secret": "sandbox-ifs-secret"}
        realm = f"{url}/auth/realms/sandbox/protocol/openid-connect/token"
        grant = {**form, "grant_type": "client_credentials"}
        token = session.post(realm, data=grant, timeout=60).json()["access_token"]
        login = {"Authorization": f"Bearer {token}"}
        began = time.perf_counter()
        for method, path, headers, body in json.loads(trace.read_text()):
            session.request(
                method, url + path, headers={**headers, **login}, data=body.encode(), timeout=60
            )
        return time.perf_counter() - began


def quota() -> Row:
    """P6: ten minutes on a clock of its own, against a server that takes so many a minute."""
    hands, draw = Hands(), random.Random(1)
    clockwork = Clockwork(
        now=hands.clockwork().now,
        monotonic=lambda: hands.seconds,
        sleep=hands.sleep,
        random=draw.random,
    )
    limiter = Limiter(Pace(), clockwork=clockwork)
    window, taken, accepted, rejected, warm = 0, 0, 0, 0, 2
    minutes = 10
    while hands.seconds < 60 * minutes:
        limiter.wait_for_turn()
        hands.seconds += 0.001
        if int(hands.seconds // 60) != window:
            window, taken = int(hands.seconds // 60), 0
        taken += 1
        is_taken = taken <= QUOTA_A_MINUTE
        if window >= warm:
            accepted += is_taken
            rejected += not is_taken
        if is_taken:
            limiter.succeeded()
        else:
            limiter.throttled(60 - hands.seconds % 60)
    share = accepted / (QUOTA_A_MINUTE * (minutes - warm))
    refused = rejected / (accepted + rejected)
    return Row(
        id="P6",
        metric=f"share of {QUOTA_A_MINUTE:,} a minute that is used; share refused (virtual clock)",
        measured=f"{share:.1%}; {refused:.1%}",
        anchor="",
        target="≥ 95%; ≤ 5%",
        met=share >= ACCEPTED_MIN and refused <= REJECTED_MAX,
    )


def idle(arena: Arena) -> Row:
    """P7: a run without a record, when nothing is held."""
    arena.start_over()
    bills = arena.make_bills(20)
    take(TargetOrder(config=arena.config, records=str(bills.path)))
    empty = arena.folder / "empty.jsonl"
    empty.write_text(bills.path.read_text().splitlines()[0] + "\n")
    taken = take(TargetOrder(config=arena.config, records=str(empty)))
    return Row(
        id="P7",
        metric="requests to IFS of a run with nothing new",
        measured=f"{taken.requests} ({taken.seconds:.2f} s)",
        anchor="one per stream",
        target="0",
        met=taken.requests == 0,
    )


def safety(arena: Arena, count: int) -> Row:
    """P8: with outbox, fsync and evidence ÷ in main memory and without evidence."""
    bills = arena.make_bills(count)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for has_memory in (True, False) * 3:
        arena.start_over()
        order = TargetOrder(config=arena.config, records=str(bills.path), has_memory=has_memory)
        seconds[has_memory].append(take(order).seconds)
    return ratio(
        "P8",
        f"time with fsync and evidence ÷ without ({count} bills, 0 ms)",
        min(seconds[True]) / min(seconds[False]),
        SAFETY_MAX,
    )
