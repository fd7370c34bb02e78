"""The token endpoint of a site, its description of itself, and who is let in.

Source: address, form fields and members of the answer are documented by IFS; HTTP Basic, the
description under ``.well-known`` and the challenge of a 401 are seen in code.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import Response

from erp_sandbox.exact_json import JsonValue, encode
from erp_sandbox.ifs.knobs import Knobs

TOKENS_MAX = 10_000
REFRESH_TTL_S = 1800
BAD_REQUEST, UNAUTHORIZED, NOT_FOUND = 400, 401, 404


class Logins:
    """The access tokens that are good now."""

    def __init__(self, knobs: Knobs, now: Callable[[], datetime]) -> None:
        """``now`` is the clock of the site: a token ends when it is advanced, too."""
        self._knobs = knobs
        self._now = now
        self._ends: dict[str, datetime] = {}

    def is_good(self, authorization: str) -> bool:
        """Whether the bearer of this header is let in."""
        end = self._ends.get(authorization.removeprefix("Bearer "))
        return end is not None and self._now() < end

    def drop(self) -> None:
        """Every token is worthless from now on."""
        self._ends.clear()

    async def give_token(self, request: Request) -> Response:
        """An access token for the client, by its secret."""
        knobs = self._knobs
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        if request.path_params["realm"] != knobs.realm:
            return _reply({"error": "realm does not exist"}, NOT_FOUND)
        if form.get("grant_type") != "client_credentials":
            return _reply({"error": "unsupported_grant_type"}, BAD_REQUEST)
        if self._client(form, request.headers.get("authorization", "")) != (
            knobs.client_id,
            knobs.client_secret,
        ):
            return _reply({"error": "unauthorized_client"}, UNAUTHORIZED)
        if not set(knobs.scope_required.split()) <= set(form.get("scope", "").split()):
            return _reply({"error": "invalid_scope"}, BAD_REQUEST)
        return _reply(self._answer(form.get("scope", "")))

    def _client(self, form: Mapping[str, str], basic: str) -> tuple[str, str]:
        """Id and secret from where this site looks for them."""
        by_header = basic.startswith("Basic ")
        if self._knobs.client_auth == "http_basic" or (
            by_header and self._knobs.client_auth == "either"
        ):
            return _from_header(basic)
        return form.get("client_id", ""), form.get("client_secret", "")

    def _answer(self, scope: str) -> JsonValue:
        if len(self._ends) >= TOKENS_MAX:
            now = self._now()
            self._ends = {token: end for token, end in self._ends.items() if end > now}
        token = secrets.token_hex(32)
        self._ends[token] = self._now() + timedelta(seconds=self._knobs.token_ttl_s)
        return {
            "access_token": token,
            "expires_in": self._knobs.token_ttl_s,
            "refresh_expires_in": REFRESH_TTL_S,
            "refresh_token": secrets.token_hex(32),
            "token_type": "Bearer",
            "id_token": secrets.token_hex(32),
            "not-before-policy": 0,
            "session_state": secrets.token_hex(16),
            "scope": scope,
        }

    async def describe(self, request: Request) -> Response:
        """Where the realm has its token endpoint."""
        if request.path_params["realm"] != self._knobs.realm:
            return _reply({"error": "realm does not exist"}, NOT_FOUND)
        root = f"{request.url.scheme}://{request.url.netloc}/auth/realms/{self._knobs.realm}"
        connect = f"{root}/protocol/openid-connect"
        return _reply(
            {
                "issuer": root,
                "authorization_endpoint": f"{connect}/auth",
                "token_endpoint": f"{connect}/token",
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "client_secret_basic",
                ],
            }
        )

    def turn_away(self, request: Request) -> Response:
        """What a caller without a good token gets: a challenge, or the way to the login page."""
        if self._knobs.unauthenticated == "redirect":
            root = f"{request.url.scheme}://{request.url.netloc}/auth/realms/{self._knobs.realm}"
            page = f"{root}/protocol/openid-connect/auth"
            return Response(status_code=302, headers={"Location": page})
        return Response(status_code=UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})


def _from_header(basic: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(basic.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = text.partition(":")
    return unquote(name), unquote(secret)


def _reply(body: JsonValue, status: int = 200) -> Response:
    return Response(encode(body), status, media_type="application/json")
