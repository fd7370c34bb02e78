"""The settings of target-procurify and tap-ifs-cloud; what they share is declared only once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.ifs.client import Site
from target_ifs_cloud.settings import SCHEMA, FailOnHeld
from target_ifs_cloud.wire.token import Login

_SHARED = (
    "transforms_dir",
    "outbox_url",
    "dry_run",
    "fail_on_held",
    "held_age_days",
    "settling_time_s",
    "lease_s",
    "batch_size",
    "timeout_s",
    "retry_max",
)
_SITE = (
    "base_url",
    "realm",
    "token_url",
    "client_id",
    "client_secret",
    "scope",
    "client_auth",
    "site_profile",
    "timeout_s",
    "retry_max",
)


def _text(description: str, **further: object) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description, **further}


TARGET_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "base_url": _text(
            "Address of the tenant, https://TENANT.procurify.com. Plain http is accepted for "
            "loopback addresses only.",
            type=["string"],
        ),
        "client_id": _text("Client id of the API application made in Procurify.", type=["string"]),
        "client_secret": _text(
            "Its secret. Give it by environment variable only.",
            type=["string"],
            secret=True,
            writeOnly=True,
        ),
        "token_url": _text("Where tokens are asked for. Default: /oauth/token of the tenant."),
        "audience": _text("Audience of the token.", default="https://api.procurify.com/"),
        **{name: SCHEMA["properties"][name] for name in _SHARED},
    },
    "required": ["base_url", "client_id", "client_secret"],
    "additionalProperties": False,
}
TAP_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{name: SCHEMA["properties"][name] for name in _SITE},
        "supplier_changes": {
            "type": "string",
            "enum": ["fingerprints", "history_log"],
            "default": "fingerprints",
            "description": "How changed suppliers are found: all are read and compared with the "
            "fingerprints in STATE, or those are read that IFS's log of changes names (all of them "
            "once a day; needs history logging of suppliers in IFS).",
        },
    },
    "required": ["base_url", "client_id", "client_secret"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSettings:
    """What a run of target-procurify was told."""

    base_url: str
    login: Login
    transforms_dir: Path
    outbox_url: str
    dry_run: bool
    fail_on_held: FailOnHeld
    held_age_days: int
    settling_time_s: int
    lease_s: int
    timeout_s: int
    retry_max: int


def read_vendor_settings(config: Mapping[str, Any]) -> VendorSettings:
    """Check the configuration of target-procurify before anything is opened or called.

    Raises:
        ConfigurationError: a value is missing.
    """
    base_url = str(config["base_url"]).rstrip("/")
    login = Login(
        token_url=config.get("token_url") or f"{base_url}/oauth/token",
        client_id=config["client_id"],
        client_secret=config["client_secret"],
        audience=config["audience"],
    )
    if not login.audience:
        raise ConfigurationError("audience is missing")
    return VendorSettings(
        base_url=base_url,
        login=login,
        transforms_dir=Path(config["transforms_dir"]),
        outbox_url=config["outbox_url"],
        dry_run=config["dry_run"],
        fail_on_held=cast(FailOnHeld, config["fail_on_held"]),
        held_age_days=int(config["held_age_days"]),
        settling_time_s=int(config["settling_time_s"]),
        lease_s=int(config["lease_s"]),
        timeout_s=int(config["timeout_s"]),
        retry_max=int(config["retry_max"]),
    )


def read_site(config: Mapping[str, Any]) -> Site:
    """The IFS site that tap-ifs-cloud reads; it can only read.

    Raises:
        ConfigurationError: neither a realm nor a token address is given.
    """
    base_url = str(config["base_url"]).rstrip("/")
    token_url = config.get("token_url")
    if not token_url and not config.get("realm"):
        raise ConfigurationError("realm is missing (or give token_url)")
    realm = f"{base_url}/auth/realms/{config.get('realm')}/protocol/openid-connect/token"
    login = Login(
        token_url=token_url or realm,
        client_id=config["client_id"],
        client_secret=config["client_secret"],
        scope=config["scope"],
        client_auth=config["client_auth"],
    )
    return Site(
        base_url=base_url,
        login=login,
        timeout_s=config["timeout_s"],
        retry_max=config["retry_max"],
        reads_only=True,
    )
