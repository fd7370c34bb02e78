"""Runs a tap in a process of its own and tells what it took: records, seconds, memory.

``python -m tests.bench.tap_process``, the order as JSON on standard input; the messages go nowhere.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from singer_sdk import Tap
from singer_sdk.singerlib.encoding import SimpleSingerWriter, SingerMessageType
from singer_sdk.singerlib.encoding.simple import Message
from typing_extensions import override

from tap_procurify.streams.bills import LIST_FIELDS
from tap_procurify.tap import TapProcurify
from tests.bench import peak_mb
from tests.bench.minimal_tap import MinimalTap

TAPS: dict[str, type[Tap]] = {"ours": TapProcurify, "minimal": MinimalTap}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which tap reads what."""

    tap: str
    config: dict[str, Any]
    streams: list[str]
    bill_rows_only: bool = False
    state_in: str = ""
    state_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a run took. ``seconds`` is reading alone, without the start of Python."""

    records: int
    seconds: float
    peak_mb: float
    cpu_s: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


class CountingWriter(SimpleSingerWriter):
    """Writes as always, and counts the records."""

    def __init__(self) -> None:
        super().__init__()
        self.records = 0

    @override
    def write_message(self, message: Message) -> None:
        """Write a message."""
        self.records += message.type is SingerMessageType.RECORD
        super().write_message(message)


def run(order: Order) -> Taken:
    """Read to the end."""
    state = json.loads(Path(order.state_in).read_text()) if order.state_in else None
    writer = CountingWriter()
    tap = TAPS[order.tap](config=order.config, state=state, message_writer=writer)
    for name, stream in tap.streams.items():
        stream.selected = name in order.streams
    if order.bill_rows_only and order.tap == "ours":
        bills = tap.streams["bills"]
        for name in bills.schema["properties"].keys() - LIST_FIELDS:
            bills.mask[("properties", name)] = False
    began, cpu_began = time.perf_counter(), time.process_time()
    tap.sync_all()
    seconds = time.perf_counter() - began
    cpu_s = time.process_time() - cpu_began
    if order.state_out:
        Path(order.state_out).write_text(json.dumps(tap.state))
    return Taken(records=writer.records, seconds=seconds, peak_mb=peak_mb(), cpu_s=cpu_s)


def main() -> None:
    """Run as ordered; the answer goes to where standard output was."""
    order = Order(**json.loads(sys.stdin.read()))
    answer = os.dup(1)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    taken = run(order)
    with os.fdopen(answer, "w") as out:
        json.dump(asdict(taken), out)


if __name__ == "__main__":
    main()
