"""The accounting period of a bill: open, or what the rule says instead. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from target_ifs_cloud.documents import Value
from target_ifs_cloud.mapping.frame import Frame
from target_ifs_cloud.mapping.periods import POSTING_DATE, period_state, posting_day
from target_ifs_cloud.mapping.rules import PeriodChoice
from target_ifs_cloud.reference import Period


def settle_period(header: Mapping[str, Value], frame: Frame) -> Mapping[str, Value]:
    """The header with a posting date that has an open period, where the rule allows to move it."""
    reference, day = frame.company_reference, posting_day(header)
    is_bill = frame.inputs.source.kind == "bill"
    if not is_bill or day is None or reference is None or reference.periods is None:
        return header
    state = period_state(reference.periods, day)
    if state == "open":
        return header
    rules = frame.inputs.rules.bill.period
    choice: PeriodChoice = rules.closed if state == "closed" else rules.missing
    if choice == "accrual_list":
        frame.inputs.findings.problem(
            "accrual_needed",
            POSTING_DATE,
            f"the accounting period of {day.isoformat()} is {state} in company "
            f"{reference.company} (rule {rules.where}); the cost belongs on the list of accruals",
            "Accrue it in IFS; post the bill when the period is open, or change its posting date.",
        )
    if choice == "next_open" and POSTING_DATE in header:
        return _moved(header, day, reference.periods, frame)
    return header


def _moved(
    header: Mapping[str, Value], day: date, periods: Sequence[Period], frame: Frame
) -> Mapping[str, Value]:
    later = [period.date_from for period in periods if period.is_open and period.date_from > day]
    if not later:
        return header
    moved = min(later)
    frame.inputs.findings.explain(
        f"header.{POSTING_DATE}",
        moved,
        rule=frame.inputs.rules.bill.period.where,
        source=f"{day.isoformat()} has no open period; this is the first day of the next one",
    )
    return {**header, POSTING_DATE: moved}
