"""A bill's amounts are carried to the cent: splits, taxes, credits and shipping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Literal

import pytest

from target_ifs_cloud.documents import Mapped
from target_ifs_cloud.mapping import Rules
from tests.unit.mapping.builders import (
    Record,
    allocation,
    bill,
    cost,
    item,
)
from tests.unit.mapping.outcomes import codes_of, posted, postings_of

OnBill = Callable[..., Mapped]


def test_a_split_over_departments_posts_each_share(on_bill: OnBill) -> None:
    """Exact shares are posted as they are."""
    shares = [allocation("50.00"), allocation("30.00", "6400", "CC-310", id=302)]
    document = posted(on_bill(bill([item(cost_allocations=shares)])))
    assert postings_of(document) == [("4010 200", "50.00"), ("4410 310", "30.00")]


def test_thirds_of_a_cent_are_divided_without_losing_any(on_bill: OnBill) -> None:
    """Three times 33.33333333 means 100.00."""
    shares = [allocation("33.33333333", id=n) for n in (1, 2, 3)]
    document = posted(on_bill(bill([item(8801, "100.00", cost_allocations=shares)])))
    assert sorted(x.amount for x in document.postings) == [
        Decimal("33.33"),
        Decimal("33.33"),
        Decimal("33.34"),
    ]


def test_inclusive_tax_is_taken_out_of_line_and_split(on_bill: OnBill) -> None:
    """The split covers 105.00 with tax; the postings carry 100.00."""
    line = item(
        8801,
        "100.00",
        "5.00",
        tax_is_inclusive=True,
        total_cost=Decimal("105.00"),
        cost_allocations=[allocation("84.00"), allocation("21.00", "6400", id=302)],
    )
    document = posted(on_bill(bill([line])))
    assert (document.net, document.tax) == (Decimal("100.00"), Decimal("5.00"))
    assert postings_of(document) == [("4010 200", "80.00"), ("4410 200", "20.00")]


def test_a_missing_line_total_is_worked_out(on_bill: OnBill) -> None:
    """Cost and tax are enough for the line; the bill's total proves it."""
    line = item(8801, "80.00", "4.00")
    record = bill([line])
    line["total_cost_with_tax"] = None
    assert posted(on_bill(record)).gross == Decimal("84.00")


def test_noise_of_binary_numbers_is_not_a_difference(on_bill: OnBill) -> None:
    """Totals are documented as doubles: 30.299999999999997 means 30.30."""
    record = bill([item(8801, "30.30")], total_cost_with_tax=Decimal("30.299999999999997"))
    assert posted(on_bill(record)).gross == Decimal("30.30")


def test_numbers_may_be_texts_or_whole(on_bill: OnBill) -> None:
    """80, "80.00" and 80.00 are one amount."""
    line = item(8801, "80.00", total_cost="80.00", total_cost_with_tax=80, tax_amount="0")
    assert posted(on_bill(bill([line], total_cost_with_tax="80.0", tax_amount=0))).net == 80


def test_negative_lines_stay_negative_in_an_invoice(on_bill: OnBill) -> None:
    """A credit on one line reduces the invoice."""
    record = bill([item(8801, "80.00"), item(8802, "-30.00")])
    document = posted(on_bill(record))
    assert document.gross == Decimal("50.00")
    assert postings_of(document)[1] == ("4010 200", "-30.00")
    assert dict(document.header)["InvoiceType"] == "SUPPINV"


def test_a_negative_total_makes_a_credit_note(on_bill: OnBill) -> None:
    """Its own invoice type, amounts as they are."""
    document = posted(on_bill(bill([item(8801, "-30.00", "-1.50")])))
    assert dict(document.header)["InvoiceType"] == "SUPPCRED"
    assert (document.net, document.tax) == (Decimal("-30.00"), Decimal("-1.50"))


def test_lines_of_nothing_are_not_sent(on_bill: OnBill) -> None:
    """A free item needs no account."""
    free = item(8802, "0.00", cost_allocations=[])
    assert len(posted(on_bill(bill([item(), free]))).lines) == 1


