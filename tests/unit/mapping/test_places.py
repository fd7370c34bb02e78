"""Which company a place belongs to, and by what names suppliers and orders may be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from target_ifs_cloud.documents import SupplierId, Value
from target_ifs_cloud.mapping import Rules, order_names, possible_suppliers
from target_ifs_cloud.mapping.operators import (
    Condition,
    Constant,
    Copy,
    CustomField,
    Day,
    FirstItem,
    FirstOf,
    Join,
    Lookup,
    Operator,
    Rule,
    Take,
    When,
)
from target_ifs_cloud.mapping.ownership import owned_fields
from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.rules import LEGAL_ENTITIES_TABLE
from target_ifs_cloud.mapping.tables import Limits, Table, TableRow
from tests.unit.mapping.builders import HCA, HUS

JULY = date(2026, 7, 1)


def entity(name: str, **limits: Any) -> TableRow:
    """A legal entity of a location."""
    return TableRow(gives=name, limits=Limits(**limits), where="x.yml:1")


@pytest.mark.parametrize(
    ("keys", "day", "company"),
    [
        ({"location": "Austin"}, None, HUS),
        ({"location": " AUSTIN "}, None, HUS),
        ({"location": "Reno"}, date(2026, 6, 30), HCA),
        ({"location": "Reno"}, JULY, HUS),
        ({"location": "Boise"}, None, None),
        ({"location": "Boise", "legal_entity": "Harbour LLC"}, None, HUS),
        ({"location": "Austin", "legal_entity": "Harbour Ltd"}, None, HCA),
        ({}, None, None),
    ],
)
def test_a_location_belongs_to_its_legal_entity_and_that_to_a_company(
    rules: Rules, keys: dict[str, str], day: date | None, company: str | None
) -> None:
    """By the table where the record does not say; the record has the last word."""
    reno = (entity("Harbour LLC", day_from=JULY), entity("Harbour Ltd"))
    table = Table(
        name=LEGAL_ENTITIES_TABLE,
        file="x.yml",
        reads="location",
        rows={"austin": (entity("harbour  LLC"),), "reno": reno},
    )
    first = replace(rules.company_rows[0], location="", limits=Limits())
    rows = (
        replace(first, legal_entity="harbour llc", company=HUS),
        replace(first, legal_entity="harbour ltd", company=HCA),
    )
    by = replace(rules, tables={**rules.tables, LEGAL_ENTITIES_TABLE: table}, company_rows=rows)
    found = by.find_company_row(keys, day)
    assert (found.company if found else None) == company


def test_the_suppliers_of_a_record_are_its_links_and_external_ids() -> None:
    """Of bills and of orders; what is no text is none."""
    links = {"6": SupplierId("S-6"), "7": SupplierId("S-7")}
    record = {
        "vendor": {"id": 6, "external_id": " V-6 "},
        "pref_vendor": {"id": 8, "external_id": ["V-8"]},
    }
    assert possible_suppliers(record, links) == {"S-6", "V-6"}
    assert possible_suppliers({"vendor": 7, "pref_vendor": {"external_id": "V-9"}}, links) == {
        "S-7",
        "V-9",
    }
    assert possible_suppliers(None, links) == set()


def test_an_order_is_named_by_its_uuid_and_its_number() -> None:
    """Whichever it has."""
    assert order_names({"uuid": "A-1", "procurify_PO": 52}) == {"a1", "52"}
    assert order_names({"uuid": "", "procurify_PO": "52"}) == {"52"}
    assert order_names({}) == frozenset()


def rule(operator: Operator) -> Rule:
    """A rule without limits."""
    return Rule(where="vendor.yml:1", operator=operator)


TABLE = Table(name="t", file="t.yml", reads="x", rows={})
OURS, THEIRS = rule(Copy(path="city")), rule(Copy(path="currency"))
WHEN = Condition(path="city", words=None, is_negated=False)


@pytest.mark.parametrize(
    ("operator", "is_owned"),
    [
        (Copy(path="city"), True), (Copy(path="city.name"), True), (Copy(path="currency"), False),
        (Copy(path="nobody"), False), (FirstItem(path="city"), True), (Constant(value="x"), False),
        (Day(path="city", plus_days=None), True), (Day(path="currency", plus_days=None), False),
        (Lookup(table=TABLE, key="city", default=None, is_unknown_ignored=False), True),
        (Lookup(table=TABLE, key="currency", default=None, is_unknown_ignored=False), False),
        (Take(name="supplier_name"), True), (Take(name="supplier_country"), False),
        (Take(name="supplier_id"), False), (CustomField(field="city"), False),
        (FirstOf(rules=(OURS, OURS)), True), (FirstOf(rules=(OURS, THEIRS)), False),
        (Join(parts=(OURS, rule(Constant(value="x")))), True), (Join(parts=(THEIRS, OURS)), False),
        (When(condition=WHEN, then=OURS, otherwise=None), True),
        (When(condition=WHEN, then=OURS, otherwise=THEIRS), False),
        (When(condition=WHEN, then=THEIRS, otherwise=OURS), False),
        (When(condition=replace(WHEN, path="currency"), then=OURS, otherwise=OURS), False),
    ],
)  # fmt: skip
def test_a_field_is_procurifys_when_all_that_fills_it_is(
    rules: Rules, operator: Operator, *, is_owned: bool
) -> None:
    """A field that has no owner does not count, and a constant belongs to nobody."""
    by = replace(
        rules.vendor,
        owners={"city": "procurify", "currency": "ifs", "name": "procurify", "country": "ifs"},
        name=rule(Copy(path="name")),
        country=rule(Copy(path="country")),
    )
    fields = (("Field", rule(operator)), ("Other", THEIRS))
    assert owned_fields(fields, by) == ({"Field"} if is_owned else frozenset())


def test_the_last_explanation_of_a_header_field_counts_and_every_one_of_others() -> None:
    """A posting date may be moved; two postings are two."""
    findings = Findings()
    told: list[tuple[str, Value]] = [
        ("header.A", 1), ("postings[1]", 2), ("header.B", 3), ("header.A", 4), ("postings[1]", 5),
    ]  # fmt: skip
    for field, value in told:
        findings.explain(field, value, rule="r", source="s")
    assert [(one.field, one.value) for one in findings.trace] == told[1:]


def test_a_reason_for_one_field_is_kept_once() -> None:
    """In the order in which they were found."""
    findings = Findings()
    for field in ("a", "b", "a"):
        findings.problem("no_rule", field, "m", "f")
    for problem in (*findings.problems, replace(findings.problems[0], message="other")):
        findings.add(problem)
    assert [(one.field, one.message) for one in findings.problems] == [
        ("a", "m"), ("b", "m"), ("a", "other"),
    ]  # fmt: skip
    with pytest.raises(AssertionError, match="no_such_code"):
        findings.problem("no_such_code", "a", "m", "f")
