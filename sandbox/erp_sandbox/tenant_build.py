"""Makes a tenant of the entries of a tenant file; what it does not name is that of "harbour"."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from erp_sandbox.harbour import HARBOUR
from erp_sandbox.organisation import (
    AccountCode,
    Company,
    Currency,
    Department,
    Location,
    OwnAccount,
    OwnCodeValue,
    OwnSupplier,
    OwnTaxCode,
    OwnVendor,
    ProcurifyTax,
    ProcurifyTerm,
    Tenant,
)

Entry = Mapping[str, str]
_TYPES = {"asset": 0, "expense": 2}
_FIRST_IDS = {"account_codes": 10, "taxes": 9, "terms": 11, "currencies": 101}


def build_tenant(given: Mapping[str, Sequence[Entry]]) -> Tenant:
    """The tenant of entries that have been checked."""
    made: dict[str, Any] = {}
    for name, build in _BUILDERS.items():
        if name in given:
            first = _FIRST_IDS.get(name, 1)
            made[name] = tuple(build(number, one) for number, one in enumerate(given[name], first))
    if "currencies" in made:
        own = {one.code for one in made["currencies"]}
        kept = [one for one in HARBOUR.currencies if one.code not in own]
        made["currencies"] = (*kept, *made["currencies"])
    tenant = replace(HARBOUR, **made)
    ids = {one.id for one in tenant.companies}
    return replace(
        tenant,
        taxes=tuple(one for one in tenant.taxes if one.company in ids),
        locations=_located(given, tenant),
        departments=_placed(given, tenant),
        freight_code=_freight_code(given, tenant),
        **_of_ifs(given, tenant),
    )


def _located(given: Mapping[str, Sequence[Entry]], tenant: Tenant) -> tuple[Location, ...]:
    """The locations with the currency of their company."""
    if "locations" not in given:
        return tenant.locations
    codes = {one.id: one.currency for one in tenant.companies}
    ids = {one.code: one.id for one in tenant.currencies}
    return tuple(
        Location(
            id=number,
            name=one["name"],
            external_id=one["external_id"],
            company=one["company"],
            time_zone=one["time_zone"],
            currency_id=ids[codes[one["company"]]],
            street="1 Main Street",
            postal_code="00001",
            state="",
            country=one["country"],
        )
        for number, one in enumerate(given["locations"], start=1)
    )


def _placed(given: Mapping[str, Sequence[Entry]], tenant: Tenant) -> tuple[Department, ...]:
    """The departments with the numbers of their locations."""
    if "departments" not in given:
        return tenant.departments
    names = (
        [one["name"] for one in given["locations"]]
        if "locations" in given
        else [one.name for one in tenant.locations]
    )
    return tuple(
        Department(
            id=number,
            name=one["name"],
            external_id=one["external_id"],
            location=names.index(one["location"]) + 1,
            cost_centre=one["cost_centre"],
        )
        for number, one in enumerate(given["departments"], start=1)
    )


def _freight_code(given: Mapping[str, Sequence[Entry]], tenant: Tenant) -> str:
    """The code that is marked; else the first that every project may use."""
    if "account_codes" not in given:
        return tenant.freight_code
    marked = [one["code"] for one in given["account_codes"] if one["is_freight"] == "yes"]
    usable = [one.code for one in tenant.account_codes if one.ifs_account and one.project == "can"]
    return (marked or usable)[0]


def _of_ifs(given: Mapping[str, Sequence[Entry]], tenant: Tenant) -> dict[str, Any]:
    """What IFS has beside that which follows from Procurify."""
    everywhere = tuple(one.id for one in tenant.companies)
    return {
        "accounts": tuple(OwnAccount(**one) for one in given.get("ifs_accounts", ())),
        "code_values": tuple(OwnCodeValue(**one) for one in given.get("ifs_code_values", ())),
        "tax_codes": tuple(
            OwnTaxCode(
                company=one["company"],
                code=one["code"],
                description=one["description"],
                percentage=Decimal(one["percentage"]),
            )
            for one in given.get("ifs_tax_codes", ())
        ),
        "suppliers": tuple(
            OwnSupplier(
                id=one["id"],
                name=one["name"],
                country_code=one["country_code"],
                currency=one["currency"],
                companies=(one["company"],) if one["company"] else everywhere,
            )
            for one in given.get("ifs_suppliers", ())
        ),
    }


def _currency(number: int, one: Entry) -> Currency:
    rate = Decimal(one["rate"])
    known = {held.code: held for held in HARBOUR.currencies}.get(one["code"])
    return Currency(
        id=known.id if known else number,
        code=one["code"],
        description=one["description"],
        rate=rate,
        is_base=bool(known and known.is_base),
    )


def _company(number: int, one: Entry) -> Company:
    return Company(
        id=one["id"],
        name=one["name"],
        country=one["country"],
        currency=one["currency"],
        cost_centre_part=one["cost_centre_part"],
        project_part=one["project_part"],
        procurify_id=number,
        procurify_uuid=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{one['id']}.harbour.example")),
    )


def _account_code(number: int, one: Entry) -> AccountCode:
    return AccountCode(
        id=number,
        code=one["code"],
        description=one["description"],
        account_type=_TYPES[one["type"]],
        ifs_account=one["ifs_account"] or None,
        project=one["project"],
        weight=int(one["weight"]),
    )


def _tax(number: int, one: Entry) -> ProcurifyTax:
    return ProcurifyTax(
        id=number,
        name=one["name"],
        percentage=Decimal(one["percentage"]),
        company=one["company"],
        tax_code=one["tax_code"],
        weight=int(one["weight"]),
    )


def _vendor(_: int, one: Entry) -> OwnVendor:
    return OwnVendor(
        name=one["name"],
        external_id=one["external_id"],
        currency=one["currency"],
        country=one["country"],
        country_code=one["country_code"],
        is_in_ifs=one["is_in_ifs"] == "yes",
    )


_BUILDERS: Mapping[str, Callable[[int, Entry], Any]] = {
    "currencies": _currency,
    "companies": _company,
    "account_codes": _account_code,
    "taxes": _tax,
    "terms": lambda number, one: ProcurifyTerm(id=number, name=one["name"], days=int(one["days"])),
    "projects": lambda _, one: one["name"],
    "vendors": _vendor,
}
