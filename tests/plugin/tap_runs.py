"""Runs the tap in this process against the fake Procurify and collects what it says."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from singer_sdk import Stream
from singer_sdk.singerlib.encoding import SimpleSingerWriter
from singer_sdk.singerlib.encoding.simple import Message
from typing_extensions import override

from tap_procurify.client import ProcurifyClient
from tap_procurify.limiter import Timing
from tap_procurify.tap import STREAMS, TapProcurify
from tests.plugin.fake_procurify import SECRET, FakeProcurify, Row, fake_session
from tests.plugin.procurify_tenant import BEGIN

PARENTS = {"bill_items": "bills", "item_receipts": "order_items"}
NOON = BEGIN + timedelta(days=10)
CONFIG = {"base_url": "https://harbour.procurify.com", "client_id": "id", "client_secret": SECRET}


@dataclass
class FakeClock:
    """A clock that moves when somebody sleeps."""

    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    @property
    def timing(self) -> Timing:
        """Clock, sleep, and dice that always show the most."""
        return Timing(now=lambda: self.now, sleep=self.sleep, jitter=lambda _low, high: high)


class Collector(SimpleSingerWriter):
    """Keeps the messages instead of printing them, as a target would read them."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @override
    def write_message(self, message: Message) -> None:
        """Keep a message."""
        self.messages.append(json.loads(self.format_message(message), parse_float=Decimal))


@dataclass
class Ran:
    """What a run said."""

    messages: list[dict[str, Any]]

    @property
    def records(self) -> dict[str, list[Row]]:
        """The records by stream."""
        found: dict[str, list[Row]] = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return found

    @property
    def state(self) -> dict[str, Any]:
        """The last STATE; empty when there was none."""
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        return states[-1] if states else {}

    def bookmark(self, stream: str) -> Any:
        """The bookmark of a stream."""
        return self.state["bookmarks"][stream].get("replication_key_value")


def make_tap(
    fake: FakeProcurify,
    *,
    streams: Iterable[str],
    clock: FakeClock | None = None,
    state: Mapping[str, Any] | None = None,
    deselect: Mapping[str, Iterable[str]] | None = None,
    **config: Any,
) -> tuple[TapProcurify, Collector]:
    """A tap that reads the fake, with these streams selected."""
    ticking = clock or FakeClock()
    collector = Collector()

    class TapOnFake(TapProcurify):
        timing: ClassVar[Timing] = ticking.timing

        @property
        @override
        def client(self) -> ProcurifyClient:
            if self._client is None:
                self._client = ProcurifyClient(self.settings, self.timing, fake_session(fake))
            return self._client

        @override
        def discover_streams(self) -> list[Stream]:
            # Only what the run needs: a whole catalog takes a quarter of a second to build.
            return [stream(self) for stream in STREAMS if stream.name in built]

    wanted = set(streams)
    built = wanted | {PARENTS[name] for name in wanted if name in PARENTS}
    tap = TapOnFake(
        config={**CONFIG, **config},
        state=copy.deepcopy(dict(state or {})),
        message_writer=collector,
    )
    for name, stream in tap.streams.items():
        stream.selected = name in wanted
        for field_name in (deselect or {}).get(name, ()):
            stream.mask[("properties", field_name)] = False
    return tap, collector


def run_tap(fake: FakeProcurify, *streams: str, **options: Any) -> Ran:
    """Run the tap to its end."""
    tap, collector = make_tap(fake, streams=streams, **options)
    tap.sync_all()
    return Ran(collector.messages)
