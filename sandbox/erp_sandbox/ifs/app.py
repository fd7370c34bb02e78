"""The HTTP face: token endpoint, projections, ``$batch``, and the control side for tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from erp_sandbox.exact_json import encode
from erp_sandbox.ifs.books import books
from erp_sandbox.ifs.by_hand import count_rows, edit_by_hand
from erp_sandbox.ifs.history import keep_history
from erp_sandbox.ifs.invariants import check_invariants, trial_balance
from erp_sandbox.ifs.knobs import Knobs, WrongKnobError, turn
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.limits import check_arrays
from erp_sandbox.ifs.login import Logins
from erp_sandbox.ifs.metadata import write_metadata
from erp_sandbox.ifs.model import sets_of
from erp_sandbox.ifs.multipart import Answer, Call, read_batch, write_batch
from erp_sandbox.ifs.openapi import VERSIONS, write_openapi
from erp_sandbox.ifs.refusal import Refusal, not_found
from erp_sandbox.ifs.renaming import RenamingGate
from erp_sandbox.ifs.rulebook import BEHAVIOUR
from erp_sandbox.ifs.seed import seed
from erp_sandbox.ifs.service import Scope, Service
from erp_sandbox.ifs.values import with_texts
from erp_sandbox.world import World

_STATUS = {"POST": 201, "PATCH": 200, "DELETE": 204}
_BAD_REQUEST, _NO_CONTENT = 400, 204
# Documented: how long a read may take on each endpoint, and a part of a batch. Units: seconds.
_READ_LIMITS_S: Mapping[str, int] = {"main": 300, "int": 600}
_PART_LIMIT_S = 900
_EXACT = json.JSONDecoder(parse_float=Decimal)


class IfsSite:
    """One site over HTTP."""

    def __init__(self, world: World, knobs: Knobs, now: Callable[[], datetime]) -> None:
        """Start with the tenant's books."""
        self.world = world
        self.knobs = knobs
        self.ledger = Ledger(knobs, BEHAVIOUR, now)
        seed(self.ledger, world)
        self.ledger.store.on_change = partial(keep_history, self.ledger)
        self.service = Service(self.ledger)
        self.logins = Logins(knobs, now)
        self._served = 0

    def state(self) -> dict[str, Any]:
        """Everything that a snapshot keeps."""
        return {**self.ledger.store.state(), "numbers": self.ledger.numbers}

    def take(self, state: Mapping[str, Any]) -> None:
        """Go on from what a snapshot has kept."""
        self.ledger.store.take(state)
        self.ledger.numbers = state["numbers"]

    def routes(self) -> list[Route]:
        """Every address of the site."""
        methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
        realm = "/auth/realms/{realm}"
        token = f"{realm}/protocol/openid-connect/token"
        return [
            # They are tried in this order: first what is asked for most.
            Route(
                "/{endpoint}/ifsapplications/projection/v1/{service}/{path:path}",
                self.serve,
                methods=methods,
            ),
            Route(token, self.logins.give_token, methods=["POST"]),
            Route(f"{realm}/.well-known/openid-configuration", self.logins.describe),
            Route(
                "/int/ifsapplications/entity/v1/{service}/{path:path}",
                self.serve_entity,
                methods=methods,
            ),
            Route("/_control/books", self.show_books),
            Route("/_control/invariants", self.show_invariants),
            Route("/_control/count", self.show_count),
            Route("/_control/trial_balance", self.show_trial_balance),
            Route("/_control/knobs", self.turn_knobs, methods=["POST"]),
            Route("/_control/edit", self.edit, methods=["POST"]),
            Route("/_control/drop_tokens", self.drop_tokens, methods=["POST"]),
        ]

    # projections

    async def serve(self, request: Request) -> Response:
        """One request to a projection, with everything that can refuse it before it is served."""
        return await self._serve(request, is_entity_service=False)

    async def serve_entity(self, request: Request) -> Response:
        """One request to an entity service: on ``int`` only, and only when active (documented)."""
        return await self._serve(request, is_entity_service=True)

    async def _serve(self, request: Request, *, is_entity_service: bool) -> Response:
        body = await request.body()
        projection = request.path_params["service"].removesuffix(".svc")
        path = request.scope["raw_path"].decode().partition(".svc/")[2]
        refused = self._refuse_early(request)
        if refused is not None:
            return refused
        endpoint = request.path_params.get("endpoint", "int")
        if not self._is_offered(projection, endpoint, is_entity_service=is_entity_service):
            return _refused(not_found())
        query = request.scope["query_string"].decode()
        told = self._describe(projection, unquote(path), query)
        if told is not None:
            return told
        if path == "$batch" and self.knobs.batch_allowed:
            return self._serve_batch(request, projection, body)
        call = Call(
            method=request.method,
            path=path,
            options=dict(parse_qsl(query, keep_blank_values=True)),
            headers=request.headers,
            body=body,
            content_id="",
        )
        limit = _limit_s(endpoint, request.headers.get("prefer", ""))
        answer = self._serve_call(projection, call, Scope(), limit_s=limit)
        return Response(answer.body, answer.status, dict(answer.headers))

    def _describe(self, projection: str, path: str, query: str) -> Response | None:
        """Service document, ``$metadata`` and ``$openapi``; ``None`` when another is asked for."""
        match path:
            case "":
                names = [e.name for e in sets_of(projection) if not e.parent]
                return _reply(
                    {"value": [{"name": n, "kind": "EntitySet", "url": n} for n in names]}
                )
            case "$metadata" if self.knobs.metadata_offered:
                return Response(
                    write_metadata(projection, self.knobs.custom_fields),
                    media_type="application/xml",
                )
            case "$openapi" if self.knobs.openapi_offered and query in VERSIONS:
                return _reply(write_openapi(projection, query))
            case _:
                return None

    def _is_offered(self, projection: str, endpoint: str, *, is_entity_service: bool) -> bool:
        own = dict(place.split("=") for place in self.knobs.endpoint_of)
        if own.get(projection, endpoint) != endpoint:
            return False
        sets = sets_of(projection)
        if not sets or sets[0].is_entity_service != is_entity_service:
            return False
        return not is_entity_service or projection in self.knobs.entity_services_active

    def _refuse_early(self, request: Request) -> Response | None:
        knobs = self.knobs
        if not self.logins.is_good(request.headers.get("authorization", "")):
            return self.logins.turn_away(request)
        self._served += 1
        if request.path_params["service"].removesuffix(".svc") in knobs.projections_not_granted:
            return Response(status_code=403)
        wait = {"Retry-After": str(knobs.retry_after_s)}
        if knobs.throttle_every and self._served % knobs.throttle_every == 0:
            return Response(status_code=429, headers=wait)
        if knobs.mi_modified_every and self._served % knobs.mi_modified_every == 0:
            refusal = Refusal(knobs.mi_modified_status, "MI_MODIFIED_ERROR")
            return _refused(refusal, wait)
        return None

    def _serve_call(
        self, projection: str, call: Call, scope: Scope, *, limit_s: int = _PART_LIMIT_S
    ) -> Answer:
        """One read or write; a refusal is an answer too."""
        scope.are_numbers_texts = _is_exact(call.headers.get("content-type", ""))
        wants_texts = _is_exact(call.headers.get("accept", ""))
        try:
            if call.service not in {"", projection}:
                # One batch is for one projection (seen in code).
                raise not_found()
            if call.method == "GET":
                self._take_time(limit_s)
                row = self.service.read(
                    projection, call.path, call.options, are_numbers_texts=wants_texts
                )
                row = with_texts(row) if wants_texts else row
                return _answer(200, row, content_id=call.content_id)
            with self.ledger.store.all_or_nothing():
                entity, changed = self.service.write(
                    projection,
                    call.method,
                    path=call.path,
                    body=self._read(call),
                    if_match=call.headers.get("if-match", ""),
                    scope=scope,
                )
        except Refusal as refusal:
            return _answer(self._status_of(refusal), refusal.body(), content_id=call.content_id)
        if call.content_id:
            scope.made[call.content_id] = (entity, changed)
        is_action = "IfsApp." in call.path and "/IfsApp." in unquote(call.path)
        status = self.knobs.action_status if is_action else _STATUS[call.method]
        if status == _NO_CONTENT:
            return Answer(status=status, body=b"", headers={}, content_id=call.content_id)
        row = self.service.showcase.shown(entity, changed)
        row = with_texts(row) if wants_texts else row
        return _answer(status, row, content_id=call.content_id)

    def _take_time(self, limit_s: int) -> None:
        if self.knobs.reads_take_s > limit_s:
            raise Refusal(504, "ODP_OPERATION_TIMEOUT")

    def _read(self, call: Call) -> dict[str, Any]:
        body = _read_body(call)
        check_arrays(self.knobs, body)
        return body

    def _status_of(self, refusal: Refusal) -> int:
        by_knob = {
            "DATABASE_ERROR": self.knobs.database_error_status,
            "ODP_NOT_IMPLEMENTED": self.knobs.not_implemented_status,
        }
        return by_knob.get(refusal.code, refusal.status)

    def _serve_batch(self, request: Request, projection: str, body: bytes) -> Response:
        goes_on = "continue-on-error" in request.headers.get("prefer", "")
        answers: list[list[Answer] | Answer] = []
        try:
            for part in read_batch(request.headers.get("content-type", ""), body):
                if isinstance(part, list):
                    answers.append(self._serve_change_set(projection, part))
                else:
                    answers.append(self._serve_call(projection, part, Scope()))
                last = answers[-1]
                if not isinstance(last, list) and last.status >= _BAD_REQUEST and not goes_on:
                    break
        except Refusal as refusal:
            return _refused(refusal)
        media_type, text = write_batch(answers)
        return Response(text, media_type=media_type)

    def _serve_change_set(self, projection: str, calls: list[Call]) -> list[Answer] | Answer:
        """All calls, or none and the one answer of the call that failed."""
        scope = Scope()
        answers = []
        self.ledger.store.begin()
        self.ledger.touched.clear()
        for call in calls:
            answer = self._serve_call(projection, call, scope)
            if answer.status >= _BAD_REQUEST:
                self.ledger.store.roll_back()
                return answer
            answers.append(answer)
        with self.ledger.store.all_or_nothing():
            self.ledger.end_change_set()
        self.ledger.store.commit()
        return answers

    # control

    async def show_books(self, _: Request) -> Response:
        """What stands in IFS."""
        return _reply(books(self.ledger))

    async def show_invariants(self, _: Request) -> Response:
        """What breaks the rules of the books, per rule."""
        return _reply(check_invariants(self.ledger))

    async def show_trial_balance(self, _: Request) -> Response:
        """Debit and credit per company, period and code string."""
        return _reply(trial_balance(self.ledger))

    async def turn_knobs(self, request: Request) -> Response:
        """Change site habits while it runs: all that are named, or none."""
        try:
            turn(self.knobs, await request.json())
        except WrongKnobError as wrong:
            return _reply(wrong.told, _BAD_REQUEST)
        return _reply({})

    async def drop_tokens(self, request: Request) -> Response:
        """Every token is worthless from now on."""
        del request
        self.logins.drop()
        return _reply({})

    async def edit(self, request: Request) -> Response:
        """Another hand changes, inserts or removes a row, past every rule."""
        try:
            order = json.loads(await request.body(), parse_float=Decimal)
            entity, row = edit_by_hand(self.ledger, order)
        except ValueError as wrong:
            return _reply({"error": str(wrong)}, _BAD_REQUEST)
        return _reply({} if row is None else self.service.showcase.shown(entity, row))

    async def show_count(self, _: Request) -> Response:
        """How many rows each set holds, and how many invoices are in which state."""
        return _reply(count_rows(self.ledger.store))