SHIPPING: list[tuple[str, Record, Record, str | None]] = [
    ("inside the total, of the bill", {"shipping_amount": 10}, {"total": "90.00"}, "90.00"),
    ("inside the total, of a line", {}, {"total": "90.00", "line": "10.00"}, "90.00"),
    (
        "of the bill and of a line, the same",
        {"shipping_amount": 10},
        {"total": "90.00", "line": "10.00"},
        "90.00",
    ),
    (
        "of the bill and of a line, both",
        {"shipping_amount": 5},
        {"total": "95.00", "line": "10.00"},
        "95.00",
    ),
    (
        "outside the total, but invoiced",
        {"shipping_amount": 10, "invoice_total": 90},
        {"total": "80.00"},
        "90.00",
    ),
    (
        "outside the total and the invoice",
        {"shipping_amount": 10, "invoice_total": 80},
        {"total": "80.00"},
        "80.00",
    ),
    ("outside the total, no invoice total", {"shipping_amount": 10}, {"total": "80.00"}, None),
    (
        "outside the total, another invoice total",
        {"shipping_amount": 10, "invoice_total": 81},
        {"total": "80.00"},
        None,
    ),
]


@pytest.mark.parametrize(
    ("changes", "given", "gross"), [pytest.param(c, g, x, id=n) for n, c, g, x in SHIPPING]
)
def test_shipping_is_never_lost_and_never_counted_twice(
    on_bill: OnBill, changes: Record, given: Record, gross: str | None
) -> None:
    """The bill's total says whether it holds shipping; else the invoice total; else hold."""
    line = item(8801, "80.00", shipping_amount=given.get("line"))
    mapped = on_bill(bill([line], total_cost_with_tax=Decimal(given["total"]), **changes))
    if gross is None:
        assert codes_of(mapped) == {"shipping_unclear"}
    else:
        document = posted(mapped)
        assert document.gross == Decimal(gross)
        assert sum(x.amount for x in document.postings) == Decimal(gross)


@pytest.mark.parametrize(("word", "gross"), [("include", "90.00"), ("leave_out", "80.00")])
def test_unclear_shipping_can_be_decided_by_rule(
    on_bill: OnBill, rules: Rules, word: Literal["include", "leave_out"], gross: str
) -> None:
    """What the shipped rules hold, a company may decide once for all."""
    shipping = replace(rules.bill.shipping, unclear=word)
    by = replace(rules, bill=replace(rules.bill, shipping=shipping))
    assert posted(on_bill(bill(shipping_amount=10), by=by)).gross == Decimal(gross)


def test_two_shipping_amounts_are_not_included_by_rule(on_bill: OnBill, rules: Rules) -> None:
    """The rule does not say which of them."""
    shipping = replace(rules.bill.shipping, unclear="include")
    by = replace(rules, bill=replace(rules.bill, shipping=shipping))
    record = bill([item(8801, "80.00", shipping_amount="10.00")], shipping_amount=5)
    assert codes_of(on_bill(record, by=by)) == {"shipping_unclear"}


def test_shipping_of_a_free_item_goes_with_the_other_goods(on_bill: OnBill) -> None:
    """The free item has no account of its own."""
    free = item(8802, "0.00", cost_allocations=[], shipping_amount="9.00")
    record = bill([item(), free], total_cost_with_tax=89)
    assert postings_of(posted(on_bill(record))) == [("4010 200", "80.00"), ("4010 200", "9.00")]


def test_shipping_of_nothing_but_free_items_is_held(on_bill: OnBill) -> None:
    """There is no account to post it on."""
    free = item(8802, "0.00", cost_allocations=[], shipping_amount="9.00")
    record = bill([free], total_cost_with_tax=9)
    assert codes_of(on_bill(record)) == {"shipping_unclear"}


@pytest.mark.parametrize(
    ("changes", "tax"),
    [
        ({"tax_amount": None, "tax_percentage": None, "tax_name": ""}, "0.00"),
        (
            {"tax_amount": None, "total_cost": "76.19", "tax_name": "GST", "tax_percentage": 5},
            "3.81",
        ),
    ],
)
def test_a_missing_tax_is_what_the_totals_leave(on_bill: OnBill, changes: Record, tax: str) -> None:
    """Total with tax less total without."""
    shares = [allocation(str(changes.get("total_cost", "80.00")))]
    record = bill([item(8801, "80.00")], tax_amount=None)
    record["items"][0] |= {**changes, "cost_allocations": shares}
    document = posted(on_bill(record))
    assert (document.tax, document.gross) == (Decimal(tax), Decimal("80.00"))


