"""Named habits of both systems, to rehearse against the site that one fears.

A profile turns knobs and, if it is hostile, scripts faults. Each line says why it is there; how
sure the rule behind a knob is stands with the knob.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from erp_sandbox.exact_json import JsonValue

FAULT_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Knobs and faults of both systems, and one line for people."""

    about: str
    procurify: Mapping[str, JsonValue] = field(default_factory=dict)
    ifs: Mapping[str, JsonValue] = field(default_factory=dict)
    procurify_faults: Sequence[Mapping[str, JsonValue]] = ()
    ifs_faults: Sequence[Mapping[str, JsonValue]] = ()


_EVERY_READ: Mapping[str, JsonValue] = {"method": "GET", "path": "/api/.*", "times": 0}
_EVERY_BATCH: Mapping[str, JsonValue] = {"method": "POST", "path": r".*\$batch", "times": 0}
_PAGE: JsonValue = "<html><body><h1>502 Bad Gateway</h1></body></html>"
_AT_ONCE: JsonValue = {"Retry-After": "0"}
_SOON: JsonValue = {"Retry-After": "1"}

PROFILES: Mapping[str, Profile] = {
    "strict": Profile(
        about="refuses whatever somebody may refuse",
        procurify={
            "page_size_cap": 50,  # a larger wish is reduced
            "next_scheme": "http",  # the next page names another scheme than the site
            "error_shape": "errors",
        },
        ifs={
            "page_cap": 200,  # fewer rows than were asked for, with the rest behind a link
            "emit_next_link": True,
            "company_row_needs_all": True,  # the supplier's invoice row with every member
            "accounts_need_company": True,  # accounts only with a company in the filter
            "read_only_members": "refused",
            "patch_without_if_match": "precondition_required",
            "default_page_size": 20,
        },
    ),
    "lenient": Profile(
        about="lets through whatever somebody may let through, so nothing but the client guards",
        procurify={
            "is_client_header_required": False,
            "is_past_end_refused": False,  # an empty page
            "is_order_by_honoured": False,  # rows in any order
            "is_duplicate_name_refused": False,
            "does_token_endpoint_take_forms": True,
        },
        ifs={
            "unique_numbers": False,  # the same invoice number twice is taken
            "patch_without_if_match": "upsert",
            "read_only_members": "ignored",
            "action_status": 204,
        },
    ),
    "old-release": Profile(
        about="an IFS release of some years ago",
        procurify={"does_list_mix_plain_dates": True, "error_shape": "fields"},
        ifs={
            "mi_modified_status": 500,  # metadata changes were told as 500 until 22R1
            "mi_modified_every": 60,
            "objversion_style": "timestamp",  # versions change once a second only
            "count_supported": False,
            "openapi_offered": False,
            "nulls_shown": False,  # members without a value are left out
            "default_page_size": 67,
            "action_status": 200,
        },
    ),
    "hostile": Profile(
        about="everything goes wrong now and then, on both sides",
        procurify={"token_ttl_s": 30, "page_size_cap": 25},
        ifs={
            "token_ttl_s": 60,
            "throttle_every": 40,
            "lock_every": 25,
            "mi_modified_every": 90,
            "page_cap": 50,
            "emit_next_link": True,
        },
        procurify_faults=(
            {**_EVERY_READ, "action": "latency", "percent": 3, "latency_ms": 200},
            {**_EVERY_READ, "action": "status_before", "percent": 3, "status": 429}
            | {"headers": _SOON},
            {**_EVERY_READ, "action": "status_before", "percent": 1, "status": 502, "body": _PAGE},
            {**_EVERY_READ, "action": "truncate", "percent": 1},
            {**_EVERY_READ, "action": "reset_before", "percent": 1},
        ),
        ifs_faults=(
            {**_EVERY_BATCH, "action": "latency", "percent": 5, "latency_ms": 200},
            {**_EVERY_BATCH, "action": "reset_after", "percent": 8},
            {**_EVERY_BATCH, "action": "status_after", "percent": 3, "status": 502, "body": _PAGE},
            {**_EVERY_BATCH, "action": "truncate", "percent": 3},
            {**_EVERY_BATCH, "action": "status_before", "percent": 3, "status": 429}
            | {"headers": _AT_ONCE},
        ),
    ),
}


def apply_profile(name: str, *, procurify_url: str, ifs_url: str) -> None:
    """Turn the knobs of running systems and script their faults.

    Raises:
        KeyError: there is no such profile.
        ControlRefusedError: a knob or a fault is not known to the system.
    """
    profile = PROFILES[name]
    procurify, ifs = ProcurifyControl(procurify_url), IfsControl(ifs_url)
    procurify.turn_knobs(**profile.procurify)
    ifs.turn_knobs(**profile.ifs)
    procurify.script_faults(profile.procurify_faults, seed=FAULT_SEED)
    ifs.script_faults(profile.ifs_faults, seed=FAULT_SEED)
