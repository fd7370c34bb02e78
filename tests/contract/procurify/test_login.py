"""How a caller gets in, and what keeps it out."""

from __future__ import annotations

import pytest

from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.knobs import change_knobs
from tests.contract.procurify.caller import LOGIN, Caller

BILLS = "/api/v3/ap/bills/"


def test_token_answer_has_the_documented_members(anonymous: Caller) -> None:
    """Source: documented."""
    reply = anonymous.send("POST", "/oauth/token", LOGIN)
    assert reply.status == 200
    assert reply.json["token_type"] == "Bearer"
    assert reply.json["expires_in"] == 86400
    assert reply.json["scope"].startswith("urn:procurify-api:domain:harbour ")
    assert reply.json["access_token"].count(".") == 2


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"audience": "https://api.procurify.com"}, 401, "access_denied"),
        ({"audience": None}, 401, "access_denied"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_token_is_refused_to_a_wrong_request(
    anonymous: Caller, change: dict[str, object], status: int, error: str
) -> None:
    """Source: ``invalid_client`` seen in code; the audience check is documented, its answer not."""
    reply = anonymous.send("POST", "/oauth/token", {**LOGIN, **change})
    assert (reply.status, reply.json["error"]) == (status, error)


def test_token_request_must_be_json(anonymous: Caller, state: ProcurifyState) -> None:
    """Source: a form body is not documented; a knob lets it in."""
    form = "&".join(f"{name}={value}" for name, value in LOGIN.items()).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert anonymous.send("POST", "/oauth/token", form, headers=headers).status == 400
    state.turn_knobs(change_knobs(state.knobs, {"does_token_endpoint_take_forms": True}))
    assert anonymous.send("POST", "/oauth/token", form, headers=headers).status == 200


def test_call_without_a_token_is_refused(anonymous: Caller) -> None:
    """Source: status seen in code, body inferred."""
    reply = anonymous.get(BILLS)
    assert (reply.status, list(reply.json)) == (401, ["detail"])


def test_token_expires_with_the_simulated_clock(caller: Caller, state: ProcurifyState) -> None:
    """Source: 24 hours are documented."""
    state.clock.advance(86399)
    assert caller.get(BILLS).status == 200
    state.clock.advance(1)
    assert caller.get(BILLS).status == 401


def test_call_without_the_client_header_is_refused(caller: Caller, state: ProcurifyState) -> None:
    """Source: the header is documented, its absence unknown; a knob makes it optional."""
    del caller.headers["x-procurify-client"]
    assert caller.get(BILLS).status == 401
    state.turn_knobs(change_knobs(state.knobs, {"is_client_header_required": False}))
    assert caller.get(BILLS).status == 200


def test_get_without_slash_is_redirected_with_its_query(caller: Caller) -> None:
    """Source: trailing slashes documented, the redirect inferred."""
    reply = caller.get("/api/v3/ap/bills?page=2")
    assert (reply.status, reply.headers["location"]) == (301, "/api/v3/ap/bills/?page=2")


def test_write_without_slash_fails(caller: Caller) -> None:
    """Source: inferred."""
    assert caller.send("POST", "/api/v3/vendors", {"name": "A"}).status == 404


def test_unknown_address_answers_with_a_page(caller: Caller) -> None:
    """Source: seen in code."""
    for path in ("/api/v9/nothing/", "/api/v9/nothing", "/app/"):
        reply = caller.get(path)
        assert reply.status == 404
        assert reply.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", BILLS),
        ("DELETE", "/api/v2/ap/bills/847aae0ddda043e3be0b8a0203e4920b/"),
        ("DELETE", "/api/v3/vendors/2/"),
        ("PUT", "/api/v2/purchase_orders/52/"),
    ],
)
def test_writes_that_do_not_exist_are_not_allowed(caller: Caller, method: str, path: str) -> None:
    """Source: 405 on bills seen in code."""
    reply = caller.send(method, path, {"a": 1})
    assert (reply.status, list(reply.json)) == (405, ["detail"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/api/v3/ap/bills/847aae0ddda043e3be0b8a0203e4920b/"),
        ("POST", "/api/v3/ap/bills/mark-as-paid/"),
        ("POST", "/api/v3/purchase-orders/52/close/"),
    ],
)
def test_writes_beside_vendors_are_forbidden(caller: Caller, method: str, path: str) -> None:
    """The sandbox's user may write vendors only. Source: 403 follows the role, seen in code."""
    assert caller.send(method, path, {"a": 1}).status == 403
