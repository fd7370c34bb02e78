"""Who is let in by the stand-in for IFS Cloud, and what its token endpoint answers."""

from __future__ import annotations

import pytest
import requests

from tests.contract.ifs.site import INVOICES, Caller

PAIR = ("SANDBOX_IFS", "sandbox-ifs-secret")
SCOPE = "openid microprofile-jwt"
FORM = {"grant_type": "client_credentials"}
WITH_PAIR = {**FORM, "client_id": PAIR[0], "client_secret": PAIR[1]}


def ask(
    caller: Caller,
    form: dict[str, str],
    auth: tuple[str, str] | None = None,
    realm: str = "sandbox",
) -> requests.Response:
    """A token request of that form."""
    place = f"{caller.url}/auth/realms/{realm}/protocol/openid-connect/token"
    return requests.post(place, data=form, auth=auth, timeout=10)


def test_a_token_answer_has_the_documented_members(caller: Caller) -> None:
    """All nine of them; the life is that of the sample."""
    told = ask(caller, {**WITH_PAIR, "scope": SCOPE}).json()
    assert set(told) == {
        "access_token",
        "expires_in",
        "refresh_expires_in",
        "refresh_token",
        "token_type",
        "id_token",
        "not-before-policy",
        "session_state",
        "scope",
    }
    assert (told["expires_in"], told["refresh_expires_in"]) == (180, 1800)
    assert (told["token_type"], told["scope"]) == ("Bearer", SCOPE)


@pytest.mark.parametrize(
    ("style", "by_form", "by_header"),
    [("either", 200, 200), ("form_fields", 200, 401), ("http_basic", 401, 200)],
)
def test_a_site_takes_the_client_pair_where_it_looks_for_it(
    caller: Caller, style: str, by_form: int, by_header: int
) -> None:
    """As form fields (documented), as HTTP Basic (seen in code), or both."""
    caller.control.turn_knobs(client_auth=style)
    assert ask(caller, WITH_PAIR).status_code == by_form
    assert ask(caller, FORM, PAIR).status_code == by_header
    assert ask(caller, FORM, ("SANDBOX_IFS", "wrong")).status_code == 401


def test_a_scope_may_be_needed(caller: Caller) -> None:
    """Several clients leave it out; a site may insist on the documented one."""
    assert ask(caller, WITH_PAIR).status_code == 200
    caller.control.turn_knobs(scope_required=SCOPE)
    told = ask(caller, WITH_PAIR)
    assert (told.status_code, told.json()["error"]) == (400, "invalid_scope")
    assert ask(caller, {**WITH_PAIR, "scope": SCOPE}).status_code == 200


def test_a_broken_login_is_refused(caller: Caller) -> None:
    """Another grant, another realm, a header that cannot be read."""
    assert ask(caller, {**WITH_PAIR, "grant_type": "password"}).status_code == 400
    assert ask(caller, WITH_PAIR, realm="other").status_code == 404
    place = f"{caller.url}/auth/realms/sandbox/protocol/openid-connect/token"
    headers = {"Authorization": "Basic %%%"}
    assert requests.post(place, data=FORM, headers=headers, timeout=10).status_code == 401


def test_the_realm_describes_itself(caller: Caller) -> None:
    """The token endpoint that it names gives tokens."""
    root = f"{caller.url}/auth/realms/sandbox"
    told = requests.get(f"{root}/.well-known/openid-configuration", timeout=10).json()
    assert told["issuer"] == root
    assert requests.post(told["token_endpoint"], data=WITH_PAIR, timeout=10).status_code == 200
    elsewhere = f"{caller.url}/auth/realms/other/.well-known/openid-configuration"
    assert requests.get(elsewhere, timeout=10).status_code == 404


def test_who_has_no_token_is_sent_to_the_login_page_at_some_sites(caller: Caller) -> None:
    """A client that follows redirects would take that page for data."""
    caller.control.turn_knobs(unauthenticated="redirect")
    caller.token = "wrong"
    answer = caller.call("GET", INVOICES, "ManSuppInvoiceSet", allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/auth/realms/sandbox/protocol/openid-connect/auth")


def test_a_token_ends_with_the_simulated_clock(caller: Caller) -> None:
    """As its answer has said."""
    caller.control.turn_knobs(token_ttl_s=12)
    assert caller.log_in() == 12
    caller.control.advance(5)
    assert caller.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 200
    caller.control.advance(8)
    assert caller.call("GET", INVOICES, "ManSuppInvoiceSet").status_code == 401
