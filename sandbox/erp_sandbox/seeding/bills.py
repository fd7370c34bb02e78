"""Draws bills that nothing is wrong with: of orders, ordinary ones, credits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from erp_sandbox.purchases import (
    APPROVED,
    CONFIRMED,
    DENIED,
    DRAFT,
    ORDER_BILL,
    ORDER_CANCELLED,
    PAID,
    PAYMENT_APPROVED,
    PAYMENT_CONFIRMED,
    PAYMENT_LIMBO,
    WITHDRAWN,
    Allocation,
    Bill,
    BillCost,
    BillLine,
    OrderLine,
    PurchaseOrder,
    StatusChange,
    exclusive_amounts,
    share_out,
)
from erp_sandbox.seeding.charges import (
    COMPANY_WEIGHTS,
    EASY_CODES,
    FIRST_BILL_LINE_ID,
    draw_bill_line,
    draw_charge,
    draw_freight,
)
from erp_sandbox.seeding.draw import Draw
from erp_sandbox.tenant import (
    COMPANIES,
    TAX,
    TERM,
    TERMS,
    Company,
    company_of_department,
    other_currency,
)

FIRST_INVOICED, LAST_INVOICED = date(2026, 1, 5), date(2026, 9, 10)
FIRST_BILL_ID = 600
# The statuses that a bill went through before it got where it is.
WAYS = {
    DRAFT: (DRAFT,),
    CONFIRMED: (DRAFT, CONFIRMED),
    APPROVED: (DRAFT, CONFIRMED, APPROVED),
    DENIED: (DRAFT, CONFIRMED, DENIED),
    PAID: (DRAFT, CONFIRMED, APPROVED, PAYMENT_CONFIRMED, PAYMENT_APPROVED, PAID),
    WITHDRAWN: (DRAFT, CONFIRMED, WITHDRAWN),
    PAYMENT_CONFIRMED: (DRAFT, CONFIRMED, APPROVED, PAYMENT_CONFIRMED),
    PAYMENT_APPROVED: (DRAFT, CONFIRMED, APPROVED, PAYMENT_CONFIRMED, PAYMENT_APPROVED),
    PAYMENT_LIMBO: (DRAFT, CONFIRMED, APPROVED, PAYMENT_CONFIRMED, PAYMENT_LIMBO),
}
ELIGIBLE_WEIGHTS = (
    (APPROVED, 60),
    (PAYMENT_CONFIRMED, 10),
    (PAYMENT_APPROVED, 10),
    (PAYMENT_LIMBO, 4),
    (PAID, 16),
)
AP_CLERK = 21
APPROVERS_OF_FIRST, APPROVERS_OF_OTHERS = (15, 7, 30), (32, 33)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFrame:
    """What makes a bill beside its lines. ``gl_post_date``: ``"drawn"`` means some day or none."""

    vendor: int
    currency: str
    number: str
    company: Company
    invoiced: date
    status: int = APPROVED
    type: int = ORDER_BILL
    term: str = TERMS[0].name
    gl_post_date: date | None = None
    note: str = ""


def draw_bill(
    draw: Draw, frame: BillFrame, lines: Sequence[BillLine], costs: Sequence[BillCost] = ()
) -> Bill:
    """The bill with ids, dates and the history of its status."""
    history = tuple(_history(draw, frame))
    submitted = [change.at for change in history if change.status == CONFIRMED]
    return Bill(
        id=draw.next_id("bill", first=FIRST_BILL_ID),
        uuid=draw.uuid().hex,
        version=1,
        type=frame.type,
        status=frame.status,
        vendor=frame.vendor,
        currency=frame.currency,
        number=frame.number,
        invoice_date=frame.invoiced,
        due_date=frame.invoiced + timedelta(days=TERM[frame.term].days),
        gl_post_date=frame.gl_post_date,
        term=frame.term,
        submitted=submitted[0] if submitted else None,
        modified=history[-1].at + timedelta(seconds=draw.whole(0, 20), microseconds=418),
        creator=AP_CLERK,
        history=history,
        lines=tuple(lines),
        costs=tuple(costs),
        note=frame.note,
    )


def _history(draw: Draw, frame: BillFrame) -> Iterator[StatusChange]:
    is_first = frame.company.id == COMPANIES[0].id
    approver = draw.one_of(APPROVERS_OF_FIRST if is_first else APPROVERS_OF_OTHERS)
    day = frame.invoiced + timedelta(days=1)
    for status in WAYS[frame.status]:
        user = AP_CLERK if status in {DRAFT, CONFIRMED, WITHDRAWN} else approver
        yield StatusChange(status=status, user=user, at=draw.moment(day))
        day += timedelta(days=draw.whole(1, 2))


def draw_number(draw: Draw) -> str:
    """An invoice number that no other bill has."""
    prefix = draw.one_of(("INV-", "2026/", "R", "A-26-"))
    return f"{prefix}{draw.next_id('invoice number', first=40117)}"


def draw_frame(draw: Draw, vendor: int, *, status: int | None = None) -> BillFrame:
    """The frame of an ordinary bill of that vendor."""
    company = draw.weighted(COMPANY_WEIGHTS)
    invoiced = draw.day(FIRST_INVOICED, LAST_INVOICED)
    other = other_currency(company.currency)
    return BillFrame(
        vendor=vendor,
        currency=draw.weighted(((company.currency, 3), (other, 1))),
        number=draw_number(draw),
        company=company,
        invoiced=invoiced,
        status=draw.weighted(ELIGIBLE_WEIGHTS) if status is None else status,
        term=draw.one_of(tuple(TERM)),
        gl_post_date=_gl_post_date(draw, invoiced),
    )


def _gl_post_date(draw: Draw, invoiced: date) -> date | None:
    return invoiced + timedelta(days=draw.whole(0, 6)) if draw.happens(85) else None


def draw_ordinary_lines(draw: Draw, company: Company) -> list[BillLine]:
    """One to six lines; now and then the last one takes something off again."""
    lines = [
        draw_bill_line(
            draw,
            company,
            draw_charge(draw, company),
            unit_cost=draw.cents(6, 600),
            quantity=Decimal(draw.whole(1, 12)),
        )
        for _ in range(draw.weighted(((1, 4), (2, 3), (3, 2), (4, 1), (6, 1))))
    ]
    if draw.happens(5):
        rebate = draw_bill_line(
            draw,
            company,
            draw_charge(draw, company, account_code=EASY_CODES[0]),
            unit_cost=-draw.cents(2, 5),
            quantity=Decimal(1),
        )
        lines.append(rebate)
    return lines


def draw_ordinary_bill(draw: Draw, frame: BillFrame) -> Bill:
    """A bill without an order, a fifth of them with freight."""
    costs = [draw_freight(draw, frame.company)] if draw.happens(20) else []
    return draw_bill(draw, frame, draw_ordinary_lines(draw, frame.company), costs)


def draw_credit_bill(draw: Draw, frame: BillFrame) -> Bill:
    """A bill that is a credit as a whole: every line is negative."""
    lines = [
        draw_bill_line(
            draw,
            frame.company,
            draw_charge(draw, frame.company),
            unit_cost=-draw.cents(20, 300),
            quantity=Decimal(draw.whole(1, 3)),
        )
        for _ in range(draw.whole(1, 2))
    ]
    return draw_bill(draw, frame, lines)


def draw_order_bills(draw: Draw, orders: Sequence[PurchaseOrder], count: int) -> Iterator[Bill]:
    """So many bills of purchase orders: the whole order, half the quantities, or some lines."""
    billable = [order for order in orders if order.state != ORDER_CANCELLED]
    for order in draw.some_of(billable, count):
        yield _draw_order_bill(draw, order)


def _draw_order_bill(draw: Draw, order: PurchaseOrder) -> Bill:
    company = company_of_department(order.lines[0].department)
    frame = BillFrame(
        vendor=order.vendor,
        currency=order.currency,
        number=draw_number(draw),
        company=company,
        invoiced=order.created.date() + timedelta(days=draw.whole(2, 20)),
        status=draw.weighted(ELIGIBLE_WEIGHTS),
        term=order.term,
        gl_post_date=order.created.date() + timedelta(days=22) if draw.happens(80) else None,
    )
    is_whole = order.closed is not None or draw.happens(35)
    chosen = order.lines if is_whole or len(order.lines) == 1 else order.lines[:-1]
    lines = [order_bill_line(draw, order, line, is_whole=is_whole) for line in chosen]
    costs = [draw_freight(draw, company)] if order.freight and is_whole else []
    return draw_bill(draw, frame, lines, costs)


def order_bill_line(
    draw: Draw, order: PurchaseOrder, line: OrderLine, *, is_whole: bool
) -> BillLine:
    """The bill line of an order line, split as the order was."""
    half = (line.quantity / 2).quantize(Decimal(1)) or line.quantity
    quantity = line.quantity if is_whole else half
    percentage = TAX[line.tax].percentage if line.tax else Decimal(0)
    net, tax_amount = exclusive_amounts(quantity, line.price, percentage)
    amounts = share_out(net, [share.amount for share in line.shares])
    return BillLine(
        id=draw.next_id("bill line", first=FIRST_BILL_LINE_ID),
        description=line.name,
        quantity=quantity,
        unit_cost=line.price,
        net=net,
        tax=line.tax,
        tax_amount=tax_amount,
        is_tax_inclusive=False,
        allocations=tuple(
            Allocation(account_code=share.account_code, department=share.department, amount=amount)
            for share, amount in zip(line.shares, amounts, strict=True)
        ),
        project=line.project,
        order=order.id,
        order_line=line.id,
        received_on=line.received_at,
    )
