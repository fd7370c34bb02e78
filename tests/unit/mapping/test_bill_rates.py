"""A bill in a foreign currency gets the rate that counts, or is held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from target_ifs_cloud.documents import Mapped
from target_ifs_cloud.reference import Rate
from tests.unit.mapping.builders import (
    CAD,
    HCA,
    HUS,
    USD,
    Record,
    allocation,
    bill,
    company_reference,
    item,
    order_line,
    reference,
)
from tests.unit.mapping.outcomes import as_invoice, codes_of, posted

OnBill = Callable[..., Mapped]


def test_the_company_currency_needs_no_rate(on_bill: OnBill) -> None:
    """US dollars in the American company count as they are."""
    line = item(cost_allocations=[allocation("80.00", where="CC-400")])
    assert dict(posted(on_bill(bill([line]))).header)["CurrRate"] == 1


def test_the_rate_is_the_one_valid_on_the_invoice_date(on_bill: OnBill) -> None:
    """A later rate counts for later invoices only."""
    record = bill(invoice_date="2026-07-01T00:00:00-07:00", gl_post_date=None)
    assert dict(posted(on_bill(record)).header)["CurrRate"] == Decimal("1.36")


def canadian_bill(**changes: object) -> Record:
    """A bill in Canadian dollars for the American company."""
    share = allocation("100.00", where="CC-400", currency=CAD)
    line = item(8801, "100.00", currency=CAD, cost_allocations=[share])
    return bill([line], currency=CAD, **changes)


@pytest.mark.parametrize(
    ("converted", "rate"), [("74.00", Decimal("0.740000")), ("74.50", Decimal("0.745000"))]
)
def test_without_a_rate_of_ifs_the_bills_own_conversion_counts(
    on_bill: OnBill, converted: str, rate: Decimal
) -> None:
    """Procurify converts to its base currency, which is the company's here."""
    known = reference(company_reference(HUS, rates=None))
    mapped = on_bill(canadian_bill(converted_total_cost=Decimal(converted)), known=known)
    assert mapped.problems == ()
    assert dict(as_invoice(mapped.document).header)["CurrRate"] == rate


def test_a_conversion_of_the_total_without_tax_is_recognised(on_bill: OnBill) -> None:
    """Only 74.00 / 100.00 fits the currency table; 74.00 / 108.25 does not."""
    share = allocation("100.00", where="CC-400", currency=CAD)
    line = item(8801, "100.00", "8.25", currency=CAD, cost_allocations=[share])
    line |= {"tax_name": "TX Sales", "tax_percentage": "8.25"}
    record = bill([line], currency=CAD, converted_total_cost=Decimal("74.00"), total_cost=100)
    mapped = on_bill(record, known=reference(company_reference(HUS, rates=None)))
    assert dict(as_invoice(mapped.document).header)["CurrRate"] == Decimal("0.740000")


def test_lines_that_share_an_id_keep_names_of_their_own(on_bill: OnBill) -> None:
    """Each posting belongs to one line."""
    document = posted(on_bill(bill([item(7, "80.00"), item(7, "20.00")])))
    assert [x.ref for x in document.lines] == [x.ref for x in document.postings] == ["7", "7/2"]


def test_a_credit_converts_like_a_charge(on_bill: OnBill) -> None:
    """Minus 74.00 for minus 100.00 is the same rate."""
    share = allocation("-100.00", where="CC-400", currency=CAD)
    line = item(8801, "-100.00", currency=CAD, cost_allocations=[share])
    record = bill([line], currency=CAD, converted_total_cost=Decimal("-74.00"))
    mapped = on_bill(record, known=reference(company_reference(HUS, rates=None)))
    assert dict(as_invoice(mapped.document).header)["CurrRate"] == Decimal("0.740000")


def test_an_order_in_another_currency_is_reduced_by_the_converted_amount(
    on_bill: OnBill,
) -> None:
    """100.00 Canadian dollars take 74.00 US dollars or 66.67 euros off the order."""
    euro = {"name": "eur", "rate": "1.110000"}
    for currency, amount in ((USD, "74.00"), (euro, "66.67"), (CAD, "100.00")):
        share = allocation("100.00", where="CC-400", currency=CAD)
        line = item(8801, "100.00", currency=CAD, cost_allocations=[share])
        line |= {"po": {"uuid": "1"}, "orderitem": order_line(193, currency=currency)}
        document = as_invoice(on_bill(bill([line], currency=CAD)).document)
        assert [x.amount for x in document.billed] == [Decimal(amount)]


