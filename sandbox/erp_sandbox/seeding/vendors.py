"""Draws the vendors, and which of them IFS knows already as suppliers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from erp_sandbox.ledgers import IfsSupplier
from erp_sandbox.organisation import OwnSupplier
from erp_sandbox.purchases import (
    CARD_PROVIDER,
    EMPLOYEE,
    PLACEHOLDER,
    PREFERRED,
    REGULAR,
    Vendor,
)
from erp_sandbox.seeding.draw import Draw
from erp_sandbox.tenant import COMPANIES, CURRENCIES, CURRENCY, TENANT, TERMS

FIRST_MODIFIED, LAST_MODIFIED = date(2026, 1, 2), date(2026, 9, 20)
KNOWN_PER_SCALE = 42
NEW_WITH_ID_PER_SCALE = 4
NEW_WITHOUT_ID_PER_SCALE = 6
COUNTRY_CODES = {"Canada": "CA", "United States": "US", "USA": "US", "United Kingdom": "GB"}
PLACES = (
    ("Vancouver", "BC", "Canada", "V6B 1A1"),
    ("Burnaby", "BC", "Canada", "V5C 2B2"),
    ("Calgary", "AB", "Canada", "T2P 3C3"),
    ("Toronto", "ON", "Canada", "M5H 4D4"),
    ("Austin", "TX", "United States", "78701"),
    ("Seattle", "WA", "USA", "98101"),
    ("Houston", "TX", "United States", "77002"),
    ("Leeds", "West Yorkshire", "United Kingdom", "LS1 4AP"),
)
FIRST_WORDS = (
    "Alder",
    "Basalt",
    "Cobalt",
    "Delta",
    "Ember",
    "Fathom",
    "Glacier",
    "Harrow",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Meridian",
    "Nimbus",
    "Orchard",
    "Pinnacle",
    "Quarry",
    "Ridge",
    "Sable",
    "Tundra",
    "Umber",
    "Vantage",
    "Willow",
    "Yarrow",
    "Zephyr",
)
SECOND_WORDS = (
    "Instruments",
    "Laboratories",
    "Freight Lines",
    "Software",
    "Consulting Group",
    "Scientific Supply",
    "Electrical",
    "Office Outfitters",
    "Repairs & Service",
    "Biologics",
)
STREETS = ("Mill Street", "Foundry Road", "Cedar Avenue", "Station Road", "Second Street")
_OWN_COUNTRIES = {own.name: own.country_code for own in TENANT.vendors}
_CURRENCY_CODES = {one.id: one.code for one in CURRENCIES}
CONTACTS = ("Ines Calder", "Jonas Abara", "Kit Solano", "Lena Ortiz", "Milo Brandt")


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSeed:
    """The drawn vendors, and by id those that play a part in the bills."""

    vendors: tuple[Vendor, ...]
    suppliers: tuple[IfsSupplier, ...]
    usable: tuple[Vendor, ...]
    inactive: Vendor
    missing: Vendor
    employee: Vendor
    card_provider: Vendor


def draw_vendors(draw: Draw, scale: int) -> VendorSeed:
    """About sixty vendors per scale: known in IFS, new to it, and one of each awkward kind."""
    placeholder = Vendor(
        id=draw.next_id("vendor"),
        name="OTHER",
        type=PLACEHOLDER,
        modified=draw.moment(FIRST_MODIFIED),
    )
    known, named, nameless = _own_vendors(draw) if TENANT.vendors else _made_up(draw, scale)
    inactive = _company_vendor(draw, has_id=True, is_active=False)
    missing = _company_vendor(draw, has_id=False, is_active=False, is_listed=False)
    lookalike = _company_vendor(draw, has_id=False)
    awaiting = _company_vendor(draw, has_id=False, is_awaiting_approval=True)
    employee = _person_vendor(draw)
    card_provider = _card_vendor(draw)
    in_ifs = [*known, inactive, employee]
    suppliers = [_supplier_of(draw, vendor, vendor.external_id or "") for vendor in in_ifs]
    suppliers += [_supplier_of(draw, lookalike, "S-7001"), _unrelated_supplier()]
    suppliers += [_own_supplier(own) for own in TENANT.suppliers]
    return VendorSeed(
        vendors=(
            placeholder,
            *known,
            *named,
            *nameless,
            inactive,
            missing,
            lookalike,
            awaiting,
            employee,
            card_provider,
        ),
        suppliers=tuple(suppliers),
        usable=(*known, *named, *nameless),
        inactive=inactive,
        missing=missing,
        employee=employee,
        card_provider=card_provider,
    )


def _made_up(draw: Draw, scale: int) -> tuple[list[Vendor], list[Vendor], list[Vendor]]:
    """Vendors that IFS knows, those that are new to it, and those without an external id."""
    known = _company_vendors(draw, KNOWN_PER_SCALE * scale, has_id=True)
    named = _company_vendors(draw, NEW_WITH_ID_PER_SCALE * scale, has_id=True)
    return known, named, _company_vendors(draw, NEW_WITHOUT_ID_PER_SCALE * scale, has_id=False)


def _own_vendors(draw: Draw) -> tuple[list[Vendor], list[Vendor], list[Vendor]]:
    """The same three kinds, of the vendors that the tenant file names."""
    kinds: tuple[list[Vendor], list[Vendor], list[Vendor]] = ([], [], [])
    for own in TENANT.vendors:
        drawn = _company_vendor(draw, has_id=bool(own.external_id))
        vendor = replace(
            drawn,
            name=own.name,
            external_id=own.external_id or None,
            country=own.country,
            currency_id=CURRENCY[own.currency].id,
        )
        kind = 2 if not own.external_id else 0 if own.is_in_ifs else 1
        kinds[kind].append(vendor)
    return kinds


def _company_vendors(draw: Draw, count: int, *, has_id: bool) -> list[Vendor]:
    return [_company_vendor(draw, has_id=has_id) for _ in range(count)]


def _company_vendor(
    draw: Draw,
    *,
    has_id: bool,
    is_active: bool = True,
    is_listed: bool = True,
    is_awaiting_approval: bool = False,
) -> Vendor:
    number = draw.next_id("vendor")
    city, state, country, postal_code = draw.one_of(PLACES)
    term = draw.one_of(TERMS)
    currency = CURRENCY["CAD" if country == "Canada" else "USD"]
    slug = f"vendor{number}"
    has_score = draw.happens(60)
    return Vendor(
        id=number,
        name=_name_of(number),
        type=draw.weighted(((PREFERRED, 3), (REGULAR, 2))),
        modified=draw.moment(draw.day(FIRST_MODIFIED, LAST_MODIFIED)),
        is_active=is_active,
        is_listed=is_listed,
        is_awaiting_approval=is_awaiting_approval,
        external_id=f"V-{10000 + number}" if has_id else draw.one_of((None, "")),
        street=f"{draw.whole(1, 999)} {draw.one_of(STREETS)}",
        street_two=draw.one_of(("", "Unit 4", None)),
        postal_code=postal_code,
        city=city,
        state=state,
        country=country,
        phone=f"604-555-{draw.whole(0, 9999):04d}",
        emails=draw.one_of(((f"ap@{slug}.example",), (f"ar@{slug}.example", ""), ())),
        contact=draw.one_of(CONTACTS),
        url=f"https://{slug}.example",
        currency_id=currency.id,
        term_id=term.id if draw.happens(90) else None,
        overall_score=draw.cents(1, 5) if has_score else None,
        bank_tail=f"{draw.whole(0, 9999):04d}" if draw.happens(20) else None,
    )


def _name_of(number: int) -> str:
    """A name that no other vendor has."""
    block, place = divmod(number, len(FIRST_WORDS))
    rounds, shift = divmod(block, len(SECOND_WORDS))
    first = FIRST_WORDS[place]
    second = SECOND_WORDS[(place + shift) % len(SECOND_WORDS)]
    return f"{first} {second}" + (f" {rounds + 1}" if rounds else "")


def _person_vendor(draw: Draw) -> Vendor:
    number = draw.next_id("vendor")
    return Vendor(
        id=number,
        name="Elio Marchetti",
        type=EMPLOYEE,
        modified=draw.moment(FIRST_MODIFIED),
        external_id=f"E-{10000 + number}",
        country="Canada",
        emails=("elio.marchetti@harbour.example",),
        currency_id=CURRENCY["CAD"].id,
    )


def _card_vendor(draw: Draw) -> Vendor:
    return Vendor(
        id=draw.next_id("vendor"),
        name="Company Card",
        type=CARD_PROVIDER,
        modified=draw.moment(FIRST_MODIFIED),
        country="United States",
        currency_id=CURRENCY["USD"].id,
    )


def _supplier_of(draw: Draw, vendor: Vendor, supplier_id: str) -> IfsSupplier:
    days = {term.id: term.days for term in TERMS}
    return IfsSupplier(
        id=supplier_id,
        name=vendor.name,
        country=_OWN_COUNTRIES.get(vendor.name) or COUNTRY_CODES[vendor.country or ""],
        association_no=f"{draw.whole(100000000, 999999999)}",
        street=vendor.street or "",
        postal_code=vendor.postal_code or "",
        city=vendor.city or "",
        state=vendor.state or "",
        email=next(iter(vendor.emails), ""),
        companies=tuple(company.id for company in COMPANIES),
        payment_term=str(days.get(vendor.term_id or 0, 30)),
        currency=_CURRENCY_CODES.get(vendor.currency_id or 0, "USD"),
    )


def _unrelated_supplier() -> IfsSupplier:
    """A supplier that Procurify has never heard of."""
    return IfsSupplier(
        id="S-7002",
        name="Tidewater Insurance",
        country="CA",
        association_no="771200934",
        street="3 Customs House",
        postal_code="V6C 3E3",
        city="Vancouver",
        state="BC",
        email="billing@tidewater.example",
        companies=(COMPANIES[0].id,),
        payment_term="30",
        currency=COMPANIES[0].currency,
    )


def _own_supplier(own: OwnSupplier) -> IfsSupplier:
    """A supplier that the tenant file names."""
    return IfsSupplier(
        id=own.id,
        name=own.name,
        country=own.country_code,
        association_no="",
        street="",
        postal_code="",
        city="",
        state="",
        email="",
        companies=own.companies,
        payment_term="30",
        currency=own.currency,
    )
