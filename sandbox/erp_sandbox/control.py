"""The control side of a system: what a test may ask and change behind the system's back.

It lives under ``/_control/`` on the system's own port, without a login, for loopback only:

``GET requests`` what came in (``since``, ``method``, ``limit``), ``GET ready`` who serves here,
``GET|POST faults`` the script of faults, ``POST advance`` move the clock, ``POST reset``
start again.

Whatever else a system offers there (truth, books, edit, knobs) it names itself; a name may be
written behind the system's own, as in ``/_control/procurify/truth``.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from erp_sandbox.clock import SimulatedClock
from erp_sandbox.exact_json import JsonValue, encode
from erp_sandbox.faults import CONTROL_PREFIX, FaultScript, read_rules
from erp_sandbox.requests_log import REQUESTS_MAX, RequestsLog

Handler = Callable[[Request], Awaitable[JsonValue]]


class ControlError(Exception):
    """What the control side was asked for makes no sense; the text says why."""


class ControlGate:
    """ASGI middleware that answers what is under ``/_control/`` and passes on the rest.

    ``handlers`` are the system's own, by method and name. A name that nobody here knows goes to
    the system itself.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        system: str,
        log: RequestsLog,
        script: FaultScript,
        clock: SimulatedClock,
        reset: Callable[[], None],
        handlers: Mapping[tuple[str, str], Handler],
        first_faults: Callable[[], None] | None = None,
    ) -> None:
        self._app = app
        self._system = system
        self._log = log
        self._script = script
        self._clock = clock
        self._reset_system = reset
        self._load_first_faults = first_faults or (lambda: script.load(()))
        self._handlers: Mapping[tuple[str, str], Handler] = {
            ("GET", "ready"): self._ready,
            ("GET", "requests"): self._requests,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._load_faults,
            ("POST", "advance"): self._advance,
            ("POST", "reset"): self._reset,
            **handlers,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a control request, or let the system answer."""
        if scope["type"] != "http" or not scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        name = scope["path"].removeprefix(CONTROL_PREFIX).removeprefix(f"{self._system}/")
        handler = self._handlers.get((scope["method"], name.rstrip("/")))
        if handler is None:
            path = CONTROL_PREFIX + name
            await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)
            return
        response = await _handle(handler, Request(scope, receive))
        await response(scope, receive, send)

    async def _ready(self, request: Request) -> JsonValue:
        del request
        return {"system": self._system, "now": self._clock.now().isoformat()}

    async def _requests(self, request: Request) -> JsonValue:
        query = request.query_params
        rows: Any = self._log.rows(
            since=int(query.get("since", "0")),
            method=query.get("method", ""),
            limit=int(query.get("limit", str(REQUESTS_MAX))),
        )
        return {"count": self._log.count, "requests": rows}

    async def _faults(self, request: Request) -> JsonValue:
        del request
        rules = [
            {**asdict(rule), "matched": matched, "acted": acted}
            for rule, matched, acted in zip(
                self._script.rules, self._script.matched, self._script.acted, strict=True
            )
        ]
        return {"rules": rules}

    async def _load_faults(self, request: Request) -> JsonValue:
        body = await read_object(request)
        rules = read_rules(body.get("rules", []))
        self._script.load(rules, seed=int(body.get("seed", 0)))
        return {"rules": len(rules)}

    async def _advance(self, request: Request) -> JsonValue:
        body = await read_object(request)
        self._clock.advance(int(body.get("seconds", 0)))
        return {"now": self._clock.now().isoformat()}

    async def _reset(self, request: Request) -> JsonValue:
        del request
        self._reset_system()
        self._log.clear()
        self._load_first_faults()
        return {}


async def _handle(handler: Handler, request: Request) -> Response:
    try:
        return _reply(await handler(request), 200)
    except (ControlError, ValueError, TypeError) as fault:
        return _reply({"error": str(fault)}, 400)


def _reply(value: JsonValue, status: int) -> Response:
    return Response(encode(value), status_code=status, media_type="application/json")


async def read_object(request: Request) -> dict[str, Any]:
    """The body of a control request; an empty one is an empty object.

    Raises:
        ControlError: it is no JSON object.
    """
    text = await request.body()
    if not text:
        return {}
    try:
        body = json.loads(text, parse_float=Decimal)
    except ValueError as fault:
        raise ControlError(f"not JSON: {fault}") from fault
    if not isinstance(body, dict):
        raise ControlError("expected a JSON object")
    return body
