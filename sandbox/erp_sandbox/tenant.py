"""The tenant that this process serves: the made-up one, or that of a tenant file.

A process serves one tenant from its start to its end, so its reference data are constants. How the
companies keep their books in IFS stands in ``ledgers``.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from erp_sandbox.harbour import HARBOUR
from erp_sandbox.organisation import (
    AccountCode,
    Company,
    Currency,
    Department,
    Location,
    ProcurifyTax,
    ProcurifyTerm,
    User,
)
from erp_sandbox.tenant_file import ENVIRONMENT, read_tenant

_FILE = os.environ.get(ENVIRONMENT)
TENANT = read_tenant(Path(_FILE)) if _FILE else HARBOUR
DOMAIN = "harbour"
API_USER_ID = 15
PROJECT_FIELD_ID = 54
NO_TAX_CODE = "EX0"
CURRENCIES, COMPANIES, LOCATIONS = TENANT.currencies, TENANT.companies, TENANT.locations
DEPARTMENTS, ACCOUNT_CODES = TENANT.departments, TENANT.account_codes
TAXES, TERMS, PROJECTS = TENANT.taxes, TENANT.terms, TENANT.projects
FREIGHT_CODE = TENANT.freight_code

_COMPANY = {company.id: company for company in COMPANIES}
_LOCATION = {location.id: location for location in LOCATIONS}
_DEPARTMENT = {department.id: department for department in DEPARTMENTS}
USERS = tuple(
    User(
        id=number,
        first_name=first,
        last_name=last,
        department=department if department in _DEPARTMENT else DEPARTMENTS[0].id,
        role=role,
        is_active=is_active,
    )
    for number, first, last, department, role, is_active in (
        (7, "Amal", "Rojas", 2, ("Approver", 1), True),
        (15, "Birgit", "Lund", 1, ("Superuser", 7), True),
        (21, "Chidi", "Eze", 1, ("Purchaser", 2), True),
        (30, "Dana", "Whitford", 3, ("Approver", 1), True),
        (31, "Elio", "Marchetti", 4, ("Receiver", 3), True),
        (32, "Freya", "Sandoval", 5, ("Approver", 1), True),
        (33, "Goran", "Petrov", 6, ("Accounts Payable", 8), True),
        (40, "Hana", "Kobayashi", 1, ("User", 0), False),
    )
)
ACCOUNT_CODE = {code.code: code for code in ACCOUNT_CODES}
CURRENCY = {currency.code: currency for currency in CURRENCIES}
TAX = {tax.name: tax for tax in TAXES}
TERM = {term.name: term for term in TERMS}
USER = {user.id: user for user in USERS}


def department(department_id: int) -> Department:
    """The department of that id.

    Raises:
        KeyError: there is none.
    """
    return _DEPARTMENT[department_id]


def location(location_id: int) -> Location:
    """The location of that id.

    Raises:
        KeyError: there is none.
    """
    return _LOCATION[location_id]


def company(company_id: str) -> Company:
    """The company of that id.

    Raises:
        KeyError: there is none.
    """
    return _COMPANY[company_id]


def company_of_department(department_id: int) -> Company:
    """The legal entity that pays for a department.

    Raises:
        KeyError: there is no such department.
    """
    return _COMPANY[_LOCATION[_DEPARTMENT[department_id].location].company]


def budget_id(account_code: str, department_id: int) -> int:
    """The id of Procurify's account: an account code within a department."""
    position = ACCOUNT_CODE[account_code].id - ACCOUNT_CODES[0].id
    return 101 + position * len(DEPARTMENTS) + department_id - 1


def fingerprint() -> str:
    """What tells this tenant from others."""
    return hashlib.sha256(repr(TENANT).encode()).hexdigest()


def other_currency(code: str) -> str:
    """Another currency than that one, for what is bought abroad."""
    return next((one.code for one in CURRENCIES if one.code != code), code)


__all__ = [
    "ACCOUNT_CODE",
    "ACCOUNT_CODES",
    "API_USER_ID",
    "COMPANIES",
    "CURRENCIES",
    "CURRENCY",
    "DEPARTMENTS",
    "DOMAIN",
    "FREIGHT_CODE",
    "LOCATIONS",
    "NO_TAX_CODE",
    "PROJECTS",
    "PROJECT_FIELD_ID",
    "TAX",
    "TAXES",
    "TENANT",
    "TERM",
    "TERMS",
    "USER",
    "USERS",
    "AccountCode",
    "Company",
    "Currency",
    "Department",
    "Location",
    "ProcurifyTax",
    "ProcurifyTerm",
    "User",
    "budget_id",
    "company",
    "company_of_department",
    "department",
    "fingerprint",
    "location",
    "other_currency",
]
