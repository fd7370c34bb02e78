"""Where a bill belongs: company, code parts, supplier, dates and orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.documents import Mapped, SupplierId
from target_ifs_cloud.mapping import Rules, check
from tests.unit.mapping.builders import (
    HCA,
    HUS,
    account,
    allocation,
    bill,
    company_reference,
    cost,
    item,
    order_line,
    project,
    reference,
    vendor,
)
from tests.unit.mapping.outcomes import as_invoice, codes_of, posted, postings_of

OnBill = Callable[..., Mapped]


def test_the_cost_centre_falls_back_to_who_approved(on_bill: OnBill) -> None:
    """The allocation's department has no external id; the last approver's counts."""
    share = allocation("80.00")
    share["budget"]["department"]["external_id"] = None
    document = posted(on_bill(bill([item(cost_allocations=[share])])))
    assert postings_of(document) == [("4010 100", "80.00")]


@pytest.mark.parametrize(
    ("ids", "centre"),
    [((1, 2), "200"), ((2, 1), "100"), ((None, 1), "200"), ((1, None), "100"), ((10, 9), "100")],
)
def test_who_approved_last_is_the_one_with_the_highest_entry(
    on_bill: OnBill, ids: tuple[int | None, int | None], centre: str
) -> None:
    """Finance and Research approved; entries may come in any order, and others do not approve."""
    share = allocation("80.00")
    share["budget"]["department"]["external_id"] = None
    users = [{"department": {"external_id": name}} for name in ("CC-100", "CC-200")]
    statuses = [
        {"id": id_, "status": 2, "user": user} for id_, user in zip(ids, users, strict=True)
    ]
    other = {"id": 99, "status": 3, "user": {"department": {"external_id": "CC-300"}}}
    record = bill([item(cost_allocations=[share])], bill_statuses=[*statuses, other])
    assert postings_of(posted(on_bill(record))) == [(f"4010 {centre}", "80.00")]


@pytest.mark.parametrize(
    ("po", "orderitem", "order"),
    [
        ({"uuid": "A-1", "id": 52}, {"purchase_order_uuid": "B-1", "purchase_order": 53}, "a1"),
        ({"uuid": "", "id": 52}, {"purchase_order_uuid": "B-1", "purchase_order": 53}, "b1"),
        ({"id": 52}, {"purchase_order": 53}, "52"),
        (None, {"purchase_order": 53}, "53"),
        (None, {}, None),
    ],
)
def test_the_order_of_a_line_is_known_by_its_uuid_else_its_number(
    on_bill: OnBill, po: object, orderitem: dict[str, Any], order: str | None
) -> None:
    """From either place; behind a line of no order too."""
    line = item(8802, "6.00", po=po, orderitem=order_line(193, **orderitem))
    document = posted(on_bill(bill([item(8801), line])))
    expected = [] if order is None else [(order, "193", Decimal("6.00"))]
    assert [(x.order_id, x.order_line_id, x.amount) for x in document.billed] == expected


def test_an_order_line_may_be_a_bare_id(on_bill: OnBill) -> None:
    """As some lists give it."""
    document = posted(on_bill(bill([item(po={"uuid": "1"}, orderitem=193)])))
    assert [x.order_line_id for x in document.billed] == ["193"]


def test_shipping_beside_a_line_takes_nothing_off_its_order(on_bill: OnBill) -> None:
    """80.00 of goods and 10.00 of shipping with a line of their own."""
    line = item(8801, shipping_amount="10.00", po={"uuid": "1"}, orderitem=order_line(193))
    document = posted(on_bill(bill([line], total_cost_with_tax=90)))
    assert [x.net for x in document.lines] == [Decimal("80.00"), Decimal("10.00")]
    assert [x.amount for x in document.billed] == [Decimal("80.00")]


def test_the_letters_follow_the_company(on_bill: OnBill) -> None:
    """Cost centre and project are C and F in the American company."""
    share = allocation("80.00", where="CC-410")
    line = item(cost_allocations=[share], custom_fields=[project("P-2")])
    (posting,) = posted(on_bill(bill([line]))).postings
    assert posting.codes == (("A", "4010"), ("C", "410"), ("F", "P-2"))


def test_the_project_may_stand_on_the_order_line(on_bill: OnBill) -> None:
    """The bill line carries no custom field, its order line does."""
    line = item(orderitem=order_line(custom_fields=[project("P-3")]))
    assert postings_of(posted(on_bill(bill([line])))) == [("4010 200 P-3", "80.00")]


def test_a_stored_link_comes_before_the_external_id(on_bill: OnBill) -> None:
    """What a person linked stays linked."""
    links = {"6": SupplierId("S-1")}
    assert as_invoice(on_bill(bill(), links=links).document).supplier == "S-1"


def test_the_vendor_may_be_a_bare_id(on_bill: OnBill) -> None:
    """List rows and odd servers give less than the detail."""
    links = {"6": SupplierId("V-10006")}
    assert posted(on_bill(bill(vendor=6), links=links)).supplier == "V-10006"


def test_the_payment_term_falls_back_to_the_vendors_and_then_the_suppliers(
    on_bill: OnBill,
) -> None:
    """The bill's own words come first."""
    bare = vendor(payment_term_ref=None)
    assert dict(posted(on_bill(bill(payment_terms=""))).header)["PayTermId"] == "30"
    record = bill(payment_terms="", vendor=bare)
    assert dict(posted(on_bill(record)).header)["PayTermId"] == "45"


