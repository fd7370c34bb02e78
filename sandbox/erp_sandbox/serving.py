"""Puts a system together and serves it from a listening socket, in a process of its own."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from erp_sandbox import ifs, procurify
from erp_sandbox.clock import SimulatedClock
from erp_sandbox.connections import BreakableProtocol
from erp_sandbox.control import ControlError, ControlGate, Handler, read_object
from erp_sandbox.exact_json import JsonValue, encode
from erp_sandbox.faults import CONTROL_PREFIX, FaultGate, FaultScript
from erp_sandbox.procurify.edits import edit
from erp_sandbox.procurify.knobs import ProcurifyKnobs, change_knobs
from erp_sandbox.procurify.lifecycles import live
from erp_sandbox.procurify.truth import count, truth
from erp_sandbox.profiles import DEFAULT_PROFILE, Profile, find_profile
from erp_sandbox.requests_log import CaptureGate, RequestsLog
from erp_sandbox.snapshots import Snapshot, State
from erp_sandbox.tenant import fingerprint
from erp_sandbox.world import World, build_world

LOOPBACK = "127.0.0.1"
SYSTEMS = ("procurify", "ifs")
KEEP_ALIVE_S = 120
SHUTDOWN_MAX_S = 3
BACKLOG = 2048
READ_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What a sandbox is made of. ``latency_ms`` delays every answer.

    ``snapshots`` is the folder in which its state outlives it, ``tenant`` a tenant file.
    """

    seed: int
    scale: int
    latency_ms: int = 0
    profile: str = DEFAULT_PROFILE
    snapshots: Path | None = None
    tenant: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system to be served; ``save`` keeps its state where that is wanted."""

    app: ASGIApp
    save: Callable[[], None]


def build_system(name: str, options: ServeOptions) -> System:
    """The system of that name with its control side, capture and faults in front.

    Raises:
        ValueError: there is no such system.
        SnapshotError: what was saved is of another tenant.
    """
    if name not in SYSTEMS:
        raise ValueError(f"no system {name!r}")
    world = build_world(options.seed, options.scale)
    clock = SimulatedClock()
    chosen = Character(name, find_profile(options.profile))
    make = _procurify if name == "procurify" else _ifs
    parts = make(world, clock, chosen)
    log, script = RequestsLog(clock.now), FaultScript()

    def load_faults() -> None:
        script.load(chosen.profile.faults_of(name), seed=chosen.profile.seed)

    async def change_profile(request: Request) -> JsonValue:
        chosen.profile = find_profile(str((await read_object(request)).get("name", "")))
        parts.reset_knobs()
        load_faults()
        return {}

    def save() -> None:
        if snapshot is not None:
            snapshot.save({**parts.state(), "ahead": clock.ahead})

    async def save_now(request: Request) -> JsonValue:
        del request
        if snapshot is None:
            raise ControlError("served without --snapshots: there is no folder to save in")
        save()
        return {}

    snapshot = _snapshot(name, options)
    kept = snapshot.load() if snapshot else None
    if kept is not None:
        parts.take(kept)
        clock.advance(int(kept["ahead"].total_seconds()))
    load_faults()
    faulty = FaultGate(
        parts.app,
        script=script,
        latency_ms=options.latency_ms,
        edit=partial(_order, parts, name, "edit"),
        revoke=partial(_order, parts, name, "drop_tokens", {}),
        now=clock.now,
    )
    skew = Skew()
    gate = ControlGate(
        CaptureGate(faulty, log=log),
        system=name,
        log=log,
        script=script,
        clock=clock,
        reset=parts.reset,
        handlers={
            **parts.handlers,
            ("POST", "skew"): skew.turn,
            ("POST", "profile"): change_profile,
            ("POST", "snapshot"): save_now,
        },
        first_faults=load_faults,
    )
    return System(app=DateGate(gate, clock, skew), save=save)


def _snapshot(name: str, options: ServeOptions) -> Snapshot | None:
    if options.snapshots is None:
        return None
    path = options.snapshots / f"{name}.snapshot"
    tenant = fingerprint() if options.tenant else ""
    return Snapshot(path=path, seed=options.seed, scale=options.scale, tenant=tenant)


@dataclass(slots=True)
class Skew:
    """How far the clock that dates the answers is off. Units: seconds."""

    seconds: int = 0

    async def turn(self, request: Request) -> JsonValue:
        """Put it wrong by ``{"seconds": 600}``."""
        self.seconds = int((await read_object(request)).get("seconds", 0))
        return {}


async def _order(parts: Parts, name: str, what: str, order: Mapping[str, Any]) -> None:
    """Do what ``POST /_control/<what>`` would, as an edit by another hand.

    Raises:
        ValueError: the system refused it.
    """
    body = encode(dict(order)).encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{CONTROL_PREFIX}{what}",
        "raw_path": f"{CONTROL_PREFIX}{what}".encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    statuses = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 200))

    handler = parts.handlers.get(("POST", what))
    if handler is not None:
        await handler(Request(scope, receive))
        return
    await parts.app(scope, receive, send)
    if statuses[0] != HTTPStatus.OK:
        raise ValueError(f"{name} refused the {what} {body.decode()}")


class DateGate:
    """Tells the simulated time in every answer, as the clock that stamps the records has it."""

    def __init__(self, app: ASGIApp, clock: SimulatedClock, skew: Skew) -> None:
        self._app = app
        self._clock = clock
        self._skew = skew
        self._told: tuple[int, bytes] = (0, b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and date its answer."""

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"date", self._date())]}
            await send(message)

        await self._app(scope, receive, send_dated)

    def _date(self) -> bytes:
        """The date of this second; it is written once."""
        moment = self._clock.now() + timedelta(seconds=self._skew.seconds)
        second = int(moment.timestamp())
        if self._told[0] != second:
            self._told = (second, format_datetime(moment, usegmt=True).encode())
        return self._told[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A system without what is put in front of it."""

    app: ASGIApp
    reset: Callable[[], None]
    reset_knobs: Callable[[], None]
    handlers: Mapping[tuple[str, str], Handler]
    state: Callable[[], State]
    take: Callable[[State], None]


@dataclass(slots=True)
class Character:
    """The profile that a system has at the moment."""

    system: str
    profile: Profile

    @property
    def knobs(self) -> dict[str, JsonValue]:
        """What differs from the defaults."""
        return dict(self.profile.knobs_of(self.system))


def _procurify(world: World, clock: SimulatedClock, chosen: Character) -> Parts:
    state = procurify.ProcurifyState(world, clock=clock)

    def reset_knobs() -> None:
        state.turn_knobs(change_knobs(ProcurifyKnobs(), {**chosen.knobs}))

    reset_knobs()

    async def show_truth(request: Request) -> JsonValue:
        return truth(state, request.query_params)

    async def carry_out(request: Request) -> JsonValue:
        return edit(state, await read_object(request))

    async def turn_knobs(request: Request) -> JsonValue:
        state.turn_knobs(change_knobs(state.knobs, await read_object(request)))
        return {}

    async def drop_tokens(request: Request) -> JsonValue:
        del request
        state.tokens.clear()
        return {}

    async def live_on(request: Request) -> JsonValue:
        moves = live(state, int((await read_object(request)).get("days", 1)))
        return {"now": clock.now().isoformat(), "moves": moves}

    async def show_count(request: Request) -> JsonValue:
        del request
        return count(state)

    return Parts(
        app=procurify.create_app(state),
        reset=state.reset,
        reset_knobs=reset_knobs,
        handlers={
            ("GET", "truth"): show_truth,
            ("POST", "edit"): carry_out,
            ("POST", "knobs"): turn_knobs,
            ("POST", "drop_tokens"): drop_tokens,
            ("POST", "live"): live_on,
            ("GET", "count"): show_count,
        },
        state=state.kept,
        take=state.take,
    )


class Replaceable:
    """An application that can be made anew while it is served."""

    def __init__(self, make: Callable[[], Starlette]) -> None:
        self._make = make
        self.app = make()

    def renew(self) -> None:
        """Start again from the beginning."""
        self.app = self._make()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self.app(scope, receive, send)


def _ifs(world: World, clock: SimulatedClock, chosen: Character) -> Parts:
    # What the tenant buys is no business of the books before a run brings it there.
    books_only = replace(world, vendors=(), purchase_orders=(), bills=())
    knobs = ifs.Knobs()

    def reset_knobs() -> None:
        defaults = ifs.Knobs()
        ifs.turn(knobs, {one.name: getattr(defaults, one.name) for one in fields(defaults)})
        ifs.turn(knobs, chosen.knobs)

    def make() -> Starlette:
        reset_knobs()
        return ifs.create_app(books_only, knobs, now=clock.now)

    app = Replaceable(make)

    def kept() -> State:
        found: State = app.app.state.site.state()
        return found

    def take(kept: State) -> None:
        app.app.state.site.take(kept)

    return Parts(
        app=app,
        reset=app.renew,
        reset_knobs=reset_knobs,
        handlers={},
        state=kept,
        take=take,
    )


def listen(port: int) -> socket.socket:
    """A socket that listens on that port of the loopback interface, 0 for a free one.

    Raises:
        OSError: the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it; without it small answers wait for the other side's ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(BACKLOG)
    return listener


def serve(name: str, options: ServeOptions, listener: socket.socket) -> None:
    """Serve until told to stop, or until standard input ends: then the parent is gone."""
    system = build_system(name, options)
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        system.app,
        loop="uvloop",
        http=BreakableProtocol,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_MAX_S,
    )
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        # The server raises once more what has stopped it; there is still something to save.
        signal.signal(number, lambda *_: None)
    threading.Thread(target=_stop_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[listener])
    system.save()


def _stop_with_parent(server: uvicorn.Server) -> None:
    """Wait for the end of standard input; unbuffered, for a lock would outlive the interpreter."""
    while os.read(sys.stdin.fileno(), READ_AT_ONCE):
        pass
    server.should_exit = True