def _limit_s(endpoint: str, prefer: str) -> int:
    """How long a read may take; ``Prefer: wait=N`` lowers it (documented)."""
    limit = _READ_LIMITS_S.get(endpoint, _PART_LIMIT_S)
    wanted = re.search(r"\bwait\s*=\s*(\d+)", prefer)
    return min(int(wanted[1]), limit) if wanted else limit


def _now() -> datetime:
    return datetime.now(timezone.utc)


def create_app(
    world: World, knobs: Knobs | None = None, *, now: Callable[[], datetime] = _now
) -> Starlette:
    """The site as an ASGI application; its state is ``app.state.site``, ``now`` its clock."""
    site = IfsSite(world, knobs or Knobs(), now)
    app = Starlette(routes=site.routes())
    app.add_middleware(RenamingGate, knobs=site.knobs)
    app.state.site = site
    return app


def _read_body(call: Call) -> dict[str, Any]:
    if not call.body or call.body.isspace():
        return {}
    kind = call.headers.get("content-type", "").partition(";")[0]
    if kind != "application/json":
        raise Refusal(_BAD_REQUEST, "ODP_DESERIALIZATION_ERROR")
    try:
        body = _EXACT.decode(call.body.decode("utf-8-sig"))
    except ValueError as error:
        raise Refusal(_BAD_REQUEST, "ODP_DESERIALIZATION_ERROR") from error
    if not isinstance(body, dict):
        raise Refusal(_BAD_REQUEST, "ODP_DESERIALIZATION_ERROR")
    return body


def _is_exact(media_type: str) -> bool:
    """Whether numbers travel as texts. Source: a vendor; the exact word is inferred."""
    return "ieee754compatible=true" in media_type.lower()


def _answer(status: int, body: Mapping[str, Any], *, content_id: str) -> Answer:
    headers = {"Content-Type": "application/json"}
    if "@odata.etag" in body:
        headers["ETag"] = str(body["@odata.etag"])
    return Answer(status=status, body=encode(body).encode(), headers=headers, content_id=content_id)


def _reply(body: Any, status: int = 200) -> Response:  # noqa: ANN401
    return Response(encode(body), status, media_type="application/json")


def _refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    text = encode(refusal.body())
    return Response(text, refusal.status, dict(headers or {}), media_type="application/json")