@pytest.mark.parametrize(
    ("changes", "is_held"),
    [({"total_cost": None}, False), ({"total_cost": None, "tax_percentage": 5}, True)],
)
def test_a_line_with_its_total_alone_needs_to_be_without_tax(
    on_bill: OnBill,
    changes: Record,
    is_held: bool,  # noqa: FBT001
) -> None:
    """With a percentage, nothing tells how much of the total is tax."""
    record = bill([item(8801, "80.00")], tax_amount=None)
    record["items"][0] |= {"tax_amount": None, **changes}
    mapped = on_bill(record)
    if is_held:
        assert codes_of(mapped) == {"amount_missing"}
    else:
        assert posted(mapped).net == Decimal("80.00")


@pytest.mark.parametrize(
    ("split", "is_held"),
    [
        ("80.00", False), ("84.00", False), ("90.00", False), ("94.00", False),
        ("86.00", True), ("76.00", True), ("70.00", True), ("98.00", True), ("100.00", True),
    ],
)  # fmt: skip
def test_a_split_may_hold_tax_shipping_or_both(
    on_bill: OnBill,
    rules: Rules,
    split: str,
    is_held: bool,  # noqa: FBT001
) -> None:
    """80.00 with 4.00 of tax and 10.00 of shipping beside it; a rule may want 80.00 alone."""
    shares = [allocation(split, "6400")]
    line = item(8801, "80.00", "4.00", shipping_amount="10.00", cost_allocations=shares)
    record = bill([line], total_cost_with_tax=94)
    mapped = on_bill(record)
    if is_held:
        assert codes_of(mapped) == {"allocation_sum"}
        assert mapped.problems[0].message.startswith(
            f'the split of items[8801] adds up to "{split}" USD, the line is "80.00"'
        )
    else:
        assert postings_of(posted(mapped)) == [("4410 200", "80.00"), ("4410 200", "10.00")]
    strict = replace(rules, bill=replace(rules.bill, allocation_other_total="hold"))
    assert bool(on_bill(record, by=strict).problems) is (split != "80.00")


def test_by_the_strict_rule_inclusive_tax_may_still_be_inside_the_split(
    on_bill: OnBill, rules: Rules
) -> None:
    """The line's own total holds it; of exclusive tax it does not."""
    strict = replace(rules, bill=replace(rules.bill, allocation_other_total="hold"))
    shares = [allocation("84.00")]
    line = item(8801, "80.00", "4.00", cost_allocations=shares)
    assert codes_of(on_bill(bill([line]), by=strict)) == {"allocation_sum"}
    inclusive = line | {"tax_is_inclusive": True, "total_cost": "84.00"}
    assert postings_of(posted(on_bill(bill([inclusive]), by=strict))) == [("4010 200", "80.00")]


def test_costs_of_nothing_are_left_out_and_costs_without_amount_held(on_bill: OnBill) -> None:
    """A cost whose share says no amount has that of the cost."""
    share = allocation(None, "6300")
    costs = [cost("0.00", cost_allocation=None), cost("15.00", id=56, cost_allocation=share)]
    document = posted(on_bill(bill(costs=costs)))
    assert [(x.ref, str(x.net)) for x in document.lines] == [
        ("8801", "80.00"),
        ("cost-56", "15.00"),
    ]
    assert postings_of(document) == [("4010 200", "80.00"), ("4310 200", "15.00")]
    record = bill(total_cost_with_tax=80) | {"costs": [cost() | {"amount": None}]}
    mapped = on_bill(record)
    assert [(p.code, p.field) for p in mapped.problems] == [("amount_missing", "costs[55].amount")]


