"""A purchase order becomes the proposal of what is still open on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from target_ifs_cloud.documents import BilledLine, Mapped, SupplierInvoice
from target_ifs_cloud.mapping import Rules, check, map_purchase_order
from tests.unit.mapping.builders import (
    CAD,
    HUS,
    Record,
    account,
    company_reference,
    order,
    order_line,
    project,
    reference,
)
from tests.unit.mapping.outcomes import as_invoice

OnOrder = Callable[..., Mapped]
ORDER_ID = "8325e5903b5311e7bfdd021a9831e76d"
LAB = (("A", "4010"), ("B", "200"))
REPAIRS = (("A", "4410"), ("B", "310"))


def share(amount: str, code: str = "6000", where: str = "CC-200") -> Record:
    """One row of an order line's split."""
    return {"id": 1, "amount": amount, "account": account(code, where)}


def took(amount: str, codes: tuple[tuple[str, str], ...] = LAB, line: str = "193") -> BilledLine:
    """What some bill took off a line."""
    return BilledLine(order_id=ORDER_ID, order_line_id=line, codes=codes, amount=Decimal(amount))


def proposed(mapped: Mapped) -> SupplierInvoice:
    """The document of an order that has no problem at all."""
    assert mapped.problems == ()
    document = as_invoice(mapped.document)
    assert check(document, reference()) == ()
    return document


def rows(document: SupplierInvoice) -> dict[str, str]:
    """Postings as ``{"4010 200": "80.00"}``."""
    return {
        " ".join(value for _, value in posting.codes): str(posting.amount)
        for posting in document.postings
    }


def test_the_whole_order_is_open_before_any_bill(on_order: OnOrder) -> None:
    """One line without tax, one posting per code string, numbered after the order."""
    lines = [
        order_line(193, "80.00"),
        order_line(194, "20.00"),
        order_line(195, "5.00", account=account("6400", "CC-310")),
    ]
    document = proposed(on_order(order(lines)))
    assert (document.number, document.net, document.tax) == (
        "PO-PF52",
        Decimal("105.00"),
        Decimal(0),
    )
    assert [(x.net, x.tax_code) for x in document.lines] == [(Decimal("105.00"), "EX0")]
    assert rows(document) == {"4010 200": "100.00", "4410 310": "5.00"}
    header = dict(document.header)
    assert header["InvoiceDate"] == date(2026, 3, 3)
    assert header["DueDate"] == date(2026, 4, 2)
    assert header["PoRefNumber"] == "PF52"
    assert "VoucherDate" not in header


def test_bills_take_off_what_they_billed(on_order: OnOrder) -> None:
    """80.00 ordered, 30.00 billed: 50.00 open."""
    assert rows(proposed(on_order(order(), billed=[took("30.00")]))) == {"4010 200": "50.00"}


def test_a_line_billed_beyond_its_order_is_closed_not_negative(on_order: OnOrder) -> None:
    """An overrun on one line does not reduce another."""
    lines = [order_line(193, "80.00"), order_line(194, "20.00")]
    document = proposed(on_order(order(lines), billed=[took("90.00")]))
    assert document.net == Decimal("20.00")


@pytest.mark.parametrize("billed", [["80.00"], ["50.00", "30.00"], ["95.00"]])
def test_nothing_is_wanted_when_nothing_is_open(on_order: OnOrder, billed: list[str]) -> None:
    """The proposal of a fully billed order goes away."""
    mapped = on_order(order(), billed=[took(amount) for amount in billed])
    assert mapped.document is None
    assert mapped.not_wanted == "nothing is open on the order"


def test_a_bill_takes_off_its_own_code_string_first(on_order: OnOrder) -> None:
    """The repairs half is billed, the lab half stays."""
    line = order_line(spend_allocation=[share("50.00"), share("30.00", "6400", "CC-310")])
    document = proposed(on_order(order([line]), billed=[took("30.00", REPAIRS)]))
    assert rows(document) == {"4010 200": "50.00"}


def test_bills_on_one_code_string_are_taken_off_it_together(on_order: OnOrder) -> None:
    """Two bills of 10.00 for repairs leave 10.00 of them."""
    line = order_line(spend_allocation=[share("50.00"), share("30.00", "6400", "CC-310")])
    document = proposed(on_order(order([line]), billed=[took("10.00", REPAIRS)] * 2))
    assert rows(document) == {"4010 200": "50.00", "4410 310": "10.00"}


def test_a_credit_on_a_billed_line_opens_it_in_the_proportions_of_the_order(
    on_order: OnOrder,
) -> None:
    """Both halves were billed, 20.00 came back on an account that the order does not have."""
    line = order_line(spend_allocation=[share("50.00"), share("30.00", "6400", "CC-310")])
    credit = took("-20.00", (("A", "4210"), ("B", "200")))
    billed = [took("50.00"), took("30.00", REPAIRS), credit]
    assert rows(proposed(on_order(order([line]), billed=billed))) == {
        "4010 200": "12.50",
        "4410 310": "7.50",
    }


