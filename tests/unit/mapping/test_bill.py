"""A bill becomes the supplier invoice that the books need, or is held with its reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from target_ifs_cloud.documents import Mapped
from target_ifs_cloud.mapping import check, source_of
from tests.unit.mapping.builders import (
    CAD,
    HCA,
    Record,
    allocation,
    bill,
    cost,
    item,
    project,
    reference,
    vendor,
)
from tests.unit.mapping.outcomes import as_invoice, codes_of, posted, postings_of

OnBill = Callable[..., Mapped]


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
    assert (mapped.amount, mapped.currency) == (Decimal("80.00"), "USD")


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
        "split beyond the line with its tax",
        lambda: bill([item(8801, "80.00", "4.00", cost_allocations=[allocation("84.01")])]),
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


def nowhere(code: str = "6000") -> Record:
    """A line whose department is at a location of no company."""
    share = allocation("80.00", code)
    share["budget"]["department"]["branch"] = {"id": 9, "name": "Nowhere"}
    return item(8801, "80.00", "4.00", tax_name="VAT", cost_allocations=[share])


SHARE = "items[8801].cost_allocations[301]"


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"items": [nowhere()]}, [("no_rule", f"{SHARE}.department")]),
        ({"items": [nowhere("6999")]},
         [("no_rule", f"{SHARE}.department"), ("no_rule", f"{SHARE}.account_code")]),
        ({"items": [nowhere()], "vendor": vendor(77)},
         [("no_rule", f"{SHARE}.department"), ("supplier_unknown", "vendor")]),
        ({"currency": None}, [("value_missing", "currency.name")]),
        ({"currency": {"name": "dollars"}}, [("value_unreadable", "currency.name")]),
        ({"vendor": None}, [("supplier_unknown", "vendor")]),
        ({"invoice_number": "", "gl_post_date": "2025-12-31"},
         [("number_missing", "invoice_number"), ("period_closed", "VoucherDate")]),
        ({"invoice_number": "9" * 51}, [("value_too_long", "invoice_number")]),
        ({"uuid": None, "status": 9},
         [("status_unknown", "status"), ("identity_missing", "uuid")]),
    ],
    ids=range(9),
)  # fmt: skip
def test_what_follows_from_a_gap_is_no_further_reason(
    on_bill: OnBill, changes: Record, reasons: list[tuple[str, str]]
) -> None:
    """Without its company a bill lacks no tax code, without its supplier no payment term."""
    mapped = on_bill({**bill(), "tax_amount": None, "total_cost_with_tax": None, **changes})
    told = [(p.code, p.field) for p in mapped.problems if p.code != "total_missing"]
    assert told == reasons


def test_a_held_bill_tells_the_amount_of_its_lines_else_its_own(on_bill: OnBill) -> None:
    """For the report of what is held."""
    assert on_bill(bill(vendor=None)).amount == Decimal("80.00")
    lines = on_bill(bill([item(), item(9, "20.00", "1.00")], total_cost_with_tax=7))
    assert (lines.amount, lines.currency) == (Decimal("101.00"), "USD")
    assert on_bill({**bill([]), "total_cost_with_tax": 7}).amount == 7


def test_an_account_is_not_blamed_for_an_unknown_company(on_bill: OnBill) -> None:
    """Which row of the account counts depends on the company."""
    share = allocation("80.00")
    share["budget"]["department"]["branch"] = {"id": 9, "name": "Nowhere"}
    (problem,) = on_bill(bill([item(cost_allocations=[share])])).problems
    assert problem.field == "items[8801].cost_allocations[301].department"
    assert "Nowhere" in problem.message


def test_the_software_project_bill_is_held_by_the_blocked_code_part(on_bill: OnBill) -> None:
    """Software blocks the project; the mapping does not drop it silently."""
    line = item(cost_allocations=[allocation("80.00", "6100")], custom_fields=[project("P-1")])
    mapped = on_bill(bill([line]))
    problems = check(as_invoice(mapped.document), reference())
    assert [(p.code, p.field) for p in problems] == [("code_part_blocked", "postings[8801].C")]


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
