"""The accountant's rules as frozen values; built once per run by :mod:`rule_files`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.mapping.operators import Rule
from target_ifs_cloud.mapping.tables import Limits, Table

FieldRules = tuple[tuple[str, Rule], ...]
"""Fields of IFS in the order of the rule file, each with its rule."""

RateSource = Literal["ifs", "procurify"]
ACCOUNTS_TABLE = "accounts"

# Source: documented by Procurify, bill status codes.
BILL_STATUSES: Mapping[int, str] = {
    0: "Draft",
    1: "Confirmed",
    2: "Approved",
    3: "Denied",
    4: "Paid",
    5: "Withdrawn",
    6: "Payment Confirmed",
    7: "Payment Approved",
    8: "Payment Limbo",
}
# Source: documented by Procurify, bill type codes.
BILL_TYPES: Mapping[int, str] = {0: "order", 1: "expense", 2: "credit_card"}
# Source: documented by Procurify, purchase order state codes; 2 is an unused legacy code.
ORDER_STATES: Mapping[int, str] = {
    0: "Purchased",
    1: "Cancelled",
    3: "Closed",
    4: "Paid",
    5: "Reopened",
}
# Source: documented by Procurify, order item status codes.
ORDER_LINE_STATUSES: Mapping[int, str] = {
    0: "Purchase Pending",
    1: "Purchaser In-Use",
    2: "Receive Pending",
    3: "Received",
    4: "Rejected for Purchase",
    5: "Partial Received",
    6: "Fulfilled",
    7: "Approval Denied",
    8: "Request Draft",
}
# Source: documented by Procurify, vendor type codes; 1, 5 and 6 can never be sent.
VENDOR_TYPES: Mapping[int, str] = {
    1: "other",
    2: "hidden",
    3: "preferred",
    4: "regular",
    5: "employee",
    6: "credit_card_provider",
    7: "checkout",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRules:
    """How invoices are entered in one company of IFS."""

    company: CompanyId
    currency: str
    series: str
    invoice_type: str
    credit_note_type: str
    voucher_type: str
    supplier_payment_term: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow:
    """Which company a location or department belongs to; an empty field fits everything."""

    location: str
    location_id: str
    department: str
    department_external_id: str
    limits: Limits
    company: CompanyId
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRow:
    """The tax code of a Procurify tax. Units: ``percent`` in percent; ``None`` with no tax."""

    tax: str
    percent: Decimal | None
    is_no_tax: bool
    code: str
    limits: Limits
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingRules:
    """What happens to shipping amounts. ``account`` is a Procurify account code or empty."""

    unclear: Literal["hold", "include", "leave_out"]
    account: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRules:
    """What bills and purchase orders have in common on their way to a supplier invoice."""

    where: str
    number: Rule
    currency: Rule
    rate_sources: tuple[RateSource, ...]
    rate_where: str
    header: FieldRules
    line_fields: FieldRules
    posting_fields: FieldRules


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRules:
    """Which bills become supplier invoices, and how."""

    invoice: InvoiceRules
    statuses: frozenset[str]
    types: frozenset[str]
    types_where: str
    allocation_missing: Literal["hold", "order_line"]
    shipping: ShippingRules


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRules:
    """Which purchase orders become posting proposals, and how."""

    invoice: InvoiceRules
    post_as: Literal["posting_proposal", "none"]
    states: frozenset[str]
    line_statuses_left_out: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules:
    """A child row of a supplier: for the supplier once, or once per company."""

    collection: str
    is_per_company: bool
    fields: FieldRules
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRules:
    """Which vendors become suppliers, and how."""

    where: str
    types: frozenset[str]
    is_sent_while_requested: bool
    supplier_id: Rule
    name: Rule
    country: Rule
    header: FieldRules
    rows: tuple[RowRules, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rule files as one value. ``version`` changes with any byte of any file."""

    version: str
    base_currency: str
    by_company: Mapping[CompanyId, CompanyRules]
    company_rows: tuple[CompanyRow, ...]
    letters: Mapping[CompanyId, tuple[tuple[str, Rule], ...]]
    tables: Mapping[str, Table]
    tax_rows: tuple[TaxRow, ...]
    bill: BillRules
    purchase_order: OrderRules
    vendor: VendorRules

    @property
    def companies(self) -> tuple[CompanyId, ...]:
        """The companies of IFS that documents can go to, in the order of the file."""
        return tuple(self.by_company)

    def code_parts(self, company: CompanyId) -> frozenset[str]:
        """The letters other than A that the rules fill in this company."""
        return frozenset(letter for letter, _ in self.letters.get(company, ()))
