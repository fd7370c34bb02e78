"""Draws the invoices that somebody has entered by hand in IFS before the first run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from erp_sandbox.ledgers import (
    INVOICE_TYPE,
    SERIES,
    IfsInvoice,
    IfsInvoiceLine,
    IfsPosting,
    ifs_currency_rates,
)
from erp_sandbox.purchases import ZERO, Allocation, Bill
from erp_sandbox.seeding.charges import EASY_CODES, departments_of
from erp_sandbox.tenant import (
    ACCOUNT_CODE,
    COMPANIES,
    NO_TAX_CODE,
    TAX,
    TERM,
    Company,
    company_of_department,
    department,
)


def invoice_like(bill: Bill, supplier: str) -> IfsInvoice:
    """The invoice that a careful person makes of the bill."""
    company = company_of_department(bill.lines[0].allocations[0].department)
    invoiced = bill.invoice_date or date.min
    items = [
        IfsInvoiceLine(tax_code=_tax_code(line.tax), net=line.net, tax=line.tax_amount)
        for line in bill.lines
    ]
    costs = [
        IfsInvoiceLine(tax_code=NO_TAX_CODE, net=cost.allocation.amount, tax=ZERO)
        for cost in bill.costs
    ]
    return IfsInvoice(
        company=company.id,
        supplier=supplier,
        series=SERIES,
        number=bill.number,
        invoice_type=INVOICE_TYPE,
        currency=bill.currency,
        rate=_rate(company, bill.currency, invoiced),
        invoice_date=invoiced,
        due_date=bill.due_date or invoiced,
        voucher_date=bill.gl_post_date or invoiced,
        payment_term=str(TERM[bill.term].days),
        lines=(*items, *costs),
        postings=tuple(_postings(company, bill)),
    )


def unrelated_invoice() -> IfsInvoice:
    """An invoice of a supplier that Procurify does not know."""
    company = COMPANIES[0]
    centre = department(departments_of(company)[0]).cost_centre
    code = EASY_CODES[-2:][0]
    codes = {"A": ACCOUNT_CODE[code].ifs_account or "", company.cost_centre_part: centre}
    return IfsInvoice(
        company=company.id,
        supplier="S-7002",
        series=SERIES,
        number="POL-2026-19",
        invoice_type=INVOICE_TYPE,
        currency=company.currency,
        rate=Decimal(1),
        invoice_date=date(2026, 2, 2),
        due_date=date(2026, 3, 4),
        voucher_date=date(2026, 2, 2),
        payment_term="30",
        lines=(IfsInvoiceLine(tax_code=NO_TAX_CODE, net=Decimal("4180.00"), tax=ZERO),),
        postings=(IfsPosting(codes=codes, amount=Decimal("4180.00"), text="Insurance"),),
    )


def _tax_code(tax: str | None) -> str:
    return TAX[tax].tax_code if tax else NO_TAX_CODE


def _postings(company: Company, bill: Bill) -> list[IfsPosting]:
    rows = [
        _posting(company, share, line.project, line.description)
        for line in bill.lines
        for share in line.allocations
    ]
    rows += [_posting(company, cost.allocation, None, cost.name) for cost in bill.costs]
    return rows


def _posting(company: Company, share: Allocation, project: str | None, text: str) -> IfsPosting:
    account = ACCOUNT_CODE[share.account_code].ifs_account or ""
    codes: Mapping[str, str] = {
        "A": account,
        company.cost_centre_part: department(share.department).cost_centre,
        **({company.project_part: project} if project else {}),
    }
    return IfsPosting(codes=codes, amount=share.amount, text=text)


def _rate(company: Company, currency: str, day: date) -> Decimal:
    rates = [
        rate
        for rate in ifs_currency_rates()
        if rate.company == company.id and rate.currency == currency and rate.valid_from <= day
    ]
    return max(rates, key=lambda rate: rate.valid_from).rate
