"""A bill becomes the supplier invoice that the books need, or is held with its reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from target_ifs_cloud.documents import Mapped, SupplierId, SupplierInvoice
from target_ifs_cloud.mapping import Rules, check, source_of
from tests.unit.mapping.builders import (
    CAD,
    HCA,
    HUS,
    USD,
    Record,
    account,
    allocation,
    as_invoice,
    bill,
    company_reference,
    cost,
    item,
    order_line,
    project,
    reference,
    vendor,
)

OnBill = Callable[..., Mapped]


def posted(mapped: Mapped) -> SupplierInvoice:
    """The document of a bill that has no problem at all."""
    assert mapped.problems == ()
    document = as_invoice(mapped.document)
    assert check(document, reference()) == ()
    return document


def codes_of(mapped: Mapped) -> set[str]:
    """The codes of a held bill's problems."""
    assert mapped.document is None
    assert mapped.not_wanted == ""
    return {problem.code for problem in mapped.problems}


def postings_of(document: SupplierInvoice) -> list[tuple[str, str]]:
    """Postings as ``("4010 200 P-1", "80.00")``."""
    return [
        (" ".join(value for _, value in posting.codes), str(posting.amount))
        for posting in document.postings
    ]


def test_a_bill_becomes_an_invoice_with_lines_taxes_and_postings(on_bill: OnBill) -> None:
    """Two items, one taxed and with a project, and freight as a bill-level cost."""
    first = item(8801, "80.00", "4.00", custom_fields=[project("P-1")])
    document = posted(on_bill(bill([first, item(8802, "6.00")], costs=[cost("15.00")])))
    assert (document.company, document.supplier, document.series) == (HCA, "V-10006", "II")
    assert (document.number, document.currency) == ("INV-7781", "USD")
    assert (document.net, document.tax, document.gross) == (
        Decimal("101.00"),
        Decimal("4.00"),
        Decimal("105.00"),
    )
    assert [(x.net, x.tax, x.tax_code) for x in document.lines] == [
        (Decimal("80.00"), Decimal("4.00"), "GST5"),
        (Decimal("6.00"), Decimal("0.00"), "EX0"),
        (Decimal("15.00"), Decimal(0), "EX0"),
    ]
    assert postings_of(document) == [
        ("4010 200 P-1", "80.00"),
        ("4010 200", "6.00"),
        ("4310 200", "15.00"),
    ]


def test_header_fields_follow_the_rule_file(on_bill: OnBill) -> None:
    """Dates as written, the rate of IFS, the stamp that names the source."""
    header = dict(posted(on_bill(bill())).header)
    assert header == {
        "PartyType": "Supplier",
        "InvoiceType": "SUPPINV",
        "InvoiceDate": date(2026, 3, 9),
        "ArrivalDate": date(2026, 3, 10),
        "DueDate": date(2026, 4, 8),
        "PlPayDate": date(2026, 4, 8),
        "PayTermId": "30",
        "PayTermBaseDate": date(2026, 3, 9),
        "CreationDate": date(2026, 3, 10),
        "CurrRate": Decimal("1.35"),
        "TaxCurrRate": Decimal("1.35"),
        "DivFactor": 1,
        "VoucherText": "Procurify bill 847aae0ddda043e3be0b8a0203e4920b",
        "VoucherType": "I",
        "VoucherDate": date(2026, 3, 11),
        "IntAllowed": True,
        "AffBaseLedgPost": True,
    }


def test_every_sent_field_is_explained_by_a_rule(on_bill: OnBill) -> None:
    """Nothing is sent that no rule stands behind; the place is a file and a line."""
    document = posted(on_bill(bill()))
    explained = {entry.field: entry for entry in document.trace}
    for name, value in document.header:
        assert explained[f"header.{name}"].value == value
    for name in ("company", "supplier", "currency", "InvoiceNo", "net", "tax", "gross"):
        assert name in explained
    assert explained["header.DueDate"].rule.startswith("bill.yml:")
    assert "due_date" in explained["header.DueDate"].source
    assert explained["items[8801].cost_allocations[301] code part B"].value == "200"


