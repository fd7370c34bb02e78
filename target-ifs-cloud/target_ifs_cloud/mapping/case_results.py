"""Work out the examples inside the rule files. Pure.

An accountant writes under ``cases:`` what a rule is meant to do; ``procurify-ifs check`` works
every case out, so that a later change of the rules cannot silently break an earlier intention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from target_ifs_cloud.documents import Value
from target_ifs_cloud.mapping.expressions import Context, evaluate
from target_ifs_cloud.mapping.records import pick, read_text, shown
from target_ifs_cloud.mapping.rule_cases import (
    NOTHING,
    Case,
    CompanyCase,
    FieldCase,
    TableCase,
    TaxCase,
    problem_text,
)
from target_ifs_cloud.mapping.rules import Rules
from target_ifs_cloud.mapping.tax_rows import fitting_tax_row
from target_ifs_cloud.money import parse_amount

_NO_ROW = "no_rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """An example as it was worked out."""

    where: str
    title: str
    expected: str
    found: str
    is_right: bool


def run_cases(rules: Rules) -> list[CaseResult]:
    """Every example of every rule file, worked out."""
    return [_run(case, rules) for case in rules.cases]


def _run(case: Case, rules: Rules) -> CaseResult:
    asks = case.asks
    if isinstance(asks, TableCase):
        row = rules.tables[asks.table].find(asks.value, case.company, case.day)
        found = row.gives if row else problem_text(_NO_ROW)
    elif isinstance(asks, TaxCase):
        found = _tax(asks, case, rules)
    elif isinstance(asks, CompanyCase):
        company_row = rules.find_company_row(asks.keys, case.day)
        found = company_row.company if company_row else problem_text(_NO_ROW)
    else:
        found = _field(asks, case)
    return CaseResult(
        where=case.where,
        title=case.title,
        expected=case.expected,
        found=found,
        is_right=_is_same(case.expected, found),
    )


def _tax(asks: TaxCase, case: Case, rules: Rules) -> str:
    rows = [row for row in rules.tax_rows if row.limits.allow(case.company, case.day)]
    row = fitting_tax_row(rows, asks.tax, asks.percent, has_amount=asks.percent is not None)
    return row.code if row else problem_text(_NO_ROW)


def _field(asks: FieldCase, case: Case) -> str:
    context = Context(
        record=asks.record,
        taken=asks.taken,
        header=asks.taken,
        custom_fields=_custom_fields(asks.record),
        company=case.company,
        day=case.day,
    )
    answer = evaluate(asks.rule, context)
    if answer.problem is not None:
        return problem_text(answer.problem.code)
    if answer.value is None:
        return problem_text(asks.missing_code) if asks.rule.missing == "hold" else NOTHING
    return _text(answer.value)


def _custom_fields(record: Mapping[str, Any]) -> Sequence[object]:
    owners = [record, *(pick(record, name) for name in ("line", "order_line", "record"))]
    return [pick(owner, "custom_fields") for owner in owners]


def _text(value: Value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    text = read_text(value)
    return shown(value) if text is None else text


def _is_same(expected: str, found: str) -> bool:
    if expected == found:
        return True
    numbers = parse_amount(expected), parse_amount(found)
    is_code = expected.startswith("0")  # 007 is not 7
    return numbers[0] is not None and numbers[0] == numbers[1] and not is_code
