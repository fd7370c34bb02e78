"""What Procurify uses and the rules or IFS do not know, with counts and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.mapping import Coverage, CoverageRow, Rules, coverage
from target_ifs_cloud.mapping.coverage_listed import custom_fields_of
from target_ifs_cloud.mapping.operators import (
    Condition,
    CustomField,
    FirstOf,
    Join,
    Operator,
    Rule,
    When,
)
from target_ifs_cloud.reference import Reference
from tests.unit.mapping.builders import (
    HCA,
    Record,
    account,
    allocation,
    bill,
    company_reference,
    cost,
    item,
    order,
    order_line,
    project,
    reference,
    supplier_reference,
    vendor,
)

Records = list[tuple[str, Mapping[str, Any]]]


@pytest.fixture
def survey(rules: Rules) -> Any:
    """``coverage`` by the shipped rules."""

    def call(records: Records, known: Reference | None = None) -> Coverage:
        return coverage(rules, known or reference(), records)

    return call


def gaps(found: Coverage, kind: str) -> list[CoverageRow]:
    """The gaps of one kind."""
    return [row for row in found.gaps if row.kind == kind]


def test_a_covered_tenant_has_no_gap(survey: Any) -> None:
    """Counts say how much was looked at."""
    found = survey([("bills", bill()), ("purchase_orders", order()), ("vendors", vendor())])
    assert found.gaps == ()
    assert found.seen["account code"] == found.covered["account code"] == 1
    assert found.seen.keys() >= {"location and department", "code part B", "payment term", "vendor"}


def test_account_codes_without_a_rule_tell_their_amounts_by_currency(survey: Any) -> None:
    """The most used first; amounts as they stand in Procurify."""
    lines = [
        item(1, "80.00", cost_allocations=[allocation("80.00", "6999")]),
        item(2, "20.50", cost_allocations=[allocation("20.50", "6999")]),
        item(3, "5.00", cost_allocations=[allocation("5.00", "7000")]),
    ]
    rows = gaps(survey([("bills", bill(lines))]), "account code")
    assert [(r.value, r.company, r.gap, r.uses, r.amounts) for r in rows] == [
        ("6999 Account 6999", "HCA", "no_rule", 2, (("USD", Decimal("100.50")),)),
        ("7000 Account 7000", "HCA", "no_rule", 1, (("USD", Decimal("5.00")),)),
    ]
    assert rows[0].detail == "no row in accounts.yml"


def test_an_account_that_ifs_does_not_have_names_the_row(survey: Any) -> None:
    """Rules may point to nothing."""
    known = reference(company_reference(HCA, accounts={}))
    (row,) = gaps(survey([("bills", bill())], known), "account code")
    assert row.gap == "not_in_ifs"
    assert row.detail.startswith("IFS has no account 4010 (accounts.yml:")


def test_places_without_a_company_are_told(survey: Any) -> None:
    """By location and department, from documents and from the lists."""
    lost = account()
    lost["department"] = {"name": "Lost", "branch": {"id": 9, "name": "Boise"}}
    line = item(cost_allocations=[allocation("80.00", budget=lost)])
    listed: Records = [
        ("departments", {"name": "Lost", "branch": {"name": "Boise"}, "active": True}),
        ("departments", {"name": "Idle", "branch": {"name": "Boise"}, "active": True}),
        ("departments", {"name": "Old", "branch": {"name": "Boise"}, "active": False}),
        ("locations", {"name": "Reno", "active": True}),
        ("locations", {"name": "Austin", "active": True}),
    ]
    rows = gaps(survey([*listed, ("bills", bill([line]))]), "location and department")
    assert [(row.value, row.uses) for row in rows] == [
        ("Boise / Lost", 1),
        ("Boise / Idle", 0),
        ("Reno", 0),
    ]
    assert rows[1].detail.endswith("not used so far")


def test_code_part_values_that_lead_nowhere_are_told(survey: Any) -> None:
    """A department without a cost centre, a project that IFS does not have."""
    line = item(
        cost_allocations=[allocation("80.00", where="CC-999")], custom_fields=[project("P-9")]
    )
    line["cost_allocations"][0]["budget"]["department"]["external_id"] = "CC-999"
    found = survey([("bills", bill([line]))])
    (centre,) = gaps(found, "code part B")
    assert centre.gap == "no_rule"
    assert 'external id of department "CC-999" has no row' in centre.detail
    (job,) = gaps(found, "code part C")
    assert (job.value, job.gap) == ("P-9", "not_in_ifs")


def test_taxes_and_terms_without_a_rule_are_told(survey: Any) -> None:
    """By name and percentage, by the words on the bill."""
    line = item(8801, "80.00", "4.00", tax_name="VAT")
    found = survey([("bills", bill([line], payment_terms="Net 99"))])
    assert [(r.value, r.amounts) for r in gaps(found, "tax")] == [
        ("VAT 5%", (("USD", Decimal("4.00")),))
    ]
    assert [(r.value, r.gap) for r in gaps(found, "payment term")] == [("Net 99", "no_rule")]


def test_vendors_that_are_no_suppliers_are_told(survey: Any) -> None:
    """Used ones with what they billed; placeholders, employees and inactive ones do not count."""
    known = reference(suppliers=[supplier_reference("V-10007")])
    listed: Records = [
        ("vendors", vendor(7)),
        ("vendors", vendor(8)),
        ("vendors", vendor(9, active=False)),
        ("vendors", vendor(10, type=5)),
    ]
    rows = gaps(survey([*listed, ("bills", bill())], known), "vendor")
    assert [(row.value, row.uses, row.amounts) for row in rows] == [
        ("Five Star Instruments (6)", 1, (("USD", Decimal("80.00")),)),
        ("Five Star Instruments (8)", 0, ()),
    ]


def test_listed_account_codes_and_custom_fields_are_told(survey: Any, rules: Rules) -> None:
    """What could be used tomorrow; what a rule reads is covered."""
    listed: Records = [
        ("account_codes", {"code": "6000", "active": True}),
        ("account_codes", {"code": "8000", "description": "New", "active": True}),
        ("account_codes", {"code": "8001", "active": False}),
        ("custom_fields", {"id": 54, "name": "Project"}),
        ("custom_fields", {"id": 55, "name": "Grant"}),
        ("users", {"id": 1}),
    ]
    found = survey(listed)
    assert [(row.kind, row.value, row.gap) for row in found.gaps] == [
        ("account code", "8000 New", "no_rule"),
        ("custom field", "Grant", "unused"),
    ]
    assert custom_fields_of(rules) == {"Project"}


def test_a_listed_account_code_that_documents_use_is_told_once(survey: Any) -> None:
    """With its title or without; a code that merely begins alike is another."""
    bare = allocation("80.00", "8000")
    bare["budget"]["account_code"]["description"] = ""
    lines = [
        item(1, cost_allocations=[bare]),
        item(2, cost_allocations=[allocation("80.00", "9000")]),
    ]
    codes = ("800", "8000", "9000", "900")
    listed: Records = [("account_codes", {"code": code, "active": True}) for code in codes]
    rows = gaps(survey([*listed, ("bills", bill(lines))]), "account code")
    assert [(row.value, row.uses) for row in rows] == [
        ("8000", 1),
        ("9000 Account 9000", 1),
        ("800", 0),
        ("900", 0),
    ]


def test_gaps_come_by_kind_then_use_then_name_then_company(survey: Any) -> None:
    """And the counts say how many values of a kind have none."""
    shares = {"7001": "CC-200", "7002": "CC-200", "7003": "CC-400"}
    lines = [
        item(at, cost_allocations=[allocation("80.00", code, where)])
        for at, (code, where) in enumerate(shares.items())
    ]
    again = [item(9, cost_allocations=[allocation("80.00", "7002")]), item(10)]
    canadian = bill([item(1, cost_allocations=[allocation("80.00", "7003")])])
    found = survey([("bills", bill([*lines, *again])), ("bills", canadian)])
    rows = gaps(found, "account code")
    assert [(row.value[:4], row.company, row.uses) for row in rows] == [
        ("7002", "HCA", 2),
        ("7001", "HCA", 1),
        ("7003", "HCA", 1),
        ("7003", "HUS", 1),
    ]
    assert (found.seen["account code"], found.covered["account code"]) == (5, 1)
    assert [row.kind for row in found.gaps] == sorted(row.kind for row in found.gaps)


def test_orders_tell_what_their_splits_or_their_lines_cost(survey: Any) -> None:
    """A split counts row by row, a line without one as a whole, a line without amount as none."""
    split = [{"id": 1, "amount": "30.00", "account": account("7001")},
             {"id": 2, "amount": "50.00", "account": account("7002")}]  # fmt: skip
    lines = [
        order_line(1, spend_allocation=split, account=account("7009")),
        order_line(2, "20.00", account=account("7002")),
        order_line(3, account=account("7003"), total_cost=None),
    ]
    rows = gaps(survey([("purchase_orders", order(lines))]), "account code")
    assert [(r.value[:4], r.uses, r.amounts) for r in rows] == [
        ("7002", 2, (("USD", Decimal("70.00")),)),
        ("7001", 1, (("USD", Decimal("30.00")),)),
        ("7003", 1, (("USD", Decimal(0)),)),
    ]


def test_values_that_ifs_lacks_are_told_with_the_row_that_gives_them(survey: Any) -> None:
    """Tax codes and payment terms; where IFS shows no list, nothing can be missing in it."""
    line = item(8801, "80.00", "4.00")
    empty = company_reference(HCA, tax_codes={}, payment_terms=frozenset())
    found = survey([("bills", bill([line]))], reference(empty))
    (tax,), (term,) = gaps(found, "tax"), gaps(found, "payment term")
    assert (tax.value, tax.gap, tax.company) == ("GST 5%", "not_in_ifs", "HCA")
    assert tax.detail.startswith("IFS has no tax code GST5 (tax_codes.yml:")
    assert (term.value, term.gap, term.uses) == ("Net 30", "not_in_ifs", 1)
    assert term.detail.startswith("IFS has no payment term 30 (bill.yml:")
    unread = company_reference(HCA, tax_codes=None, payment_terms=None)
    assert survey([("bills", bill([line]))], reference(unread)).gaps == ()


def test_a_document_of_two_companies_has_no_taxes_and_a_term_of_no_company(survey: Any) -> None:
    """Which company's rows would count is not known."""
    lines = [
        item(1, "80.00", "4.00", tax_name="VAT"),
        item(2, cost_allocations=[allocation("80.00", where="CC-400")]),
    ]
    found = survey([("bills", bill(lines, payment_terms="Net 99"))])
    assert gaps(found, "tax") == []
    assert [row.company for row in gaps(found, "payment term")] == [""]


