"""What IFS would refuse of a purchase order, found before anything is sent. Pure.

Source: field lengths are inferred; the rest follows from what an order refers to.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from target_ifs_cloud.documents import Problem, PurchaseOrder
from target_ifs_cloud.money import is_exact
from target_ifs_cloud.reference import Reference

ORDER_NUMBER_LENGTH_MAX = 12
LINES_MAX = 5000  # as many rows as one request may carry. Source: documented by IFS


def check_order(document: PurchaseOrder, reference: Reference) -> Iterator[Problem]:
    """Every reason why IFS would refuse the order."""
    yield from _check_number(document)
    yield from _check_lines(document)
    if document.supplier not in reference.suppliers:
        yield Problem(
            code="supplier_unknown",
            field="supplier",
            message=f"IFS has no supplier {document.supplier or '(none)'}",
            fix="Create the supplier in IFS, or link the vendor to another one.",
        )
    company = reference.companies.get(document.company)
    if company is None:
        yield Problem(
            code="company_unknown",
            field="company",
            message=f"company {document.company or '(none)'} could not be read from IFS",
            fix="Check its name in companies.yml and the permissions of the IFS user.",
        )
    elif company.currencies is not None and document.currency not in company.currencies:
        yield Problem(
            code="currency_unknown",
            field="currency",
            message=f"company {company.company} has no currency {document.currency or '(none)'}",
            fix="Add the currency to the company in IFS.",
        )


def _check_number(document: PurchaseOrder) -> Iterator[Problem]:
    if not document.number:
        yield Problem(
            code="number_missing",
            field="OrderNo",
            message="the order has no number",
            fix="Let the rule order.number in purchase_order.yml give it one.",
        )
    if len(document.number) > ORDER_NUMBER_LENGTH_MAX:
        yield Problem(
            code="number_too_long",
            field="OrderNo",
            message=f"the order number has {len(document.number)} characters; "
            f"{ORDER_NUMBER_LENGTH_MAX} fit",
            fix="Shorten it by the rule order.number in purchase_order.yml.",
        )


def _check_lines(document: PurchaseOrder) -> Iterator[Problem]:
    total = sum((line.net for line in document.lines), Decimal(0))
    if document.net != total:
        yield Problem(
            code="totals_differ",
            field="net",
            message=f"the order comes to {document.net} {document.currency}, its lines to {total}",
            fix="Report this with the record; such a document is never sent.",
        )
    if not document.lines:
        yield Problem(
            code="lines_missing",
            field="order_items",
            message="the order has no line that can be ordered",
            fix="Add a line in Procurify, or cancel the order.",
        )
    if len(document.lines) > LINES_MAX:
        yield Problem(
            code="too_many_lines",
            field="order_items",
            message=f"the order has {len(document.lines)} lines; {LINES_MAX} fit",
            fix="Divide the order in Procurify.",
        )
    for line in document.lines:
        if not is_exact(line.net, document.currency):
            yield Problem(
                code="amount_decimals",
                field=f"lines[{line.ref}].net",
                message=f"line {line.ref} is {line.net}, more decimals than {document.currency} "
                "has",
                fix="Round the amount in Procurify; amounts are never rounded on the way.",
            )
