"""What differs from site to site; each can be changed while the sandbox runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Knobs:
    """Site habits. Units: seconds, requests, rows. Grades as in ``sandbox/README.md``."""

    realm: str = "sandbox"
    client_id: str = "SANDBOX_IFS"
    client_secret: str = "sandbox-ifs-secret"  # noqa: S105 (made up, opens nothing else)
    token_ttl_s: int = 180
    default_page_size: int = 67
    count_supported: bool = True
    emit_next_link: bool = False
    patch_without_if_match: str = "precondition_required"
    database_error_status: int = 400
    not_implemented_status: int = 501
    mi_modified_status: int = 503
    mi_modified_every: int = 0
    retry_after_s: int = 1
    throttle_every: int = 0
    batch_allowed: bool = True
    metadata_offered: bool = True
    use_posting_proposal: bool = True
    unique_numbers: bool = True
    uniqueness_scope: list[str] = field(  # inferred: a setting of the company, "Year" is possible
        default_factory=lambda: ["Company", "Identity", "SeriesId", "InvoiceNo"]
    )
    automatic_series: list[str] = field(default_factory=list)  # documented: they take no number
    forbidden_combinations: list[Mapping[str, str]] = field(  # documented: {"CodeA": …, "CodeB": …}
        default_factory=list
    )
    action_status: int = 201  # inferred: 200, 201 or 204 after an action
    read_only_members: str = "refused"  # inferred: "refused" or "ignored" in bodies
    load_types: list[str] = field(default_factory=list)  # site: the known load types; empty: any
    load_default_invoice_type: str = "SUPPINV"  # documented parameter of a load type
    load_rows_changeable: bool = True  # documented parameter of a load type
    load_rows_removable: bool = True  # documented parameter of a load type
    load_check_after_load: bool = False  # documented parameter of a load type
    load_create_after_check: bool = False  # documented parameter of a load type
    load_partial_create: bool = True  # documented parameter of a load type
    load_voucher_date: str = "ArrivalDate"  # inferred: the day of the voucher, or "InvoiceDate"
    default_series: str = "II"  # site: the series of invoices that name none
    voucher_types: list[str] = field(default_factory=lambda: ["I"])  # seen in code, site data
    user_groups: list[str] = field(default_factory=lambda: ["AC"])  # seen in code, site data
    final_posting_needs_authorisation: bool = True  # inferred: some companies post what is balanced
    default_authorizer: str = "SANDBOX"  # inferred: who authorises when no name is given
    default_buyer: str = "SANDBOX"  # seen in code that the buyer comes back defaulted
    released_lines_removable: bool = True  # inferred: whether a line goes after the release
    entity_services_active: list[str] = field(  # documented: switched on one by one
        default_factory=list
    )
    objversion_style: str = "counter"  # seen in code: "counter", or "timestamp" in seconds
    history_logging: list[str] = field(default_factory=list)  # seen in code: units that are logged
    company_row_needs_all: bool = False  # inferred: every non-nullable member of the invoice tab
    accounts_need_company: bool = False  # seen in code: AccountSet shows nothing without a company
    openapi_offered: bool = True  # seen in code
    nulls_shown: bool = True  # OData 4: a member without a value is shown as null
