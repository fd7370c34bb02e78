"""Each operator of the rule language, alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from target_ifs_cloud.documents import CompanyId, Value
from target_ifs_cloud.mapping.expressions import Answer, Context, evaluate
from target_ifs_cloud.mapping.rule_nodes import parse_rules
from target_ifs_cloud.mapping.rule_parts import Parts, Place

TABLES = """
terms:
  reads: term
  rows:
    Net 30: "30"
    bad: many
    Split:
      - {company: HCA, gives: in HCA}
      - {from: 2026-07-01, gives: from July}
      - {until: 2026-06-30, gives: until June}
"""
RECORD = {
    "a": " one \n two ",
    "number": 7,
    "amount": Decimal("1.10"),
    "more": "2.20",
    "blank": "  ",
    "none": None,
    "flag": True,
    "list": [None, "", "x@y.example"],
    "day": "2026-03-09T23:00:00-08:00",
    "term": "net 30",
    "odd": "Net 31",
    "split": "Split",
    "bad": "bad",
    "nested": {"deep": {"value": "found"}},
    "rows": [{"n": "A"}, {"n": "B"}, {"n": "A"}, {"n": None}, "no row"],
}


def answer(
    rule: str, *, company: str | None = None, day: date | None = None, row: object = None
) -> Answer:
    """What a rule, written as in a file, gives for the record."""
    tables, _ = parse_rules(TABLES, "t.yml")
    node, wrong = parse_rules(rule, "r.yml")
    assert node is not None
    assert wrong == ()
    parts = Parts(companies=frozenset({"HCA"}))
    parts.read_tables(tables)
    built = parts.rule(node, Place(takes=frozenset({"rate"}), fields=("Above",)))
    assert parts.faults == []
    context = Context(
        record=RECORD,
        taken={"rate": Decimal("1.35")},
        header={"Above": "up"},
        custom_fields=[row],
        company=CompanyId(company) if company else None,
        day=day,
    )
    return evaluate(built, context)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("copy: a", "one two"),
        ("copy: number", "7"),
        ("copy: amount", "1.10"),
        ("copy: flag", True),
        ("copy: nested.deep.value", "found"),
        ("copy: nested.deep.value.further", None),
        ("copy: blank", None),
        ("copy: none", None),
        ("copy: absent", None),
        ("first_item: list", "x@y.example"),
        ("first_item: a", "one two"),
        ("first_item: absent", None),
        ("constant: 1", 1),
        ("constant: true", True),
        ("constant: NO", "NO"),
        ("constant: 1.50", Decimal("1.50")),
        ("take: rate", Decimal("1.35")),
        ("same_as: Above", "up"),
        ("date: day", date(2026, 3, 9)),
        ("date: blank", None),
        ("{date: day, plus_days: {constant: 30}}", date(2026, 4, 8)),
        ("{date: day, plus_days: {lookup: terms, key: term}}", date(2026, 4, 8)),
        ("{date: day, plus_days: {constant: 0}}", date(2026, 3, 9)),
        ("{date: day, plus_days: {constant: 3650}}", date(2036, 3, 6)),
        ("{copy: amount, length_max: 4}", "1.10"),
        ("{constant: 12345, length_max: 4}", 12345),
        ("{when: {field: a, is_not: [b, one two]}, then: {constant: yes}}", None),
        ("{when: {field: absent, is_not: b}, then: {constant: yes}}", "yes"),
        ("{when: {field: absent, is: b}, then: {constant: yes}}", None),
        ("{when: {field: blank, is_empty: false}, then: {constant: yes}}", None),
        ("join: [{copy: number}, '', {take: rate}]", "71.35"),
        ("join: [only, words]", "onlywords"),
        ("{per_line: rows, give: {copy: n}}", "A, B"),
        ("{per_line: a, give: {copy: n}}", None),
        ("{date: day, plus_days: {lookup: terms, key: blank}}", None),
        ("{lookup: terms, key: term}", "30"),
        ("{lookup: terms, key: blank}", None),
        ("{lookup: terms, key: odd, default: 14}", "14"),
        ("{lookup: terms, key: odd, unknown: next}", None),
        ("join: [P, {copy: number}, '-', {date: day}]", "P7-2026-03-09"),
        ("join: [P, {copy: blank}]", None),
        ("sum: [amount, more]", Decimal("3.30")),
        ("sum: [amount, none]", Decimal("1.10")),
        ("sum: [none, blank, amount]", Decimal("1.10")),
        ("sum: [amount, amount, more]", Decimal("4.40")),
        ("sum: [none, blank]", None),
        ("{when: {field: number, is: 7}, then: {constant: yes}}", "yes"),
        ("{when: {field: number, is: [8, 7]}, then: {constant: yes}}", "yes"),
        ("{when: {field: number, is: 8}, then: {constant: yes}}", None),
        ("{when: {field: number, is_not: 8}, then: {constant: yes}}", "yes"),
        ("{when: {field: a, is: ONE two}, then: {constant: yes}}", "yes"),
        ("{when: {field: blank, is_empty: true}, then: {constant: yes}}", "yes"),
        ("{when: {field: a, is_empty: false}, then: {constant: yes}}", "yes"),
        (
            "{when: {field: a, is_empty: true}, then: {constant: yes}, else: {constant: other}}",
            "other",
        ),
        ("first_of: [{copy: blank}, {copy: number}, {copy: a}]", "7"),
        ("first_of: [{copy: blank}, {copy: none}]", None),
        ("{per_line: rows, give: {copy: n}, separator: ' + '}", "A + B"),
        ("{per_line: absent, give: {copy: n}}", None),
        ("{copy: a, length_max: 7}", "one two"),
        ("{copy: a, length_max: 4, longer: cut}", "one"),
    ],
)
def test_an_operator_gives_its_value(rule: str, value: Value) -> None:
    """Or nothing, when there is nothing to read."""
    found = answer(rule)
    assert found.problem is None
    assert found.value == value
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("copy: nested", "value_unreadable"),
        ("copy: list", "value_unreadable"),
        ("date: a", "value_unreadable"),
        ("{date: day, plus_days: {lookup: terms, key: bad}}", "value_unreadable"),
        ("{date: day, plus_days: {constant: 3651}}", "value_unreadable"),
        ("{date: day, plus_days: {constant: '03650'}}", "value_unreadable"),
        ("{date: day, plus_days: {constant: -1}}", "value_unreadable"),
        ("{date: day, plus_days: {constant: 1.5}}", "value_unreadable"),
        ("{date: day, plus_days: {constant: ３}}", "value_unreadable"),  # noqa: RUF001  (a wide digit)
        ("{lookup: terms, key: odd}", "no_rule"),
        ("{lookup: terms, key: nested}", "value_unreadable"),
        ("first_of: [{lookup: terms, key: odd}, {copy: a}]", "no_rule"),
        ("join: [P, {lookup: terms, key: odd}]", "no_rule"),
        ("sum: [amount, a]", "amount_unreadable"),
        ("{copy: a, length_max: 6}", "value_too_long"),
        ("{per_line: rows, give: {lookup: terms, key: n}}", "no_rule"),
    ],
)
def test_an_operator_that_cannot_read_says_why(rule: str, code: str) -> None:
    """With the rule's place in its message."""
    problem = answer(rule).problem
    assert problem is not None
    assert problem.code == code
    assert "r.yml:1" in problem.message


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ("copy: a", 'a = "one two"'),
        ("copy: flag", 'flag = "true"'),
        ("first_item: list", 'list = "x@y.example"'),
        ("constant: 1", "constant"),
        ("take: rate", "rate"),
        ("same_as: Above", "field Above"),
        ("date: day", 'day = "2026-03-09T23:00:00-08:00"'),
        ("{date: day, plus_days: {constant: 30}}", 'day = "2026-03-09T23:00:00-08:00" + 30 days'),
        ("{lookup: terms, key: term}", 'term = "net 30", row t.yml:5 terms.rows.Net 30'),
        ("{lookup: terms, key: odd, default: 14}", 'odd = "Net 31", stated default'),
        ("join: [P, {copy: number}, {take: rate}]", 'number = "7", rate'),
        ("join: [only, words]", "r.yml:1"),
        ("sum: [amount, more]", "amount + more"),
        ("{per_line: rows, give: {copy: n}}", "rows, n (r.yml:1)"),
        ("{per_line: rows, give: {first_of: [{copy: n}, {copy: n}, {custom_field: X}]}}",
         "rows, n, custom field X (r.yml:1)"),
        ("{per_line: rows, give: {when: {field: w, is_empty: true}, then: {copy: n}}}",
         "rows, w (r.yml:1)"),
        ("{per_line: rows, give: {constant: C}}", "rows, constant (r.yml:1)"),
    ],
)  # fmt: skip
def test_a_value_says_what_was_read_for_it(rule: str, source: str) -> None:
    """The trace of a document shows it to the auditor."""
    assert answer(rule).source == source


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{lookup: terms, key: odd}",
         'term "Net 31" has no row that counts in table terms for company HCA on 2026-07-01 (rule'),
        ("{copy: a, length_max: 6}", '"one two" has 7 characters; 6 fit (rule r.yml:1'),
        ("date: a", 'a is not a date: "one two" (rule'),
    ],
)  # fmt: skip
def test_a_problem_says_what_is_wrong_and_for_whom(rule: str, words: str) -> None:
    """In one line, with its place."""
    problem = answer(rule, company="HCA", day=date(2026, 7, 1)).problem
    assert problem is not None
    assert problem.message.startswith(words)


