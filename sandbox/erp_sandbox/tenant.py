"""The made-up tenant "harbour" as Procurify knows it: its organisation and reference data.

Two legal entities, three locations, six departments, one set of account codes. Everything here is
invented. How the two companies keep their books in IFS stands in ``ledgers``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """A currency as Procurify keeps it. ``rate``: worth of one unit in the base currency."""

    id: int
    code: str
    description: str
    rate: Decimal
    is_base: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A legal entity: a company of IFS, and the parts of the code string that it uses."""

    id: str
    name: str
    country: str
    currency: str
    cost_centre_part: str
    project_part: str
    procurify_id: int
    procurify_uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A Procurify location; it belongs to one company."""

    id: int
    name: str
    external_id: str
    company: str
    time_zone: str
    currency_id: int
    street: str
    postal_code: str
    state: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A Procurify department; the digits of ``external_id`` are its cost centre in IFS."""

    id: int
    name: str
    external_id: str
    location: int

    @property
    def cost_centre(self) -> str:
        """The value of the cost centre code part in IFS."""
        return self.external_id.removeprefix("CC-")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCode:
    """A Procurify account code. ``account_type``: 0 assets, 2 expense."""

    id: int
    code: str
    description: str
    account_type: int
    ifs_account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person in Procurify. ``role``: its name and type code."""

    id: int
    first_name: str
    last_name: str
    department: int
    role: tuple[str, int]
    is_active: bool

    @property
    def email(self) -> str:
        """A made-up address under a reserved domain."""
        return f"{self.first_name}.{self.last_name}@harbour.example".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcurifyTax:
    """A tax rate that a user picks in Procurify; ``percentage`` of the net amount."""

    id: int
    name: str
    percentage: Decimal
    company: str
    tax_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcurifyTerm:
    """A payment term as Procurify words it."""

    id: int
    name: str
    days: int


BASE_CURRENCY = "USD"
DOMAIN = "harbour"

CURRENCIES = (
    Currency(
        id=1, code="CAD", description="Canadian dollar", rate=Decimal("0.740000"), is_base=False
    ),
    Currency(id=3, code="USD", description="US dollar", rate=Decimal("1.000000"), is_base=True),
)
COMPANIES = (
    Company(
        id="HCA",
        name="Harbour Research Inc.",
        country="CA",
        currency="CAD",
        cost_centre_part="B",
        project_part="C",
        procurify_id=1,
        procurify_uuid="5b0c8c52-7d0e-4a7e-9a0b-2f6c5d3f1a01",
    ),
    Company(
        id="HUS",
        name="Harbour Research LLC",
        country="US",
        currency="USD",
        cost_centre_part="C",
        project_part="F",
        procurify_id=2,
        procurify_uuid="5b0c8c52-7d0e-4a7e-9a0b-2f6c5d3f1a02",
    ),
)
LOCATIONS = (
    Location(
        id=1,
        name="Vancouver",
        external_id="LOC-VAN",
        company="HCA",
        time_zone="America/Vancouver",
        currency_id=1,
        street="12 Quay Street",
        postal_code="V6B 0A1",
        state="BC",
        country="Canada",
    ),
    Location(
        id=2,
        name="Calgary",
        external_id="LOC-CGY",
        company="HCA",
        time_zone="America/Edmonton",
        currency_id=1,
        street="700 Bow Trail",
        postal_code="T2P 0A1",
        state="AB",
        country="Canada",
    ),
    Location(
        id=3,
        name="Austin",
        external_id="LOC-AUS",
        company="HUS",
        time_zone="America/Chicago",
        currency_id=3,
        street="44 Creek Lane",
        postal_code="78701",
        state="TX",
        country="United States",
    ),
)
DEPARTMENTS = tuple(
    Department(id=number, name=name, external_id=external_id, location=location)
    for number, name, external_id, location in (
        (1, "Finance", "CC-100", 1),
        (2, "Research", "CC-200", 1),
        (3, "Operations", "CC-300", 2),
        (4, "Field Service", "CC-310", 2),
        (5, "Sales", "CC-400", 3),
        (6, "IT", "CC-410", 3),
    )
)
NO_RULE_CODE = "6999"
FREIGHT_CODE = "6300"
SOFTWARE_CODE = "6100"
TRIALS_CODE = "6900"
EQUIPMENT_CODE = "1500"
ACCOUNT_CODES = tuple(
    AccountCode(id=number, code=code, description=words, account_type=kind, ifs_account=account)
    for number, code, words, kind, account in (
        (10, "6000", "Lab supplies", 2, "4010"),
        (11, SOFTWARE_CODE, "Software", 2, "4110"),
        (12, "6200", "Travel", 2, "4210"),
        (13, FREIGHT_CODE, "Freight", 2, "4310"),
        (14, "6400", "Repairs", 2, "4410"),
        (15, "6500", "Consulting", 2, "4510"),
        (16, "6600", "Utilities", 2, "4610"),
        (17, TRIALS_CODE, "Clinical trials", 2, "4900"),
        (18, EQUIPMENT_CODE, "Equipment", 0, "1510"),
        (19, NO_RULE_CODE, "Suspense (old)", 2, None),
    )
)
USERS = tuple(
    User(
        id=number,
        first_name=first,
        last_name=last,
        department=department,
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
API_USER_ID = 15
PROJECTS = ("P-1", "P-2", "P-3")
PROJECT_FIELD_ID = 54
TAXES = tuple(
    ProcurifyTax(id=number, name=name, percentage=Decimal(percent), company=company, tax_code=code)
    for number, name, percent, company, code in (
        (9, "GST", "5", "HCA", "GST5"),
        (10, "PST", "7", "HCA", "PST7"),
        (12, "HST", "13", "HCA", "HST13"),
        (15, "TX Sales", "8.25", "HUS", "TX825"),
    )
)
NO_TAX_CODE = "EX0"
TERMS = tuple(
    ProcurifyTerm(id=number, name=name, days=days)
    for number, name, days in (
        (11, "Net 30", 30),
        (12, "Net 15", 15),
        (13, "Net 60", 60),
        (14, "Due on receipt", 0),
    )
)


_COMPANY = {company.id: company for company in COMPANIES}
_LOCATION = {location.id: location for location in LOCATIONS}
_DEPARTMENT = {department.id: department for department in DEPARTMENTS}
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
