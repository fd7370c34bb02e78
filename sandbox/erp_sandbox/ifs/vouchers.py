"""Vouchers: what an invoice comes to in the ledger once it is posted for good.

Costs and input tax on one side, the supplier on the other; both currencies sum to nothing. Source:
vouchers in the hold table are documented; accounts of supplier and tax are the tenant's own, and
the numbering of the rows is inferred.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from erp_sandbox.ifs.amounts import domestic
from erp_sandbox.ifs.code_strings import check_code_string, check_open_period, check_tax_code
from erp_sandbox.ifs.entity import CODES
from erp_sandbox.ifs.invoices import ITEMS, NOTHING
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model_vouchers import VOUCHER_ROWS, VOUCHERS
from erp_sandbox.ifs.refusal import RECORD_ERROR, database_error
from erp_sandbox.ifs.store import Row

PAYABLE, INPUT_TAX = "2410", "2450"
# Cost rows are inferred; the tax rows are documented to be among IP3, IP9, IP10 and IP11.
PAYABLE_TYPE, COST_TYPE, TAX_TYPE = "IP1", "IP2", "IP3"


def check_postable(ledger: Ledger, invoice: Row, postings: Sequence[Row], day: date) -> Row:
    """The open period of the voucher.

    Raises:
        Refusal: the amounts do not agree, a code string or tax code is wrong, the period is closed.
    """
    net, tax = (invoice.get(name) or NOTHING for name in ("NetCurrAmount", "VatCurrAmount"))
    gross = invoice.get("GrossCurrAmount")
    if gross is not None and net + tax != gross:
        raise database_error(RECORD_ERROR, "ManSuppInvoice", tag="GROSSDIFFERS")
    lines = ledger.children(ITEMS, invoice)
    told = tax if _is_taxed_by_header(ledger, lines) else _sum(lines, "VatCurrAmount")
    if (_sum(lines, "NetCurrAmount"), told) != (net, tax):
        raise database_error(RECORD_ERROR, "ManSuppInvoice", tag="LINESDIFFER")
    if _sum(postings, "CurrAmount") != net:
        raise database_error(RECORD_ERROR, "ManSuppInvoice", tag="NOTBALANCED")
    for line in lines:
        check_tax_code(ledger, invoice["Company"], line.get("VatCode"), day)
    for row in postings:
        check_code_string(ledger, row, day)
    return dict(check_open_period(ledger, invoice["Company"], day))


def post_voucher(
    ledger: Ledger, invoice: Row, postings: Sequence[Row], plan: Mapping[str, Any]
) -> Row:
    """The voucher of an invoice; ``plan`` names voucher type, number (or none), user group, date.

    Raises:
        Refusal: the invoice cannot be posted like this.
    """
    day = date.fromisoformat(plan["VoucherDate"])
    period = check_postable(ledger, invoice, postings, day)
    number = plan.get("VoucherNo") or ledger.store.next_number()
    key = {
        "Company": invoice["Company"],
        "VoucherType": plan["VoucherType"],
        "VoucherNo": number,
    }
    for position, row in enumerate(_rows(ledger, invoice, postings), start=1):
        ledger.store.put(VOUCHER_ROWS, {**key, "RowNo": position, **row})
    return ledger.store.put(
        VOUCHERS,
        {
            **key,
            "AccountingYear": period["AccountingYear"],
            "AccountingPeriod": period["AccountingPeriod"],
            "UserGroup": plan.get("UserGroup"),
            "VoucherDate": day.isoformat(),
            "Currency": invoice["Currency"],
            "InvoiceId": invoice["InvoiceId"],
        },
    )


def _rows(ledger: Ledger, invoice: Row, postings: Sequence[Row]) -> list[Row]:
    """Costs, tax per code, and the supplier with what balances both."""
    rows: list[Row] = []
    for posting in postings:
        codes = {name: posting.get(name) for name in CODES}
        rows.append(_row(invoice, COST_TYPE, posting["CurrAmount"], codes))
    taxes: dict[str | None, Decimal] = defaultdict(Decimal)
    lines = ledger.children(ITEMS, invoice)
    if _is_taxed_by_header(ledger, lines):
        taxes[None] = invoice.get("VatCurrAmount") or NOTHING
    for line in lines:
        taxes[line.get("VatCode")] += line.get("VatCurrAmount") or NOTHING
    for code, amount in taxes.items():
        if amount:
            rows.append({**_row(invoice, TAX_TYPE, amount, {"CodeA": INPUT_TAX}), "VatCode": code})
    owed = _row(invoice, PAYABLE_TYPE, -_sum(rows, "CurrencyAmount"), {"CodeA": PAYABLE})
    return [*rows, {**owed, "Amount": -_sum(rows, "Amount")}]


def _is_taxed_by_header(ledger: Ledger, lines: Sequence[Row]) -> bool:
    """Whether the tax stands in the header alone, at a site that allows it."""
    is_silent = all(line.get("VatCurrAmount") is None for line in lines)
    return is_silent and ledger.knobs.tax_mode == "header"


def _row(invoice: Row, kind: str, amount: Decimal, codes: Mapping[str, Any]) -> Row:
    return {
        "PostingType": kind,
        **codes,
        "CurrencyAmount": amount,
        "Amount": domestic(invoice, amount),
    }


def _sum(rows: Sequence[Row], name: str) -> Decimal:
    return sum((row.get(name) or NOTHING for row in rows), NOTHING)
