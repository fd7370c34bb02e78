"""The rules of the code string, in the order in which IFS validates it.

Source: demands, closed letters and combinations are documented; order and number seen in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model import LETTERS
from erp_sandbox.ifs.refusal import APPLICATION_ERROR, database_error

Row = Mapping[str, Any]
_PARTS = tuple((letter, f"Code{letter}") for letter in LETTERS)


def check_code_string(ledger: Ledger, row: Row, day: date) -> None:
    """Whether a row's account and code parts may be posted to on a day.

    Raises:
        Refusal: what is wrong with them.
    """
    account = ledger.store.get("AccountSet", row["Company"], row["CodeA"])
    if account is None:
        raise database_error(APPLICATION_ERROR, "Account", tag="NOTEXIST")
    check_account(account, day)
    for letter, part in _PARTS:
        value = row.get(part)
        closed = ledger.knobs.closed_code_parts
        is_closed = letter in closed or f"{row['Company']}.{letter}" in closed
        demand = "Blocked" if is_closed else account[f"Req{part}"]
        if value:
            found = ledger.store.get(f"{part}Array", row["Company"], value)
            if found is None and demand != "Blocked":
                raise database_error(APPLICATION_ERROR, part, tag="NOTEXIST")
            if demand == "Blocked":
                raise database_error(APPLICATION_ERROR, part, tag="BLOCKED")
            if found is not None:
                _check_validity(found, day, part)
        elif demand == "Mandatory":
            raise database_error(APPLICATION_ERROR, part, tag="MANDATORY")
    if row["CodeA"] in ledger.knobs.accounts_with_tax_code and not row.get("VatCode"):
        raise database_error(APPLICATION_ERROR, "StatutoryFee", tag="MANDATORY")
    _check_combination(ledger, row)


def check_account(account: Row, day: date) -> None:
    """Whether an account is valid on a day and not for budgets only (seen in code).

    Raises:
        Refusal: it is not.
    """
    _check_validity(account, day, "Account")
    if account["BudgetAccountFlag"]:
        raise database_error(APPLICATION_ERROR, "Account", tag="BUDGETONLY")


def check_tax_code(ledger: Ledger, company: str, code: str | None, day: date) -> None:
    """Whether a tax code may be used on a day; none is no tax code.

    Raises:
        Refusal: it is unknown, or outside its dates.
    """
    if not code:
        return
    found = ledger.store.get("StatutoryFeeSet", company, code)
    if found is None:
        raise database_error(APPLICATION_ERROR, "StatutoryFee", tag="NOTEXIST")
    _check_validity(found, day, "StatutoryFee")


def check_open_period(ledger: Ledger, company: str, day: date) -> Row:
    """The accounting period of a day.

    Raises:
        Refusal: there is none, or it is closed.
    """
    for period in ledger.store.rows("AccountingPeriodSet", {"Company": company}):
        if period["DateFrom"] <= day.isoformat() <= period["DateUntil"]:
            if period["PeriodStatus"] != "Open":
                raise database_error(APPLICATION_ERROR, "AccountingPeriod", tag="CLOSED")
            return period
    raise database_error(APPLICATION_ERROR, "AccountingPeriod", tag="NOTEXIST")


def _check_combination(ledger: Ledger, row: Row) -> None:
    """Combination rules may forbid strings whose parts are all valid (documented)."""
    for rule in ledger.knobs.forbidden_combinations:
        if all(row.get(name) == value for name, value in rule.items()):
            raise database_error(APPLICATION_ERROR, "CodeStringCombination", tag="NOTALLOWED")


def _check_validity(row: Row, day: date, lu: str) -> None:
    if not date.fromisoformat(row["ValidFrom"]) <= day <= date.fromisoformat(row["ValidUntil"]):
        raise database_error(APPLICATION_ERROR, lu, tag="NOTVALID")
