"""Faults on demand, in front of either system: scripted by request, or drawn from a seed.

A script is a list of rules. A rule names the requests it is about, from which of them on it acts
and how many times. The first rule that acts decides what the caller sees.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from random import Random
from typing import Any, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL_PREFIX = "/_control/"
TRANSPORT_KEY = "erp_sandbox.transport"
FIRED_KEY = "erp_sandbox.fault"
RULES_MAX = 1000
PERCENT = 100
# What a rule can do. The word after the underscore says whether the request was carried out before.
ACTIONS = (
    "status_before",  # answered here, nothing done
    "status_after",  # done, but answered with the status of the rule
    "reset_before",  # connection reset, nothing done
    "reset_after",  # done, then connection reset: the answer is lost
    "truncate",  # done, the answer breaks off in the middle of its body
    "latency",  # done, after a delay
    "drip",  # done, and the answer comes in pieces with the delay between them
    "twice",  # done twice, as when a network delivers a request again; the second answer counts
    "revoke",  # every token is worthless from this request on
    "edit",  # done after another hand has carried out the rule's edit: a rival, a row that moves
)
PIECES = 4
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
Edit: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One fault.

    ``method`` and ``path`` are regular expressions that match the whole. ``first`` counts matching
    requests from 1, ``times`` is how many of them act (0: all), ``percent`` how many of a hundred,
    drawn from the seed. ``latency_ms`` is a delay in milliseconds, added to any action; with
    ``latency_max_ms`` it is drawn between the two, with ``latency_mean_ms`` from a distribution of
    that mean above it which has a long tail, cut at the largest. A header
    ``Retry-After: date:+5`` becomes the HTTP date in five seconds. ``edit`` is what the system's
    ``POST edit`` takes.
    """

    action: str
    method: str = ".*"
    path: str = ".*"
    first: int = 1
    times: int = 1
    percent: int = PERCENT
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    latency_ms: int = 0
    latency_max_ms: int = 0
    latency_mean_ms: int = 0
    edit: Mapping[str, Any] = field(default_factory=dict)


def read_rules(raw: Sequence[Mapping[str, Any]]) -> tuple[FaultRule, ...]:
    """The rules of a script.

    Raises:
        ValueError: too many rules, an unknown member or action, a broken expression, or a value of
            another type.
    """
    if len(raw) > RULES_MAX:
        raise ValueError(f"at most {RULES_MAX} rules, not {len(raw)}")
    known = {one.name for one in fields(FaultRule)}
    for rule in raw:
        if unknown := set(rule) - known:
            raise ValueError(f"no such member of a rule: {', '.join(sorted(unknown))}")
        if rule.get("action") not in ACTIONS:
            raise ValueError(f"action must be one of {', '.join(ACTIONS)}")
        for name in ("method", "path"):
            _check_expression(str(rule.get(name, ".*")))
        _check_kinds(rule)
    return tuple(FaultRule(**rule) for rule in raw)


def _check_kinds(rule: Mapping[str, Any]) -> None:
    """A member of another type would break every later request instead of one."""
    proper = FaultRule(action=rule["action"])
    for name, value in rule.items():
        kind = type(getattr(proper, name))
        is_proper = isinstance(value, kind) and not isinstance(value, bool)
        if not is_proper:
            raise ValueError(f"{name} of a rule takes {kind.__name__}, not {value!r}")


def _check_expression(text: str) -> None:
    try:
        re.compile(text)
    except re.error as fault:
        raise ValueError(f"not a regular expression: {text!r}: {fault}") from fault


class FaultScript:
    """The rules in force and how often each has matched and acted."""

    def __init__(self, rules: Sequence[FaultRule] = (), *, seed: int = 0) -> None:
        self.load(rules, seed=seed)

    def load(self, rules: Sequence[FaultRule], *, seed: int = 0) -> None:
        """Use these rules from now on, all counts at zero."""
        self.rules = tuple(rules)
        self.matched = [0] * len(rules)
        self.acted = [0] * len(rules)
        self._random = Random(seed)  # noqa: S311 (repeatable faults, no secret)

    def pick(self, method: str, path: str) -> FaultRule | None:
        """The rule that acts on this request, counted."""
        chosen = None
        for position, rule in enumerate(self.rules):
            if not re.fullmatch(rule.method, method) or not re.fullmatch(rule.path, path):
                continue
            self.matched[position] += 1
            if chosen is None and self._acts(rule, position):
                self.acted[position] += 1
                chosen = rule
        return chosen

    def wait_ms(self, rule: FaultRule) -> int:
        """How long this request is delayed."""
        if rule.latency_mean_ms:
            drawn = rule.latency_ms + int(self._random.expovariate(1 / rule.latency_mean_ms))
            return min(drawn, rule.latency_max_ms or drawn)
        spread = max(rule.latency_max_ms - rule.latency_ms, 0)
        return rule.latency_ms + (self._random.randrange(spread + 1) if spread else 0)

    def _acts(self, rule: FaultRule, position: int) -> bool:
        is_due = self.matched[position] >= rule.first
        is_spent = rule.times and self.acted[position] >= rule.times
        is_drawn = rule.percent >= PERCENT or self._random.randrange(PERCENT) < rule.percent
        return bool(is_due and not is_spent and is_drawn)