def test_a_credit_never_opens_more_than_was_ordered(on_order: OnOrder) -> None:
    """80.00 ordered, 10.00 given back: 80.00 are open."""
    assert proposed(on_order(order(), billed=[took("-10.00")])).net == Decimal("80.00")


def test_an_order_of_nothing_but_a_return_has_nothing_open(on_order: OnOrder) -> None:
    """It is no commitment; a return beside a purchase reduces it."""
    back = order_line(194, "-30.00")
    assert on_order(order([back])).not_wanted == "nothing is open on the order"
    document = proposed(on_order(order([order_line(), back])))
    assert (document.net, rows(document)) == (Decimal("50.00"), {"4010 200": "50.00"})
    assert (
        proposed(on_order(order([order_line(), back]), billed=[took("-40.00", line="194")])).net
        == 80
    )


def test_a_bill_coded_differently_reduces_in_proportion(on_order: OnOrder) -> None:
    """40.00 billed on an account that the order does not have: half of each stays."""
    line = order_line(spend_allocation=[share("50.00"), share("30.00", "6400", "CC-310")])
    other = took("40.00", (("A", "4210"), ("B", "200")))
    assert rows(proposed(on_order(order([line]), billed=[other]))) == {
        "4010 200": "25.00",
        "4410 310": "15.00",
    }


def test_bills_of_other_orders_take_nothing_off(on_order: OnOrder) -> None:
    """Line numbers alone do not decide."""
    foreign = replace(took("30.00"), order_id="another")
    assert proposed(on_order(order(), billed=[foreign])).net == Decimal("80.00")


def test_a_bill_that_knows_only_the_orders_number_counts(on_order: OnOrder) -> None:
    """The number inside Procurify stands in for a missing uuid."""
    by_number = replace(took("30.00"), order_id="52")
    assert proposed(on_order(order(), billed=[by_number])).net == Decimal("50.00")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": 1}, "order is Cancelled"),
        ({"state": 3}, "order is Closed"),
        ({"state": 4}, "order is Paid"),
        ({"active": False}, "not active"),
        ({"order_items": []}, "nothing is open"),
    ],
)
def test_other_orders_are_left_out_with_words(
    on_order: OnOrder, changes: Record, words: str
) -> None:
    """A closed order has no open amount, whatever was billed."""
    mapped = on_order(order(**changes))
    assert (mapped.document, mapped.problems) == (None, ())
    assert words in mapped.not_wanted


def test_a_closed_order_still_tells_its_amount(on_order: OnOrder) -> None:
    """For the report."""
    mapped = on_order(order(state=3))
    assert (mapped.amount, mapped.currency) == (Decimal("80.00"), "USD")


def test_the_rate_of_an_order_may_be_the_one_stored_with_it(on_order: OnOrder) -> None:
    """IFS has none; Procurify froze 0.75 when the order was made."""
    line = order_line(account=account("6000", "CC-400"), currency=CAD)
    record = order([line], purchased_currency=CAD, purchased_currency_rate="0.750000")
    mapped = on_order(record, known=reference(company_reference(HUS, rates=None)))
    assert dict(as_invoice(mapped.document).header)["CurrRate"] == Decimal("0.750000")


def test_a_reopened_order_is_wanted_again(on_order: OnOrder) -> None:
    """State 5 counts as open."""
    assert proposed(on_order(order(state=5))).net == Decimal("80.00")


@pytest.mark.parametrize(
    "changes", [{"status": 4}, {"status": 7}, {"status": 8}, {"is_active": False}]
)
def test_lines_that_will_not_be_bought_do_not_count(on_order: OnOrder, changes: Record) -> None:
    """Rejected, denied, draft and removed lines are no commitment."""
    lines = [order_line(193, "80.00"), order_line(194, "20.00", **changes)]
    assert proposed(on_order(order(lines))).net == Decimal("80.00")


HELD: list[tuple[str, Record, str]] = [
    ("unknown state", {"state": None}, "status_unknown"),
    ("older version", {"version": 1, "most_recent_version": 2}, "order_outdated"),
    ("no uuid", {"uuid": ""}, "identity_missing"),
    ("no vendor", {"pref_vendor": None}, "supplier_unknown"),
    ("no date", {"date": None}, "value_missing"),
    ("line without account", {"order_items": [order_line(account=None)]}, "allocation_missing"),
    ("line without amount", {"order_items": [order_line(total_cost=None)]}, "amount_missing"),
    (
        "split differs",
        {"order_items": [order_line(spend_allocation=[share("70.00")])]},
        "allocation_sum",
    ),
    (
        "account without rule",
        {"order_items": [order_line(account=account("6999"))]},
        "no_rule",
    ),
    (
        "two companies",
        {"order_items": [order_line(1), order_line(2, account=account("6000", "CC-400"))]},
        "company_mixed",
    ),
]


