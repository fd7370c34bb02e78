"""The books of a running IFS stand-in as tables for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.table import Table

Rows = Sequence[Mapping[str, Any]]


def balance_table(rows: Rows) -> Table:
    """Debit, credit and balance per company and period, in the company's currency."""
    sums: dict[tuple[str, int, int], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in rows:
        place = (row["Company"], row["AccountingYear"], row["AccountingPeriod"])
        sums[place][0] += Decimal(row["Debit"])
        sums[place][1] += Decimal(row["Credit"])
    table = Table("company", "period", title="Trial balance")
    for name in ("debit", "credit", "balance"):
        table.add_column(name, justify="right")
    for (company, year, period), (debit, credit) in sorted(sums.items()):
        amounts = (f"{debit:.2f}", f"{credit:.2f}", f"{debit - credit:.2f}")
        table.add_row(company, f"{year} {period}", *amounts)
    if not sums:
        table.caption = "nothing is posted yet"
    return table


def invoice_table(invoices: Rows) -> Table:
    """How many supplier invoices there are per company, state and currency, and their gross sum."""
    found: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for invoice in invoices:
        key = (invoice["Company"], invoice["Objstate"], invoice["Currency"])
        found[key].append(Decimal(invoice["GrossCurrAmount"]))
    table = Table("company", "state", "currency", title="Supplier invoices")
    for name in ("count", "gross"):
        table.add_column(name, justify="right")
    for key, amounts in sorted(found.items()):
        table.add_row(*key, str(len(amounts)), f"{sum(amounts, Decimal(0)):.2f}")
    return table
