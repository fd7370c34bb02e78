"""What Procurify uses and the rules or IFS do not know, with counts and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.mapping import Coverage, CoverageRow, Rules, coverage
from target_ifs_cloud.mapping.coverage_listed import custom_fields_of
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
