"""Draws purchase orders in every state, received in whole, in part or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from erp_sandbox.purchases import (
    ORDER_CANCELLED,
    ORDER_CLOSED,
    ORDER_OPEN,
    ORDER_PAID,
    ORDER_REOPENED,
    ZERO,
    OrderLine,
    PurchaseOrder,
    Vendor,
    exclusive_amounts,
    to_cents,
)
from erp_sandbox.seeding.charges import COMPANY_WEIGHTS, draw_charge, draw_shares
from erp_sandbox.seeding.draw import Draw
from erp_sandbox.tenant import (
    ACCOUNT_CODE,
    COMPANIES,
    LOCATIONS,
    TAX,
    TERM,
    Company,
    other_currency,
)

ORDERS_PER_SCALE = 120
FIRST_CREATED, LAST_CREATED = date(2026, 1, 6), date(2026, 8, 14)
FIRST_ORDER_ID, FIRST_LINE_ID, FIRST_REQUISITION = 52, 193, 310
STATES = (
    *((ORDER_OPEN,) * 13),
    ORDER_REOPENED,
    *((ORDER_CLOSED,) * 5),
    ORDER_CANCELLED,
    *((ORDER_PAID,) * 4),
)
REQUESTERS_OF_FIRST, REQUESTERS_OF_OTHERS = (7, 30), (32, 33)
STATUS_PENDING, STATUS_RECEIVED, STATUS_PARTLY = 2, 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFrame:
    """What the lines of an order have in common."""

    company: Company
    state: int
    created: datetime
    receipts: str


def draw_orders(draw: Draw, vendors: tuple[Vendor, ...], scale: int) -> tuple[PurchaseOrder, ...]:
    """All purchase orders of the tenant, oldest id first."""
    count = ORDERS_PER_SCALE * scale
    return tuple(
        _draw_order(draw, draw.one_of(vendors), STATES[position % len(STATES)])
        for position in range(count)
    )


def currency_of(draw: Draw, company: Company) -> str:
    """Mostly the company's own currency, now and then the other one."""
    return draw.weighted(((company.currency, 3), (other_currency(company.currency), 1)))


def _buyers_of(company: Company) -> tuple[tuple[int, int], ...]:
    """Two people with the location that they buy for."""
    places = [place.id for place in LOCATIONS if place.company == company.id]
    people = REQUESTERS_OF_FIRST if company.id == COMPANIES[0].id else REQUESTERS_OF_OTHERS
    return tuple((user, places[number % len(places)]) for number, user in enumerate(people))


def _draw_order(draw: Draw, vendor: Vendor, state: int) -> PurchaseOrder:
    company = draw.weighted(COMPANY_WEIGHTS)
    created = draw.moment(draw.day(FIRST_CREATED, LAST_CREATED))
    requester, location = draw.one_of(_buyers_of(company))
    frame = OrderFrame(
        company=company,
        state=state,
        created=created,
        receipts=_receipts(draw, state),
    )
    lines = tuple(_draw_line(draw, frame) for _ in range(draw.whole(1, 4)))
    order_id = draw.next_id("order", first=FIRST_ORDER_ID)
    closed = created + timedelta(days=draw.whole(20, 30)) if _is_shut(state) else None
    last = max([created, *(line.modified for line in lines), *([closed] if closed else [])])
    return PurchaseOrder(
        id=order_id,
        uuid=str(draw.uuid()),
        custom_number=f"HB-{order_id:05d}" if draw.happens(20) else None,
        requisition=draw.next_id("requisition", first=FIRST_REQUISITION),
        requisition_uuid=draw.uuid().hex,
        vendor=vendor.id,
        currency=currency_of(draw, company),
        term=draw.one_of(tuple(TERM)),
        state=state,
        version=1,
        created=created,
        approved=created - timedelta(hours=draw.whole(2, 60)),
        modified=last + timedelta(seconds=draw.whole(1, 300)),
        closed=closed,
        promised=created + timedelta(days=draw.whole(7, 40)),
        purchaser=21,
        requester=requester,
        approver=15 if company.id == COMPANIES[0].id else 32,
        location=location,
        freight=draw.cents(5, 60) if draw.happens(25) else ZERO,
        discount=draw.cents(1, 4) if draw.happens(10) else ZERO,
        lines=lines,
    )


def _is_shut(state: int) -> bool:
    return state in {ORDER_CANCELLED, ORDER_CLOSED, ORDER_PAID}


def _receipts(draw: Draw, state: int) -> str:
    """How much is received: nothing of a cancelled order, all of a closed or paid one."""
    if state == ORDER_CANCELLED:
        return "none"
    return "all" if _is_shut(state) else draw.one_of(("none", "some", "all"))


def _draw_line(draw: Draw, frame: OrderFrame) -> OrderLine:
    charge = draw_charge(draw, frame.company)
    quantity, price = Decimal(draw.whole(1, 40)), draw.cents(4, 400)
    tax = TAX[charge.tax].percentage if charge.tax else ZERO
    net, tax_amount = exclusive_amounts(quantity, price, tax)
    line_id = draw.next_id("order line", first=FIRST_LINE_ID)
    received = _received(draw, frame.receipts, quantity)
    received_at = frame.created + timedelta(days=draw.whole(3, 15), minutes=line_id % 60)
    return OrderLine(
        id=line_id,
        name=f"{ACCOUNT_CODE[charge.account_code].description} {line_id}",
        quantity=quantity,
        price=price,
        tax=charge.tax,
        tax_amount=tax_amount,
        account_code=charge.account_code,
        department=charge.department,
        split=draw_shares(draw, frame.company, charge, net) if draw.happens(15) else (),
        project=charge.project,
        received=received,
        rejected=ZERO,
        received_at=received_at if received else None,
        modified=received_at if received else frame.created,
        status=line_status(quantity, received),
    )


def line_status(quantity: Decimal, received: Decimal) -> int:
    """The status code of an order line by what has been received of it."""
    if received >= quantity:
        return STATUS_RECEIVED
    return STATUS_PARTLY if received else STATUS_PENDING


def _received(draw: Draw, receipts: str, quantity: Decimal) -> Decimal:
    if receipts == "all":
        return quantity
    is_partial = receipts == "some" and draw.happens(70)
    return to_cents(quantity / 2).quantize(Decimal(1)) if is_partial else ZERO
