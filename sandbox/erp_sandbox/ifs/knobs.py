"""What differs from site to site; each can be changed while the sandbox runs."""

from __future__ import annotations

from dataclasses import dataclass


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
