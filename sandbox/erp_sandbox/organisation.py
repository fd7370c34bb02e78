"""What a tenant of Procurify is made of: the kinds of its reference data."""

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
    """A legal entity: a company of IFS, and the parts of the code string that it uses.

    ``untaxed_weight``: how often a line has no tax, beside the weights of its taxes.
    """

    id: str
    name: str
    country: str
    currency: str
    cost_centre_part: str
    project_part: str
    procurify_id: int
    procurify_uuid: str
    untaxed_weight: int = 2


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
    """A Procurify department; ``cost_centre`` is the value of its code part in IFS."""

    id: int
    name: str
    external_id: str
    location: int
    cost_centre: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCode:
    """A Procurify account code. ``account_type``: 0 assets, 2 expense.

    ``project`` is what its account in IFS demands of the project: can, must or never; ``weight``
    how often a line is of that code.
    """

    id: int
    code: str
    description: str
    account_type: int
    ifs_account: str | None
    project: str = "can"
    weight: int = 1


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
    """A tax rate that a user picks in Procurify; ``percentage`` of the net amount.

    ``weight``: how often a line of the company has it.
    """

    id: int
    name: str
    percentage: Decimal
    company: str
    tax_code: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcurifyTerm:
    """A payment term as Procurify words it."""

    id: int
    name: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVendor:
    """A vendor that a tenant file names. ``is_in_ifs``: IFS has it as a supplier already."""

    name: str
    external_id: str
    currency: str
    country: str
    country_code: str
    is_in_ifs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSupplier:
    """A supplier that a tenant file names and Procurify does not know."""

    id: str
    name: str
    country_code: str
    currency: str
    companies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """An account of IFS beside those of the account codes, with what it demands."""

    company: str
    account: str
    description: str
    cost_centre: str
    project: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCodeValue:
    """A value of a code part of IFS beside the cost centres and projects."""

    company: str
    letter: str
    value: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTaxCode:
    """A tax code of IFS that no tax of Procurify leads to."""

    company: str
    code: str
    description: str
    percentage: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """The organisation and its reference data, in Procurify and, from ``accounts`` on, in IFS."""

    currencies: tuple[Currency, ...]
    companies: tuple[Company, ...]
    locations: tuple[Location, ...]
    departments: tuple[Department, ...]
    account_codes: tuple[AccountCode, ...]
    taxes: tuple[ProcurifyTax, ...]
    terms: tuple[ProcurifyTerm, ...]
    projects: tuple[str, ...]
    freight_code: str
    vendors: tuple[OwnVendor, ...] = ()
    accounts: tuple[OwnAccount, ...] = ()
    code_values: tuple[OwnCodeValue, ...] = ()
    tax_codes: tuple[OwnTaxCode, ...] = ()
    suppliers: tuple[OwnSupplier, ...] = ()