@pytest.mark.parametrize(
    ("converted", "rate"),
    [("75.48", "0.754800"), ("75.49", None), ("72.52", "0.725200"), ("72.51", None)],
)
def test_a_conversion_may_be_two_percent_beside_the_currency_table(
    on_bill: OnBill, converted: str, rate: str | None
) -> None:
    """0.74 there; on either side no further than that."""
    known = reference(company_reference(HUS, rates=None))
    mapped = on_bill(canadian_bill(converted_total_cost=Decimal(converted)), known=known)
    if rate is None:
        assert codes_of(mapped) == {"rate_doubtful"}
    else:
        assert dict(as_invoice(mapped.document).header)["CurrRate"] == Decimal(rate)


@pytest.mark.parametrize(
    ("total", "rate"), [("100.00", "0.745000"), (None, "0.745000"), ("90.00", None)]
)
def test_without_a_currency_table_both_totals_must_say_the_same_rate(
    on_bill: OnBill, total: str | None, rate: str | None
) -> None:
    """Which of them was converted is not known."""
    bare = {**CAD, "rate": None}
    share = allocation("100.00", where="CC-400", currency=bare)
    line = item(8801, "100.00", currency=bare, cost_allocations=[share])
    record = bill([line], currency=bare, converted_total_cost="74.50", total_cost=total)
    mapped = on_bill(record, known=reference(company_reference(HUS, rates=None)))
    if rate is None:
        assert codes_of(mapped) == {"rate_doubtful"}
    else:
        assert dict(as_invoice(mapped.document).header)["CurrRate"] == Decimal(rate)


def test_of_two_totals_the_one_nearest_to_the_currency_table_counts(on_bill: OnBill) -> None:
    """74.50 is 0.745 of 100.00 and 0.688 of 108.25."""
    share = allocation("100.00", where="CC-400", currency=CAD)
    line = item(8801, "100.00", "8.25", currency=CAD, cost_allocations=[share])
    line |= {"tax_name": "TX Sales", "tax_percentage": "8.25"}
    record = bill([line], currency=CAD, converted_total_cost="74.50", total_cost=100)
    mapped = on_bill(record, known=reference(company_reference(HUS, rates=None)))
    assert dict(as_invoice(mapped.document).header)["CurrRate"] == Decimal("0.745000")


def test_a_rate_of_nothing_or_of_another_currency_is_none(on_bill: OnBill) -> None:
    """An older one that says something counts."""
    rates = tuple(
        Rate(currency=currency, valid_from=date(2026, month, 1), rate=Decimal(rate))
        for currency, month, rate in (
            ("USD", 3, "0"),
            ("EUR", 3, "1.6"),
            ("USD", 1, "1.33"),
            ("USD", 2, "1.34"),
        )
    )
    known = reference(company_reference(HCA, rates=rates))
    assert dict(as_invoice(on_bill(bill(), known=known).document).header)["CurrRate"] == Decimal(
        "1.34"
    )


def test_shipping_inside_a_line_takes_nothing_off_its_order(on_bill: OnBill) -> None:
    """80.00 of goods and 10.00 of shipping: the order loses 80.00."""
    line = item(
        8801,
        "80.00",
        total_cost_with_tax=Decimal("90.00"),
        shipping_amount="10.00",
        po={"uuid": "1"},
        orderitem=order_line(193),
    )
    document = posted(on_bill(bill([line])))
    assert sum(x.amount for x in document.billed) == Decimal("80.00")


def test_a_conversion_far_from_the_currency_table_is_held(on_bill: OnBill) -> None:
    """A rate of 0.9 beside 0.74 is an error of somebody."""
    known = reference(company_reference(HUS, rates=None))
    mapped = on_bill(canadian_bill(converted_total_cost=Decimal("90.00")), known=known)
    assert codes_of(mapped) == {"rate_doubtful"}


def test_no_rate_at_all_is_held(on_bill: OnBill) -> None:
    """The Canadian company keeps no books in the base currency."""
    known = reference(company_reference(HCA, rates=()))
    assert codes_of(on_bill(bill(), known=known)) == {"rate_missing"}


def test_yen_have_no_decimals(on_bill: OnBill) -> None:
    """Half a yen is held, whole yen are not."""
    yen = {"id": 9, "name": "JPY"}
    line = item(8801, "80.5", currency=yen, cost_allocations=[allocation("80.5", currency=yen)])
    assert "amount_decimals" in codes_of(on_bill(bill([line], currency=yen)))
