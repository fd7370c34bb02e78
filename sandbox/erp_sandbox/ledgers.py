"""The books of the two companies in IFS before any run: accounts, code strings, rates, periods.

Each company uses other letters of the code string for its cost centre and its projects, so that a
letter taken for granted shows at once.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from erp_sandbox.organisation import OwnAccount
from erp_sandbox.tenant import (
    ACCOUNT_CODES,
    COMPANIES,
    CURRENCIES,
    CURRENCY,
    DEPARTMENTS,
    NO_TAX_CODE,
    PROJECTS,
    TAXES,
    TENANT,
    TERMS,
    AccountCode,
    Company,
    company_of_department,
)

RATE_STEP = Decimal("0.000001")
CODE_PART_LETTERS = "BCDEFGHIJ"
MANDATORY, CAN, BLOCKED = "Mandatory", "Can", "Blocked"
DEMANDS = {"must": MANDATORY, "can": CAN, "never": BLOCKED}
EXPENSE = 2
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of a company in IFS. ``demands``: code part letter to Mandatory/Can/Blocked."""

    company: str
    account: str
    description: str
    demands: Mapping[str, str]
    valid_from: date
    valid_until: date
    is_ledger_account: bool = False
    is_budget_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePart:
    """A code part that a company uses: its letter and what it stands for."""

    company: str
    letter: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeValue:
    """A value of a code part (B-J) of a company."""

    company: str
    letter: str
    value: str
    description: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxCode:
    """A tax code (statutory fee) of a company. ``percentage`` of the net amount."""

    company: str
    code: str
    description: str
    percentage: Decimal
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerm:
    """A payment term of a company in IFS."""

    company: str
    id: str
    description: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyRate:
    """What one unit of ``currency`` costs in the company's currency from ``valid_from`` on."""

    company: str
    currency: str
    rate: Decimal
    valid_from: date
    conversion_factor: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """An accounting period of a company."""

    company: str
    year: int
    period: int
    first_day: date
    last_day: date
    is_open: bool


def ifs_accounts() -> tuple[Account, ...]:
    """The chart of accounts of every company, with what each account demands of a code string."""
    return tuple(account for company in COMPANIES for account in _accounts_of(company))


def _accounts_of(company: Company) -> list[Account]:
    spending = [
        Account(
            company=company.id,
            account=code.ifs_account,
            description=code.description,
            demands=_demands(company, code),
            valid_from=FIRST_DAY,
            valid_until=LAST_DAY,
        )
        for code in ACCOUNT_CODES
        if code.ifs_account is not None
    ]
    ledger = [
        Account(
            company=company.id,
            account=account,
            description=words,
            demands=dict.fromkeys(CODE_PART_LETTERS, BLOCKED),
            valid_from=FIRST_DAY,
            valid_until=LAST_DAY,
            is_ledger_account=True,
        )
        for account, words in (("2410", "Accounts payable"), ("2450", "Input tax"))
    ]
    budget = Account(
        company=company.id,
        account="4990",
        description="Planning reserve",
        demands=dict.fromkeys(CODE_PART_LETTERS, BLOCKED),
        valid_from=FIRST_DAY,
        valid_until=LAST_DAY,
        is_budget_only=True,
    )
    own = [_own_account(company, one) for one in TENANT.accounts if one.company == company.id]
    # The first that is named counts: several account codes may lead to one account.
    rows = {row.account: row for row in reversed([*spending, *ledger, budget, *own])}
    return list(reversed(rows.values()))


def _demands(company: Company, code: AccountCode) -> dict[str, str]:
    demands = dict.fromkeys(CODE_PART_LETTERS, BLOCKED)
    demands[company.cost_centre_part] = MANDATORY if code.account_type == EXPENSE else CAN
    demands[company.project_part] = DEMANDS[code.project]
    return demands


def _own_account(company: Company, own: OwnAccount) -> Account:
    """An account that the tenant file names."""
    return Account(
        company=company.id,
        account=own.account,
        description=own.description,
        demands={
            **dict.fromkeys(CODE_PART_LETTERS, BLOCKED),
            company.cost_centre_part: DEMANDS[own.cost_centre],
            company.project_part: DEMANDS[own.project],
        },
        valid_from=FIRST_DAY,
        valid_until=LAST_DAY,
    )


def ifs_code_parts() -> tuple[CodePart, ...]:
    """The code parts in use; part A is the account in every company."""
    return tuple(
        CodePart(company=company.id, letter=letter, name=name)
        for company in COMPANIES
        for letter, name in (
            ("A", "Account"),
            (company.cost_centre_part, "Cost Centre"),
            (company.project_part, "Project"),
        )
    )


def ifs_code_values() -> tuple[CodeValue, ...]:
    """The cost centres and projects of every company."""
    found = []
    for company in COMPANIES:
        centres = [
            (company.cost_centre_part, department.cost_centre, department.name)
            for department in DEPARTMENTS
            if company_of_department(department.id).id == company.id
        ]
        projects = [(company.project_part, name, f"Project {name}") for name in PROJECTS]
        found += [
            CodeValue(
                company=company.id,
                letter=letter,
                value=value,
                description=words,
                valid_from=FIRST_DAY,
                valid_until=LAST_DAY,
            )
            for letter, value, words in (*centres, *projects, *_own_values(company))
        ]
    return tuple(found)


