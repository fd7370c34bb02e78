"""What must hold in the books at any time, as functions: each tells what breaks it, in words.

They look at the rows only, not at how the rows came about, so that a defect of the sandbox shows as
well as one of its callers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from erp_sandbox.ifs.entity import CODES
from erp_sandbox.ifs.invoices import (
    CANCELLED,
    INVOICES,
    ITEMS,
    OPEN,
    PROPOSAL_ROWS,
    PROPOSALS,
)
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model_external import HEADS
from erp_sandbox.ifs.model_orders import LINES, ORDERS
from erp_sandbox.ifs.model_vouchers import VOUCHER_ROWS, VOUCHERS
from erp_sandbox.ifs.posting import POSTED, POSTED_AUTHORISED
from erp_sandbox.ifs.store import Row

_POSTED = frozenset({POSTED, POSTED_AUTHORISED})
_NOTHING = Decimal(0)


def vouchers_balance(ledger: Ledger) -> list[str]:
    """Every voucher sums to nothing in both currencies."""
    found = []
    for voucher in _rows(ledger, VOUCHERS):
        rows = ledger.children(VOUCHER_ROWS, voucher)
        sums = [_sum(rows, name) for name in ("CurrencyAmount", "Amount")]
        if any(sums) or not rows:
            found.append(f"voucher {_named(voucher, 'VoucherNo')} sums to {sums[0]} and {sums[1]}")
    return found


def vouchers_stand_in_open_periods(ledger: Ledger) -> list[str]:
    """Every voucher's day lies in the period that it names, and that one was open."""
    found = []
    for voucher in _rows(ledger, VOUCHERS):
        period = ledger.store.get(
            "AccountingPeriodSet",
            voucher["Company"],
            voucher["AccountingYear"],
            voucher["AccountingPeriod"],
        )
        day = voucher["VoucherDate"]
        if period is None or not period["DateFrom"] <= day <= period["DateUntil"]:
            found.append(f"voucher {_named(voucher, 'VoucherNo')} of {day} is in another period")
        elif period["PeriodStatus"] != "Open":
            found.append(f"voucher {_named(voucher, 'VoucherNo')} of {day} is in a closed period")
    return found


def posted_invoices_have_one_voucher(ledger: Ledger) -> list[str]:
    """What is posted has one voucher with its number, what is not has none."""
    count: dict[tuple[str, int], int] = defaultdict(int)
    for voucher in _rows(ledger, VOUCHERS):
        count[voucher["Company"], voucher["InvoiceId"]] += 1
    found = []
    for invoice in _rows(ledger, INVOICES):
        has = count[invoice["Company"], invoice["InvoiceId"]]
        if has != (invoice["Objstate"] in _POSTED):
            name = _named(invoice, "InvoiceId")
            found.append(f"invoice {name} is {invoice['Objstate']} and has {has} voucher(s)")
    return found


def no_key_is_taken_twice(ledger: Ledger) -> list[str]:
    """No two invoices that count share company, supplier, series and number."""
    seen: dict[tuple[Any, ...], Any] = {}
    found = []
    for invoice in _rows(ledger, INVOICES):
        if invoice["Objstate"] == CANCELLED or not ledger.knobs.unique_numbers:
            continue
        key = tuple(invoice[name] for name in ("Company", "Identity", "SeriesId", "InvoiceNo"))
        if key in seen:
            found.append(f"invoices {seen[key]} and {invoice['InvoiceId']} share {'/'.join(key)}")
        seen[key] = invoice["InvoiceId"]
    return found


