"""The list of accruals: cost of bills that cannot be posted yet, per code string."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from target_ifs_cloud.delivery.entry import Entry
from target_ifs_cloud.delivery.summary import Outcome, format_amount
from target_ifs_cloud.documents import CodeString, Mapped, SupplierInvoice
from target_ifs_cloud.mapping import posting_day
from target_ifs_cloud.operator.preview import Preview
from target_ifs_cloud.operator.spreadsheets import inert

ACCRUAL = "accrual_needed"
NOT_CODED = "not worked out"
_WAITING = frozenset({Outcome.HELD, Outcome.REJECTED, Outcome.IN_DOUBT})
_WIDTH = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """One cost to accrue. Units: ``amount`` in ``currency``, without tax where it is coded.

    ``codes`` is the code string as text, such as ``A=4010 B=200``. Of a bill whose rules gave no
    postings it says so, and ``amount`` is the gross of the bill.
    """

    company: str
    posting_date: date | None
    codes: str
    amount: Decimal
    currency: str
    bill: str
    supplier: str
    source_id: str
    reasons: str


def find_accruals(preview: Preview, *, all_held: bool = False) -> list[Accrual]:
    """The cost of bills that a rule puts on the list, or of every bill that is not posted."""
    found: list[Accrual] = []
    for identity, (entry, outcome) in sorted(preview.outcomes.items(), key=lambda item: item[0]):
        codes = {problem.code for problem in entry.problems}
        is_waiting = entry.source.kind == "bill" and outcome in _WAITING
        if is_waiting and (all_held or ACCRUAL in codes):
            found += _accruals_of(entry, preview.mapped.get(identity))
    return found


def _accruals_of(entry: Entry, mapped: Mapped | None) -> Iterable[Accrual]:
    made = (mapped.document or mapped.draft) if mapped else None
    draft = made if isinstance(made, SupplierInvoice) else None
    costs: Mapping[str, Decimal] = _costs(draft) if draft else {}
    for codes, amount in (costs or {NOT_CODED: entry.amount or Decimal(0)}).items():
        yield Accrual(
            company=draft.company if draft else "",
            posting_date=posting_day(dict(draft.header)) if draft else None,
            codes=codes,
            amount=amount,
            currency=draft.currency if draft else entry.currency,
            bill=entry.source.label,
            supplier=draft.supplier if draft else "",
            source_id=entry.source.id,
            reasons=" ".join(dict.fromkeys(problem.code for problem in entry.problems)),
        )


def _costs(draft: SupplierInvoice) -> Mapping[str, Decimal]:
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for posting in draft.postings:
        costs[_code_text(posting.codes)] += posting.amount
    return costs


def _code_text(codes: CodeString) -> str:
    return " ".join(f"{part}={value}" for part, value in codes)


def as_csv(accruals: Sequence[Accrual]) -> str:
    """One row per bill and code string; safe to open in a spreadsheet."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(Accrual.__dataclass_fields__))
    writer.writeheader()
    for accrual in accruals:
        writer.writerow({name: inert(value) for name, value in asdict(accrual).items()})
    return out.getvalue()


def as_table(accruals: Sequence[Accrual]) -> str:
    """The list for people, with a total per company and currency."""
    if not accruals:
        return "Nothing to accrue.\n"
    table = Table(title="To be accrued", title_justify="left")
    for name in ("company", "posting date", "codes"):
        table.add_column(name)
    table.add_column("amount", justify="right")
    for name in ("bill", "supplier", "ID", "reasons"):
        table.add_column(name, overflow="fold")
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in accruals:
        totals[one.company, one.currency] += one.amount
        day = one.posting_date.isoformat() if one.posting_date else "-"
        row = (one.company or "-", day, one.codes, _money(one.amount, one.currency))
        table.add_row(*row, one.bill, one.supplier or "-", one.source_id, one.reasons)
    table.add_section()
    for (company, currency), amount in sorted(totals.items()):
        table.add_row(company or "-", "", "total", _money(amount, currency))
    console = Console(
        width=_WIDTH, color_system=None, force_terminal=False, markup=False, emoji=False
    )
    with console.capture() as capture:
        console.print(table)
    return str(capture.get())


def _money(amount: Decimal, currency: str) -> str:
    return f"{format_amount(amount, currency)} {currency}" if currency else str(amount)
