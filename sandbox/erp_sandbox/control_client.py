"""A client of the control side, for tests and the command."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from erp_sandbox.exact_json import JsonValue, encode

TIMEOUT_S = 120


class ControlRefusedError(Exception):
    """The control side refused; the text is its reason."""


class NoControlError(OSError):
    """What answers at the address is no control side of a sandbox, or nothing can."""


class SystemControl:
    """The control side of one system. Numbers come as Decimal or int."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def ask(self, name: str, **query: str | int) -> Any:  # noqa: ANN401 (JSON of any shape)
        """What ``GET`` of that name answers.

        Raises:
            ControlRefusedError: the question made no sense.
        """
        suffix = f"?{urlencode(query)}" if query else ""
        return self._send(f"{name}{suffix}", None)

    def tell(self, name: str, body: Mapping[str, JsonValue] | None = None) -> Any:  # noqa: ANN401
        """What ``POST`` of that name answers.

        Raises:
            ControlRefusedError: the order made no sense.
        """
        return self._send(name, encode(dict(body or {})).encode())

    def _send(self, name: str, body: bytes | None) -> Any:  # noqa: ANN401
        """The answer, read; a body makes it a POST.

        Raises:
            ControlRefusedError: it refused.
            NoControlError: the address is none, or what answers there is something else.
        """
        if not self.url.startswith("http"):
            raise NoControlError(f"{self.url!r} is no address; it begins with http://")
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.url}/_control/{name}", data=body, headers=headers)  # noqa: S310 (loopback)
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 (loopback)
                return json.loads(answer.read(), parse_float=Decimal)
        except HTTPError as refused:
            with refused:
                if refused.code == HTTPStatus.NOT_FOUND:
                    told = f"{self.url} knows no {name.partition('?')[0]!r}: the other system?"
                    raise NoControlError(told) from refused
                raise ControlRefusedError(refused.read().decode()) from refused
        except (ValueError, HTTPException) as fault:
            raise NoControlError(f"{self.url} is no sandbox: {fault}") from fault

    def check_is(self, system: str) -> None:
        """Make sure that this system answers, before anything is changed.

        Raises:
            NoControlError: nothing answers, or the other system does.
        """
        if (found := self.ask("ready")["system"]) != system:
            raise NoControlError(f"{self.url} is {found}, not {system}: the other system?")

    def requests(self, *, since: int = 0, method: str = "") -> list[dict[str, Any]]:
        """The requests that came in after number ``since``, of one method or of any."""
        rows: list[dict[str, Any]] = self.ask("requests", since=since, method=method)["requests"]
        return rows

    def script_faults(self, rules: Sequence[Mapping[str, JsonValue]], *, seed: int = 0) -> None:
        """Use these fault rules from now on; none ends all faults."""
        self.tell("faults", {"rules": [dict(rule) for rule in rules], "seed": seed})

    def faults(self) -> list[dict[str, Any]]:
        """The fault rules in force, with how often each matched and acted."""
        rules: list[dict[str, Any]] = self.ask("faults")["rules"]
        return rules

    def count(self) -> dict[str, Any]:
        """How many records there are, by kind and state."""
        found: dict[str, Any] = self.ask("count")
        return found

    def advance(self, seconds: int) -> None:
        """Move the clock ahead."""
        self.tell("advance", {"seconds": seconds})

    def reset(self) -> None:
        """Start again from the seed: records, captured requests and faults."""
        self.tell("reset")

    def turn_knobs(self, **knobs: JsonValue) -> None:
        """Change how the system behaves."""
        self.tell("knobs", knobs)

    def take_profile(self, name: str) -> None:
        """Take the knobs and faults of a named profile; the records stay."""
        self.tell("profile", {"name": name})


class ProcurifyControl(SystemControl):
    """The control side of the stand-in for Procurify."""

    def truth(self, *kinds: str) -> dict[str, Any]:
        """Its vendors, purchase orders and bills; all, or the kinds that are named."""
        query = {"kinds": ",".join(kinds)} if kinds else {}
        found: dict[str, Any] = self.ask("truth", **query)
        return found

    def edit(self, operation: str, **arguments: JsonValue) -> dict[str, Any]:
        """Carry out an edit, ``add_bill`` for one."""
        done: dict[str, Any] = self.tell("edit", {"operation": operation, **arguments})
        return done

    def live(self, days: int = 1) -> dict[str, int]:
        """Let days pass with what people do on them: bills and orders move on."""
        moves: dict[str, int] = self.tell("live", {"days": days})["moves"]
        return moves


class IfsControl(SystemControl):
    """The control side of the stand-in for IFS Cloud."""

    def books(self) -> dict[str, Any]:
        """What stands in its books."""
        found: dict[str, Any] = self.ask("books")
        return found

    def edit(self, set_: str, *key: str, **values: JsonValue) -> None:
        """Another hand changes a row, past every rule."""
        self.tell("edit", {"set": set_, "key": list(key), "values": values})

    def insert(self, set_: str, **row: JsonValue) -> None:
        """Another hand puts a row into a set, past every rule."""
        self.tell("edit", {"set": set_, "insert": row})

    def remove(self, set_: str, *key: str) -> None:
        """Another hand removes a row, past every rule."""
        self.tell("edit", {"set": set_, "key": list(key), "remove": True})

    def broken_invariants(self) -> dict[str, list[str]]:
        """What breaks the rules of its books, per rule that is broken; empty when all hold."""
        told: dict[str, list[str]] = self.ask("invariants")
        return {name: faults for name, faults in told.items() if faults}

    def trial_balance(self) -> list[dict[str, Any]]:
        """Debit, credit and balance per company, period and code string."""
        rows: list[dict[str, Any]] = self.ask("trial_balance")
        return rows