def test_lines_without_an_id_are_named_by_their_place(on_bill: OnBill) -> None:
    """Counted from one, items and costs apart."""
    lines = [item(7), item(8) | {"id": None}, item(7, "20.00"), item(7, "5.00")]
    document = posted(on_bill(bill(lines, costs=[cost() | {"id": None}])))
    assert [x.ref for x in document.lines] == ["7", "#2", "7/2", "7/3", "cost-#1"]
    assert [x.ref for x in document.postings] == [x.ref for x in document.lines]


@pytest.mark.parametrize(
    ("currency", "is_mixed"),
    [
        (None, False), ("", False), (3, False), ("3", False), ({"id": 3}, False), (4, True),
        ({"id": 4}, True), ({"name": "usd"}, False), ({"name": "USD", "id": 4}, False),
        ({"name": "CAD", "id": 3}, True), ({}, False),
    ],
)  # fmt: skip
def test_the_currency_of_a_part_is_compared_by_name_else_by_id(
    on_bill: OnBill,
    currency: object,
    is_mixed: bool,  # noqa: FBT001
) -> None:
    """What says nothing contradicts nothing."""
    mapped = on_bill(bill([item(currency=currency)]))
    assert [p.code for p in mapped.problems] == (["currency_mixed"] if is_mixed else [])


@pytest.mark.parametrize(
    ("value", "name", "codes"),
    [
        (5, "GST", []), ("5.0", "GST", []), ("", "GST", []), (None, "GST", []),
        (None, "VAT", ["no_rule"]), ("five", "GST", ["amount_unreadable"]),
    ],
)  # fmt: skip
def test_a_percentage_is_a_number_or_missing(
    on_bill: OnBill, value: object, name: str, codes: list[str]
) -> None:
    """A name that only one row has is enough; what is no number is told."""
    line = item(8801, "80.00", "4.00") | {"tax_percentage": value, "tax_name": name}
    mapped = on_bill(bill([line]))
    assert [p.code for p in mapped.problems] == codes
    assert codes or posted(mapped).tax == Decimal("4.00")


def test_shipping_inside_a_line_is_posted_with_it(on_bill: OnBill) -> None:
    """The line's total holds shipping although its split does not."""
    line = item(
        8801,
        "80.00",
        total_cost_with_tax=Decimal("90.00"),
        shipping_amount="10.00000000",
        cost_allocations=[allocation("60.00"), allocation("20.00", "6400", id=302)],
    )
    document = posted(on_bill(bill([line], shipping_amount=Decimal("10.0"))))
    assert document.gross == Decimal("90.00")
    assert postings_of(document) == [("4010 200", "67.50"), ("4410 200", "22.50")]


def test_shipping_of_the_bill_may_name_what_is_inside_a_line_too(on_bill: OnBill) -> None:
    """15.00 in all, 10.00 of it inside the line: 5.00 come on top."""
    line = item(8801, "80.00", total_cost_with_tax=Decimal("90.00"), shipping_amount="10.00000000")
    record = bill([line], shipping_amount=15, total_cost_with_tax=95)
    document = posted(on_bill(record))
    assert [x.net for x in document.lines] == [Decimal("90.00"), Decimal("5.00")]


def test_shipping_follows_the_goods_of_its_line(on_bill: OnBill) -> None:
    """Three quarters and one quarter, as the goods."""
    shares = [allocation("60.00"), allocation("20.00", "6400", id=302)]
    line = item(8801, "80.00", shipping_amount="1.01", cost_allocations=shares)
    document = posted(on_bill(bill([line], total_cost_with_tax=Decimal("81.01"))))
    assert postings_of(document)[2:] == [("4010 200", "0.76"), ("4410 200", "0.25")]


def test_shipping_can_go_to_its_own_account(on_bill: OnBill, rules: Rules) -> None:
    """By rule the freight account takes it, with the department of the goods."""
    shipping = replace(rules.bill.shipping, account="6300")
    by = replace(rules, bill=replace(rules.bill, shipping=shipping))
    record = bill(shipping_amount=10, total_cost_with_tax=90)
    assert postings_of(posted(on_bill(record, by=by))) == [
        ("4010 200", "80.00"),
        ("4310 200", "10.00"),
    ]