@pytest.mark.parametrize("status", [2, 6, 7, 8, 4, "2"])
def test_approved_and_later_bills_are_wanted(on_bill: OnBill, status: object) -> None:
    """A poll can first see a bill when its payment is already on the way."""
    posted(on_bill(bill(status=status)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": 0}, "bill is Draft"),
        ({"status": 1}, "bill is Confirmed"),
        ({"status": 3}, "bill is Denied"),
        ({"status": 5}, "bill is Withdrawn"),
        ({"type": 2}, "credit card bill"),
        ({"active": False}, "not active"),
        ({"_procurify_vanished_at": "2026-03-12T00:00:00Z"}, "gone"),
    ],
)
def test_other_bills_are_left_out_with_words(on_bill: OnBill, changes: Record, words: str) -> None:
    """No document and no problem, but a reason that a person understands."""
    mapped = on_bill(bill(**changes))
    assert mapped.document is None
    assert mapped.problems == ()
    assert words in mapped.not_wanted
    assert mapped.amount == Decimal("80.00")


def test_a_draft_is_left_out_even_when_it_is_broken(on_bill: OnBill) -> None:
    """What is not approved yet may be incomplete."""
    assert on_bill({"uuid": "a1", "status": 0, "type": 0}).not_wanted == "bill is Draft"


def test_expense_bills_are_posted(on_bill: OnBill) -> None:
    """The shipped rules post what employees paid."""
    posted(on_bill(bill(type=1)))


HELD: list[tuple[str, Callable[[], Record], str]] = [
    ("no status", lambda: bill(status=None), "status_unknown"),
    ("unknown status", lambda: bill(status=9), "status_unknown"),
    ("unknown type", lambda: bill(type=7), "type_unknown"),
    ("no uuid", lambda: bill(uuid=None), "identity_missing"),
    ("no number", lambda: bill(invoice_number="  "), "number_missing"),
    ("number too long", lambda: bill(invoice_number="9" * 51), "value_too_long"),
    ("number unreadable", lambda: bill(invoice_number="A\x00B"), "value_unreadable"),
    ("no invoice date", lambda: bill(invoice_date=None), "value_missing"),
    ("impossible date", lambda: bill(invoice_date="2026-02-30T00:00:00Z"), "value_unreadable"),
    ("unknown vendor", lambda: bill(vendor=vendor(77)), "supplier_unknown"),
    ("no vendor", lambda: bill(vendor=None), "supplier_unknown"),
    ("unknown term", lambda: bill(payment_terms="Net 99"), "no_rule"),
    ("no currency", lambda: bill(currency=None), "value_missing"),
    ("item in other currency", lambda: bill([item(currency=CAD)]), "currency_mixed"),
    ("no items", lambda: bill([], total_cost_with_tax=0), "lines_missing"),
    ("items no list", lambda: {**bill(), "items": "none"}, "record_unreadable"),
    ("no total", lambda: bill(total_cost_with_tax=None), "total_missing"),
    ("total differs", lambda: bill(total_cost_with_tax=Decimal("80.01")), "total_mismatch"),
    ("tax differs", lambda: bill(tax_amount=Decimal("0.01")), "tax_mismatch"),
    ("total is a float", lambda: bill(total_cost_with_tax=80.5), "amount_unreadable"),
    (
        "split differs",
        lambda: bill([item(cost_allocations=[allocation("79.99")])]),
        "allocation_sum",
    ),
    (
        "split with tax on top",
        lambda: bill([item(8801, "80.00", "4.00", cost_allocations=[allocation("84.00")])]),
        "allocation_sum",
    ),
    ("no split", lambda: bill([item(cost_allocations=[])]), "allocation_missing"),
    (
        "split without amount",
        lambda: bill([item(cost_allocations=[allocation(None)])]),
        "amount_missing",
    ),
    (
        "half cents",
        lambda: bill([item(8801, "80.005", cost_allocations=[allocation("80.005")])]),
        "amount_decimals",
    ),
    (
        "line contradicts itself",
        lambda: bill([item(total_cost=Decimal("81.00"))]),
        "item_total_mismatch",
    ),
    (
        "two companies",
        lambda: bill(
            [
                item(8801, "80.00"),
                item(8802, "6.00", cost_allocations=[allocation("6.00", where="CC-400")]),
            ]
        ),
        "company_mixed",
    ),
    (
        "account without rule",
        lambda: bill([item(cost_allocations=[allocation("80.00", "6999")])]),
        "no_rule",
    ),
    (
        "unknown tax",
        lambda: bill([item(8801, "80.00", "4.00", tax_name="VAT")]),
        "no_rule",
    ),
    (
        "tax without name",
        lambda: bill([item(8801, "80.00", "4.00", tax_name="", tax_percentage=None)]),
        "no_rule",
    ),
    (
        "cost without account",
        lambda: bill(costs=[cost(cost_allocation=None)]),
        "allocation_missing",
    ),
    (
        "cost split differs",
        lambda: bill(costs=[cost("15.00", cost_allocation=allocation("14.00"))]),
        "allocation_sum",
    ),
    ("cost in other currency", lambda: bill(costs=[cost(currency=1)]), "currency_mixed"),
]


