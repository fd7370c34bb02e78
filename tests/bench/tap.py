"""How fast the tap is: beside a minimal tap, one detail at a time, a small tenant, an idle one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import requests

from tap_procurify.tap import STREAMS
from tests.bench import Row
from tests.bench.minimal_tap import LISTS
from tests.bench.tap_process import Order, Taken
from tests.conftest import BIN, Sandbox

RUN_MAX_S = 3600
START_MAX_S, POLL_S = 600, 0.1
"""A large tenant takes a while to be made up."""
TOKEN_PATH = "/oauth/token"
AUDIENCE = "https://api.procurify.com/"
LATENCY_MS = 100
MINIMAL_SHARE_MIN = 0.9
SIDE_BY_SIDE_MIN = 8.0
MEMORY_MAX = 1.5
BILLS_PER_SCALE = 200
ONE_SLICE = {"slice_days": 3650}


@contextmanager
def sandbox_of(scale: int, latency_ms: int = 0) -> Iterator[Sandbox]:
    """A sandbox in processes of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [str(BIN / "erp-sandbox"), "serve", "--procurify-port", "0", "--ifs-port", "0"]
        command += ["--scale", str(scale), "--latency-ms", str(latency_ms)]
        with subprocess.Popen([*command, "--ready-file", str(ready)]) as process:
            try:
                deadline = time.monotonic() + START_MAX_S
                while not ready.exists() and process.poll() is None:
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"the sandbox did not answer within {START_MAX_S} s")
                    time.sleep(POLL_S)
                urls = json.loads(ready.read_text())
                yield Sandbox(procurify=urls["procurify"], ifs=urls["ifs"])
            finally:
                process.terminate()


def take(order: Order) -> Taken:
    """What a run in a process of its own takes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.tap_process"],
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
        timeout=RUN_MAX_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the tap ended with {done.returncode}: {done.stderr[-2000:]}")
    return Taken(**json.loads(done.stdout))


def ask_token(sandbox: Sandbox) -> str:
    """A token for the minimal tap, which cannot ask for one."""
    login = {key: sandbox.tap_config()[key] for key in ("client_id", "client_secret")}
    body = login | {"audience": AUDIENCE, "grant_type": "client_credentials"}
    answer = requests.post(sandbox.procurify + TOKEN_PATH, json=body, timeout=60)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def rows(quick: bool) -> Iterable[Row]:  # noqa: FBT001 (every table is called alike)
    """The figures of the tap."""
    yield from beside_minimal(scale=10 if quick else 50, runs=3 if quick else 5)
    yield side_by_side(scale=1 if quick else 5)
    yield memory(large=10 if quick else 500)
    yield idle()


def beside_minimal(*, scale: int, runs: int) -> Iterator[Row]:
    """P11: the same pages, without latency; the best of some runs of each."""
    with sandbox_of(scale) as sandbox:
        mine = sandbox.tap_config() | ONE_SLICE
        plain = {"base_url": sandbox.procurify, "token": ask_token(sandbox)}
        for name in LISTS:
            ours = Order(tap="ours", config=mine, streams=[name], bill_rows_only=True)
            theirs = Order(tap="minimal", config=plain, streams=[name])
            pairs = [(take(ours), take(theirs)) for _ in range(runs)]
            best, anchor = (max(one.rate for one in side) for side in zip(*pairs, strict=True))
            yield Row(
                id="P11",
                metric=f"records a second, list of {name}, no latency ÷ minimal singer-sdk tap",
                measured=f"{best / anchor:.2f} ({best:.0f}/s)",
                anchor=f"{anchor:.0f}/s",
                target=f"≥ {MINIMAL_SHARE_MIN}",
                met=best / anchor >= MINIMAL_SHARE_MIN,
            )


def side_by_side(*, scale: int) -> Row:
    """P11: bills with detail at 100 ms latency, default settings, against one worker."""
    with sandbox_of(scale, LATENCY_MS) as sandbox:
        config = sandbox.tap_config()
        streams = ["bills", "bill_items"]
        many = take(Order(tap="ours", config=config, streams=streams))
        one = take(Order(tap="ours", config=config | {"detail_workers": 1}, streams=streams))
    ratio = many.rate / one.rate
    return Row(
        id="P11",
        metric=f"{scale * BILLS_PER_SCALE} bills with detail at {LATENCY_MS} ms ÷ sequential",
        measured=f"{ratio:.1f} ({many.seconds:.1f} s)",
        anchor=f"{one.seconds:.1f} s",
        target=f"≥ {SIDE_BY_SIDE_MIN:.0f}",
        met=ratio >= SIDE_BY_SIDE_MIN,
    )


def memory(*, large: int) -> Row:
    """P10: peak memory of a whole run over bills with details, against 1,000 bills."""
    peaks = []
    for scale in (5, large):
        with sandbox_of(scale) as sandbox:
            streams = ["vendors", "bills", "bill_items"]
            config = sandbox.tap_config()
            peaks.append(take(Order(tap="ours", config=config, streams=streams)).peak_mb)
    ratio = peaks[1] / peaks[0]
    return Row(
        id="P10",
        metric=f"peak memory at {large * BILLS_PER_SCALE:,} bills ÷ at 1,000",
        measured=f"{ratio:.2f} ({peaks[1]:.0f} MB)",
        anchor=f"{peaks[0]:.0f} MB",
        target=f"≤ {MEMORY_MAX}",
        met=ratio <= MEMORY_MAX,
    )


def idle() -> Row:
    """P7: requests of a run when nothing is new; vendors cost one for each page."""
    names = [stream.name for stream in STREAMS if stream.stamp_field]
    with sandbox_of(1) as sandbox, tempfile.TemporaryDirectory() as folder:
        state = str(Path(folder) / "state.json")
        order = Order(tap="ours", config=sandbox.tap_config(), streams=names)
        take(replace(order, state_out=state))
        before = count_reads(sandbox)
        taken = take(replace(order, state_in=state))
        asked = count_reads(sandbox) - before
    return Row(
        id="P7",
        metric=f"requests of an idle poll of {len(names)} incremental streams",
        measured=f"{asked} ({taken.seconds:.2f} s, {taken.records} records)",
        anchor="one per stream",
        target=f"≤ {len(names)}",
        met=asked <= len(names) and taken.records == 0,
    )


def count_reads(sandbox: Sandbox) -> int:
    """How many reads the sandbox has seen."""
    told: dict[str, Any] = sandbox.ask(f"{sandbox.procurify}/_control/requests?method=GET")
    return len(told["requests"])
