"""The code string of a cost and the tax code of a line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from target_ifs_cloud.documents import CodeString, CompanyId
from target_ifs_cloud.mapping.expressions import Context
from target_ifs_cloud.mapping.frame import Frame, ask_text
from target_ifs_cloud.mapping.records import Record, as_record, pick, read_text, shown, shown_text
from target_ifs_cloud.mapping.rules import ACCOUNTS_TABLE
from target_ifs_cloud.mapping.shares import Share
from target_ifs_cloud.mapping.tables import table_key
from target_ifs_cloud.mapping.tax_rows import fitting_tax_row

ACCOUNT_LETTER = "A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A share that knows where it is posted."""

    share: Share
    codes: CodeString


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPlace:
    """What stands around a cost: its line, the order line, who approved, and the document."""

    line: Record
    order_line: Record
    approver: Record
    record: Record


def cost_context(
    budget: Record, place: CostPlace, *, company: CompanyId, day: date | None
) -> Context:
    """What the rules of a code part may read for one cost."""
    department = as_record(budget.get("department"))
    owners = (place.line, place.order_line, place.record)
    return Context(
        record={
            "department": department,
            "location": as_record(department.get("branch")),
            "account_code": as_record(budget.get("account_code")),
            "line": place.line,
            "order_line": place.order_line,
            "approver": place.approver,
            "record": place.record,
        },
        taken={"company": company},
        custom_fields=[pick(owner, "custom_fields") for owner in owners],
        company=company,
        day=day,
    )


def code_shares(
    shares: Sequence[Share], line: Record, order_line: Record, frame: Frame
) -> tuple[Coded, ...]:
    """The shares with their code strings; one without an account is missing (with a problem)."""
    coded = []
    for share in shares:
        codes = _code(share, line, order_line, frame)
        if codes:
            coded.append(Coded(share=share, codes=codes))
    return tuple(coded)


def _code(share: Share, line: Record, order_line: Record, frame: Frame) -> CodeString:
    """Code parts in letter order; empty when there is no account."""
    inputs = frame.inputs
    account = _account(share, frame)
    if frame.company is None:
        return ()
    context = cost_context(
        share.budget,
        CostPlace(line=line, order_line=order_line, approver=frame.approver, record=inputs.record),
        company=frame.company.company,
        day=frame.day,
    )
    codes = [(ACCOUNT_LETTER, account)]
    for letter, rule in inputs.rules.letters.get(frame.company.company, ()):
        text = ask_text(rule, f"{share.field} code part {letter}", context, inputs.findings)
        codes.append((letter, text))
    return tuple((letter, text) for letter, text in codes if text) if account else ()


def _account(share: Share, frame: Frame) -> str:
    findings = frame.inputs.findings
    code = read_text(pick(share.budget, "account_code.code")) or ""
    name = f"{share.field}.account_code"
    if not code:
        findings.problem(
            "value_missing",
            name,
            f"{share.field} has no account code",
            "Allocate the cost to an account in Procurify.",
        )
        return ""
    table = frame.inputs.rules.tables[ACCOUNTS_TABLE]
    company = frame.company.company if frame.company else None
    row = table.find(code, company, frame.day)
    if row is None and company is None and table.rows.get(table_key(code)):
        return ""
    if row is None:
        title = pick(share.budget, "account_code.description")
        findings.problem(
            "no_rule",
            name,
            f"account code {shown(code)} ({shown(title)}) has no row that counts in table "
            f"{table.name}{f' for company {company}' if company else ''}",
            f"Add a row for it in {table.file}, or allocate the cost to another account.",
        )
        return ""
    source = f"{name} = {shown_text(code)}"
    findings.explain(f"{share.field} code part A", row.gives, rule=row.where, source=source)
    return row.gives


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxQuestion:
    """A line's tax in Procurify's words. Units: ``percent`` in percent."""

    field: str
    name: str
    percent: Decimal | None
    amount: Decimal


def find_tax_code(question: TaxQuestion, frame: Frame) -> str | None:
    """The tax code of IFS by the tax's name and percentage; ``None`` with a problem."""
    if frame.company is None:
        return None
    findings = frame.inputs.findings
    rows = [
        row
        for row in frame.inputs.rules.tax_rows
        if row.limits.allow(frame.company.company, frame.day)
    ]
    found = fitting_tax_row(rows, question.name, question.percent, has_amount=question.amount != 0)
    if found is not None:
        source = f"tax {shown_text(question.name)} {question.percent or 0}%"
        findings.explain(f"{question.field} tax code", found.code, rule=found.where, source=source)
        return found.code
    percent = "no percentage" if question.percent is None else f"{question.percent.normalize():f}%"
    findings.problem(
        "no_rule",
        f"{question.field}.tax_name",
        f"tax {shown(question.name)} with {percent} has no row for company "
        f"{frame.company.company} in tax_codes.yml",
        "Add a row with this name and percentage, or correct the tax of the line in Procurify.",
    )
    return None