@pytest.mark.parametrize(("make", "code"), [pytest.param(m, c, id=n) for n, m, c in HELD])
def test_what_is_not_certain_is_held(
    on_bill: OnBill, make: Callable[[], Record], code: str
) -> None:
    """Every reason names its field and its cure."""
    mapped = on_bill(make())
    assert code in codes_of(mapped)
    assert all(p.field and p.message and p.fix for p in mapped.problems)


def test_all_reasons_come_at_once(on_bill: OnBill) -> None:
    """Reasons of the rules and reasons of IFS stand side by side."""
    record = bill(
        [item(cost_allocations=[allocation("80.00", "6999")])],
        invoice_number="",
        vendor=vendor(77),
        gl_post_date="2025-12-31T00:00:00-08:00",
    )
    assert codes_of(on_bill(record)) == {
        "no_rule",
        "number_missing",
        "supplier_unknown",
        "period_closed",
    }


def test_the_software_project_bill_is_held_by_the_blocked_code_part(on_bill: OnBill) -> None:
    """Software blocks the project; the mapping does not drop it silently."""
    line = item(cost_allocations=[allocation("80.00", "6100")], custom_fields=[project("P-1")])
    mapped = on_bill(bill([line]))
    problems = check(as_invoice(mapped.document), reference())
    assert [(p.code, p.field) for p in problems] == [("code_part_blocked", "postings[8801].C")]


# money


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


# rates and currencies


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
    """100.00 Canadian dollars take 74.00 US dollars off the order."""
    share = allocation("100.00", where="CC-400", currency=CAD)
    line = item(8801, "100.00", currency=CAD, cost_allocations=[share])
    line |= {"po": {"uuid": "1"}, "orderitem": order_line(193, currency=USD)}
    document = as_invoice(on_bill(bill([line], currency=CAD)).document)
    assert [x.amount for x in document.billed] == [Decimal("74.00")]


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


# whose and where


def test_the_cost_centre_falls_back_to_who_approved(on_bill: OnBill) -> None:
    """The allocation's department has no external id; the last approver's counts."""
    share = allocation("80.00")
    share["budget"]["department"]["external_id"] = None
    document = posted(on_bill(bill([item(cost_allocations=[share])])))
    assert postings_of(document) == [("4010 100", "80.00")]


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


def test_by_rule_an_unallocated_line_uses_its_order_line(on_bill: OnBill, rules: Rules) -> None:
    """The order line's account stands in."""
    by = replace(rules, bill=replace(rules.bill, allocation_missing="order_line"))
    line = item(cost_allocations=[], orderitem=order_line(account=account("6400", "CC-300")))
    assert postings_of(posted(on_bill(bill([line]), by=by))) == [("4410 300", "80.00")]


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


# identity


def test_the_identity_is_the_uuid_without_hyphens() -> None:
    """Both spellings of one uuid are one bill."""
    source = source_of("bill", bill())
    assert source.id == "847aae0ddda043e3be0b8a0203e4920b"
    assert (source.version, source.label) == (1, "bill INV-7781")


def test_a_record_without_identity_still_has_one_of_its_own() -> None:
    """It can be kept on record, and two of them are two."""
    first, second = source_of("bill", {"id": 1}), source_of("bill", {"id": 2})
    assert first.id != second.id
    assert first.id.startswith("no-identity-")
