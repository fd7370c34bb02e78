"""Faults on demand, captured requests and the control side, without a socket."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from erp_sandbox.clock import SimulatedClock
from erp_sandbox.control import ControlGate
from erp_sandbox.faults import FaultGate, FaultScript, read_rules
from erp_sandbox.requests_log import CaptureGate, RequestsLog
from tests.contract.procurify.caller import Caller

NOW = datetime(2026, 10, 1, tzinfo=timezone.utc)


class Bench:
    """A counter behind the gates: each request that is carried out counts one."""

    def __init__(self, latency_ms: int = 0) -> None:
        self.done = 0
        self.slept: list[float] = []
        self.clock = SimulatedClock(lambda: NOW)
        self.log = RequestsLog(self.clock.now)
        self.script = FaultScript()
        inner = Starlette(
            routes=[
                Route("/count", self._count, methods=["GET", "POST"]),
                Route("/oauth/token", self._count, methods=["POST"]),
                Route("/_control/books", self._count),
            ]
        )

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        faulty = FaultGate(inner, script=self.script, latency_ms=latency_ms, sleep=sleep)
        gate = ControlGate(
            CaptureGate(faulty, log=self.log),
            system="ifs",
            log=self.log,
            script=self.script,
            clock=self.clock,
            reset=self._reset,
            handlers={},
        )
        self.caller = Caller(gate)

    async def _count(self, request: Request) -> Response:
        await request.body()
        self.done += 1
        return JSONResponse({"done": self.done})

    def _reset(self) -> None:
        self.done = 0

    def use(self, *rules: dict[str, Any], seed: int = 0) -> None:
        """Script faults through the control side."""
        reply = self.caller.send("POST", "/_control/faults", {"rules": list(rules), "seed": seed})
        assert reply.status == 200, reply.body


def test_fault_hits_the_request_it_is_scripted_for() -> None:
    """The second and third matching request, and no other."""
    bench = Bench()
    bench.use({"action": "status_before", "status": 502, "path": "/c.*", "first": 2, "times": 2})
    assert [bench.caller.get("/count").status for _ in range(4)] == [200, 502, 502, 200]
    assert bench.done == 2


def test_fault_is_limited_to_its_method_and_path() -> None:
    """Expressions match the whole."""
    bench = Bench()
    bench.use({"action": "status_before", "method": "POST", "path": "/coun", "times": 0})
    assert bench.caller.send("POST", "/count", {"a": 1}).status == 200
    bench.use({"action": "status_before", "method": "POST", "path": "/count", "times": 0})
    assert bench.caller.get("/count").status == 200
    assert bench.caller.send("POST", "/count", {"a": 1}).status == 503


def test_fault_answers_with_its_headers_and_body() -> None:
    """A throttle with Retry-After, a gateway page."""
    bench = Bench()
    bench.use(
        {
            "action": "status_before",
            "status": 429,
            "headers": {"Retry-After": "7", "Content-Type": "application/json"},
            "body": '{"detail": "slow down"}',
        }
    )
    reply = bench.caller.get("/count")
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
    assert reply.json == {"detail": "slow down"}
    assert reply.headers["content-type"] == "application/json"


def test_status_after_is_answered_though_the_request_was_carried_out() -> None:
    """The caller is told 504, the work is done."""
    bench = Bench()
    bench.use({"action": "status_after", "status": 504})
    assert (bench.caller.get("/count").status, bench.done) == (504, 1)


@pytest.mark.parametrize(("action", "done"), [("reset_before", 0), ("reset_after", 1)])
def test_reset_breaks_the_connection_before_or_after_the_work(action: str, done: int) -> None:
    """The caller sees the same both times."""
    bench = Bench()
    bench.use({"action": action})
    with pytest.raises(ConnectionResetError):
        bench.caller.get("/count")
    assert bench.done == done
    row = bench.log.rows(since=0, method="", limit=9)[0]
    assert (row["status"], row["fault"]) == (None, action)


def test_latency_is_added_up() -> None:
    """That of the server and that of the rule, in seconds of the clock that is given."""
    bench = Bench(latency_ms=50)
    bench.use({"action": "latency", "latency_ms": 200})
    assert bench.caller.get("/count").status == bench.caller.get("/count").status == 200
    assert bench.slept == [0.25, 0.05]


def test_a_delay_may_have_a_long_tail() -> None:
    """Drawn around a mean above the smallest, cut at the largest; the same for the same seed."""

    def delays() -> list[float]:
        bench = Bench()
        rule = {"action": "latency", "times": 0, "latency_ms": 20, "latency_mean_ms": 100}
        bench.use({**rule, "latency_max_ms": 400}, seed=1)
        for _ in range(200):
            bench.caller.get("/count")
        return bench.slept

    found = delays()
    assert found == delays()
    assert min(found) >= 0.02
    assert max(found) == 0.4
    assert 0.08 < sum(found) / len(found) < 0.14


def test_drawn_faults_are_the_same_for_the_same_seed() -> None:
    """A storm can be repeated."""

    def storm(seed: int) -> list[int]:
        bench = Bench()
        bench.use({"action": "status_before", "times": 0, "percent": 50}, seed=seed)
        return [bench.caller.get("/count").status for _ in range(40)]

    assert storm(1) == storm(1) != storm(2)
    assert set(storm(1)) == {200, 503}


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "explode"},
        {},
        {"action": "latency", "pth": "/"},
        {"action": "latency", "path": "("},
        {"action": "latency", "times": "2"},
        {"action": "status_before", "headers": "Retry-After: 1"},
    ],
)
def test_broken_rule_is_refused(rule: dict[str, Any]) -> None:
    """A typing error in a test must not pass for a fault."""
    bench = Bench()
    reply = bench.caller.send("POST", "/_control/faults", {"rules": [rule]})
    assert (reply.status, list(reply.json)) == (400, ["error"])
    with pytest.raises(ValueError, match=r"."):
        read_rules([rule])


def test_control_tells_how_often_a_rule_has_acted() -> None:
    """A test can prove that its fault has happened."""
    bench = Bench()
    bench.use({"action": "status_before", "first": 3, "times": 5})
    for _ in range(4):
        bench.caller.get("/count")
    rule = bench.caller.get("/_control/faults").json["rules"][0]
    assert (rule["matched"], rule["acted"]) == (4, 2)


def test_requests_are_captured_without_credentials() -> None:
    """Method, path, query, body and its hash; no Authorization header, no body of a login."""
    bench = Bench()
    bench.caller.headers = {"authorization": "Bearer secret-token", "if-match": "*"}
    bench.caller.send("POST", "/count?a=1", {"amount": "12.50"})
    bench.caller.send("POST", "/oauth/token", {"client_secret": "hush"})
    text = bench.caller.get("/_control/requests").body.decode()
    assert "secret-token" not in text
    assert "hush" not in text
    first, second = bench.caller.get("/_control/requests").json["requests"]
    assert (first["method"], first["path"], first["query"]) == ("POST", "/count", "a=1")
    assert (first["body"], first["status"]) == ('{"amount": "12.50"}', 200)
    assert first["headers"] == {"content-type": "application/json", "if-match": "*"}
    assert len(first["body_sha256"]) == 64
    assert (second["body"], second["body_sha256"]) == ("", "")


def test_captured_requests_can_be_narrowed() -> None:
    """By number and by method; control requests are not among them."""
    bench = Bench()
    for _ in range(3):
        bench.caller.get("/count")
    bench.caller.send("POST", "/count", {"a": 1})
    found = bench.caller.get("/_control/requests?since=2").json
    assert (found["count"], [row["number"] for row in found["requests"]]) == (4, [3, 4])
    found = bench.caller.get("/_control/requests?method=POST").json["requests"]
    assert [row["number"] for row in found] == [4]


def test_control_names_may_stand_behind_the_system() -> None:
    """``/_control/ifs/books`` is ``/_control/books``, which the system answers itself."""
    bench = Bench()
    assert bench.caller.get("/_control/books").status == 200
    assert bench.caller.get("/_control/ifs/books").json == {"done": 2}
    assert bench.caller.get("/_control/ifs/ready").json["system"] == "ifs"
    assert bench.caller.get("/_control/nothing").status == 404


def test_clock_moves_ahead_only() -> None:
    """Seconds from now."""
    bench = Bench()
    reply = bench.caller.send("POST", "/_control/advance", {"seconds": 90})
    assert reply.json == {"now": "2026-10-01T00:01:30+00:00"}
    assert bench.caller.send("POST", "/_control/advance", {"seconds": -1}).status == 400
    assert bench.clock.now() == datetime(2026, 10, 1, 0, 1, 30, tzinfo=timezone.utc)


def test_reset_forgets_work_requests_and_faults() -> None:
    """A new beginning."""
    bench = Bench()
    bench.use({"action": "status_before", "first": 2, "times": 0})
    bench.caller.get("/count")
    bench.caller.send("POST", "/_control/reset")
    assert [bench.caller.get("/count").json["done"] for _ in range(2)] == [1, 2]
    assert bench.caller.get("/_control/requests").json["count"] == 2


def test_faults_never_touch_the_control_side() -> None:
    """A storm can always be ended."""
    bench = Bench()
    bench.use({"action": "status_before", "times": 0})
    assert bench.caller.get("/_control/ready").status == 200
