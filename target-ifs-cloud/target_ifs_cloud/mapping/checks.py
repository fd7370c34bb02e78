"""What IFS would refuse, found before anything is sent: all reasons at once. Pure.

Source: documented and seen in code, IFS code strings, posting dates and supplier invoices. A
collection that the site does not offer (``None``) is not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from target_ifs_cloud.documents import (
    Line,
    Problem,
    PurchaseOrder,
    Supplier,
    SupplierInvoice,
    Value,
)
from target_ifs_cloud.mapping.code_checks import check_codes
from target_ifs_cloud.mapping.order_checks import check_order
from target_ifs_cloud.mapping.periods import period_state, posting_day
from target_ifs_cloud.money import is_exact, round_amount
from target_ifs_cloud.reference import CompanyReference, Reference

NUMBER_LENGTH_MAX = 50  # Source: inferred, length of the invoice number in IFS
_NONE = Decimal(0)


def check(document: SupplierInvoice | Supplier, reference: Reference) -> tuple[Problem, ...]:
    """Every reason why IFS would refuse the document; none means that it may be sent."""
    if isinstance(document, Supplier):
        found = list(_check_supplier(document, reference))
    elif isinstance(document, PurchaseOrder):
        found = list(check_order(document, reference))
    else:
        found = list(_check_invoice(document, reference))
    return tuple(dict.fromkeys(found))


def _check_invoice(document: SupplierInvoice, reference: Reference) -> Iterator[Problem]:
    yield from _check_number(document)
    yield from _check_totals(document)
    yield from _check_decimals(document)
    yield from _check_invoice_supplier(document, reference)
    company = reference.companies.get(document.company)
    if company is None:
        yield _company_unknown(str(document.company))
        return
    for rule in _COMPANY_CHECKS:
        yield from rule(document, company)


def _company_unknown(name: str) -> Problem:
    return Problem(
        code="company_unknown",
        field="company",
        message=f"company {name or '(none)'} could not be read from IFS",
        fix="Check its name in companies.yml and the permissions of the IFS user.",
    )


def _check_number(document: SupplierInvoice) -> Iterator[Problem]:
    if not document.number:
        yield Problem(
            code="number_missing",
            field="InvoiceNo",
            message="the invoice has no number",
            fix="Enter the invoice number in Procurify.",
        )
    if len(document.number) > NUMBER_LENGTH_MAX:
        yield Problem(
            code="number_too_long",
            field="InvoiceNo",
            message=f"the invoice number has {len(document.number)} characters; "
            f"{NUMBER_LENGTH_MAX} fit",
            fix="Shorten the invoice number in Procurify.",
        )


def _check_totals(document: SupplierInvoice) -> Iterator[Problem]:
    pairs = (
        ("gross", document.gross, "net and tax", document.net + document.tax),
        ("net", document.net, "its lines", sum((x.net for x in document.lines), _NONE)),
        ("tax", document.tax, "its lines", sum((x.tax for x in document.lines), _NONE)),
        ("net", document.net, "its postings", sum((x.amount for x in document.postings), _NONE)),
    )
    for name, amount, parts, total in pairs:
        if amount != total:
            yield Problem(
                code="totals_differ",
                field=name,
                message=f"the {name} amount is {amount} {document.currency}, {parts} make {total}",
                fix="Report this with the record; such a document is never sent.",
            )


def _check_decimals(document: SupplierInvoice) -> Iterator[Problem]:
    amounts = [("gross", document.gross)]
    amounts += [(f"lines[{x.ref}].net", x.net) for x in document.lines]
    amounts += [(f"lines[{x.ref}].tax", x.tax) for x in document.lines]
    amounts += [(f"postings[{x.ref}]", x.amount) for x in document.postings]
    for name, amount in amounts:
        if not is_exact(amount, document.currency):
            yield Problem(
                code="amount_decimals",
                field=name,
                message=f"{name} is {amount}, more decimals than {document.currency} has",
                fix="Round the amount in Procurify; amounts are never rounded on the way.",
            )


def _check_invoice_supplier(document: SupplierInvoice, reference: Reference) -> Iterator[Problem]:
    supplier = reference.suppliers.get(document.supplier)
    if supplier is None:
        yield Problem(
            code="supplier_unknown",
            field="supplier",
            message=f"IFS has no supplier {document.supplier or '(none)'}",
            fix="Create the supplier in IFS, or link the vendor to another one.",
        )
    elif supplier.companies is not None and document.company not in supplier.companies:
        yield Problem(
            code="supplier_not_in_company",
            field="supplier",
            message=f"supplier {document.supplier} has no invoice data in company "
            f"{document.company}",
            fix=f"Add company {document.company} on the supplier's invoice tab in IFS.",
        )


def _check_code_strings(document: SupplierInvoice, company: CompanyReference) -> Iterator[Problem]:
    day = posting_day(dict(document.header))
    for codes, place in {x.codes: x.ref for x in reversed(document.postings)}.items():
        yield from check_codes(codes, f"postings[{place}]", company, day)


def _check_tax_codes(document: SupplierInvoice, company: CompanyReference) -> Iterator[Problem]:
    if company.tax_codes is None:
        return
    invoice_date = dict(document.header).get("InvoiceDate")
    for line in document.lines:
        if line.tax_code is None:
            continue
        field = f"lines[{line.ref}].tax_code"
        known = company.tax_codes.get(line.tax_code)
        if known is None:
            yield Problem(
                code="tax_code_unknown",
                field=field,
                message=f"company {company.company} has no tax code {line.tax_code}",
                fix="Create the tax code in IFS, or correct tax_codes.yml.",
            )
            continue
        if isinstance(invoice_date, date) and not known.is_valid_on(invoice_date):
            yield Problem(
                code="tax_code_not_valid",
                field=field,
                message=f"tax code {line.tax_code} is not valid on {invoice_date.isoformat()}",
                fix="Extend its validity in IFS, or correct tax_codes.yml.",
            )
        if known.rate is not None and not _is_charged(line, known.rate, document.currency):
            yield Problem(
                code="tax_rate_differs",
                field=field,
                message=f"Procurify charges {_charge(line)}, tax code {line.tax_code} "
                f"has {known.rate.normalize():f}%",
                fix="Correct tax_codes.yml, the line's tax in Procurify or the rate in IFS.",
            )


def _is_charged(line: Line, rate: Decimal, currency: str) -> bool:
    """Whether a line has tax at this rate; one that tells no percentage, by its amounts."""
    if line.tax_percent is None and line.tax != 0:
        return round_amount(line.net * rate / 100, currency) == line.tax
    return rate == (line.tax_percent or _NONE)


def _charge(line: Line) -> str:
    if line.tax_percent is None and line.tax != 0:
        return f"{line.tax} on {line.net}"
    return f"{(line.tax_percent or _NONE).normalize():f}%"


def _check_terms(document: SupplierInvoice, company: CompanyReference) -> Iterator[Problem]:
    term = dict(document.header).get("PayTermId")
    yield from _check_term(term, company)


def _check_term(term: Value, company: CompanyReference) -> Iterator[Problem]:
    if term is None or company.payment_terms is None or str(term) in company.payment_terms:
        return
    yield Problem(
        code="payment_term_unknown",
        field="PayTermId",
        message=f"company {company.company} has no payment term {term}",
        fix="Create the payment term in IFS, or correct payment_terms.yml.",
    )


def _check_currency(document: SupplierInvoice, company: CompanyReference) -> Iterator[Problem]:
    if company.currencies is not None and document.currency not in company.currencies:
        yield Problem(
            code="currency_unknown",
            field="currency",
            message=f"company {company.company} has no currency {document.currency or '(none)'}",
            fix="Add the currency to the company in IFS.",
        )


def _check_period(document: SupplierInvoice, company: CompanyReference) -> Iterator[Problem]:
    """Proposals of purchase orders are never posted, so only bills need an open period."""
    day = posting_day(dict(document.header))
    if company.periods is None or day is None or document.source.kind != "bill":
        return
    state = period_state(company.periods, day)
    if state == "missing":
        yield Problem(
            code="period_missing",
            field="VoucherDate",
            message=f"company {company.company} has no accounting period for {day.isoformat()}",
            fix="Create the period in IFS, or change the posting date in Procurify.",
        )
    elif state == "closed":
        yield Problem(
            code="period_closed",
            field="VoucherDate",
            message=f"the accounting period of {day.isoformat()} is closed in company "
            f"{company.company}",
            fix="Change the posting date in Procurify, or open the period in IFS.",
        )


_COMPANY_CHECKS: tuple[Callable[[SupplierInvoice, CompanyReference], Iterator[Problem]], ...] = (
    _check_code_strings,
    _check_tax_codes,
    _check_terms,
    _check_currency,
    _check_period,
)


def _check_supplier(document: Supplier, reference: Reference) -> Iterator[Problem]:
    for row in document.rows:
        values = dict(row.values)
        if row.collection != "companies":
            continue
        name = str(values.get("Company", ""))
        company = next((x for x in reference.companies.values() if x.company == name), None)
        if company is None:
            yield _company_unknown(name)
            continue
        yield from _check_term(values.get("PayTermId"), company)
        currency = values.get("DefCurrency")
        known = company.currencies
        if currency is not None and known is not None and currency not in known:
            yield Problem(
                code="currency_unknown",
                field="DefCurrency",
                message=f"company {name} has no currency {currency}",
                fix="Add the currency to the company in IFS, or correct vendor.yml.",
            )