@pytest.mark.parametrize(
    ("company", "day", "value"),
    [
        ("HCA", date(2026, 7, 1), "in HCA"),
        (None, date(2026, 7, 1), "from July"),
        (None, date(2026, 6, 30), "until June"),
    ],
)
def test_rows_of_a_table_count_by_company_and_day(
    company: str | None, day: date, value: str
) -> None:
    """The first row that fits; both ends belong to it."""
    assert answer("{lookup: terms, key: split}", company=company, day=day).value == value


@pytest.mark.parametrize("wanted", ["54", "Project", "project "])
def test_a_custom_field_is_found_by_id_or_name(wanted: str) -> None:
    """The name's case does not matter."""
    rows = [
        "no row",
        {"value": "other", "field": {"id": 1, "name": "Grant"}},
        {"value": "P-1", "field": {"id": 54, "name": "Project"}},
    ]
    assert answer(f"custom_field: '{wanted}'", row=rows).value == "P-1"


def test_a_custom_field_without_value_is_nothing() -> None:
    """Null, blank, no list at all."""
    empty = {"value": None, "field": {"id": 54, "name": "Project"}}
    for row in ([empty], [], None, "text", {"value": "P-1"}):
        assert answer("custom_field: 54", row=row).is_empty


def test_a_switch_as_custom_field_is_a_word() -> None:
    """Custom fields may be yes-or-no fields."""
    rows = [{"value": False, "field": {"id": 54, "name": "Project"}}]
    assert answer("custom_field: 54", row=rows).value == "false"
