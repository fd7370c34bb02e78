"""The site profile: every name of IFS that the code uses, and the habits of one site.

The defaults are ``default_profile.yml``; a site's own file overrides single lines of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from target_ifs_cloud.errors import ConfigurationError

PROFILE_BYTES_MAX = 1_000_000
PROFILE_DEPTH_MAX = 12
Name = str
Constant = str | int | bool
ProjectionKey = Literal[
    "invoice",
    "proposal",
    "supplier",
    "company",
    "account",
    "code_part",
    "tax_code",
    "payment_term",
    "currency",
    "currency_rate",
    "period",
]


class _Block(BaseModel):
    """A block of the profile: frozen, and an unknown line is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Projection(_Block):
    """Where a projection lives. Source: the shape of the address is documented by IFS."""

    name: Name
    endpoint: Name = "main"

    @property
    def root(self) -> str:
        """The path of the service, with a slash at its end."""
        return (
            f"/{quote(self.endpoint, safe='')}/ifsapplications/projection/v1/"
            f"{quote(self.name, safe='')}.svc/"
        )


class ProfileLimits(_Block):
    """How much goes into one request."""

    page_size: int = Field(ge=1, le=5000)
    url_length_max: int = Field(ge=500, le=100_000)
    lookup_keys_per_request: int = Field(ge=1, le=500)
    batch_change_sets: int = Field(ge=1, le=200)
    batch_reads: int = Field(ge=1, le=200)
    requests_per_second: int = Field(ge=1, le=1000)


class ItemNames(_Block):
    """Lines of an invoice."""

    set: Name
    key: tuple[Name, ...]
    order: tuple[Name, ...]
    net: Name
    tax: Name | None
    tax_code: Name | None


class CodedRowNames(_Block):
    """Rows that carry a code string and an amount: postings, rows of a proposal."""

    set: Name
    key: tuple[Name, ...]
    order: tuple[Name, ...]
    amount: Name
    code: Name
    posting_type: Name | None = None
    tax_posting_types: tuple[str, ...] = ()

    def code_field(self, letter: str) -> str:
        """The field of a code part."""
        return self.code.replace("{letter}", letter)


class InvoiceNames(_Block):
    """Supplier invoices."""

    set: Name
    company: Name
    id: Name
    supplier: Name
    series: Name
    number: Name
    currency: Name
    net: Name
    tax: Name
    gross: Name | None
    state: Name
    source_reference: Name
    cancelled_states: tuple[str, ...]
    not_compared: frozenset[Name]
    constants: Mapping[str, Constant]
    cancel_action: Name
    cancel_body: Mapping[str, Constant]
    final_posting_action: Name | None
    items: ItemNames
    postings: CodedRowNames


class ProposalNames(_Block):
    """Posting proposals."""

    head: Literal["created_with_invoice", "create"]
    set: Name
    key: tuple[Name, ...]
    company: Name
    invoice_id: Name
    balance: Name | None
    state: Name | None
    rows: CodedRowNames


class SupplierChild(_Block):
    """A child collection of a supplier."""

    set: Name
    key: tuple[Name, ...]
    parent: str | None = None


class SupplierCompanyNames(_Block):
    """The supplier's invoice row per company."""

    child: str
    supplier: Name | None
    company: Name
    payment_term: Name
    uses_proposal: Name | None


class SupplierNames(_Block):
    """Suppliers and what hangs below them."""

    set: Name
    id: Name
    name: Name
    country: Name
    country_code: Name | None
    association_no: Name | None
    children: Mapping[str, SupplierChild]
    invoice_company: SupplierCompanyNames


class InvoiceInfoNames(_Block):
    """A company's invoice settings."""

    set: Name
    uses_proposal: Name


class InvoiceTypeNames(_Block):
    """A company's default invoice types."""

    set: Name
    manual: Name


class CompanyNames(_Block):
    """Companies."""

    set: Name
    id: Name
    name: Name
    country: Name | None
    uses_proposal_default: bool
    invoice_info: InvoiceInfoNames | None
    invoice_types: InvoiceTypeNames | None


