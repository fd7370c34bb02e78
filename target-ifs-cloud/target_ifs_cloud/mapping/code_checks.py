"""Is a code string one that IFS accepts in this company on this day? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from target_ifs_cloud.documents import CodeString, Problem
from target_ifs_cloud.mapping.records import shown
from target_ifs_cloud.reference import Account, CodeValue, CompanyReference, Demand

ACCOUNT_LETTER = "A"


def check_codes(
    codes: CodeString, field: str, company: CompanyReference, day: date | None
) -> Iterator[Problem]:
    """Every reason, in the order in which IFS looks: account, values, demands."""
    parts = dict(codes)
    account = company.accounts.get(parts.get(ACCOUNT_LETTER, ""))
    if account is None:
        yield Problem(
            code="account_unknown",
            field=f"{field}.A",
            message=f"company {company.company} has no account {shown(parts.get(ACCOUNT_LETTER))}",
            fix="Create the account in IFS, or correct the accounts table.",
        )
    else:
        yield from _check_account(account, field, day)
        yield from _check_demands(account, parts, field)
    for letter, value in codes:
        if letter != ACCOUNT_LETTER:
            yield from _check_value(letter, value, field, company, day=day)


def _check_account(account: Account, field: str, day: date | None) -> Iterator[Problem]:
    if day is not None and not account.is_valid_on(day):
        yield Problem(
            code="account_not_valid",
            field=f"{field}.A",
            message=f"account {account.value} is not valid on {day.isoformat()}",
            fix="Extend its validity in IFS, or correct the accounts table.",
        )
    if account.is_budget_only:
        yield Problem(
            code="account_budget_only",
            field=f"{field}.A",
            message=f"account {account.value} is for budgets only",
            fix="Correct the accounts table.",
        )


def _check_demands(account: Account, parts: Mapping[str, str], field: str) -> Iterator[Problem]:
    for letter, demand in sorted(account.demands.items()):
        if letter == ACCOUNT_LETTER:
            continue
        if demand is Demand.MANDATORY and not parts.get(letter):
            yield Problem(
                code="code_part_missing",
                field=f"{field}.{letter}",
                message=f"account {account.value} demands code part {letter}, which is empty",
                fix="Fill its source in Procurify, or correct code_parts.yml.",
            )
        if demand is Demand.BLOCKED and parts.get(letter):
            yield Problem(
                code="code_part_blocked",
                field=f"{field}.{letter}",
                message=f"account {account.value} blocks code part {letter}, which is "
                f"{shown(parts[letter])}",
                fix="Remove the value in Procurify, choose another account, or correct "
                "code_parts.yml.",
            )


def _check_value(
    letter: str, value: str, field: str, company: CompanyReference, *, day: date | None
) -> Iterator[Problem]:
    values: Mapping[str, CodeValue] | None = company.code_values.get(letter)
    if values is None:
        yield Problem(
            code="code_part_off",
            field=f"{field}.{letter}",
            message=f"company {company.company} does not use code part {letter}",
            fix="Correct code_parts.yml.",
        )
        return
    known = values.get(value)
    if known is None:
        yield Problem(
            code="code_value_unknown",
            field=f"{field}.{letter}",
            message=f"company {company.company} has no value {shown(value)} in code part {letter}",
            fix="Create the value in IFS, or correct code_parts.yml.",
        )
    elif known.is_budget_only or (day is not None and not known.is_valid_on(day)):
        when = day.isoformat() if day else "postings"
        yield Problem(
            code="code_value_not_valid",
            field=f"{field}.{letter}",
            message=f"value {value} of code part {letter} is not valid for {when}",
            fix="Extend its validity in IFS, or correct code_parts.yml.",
        )
