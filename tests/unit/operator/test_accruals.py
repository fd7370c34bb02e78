"""The list of accruals: whose cost is on it, and what it says of bills without a code string."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.summary import Outcome
from target_ifs_cloud.documents import (
    CompanyId,
    Mapped,
    Posting,
    Problem,
    Source,
    SupplierId,
    SupplierInvoice,
)
from target_ifs_cloud.operator.accruals import NOT_CODED, as_csv, as_table, find_accruals
from target_ifs_cloud.operator.preview import Preview

SOURCE = Source(kind="bill", id="a1", version=1, hash="h", label="bill =7")
CODES = (("A", "4010"), ("B", "200"))


def entry(code: str, **changes: object) -> Entry:
    """A held bill of 113.00."""
    problem = Problem(code=code, field="VoucherDate", message="m", fix="f")
    held = Entry(source=SOURCE, state=State.HELD, rules_version="r", problems=(problem,))
    return replace(held, amount=Decimal("113.00"), currency="CAD", **changes)  # type: ignore[arg-type]


def draft() -> SupplierInvoice:
    """Two postings of one code string, and tax that is none of the cost."""
    postings = tuple(
        Posting(ref=str(n), codes=CODES, amount=Decimal(a))
        for n, a in enumerate(("60.00", "40.00"))
    )
    return SupplierInvoice(
        source=SOURCE,
        company=CompanyId("HCA"),
        supplier=SupplierId("S1"),
        series="II",
        number="7",
        currency="CAD",
        net=Decimal("100.00"),
        tax=Decimal("13.00"),
        gross=Decimal("113.00"),
        header=(("VoucherDate", date(2026, 3, 9)),),
        lines=(),
        postings=postings,
    )


def previewed(
    held: Entry, made: SupplierInvoice | None, outcome: Outcome = Outcome.HELD
) -> Preview:
    """A preview that has met this bill."""
    preview = Preview()
    preview.look_at(Mapped(source=held.source, document=None, problems=held.problems, draft=made))
    preview.add(held, outcome)
    return preview


def test_cost_is_added_up_per_code_string_without_tax() -> None:
    """With the day of posting, the bill and the supplier."""
    (accrual,) = find_accruals(previewed(entry("accrual_needed"), draft()))
    assert (accrual.codes, accrual.amount) == ("A=4010 B=200", Decimal("100.00"))
    assert (accrual.company, accrual.posting_date) == ("HCA", date(2026, 3, 9))
    table = as_table([accrual])
    assert "100.00 CAD" in table
    assert "total" in table


def test_bills_held_for_other_reasons_are_listed_only_on_demand() -> None:
    """And what is posted never is."""
    held = previewed(entry("no_rule"), draft())
    assert not find_accruals(held)
    assert len(find_accruals(held, all_held=True)) == 1
    assert not find_accruals(previewed(entry("x"), draft(), Outcome.POSTED), all_held=True)
    assert as_table([]) == "Nothing to accrue.\n"


def test_a_bill_that_no_rule_could_code_is_not_lost() -> None:
    """It stands with its gross amount."""
    (accrual,) = find_accruals(previewed(entry("no_rule"), None), all_held=True)
    assert (accrual.codes, accrual.amount, accrual.currency) == (
        NOT_CODED,
        Decimal("113.00"),
        "CAD",
    )


def test_a_spreadsheet_takes_no_label_for_a_formula() -> None:
    """Labels come from invoice numbers."""
    held = entry("accrual_needed", source=replace(SOURCE, label="=1+1"))
    (row,) = csv.DictReader(io.StringIO(as_csv(find_accruals(previewed(held, draft())))))
    assert row["bill"] == "'=1+1"
    assert row["amount"] == "100.00"
