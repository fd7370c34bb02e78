"""What IFS would refuse is found before anything is sent, all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.documents import Mapped, SupplierId, SupplierInvoice
from target_ifs_cloud.mapping import check
from target_ifs_cloud.reference import CompanyReference, Demand, Reference
from tests.unit.mapping.builders import (
    HCA,
    allocation,
    bill,
    company_reference,
    item,
    project,
    reference,
    supplier_reference,
)
from tests.unit.mapping.outcomes import as_invoice

OnBill = Callable[..., Mapped]
Change = Callable[[CompanyReference], CompanyReference]


def codes_of(document: SupplierInvoice, known: Reference) -> list[str]:
    """The codes of what IFS would refuse."""
    return [problem.code for problem in check(document, known)]


def with_account(**changes: object) -> Change:
    """The company with another account 4010."""

    def change(company: CompanyReference) -> CompanyReference:
        account = replace(company.accounts["4010"], **changes)  # type: ignore[arg-type]
        return replace(company, accounts={**company.accounts, "4010": account})

    return change


def with_demand(letter: str, demand: Demand) -> Change:
    """The company whose account 4010 asks something else."""

    def change(company: CompanyReference) -> CompanyReference:
        demands = {**company.accounts["4010"].demands, letter: demand}
        return with_account(demands=demands)(company)

    return change


def with_cost_centre(**changes: object) -> Change:
    """The company with another cost centre 200."""

    def change(company: CompanyReference) -> CompanyReference:
        values = company.code_values["B"]
        value = replace(values["200"], **changes)  # type: ignore[arg-type]
        return replace(company, code_values={**company.code_values, "B": {**values, "200": value}})

    return change


REFUSED: list[tuple[str, Change, str]] = [
    ("account missing", lambda c: replace(c, accounts={}), "account_unknown"),
    ("account ended", with_account(valid_until=date(2026, 3, 10)), "account_not_valid"),
    ("account not begun", with_account(valid_from=date(2026, 3, 12)), "account_not_valid"),
    ("account for budgets", with_account(is_budget_only=True), "account_budget_only"),
    ("project demanded", with_demand("C", Demand.MANDATORY), "code_part_missing"),
    ("unused letter demanded", with_demand("D", Demand.MANDATORY), "code_part_missing"),
    ("cost centre blocked", with_demand("B", Demand.BLOCKED), "code_part_blocked"),
    ("code part off", lambda c: replace(c, code_values={}), "code_part_off"),
    ("cost centre missing", lambda c: replace(c, code_values={"B": {}}), "code_value_unknown"),
    ("cost centre ended", with_cost_centre(valid_until=date(2026, 1, 1)), "code_value_not_valid"),
    ("cost centre for budgets", with_cost_centre(is_budget_only=True), "code_value_not_valid"),
    ("tax code missing", lambda c: replace(c, tax_codes={}), "tax_code_unknown"),
    ("term missing", lambda c: replace(c, payment_terms=frozenset()), "payment_term_unknown"),
    ("currency missing", lambda c: replace(c, currencies=frozenset()), "currency_unknown"),
    ("no period", lambda c: replace(c, periods=()), "period_missing"),
]


@pytest.mark.parametrize(("change", "code"), [pytest.param(c, p, id=n) for n, c, p in REFUSED])
def test_the_document_is_refused_for_this_reason_alone(
    on_bill: OnBill, change: Change, code: str
) -> None:
    """One thing differs in IFS, one problem names it."""
    document = as_invoice(on_bill(bill()).document)
    assert codes_of(document, reference(change(company_reference(HCA)))) == [code]


def test_what_a_site_does_not_offer_is_not_checked(on_bill: OnBill) -> None:
    """``None`` is not the same as empty."""
    known = company_reference(
        HCA, tax_codes=None, payment_terms=None, currencies=None, periods=None
    )
    assert codes_of(as_invoice(on_bill(bill()).document), reference(known)) == []


def test_the_last_day_counts(on_bill: OnBill) -> None:
    """The voucher date of the bill is 11 March."""
    document = as_invoice(on_bill(bill()).document)
    change = with_account(valid_from=date(2026, 3, 11), valid_until=date(2026, 3, 11))
    assert codes_of(document, reference(change(company_reference(HCA)))) == []


def test_a_closed_period_is_refused(on_bill: OnBill) -> None:
    """The posting date decides, not the invoice date."""
    document = as_invoice(on_bill(bill(gl_post_date="2025-12-31")).document)
    assert codes_of(document, reference()) == ["period_closed"]


def test_every_wrong_tax_code_of_a_bill_is_told(on_bill: OnBill) -> None:
    """A line whose code is missing does not hide the next one, nor does one without a code."""
    lines = [item(1, "80.00", "4.00"), item(2, "20.00", "1.40"), item(3)]
    document = as_invoice(on_bill(bill(lines)).document)
    first, second, third = document.lines
    wrong = replace(
        document, lines=(replace(first, tax_code=None), replace(second, tax_code="X"), third)
    )
    known = company_reference(HCA, tax_codes={})
    assert [(p.code, p.field) for p in check(wrong, reference(known))] == [
        ("tax_code_unknown", "lines[2].tax_code"),
        ("tax_code_unknown", "lines[3].tax_code"),
    ]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"rate": None}, []),
        ({"rate": Decimal("5.000")}, []),
        ({"rate": Decimal("5.01")}, ["tax_rate_differs"]),
        ({"rate": Decimal(0)}, ["tax_rate_differs"]),
        ({"valid_from": date(2026, 3, 9), "valid_until": date(2026, 3, 9)}, []),
        ({"valid_until": date(2026, 3, 8)}, ["tax_code_not_valid"]),
        ({"valid_from": date(2026, 3, 10), "rate": Decimal(6)},
         ["tax_code_not_valid", "tax_rate_differs"]),
    ],
)  # fmt: skip
def test_a_tax_code_counts_by_its_rate_and_on_the_invoice_date(
    on_bill: OnBill, changes: dict[str, Any], codes: list[str]
) -> None:
    """A rate that IFS does not tell is no other rate."""
    document = as_invoice(on_bill(bill([item(8801, "80.00", "4.00")])).document)
    company = company_reference(HCA)
    assert company.tax_codes is not None
    gst = replace(company.tax_codes["GST5"], **changes)
    known = reference(replace(company, tax_codes={**company.tax_codes, "GST5": gst}))
    assert codes_of(document, known) == codes


@pytest.mark.parametrize(
    ("net", "tax", "percent", "words"),
    [
        ("80.00", "4.00", None, ""),
        ("80.10", "4.01", None, ""),
        ("80.00", "3.99", None, "Procurify charges 3.99 on 80.00, tax code GST5 has 5%"),
        ("80.00", "4.01", None, "Procurify charges 4.01 on 80.00, tax code GST5 has 5%"),
        ("80.00", "4.00", "5.50", "Procurify charges 5.5%, tax code GST5 has 5%"),
        ("80.00", "0.00", None, "Procurify charges 0%, tax code GST5 has 5%"),
        ("80.00", "0.00", "5", ""),
    ],
)
def test_a_tax_without_its_percentage_is_compared_by_its_amount(
    on_bill: OnBill, *, net: str, tax: str, percent: str | None, words: str
) -> None:
    """Its name alone has found the tax code; a line without tax has none percent."""
    document = as_invoice(on_bill(bill([item(8801, "80.00", "4.00")])).document)
    (line,) = document.lines
    changed = replace(
        line,
        net=Decimal(net),
        tax=Decimal(tax),
        tax_percent=None if percent is None else Decimal(percent),
    )
    found = [p for p in check(replace(document, lines=(changed,)), reference()) if "tax" in p.field]
    told = [p.message for p in found if p.code == "tax_rate_differs"]
    assert told == ([words] if words else [])


def test_nothing_ends_where_no_day_is_known(on_bill: OnBill) -> None:
    """Validity is asked on a day; budget values are wrong on every one."""
    document = replace(as_invoice(on_bill(bill()).document), header=())
    ended = date(2020, 1, 1)
    assert (
        codes_of(document, reference(with_account(valid_until=ended)(company_reference(HCA)))) == []
    )
    assert (
        codes_of(document, reference(with_cost_centre(valid_until=ended)(company_reference(HCA))))
        == []
    )
    budget = with_cost_centre(is_budget_only=True)(company_reference(HCA))
    (problem,) = check(document, reference(budget))
    assert problem.message == "value 200 of code part B is not valid for postings"


def test_an_account_asks_nothing_of_itself(on_bill: OnBill) -> None:
    """Code part A is the account; the demands on the others still count."""
    document = as_invoice(on_bill(bill()).document)
    change = with_account(demands={"A": Demand.BLOCKED, "C": Demand.MANDATORY})
    assert codes_of(document, reference(change(company_reference(HCA)))) == ["code_part_missing"]


def test_one_open_period_of_a_day_is_enough(on_bill: OnBill) -> None:
    """The thirteenth period of a year covers days of the twelfth."""
    company = company_reference(HCA)
    assert company.periods is not None
    closed = [replace(period, is_open=False) for period in company.periods]
    known = reference(replace(company, periods=(*closed, *company.periods)))
    assert codes_of(as_invoice(on_bill(bill()).document), known) == []


def test_a_supplier_without_invoice_data_in_the_company_is_refused(on_bill: OnBill) -> None:
    """No invoice can be entered there. Unread rows are not checked."""
    document = as_invoice(on_bill(bill()).document)
    supplier = supplier_reference()
    assert supplier.companies is not None
    only = {name: row for name, row in supplier.companies.items() if name != HCA}
    known = reference(suppliers=[replace(supplier, companies=only)])
    assert codes_of(document, known) == ["supplier_not_in_company"]
    unread = reference(suppliers=[replace(supplier, companies=None)])
    assert codes_of(document, unread) == []


def test_a_supplier_that_is_gone_is_refused(on_bill: OnBill) -> None:
    """A link may point to a supplier that was removed since."""
    links = {"6": SupplierId("S-0")}
    document = as_invoice(on_bill(bill(), links=links).document)
    assert codes_of(document, reference()) == ["supplier_unknown"]


@pytest.mark.parametrize("code", ["6900", "6100"])
def test_the_project_is_demanded_or_blocked_by_the_account(on_bill: OnBill, code: str) -> None:
    """Clinical trials want one, software wants none."""
    for fields, good in (([project("P-1")], "6900"), ([], "6100")):
        line = item(cost_allocations=[allocation("80.00", code)], custom_fields=fields)
        document = as_invoice(on_bill(bill([line])).document)
        assert (codes_of(document, reference()) == []) is (code == good)


def test_the_same_reason_on_many_postings_is_told_once(on_bill: OnBill) -> None:
    """A hundred lines of one wrong code string are one problem."""
    lines = [item(number) for number in range(1, 101)]
    document = as_invoice(on_bill(bill(lines)).document)
    assert codes_of(document, reference(company_reference(HCA, accounts={}))) == ["account_unknown"]


@pytest.mark.parametrize("name", ["net", "tax", "gross"])
def test_totals_that_differ_are_refused(on_bill: OnBill, name: str) -> None:
    """The last line of defence against our own errors."""
    document = as_invoice(on_bill(bill()).document)
    values = {name: getattr(document, name) + Decimal("0.01")}
    wrong = replace(document, **values)
    assert set(codes_of(wrong, reference())) == {"totals_differ"}


def test_a_number_that_is_missing_or_too_long_is_refused(on_bill: OnBill) -> None:
    """Whatever the rules say."""
    document = as_invoice(on_bill(bill()).document)
    assert codes_of(replace(document, number=""), reference()) == ["number_missing"]
    assert codes_of(replace(document, number="9" * 50), reference()) == []
    (problem,) = check(replace(document, number="9" * 51), reference())
    assert (problem.code, problem.message) == (
        "number_too_long",
        "the invoice number has 51 characters; 50 fit",
    )


def test_parts_of_a_cent_are_refused(on_bill: OnBill) -> None:
    """Header, lines and postings alike."""
    document = as_invoice(on_bill(bill()).document)
    half = Decimal("0.005")
    (line,), (posting,) = document.lines, document.postings
    wrong = replace(
        document,
        net=document.net + half,
        gross=document.gross + half,
        lines=(replace(line, net=line.net + half),),
        postings=(replace(posting, amount=posting.amount + half),),
    )
    assert codes_of(wrong, reference()) == ["amount_decimals"] * 3
