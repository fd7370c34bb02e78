"""A bill without an open accounting period: held, moved to the next one, or put on the accruals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from target_ifs_cloud.documents import Mapped
from target_ifs_cloud.mapping import Rules
from target_ifs_cloud.mapping.rules import PeriodChoice, PeriodRules
from target_ifs_cloud.reference import Period
from tests.unit.mapping.builders import HCA, bill, company_reference, reference
from tests.unit.mapping.outcomes import as_invoice, codes_of

OnBill = Callable[..., Mapped]


def period(start: str, end: str, *, is_open: bool) -> Period:
    """An accounting period of 2026, as month and day."""
    first, last = (date.fromisoformat(f"2026-{day}") for day in (start, end))
    return Period(date_from=first, date_until=last, is_open=is_open)


CLOSED_MARCH = (
    period("06-01", "06-30", is_open=True),
    period("05-01", "05-31", is_open=True),
    period("04-01", "04-30", is_open=False),
    period("03-01", "03-31", is_open=False),
    period("02-01", "02-28", is_open=True),
)
NO_MARCH = (period("03-12", "03-31", is_open=True), period("01-01", "03-10", is_open=True))
NOTHING_LATER = (period("03-11", "03-11", is_open=False), period("02-01", "03-10", is_open=True))


@pytest.fixture
def with_periods(on_bill: OnBill, rules: Rules) -> Callable[..., Mapped]:
    """A bill of 11 March in a company with these periods, by these choices."""

    def call(periods: tuple[Period, ...], closed: PeriodChoice, missing: PeriodChoice) -> Mapped:
        choice = PeriodRules(closed=closed, missing=missing, where="bill.yml:9 posting_period")
        by = replace(rules, bill=replace(rules.bill, period=choice))
        known = reference(company_reference(HCA, periods=periods))
        return on_bill(bill(), by=by, known=known)

    return call


@pytest.mark.parametrize(
    ("periods", "closed", "missing", "day"),
    [
        (CLOSED_MARCH, "next_open", "hold", date(2026, 5, 1)),
        (CLOSED_MARCH, "hold", "next_open", date(2026, 3, 11)),
        (NO_MARCH, "hold", "next_open", date(2026, 3, 12)),
        (NO_MARCH, "next_open", "hold", date(2026, 3, 11)),
        (NOTHING_LATER, "next_open", "next_open", date(2026, 3, 11)),
    ],
)
def test_the_posting_date_moves_to_the_next_open_period_where_the_rule_says_so(
    with_periods: Callable[..., Mapped],
    *,
    periods: tuple[Period, ...],
    closed: PeriodChoice,
    missing: PeriodChoice,
    day: date,
) -> None:
    """To its first day; the invoice date stays, and the trace says what was moved."""
    mapped = with_periods(periods, closed, missing)
    document = as_invoice(mapped.document)
    header = dict(document.header)
    assert (header["VoucherDate"], header["InvoiceDate"]) == (day, date(2026, 3, 9))
    (told,) = [one for one in document.trace if one.field == "header.VoucherDate"]
    assert told.value == day
    is_moved = told.rule == "bill.yml:9 posting_period"
    assert is_moved is (day != date(2026, 3, 11))


def test_rules_without_a_posting_date_are_not_given_one(on_bill: OnBill, rules: Rules) -> None:
    """The invoice date decides then, and that is a fact of the paper."""
    header = tuple(pair for pair in rules.bill.invoice.header if pair[0] != "VoucherDate")
    invoice = replace(rules.bill.invoice, header=header)
    choice = PeriodRules(closed="next_open", missing="next_open", where="bill.yml:9")
    by = replace(rules, bill=replace(rules.bill, invoice=invoice, period=choice))
    known = reference(company_reference(HCA, periods=NO_MARCH))
    early = on_bill(bill(invoice_date="2026-03-11"), by=by, known=known)
    assert "VoucherDate" not in dict(as_invoice(early.document).header)


@pytest.mark.parametrize(
    ("periods", "closed", "missing", "state"),
    [
        (CLOSED_MARCH, "accrual_list", "hold", "closed"),
        (NO_MARCH, "hold", "accrual_list", "missing"),
    ],
)
def test_a_cost_without_an_open_period_is_put_on_the_list_of_accruals(
    with_periods: Callable[..., Mapped],
    *,
    periods: tuple[Period, ...],
    closed: PeriodChoice,
    missing: PeriodChoice,
    state: str,
) -> None:
    """With that one reason; the other choice does not count for it."""
    mapped = with_periods(periods, closed, missing)
    assert codes_of(mapped) == {"accrual_needed"}
    (problem,) = mapped.problems
    assert problem.message.startswith(
        f"the accounting period of 2026-03-11 is {state} in company HCA (rule bill.yml:9 "
    )
    assert as_invoice(with_periods(periods, missing, closed).document).number == "INV-7781"


@pytest.mark.parametrize("choice", ["hold", "next_open", "accrual_list"])
def test_a_bill_in_an_open_period_stays_as_it_is(
    with_periods: Callable[..., Mapped], choice: PeriodChoice
) -> None:
    """Whatever the rule says, also where a closed period covers the day too."""
    both = (period("03-01", "03-31", is_open=False), period("03-11", "03-11", is_open=True))
    header = dict(as_invoice(with_periods(both, choice, choice).document).header)
    assert header["VoucherDate"] == date(2026, 3, 11)
