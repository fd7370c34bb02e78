"""The made-up tenant "harbour": two legal entities, three locations, six departments.

Everything here is invented. A tenant file can put a user's own in its place, section by section.
"""

from __future__ import annotations

from decimal import Decimal

from erp_sandbox.organisation import (
    AccountCode,
    Company,
    Currency,
    Department,
    Location,
    ProcurifyTax,
    ProcurifyTerm,
    Tenant,
)

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
        untaxed_weight=4,
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
    Department(
        id=number,
        name=name,
        external_id=external_id,
        location=location,
        cost_centre=external_id.removeprefix("CC-"),
    )
    for number, name, external_id, location in (
        (1, "Finance", "CC-100", 1),
        (2, "Research", "CC-200", 1),
        (3, "Operations", "CC-300", 2),
        (4, "Field Service", "CC-310", 2),
        (5, "Sales", "CC-400", 3),
        (6, "IT", "CC-410", 3),
    )
)
ACCOUNT_CODES = tuple(
    AccountCode(
        id=number,
        code=code,
        description=words,
        account_type=kind,
        ifs_account=account,
        project=project,
        weight=weight,
    )
    for number, code, words, kind, account, project, weight in (
        (10, "6000", "Lab supplies", 2, "4010", "can", 6),
        (11, "6100", "Software", 2, "4110", "never", 2),
        (12, "6200", "Travel", 2, "4210", "can", 2),
        (13, "6300", "Freight", 2, "4310", "can", 1),
        (14, "6400", "Repairs", 2, "4410", "can", 2),
        (15, "6500", "Consulting", 2, "4510", "can", 3),
        (16, "6600", "Utilities", 2, "4610", "can", 2),
        (17, "6900", "Clinical trials", 2, "4900", "must", 1),
        (18, "1500", "Equipment", 0, "1510", "can", 1),
        (19, "6999", "Suspense (old)", 2, None, "can", 1),
    )
)
PROJECTS = ("P-1", "P-2", "P-3")
TAXES = tuple(
    ProcurifyTax(
        id=number,
        name=name,
        percentage=Decimal(percent),
        company=company,
        tax_code=code,
        weight=weight,
    )
    for number, name, percent, company, code, weight in (
        (9, "GST", "5", "HCA", "GST5", 5),
        (10, "PST", "7", "HCA", "PST7", 1),
        (12, "HST", "13", "HCA", "HST13", 2),
        (15, "TX Sales", "8.25", "HUS", "TX825", 6),
    )
)
TERMS = tuple(
    ProcurifyTerm(id=number, name=name, days=days)
    for number, name, days in (
        (11, "Net 30", 30),
        (12, "Net 15", 15),
        (13, "Net 60", 60),
        (14, "Due on receipt", 0),
    )
)
HARBOUR = Tenant(
    currencies=CURRENCIES,
    companies=COMPANIES,
    locations=LOCATIONS,
    departments=DEPARTMENTS,
    account_codes=ACCOUNT_CODES,
    taxes=TAXES,
    terms=TERMS,
    projects=PROJECTS,
    freight_code="6300",
)
