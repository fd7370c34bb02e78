"""The whole made-up world of one seed: what the tenant bought, and what IFS holds before any run.

``build_world`` gives the same world for the same seed and scale, on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from erp_sandbox.ledgers import (
    Account,
    CodePart,
    CodeValue,
    CurrencyRate,
    IfsInvoice,
    IfsSupplier,
    PaymentTerm,
    Period,
    TaxCode,
    ifs_accounts,
    ifs_code_parts,
    ifs_code_values,
    ifs_currency_rates,
    ifs_payment_terms,
    ifs_periods,
    ifs_tax_codes,
)
from erp_sandbox.purchases import APPROVED, Bill, PurchaseOrder, Vendor
from erp_sandbox.seeding.awkward import Awkward
from erp_sandbox.seeding.bills import (
    draw_credit_bill,
    draw_frame,
    draw_order_bills,
    draw_ordinary_bill,
)
from erp_sandbox.seeding.by_hand import invoice_like, unrelated_invoice
from erp_sandbox.seeding.draw import Draw
from erp_sandbox.seeding.orders import draw_orders
from erp_sandbox.seeding.vendors import VendorSeed, draw_vendors
from erp_sandbox.tenant import COMPANIES, CURRENCIES, Company, Currency

SCALE_MAX = 2000
BILLS_PER_SCALE = 200
ORDER_BILLS, CREDITS = 60, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that exists at the start. Procurify serves the first three, IFS the rest."""

    seed: int
    scale: int
    vendors: tuple[Vendor, ...]
    purchase_orders: tuple[PurchaseOrder, ...]
    bills: tuple[Bill, ...]
    ifs_suppliers: tuple[IfsSupplier, ...]
    ifs_invoices: tuple[IfsInvoice, ...]
    companies: tuple[Company, ...] = COMPANIES
    currencies: tuple[Currency, ...] = CURRENCIES
    accounts: tuple[Account, ...] = field(default_factory=ifs_accounts)
    code_parts: tuple[CodePart, ...] = field(default_factory=ifs_code_parts)
    code_values: tuple[CodeValue, ...] = field(default_factory=ifs_code_values)
    tax_codes: tuple[TaxCode, ...] = field(default_factory=ifs_tax_codes)
    payment_terms: tuple[PaymentTerm, ...] = field(default_factory=ifs_payment_terms)
    currency_rates: tuple[CurrencyRate, ...] = field(default_factory=ifs_currency_rates)
    periods: tuple[Period, ...] = field(default_factory=ifs_periods)


def build_world(seed: int, scale: int) -> World:
    """The world of that seed; ``scale`` multiplies vendors, orders and bills.

    Raises:
        ValueError: the scale is not between 1 and ``SCALE_MAX``.
    """
    if not 1 <= scale <= SCALE_MAX:
        raise ValueError(f"scale must be between 1 and {SCALE_MAX}, not {scale}")
    draw = Draw(seed)
    seeded = draw_vendors(draw, scale)
    orders = draw_orders(draw, seeded.usable, scale)
    awkward = Awkward(draw, seeded)
    bills = list(draw_order_bills(draw, orders, ORDER_BILLS * scale))
    for _ in range(scale):
        bills += _draw_block(draw, seeded, awkward)
    in_ifs = {supplier.id for supplier in seeded.suppliers}
    supplier_of = {
        vendor.id: vendor.external_id for vendor in seeded.usable if vendor.external_id in in_ifs
    }
    # Somebody was faster: a bill of an order and an ordinary one are in IFS already.
    adoptable = [bill for bill in bills if bill.vendor in supplier_of]
    entered = (adoptable[0], adoptable[-1]) if adoptable else ()
    return World(
        seed=seed,
        scale=scale,
        vendors=seeded.vendors,
        purchase_orders=orders,
        bills=tuple(bills),
        ifs_suppliers=seeded.suppliers,
        ifs_invoices=(
            *(invoice_like(bill, supplier_of[bill.vendor] or "") for bill in entered),
            unrelated_invoice(),
        ),
    )


def _draw_block(draw: Draw, seeded: VendorSeed, awkward: Awkward) -> list[Bill]:
    """The bills of one unit of scale, without those of orders."""
    bills = [
        *awkward.ineligible_bills(),
        *awkward.expense_and_card_bills(),
        *awkward.bills_to_be_held(),
        *awkward.bills_with_the_same_number(),
        *awkward.bills_of_the_inactive_vendor(),
    ]
    for _ in range(CREDITS):
        frame = draw_frame(draw, draw.one_of(seeded.usable).id, status=APPROVED)
        bills.append(draw_credit_bill(draw, frame))
    while len(bills) < BILLS_PER_SCALE - ORDER_BILLS:
        frame = draw_frame(draw, draw.one_of(seeded.usable).id)
        bills.append(draw_ordinary_bill(draw, frame))
    return bills
