"""The lists of account codes, accounts, departments, locations, currencies, fields and users."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from erp_sandbox.exact_json import fragment
from erp_sandbox.procurify.filters import (
    amount,
    any_of,
    contains,
    flag,
    when_true,
    whole,
    word,
    word_in,
)
from erp_sandbox.procurify.listing import Listing
from erp_sandbox.procurify.rows.people import user_row
from erp_sandbox.procurify.rows.reference import (
    account_code_row,
    account_row,
    accounts,
    currency_row,
    custom_fields,
    department_row,
    location_row,
)
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.tenant import (
    ACCOUNT_CODES,
    CURRENCIES,
    DEPARTMENTS,
    LOCATIONS,
    USERS,
    budget_id,
    department,
)


def _fixed(rows: Sequence[Any]) -> Callable[[ProcurifyState, Mapping[str, Any]], Sequence[Any]]:
    return lambda _state, _path: rows


def _plain(render: Callable[[Any], str]) -> Callable[[ProcurifyState, Any], str]:
    return lambda _state, row: render(row)


ACCOUNT_CODE_LIST = Listing(
    name="account codes",
    rows=_fixed(ACCOUNT_CODES),
    render=_plain(account_code_row),
    filters={
        "active": flag(lambda _: True),
        "code": word(lambda row: row.code),
        "is_parent": flag(lambda _: False),
    },
    search=lambda row: f"{row.code} {row.description}",
)
ACCOUNT_LIST = Listing(
    name="accounts",
    rows=_fixed(accounts()),
    render=_plain(account_row),
    filters={
        "active": flag(lambda _: True),
        "in_effect": flag(lambda _: True),
        "with_expired_budgets": when_true(lambda _: True),
        "id": whole(lambda row: budget_id(row[0].code, row[1].id)),
        "account_code": any_of(lambda row: row[0].id),
        "department": whole(lambda row: row[1].id),
        "departments": any_of(lambda row: row[1].id),
        "locations": any_of(lambda row: row[1].location),
    },
    search=lambda row: f"{row[0].code} {row[0].description} {row[1].name}",
)
DEPARTMENT_LIST = Listing(
    name="departments",
    rows=_fixed(DEPARTMENTS),
    render=_plain(department_row),
    filters={
        "branch": whole(lambda row: row.location),
        "locations": any_of(lambda row: row.location),
    },
    search=lambda row: row.name,
)
LOCATION_LIST = Listing(
    name="locations",
    rows=_fixed(LOCATIONS),
    render=_plain(location_row),
    filters={"active": flag(lambda _: True), "headquarter": flag(lambda row: row.id == 1)},
    search=lambda row: row.name,
)
CURRENCY_LIST = Listing(
    name="currencies",
    rows=_fixed(CURRENCIES),
    render=_plain(currency_row),
    filters={
        "active": flag(lambda _: True),
        "base": flag(lambda row: row.is_base),
        "name": word(lambda row: row.code),
        "description": contains(lambda row: row.description),
        "rate": amount(lambda row: row.rate),
    },
    search=lambda row: f"{row.code} {row.description}",
)
CUSTOM_FIELD_LIST = Listing(
    name="custom fields",
    rows=_fixed(custom_fields()),
    render=_plain(fragment),
    filters={
        "field_type": word_in(lambda row: row["field_type"]),
        "meta__is_active": flag(lambda row: row["is_active"]),
    },
)
USER_LIST = Listing(
    name="users",
    rows=_fixed(USERS),
    render=_plain(user_row),
    filters={
        "is_active": flag(lambda row: row.is_active),
        "location": any_of(lambda row: department(row.department).location),
        "pending_invite": flag(lambda _: False),
        "role": whole(lambda row: row.role[1] + 1),
    },
    search=lambda row: f"{row.first_name} {row.last_name} {row.email}",
)
