"""What IFS Cloud holds that a document must agree with: its basic data and suppliers.

Frozen values, read once per run and company by :mod:`target_ifs_cloud.ifs`. ``None`` for a whole
collection means that the site does not offer it, so nothing can be checked against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from target_ifs_cloud.documents import CompanyId, SupplierId


class Demand(Enum):
    """What an account asks of a code part. Source: IFS account types, code part demands."""

    MANDATORY = "Mandatory"
    CAN = "Can"
    BLOCKED = "Blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeValue:
    """A value of a code part (cost centre, project …); the two dates are inclusive."""

    value: str
    valid_from: date | None = None
    valid_until: date | None = None
    is_budget_only: bool = False

    def is_valid_on(self, day: date) -> bool:
        """True when postings of that day may carry the value."""
        return (self.valid_from or day) <= day <= (self.valid_until or day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(CodeValue):
    """An account: code part A with what it asks of the others."""

    demands: Mapping[str, Demand]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxCode(CodeValue):
    """A tax code. Units: ``rate`` in percent, ``None`` when IFS does not say."""

    rate: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A currency rate. Units: company currency for one unit of ``currency``, as IFS states it."""

    currency: str
    valid_from: date
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """An accounting period; both dates belong to it."""

    date_from: date
    date_until: date
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyReference:
    """One company's basic data as it was at ``read_at``."""

    company: CompanyId
    name: str
    country: str
    uses_posting_proposal: bool
    default_invoice_type: str | None
    accounts: Mapping[str, Account]
    code_values: Mapping[str, Mapping[str, CodeValue]]
    tax_codes: Mapping[str, TaxCode] | None
    payment_terms: frozenset[str] | None
    currencies: frozenset[str] | None
    rates: tuple[Rate, ...] | None
    periods: tuple[Period, ...] | None
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierCompany:
    """The supplier's invoice row in one company; without it no invoice can be entered there."""

    payment_term: str
    uses_posting_proposal: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierReference:
    """A supplier of IFS. ``companies`` is ``None`` until its invoice rows have been read."""

    supplier: SupplierId
    name: str
    country: str
    association_no: str = ""
    companies: Mapping[CompanyId, SupplierCompany] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Everything a mapping may look at, for the companies that the rules name."""

    companies: Mapping[CompanyId, CompanyReference]
    suppliers: Mapping[SupplierId, SupplierReference]
