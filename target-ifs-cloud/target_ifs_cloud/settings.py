"""The settings of target-ifs-cloud: declared once here, read once into a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from singer_sdk import typing as th
from typing_extensions import override

from target_ifs_cloud.errors import ConfigurationError

FailOnHeld = Literal["new", "always", "never"]
ClientAuth = Literal["form_fields", "http_basic"]

SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "base_url",
        th.StringType,
        required=True,
        description="Address of IFS Cloud, such as https://acme.ifs.cloud. Plain http is accepted "
        "for loopback addresses only.",
    ),
    th.Property(
        "realm",
        th.StringType,
        description="Name of the identity realm; needed unless `token_url` is given.",
    ),
    th.Property(
        "token_url",
        th.StringType,
        description="Address of the token endpoint. Default: the realm's endpoint on `base_url`.",
    ),
    th.Property(
        "client_id",
        th.StringType,
        required=True,
        description="Client of the identity provider, with service accounts enabled.",
    ),
    th.Property(
        "client_secret",
        th.StringType,
        required=True,
        secret=True,
        description="Secret of the client. Give it by environment variable only.",
    ),
    th.Property(
        "scope",
        th.StringType,
        default="openid microprofile-jwt",
        description="Scope asked for with the token; empty to leave it out.",
    ),
    th.Property(
        "client_auth",
        th.StringType,
        default="form_fields",
        allowed_values=["form_fields", "http_basic"],
        description="How the client pair travels to the token endpoint.",
    ),
    th.Property(
        "transforms_dir",
        th.StringType,
        default="transforms",
        description="Folder of the rule files.",
    ),
    th.Property(
        "site_profile",
        th.StringType,
        description="File with the names and habits of this IFS site that differ from the default "
        "profile.",
    ),
    th.Property(
        "outbox_url",
        th.StringType,
        default="sqlite:///var/outbox.db",
        description="Database of the outbox and the audit trail: an SQLAlchemy URL.",
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        description="Do everything but write: IFS is only read, outbox, audit trail and bookmark "
        "stay as they are; report and exit code are as in earnest.",
    ),
    th.Property(
        "final_posting",
        th.BooleanType,
        default=False,
        description="Finish new supplier invoices as far as the company's settings allow (final "
        "posting); otherwise a person authorises in IFS.",
    ),
    th.Property(
        "fail_on_held",
        th.StringType,
        default="new",
        allowed_values=["new", "always", "never"],
        description="When held or refused documents end the run with exit code 3: when one is new "
        "(or older than `held_age_days`), always, or never.",
    ),
    th.Property(
        "held_age_days",
        th.IntegerType,
        default=14,
        description="After this many days a held document raises the alarm again on every run. "
        "Unit: days.",
    ),
    th.Property(
        "settling_time_s",
        th.IntegerType,
        default=60,
        description="How long after an unanswered write a document, or a part of it, must stay "
        "absent from IFS before it is sent again. Unit: seconds.",
    ),
    th.Property(
        "lease_s",
        th.IntegerType,
        default=900,
        description="How long a run that died on another host keeps the outbox from the next one. "
        "Unit: seconds.",
    ),
    th.Property(
        "batch_size",
        th.IntegerType,
        default=100,
        description="How many documents are looked up and sent together, at most 200.",
    ),
    th.Property(
        "workers",
        th.IntegerType,
        default=4,
        description="How many such batches are under way at a time, each on its own connection; "
        "at most 16.",
    ),
    th.Property(
        "wait_for_run_s",
        th.IntegerType,
        default=0,
        description="How long to wait for another run that uses the outbox; with 0 this run stops "
        "at once. Unit: seconds.",
    ),
    th.Property(
        "timeout_s",
        th.IntegerType,
        default=120,
        description="Longest wait for an answer of IFS. Unit: seconds.",
    ),
    th.Property(
        "retry_max",
        th.IntegerType,
        default=5,
        description="How often a request is repeated when repeating it is safe. A server that asks "
        "to wait is asked up to 20 times more; for a token that asking may take 5 minutes in all.",
    ),
    additional_properties=False,
).to_dict()


class Secret(str):
    """A text that never shows itself in a log or a traceback by ``repr``."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        """Stars in place of the text."""
        return "'***'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run was told; ``client_secret`` is kept out of ``repr``."""

    base_url: str
    token_url: str
    client_id: str
    client_secret: Secret
    scope: str
    client_auth: ClientAuth
    transforms_dir: Path
    site_profile: Path | None
    outbox_url: str
    dry_run: bool
    final_posting: bool
    fail_on_held: FailOnHeld
    held_age_days: int
    settling_time_s: int
    lease_s: int
    batch_size: int
    workers: int
    wait_for_run_s: int
    timeout_s: int
    retry_max: int


_LIMITS: dict[str, tuple[int, int]] = {
    "held_age_days": (0, 3650),
    "settling_time_s": (0, 3600),
    "lease_s": (10, 86400),
    "batch_size": (1, 200),
    "workers": (1, 16),
    "wait_for_run_s": (0, 86400),
    "timeout_s": (1, 900),
    "retry_max": (0, 20),
}


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Check the configuration as a whole before anything is opened or called.

    Raises:
        ConfigurationError: every fault found, each naming its setting.
    """
    faults = []
    for name, (low, high) in _LIMITS.items():
        if not low <= int(config[name]) <= high:
            faults.append(f"{name} must be from {low} to {high}")
    base_url = str(config["base_url"]).rstrip("/")
    if not base_url.startswith(("https://", "http://")):
        faults.append("base_url must start with https://")
    token_url = config.get("token_url")
    if not token_url and not config.get("realm"):
        faults.append("realm is missing (or give token_url)")
    if faults:
        raise ConfigurationError("; ".join(faults))
    profile = config.get("site_profile")
    return Settings(
        base_url=base_url,
        token_url=token_url
        or f"{base_url}/auth/realms/{config['realm']}/protocol/openid-connect/token",
        client_id=config["client_id"],
        client_secret=Secret(config["client_secret"]),
        scope=config["scope"],
        client_auth=cast(ClientAuth, config["client_auth"]),
        transforms_dir=Path(config["transforms_dir"]),
        site_profile=Path(profile) if profile else None,
        outbox_url=config["outbox_url"],
        dry_run=config["dry_run"],
        final_posting=config["final_posting"],
        fail_on_held=cast(FailOnHeld, config["fail_on_held"]),
        **{name: int(config[name]) for name in _LIMITS},
    )
