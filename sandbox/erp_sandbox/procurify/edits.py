"""What people do in Procurify while nobody watches: the edits of the control side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from erp_sandbox.control import ControlError
from erp_sandbox.exact_json import JsonValue
from erp_sandbox.procurify.bill_edits import BILL_OPERATIONS
from erp_sandbox.procurify.drafting import Operation, Plan, check_members
from erp_sandbox.procurify.order_edits import ORDER_OPERATIONS
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import REGULAR, Vendor
from erp_sandbox.tenant import CURRENCY


def edit(state: ProcurifyState, body: Mapping[str, Any]) -> JsonValue:
    """Carry out the edit that ``operation`` names; the other members are its arguments.

    Raises:
        ControlError: there is no such operation, or an argument makes no sense.
    """
    arguments = dict(body)
    name = str(arguments.pop("operation", ""))
    operation = OPERATIONS.get(name)
    if operation is None:
        raise ControlError(f"no operation {name!r}; there are: {', '.join(sorted(OPERATIONS))}")
    return operation(state, arguments)


VENDOR_MEMBERS = tuple(
    one.name for one in fields(Vendor) if one.name not in {"id", "modified", "emails"}
)


def _vendor_changes(plan: Plan) -> dict[str, Any]:
    check_members(plan, ("id", *VENDOR_MEMBERS, "emails"))
    changes = {name: value for name, value in plan.items() if name != "id"}
    if "emails" in changes:
        changes["emails"] = tuple(str(one) for one in changes["emails"])
    if isinstance(changes.get("overall_score"), str):
        changes["overall_score"] = Decimal(changes["overall_score"])
    return changes


def _add_vendor(state: ProcurifyState, plan: Plan) -> JsonValue:
    vendor_id = state.take_id("vendor")
    described: dict[str, Any] = {
        "name": f"New Vendor {vendor_id}",
        "type": REGULAR,
        "country": "Canada",
        "currency_id": CURRENCY["CAD"].id,
        **_vendor_changes(plan),
    }
    state.put_vendor(Vendor(id=vendor_id, modified=state.clock.now(), **described))
    return {"id": vendor_id}


def _edit_vendor(state: ProcurifyState, plan: Plan) -> JsonValue:
    vendor = state.vendors.get(int(plan.get("id", 0)))
    if vendor is None:
        raise ControlError(f"no vendor {plan.get('id')!r}")
    state.put_vendor(replace(vendor, **_vendor_changes(plan), modified=state.clock.now()))
    return {"id": vendor.id}


OPERATIONS: Mapping[str, Operation] = {
    **BILL_OPERATIONS,
    **ORDER_OPERATIONS,
    "add_vendor": _add_vendor,
    "edit_vendor": _edit_vendor,
}