def _own_values(company: Company) -> list[tuple[str, str, str]]:
    """Letter, value and text of the code values that the tenant file names."""
    own = [one for one in TENANT.code_values if one.company == company.id]
    return [(one.letter, one.value, one.description) for one in own]


def ifs_tax_codes() -> tuple[TaxCode, ...]:
    """The tax codes of every company, the one without tax among them."""
    rows = [(tax.company, tax.tax_code, tax.name, tax.percentage) for tax in TAXES]
    rows += [(company.id, NO_TAX_CODE, "No tax", Decimal(0)) for company in COMPANIES]
    rows += [(one.company, one.code, one.description, one.percentage) for one in TENANT.tax_codes]
    return tuple(
        TaxCode(
            company=company,
            code=code,
            description=words,
            percentage=percentage,
            valid_from=FIRST_DAY,
            valid_until=LAST_DAY,
        )
        for company, code, words, percentage in rows
    )


def ifs_payment_terms() -> tuple[PaymentTerm, ...]:
    """The payment terms of every company, named by their days."""
    return tuple(
        PaymentTerm(company=company.id, id=str(days), description=f"{days} days", days=days)
        for company in COMPANIES
        for days in sorted({0, 15, 30, 45, 60} | {term.days for term in TERMS})
    )


def ifs_currency_rates() -> tuple[CurrencyRate, ...]:
    """The rates of all currencies in all companies; a company's own currency is worth one."""
    made_up = _made_up_rates()
    known = {(rate.company, rate.currency) for rate in made_up}
    others = [
        CurrencyRate(
            company=company.id,
            currency=one.code,
            rate=(one.rate / CURRENCY[company.currency].rate).quantize(RATE_STEP),
            valid_from=date(2025, 1, 1),
        )
        for company in COMPANIES
        for one in CURRENCIES
        if (company.id, one.code) not in known
    ]
    return (*made_up, *others)


def _made_up_rates() -> tuple[CurrencyRate, ...]:
    """Those of the made-up companies, one of which changes in the middle of the year."""
    ids = {company.id: company.currency for company in COMPANIES}
    return tuple(
        CurrencyRate(company=company, currency=currency, rate=Decimal(rate), valid_from=day)
        for company, currency, rate, day in (
            ("HCA", "CAD", "1", date(2025, 1, 1)),
            ("HCA", "USD", "1.35", date(2025, 1, 1)),
            ("HCA", "USD", "1.36", date(2026, 7, 1)),
            ("HUS", "USD", "1", date(2025, 1, 1)),
            ("HUS", "CAD", "0.74", date(2025, 1, 1)),
        )
        if ids.get(company) == {"HCA": "CAD", "HUS": "USD"}[company]
    )


def ifs_periods() -> tuple[Period, ...]:
    """Monthly periods of 2025 (closed) and 2026 (open) in every company."""
    return tuple(
        Period(
            company=company.id,
            year=year,
            period=month,
            first_day=date(year, month, 1),
            last_day=date(year, month, calendar.monthrange(year, month)[1]),
            is_open=is_open,
        )
        for company in COMPANIES
        for year, is_open in ((2025, False), (2026, True))
        for month in range(1, 13)
    )


SERIES = "II"
INVOICE_TYPE, CREDIT_NOTE_TYPE = "SUPPINV", "SUPPCRED"
VOUCHER_TYPE = "I"


@dataclass(frozen=True, slots=True, kw_only=True)
class IfsSupplier:
    """A supplier that IFS has before any run. ``companies``: those with an invoice row for it."""

    id: str
    name: str
    country: str
    association_no: str
    street: str
    postal_code: str
    city: str
    state: str
    email: str
    companies: tuple[str, ...]
    payment_term: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IfsInvoiceLine:
    """A line of an invoice in IFS, in the invoice's currency."""

    tax_code: str
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class IfsPosting:
    """An amount by code string. ``codes``: code part letter (A is the account) to value."""

    codes: Mapping[str, str]
    amount: Decimal
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IfsInvoice:
    """An invoice that somebody has entered by hand in IFS, in the invoice's currency."""

    company: str
    supplier: str
    series: str
    number: str
    invoice_type: str
    currency: str
    rate: Decimal
    invoice_date: date
    due_date: date
    voucher_date: date
    payment_term: str
    lines: tuple[IfsInvoiceLine, ...]
    postings: tuple[IfsPosting, ...]

    @property
    def net(self) -> Decimal:
        """The sum of the lines without tax."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """The sum of the lines' tax."""
        return sum((line.tax for line in self.lines), Decimal(0))

    @property
    def gross(self) -> Decimal:
        """What the supplier is owed."""
        return self.net + self.tax
