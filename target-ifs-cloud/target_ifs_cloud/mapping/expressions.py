"""How a rule gets a field's value from a record. Pure.

Evaluating never raises; it answers with a value, with nothing, or with a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from typing_extensions import assert_never

from target_ifs_cloud.documents import CompanyId, Problem, Value
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
    PerLine,
    Rule,
    SameAs,
    Sum,
    Take,
    When,
)
from target_ifs_cloud.mapping.records import (
    ROWS_MAX,
    Record,
    as_record,
    is_blank,
    pick,
    read_date,
    read_text,
    shown,
    shown_text,
)
from target_ifs_cloud.mapping.tables import table_key
from target_ifs_cloud.money import parse_amount

DAYS_MAX = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a rule may read. ``custom_fields`` are searched in order."""

    record: Record
    taken: Mapping[str, Value] = field(default_factory=dict)
    header: Mapping[str, Value] = field(default_factory=dict)
    custom_fields: Sequence[object] = ()
    company: CompanyId | None = None
    day: date | None = None


class Answer(NamedTuple):
    """A value with what was read for it, or a problem, or (both empty) nothing."""

    value: Value = None
    source: str = ""
    problem: Problem | None = None

    @property
    def is_empty(self) -> bool:
        """True when there is neither a value nor a problem."""
        return self.value is None and self.problem is None


_NOTHING = Answer()


def evaluate(rule: Rule, context: Context) -> Answer:
    """The value that a rule gives for a record."""
    operator = rule.operator
    answer = _OPERATIONS[type(operator)](rule, operator, context)
    if rule.length_max is None or not isinstance(answer.value, str):
        return answer
    if len(answer.value) <= rule.length_max:
        return answer
    if rule.is_cut:
        return answer._replace(value=answer.value[: rule.length_max].rstrip())
    return _wrong(
        rule,
        "value_too_long",
        describe(rule),
        message=f"{shown(answer.value)} has {len(answer.value)} characters; {rule.length_max} fit",
        fix="Shorten it in Procurify, or let the rule say `longer: cut`.",
    )


def describe(rule: Rule) -> str:
    """Which Procurify field a rule reads, for messages and the trace."""
    operator = rule.operator
    parts: tuple[Rule, ...] = ()
    name = "constant"
    match operator:
        case Copy(path=name) | FirstItem(path=name) | Day(path=name) | PerLine(path=name):
            pass
        case Lookup(key=name) | Take(name=name) | SameAs(name=name):
            pass
        case CustomField(field=field_name):
            name = f"custom field {field_name}"
        case Sum(paths=paths):
            name = " + ".join(paths)
        case When(condition=condition):
            name = condition.path
        case Join(parts=parts) | FirstOf(rules=parts):
            named = [describe(part) for part in parts if not isinstance(part.operator, Constant)]
            name = ", ".join(dict.fromkeys(named))
        case Constant():
            pass
        case _:
            assert_never(operator)
    return name


def _wrong(rule: Rule, code: str, name: str, *, message: str, fix: str) -> Answer:
    text = f"{message} (rule {rule.where})"
    return Answer(problem=Problem(code=code, field=name, message=text, fix=fix))


def _constant(rule: Rule, operator: Constant, context: Context) -> Answer:
    del rule, context
    return Answer(value=operator.value, source="constant")


def _take(rule: Rule, operator: Take, context: Context) -> Answer:
    del rule
    return Answer(value=context.taken.get(operator.name), source=operator.name)


def _same_as(rule: Rule, operator: SameAs, context: Context) -> Answer:
    del rule
    return Answer(value=context.header.get(operator.name), source=f"field {operator.name}")


def _copy(rule: Rule, operator: Copy, context: Context) -> Answer:
    value = pick(context.record, operator.path)
    return _copied(rule, value, operator.path)


def _copied(rule: Rule, value: object, name: str) -> Answer:
    if is_blank(value):
        return _NOTHING
    if isinstance(value, bool):
        return Answer(value=value, source=f"{name} = {shown(value)}")
    text = read_text(value)
    if text is None:
        return _wrong(
            rule,
            "value_unreadable",
            name,
            message=f"{name} is not a plain text or number: {shown(value)}",
            fix="Correct it in Procurify.",
        )
    return Answer(value=text, source=f"{name} = {shown_text(text)}")


def _first_item(rule: Rule, operator: FirstItem, context: Context) -> Answer:
    value = pick(context.record, operator.path)
    items = value[:ROWS_MAX] if isinstance(value, list | tuple) else [value]
    filled = next((item for item in items if not is_blank(item)), None)
    return _copied(rule, filled, operator.path)


def _custom_field(rule: Rule, operator: CustomField, context: Context) -> Answer:
    wanted = table_key(operator.field)
    for rows in context.custom_fields:
        for row in rows[:ROWS_MAX] if isinstance(rows, list | tuple) else ():
            named = as_record(pick(row, "field"))
            names = {table_key(read_text(named.get(key)) or "") for key in ("id", "name")}
            if wanted in names and not is_blank(pick(row, "value")):
                name = f"custom field {operator.field}"
                answer = _copied(rule, pick(row, "value"), name)
                text = read_text(answer.value)
                return answer._replace(value=text) if isinstance(answer.value, bool) else answer
    return _NOTHING


