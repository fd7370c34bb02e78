"""Rows of the reference data, and the fragments of it that other rows carry inside."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from erp_sandbox.exact_json import Fragment, JsonValue, fragment
from erp_sandbox.procurify.rows.values import fixed
from erp_sandbox.tenant import (
    ACCOUNT_CODE,
    ACCOUNT_CODES,
    CURRENCIES,
    CURRENCY,
    DEPARTMENTS,
    PROJECT_FIELD_ID,
    PROJECTS,
    TERMS,
    AccountCode,
    Currency,
    Department,
    Location,
    budget_id,
    company,
    department,
    location,
)

BUDGET, BUDGET_USED, BUDGET_LEFT = Decimal(50000), Decimal("1200.5"), Decimal("48799.5")
BUDGET_START, BUDGET_END = "2026-01-01T00:00:00-08:00", "2026-12-31T23:59:59-08:00"
JOB_FIELD_ID = 55
CURRENCY_BY_ID = {currency.id: currency for currency in CURRENCIES}
TERM_BY_ID = {term.id: term for term in TERMS}


def currency_row(row: Currency) -> Fragment:
    """A currency with all its fields."""
    return fragment(
        {
            "id": row.id,
            "name": row.code,
            "description": row.description,
            "rate": fixed(row.rate, 6),
            "base": row.is_base,
            "active": True,
        }
    )


@cache
def currency_full(code: str) -> Fragment:
    """A currency as bills and payment methods carry it."""
    return currency_row(CURRENCY[code])


@cache
def currency_summary(code: str) -> Fragment:
    """A currency as orders carry it."""
    row = CURRENCY[code]
    rate = fixed(row.rate, 6)
    return fragment({"id": row.id, "name": row.code, "rate": rate, "base": row.is_base})


@cache
def currency_simple(code: str) -> Fragment:
    """A currency as the bill list carries it."""
    row = CURRENCY[code]
    return fragment({"id": row.id, "name": row.code, "rate": fixed(row.rate, 6)})


def place_row(row: Location) -> dict[str, JsonValue]:
    """A location with no more than its name."""
    return {"id": row.id, "name": row.name, "headquarter": row.id == 1}


def department_row(row: Department) -> Fragment:
    """A department with all its fields.

    Source: ``is_active_for_account_code`` appears only when it is asked for (documented).
    """
    return fragment(
        {
            "id": row.id,
            "branch": place_row(location(row.location)),
            "external_id": row.external_id,
            "name": row.name,
            "active": True,
            "punchout_email": None,
        }
    )


@cache
def department_summary(department_id: int) -> Fragment:
    """A department as users and accounts carry it; its location has an id and a name only."""
    row = department(department_id)
    place = location(row.location)
    return fragment(
        {
            "id": row.id,
            "branch": {"id": place.id, "name": place.name},
            "external_id": row.external_id,
            "name": row.name,
            "punchout_email": None,
            "active": True,
        }
    )


def account_code_row(row: AccountCode) -> Fragment:
    """An account code."""
    return fragment(
        {
            "id": row.id,
            "applied_accounts_count": len(DEPARTMENTS),
            "code": row.code,
            "code_length": len(row.code),
            "description": row.description,
            "account_type": row.account_type,
            "active": True,
            "parent": None,
        }
    )


def _account(code: str, department_id: int, used: JsonValue) -> Fragment:
    return fragment(
        {
            "id": budget_id(code, department_id),
            "account_code": account_code_row(ACCOUNT_CODE[code]),
            "department": department_summary(department_id),
            "warning_indicator": False,
            "budget_used_approved": used,
            "budget_used_purchased": used,
            "start_datetime": BUDGET_START,
            "end_datetime": BUDGET_END,
            "budget": fixed(BUDGET, 2),
            "balance_approved": fixed(BUDGET_LEFT, 2),
            "balance_purchased": fixed(BUDGET_LEFT, 2),
            "active": True,
        }
    )


@cache
def account(code: str, department_id: int) -> Fragment:
    """An account of a department as lines and splits carry it: what is used up is a number."""
    return _account(code, department_id, BUDGET_USED)


@cache
def spending_account(code: str, department_id: int) -> Fragment:
    """An account of a department as expenses carry it: what is used up is a string."""
    return _account(code, department_id, fixed(BUDGET_USED, 2))


def branch(row: Location) -> dict[str, JsonValue]:
    """A location with its settings, as requisitions and splits carry it."""
    return {
        "id": row.id,
        "external_id": row.external_id,
        "name": row.name,
        "url": None,
        "logo": "",
        "language": 1,
        "multipleLocations": True,
        "locationTimezone": row.time_zone,
        "phoneOne": "604-555-0100",
        "phoneTwo": None,
        "fax": None,
        "email": None,
        "active": True,
        "localCurrency": row.currency_id,
    }


@cache
def spend_account(code: str, department_id: int) -> Fragment:
    """An account as the split of an order line carries it: with the whole location."""
    row, holder = ACCOUNT_CODE[code], department(department_id)
    return fragment(
        {
            "id": budget_id(code, department_id),
            "account_code": {
                "description": row.description,
                "id": row.id,
                "code": row.code,
                "code_length": len(row.code),
                "account_type": row.account_type,
                "active": True,
                "parent": None,
            },
            "department": {
                "id": holder.id,
                "branch": branch(location(holder.location)),
                "external_id": holder.external_id,
                "name": holder.name,
                "punchout_email": None,
                "active": True,
            },
            "active": True,
        }
    )


def accounts() -> list[tuple[AccountCode, Department]]:
    """All accounts: every account code within every department."""
    return [(code, row) for code in ACCOUNT_CODES for row in DEPARTMENTS]


def account_row(row: tuple[AccountCode, Department]) -> Fragment:
    """An account of the chart of accounts; here what is used up is a string."""
    code, holder = row
    return fragment(
        {
            "id": budget_id(code.code, holder.id),
            "account_code": account_code_row(code),
            "department": department_row(holder),
            "start_datetime": BUDGET_START,
            "end_datetime": BUDGET_END,
            "budget": fixed(BUDGET, 2),
            "budget_used_approved": fixed(BUDGET_USED, 2),
            "budget_used_purchased": fixed(BUDGET_USED, 2),
            "balance_approved": fixed(BUDGET_LEFT, 2),
            "balance_purchased": fixed(BUDGET_LEFT, 2),
            "active": True,
        }
    )


def _address(row: Location) -> dict[str, JsonValue]:
    return {
        "id": row.id,
        "name": row.name,
        "addressLineOne": row.street,
        "city": row.name,
        "postalCode": row.postal_code,
        "state_province": row.state,
        "country": row.country,
    }


def location_row(row: Location) -> Fragment:
    """A location with the legal entity that it belongs to."""
    entity = company(row.company)
    return fragment(
        {
            "id": row.id,
            "name": row.name,
            "url": None,
            "logo": "",
            "currency": currency_row(CURRENCY_BY_ID[row.currency_id]),
            "phoneOne": "604-555-0100",
            "fax": "",
            "email": None,
            "primary_billing_address": _address(row),
            "primary_shipping_address": _address(row),
            "shipping_addresses": [],
            "language": 1,
            "locationTimezone": row.time_zone,
            "headquarter": row.id == 1,
            "department_count": sum(one.location == row.id for one in DEPARTMENTS),
            "active": True,
            "external_id": row.external_id,
            "legal_entity": {
                "id": entity.procurify_id,
                "uuid": entity.procurify_uuid,
                "name": entity.name,
            },
        }
    )


@cache
def term_object(term_id: int) -> Fragment:
    """A payment term as an object."""
    name = TERM_BY_ID[term_id].name
    return fragment({"id": term_id, "name": name, "description": name, "active": True})


def custom_fields() -> list[dict[str, JsonValue]]:
    """The custom fields of order items: the project, and one that is out of use."""
    return [
        {
            "id": PROJECT_FIELD_ID,
            "name": "Project",
            "content_type": 24,
            "default_value": "",
            "is_required": False,
            "field_choices": list(PROJECTS),
            "field_type": "m",
            "field_label": "Project",
            "is_active": True,
        },
        {
            "id": JOB_FIELD_ID,
            "name": "Needs calibration",
            "content_type": 24,
            "default_value": "",
            "is_required": False,
            "field_choices": [],
            "field_type": "b",
            "field_label": "Needs calibration",
            "is_active": False,
        },
    ]


def custom_values(project: str | None, item_id: int) -> Fragment:
    """The custom field values of an item: its project if it has one, now and then a boolean."""
    project_field, other_field = custom_fields()
    values: list[JsonValue] = []
    if item_id % 4 == 0:
        values.append({"id": 40000 + item_id, "value": item_id % 8 == 0, "field": other_field})
    if project:
        values.append({"id": 20000 + item_id, "value": project, "field": project_field})
    return fragment(values)
