"""A rounding difference gets a line of its own where a rule says so, up to its limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from target_ifs_cloud.documents import Mapped
from target_ifs_cloud.mapping import Rules
from target_ifs_cloud.mapping.rules import RoundingRules
from tests.unit.mapping.builders import Record, allocation, bill, item
from tests.unit.mapping.outcomes import codes_of, posted, postings_of

OnBill = Callable[..., Mapped]


@pytest.fixture
def rounding(on_bill: OnBill, rules: Rules) -> Callable[[Record], Mapped]:
    """``map_bill`` with two cents on the account of code 6200."""
    choice = RoundingRules(account="6200", at_most=Decimal("0.02"), where="bill.yml:9 rounding")
    by = replace(rules, bill=replace(rules.bill, rounding=choice))
    return lambda record: on_bill(record, by=by)


def two_lines(**changes: object) -> Record:
    """20.00 of Research and 80.00 of Operations."""
    share = allocation("80.00", "6400", "CC-310")
    return bill([item(8801, "20.00"), item(8802, "80.00", cost_allocations=[share])], **changes)


@pytest.mark.parametrize(
    ("total", "difference"),
    [("100.02", "0.02"), ("100.01", "0.01"), ("99.99", "-0.01"), ("99.98", "-0.02")],
)
def test_a_difference_up_to_the_limit_is_a_line_where_most_of_the_bill_is(
    rounding: Callable[[Record], Mapped], total: str, difference: str
) -> None:
    """On the account of the rule, with the department of the largest share."""
    document = posted(rounding(two_lines(total_cost_with_tax=Decimal(total))))
    assert document.gross == Decimal(total)
    assert [(x.ref, x.net, x.tax) for x in document.lines][2:] == [
        ("rounding", Decimal(difference), Decimal(0))
    ]
    assert postings_of(document)[2:] == [("4210 310", difference)]
    (told,) = [one for one in document.trace if one.field == "rounding difference"]
    assert (told.value, told.rule) == (Decimal(difference), "bill.yml:9 rounding")


def test_no_difference_is_no_line(rounding: Callable[[Record], Mapped]) -> None:
    """The rule changes nothing where everything adds up."""
    assert len(posted(rounding(two_lines())).lines) == 2


@pytest.mark.parametrize("total", ["100.03", "99.97"])
def test_a_difference_beyond_the_limit_holds_the_bill(
    rounding: Callable[[Record], Mapped], total: str
) -> None:
    """And the message tells the rest."""
    mapped = rounding(two_lines(total_cost_with_tax=Decimal(total)))
    assert codes_of(mapped) == {"total_mismatch"}
    rest = Decimal(total) - 100
    (problem,) = mapped.problems
    assert problem.message == (
        f"the bill's total is {total} USD, its lines and costs add up to 100.00; no shipping "
        f"amount explains the rest of {rest}"
    )


@pytest.mark.parametrize(
    ("total", "gross", "lines"),
    [
        ("110.00", "110.00", ["20.00", "80.00", "10.00"]),
        ("110.02", "110.02", ["20.00", "80.00", "10.00", "0.02"]),
        ("109.98", "109.98", ["20.00", "80.00", "10.00", "-0.02"]),
        ("110.03", None, []),
        ("109.97", None, []),
    ],
)
def test_shipping_and_a_difference_may_come_together(
    rounding: Callable[[Record], Mapped], total: str, gross: str | None, lines: list[str]
) -> None:
    """The shipping line first, the difference last."""
    mapped = rounding(two_lines(total_cost_with_tax=Decimal(total), shipping_amount=10))
    if gross is None:
        assert codes_of(mapped) == {"total_mismatch"}
    else:
        document = posted(mapped)
        assert (document.gross, [str(x.net) for x in document.lines]) == (Decimal(gross), lines)


@pytest.mark.parametrize(
    ("tax", "is_held"), [("0.02", False), ("-0.02", False), ("0.03", True), ("-0.03", True)]
)
def test_the_taxes_may_differ_by_the_limit_too(
    rounding: Callable[[Record], Mapped],
    on_bill: OnBill,
    tax: str,
    is_held: bool,  # noqa: FBT001
) -> None:
    """Without the rule they agree to the cent."""
    record = two_lines(tax_amount=Decimal(tax))
    assert codes_of(on_bill(record)) == {"tax_mismatch"}
    mapped = rounding(record)
    assert bool(mapped.problems) is is_held


@pytest.mark.parametrize(
    ("cost", "changes", "is_held"),
    [
        ("80.01", {}, False), ("79.99", {}, False), ("80.02", {}, True), ("79.98", {}, True),
        ("84.01", {"tax_is_inclusive": True}, False), ("84.02", {"tax_is_inclusive": True}, True),
        ("70.01", {"shipping_amount": "10.00"}, False),
        ("69.98", {"shipping_amount": "10.00"}, True),
        ("70.01", {}, True), ("84.00", {}, True),
    ],
)  # fmt: skip
def test_the_amounts_of_a_line_may_differ_by_a_cent(
    rounding: Callable[[Record], Mapped],
    cost: str,
    changes: Record,
    is_held: bool,  # noqa: FBT001
) -> None:
    """Not by the limit of the bill, and only where something can explain it."""
    shares = [allocation("80.00")]
    line = item(8801, "80.00", "4.00", cost_allocations=shares) | changes
    mapped = rounding(bill([line | {"total_cost": cost}]))
    assert ("item_total_mismatch" in {p.code for p in mapped.problems}) is is_held
    assert bool(mapped.problems) is is_held


def test_parts_of_a_cent_are_rounded_and_the_rest_is_posted(
    rounding: Callable[[Record], Mapped], on_bill: OnBill
) -> None:
    """33.335 and 66.67 are 100.01 in cents, and the bill says 100.005."""
    lines = [
        item(1, "33.335", cost_allocations=[allocation("33.335")]),
        item(2, "66.67", cost_allocations=[allocation("66.67")]),
    ]
    record = bill(lines, total_cost_with_tax=Decimal("100.00"))
    document = posted(rounding(record))
    assert [str(x.net) for x in document.lines] == ["33.34", "66.67", "-0.01"]
    assert "amount_decimals" in codes_of(on_bill(record))


def test_a_difference_without_any_line_has_no_place(rounding: Callable[[Record], Mapped]) -> None:
    """There is no department to bear it."""
    mapped = rounding(bill([], total_cost_with_tax=Decimal("0.02")))
    assert codes_of(mapped) == {"shipping_unclear"}
