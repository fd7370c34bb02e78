"""What the tenant buys, as plain values: vendors, purchase orders, bills, receipts, payments.

The records know the money rules of Procurify and nothing of its JSON; rendering is elsewhere.
All amounts are Decimal in the document's currency, all moments aware UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
ZERO = Decimal(0)

# Codes documented by Procurify.
DRAFT, CONFIRMED, APPROVED, DENIED, PAID, WITHDRAWN = range(6)
PAYMENT_CONFIRMED, PAYMENT_APPROVED, PAYMENT_LIMBO = 6, 7, 8
ORDER_BILL, EXPENSE_BILL, CARD_BILL = range(3)
ORDER_OPEN, ORDER_CANCELLED, ORDER_CLOSED, ORDER_PAID, ORDER_REOPENED = 0, 1, 3, 4, 5
PLACEHOLDER, PUNCHOUT, PREFERRED, REGULAR, EMPLOYEE, CARD_PROVIDER, CHECKOUT = range(1, 8)


def to_cents(amount: Decimal) -> Decimal:
    """The amount rounded half up to whole cents."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor. ``is_listed`` false: gone from every list, still found by its id."""

    id: int
    name: str
    type: int
    modified: datetime
    is_active: bool = True
    is_listed: bool = True
    is_awaiting_approval: bool = False
    external_id: str | None = None
    street: str | None = ""
    street_two: str | None = ""
    postal_code: str | None = ""
    city: str | None = ""
    state: str | None = ""
    country: str | None = ""
    phone: str | None = ""
    phone_two: str | None = ""
    fax: str | None = ""
    emails: tuple[str, ...] = ()
    comments: str | None = ""
    contact: str | None = ""
    url: str | None = None
    currency_id: int | None = None
    term_id: int | None = None
    tax_id: int | None = None
    default_payment_method: int | None = None
    is_1099_eligible: bool | None = False
    is_auto_email_po_enabled: bool = False
    po_pdf_labels: str = ""
    overall_score: Decimal | None = None
    bank_tail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A share of a net amount, charged to an account code within a department."""

    account_code: str
    department: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line of a purchase order. ``split`` is empty when all goes to its own account."""

    id: int
    name: str
    quantity: Decimal
    price: Decimal
    tax: str | None
    tax_amount: Decimal
    account_code: str
    department: int
    split: tuple[Allocation, ...]
    project: str | None
    received: Decimal
    rejected: Decimal
    received_at: datetime | None
    modified: datetime
    status: int

    @property
    def net(self) -> Decimal:
        """Quantity times price, to the cent."""
        return to_cents(self.quantity * self.price)

    @property
    def shares(self) -> tuple[Allocation, ...]:
        """How the net amount is charged, split or not."""
        whole = Allocation(
            account_code=self.account_code, department=self.department, amount=self.net
        )
        return self.split or (whole,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """A purchase order with its lines, and the requisition that it came from."""

    id: int
    uuid: str
    custom_number: str | None
    requisition: int
    requisition_uuid: str
    vendor: int
    currency: str
    term: str
    state: int
    version: int
    created: datetime
    approved: datetime
    modified: datetime
    closed: datetime | None
    promised: datetime
    purchaser: int
    requester: int
    approver: int
    location: int
    freight: Decimal
    discount: Decimal
    lines: tuple[OrderLine, ...]

    @property
    def number(self) -> str:
        """The number that people see."""
        return self.custom_number or f"PF{self.id}"

    @property
    def subtotal(self) -> Decimal:
        """The lines without tax."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        """The tax of the lines."""
        return sum((line.tax_amount for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """Lines, tax and freight less the discount."""
        return self.subtotal + self.tax + self.freight - self.discount

    @property
    def fulfilment(self) -> str:
        """How much has been received: ``empty``, ``partial`` or ``full``."""
        if all(line.received >= line.quantity for line in self.lines):
            return "full"
        return "partial" if any(line.received for line in self.lines) else "empty"

    @property
    def is_open(self) -> bool:
        """Whether it can still be received and billed."""
        return self.state in {ORDER_OPEN, ORDER_REOPENED}


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """A line of a bill.

    ``unit_cost`` contains the tax when ``is_tax_inclusive``; ``net`` never does.
    """

    id: int
    description: str
    quantity: Decimal
    unit_cost: Decimal
    net: Decimal
    tax: str | None
    tax_amount: Decimal
    is_tax_inclusive: bool
    allocations: tuple[Allocation, ...]
    project: str | None
    order: int | None = None
    order_line: int | None = None
    received_on: datetime | None = None
    shipping: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        """The amount with tax."""
        return self.net + self.tax_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCost:
    """A charge of the whole bill, freight for one. It carries no tax."""

    id: int
    name: str
    allocation: Allocation


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """Who put a bill into which status, and when."""

    status: int
    user: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill. Its company is that of the departments which its lines are charged to."""

    id: int
    uuid: str
    version: int
    type: int
    status: int
    vendor: int
    currency: str
    number: str
    invoice_date: date | None
    due_date: date | None
    gl_post_date: date | None
    term: str
    submitted: datetime | None
    modified: datetime
    creator: int
    history: tuple[StatusChange, ...]
    lines: tuple[BillLine, ...]
    costs: tuple[BillCost, ...]
    note: str = ""
    exported: date | None = None

    @property
    def subtotal(self) -> Decimal:
        """The lines without tax."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def cost(self) -> Decimal:
        """The lines and the charges of the whole bill, without tax."""
        return self.subtotal + sum((cost.allocation.amount for cost in self.costs), ZERO)

    @property
    def tax(self) -> Decimal:
        """All tax, contained in the prices or on top of them."""
        return sum((line.tax_amount for line in self.lines), ZERO)

    @property
    def inclusive_tax(self) -> Decimal:
        """The tax that the prices contain."""
        return sum((line.tax_amount for line in self.lines if line.is_tax_inclusive), ZERO)

    @property
    def shipping(self) -> Decimal:
        """The shipping of the lines."""
        return sum((line.shipping for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """What the vendor is owed."""
        return self.cost + self.tax

    @property
    def approver(self) -> int | None:
        """The user who approved it last."""
        users = [change.user for change in self.history if change.status == APPROVED]
        return users[-1] if users else None

    @property
    def group(self) -> int:
        """The number by which payments refer to it."""
        return 5000 + self.id


def exclusive_amounts(
    quantity: Decimal, unit_cost: Decimal, percentage: Decimal
) -> tuple[Decimal, Decimal]:
    """Net and tax of a line whose tax comes on top of its price."""
    net = to_cents(quantity * unit_cost)
    return net, to_cents(net * percentage / HUNDRED)


def inclusive_amounts(
    quantity: Decimal, unit_cost: Decimal, percentage: Decimal
) -> tuple[Decimal, Decimal]:
    """Net and tax of a line whose price contains the tax."""
    gross = to_cents(quantity * unit_cost)
    net = to_cents(gross * HUNDRED / (HUNDRED + percentage))
    return net, gross - net


def share_out(amount: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The amount cut into exact cents by weight; the last share takes what rounding leaves."""
    whole = sum(weights, ZERO)
    shares = [to_cents(amount * weight / whole) for weight in weights[:-1]]
    return (*shares, amount - sum(shares, ZERO))
