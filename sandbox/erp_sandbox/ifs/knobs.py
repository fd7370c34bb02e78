"""What differs from site to site; each can be changed while the sandbox runs.

The comment behind a knob says how sure its rule is: documented, seen in code or inferred; *site*
is what every tenant sets up for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CLOSED = ("G", "H", "I", "J")
_SCOPE = ("Company", "Identity", "SeriesId", "InvoiceNo")


@dataclass(slots=True)
class Knobs:
    """Site habits. Units: seconds, requests, rows."""

    names: tuple[str, ...] = ()  # inferred, so a site may have others: "NcfReference=PaymentRef"
    realm: str = "sandbox"  # site
    client_id: str = "SANDBOX_IFS"  # site; at most 20 characters is documented
    client_secret: str = "sandbox-ifs-secret"  # noqa: S105 (site; made up, opens nothing else)
    token_ttl_s: int = 180  # site; 180 is a documented sample
    client_auth: str = "either"  # seen in code: or "form_fields", "http_basic" alone
    scope_required: str = ""  # seen in code: some omit it; documented: openid microprofile-jwt
    unauthenticated: str = "challenge"  # seen in code: or "redirect" to the login page
    default_page_size: int = 67  # seen in code: rows without $top, one count that was reported
    page_rows_max: int = 0  # inferred: a reading of the documented 5000, rows of a page; 0 is none
    page_rows_over: str = "cut"  # inferred: a larger $top is "cut" quietly or "refused"
    array_elements_max: int = 5000  # documented advice for the arrays in a body; 0 is none
    array_counting: str = "all"  # inferred: "all" arrays with nested ones, or "each" by itself
    array_over_status: int = 500  # documented
    count_supported: bool = True  # seen in code, once reported as unreliable
    emit_next_link: bool = False  # seen in code: some servers do
    patch_without_if_match: str = "precondition_required"  # seen in code; "upsert": documented
    database_error_status: int = 400  # inferred: 400 or 409
    not_implemented_status: int = 501  # inferred: 501 or 400
    mi_modified_status: int = 503  # documented: 500 in releases until 22R1
    mi_modified_every: int = 0  # documented refusal; how often is the sandbox's own
    retry_after_s: int = 1  # documented header; the length is a system parameter
    throttle_every: int = 0  # third party: 429
    reads_take_s: int = 0  # documented limits: 300 on main, 600 on int, 900 for a part of a batch
    visible_after_s: int = 0  # inferred: reads may see new rows so much later
    lock_every: int = 0  # seen in code: every so many changes of a row meet FND_LOCKED
    locked_rows: tuple[str, ...] = ()  # seen in code: by name, "ManSuppInvoiceSet/HCA/1001"
    batch_allowed: bool = True  # documented
    deep_insert: bool = False  # inferred: no public sign of rows in the body of their parent
    metadata_offered: bool = True  # seen in code
    openapi_offered: bool = True  # seen in code
    entity_services_active: tuple[str, ...] = ()  # documented: switched on one by one
    endpoint_of: tuple[str, ...] = ()  # documented: by service, as in "SupplierHandling=int"
    projections_not_granted: tuple[str, ...] = ()  # inferred: 403 for what the user may not use
    nulls_shown: bool = True  # OData 4: a member without a value is null; some servers leave it out
    objversion_style: str = "counter"  # seen in code: "counter", or "timestamp" in seconds
    action_status: int = 201  # inferred: 200, 201 or 204 after an action
    read_only_members: str = "refused"  # inferred: "refused" or "ignored" in bodies
    accounts_need_company: bool = False  # seen in code: AccountSet wants a company
    default_company: str = "HCA"  # site: that of the service user
    history_logging: tuple[str, ...] = ()  # seen in code: the units that are logged
    company_row_needs_all: bool = False  # inferred: every non-nullable member of the invoice tab
    use_posting_proposal: bool = True  # documented setting of a company, at the start
    unique_numbers: bool = True  # seen in code that a duplicate is looked for
    uniqueness_scope: tuple[str, ...] = _SCOPE  # inferred: or with "Year"
    automatic_series: tuple[str, ...] = ()  # documented: such a series takes no number
    default_series: str = "II"  # site: of invoices that name none
    forbidden_combinations: tuple[Mapping[str, str], ...] = ()  # documented: {"CodeA": …}
    closed_code_parts: tuple[str, ...] = _CLOSED  # documented; "HCA.F" for one company
    accounts_with_tax_code: tuple[str, ...] = ()  # inferred: postings to them need a tax code
    tax_mode: str = "line"  # site: or "header", where lines need not tell their tax
    voucher_types: tuple[str, ...] = ("I",)  # seen in code, site data
    user_groups: tuple[str, ...] = ("AC",)  # seen in code, site data
    final_posting_needs_authorisation: bool = True  # inferred: some companies need only balance
    default_authorizer: str = "SANDBOX"  # inferred: who authorises when no name is given
    load_types: tuple[str, ...] = ()  # site: the known load types; none named: any
    load_default_invoice_type: str = "SUPPINV"  # documented parameter of a load type
    load_rows_changeable: bool = True  # documented parameter of a load type
    load_rows_removable: bool = True  # documented parameter of a load type
    load_check_after_load: bool = False  # documented parameter of a load type
    load_create_after_check: bool = False  # documented parameter of a load type
    load_partial_create: bool = True  # documented parameter of a load type
    load_bad_invoice: str = "stops_all"  # inferred: or "stops_rest", without partial creation
    load_voucher_date: str = "ArrivalDate"  # inferred: the day of the voucher, or "InvoiceDate"
    custom_fields: tuple[str, ...] = ()  # seen in code: as in "ManSuppInvoiceSet.Cf_Source"
    custom_required: tuple[str, ...] = ()  # site: as in "ManSuppInvoiceSet.DeliveryAddressId"
    default_buyer: str = "SANDBOX"  # seen in code that the buyer comes back defaulted
    released_lines_removable: bool = True  # inferred: whether a line goes after the release


# What a knob that is a word or a status may be.
CHOICES: Mapping[str, tuple[str | int, ...]] = {
    "client_auth": ("either", "form_fields", "http_basic"),
    "unauthenticated": ("challenge", "redirect"),
    "page_rows_over": ("cut", "refused"),
    "array_counting": ("all", "each"),
    "patch_without_if_match": ("precondition_required", "upsert"),
    "database_error_status": (400, 409),
    "not_implemented_status": (501, 400),
    "mi_modified_status": (503, 500),
    "objversion_style": ("counter", "timestamp"),
    "action_status": (200, 201, 204),
    "read_only_members": ("refused", "ignored"),
    "tax_mode": ("line", "header"),
    "load_bad_invoice": ("stops_all", "stops_rest"),
    "load_voucher_date": ("ArrivalDate", "InvoiceDate"),
}


class WrongKnobError(ValueError):
    """No such knob, or a value of another type; ``told`` says which."""

    def __init__(self, told: Mapping[str, str]) -> None:
        super().__init__(str(dict(told)))
        self.told = told


def turn(knobs: Knobs, told: Mapping[str, Any]) -> None:
    """Change all the knobs that are named, or none.

    Raises:
        WrongKnobError: one is unknown, or its value of another type or none of the choices.
    """
    changes = {name: tuple(v) if isinstance(v, list) else v for name, v in told.items()}
    for name, value in changes.items():
        if not hasattr(knobs, name):
            raise WrongKnobError({"unknown": name})
        kind = type(getattr(knobs, name))
        if type(value) is not kind:
            raise WrongKnobError({"wrong": name, "takes": kind.__name__})
        if name == "names" and not all(pair.count("=") == 1 for pair in value):
            raise WrongKnobError({"wrong": name, "takes": "Own=Theirs"})
        if value not in CHOICES.get(name, (value,)):
            raise WrongKnobError({"wrong": name, "takes": ", ".join(map(str, CHOICES[name]))})
    for name, value in changes.items():
        setattr(knobs, name, value)
