"""The currency rate of a document: of IFS, or worked out from Procurify. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.records import Record, pick
from target_ifs_cloud.mapping.rules import CompanyRules, RateSource
from target_ifs_cloud.money import parse_amount, round_amount, round_rate
from target_ifs_cloud.reference import CompanyReference

SAME_CURRENCY = Decimal(1)
DRIFT_MAX = Decimal("0.02")
"""How far, as a share, a rate from converted totals may be from Procurify's currency table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateQuestion:
    """What is asked: the rate from ``currency`` to the company's currency on a day."""

    currency: str
    day: date
    company: CompanyRules
    base_currency: str
    sources: tuple[RateSource, ...]
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateAnswer:
    """A rate. Units: company currency for one unit of the document's currency."""

    rate: Decimal
    source: str


def find_rate(
    question: RateQuestion, record: Record, reference: CompanyReference | None, findings: Findings
) -> RateAnswer | None:
    """The rate by the first source that has one; otherwise ``None`` and a problem."""
    if question.currency == question.company.currency:
        return RateAnswer(rate=SAME_CURRENCY, source="the company's own currency")
    for source in question.sources:
        if source == "ifs":
            found = _rate_of_ifs(question, reference)
        else:
            found = _rate_of_procurify(question, record, findings)
        if found is not None:
            return found
    if any(problem.code == "rate_doubtful" for problem in findings.problems):
        return None
    findings.problem(
        "rate_missing",
        "currency",
        f"no rate from {question.currency} to {question.company.currency} is known for "
        f"{question.day.isoformat()} (rule {question.where})",
        f"Enter the rate in IFS for company {question.company.company}.",
    )
    return None


def _rate_of_ifs(question: RateQuestion, reference: CompanyReference | None) -> RateAnswer | None:
    rates = (reference.rates if reference else None) or ()
    fitting = [
        rate
        for rate in rates
        if rate.currency == question.currency and rate.valid_from <= question.day and rate.rate > 0
    ]
    if not fitting:
        return None
    latest = max(fitting, key=lambda rate: rate.valid_from)
    source = f"IFS rate valid from {latest.valid_from.isoformat()}"
    return RateAnswer(rate=latest.rate, source=source)


def _rate_of_procurify(
    question: RateQuestion, record: Record, findings: Findings
) -> RateAnswer | None:
    """Procurify converts to its base currency only. Source: documented; direction inferred."""
    if question.company.currency != question.base_currency:
        return None
    stored = _positive(record.get("purchased_currency_rate"))
    if stored is not None:
        return RateAnswer(rate=stored, source="purchased_currency_rate")
    table = _positive(pick(record, "currency.rate"))
    converted = _positive(record.get("converted_total_cost"))
    found = _from_conversion(record, converted, table, question.base_currency)
    if found is not None or converted is None:
        return found
    findings.problem(
        "rate_doubtful",
        "converted_total_cost",
        f"converted_total_cost of {converted} does not fit the bill's total and Procurify's rate "
        f"of {table} for {question.currency}",
        "Check the bill's currency in Procurify, or enter the rate in IFS.",
    )
    return None


def _from_conversion(
    record: Record, converted: Decimal | None, table: Decimal | None, base_currency: str
) -> RateAnswer | None:
    """The rate behind a converted total: of the total with tax, or of that without.

    Which of the two Procurify converts is not documented, so Procurify's currency table decides:
    the total that gives its rate, else the one that comes nearest to it. Without a table the two
    totals must be the same.
    """
    totals = {
        name: total
        for name in ("total_cost_with_tax", "total_cost")
        if (total := _positive(record.get(name))) is not None
    }
    if converted is None or not totals:
        return None
    for name, total in totals.items():
        if table and round_amount(total * table, base_currency) == converted:
            return RateAnswer(rate=table, source=f"currency.rate, agrees with {name}")
    found = [
        RateAnswer(rate=round_rate(converted / total), source=f"converted_total_cost / {name}")
        for name, total in totals.items()
    ]
    if table is None:
        return found[0] if len({answer.rate for answer in found}) == 1 else None
    nearest = min(found, key=lambda answer: abs(answer.rate - table))
    return nearest if abs(nearest.rate / table - 1) <= DRIFT_MAX else None


def _positive(value: object) -> Decimal | None:
    """The size of an amount that is not nothing; a credit converts like a charge."""
    amount = parse_amount(value)
    return abs(amount) if amount else None
