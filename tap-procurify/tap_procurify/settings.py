"""The settings of a run, read once and checked."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tap_procurify.errors import ConfigurationError
from tap_procurify.settings_schema import SCHEMA
from tap_procurify.stamps import is_bare_date, parse_stamp

CLIENT_HEADERS: dict[str, str] = {"X-Procurify-Client": "api", "Accept": "application/json"}
"""Sent with every call. Source: documented by Procurify (the first), seen in code (the second)."""

TOKEN_PATH = "/oauth/token"  # noqa: S105 (an address)
DOMAIN_SUFFIX = ".procurify.com"
LOOPBACK = "loopback"


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