@pytest.mark.parametrize(("changes", "code"), [pytest.param(c, p, id=n) for n, c, p in HELD])
def test_what_is_not_certain_is_held(on_order: OnOrder, changes: Record, code: str) -> None:
    """Like bills: every reason, no guess."""
    mapped = on_order(order(**changes))
    assert mapped.document is None
    assert code in {problem.code for problem in mapped.problems}


def test_a_split_with_tax_keeps_its_proportions(on_order: OnOrder) -> None:
    """84.00 with tax in halves: 40.00 each without."""
    line = order_line(spend_allocation=[share("42.00"), share("42.00", "6400", "CC-310")])
    assert rows(proposed(on_order(order([line])))) == {"4010 200": "40.00", "4410 310": "40.00"}


@pytest.mark.parametrize(
    ("half", "is_fitting"),
    [
        ("40.00", True), ("42.00", True), ("45.00", True), ("47.00", True),
        ("43.00", False), ("44.00", False), ("52.00", False), ("38.00", False), ("35.00", False),
    ],
)  # fmt: skip
def test_a_split_may_hold_tax_shipping_or_both(
    on_order: OnOrder,
    half: str,
    is_fitting: bool,  # noqa: FBT001
) -> None:
    """80.00 with 4.00 of tax and 10.00 of shipping; nothing else means the line."""
    split = [share(half), share(half, "6400", "CC-310")]
    mapped = on_order(order([order_line(spend_allocation=split, shipping_amount="10.00")]))
    if is_fitting:
        assert rows(proposed(mapped)) == {"4010 200": "40.00", "4410 310": "40.00"}
    else:
        assert {problem.code for problem in mapped.problems} == {"allocation_sum"}


@pytest.mark.parametrize(
    ("version", "newest", "is_old"),
    [(1, 1, False), (2, 1, False), (1, 2, True), (None, 2, False), (1, None, False)],
)
def test_an_order_is_outdated_when_a_newer_version_is_known(
    on_order: OnOrder, version: int | None, newest: int | None, *, is_old: bool
) -> None:
    """What is not told is not old."""
    mapped = on_order(order(version=version, most_recent_version=newest))
    assert [p.code for p in mapped.problems] == (["order_outdated"] if is_old else [])


def test_the_final_approver_is_the_first_that_any_line_names(on_order: OnOrder) -> None:
    """Approvals before the last are none; the log counts where there is no history."""

    def entry(action: int, centre: str) -> Record:
        return {"action": action, "user": {"department": {"external_id": centre}}}

    lines = [
        order_line(1, account=account("6000", None), approval_history=[entry(0, "CC-200"), 7]),
        order_line(
            2,
            account=account("6000", None),
            approval_history=[entry(2, "CC-200")],
            logs=[entry(0, "CC-200"), entry(1, "CC-100"), entry(1, "CC-200")],
        ),
        order_line(3, account=account("6000", None), approval_history=[entry(1, "CC-300")]),
    ]
    assert rows(proposed(on_order(order(lines)))) == {"4010 100": "240.00"}


def test_rows_without_an_id_are_named_by_their_place(on_order: OnOrder) -> None:
    """Counted from one, as people do."""
    lines = [order_line(7), order_line(8, id=None, total_cost=None)]
    (problem,) = on_order(order(lines)).problems
    assert (problem.code, problem.field) == ("amount_missing", "order_items[#2].total_cost")


def test_the_project_comes_from_the_order_line(on_order: OnOrder) -> None:
    """Its custom field."""
    line = order_line(custom_fields=[project("P-1")])
    assert rows(proposed(on_order(order([line])))) == {"4010 200 P-1": "80.00"}


def test_a_closed_period_does_not_hold_a_proposal(on_order: OnOrder) -> None:
    """It is never posted, and old orders stay open into the new year."""
    document = proposed(on_order(order(date="2025-11-03T08:52:33-08:00")))
    assert dict(document.header)["InvoiceDate"] == date(2025, 11, 3)


def test_the_cost_centre_falls_back_to_the_final_approver(on_order: OnOrder) -> None:
    """The entry with action 1 names who approved."""
    approval = {"id": 1, "action": 1, "user": {"department": {"external_id": "CC-100"}}}
    line = order_line(account=account("6000", None), approval_history=[approval])
    assert rows(proposed(on_order(order([line])))) == {"4010 100": "80.00"}


def test_by_rule_no_order_is_sent(rules: Rules) -> None:
    """``post_as: none``."""
    by = replace(rules, purchase_order=replace(rules.purchase_order, post_as="none"))
    mapped = map_purchase_order(order(), rules=by, reference=reference(), links={}, billed=[])
    assert "left out" in mapped.not_wanted