def test_a_missing_due_date_follows_the_payment_term(on_bill: OnBill) -> None:
    """Net 15 from 9 March is 24 March."""
    record = bill(due_date=None, payment_terms="net  15")
    assert dict(posted(on_bill(record)).header)["DueDate"] == date(2026, 3, 24)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-09T23:59:59-08:00", date(2026, 3, 9)),
        ("2026-03-09T00:00:00.120222Z", date(2026, 3, 9)),
        ("2026-03-09", date(2026, 3, 9)),
        ("2026-03-09T23:30:00+14:00", date(2026, 3, 9)),
    ],
)
def test_days_are_taken_as_written(on_bill: OnBill, written: str, day: date) -> None:
    """No time zone moves an invoice date."""
    assert dict(posted(on_bill(bill(invoice_date=written))).header)["InvoiceDate"] == day


def test_the_number_is_trimmed_and_squeezed_and_keeps_its_case(on_bill: OnBill) -> None:
    """The key is upper case, what is sent is not."""
    document = posted(on_bill(bill(invoice_number="  inv \t 77/81 ")))
    assert document.number == "inv 77/81"
    assert document.key.number == "INV 77/81"


def test_the_order_numbers_are_named_once_each(on_bill: OnBill) -> None:
    """Two lines of one order name it once."""
    po = {"number": "PF52", "id": 52, "uuid": "8325E590-3b53"}
    other = {"number": "PF60", "id": 60, "uuid": "9"}
    lines = [item(1, po=po), item(2, po=po), item(3, po=other)]
    assert dict(posted(on_bill(bill(lines))).header)["PoRefNumber"] == "PF52, PF60"


def test_what_is_billed_is_told_per_order_line_and_code_string(on_bill: OnBill) -> None:
    """Freight and lines without an order line take nothing off an order."""
    po = {"number": "PF52", "id": 52, "uuid": "8325E590-3b53"}
    shares = [allocation("50.00"), allocation("30.00", "6400", id=302)]
    line = item(8801, po=po, orderitem=order_line(193), cost_allocations=shares)
    document = posted(on_bill(bill([line, item(8802, "6.00")], costs=[cost()])))
    assert [(x.order_id, x.order_line_id, x.amount) for x in document.billed] == [
        ("8325e5903b53", "193", Decimal("50.00")),
        ("8325e5903b53", "193", Decimal("30.00")),
    ]
    assert document.billed[0].codes == document.postings[0].codes


@pytest.mark.parametrize(
    "link",
    [
        {"po": {"number": "PF52"}, "orderitem": order_line(193)},
        {"po": {"number": "PF52", "uuid": "8325"}, "orderitem": None},
    ],
    ids=["the order is not identified", "the order line is not identified"],
)
def test_a_line_that_names_half_of_its_order_takes_nothing_off(
    on_bill: OnBill, link: dict[str, Any]
) -> None:
    """Both are needed to know which open amount goes down."""
    assert posted(on_bill(bill([item(8801, **link)]))).billed == ()


