"""Writes beside those of vendors: bills paid or changed, orders closed and reopened.

The connector never does any of them; the sandbox's user may do them where a knob says so, so that
other clients can be tried, and so that a client that oversteps is seen. Source: paths, bodies and
answers of the first three are documented, the change of a bill is seen in code; what is refused
with which words is inferred.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from erp_sandbox.exact_json import JsonValue
from erp_sandbox.procurify.answers import NOT_FOUND, answer, refuse, refuse_fields, single
from erp_sandbox.procurify.rows.bills import bill_detail, list_permissions
from erp_sandbox.procurify.rows.orders import order_brief
from erp_sandbox.procurify.rows.reference import CURRENCY_BY_ID
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.procurify.vendor_writes import read_json_object
from erp_sandbox.purchases import (
    APPROVED,
    ORDER_CLOSED,
    ORDER_REOPENED,
    PAID,
    Bill,
    StatusChange,
)
from erp_sandbox.tenant import API_USER_ID, TERM

Handler = Callable[[Request], Awaitable[Response]]
NOT_ALLOWED_TO_WRITE = "You do not have permission to perform this action."
BILL_DAYS = ("invoice_date", "due_date", "gl_post_date")


def where_allowed(handler: Handler) -> Handler:
    """403 unless the user's role lets it write all."""

    async def run(request: Request) -> Response:
        if not _state(request).knobs.may_user_write_all:
            return refuse(NOT_ALLOWED_TO_WRITE, 403)
        return await handler(request)

    return run


async def mark_as_paid(request: Request) -> Response:
    """Only approved bills without a payment; the answer is the body (documented)."""
    state = _state(request)
    body = await read_json_object(request)
    if isinstance(body, Response):
        return body
    uuids, day = body.get("bill_uuids"), body.get("payment_date")
    if not isinstance(uuids, list) or not uuids:
        return refuse_fields(state.knobs, {"bill_uuids": "This field is required."})
    if not isinstance(day, str) or not _is_day(day):
        return refuse_fields(state.knobs, {"payment_date": "Enter a valid date."})
    bills = [state.find_bill(str(uuid)) for uuid in uuids]
    groups = body.get("bill_group_ids", [])
    bills += [bill for bill in state.bills.values() if bill.group in groups]
    found = [bill for bill in bills if bill is not None and bill.status == APPROVED]
    if len(found) < len(bills):
        return refuse_fields(state.knobs, {"bill_uuids": "Only approved bills can be paid."})
    for bill in found:
        _pay(state, bill)
    return answer({"bill_uuids": uuids, "bill_group_ids": groups, "payment_date": day})


def _pay(state: ProcurifyState, bill: Bill) -> None:
    now = state.clock.now()
    move = StatusChange(status=PAID, user=API_USER_ID, at=now)
    state.put_bill(replace(bill, status=PAID, history=(*bill.history, move), modified=now))


async def patch_bill(request: Request) -> Response:
    """Some fields of a bill; an empty body moves its change stamp (seen in code)."""
    state = _state(request)
    bill = state.find_bill(request.path_params["uuid"])
    if bill is None:
        return refuse(NOT_FOUND, 404)
    body = await read_json_object(request)
    if isinstance(body, Response):
        return body
    changes, faults = _read_bill(state, body)
    if faults:
        return refuse_fields(state.knobs, faults)
    changed = replace(bill, **changes, modified=state.clock.now())
    state.put_bill(changed)
    summary: JsonValue = {"has_multiple_currency": False, "total_cost": changed.total}
    metadata: dict[str, JsonValue] = {"permissions": list_permissions(), "summary": summary}
    return answer(single(bill_detail(changed, state.parties_of(changed)), metadata=metadata))


def _read_bill(
    state: ProcurifyState, body: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The attributes that the body sets, and by field what is wrong; the rest is passed over."""
    changes: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name in BILL_DAYS:
        if name in body and body[name] is not None and not _is_day(str(body[name])[:10]):
            faults[name] = "Enter a valid date."
        elif name in body:
            changes[name] = body[name] and date.fromisoformat(str(body[name])[:10])
    for name, attribute in (("invoice_number", "number"), ("note", "note")):
        if name in body:
            changes[attribute] = str(body[name])
    if len(changes.get("number", "")) > 50:  # noqa: PLR2004 (documented)
        faults["invoice_number"] = "Ensure this field has no more than 50 characters."
    known: tuple[tuple[str, str, Mapping[Any, Any], Callable[[Any], Any]], ...] = (
        ("vendor", "vendor", state.vendors, lambda key: key),
        ("payment_terms", "term", TERM, lambda key: key),
        ("currency", "currency", CURRENCY_BY_ID, lambda key: CURRENCY_BY_ID[key].code),
    )
    for name, attribute, there, value_of in known:
        if name in body and body[name] not in there:
            faults[name] = f'Invalid pk "{body[name]}" - object does not exist.'
        elif name in body:
            changes[attribute] = value_of(body[name])
    return changes, faults


async def close_order(request: Request) -> Response:
    """Closed, with the short form of the order (documented)."""
    state = _state(request)
    order = state.orders.get(request.path_params["order_id"])
    if order is None:
        return refuse(NOT_FOUND, 404)
    if not order.is_open:
        return refuse("Only an open purchase order can be closed.", 400)
    now = state.clock.now()
    closed = replace(order, state=ORDER_CLOSED, closed=now, modified=now)
    state.put_order(closed)
    return answer(single(order_brief(closed, state.vendors[closed.vendor])))


async def reopen_order(request: Request) -> Response:
    """Reopened; the answer has no body (documented)."""
    state = _state(request)
    order = state.orders.get(request.path_params["order_id"])
    if order is None:
        return refuse(NOT_FOUND, 404)
    if order.state != ORDER_CLOSED:
        return refuse("Only a closed purchase order can be reopened.", 400)
    state.put_order(replace(order, state=ORDER_REOPENED, closed=None, modified=state.clock.now()))
    return Response(status_code=200)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _state(request: Request) -> ProcurifyState:
    state: ProcurifyState = request.app.state.procurify
    return state
