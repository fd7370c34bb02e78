"""The settings of the tap as JSON Schema: names, defaults, words."""

from __future__ import annotations

from typing import Any

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["client_id", "client_secret"],
    "properties": {
        "base_url": {
            "type": ["string", "null"],
            "title": "Base URL",
            "description": "Address of the tenant, https://TENANT.procurify.com. This or domain.",
        },
        "domain": {
            "type": ["string", "null"],
            "title": "Domain",
            "description": "Name of the tenant, in place of base_url: TENANT.",
        },
        "client_id": {
            "type": "string",
            "title": "Client id",
            "description": "Client id of the API application made in Procurify.",
        },
        "client_secret": {
            "type": "string",
            "title": "Client secret",
            "secret": True,
            "description": "Its secret. Give it through the environment.",
        },
        "token_url": {
            "type": ["string", "null"],
            "title": "Token URL",
            "description": "Where tokens are asked for; /oauth/token of the tenant if empty.",
        },
        "audience": {
            "type": "string",
            "title": "Audience",
            "default": "https://api.procurify.com/",
            "description": "Audience of the token.",
        },
        "start_date": {
            "type": ["string", "null"],
            "title": "Start date",
            "description": (
                "First change of documents to read (date or date-time). Empty reads all. Master "
                "data and vendors are always read whole."
            ),
        },
        "end_date": {
            "type": ["string", "null"],
            "title": "End date",
            "description": "Last change of documents to read (date or date-time). Empty means now.",
        },
        "lookback_days": {
            "type": "integer",
            "title": "Lookback in days",
            "default": 1,
            "minimum": 0,
            "maximum": 90,
            "description": (
                "How far each run reads again before the bookmark; what has not changed is not "
                "emitted again."
            ),
        },
        "slice_days": {
            "type": "integer",
            "title": "Slice length in days",
            "default": 30,
            "minimum": 1,
            "maximum": 3650,
            "description": "A long span is read in slices; the bookmark moves after each.",
        },
        "page_size": {
            "type": "integer",
            "title": "Page size",
            "default": 100,
            "minimum": 1,
            "maximum": 1000,
            "description": "Rows to ask for per page; Procurify may give fewer.",
        },
        "detail_workers": {
            "type": "integer",
            "title": "Detail workers",
            "default": 12,
            "minimum": 1,
            "maximum": 32,
            "description": "Details (bills, orders, receipts) that are fetched at the same time.",
        },
        "vendors_path_group": {
            "type": "string",
            "title": "Vendor group",
            "default": "all",
            "enum": [
                "all",
                "active",
                "credit_card_providers",
                "default",
                "other",
                "preferred",
                "purchasable",
                "requestable",
            ],
            "description": "Which vendors to list; active is the documented plain list.",
        },
        "sweep": {
            "type": "boolean",
            "title": "Sweep",
            "default": True,
            "description": "Whether bills are swept at all.",
        },
        "sweep_hours": {
            "type": "number",
            "title": "Hours between sweeps",
            "default": 24,
            "minimum": 0,
            "maximum": 8784,
            "description": (
                "How often all bills are listed to find those that are gone or changed unseen; "
                "0 means in every run."
            ),
        },
        "sweep_vanished_max": {
            "type": "integer",
            "title": "Most vanished bills",
            "default": 100,
            "minimum": 0,
            "description": (
                "More bills gone at once end the run: the Procurify user may have lost a right."
            ),
        },
        "trust_counts": {
            "type": "boolean",
            "title": "Trust counts",
            "default": True,
            "description": (
                "A list that stays shorter than its own count ends the run. When false, three "
                "equal readings are believed, with a warning."
            ),
        },
        "timeout_s": {
            "type": "integer",
            "title": "Time-out in seconds",
            "default": 60,
            "minimum": 1,
            "maximum": 600,
            "description": "How long to wait for the next piece of an answer.",
        },
        "max_retries": {
            "type": "integer",
            "title": "Most retries",
            "default": 5,
            "minimum": 0,
            "maximum": 20,
            "description": "How often a read is repeated after no, an unreadable or a busy answer.",
        },
        "retry_wait_max_s": {
            "type": "integer",
            "title": "Longest wait in seconds",
            "default": 300,
            "minimum": 1,
            "maximum": 3600,
            "description": "Longest pause before a retry; a longer Retry-After ends the run.",
        },
        "user_agent": {
            "type": "string",
            "title": "User agent",
            "default": "tap-procurify",
            "description": "How the tap names itself to Procurify.",
        },
    },
}