def test_custom_fields_are_found_wherever_a_rule_reads_them(rules: Rules) -> None:
    """In code parts and in every field of bills and orders, at any depth."""

    def reads(name: str) -> Rule:
        return Rule(where="x.yml:1", operator=CustomField(field=name))

    def rule(operator: Operator) -> Rule:
        return Rule(where="x.yml:1", operator=operator)

    condition = Condition(path="a", words=None, is_negated=False)
    choice = rule(When(condition=condition, then=reads("then"), otherwise=reads("else")))
    alone = rule(When(condition=condition, then=reads("only"), otherwise=None))
    deep = rule(FirstOf(rules=(rule(Join(parts=(reads("part"), alone))), choice)))
    none: dict[str, Any] = {"header": (), "line_fields": (), "posting_fields": ()}
    bare = replace(
        rules,
        letters={HCA: (("B", reads("letter")),)},
        bill=replace(rules.bill, invoice=replace(rules.bill.invoice, **none)),
        purchase_order=replace(
            rules.purchase_order, invoice=replace(rules.purchase_order.invoice, **none)
        ),
    )
    assert custom_fields_of(bare) == {"letter"}
    for name in none:
        values: dict[str, Any] = {name: (("Field", deep),)}
        for kind in ("bill", "purchase_order"):
            own = getattr(bare, kind)
            changed: dict[str, Any] = {kind: replace(own, invoice=replace(own.invoice, **values))}
            found = custom_fields_of(replace(bare, **changed))
            assert found == {"letter", "part", "only", "then", "else"}


