"""The three ways to write a vendor: POST, PUT and PATCH. Nothing else can be written."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from erp_sandbox.procurify.answers import (
    NOT_FOUND,
    answer,
    refuse,
    refuse_fields,
    refuse_whole,
    single,
)
from erp_sandbox.procurify.rows.vendors import vendor_detail, vendor_list_row, vendor_replaced
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.procurify.vendor_bodies import read_vendor_body
from erp_sandbox.purchases import Vendor

NAME_TAKEN = "Vendor with this name already exists."


async def create_vendor(request: Request) -> Response:
    """POST: 201 with the vendor in its detail form (documented)."""
    state = _state(request)
    body = await read_json_object(request)
    if isinstance(body, Response):
        return body
    attributes, faults = read_vendor_body(body, is_partial=False)
    if not faults and _is_taken(state, attributes["name"]):
        faults["name"] = NAME_TAKEN
    if faults:
        return refuse_fields(state.knobs, faults)
    vendor = Vendor(id=state.take_id("vendor"), modified=state.clock.now(), **attributes)
    state.put_vendor(vendor)
    return answer(single(vendor_detail(vendor)), 201)


async def replace_vendor(request: Request) -> Response:
    """PUT: 200 with references as ids (documented). What is not sent stays (inferred)."""
    changed = await _change(request, is_partial=False)
    return changed if isinstance(changed, Response) else answer(single(vendor_replaced(changed)))


async def patch_vendor(request: Request) -> Response:
    """PATCH: 200 with the list row (documented); ``{}`` moves ``dateModified`` (seen in code)."""
    changed = await _change(request, is_partial=True)
    return changed if isinstance(changed, Response) else answer(single(vendor_list_row(changed)))


async def _change(request: Request, *, is_partial: bool) -> Vendor | Response:
    state = _state(request)
    vendor = state.vendors.get(request.path_params["vendor_id"])
    if vendor is None:
        return refuse(NOT_FOUND, 404)
    body = await read_json_object(request)
    if isinstance(body, Response):
        return body
    attributes, faults = read_vendor_body(body, is_partial=is_partial)
    name = attributes.get("name", vendor.name)
    is_renamed = not faults and name.casefold() != vendor.name.casefold()
    if is_renamed and _is_taken(state, name):
        faults["name"] = NAME_TAKEN
    if faults:
        return refuse_fields(state.knobs, faults)
    changed: Vendor = replace(vendor, **attributes, modified=state.clock.now())
    state.put_vendor(changed)
    return changed


def _is_taken(state: ProcurifyState, name: str) -> bool:
    """Whether an active vendor has the name, whatever its case (inferred)."""
    if not state.knobs.is_duplicate_name_refused:
        return False
    wanted = name.casefold()
    return any(
        vendor.is_active and vendor.name.casefold() == wanted for vendor in state.vendors.values()
    )


async def read_json_object(request: Request) -> dict[str, Any] | Response:
    """The body as an object, or the answer to a body that is none."""
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind != "application/json":
        return refuse(f'Unsupported media type "{kind}" in request.', 415)
    try:
        body = json.loads(await request.body(), parse_float=Decimal)
    except ValueError as fault:
        return refuse_whole(_state(request).knobs, f"JSON parse error - {fault}")
    if not isinstance(body, dict):
        return refuse_whole(_state(request).knobs, "Invalid data. Expected a dictionary.")
    return body


def _state(request: Request) -> ProcurifyState:
    state: ProcurifyState = request.app.state.procurify
    return state
