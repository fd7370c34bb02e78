"""The site profile: every name of IFS that the code uses, and the habits of one site.

The defaults are ``default_profile.yml``; a site's own file overrides single lines of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.ifs.profile_names import (
    AccountNames,
    Block,
    CodePartNames,
    CompanyNames,
    CurrencyRateNames,
    ExternalNames,
    HistoryLogNames,
    InvoiceNames,
    Name,
    OrderNames,
    PeriodNames,
    ProfileLimits,
    Projection,
    ProposalNames,
    SimpleNames,
    SupplierChild,
    SupplierNames,
    TaxCodeNames,
)

__all__ = ["ProjectionKey", "SiteProfile", "SupplierChild", "default_lines", "load_profile"]

PROFILE_BYTES_MAX = 1_000_000
PROFILE_DEPTH_MAX = 12
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
    "external",
    "history_log",
    "order",
]


class SiteProfile(Block):
    """One IFS site. The blocks of advisory data may be ``None``: not offered there."""

    route: Literal["manual_invoice", "external_interface"]
    check_metadata: Literal["required", "if_available", "never"]
    limits: ProfileLimits
    use_batch: bool
    deep_insert: bool
    ask_for_count: bool
    decimal_as_string: bool
    number_lookup: Literal["any_case", "exact_variants"]
    source_lookup: bool
    numeric_keys: frozenset[Name]
    enum_keys: Mapping[Name, str]
    timestamp_fields: frozenset[Name]
    projections: Mapping[ProjectionKey, Projection]
    invoice: InvoiceNames
    proposal: ProposalNames | None
    external: ExternalNames | None
    order: OrderNames | None
    supplier: SupplierNames
    company: CompanyNames
    account: AccountNames
    code_part: CodePartNames
    tax_code: TaxCodeNames | None
    payment_term: SimpleNames | None
    currency: SimpleNames | None
    currency_rate: CurrencyRateNames | None
    period: PeriodNames | None
    history_log: HistoryLogNames | None

    @property
    def external_names(self) -> ExternalNames:
        """The names of the external interface.

        Raises:
            ConfigurationError: the profile has none.
        """
        if self.external is None:
            raise ConfigurationError(
                "the site profile says `route: external_interface` and has no block `external`"
            )
        return self.external

    @property
    def order_names(self) -> OrderNames:
        """The names of purchase orders.

        Raises:
            ConfigurationError: the profile has none.
        """
        if self.order is None:
            raise ConfigurationError(
                "purchase_order.yml says `post_as: purchase_order`, but the site profile has no "
                "block `order`"
            )
        return self.order

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
