"""Draws what a line costs: account code, department, project, tax, split."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from erp_sandbox.purchases import (
    Allocation,
    BillCost,
    BillLine,
    exclusive_amounts,
    inclusive_amounts,
    share_out,
)
from erp_sandbox.seeding.draw import Draw
from erp_sandbox.tenant import (
    ACCOUNT_CODE,
    ACCOUNT_CODES,
    COMPANIES,
    DEPARTMENTS,
    FREIGHT_CODE,
    PROJECTS,
    TAX,
    TAXES,
    Company,
    company_of_department,
)

FIRST_BILL_LINE_ID, FIRST_COST_ID = 8801, 55
EXPENSE = 2
USABLE_CODES = tuple(one for one in ACCOUNT_CODES if one.ifs_account)
CODE_WEIGHTS = tuple((one.code, one.weight) for one in USABLE_CODES)
FREE_CODES = tuple(one.code for one in USABLE_CODES if one.project == "can")
# They take any project, or none, so that a split may fall on them whatever the line's project is.
EASY_CODES = (
    tuple(
        code
        for code in FREE_CODES
        if ACCOUNT_CODE[code].account_type == EXPENSE and code != FREIGHT_CODE
    )
    or FREE_CODES
)
COMPANY_WEIGHTS = tuple((one, 3 if one is COMPANIES[0] else 2) for one in COMPANIES)
SPLIT_WEIGHTS = ((Decimal(1), 3), (Decimal(2), 2), (Decimal(3), 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Where a cost goes: the account code and department it is split from, and its project."""

    account_code: str
    department: int
    project: str | None
    tax: str | None


def departments_of(company: Company) -> tuple[int, ...]:
    """The ids of the departments which the company pays for."""
    return tuple(d.id for d in DEPARTMENTS if company_of_department(d.id).id == company.id)


def draw_charge(draw: Draw, company: Company, *, account_code: str | None = None) -> Charge:
    """An account code with a project that the ledger accepts for it."""
    code = account_code or draw.weighted(CODE_WEIGHTS)
    project = draw.one_of(PROJECTS) if draw.happens(30) else None
    demand = ACCOUNT_CODE[code].project
    if demand == "never":
        project = None
    if demand == "must":
        project = project or draw.one_of(PROJECTS)
    return Charge(
        account_code=code,
        department=draw.one_of(departments_of(company)),
        project=project,
        tax=draw.weighted(tax_weights(company)),
    )


def tax_weights(company: Company) -> tuple[tuple[str | None, int], ...]:
    """The taxes of a company, and none, with how often a line has them."""
    own = [(tax.name, tax.weight) for tax in TAXES if tax.company == company.id]
    return (*own, (None, company.untaxed_weight))


def draw_shares(
    draw: Draw, company: Company, charge: Charge, net: Decimal
) -> tuple[Allocation, ...]:
    """The net amount in two or three shares within the company, to exact cents."""
    count = draw.whole(2, 3)
    weights = [draw.weighted(SPLIT_WEIGHTS) for _ in range(count)]
    by_department = draw.happens(50)
    shares = []
    for position, amount in enumerate(share_out(net, weights)):
        is_first = position == 0
        code = charge.account_code if is_first or by_department else draw.one_of(EASY_CODES)
        department = charge.department if is_first else draw.one_of(departments_of(company))
        shares.append(Allocation(account_code=code, department=department, amount=amount))
    return tuple(shares)


def whole_share(charge: Charge, net: Decimal) -> tuple[Allocation, ...]:
    """The net amount in one piece."""
    one = Allocation(account_code=charge.account_code, department=charge.department, amount=net)
    return (one,)


def draw_bill_line(
    draw: Draw, company: Company, charge: Charge, *, unit_cost: Decimal, quantity: Decimal
) -> BillLine:
    """A line of a bill that no order stands behind."""
    is_inclusive = charge.tax is not None and draw.happens(20)
    percentage = TAX[charge.tax].percentage if charge.tax else Decimal(0)
    amounts = inclusive_amounts if is_inclusive else exclusive_amounts
    net, tax_amount = amounts(quantity, unit_cost, percentage)
    is_split = draw.happens(25)
    return BillLine(
        id=draw.next_id("bill line", first=FIRST_BILL_LINE_ID),
        description=ACCOUNT_CODE[charge.account_code].description,
        quantity=quantity,
        unit_cost=unit_cost,
        net=net,
        tax=charge.tax,
        tax_amount=tax_amount,
        is_tax_inclusive=is_inclusive,
        allocations=(
            draw_shares(draw, company, charge, net) if is_split else whole_share(charge, net)
        ),
        project=charge.project,
    )


def draw_freight(draw: Draw, company: Company) -> BillCost:
    """Freight, charged to the whole bill."""
    allocation = Allocation(
        account_code=FREIGHT_CODE,
        department=draw.one_of(departments_of(company)),
        amount=draw.cents(8, 140),
    )
    cost_id = draw.next_id("bill cost", first=FIRST_COST_ID)
    return BillCost(id=cost_id, name="Freight", allocation=allocation)