def _lookup(rule: Rule, operator: Lookup, context: Context) -> Answer:
    copied = _copied(rule, pick(context.record, operator.key), operator.key)
    key = read_text(copied.value) or ""
    if copied.problem or not key:
        return copied
    row = operator.table.find(key, context.company, context.day)
    if row is not None:
        return Answer(value=row.gives, source=f"{copied.source}, row {row.where}")
    if operator.default is not None:
        return Answer(value=operator.default, source=f"{copied.source}, stated default")
    if operator.is_unknown_ignored:
        return _NOTHING
    return _wrong(
        rule,
        "no_rule",
        operator.key,
        message=f"{operator.table.reads} {shown(key)} has no row that counts in table "
        f"{operator.table.name}{_for_whom(context)}",
        fix=f"Add a row for it in {operator.table.file}.",
    )


def _for_whom(context: Context) -> str:
    company = f" for company {context.company}" if context.company else ""
    return f"{company} on {context.day.isoformat()}" if context.day else company


def _day(rule: Rule, operator: Day, context: Context) -> Answer:
    value = pick(context.record, operator.path)
    if is_blank(value):
        return _NOTHING
    day = read_date(value)
    if day is None:
        return _wrong(
            rule,
            "value_unreadable",
            operator.path,
            message=f"{operator.path} is not a date: {shown(value)}",
            fix="Correct the date in Procurify.",
        )
    source = f"{operator.path} = {shown(value)}"
    if operator.plus_days is None:
        return Answer(value=day, source=source)
    days = evaluate(operator.plus_days, context)
    if days.value is None:
        return days
    number = read_text(days.value) or ""
    if not (number.isascii() and number.isdigit() and len(number) <= 4 and int(number) <= DAYS_MAX):  # noqa: PLR2004  (DAYS_MAX has four digits)
        return _wrong(
            rule,
            "value_unreadable",
            describe(operator.plus_days),
            message=f"{shown(days.value)} is not a number of days",
            fix="Correct the table of days.",
        )
    return Answer(value=day + timedelta(days=int(number)), source=f"{source} + {number} days")


def _join(rule: Rule, operator: Join, context: Context) -> Answer:
    texts = []
    sources = []
    for part in operator.parts:
        answer = evaluate(part, context)
        if answer.value is None:
            return answer
        text = str(answer.value) if isinstance(part.operator, Constant) else _text(answer.value)
        texts.append(text)
        if not isinstance(part.operator, Constant):
            sources.append(answer.source)
    return Answer(value="".join(texts), source=", ".join(sources) or rule.where)


def _text(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else (read_text(value) or "")


def _sum(rule: Rule, operator: Sum, context: Context) -> Answer:
    total = Decimal(0)
    is_any = False
    for path in operator.paths:
        value = pick(context.record, path)
        if is_blank(value):
            continue
        amount = parse_amount(value)
        if amount is None:
            return _wrong(
                rule,
                "amount_unreadable",
                path,
                message=f"{path} is not an exact amount: {shown(value)}",
                fix="Correct the amount in Procurify.",
            )
        total += amount
        is_any = True
    return Answer(value=total, source=" + ".join(operator.paths)) if is_any else _NOTHING


def holds(condition: Condition, record: Record) -> bool:
    """True when the condition is met by the record."""
    value = pick(record, condition.path)
    if condition.words is None:
        found = is_blank(value)
    else:
        found = table_key(read_text(value) or "") in condition.words
    return found is not condition.is_negated


def _when(rule: Rule, operator: When, context: Context) -> Answer:
    del rule
    if holds(operator.condition, context.record):
        return evaluate(operator.then, context)
    return evaluate(operator.otherwise, context) if operator.otherwise else _NOTHING


def _first_of(rule: Rule, operator: FirstOf, context: Context) -> Answer:
    del rule
    for choice in operator.rules:
        answer = evaluate(choice, context)
        if not answer.is_empty:
            return answer
    return _NOTHING


def _per_line(rule: Rule, operator: PerLine, context: Context) -> Answer:
    rows = pick(context.record, operator.path)
    texts: dict[str, None] = {}
    for row in rows[:ROWS_MAX] if isinstance(rows, list | tuple) else ():
        answer = evaluate(operator.give, replace(context, record=as_record(row)))
        if answer.problem is not None:
            return answer
        if answer.value is not None:
            texts[_text(answer.value)] = None
    joined = operator.separator.join(texts)
    source = f"{operator.path}, {describe(operator.give)} ({rule.where})"
    return Answer(value=joined, source=source) if joined else _NOTHING


_OPERATIONS: Mapping[type, Callable[[Rule, Any, Context], Answer]] = {
    Constant: _constant,
    Take: _take,
    SameAs: _same_as,
    Copy: _copy,
    FirstItem: _first_item,
    CustomField: _custom_field,
    Lookup: _lookup,
    Day: _day,
    Join: _join,
    Sum: _sum,
    When: _when,
    FirstOf: _first_of,
    PerLine: _per_line,
}