class FaultGate:
    """ASGI middleware that carries the script out. ``latency_ms`` delays every request."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        script: FaultScript,
        latency_ms: int = 0,
        sleep: Sleep = asyncio.sleep,
        edit: Edit | None = None,
        revoke: Callable[[], Awaitable[None]] | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._edit = edit
        self._revoke = revoke
        self._now = now
        self._app = app
        self._script = script
        self._latency_ms = latency_ms
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, with or without a fault."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        rule = self._script.pick(scope["method"], scope["path"])
        rule_ms = self._script.wait_ms(rule) if rule else 0
        is_drip = rule is not None and rule.action == "drip"
        wait_ms = self._latency_ms + (0 if is_drip else rule_ms)
        if wait_ms:
            await self._sleep(wait_ms / 1000)
        if rule is None or rule.action == "latency":
            await self._app(scope, receive, send)
            return
        scope[FIRED_KEY] = rule.action
        if rule.action in {"edit", "revoke"}:
            await self._by_another_hand(rule)
            await self._app(scope, receive, send)
        elif rule.action == "twice":
            await self._twice(scope, receive, send)
        elif is_drip:
            await self._drip(rule_ms, scope, receive, send)
        else:
            await self._act(rule, scope, receive, send)

    async def _by_another_hand(self, rule: FaultRule) -> None:
        if rule.action == "edit" and self._edit is not None:
            await self._edit(rule.edit)
        if rule.action == "revoke" and self._revoke is not None:
            await self._revoke()

    async def _twice(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        await self._app(dict(scope), _replay(messages), _swallow)
        await self._app(scope, _replay(messages), send)

    async def _drip(self, wait_ms: int, scope: Scope, receive: Receive, send: Send) -> None:
        async def slowly(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or not body:
                await send(message)
                return
            size = -(-len(body) // PIECES)
            for start in range(0, len(body), size):
                await self._sleep(wait_ms / 1000)
                more = start + size < len(body) or bool(message.get("more_body"))
                piece = body[start : start + size]
                await send({"type": message["type"], "body": piece, "more_body": more})

        await self._app(scope, receive, slowly)

    async def _act(self, rule: FaultRule, scope: Scope, receive: Receive, send: Send) -> None:
        if rule.action.endswith("_after"):
            await self._app(scope, receive, _swallow)
        if rule.action.startswith("status"):
            if rule.action == "status_before":
                await _drain(receive)
            await _answer(rule, send, self._now())
        elif rule.action == "truncate":
            await self._truncate(scope, receive, send)
        else:
            reset_connection(scope)
            await _until_gone(receive)

    async def _truncate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The headers promise the whole body; half of it comes, then the connection breaks."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        start, bodies = messages[0], messages[1:]
        whole = b"".join(message.get("body", b"") for message in bodies)
        await send({**start, "headers": _with_length(start["headers"], len(whole))})
        half = {"type": "http.response.body", "body": whole[: len(whole) // 2], "more_body": True}
        await send(half)
        close_connection(scope)
        await _until_gone(receive)


def _with_length(headers: Sequence[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    others = [pair for pair in headers if pair[0].lower() != b"content-length"]
    return [*others, (b"content-length", str(length).encode())]


async def _swallow(message: Message) -> None:
    del message


DRAIN_MAX = 10_000


async def _drain(receive: Receive) -> None:
    """Read what is left of the body, so that the connection can be used again."""
    for _ in range(DRAIN_MAX):
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


async def _until_gone(receive: Receive) -> None:
    """Wait until the server has noticed that the connection is gone."""
    for _ in range(DRAIN_MAX):
        if (await receive())["type"] == "http.disconnect":
            return


def _replay(messages: Sequence[Message]) -> Receive:
    """What was received, once more."""
    left = list(messages)

    async def receive() -> Message:
        return left.pop(0) if left else {"type": "http.disconnect"}

    return receive


async def _answer(rule: FaultRule, send: Send, now: datetime) -> None:
    body = rule.body.encode()
    given = {name.lower(): _header(value, now) for name, value in rule.headers.items()}
    headers = {"content-type": "text/html", **given, "content-length": str(len(body))}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": rule.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def _header(value: str, now: datetime) -> str:
    """The value, or the HTTP date that ``date:+5`` means."""
    if not value.startswith("date:"):
        return value
    return format_datetime(now + timedelta(seconds=int(value[5:])), usegmt=True)


def reset_connection(scope: Scope) -> None:
    """Break the connection without a word.

    Raises:
        ConnectionResetError: there is no connection to break, as under an in-process test client.
    """
    transport = scope.get(TRANSPORT_KEY)
    if transport is None:
        raise ConnectionResetError("the sandbox was told to reset this connection")
    _forget_politeness(transport)
    transport.abort()


def _forget_politeness(transport: asyncio.Transport) -> None:
    """Make closing the socket send a reset, and not the end of a complete answer."""
    handle = os.dup(transport.get_extra_info("socket").fileno())
    with socket.socket(fileno=handle) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_connection(scope: Scope) -> None:
    """End the connection after what was sent so far.

    Raises:
        ConnectionResetError: there is no connection to close.
    """
    transport = scope.get(TRANSPORT_KEY)
    if transport is None:
        raise ConnectionResetError("the sandbox was told to break off this answer")
    transport.close()
