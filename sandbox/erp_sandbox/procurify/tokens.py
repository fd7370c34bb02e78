"""The token endpoint and the check of the two headers that every call carries."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from erp_sandbox.procurify.answers import answer
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.tenant import API_USER_ID, DOMAIN, USER

CLIENT_ID = "sandbox-procurify"
CLIENT_SECRET = "sandbox-procurify-secret"  # noqa: S105 (made up; opens this sandbox only)
AUDIENCE = "https://api.procurify.com/"
GRANT = "client_credentials"
CLIENT_HEADER, CLIENT_NAME = "x-procurify-client", "api"
TOKENS_MAX = 10_000


async def issue_token(request: Request) -> Response:
    """A bearer token for the right client and audience.

    Source: JSON body, the four members, the answer and its 24 hours are documented; a wrong client
    is 401 ``invalid_client`` (seen in code); the other refusals are inferred.
    """
    state: ProcurifyState = request.app.state.procurify
    body = await _read_body(request, takes_form=state.knobs.does_token_endpoint_take_forms)
    if body is None:
        return answer({"error": "invalid_request"}, 400)
    if (body.get("client_id"), body.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        return answer({"error": "invalid_client"}, 401)
    if body.get("grant_type") != GRANT:
        return answer({"error": "unsupported_grant_type"}, 400)
    if body.get("audience") != AUDIENCE:
        return answer({"error": "access_denied", "error_description": "Unknown audience."}, 401)
    lifetime = state.knobs.token_ttl_s
    token = _new_token()
    _forget_old(state)
    state.tokens[token] = state.clock.now() + timedelta(seconds=lifetime)
    email = USER[API_USER_ID].email
    return answer(
        {
            "access_token": token,
            "scope": f"urn:procurify-api:domain:{DOMAIN} urn:procurify-api:email:{email}",
            "expires_in": lifetime,
            "token_type": "Bearer",
        }
    )


async def _read_body(request: Request, *, takes_form: bool) -> Mapping[str, Any] | None:
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if takes_form and kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl((await request.body()).decode(errors="replace")))
    if kind != "application/json":
        return None
    try:
        body = json.loads(await request.body())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _new_token() -> str:
    """A token in the form of a JWT (documented); its content means nothing."""
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{head}.{secrets.token_urlsafe(24)}.{secrets.token_urlsafe(24)}"


def _forget_old(state: ProcurifyState) -> None:
    if len(state.tokens) >= TOKENS_MAX:
        now = state.clock.now()
        state.tokens = {token: end for token, end in state.tokens.items() if end > now}


def find_fault(state: ProcurifyState, headers: Headers) -> str | None:
    """Why the caller is not let in, or ``None``.

    Source: both headers are documented; what a server does without the second is unknown, and
    refusing it catches a caller that forgets it.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return "Authentication credentials were not provided."
    expires = state.tokens.get(token.strip())
    if expires is None:
        return "Invalid token."
    if expires <= state.clock.now():
        return "Token has expired."
    is_named = headers.get(CLIENT_HEADER) == CLIENT_NAME
    if state.knobs.is_client_header_required and not is_named:
        return "X-Procurify-Client header is missing."
    return None
