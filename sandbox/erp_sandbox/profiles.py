"""Named characters of both systems: knobs that differ from their defaults, and scripts of faults.

The comment behind a line says why it is there and how sure it is that some site behaves so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from erp_sandbox.exact_json import JsonValue
from erp_sandbox.faults import FaultRule

KnobValues = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Knobs and fault rules per system; ``seed`` draws what the rules leave to chance."""

    text: str
    procurify: KnobValues = field(default_factory=dict)
    ifs: KnobValues = field(default_factory=dict)
    procurify_faults: tuple[FaultRule, ...] = ()
    ifs_faults: tuple[FaultRule, ...] = ()
    seed: int = 1

    def knobs_of(self, system: str) -> KnobValues:
        """The knobs of that system that this profile turns."""
        return self.procurify if system == "procurify" else self.ifs

    def faults_of(self, system: str) -> tuple[FaultRule, ...]:
        """The fault rules of that system."""
        return self.procurify_faults if system == "procurify" else self.ifs_faults


STRICT = Profile(
    text="Small pages, short tokens, and every refusal that a site may give.",
    procurify={
        "page_size_cap": 25,  # inferred: a larger wish is quietly reduced
        "error_shape": "errors",  # inferred: the other published error body
    },
    ifs={
        "token_ttl_s": 60,  # site: set per realm; 180 is a documented sample
        "default_page_size": 10,  # seen in code: rows without $top are cut quietly
        "count_supported": False,  # seen in code: reported as unreliable
        "page_rows_max": 5000,  # inferred: a reading of the documented 5000
        "page_rows_over": "refused",  # inferred: the strictest reading
        "database_error_status": 409,  # inferred: 400 or 409
        "openapi_offered": False,  # inferred: seen in code where it is offered
        "accounts_need_company": True,  # seen in code
        "custom_required": ("ManSuppInvoiceSet.PayTermId",),  # site: a mandatory member
    },
)

LENIENT = Profile(
    text="Everything optional is left out, everything doubtful is let through.",
    procurify={
        "is_past_end_refused": False,  # inferred: an empty page past the end
        "is_client_header_required": False,  # inferred
        "is_duplicate_name_refused": False,  # inferred
        "does_list_mix_plain_dates": False,  # the two published specs disagree
        "does_token_endpoint_take_forms": True,  # inferred: JSON alone is documented
        "next_scheme": "https",  # inferred: published samples show http and https
    },
    ifs={
        "emit_next_link": True,  # seen in code
        "nulls_shown": False,  # OData 4 allows it
        "patch_without_if_match": "upsert",  # documented
        "read_only_members": "ignored",  # inferred
        "action_status": 204,  # inferred: an action answers without a body
        "unique_numbers": False,  # inferred: a site that takes a number twice
        "array_elements_max": 0,  # documented as advice that depends on the server's memory
    },
)

OLD_RELEASE = Profile(
    text="An early release of IFS Cloud behind an early Procurify.",
    procurify={
        "is_order_by_honoured": False,  # documented for public payments only
        "does_all_group_list_inactive": False,  # inferred
    },
    ifs={
        "mi_modified_status": 500,  # documented until 22R1
        "mi_modified_every": 41,  # documented refusal; how often is the sandbox's own
        "objversion_style": "timestamp",  # seen in code
        "openapi_offered": False,  # inferred: seen in code where it is offered
        "not_implemented_status": 400,  # inferred: 501 or 400
        "count_supported": False,  # seen in code: reported as unreliable
        "array_counting": "each",  # inferred: nested elements are not added up
    },
)

HOSTILE = Profile(
    text="Locks, throttling, rivals, lost and doubled requests, late reads; repeatable by seed.",
    procurify={
        "page_size_cap": 20,  # inferred
        "token_ttl_s": 120,  # inferred: 24 hours are documented; one may end before
    },
    ifs={
        "token_ttl_s": 20,  # site: set per realm; 180 is a documented sample
        "throttle_every": 53,  # third party: 429
        "mi_modified_every": 61,  # documented refusal
        "lock_every": 29,  # seen in code: FND_LOCKED
        "page_rows_max": 50,  # inferred: a page is cut although more was asked for
        "emit_next_link": True,  # seen in code: the only sign of the cut
        "visible_after_s": 1,  # inferred: reads may see new rows later
    },
    procurify_faults=(
        # A gateway in maintenance answers HTML.
        FaultRule(action="status_before", path="/api/.*", first=5, times=2, body="<html>busy"),
        # Seen in code that clients wait on 429; no limit is published.
        FaultRule(
            action="status_before",
            path="/api/.*",
            first=30,
            times=2,
            status=429,
            headers={"Retry-After": "date:+1"},
        ),
        FaultRule(action="drip", path="/api/.*", first=40, times=3, latency_ms=50),  # any network
        FaultRule(action="truncate", path="/api/.*", percent=2, times=5),  # any proxy
        FaultRule(action="reset_before", path="/api/.*", percent=2, times=5),  # any network
        FaultRule(action="latency", path="/api/.*", percent=5, times=20, latency_ms=50),
    ),
    ifs_faults=(
        # Any network: the writes were carried out and nobody learns of it.
        FaultRule(action="reset_after", method="POST", path=r".*/\$batch", first=2, times=2),
        FaultRule(action="status_after", method="POST", path=r".*/\$batch", first=5, status=504),
        FaultRule(action="reset_before", method="POST", path=r".*/\$batch", first=7),
        # Any proxy may send a request again whose answer it has lost.
        FaultRule(action="twice", method="POST", path=r".*/\$batch", first=4),
        # Other hands touch the invoices between their read and their change.
        FaultRule(
            action="edit",
            method="POST",
            path=r".*/\$batch",
            percent=10,
            times=5,
            edit={"set": "ManSuppInvoiceSet"},
        ),
        FaultRule(action="truncate", path=r".*\.svc/.*", percent=1, times=4),
        FaultRule(action="status_before", method="GET", path=r".*\.svc/.*", percent=2, times=6),
        FaultRule(action="latency", path=r".*\.svc/.*", percent=5, times=20, latency_ms=50),
    ),
)

DEFAULT_PROFILE = "default"
PROFILES: Mapping[str, Profile] = {
    DEFAULT_PROFILE: Profile(text="Every knob as it comes, no faults."),
    "strict": STRICT,
    "lenient": LENIENT,
    "old-release": OLD_RELEASE,
    "hostile": HOSTILE,
}


def find_profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in PROFILES:
        raise ValueError(f"no profile {name!r}; there are: {', '.join(PROFILES)}")
    return PROFILES[name]
