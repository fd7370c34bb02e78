"""The settings of the tap: declared once, read once."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tap_procurify.errors import ConfigurationError
from tap_procurify.stamps import is_bare_date, parse_stamp

CLIENT_HEADERS: dict[str, str] = {"X-Procurify-Client": "api", "Accept": "application/json"}
"""Sent with every call. Source: documented by Procurify (the first), seen in code (the second)."""

TOKEN_PATH = "/oauth/token"  # noqa: S105 (an address)
DOMAIN_SUFFIX = ".procurify.com"
LOOPBACK = "loopback"

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
            "default": 10,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings, checked."""

    base_url: str
    token_url: str
    audience: str
    client_id: str
    client_secret: str = field(repr=False)
    start: datetime | None
    end: datetime | None
    lookback: timedelta
    slice_days: int
    page_size: int
    detail_workers: int
    vendors_path_group: str
    sweep_every: timedelta | None
    sweep_vanished_max: int
    trust_counts: bool
    timeout_s: float
    max_retries: int
    retry_wait_max_s: float
    user_agent: str

    @property
    def tenant(self) -> str:
        """The host; ``LOOPBACK`` for a test double, whose port changes from run to run."""
        host = urlsplit(self.base_url).hostname or ""
        return LOOPBACK if _is_loopback(host) else host


def read_settings(config: Mapping[str, Any]) -> Settings:
    """The settings of a run.

    Raises: ConfigurationError naming the setting, never its value when that is secret.
    """
    values = {name: spec.get("default") for name, spec in SCHEMA["properties"].items()}
    values |= {name: value for name, value in config.items() if value not in (None, "")}
    base_url = _base_url(values)
    settings = Settings(
        base_url=base_url,
        token_url=_safe_url(values["token_url"] or base_url + TOKEN_PATH, "token_url"),
        audience=values["audience"],
        client_id=_text(values, "client_id"),
        client_secret=_text(values, "client_secret"),
        start=_moment(values, "start_date"),
        end=_moment(values, "end_date"),
        lookback=timedelta(days=values["lookback_days"]),
        slice_days=values["slice_days"],
        page_size=values["page_size"],
        detail_workers=values["detail_workers"],
        vendors_path_group=values["vendors_path_group"],
        sweep_every=timedelta(hours=values["sweep_hours"]) if values["sweep"] else None,
        sweep_vanished_max=values["sweep_vanished_max"],
        trust_counts=values["trust_counts"],
        timeout_s=values["timeout_s"],
        max_retries=values["max_retries"],
        retry_wait_max_s=values["retry_wait_max_s"],
        user_agent=_text(values, "user_agent"),
    )
    if settings.start and settings.end and settings.start > settings.end:
        raise ConfigurationError("start_date is after end_date")
    return settings


def _text(values: Mapping[str, Any], name: str) -> str:
    text = values[name]
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"setting {name} is missing")
    return text


def _moment(values: Mapping[str, Any], name: str) -> datetime | None:
    text = values[name]
    if text is None:
        return None
    moment = parse_stamp(text)
    if moment is None:
        raise ConfigurationError(f"setting {name} is no date or date-time")
    is_whole_day = name == "end_date" and is_bare_date(text)
    return moment + timedelta(days=1) - timedelta.resolution if is_whole_day else moment


def _base_url(values: Mapping[str, Any]) -> str:
    url, domain = values["base_url"], values["domain"]
    if bool(url) == bool(domain):
        raise ConfigurationError("exactly one of the settings base_url and domain is needed")
    if domain:
        name = domain if domain.endswith(DOMAIN_SUFFIX) else domain + DOMAIN_SUFFIX
        if "/" in name or "@" in name or ":" in name:
            raise ConfigurationError("setting domain is the bare name of the tenant")
        url = f"https://{name}"
    return _safe_url(url, "base_url").rstrip("/")


def _safe_url(url: str, name: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError(f"setting {name} is no address") from None
    if not host or parts.username or parts.query or parts.fragment or port == 0:
        raise ConfigurationError(f"setting {name} is no plain address of a host")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ConfigurationError(
            f"setting {name} must begin with https://; http is for loopback hosts only"
        )
    return url.strip()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
