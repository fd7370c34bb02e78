"""The blocks of a site profile: names of IFS by the part of the work that uses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

Name = str
Constant = str | int | bool


class Block(BaseModel):
    """A block of the profile: frozen, and an unknown line is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Projection(Block):
    """Where a projection lives. Source: both shapes of the address are documented by IFS.

    ``service`` is ``entity`` for an entity service; those stand on the endpoint ``int`` only.
    """

    name: Name
    endpoint: Name = "main"
    service: Literal["projection", "entity"] = "projection"

    @property
    def root(self) -> str:
        """The path of the service, with a slash at its end."""
        return (
            f"/{quote(self.endpoint, safe='')}/ifsapplications/{self.service}/v1/"
            f"{quote(self.name, safe='')}.svc/"
        )


class ProfileLimits(Block):
    """How much goes into one request."""

    page_size: int = Field(ge=1, le=5000)
    url_length_max: int = Field(ge=500, le=100_000)
    lookup_keys_per_request: int = Field(ge=1, le=500)
    batch_change_sets: int = Field(ge=1, le=200)
    batch_proposals: int = Field(ge=1, le=200)
    batch_reads: int = Field(ge=1, le=200)
    requests_per_second: int = Field(ge=1, le=1000)


class ItemNames(Block):
    """Lines of an invoice."""

    set: Name
    key: tuple[Name, ...]
    order: tuple[Name, ...]
    net: Name
    tax: Name | None
    tax_code: Name | None


class CodedRowNames(Block):
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


class FinalPostingNames(Block):
    """The action that posts an invoice for good, its parameters and what they get.

    A parameter that is ``None`` is not sent. Source: the inputs are seen in code, the names are
    inferred.
    """

    action: Name
    voucher_type: Name | None
    user_group: Name | None
    voucher_date: Name | None
    automatic_pay_auth: Name | None
    default_voucher_type: str
    user_group_value: str
    automatic_pay_auth_value: Constant


class InvoiceNames(Block):
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
    automatic_series: frozenset[str]
    automatic_number: Name
    cancelled_states: tuple[str, ...]
    preliminary_states: tuple[str, ...]
    not_compared: frozenset[Name]
    constants: Mapping[str, Constant]
    cancel_action: Name
    cancel_body: Mapping[str, Constant]
    final_posting: FinalPostingNames | None
    items: ItemNames
    postings: CodedRowNames

    def number_field(self, series: str) -> Name:
        """Where the supplier's number stands in invoices of a series.

        In an automatic series IFS draws the invoice number itself and none may be sent.
        Source: documented by IFS.
        """
        return self.automatic_number if series in self.automatic_series else self.number


class ProposalNames(Block):
    """Posting proposals."""

    head: Literal["created_with_invoice", "create"]
    set: Name
    key: tuple[Name, ...]
    company: Name
    invoice_id: Name
    balance: Name | None
    state: Name | None
    rows: CodedRowNames


class ExternalHeadNames(Block):
    """The invoice of a load. ``fields`` are the header fields of the rules that it takes.

    ``source_reference`` is the text that the created invoice keeps, and where the identity of the
    Procurify record is added to what the rules put there.
    """

    set: Name
    key: tuple[Name, ...]
    record: Name
    record_value: int | None
    supplier: Name
    series: Name
    number: Name
    currency: Name
    net: Name
    tax: Name
    gross: Name | None
    fields: frozenset[Name]
    source_reference: Name
    error: Name
    error_text: Name | None
    no_errors: frozenset[str]
    state: Name | None
    over_states: tuple[str, ...]
    items: ItemNames
    postings: CodedRowNames


class ExternalNames(Block):
    """The interface for external supplier invoices: load, check, create."""

    set: Name
    key: tuple[Name, ...]
    company: Name
    id: Name
    id_is_given: bool
    id_length_max: int = Field(ge=10, le=50)
    state: Name
    load_type: Name
    load_type_value: str
    load_date: Name | None
    lingering_days: int = Field(ge=1, le=3660)
    over_states: tuple[str, ...]
    check_action: Name
    create_action: Name
    heads: ExternalHeadNames


class OrderLineNames(Block):
    """Lines of a purchase order. ``child`` is where new ones go; ``None``: into ``set`` itself."""

    set: Name
    child: Name | None
    order: Name
    line: Name
    release: Name
    release_value: str
    quantity: Name
    price: Name
    net: Name | None
    currency: Name | None
    state: Name
    cancelled_states: tuple[str, ...]
    cancel_action: Name | None


class OrderNames(Block):
    """Purchase orders of IFS. An action that is ``None`` is not offered by the site."""

    set: Name
    id: Name
    supplier: Name
    site: Name
    company: Name | None
    currency: Name
    state: Name
    source_reference: Name | None
    unreleased_states: tuple[str, ...]
    changeable_states: tuple[str, ...]
    closable_states: tuple[str, ...]
    over_states: tuple[str, ...]
    not_compared: frozenset[Name]
    release_action: Name | None
    cancel_action: Name | None
    close_action: Name | None
    lines: OrderLineNames


class SupplierChild(Block):
    """A child collection of a supplier."""

    set: Name
    key: tuple[Name, ...]
    parent: str | None = None


class SupplierCompanyNames(Block):
    """The supplier's invoice row per company."""

    child: str
    supplier: Name | None
    company: Name
    payment_term: Name
    uses_proposal: Name | None


class SupplierNames(Block):
    """Suppliers and what hangs below them."""

    set: Name
    id: Name
    name: Name
    country: Name
    country_code: Name | None
    association_no: Name | None
    children: Mapping[str, SupplierChild]
    invoice_company: SupplierCompanyNames


class HistoryLogNames(Block):
    """The log of changes, for the logical units whose logging the site has switched on."""

    set: Name
    id: Name
    unit: Name
    moment: Name
    keys: Name
    supplier_columns: tuple[str, ...]
    supplier_units: tuple[str, ...]


class InvoiceInfoNames(Block):
    """A company's invoice settings."""

    set: Name
    uses_proposal: Name


class InvoiceTypeNames(Block):
    """A company's default invoice types."""

    set: Name
    manual: Name


class CompanyNames(Block):
    """Companies."""

    set: Name
    id: Name
    name: Name
    country: Name | None
    uses_proposal_default: bool
    invoice_info: InvoiceInfoNames | None
    invoice_types: InvoiceTypeNames | None


class AccountNames(Block):
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


class CodePartNames(Block):
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


class TaxCodeNames(Block):
    """Tax codes."""

    set: Name
    company: Name
    id: Name
    rate: Name | None
    valid_from: Name | None
    valid_until: Name | None


class SimpleNames(Block):
    """A set of which only the ids matter: payment terms, currencies."""

    set: Name
    company: Name
    id: Name


class CurrencyRateNames(Block):
    """Currency rates."""

    set: Name
    company: Name
    currency: Name
    rate_type: Name | None
    valid_from: Name
    rate: Name
    use_type: str | None


class PeriodNames(Block):
    """Accounting periods."""

    set: Name
    company: Name
    year: Name
    period: Name
    date_from: Name
    date_until: Name
    status: Name
    open_statuses: tuple[str, ...]
