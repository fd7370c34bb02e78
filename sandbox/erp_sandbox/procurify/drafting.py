"""Builds lines, charges and orders from the short form in which a test describes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from erp_sandbox.control import ControlError
from erp_sandbox.exact_json import JsonValue
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import (
    ZERO,
    Allocation,
    BillCost,
    BillLine,
    OrderLine,
    PurchaseOrder,
    exclusive_amounts,
    inclusive_amounts,
    share_out,
)
from erp_sandbox.seeding.charges import EASY_CODES
from erp_sandbox.tenant import ACCOUNT_CODE, DEPARTMENTS, FREIGHT_CODE, TAX

Plan = Mapping[str, Any]
ROWS_MAX = 5000
PLAIN_LINE: Plan = {"unit_cost": "100.00"}
DEPARTMENT_IDS = frozenset(one.id for one in DEPARTMENTS)
Operation = Callable[[ProcurifyState, Plan], JsonValue]


def as_amount(value: object) -> Decimal:
    """A number of a control request, exact.

    Raises:
        ControlError: it is no number.
    """
    try:
        return Decimal(str(value))
    except InvalidOperation as fault:
        raise ControlError(f"not a number: {value!r}") from fault


def as_day(value: object) -> date | None:
    """A day of a control request, or ``None``.

    Raises:
        ControlError: it is no day.
    """
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as fault:
        raise ControlError(f"not a day: {value!r}") from fault


def check_members(plan: Plan, known: Sequence[str]) -> None:
    """Refuse a member that nothing is done with.

    Raises:
        ControlError: there is one.
    """
    if unknown := set(plan) - set(known):
        raise ControlError(f"no such member: {', '.join(sorted(unknown))}")


def find_line(state: ProcurifyState, line_id: object) -> tuple[PurchaseOrder, OrderLine]:
    """The order line of that id, with its order.

    Raises:
        ControlError: there is none.
    """
    found = state.find_order_line(line_id) if isinstance(line_id, int) else None
    if found is None:
        raise ControlError(f"no order line {line_id!r}")
    return found


def known_vendor(state: ProcurifyState) -> int:
    """The first active vendor that has an external id."""
    return next(one.id for one in state.vendors.values() if one.is_active and one.external_id)


def _place(plan: Plan) -> tuple[str, int]:
    """The account code and department of a plan."""
    code, department = str(plan.get("account_code", EASY_CODES[0])), int(plan.get("department", 1))
    if code not in ACCOUNT_CODE:
        raise ControlError(f"no account code {code!r}")
    if department not in DEPARTMENT_IDS:
        raise ControlError(f"no department {department}")
    return code, department


def _tax(plan: Plan) -> str | None:
    name = plan.get("tax")
    if name is not None and name not in TAX:
        raise ControlError(f"no tax {name!r}")
    return name


def plan_shares(plan: Plan, net: Decimal) -> tuple[Allocation, ...]:
    """The split of a net amount: as planned, else in one piece."""
    if "allocations" not in plan:
        code, department = _place(plan)
        return (Allocation(account_code=code, department=department, amount=net),)
    shares = []
    for share in plan["allocations"]:
        check_members(share, ("account_code", "department", "amount"))
        code, department = _place(share)
        amount = as_amount(share["amount"])
        shares.append(Allocation(account_code=code, department=department, amount=amount))
    return tuple(shares)


LINE_MEMBERS = (
    "description",
    "quantity",
    "unit_cost",
    "account_code",
    "department",
    "allocations",
    "tax",
    "tax_is_inclusive",
    "project",
    "shipping",
    "order_line",
)


def plan_bill_line(
    plan: Plan, line_id: int, *, found: tuple[PurchaseOrder, OrderLine] | None
) -> BillLine:
    """A bill line; one of an order (``found``) takes what is not planned from the order line.

    Raises:
        ControlError: a member is unknown or makes no sense.
    """
    check_members(plan, LINE_MEMBERS)
    order, line = found or (None, None)
    quantity = as_amount(plan.get("quantity", line.quantity if line else 1))
    unit_cost = as_amount(plan.get("unit_cost", line.price if line else 100))
    tax = _tax(plan) if "tax" in plan or line is None else line.tax
    is_inclusive = bool(plan.get("tax_is_inclusive", False))
    percentage = TAX[tax].percentage if tax else ZERO
    amounts = inclusive_amounts if is_inclusive else exclusive_amounts
    net, tax_amount = amounts(quantity, unit_cost, percentage)
    is_own = line is None or "allocations" in plan or "account_code" in plan
    return BillLine(
        id=line_id,
        description=str(plan.get("description", line.name if line else "Goods")),
        quantity=quantity,
        unit_cost=unit_cost,
        net=net,
        tax=tax,
        tax_amount=tax_amount,
        is_tax_inclusive=is_inclusive,
        allocations=plan_shares(plan, net) if line is None or is_own else _same_split(line, net),
        project=plan.get("project", line.project if line else None),
        order=order.id if order else None,
        order_line=line.id if line else None,
        received_on=line.received_at if line else None,
        shipping=as_amount(plan.get("shipping", 0)),
    )


def _same_split(line: OrderLine, net: Decimal) -> tuple[Allocation, ...]:
    amounts = share_out(net, [share.amount for share in line.shares])
    return tuple(
        Allocation(account_code=share.account_code, department=share.department, amount=amount)
        for share, amount in zip(line.shares, amounts, strict=True)
    )


def plan_cost(plan: Plan, cost_id: int) -> BillCost:
    """A charge of the whole bill.

    Raises:
        ControlError: a member is unknown or makes no sense.
    """
    check_members(plan, ("name", "amount", "account_code", "department"))
    code, department = _place({"account_code": FREIGHT_CODE, **plan})
    amount = as_amount(plan.get("amount", "25.00"))
    share = Allocation(account_code=code, department=department, amount=amount)
    return BillCost(id=cost_id, name=str(plan.get("name", "Freight")), allocation=share)


def plan_order_line(plan: Plan, line_id: int, now: datetime) -> OrderLine:
    """A line of a new purchase order.

    Raises:
        ControlError: a member is unknown or makes no sense.
    """
    members = ("name", "quantity", "price", "account_code", "department", "split", "tax", "project")
    check_members(plan, members)
    quantity, price = as_amount(plan.get("quantity", 1)), as_amount(plan.get("price", 100))
    code, department = _place(plan)
    tax = _tax(plan)
    net, tax_amount = exclusive_amounts(quantity, price, TAX[tax].percentage if tax else ZERO)
    split = plan_shares({"allocations": plan["split"]}, net) if "split" in plan else ()
    return OrderLine(
        id=line_id,
        name=str(plan.get("name", "Goods")),
        quantity=quantity,
        price=price,
        tax=tax,
        tax_amount=tax_amount,
        account_code=code,
        department=department,
        split=split,
        project=plan.get("project"),
        received=ZERO,
        rejected=ZERO,
        received_at=None,
        modified=now,
        status=2,
    )