def test_a_custom_field_is_used_by_its_name_or_its_id(rules: Rules) -> None:
    """In any spelling; a field that is off does not matter."""
    by_id = Rule(where="x.yml:1", operator=CustomField(field="77"))
    letters = {HCA: (*rules.letters[HCA], ("D", by_id))}
    listed: Records = [
        ("custom_fields", {"id": 77, "name": "Seventy-seven"}),
        ("custom_fields", {"id": 1, "name": " PROJECT "}),
        ("custom_fields", {"id": 2, "name": "Grant", "is_active": False}),
        ("custom_fields", {"id": 3, "name": "Sponsor", "is_active": True}),
        ("account_codes", {"id": 4, "code": "8000", "active": False}),
        ("departments", {"name": "Idle", "branch": {"name": "Boise"}}),
        ("locations", {"name": "Old", "active": False}),
    ]
    found = coverage(replace(rules, letters=letters), reference(), listed)
    assert [(row.kind, row.value) for row in found.gaps] == [
        ("custom field", "Sponsor"),
        ("location and department", "Boise / Idle"),
    ]
    assert (found.seen["custom field"], found.covered["custom field"]) == (3, 2)


def test_what_the_rules_leave_out_is_not_counted(survey: Any) -> None:
    """Drafts, card bills, closed orders."""
    line = item(cost_allocations=[allocation("80.00", "6999")])
    found = survey(
        [
            ("bills", bill([line], status=0)),
            ("bills", bill([line], type=2)),
            ("purchase_orders", order([order_line(account=account("6999"))], state=3)),
        ]
    )
    assert found.gaps == ()


WHATEVER: list[object] = [None, 7, "text", [], {}, {"items": 5}, {"items": [{"orderitem": 3}, 4]}]


@pytest.mark.parametrize("value", WHATEVER, ids=repr)
def test_a_record_of_any_shape_is_survived(survey: Any, value: object) -> None:
    """A survey stops at nothing; what is wrong is held by the mapping."""
    record: Record = bill([item()], costs=[cost()])
    for name in record:
        survey([("bills", {**record, name: value}), ("purchase_orders", {**order(), name: value})])