def proposals_balance(ledger: Ledger) -> list[str]:
    """A balance is net less rows; what is not open balances, and its lines sum to the header."""
    found = []
    for head in _rows(ledger, PROPOSALS):
        invoice = ledger.store.get(INVOICES, head["Company"], head["InvoiceId"])
        if invoice is None:
            found.append(f"proposal {_named(head, 'ProposalId')} has no invoice")
            continue
        net = invoice.get("NetCurrAmount") or _NOTHING
        left = net - _sum(ledger.children(PROPOSAL_ROWS, head), "CurrAmount")
        if head["Balance"] != left:
            found.append(
                f"proposal {_named(head, 'ProposalId')} says {head['Balance']}, not {left}"
            )
        lines = _sum(ledger.children(ITEMS, invoice), "NetCurrAmount")
        if head["Objstate"] != OPEN and (left or lines != net):
            name = _named(head, "ProposalId")
            found.append(f"proposal {name} is {head['Objstate']}: net {net}, lines {lines}")
    return found


def loads_have_made_what_they_say(ledger: Ledger) -> list[str]:
    """A created invoice of the interface has its supplier invoice, with the number it names."""
    made = {
        (i["Company"], i.get("VoucherType"), i.get("VoucherNo")) for i in _rows(ledger, INVOICES)
    }
    return [
        f"load {_named(head, 'LoadId')} record {head['RecordNo']} is Created without an invoice"
        for head in _rows(ledger, HEADS)
        if head["Objstate"] == "Created"
        and (head["Company"], head["VoucherType"], head["VoucherNo"]) not in made
    ]


def order_lines_have_their_order(ledger: Ledger) -> list[str]:
    """No line without its order, and its amount is quantity by price to the cent."""
    found = []
    for line in _rows(ledger, LINES):
        name = f"{line['OrderNo']}/{line['LineNo']}"
        if ledger.store.get(ORDERS, line["OrderNo"]) is None:
            found.append(f"line {name} has no order")
        exact = Decimal(line["BuyQtyDue"]) * Decimal(line["BuyUnitPrice"])
        if abs(exact - line["NetAmtCurr"]) > Decimal("0.005"):
            found.append(f"line {name} says {line['NetAmtCurr']}, not {exact}")
    return found


CHECKS: tuple[Callable[[Ledger], list[str]], ...] = (
    vouchers_balance,
    vouchers_stand_in_open_periods,
    posted_invoices_have_one_voucher,
    no_key_is_taken_twice,
    proposals_balance,
    loads_have_made_what_they_say,
    order_lines_have_their_order,
)


def check_invariants(ledger: Ledger) -> dict[str, list[str]]:
    """Per invariant what breaks it; empty lists when the books are in order."""
    return {check.__name__: check(ledger) for check in CHECKS}


def trial_balance(ledger: Ledger) -> list[dict[str, Any]]:
    """Debit, credit and balance per company, period and code string, in the company's currency."""
    sums: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [_NOTHING, _NOTHING])
    for voucher in _rows(ledger, VOUCHERS):
        place = (voucher["Company"], voucher["AccountingYear"], voucher["AccountingPeriod"])
        for row in ledger.children(VOUCHER_ROWS, voucher):
            codes = tuple(row.get(name) for name in CODES)
            side = 0 if row["Amount"] >= 0 else 1
            sums[place + codes][side] += abs(row["Amount"])
    return [
        {
            **dict(zip(("Company", "AccountingYear", "AccountingPeriod"), key[:3], strict=True)),
            **{name: value for name, value in zip(CODES, key[3:], strict=True) if value},
            "Debit": debit,
            "Credit": credit,
            "Balance": debit - credit,
        }
        for key, (debit, credit) in sorted(sums.items(), key=lambda item: _order(item[0]))
    ]


def _order(key: tuple[Any, ...]) -> tuple[str, ...]:
    company, year, period, *codes = key
    return (company, f"{year:04}{period:02}", *(str(code or "") for code in codes))


def _rows(ledger: Ledger, name: str) -> Iterable[Row]:
    return ledger.store.tables[name].values()


def _named(row: Mapping[str, Any], name: str) -> str:
    return f"{row['Company']}/{row[name]}"


def _sum(rows: Iterable[Row], name: str) -> Decimal:
    return sum((row.get(name) or _NOTHING for row in rows), _NOTHING)
