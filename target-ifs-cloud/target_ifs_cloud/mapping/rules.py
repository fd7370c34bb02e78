"""The accountant's rules as frozen values; built once per run by :mod:`rule_files`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.mapping.operators import Rule
from target_ifs_cloud.mapping.rule_cases import Case
from target_ifs_cloud.mapping.tables import Limits, Table, table_key

FieldRules = tuple[tuple[str, Rule], ...]
"""Fields of IFS in the order of the rule file, each with its rule."""

RateSource = Literal["ifs", "procurify"]
PeriodChoice = Literal["hold", "next_open", "accrual_list"]
DuplicateChoice = Literal["hold", "warn", "ignore"]
ACCOUNTS_TABLE = "accounts"
LEGAL_ENTITIES_TABLE = "legal_entities"
"""Location to legal entity: bills and orders name the location only. Source: documented."""

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
# Source: inferred; what an ERP may take as approved, paid or being paid included.
ELIGIBLE_STATUSES = ("Approved", "Payment Confirmed", "Payment Approved", "Payment Limbo", "Paid")
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
    """Which company a place belongs to; an empty field fits everything."""

    legal_entity: str
    location: str
    location_id: str
    department: str
    department_external_id: str
    limits: Limits
    company: CompanyId
    where: str

    def fits(self, keys: Mapping[str, str]) -> bool:
        """True when everything that the row names has this value."""
        return all(
            not word or word == keys.get(name)
            for name, word in (
                ("legal_entity", self.legal_entity),
                ("location", self.location),
                ("location_id", self.location_id),
                ("department", self.department),
                ("department_external_id", self.department_external_id),
            )
        )


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
class RoundingRules:
    """Where rounding differences are posted. Units: ``at_most`` in the bill's currency.

    ``account`` is a Procurify account code.
    """

    account: str
    at_most: Decimal
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodRules:
    """What happens to a bill whose posting date has no open period."""

    closed: PeriodChoice
    missing: PeriodChoice
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRules:
    """What happens to a bill that looks like another one."""

    near_number: DuplicateChoice
    same_amount_and_date: DuplicateChoice
    twin_vendor: DuplicateChoice
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspicionRules:
    """What happens to a vendor that shows signs of fraud; `hold` holds its new bills."""

    payment_changed: DuplicateChoice
    mail_domain_changed: DuplicateChoice
    name_alike: DuplicateChoice
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
    allocation_other_total: Literal["divide", "hold"]
    shipping: ShippingRules
    rounding: RoundingRules | None
    period: PeriodRules
    duplicates: DuplicateRules


@dataclass(frozen=True, slots=True, kw_only=True)
class IfsOrderRules:
    """How purchase orders become purchase orders of IFS."""

    where: str
    number: Rule
    site_by_company: Mapping[CompanyId, str]
    header: FieldRules
    line_fields: FieldRules


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRules:
    """Which purchase orders become posting proposals or orders of IFS, and how.

    ``order`` is there whenever ``post_as`` is ``purchase_order``.
    """

    invoice: InvoiceRules
    post_as: Literal["posting_proposal", "purchase_order", "none"]
    states: frozenset[str]
    line_statuses_left_out: frozenset[str]
    order: IfsOrderRules | None = None


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
    suspicions: SuspicionRules
    owners: Mapping[str, str] = field(default_factory=dict)
    """Who decides a field of a vendor: `procurify`, `ifs` or `none`, from ``supplier.yml``."""


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
    cases: tuple[Case, ...] = ()

    @property
    def companies(self) -> tuple[CompanyId, ...]:
        """The companies of IFS that documents can go to, in the order of the file."""
        return tuple(self.by_company)

    def find_company_row(self, keys: Mapping[str, str], day: date | None) -> CompanyRow | None:
        """The first row that fits a cost's location and department on a day."""
        wanted = {name: table_key(text) for name, text in keys.items()}
        if not wanted.get("legal_entity") and LEGAL_ENTITIES_TABLE in self.tables:
            table = self.tables[LEGAL_ENTITIES_TABLE]
            row = table.find(wanted.get("location", ""), None, day)
            wanted["legal_entity"] = table_key(row.gives) if row else ""
        fitting = (row for row in self.company_rows if row.fits(wanted))
        return next((row for row in fitting if row.limits.allow(None, day)), None)

    def code_parts(self, company: CompanyId) -> frozenset[str]:
        """The letters other than A that the rules fill in this company."""
        return frozenset(letter for letter, _ in self.letters.get(company, ()))