class AccountNames(_Block):
    """Accounts with what they ask of the other code parts."""

    set: Name
    fallback_set: Name | None
    company: Name
    id: Name
    valid_from: Name | None
    valid_until: Name | None
    budget_only: Name | None
    demand: Name

    def demand_field(self, letter: str) -> str:
        """The field that holds the demand on a code part."""
        return self.demand.replace("{letter}", letter)


class CodePartNames(_Block):
    """Values of the code parts B to J."""

    parent_set: Name
    company: Name
    set: Name
    value: Name
    valid_from: Name | None
    valid_until: Name | None
    budget_only: Name | None

    def set_of(self, letter: str) -> str:
        """The collection of one code part."""
        return self.set.replace("{letter}", letter)

    def value_field(self, letter: str) -> str:
        """The field that holds the value of one code part."""
        return self.value.replace("{letter}", letter)


class TaxCodeNames(_Block):
    """Tax codes."""

    set: Name
    company: Name
    id: Name
    rate: Name | None
    valid_from: Name | None
    valid_until: Name | None


class SimpleNames(_Block):
    """A set of which only the ids matter: payment terms, currencies."""

    set: Name
    company: Name
    id: Name


class CurrencyRateNames(_Block):
    """Currency rates."""

    set: Name
    company: Name
    currency: Name
    rate_type: Name | None
    valid_from: Name
    rate: Name
    use_type: str | None


class PeriodNames(_Block):
    """Accounting periods."""

    set: Name
    company: Name
    year: Name
    period: Name
    date_from: Name
    date_until: Name
    status: Name
    open_statuses: tuple[str, ...]


class SiteProfile(_Block):
    """One IFS site. The blocks of advisory data may be ``None``: not offered there."""

    route: Literal["manual_invoice"]
    check_metadata: Literal["required", "if_available", "never"]
    limits: ProfileLimits
    use_batch: bool
    ask_for_count: bool
    decimal_as_string: bool
    number_lookup: Literal["any_case", "exact_variants"]
    numeric_keys: frozenset[Name]
    projections: Mapping[ProjectionKey, Projection]
    invoice: InvoiceNames
    proposal: ProposalNames | None
    supplier: SupplierNames
    company: CompanyNames
    account: AccountNames
    code_part: CodePartNames
    tax_code: TaxCodeNames | None
    payment_term: SimpleNames | None
    currency: SimpleNames | None
    currency_rate: CurrencyRateNames | None
    period: PeriodNames | None

    def projection(self, key: ProjectionKey) -> Projection:
        """The projection that serves one kind of data.

        Raises:
            ConfigurationError: the profile does not name it.
        """
        found = self.projections.get(key)
        if found is None:
            raise ConfigurationError(f"the site profile lacks projections.{key}")
        return found


def load_profile(path: Path | None = None) -> SiteProfile:
    """The default profile, with what a site's own file says instead.

    Raises:
        ConfigurationError: the file cannot be read, or a line of it is not known; all are named.
    """
    lines = default_lines()
    origin = "the default site profile"
    if path is not None:
        origin = str(path)
        lines = _merged(lines, _read_lines(path), 0)
    try:
        return SiteProfile.model_validate(lines)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise ConfigurationError(f"{origin}: {faults}") from None


def default_lines() -> dict[str, Any]:
    """The shipped profile as plain values."""
    text = (
        resources.files("target_ifs_cloud.ifs").joinpath("default_profile.yml").read_text("utf-8")
    )
    lines: dict[str, Any] = yaml.safe_load(text)
    return lines


def _read_lines(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    if len(text) > PROFILE_BYTES_MAX:
        raise ConfigurationError(f"{path}: longer than {PROFILE_BYTES_MAX} bytes")
    try:
        lines = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigurationError(f"{place}: not readable as YAML") from error
    if lines is None:
        return {}
    if not isinstance(lines, Mapping):
        raise ConfigurationError(f"{path}: must hold names and values")
    return lines


def _merged(below: Mapping[str, Any], above: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Block by block: what is named above replaces what is below, the rest stays."""
    if depth > PROFILE_DEPTH_MAX:
        raise ConfigurationError(f"the site profile is nested deeper than {PROFILE_DEPTH_MAX}")
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        is_block = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[name] = _merged(old, value, depth + 1) if is_block else value  # type: ignore[arg-type]
    return result