def test_by_rule_or_not_a_line_without_any_account_is_held(on_bill: OnBill, rules: Rules) -> None:
    """It bills no order line."""
    by = replace(rules, bill=replace(rules.bill, allocation_missing="order_line"))
    mapped = on_bill(bill([item(cost_allocations=[])]), by=by)
    assert codes_of(mapped) == {"allocation_missing"}


def test_without_rates_an_order_in_another_currency_is_reduced_by_the_amount_itself(
    on_bill: OnBill,
) -> None:
    """Better too close than the order counted twice."""
    share = allocation("80.00", currency={"name": "USD"})
    foreign = order_line(193, currency={"name": "CAD", "rate": None})
    line = item(po={"uuid": "1"}, orderitem=foreign, cost_allocations=[share])
    document = posted(on_bill(bill([line])))
    assert [x.amount for x in document.billed] == [Decimal("80.00")]


def test_by_rule_an_unallocated_line_uses_its_order_line(on_bill: OnBill, rules: Rules) -> None:
    """The order line's account stands in."""
    by = replace(rules, bill=replace(rules.bill, allocation_missing="order_line"))
    line = item(cost_allocations=[], orderitem=order_line(account=account("6400", "CC-300")))
    assert postings_of(posted(on_bill(bill([line]), by=by))) == [("4410 300", "80.00")]


@pytest.mark.parametrize(
    ("row", "is_found"),
    [
        ({"location": "vancouver"}, True),
        ({"location_id": "1"}, True),
        ({"department": "research"}, True),
        ({"department_external_id": "cc-200"}, True),
        ({"location": "vancouver", "department": "research"}, True),
        ({"location": "vancouver", "department": "finance"}, False),
        ({"department": "finance"}, False),
        ({"location_id": "2"}, False),
    ],
)
def test_a_company_row_fits_when_all_that_it_names_fits(
    on_bill: OnBill,
    rules: Rules,
    row: dict[str, str],
    is_found: bool,  # noqa: FBT001
) -> None:
    """Location and department, by name or id."""
    first = replace(
        rules.company_rows[0],
        location=row.get("location", ""),
        location_id=row.get("location_id", ""),
        department=row.get("department", ""),
        department_external_id=row.get("department_external_id", ""),
    )
    mapped = on_bill(bill(), by=replace(rules, company_rows=(first,)))
    if is_found:
        assert posted(mapped).company == "HCA"
    else:
        (problem,) = mapped.problems
        assert problem.code == "no_rule"
        assert problem.field.endswith("department")


def test_a_company_row_counts_on_its_days(on_bill: OnBill, rules: Rules) -> None:
    """The department moved to the other company on 1 July."""
    first, *others = rules.company_rows
    moved = replace(first, limits=replace(first.limits, day_from=date(2026, 7, 1)), company=HUS)
    by = replace(rules, company_rows=(moved, first, *others))
    assert posted(on_bill(bill(), by=by)).company == "HCA"
    later = bill(invoice_date="2026-07-01", gl_post_date=None)
    assert as_invoice(on_bill(later, by=by).document).company == "HUS"


def test_texts_of_the_tax_may_differ_in_case_and_blanks(on_bill: OnBill) -> None:
    """``gst `` is GST."""
    assert posted(on_bill(bill([item(8801, "80.00", "4.00", tax_name=" gst ")]))).tax == 4


def test_a_tax_rate_that_differs_from_ifs_is_refused(on_bill: OnBill) -> None:
    """IFS has changed GST to 6 percent."""
    known = company_reference(HCA)
    assert known.tax_codes is not None
    changed = {**known.tax_codes, "GST5": replace(known.tax_codes["GST5"], rate=Decimal(6))}
    mapped = on_bill(bill([item(8801, "80.00", "4.00")]))
    newer = reference(replace(known, tax_codes=changed))
    (problem,) = check(as_invoice(mapped.document), newer)
    assert (problem.code, problem.field) == ("tax_rate_differs", "lines[8801].tax_code")


def test_a_company_that_ifs_does_not_show_is_refused(on_bill: OnBill) -> None:
    """Without its basic data nothing can be checked."""
    document = as_invoice(on_bill(bill()).document)
    (problem,) = check(document, replace(reference(), companies={}))
    assert problem.code == "company_unknown"
