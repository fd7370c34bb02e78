"""A Procurify tenant in memory: vendors, lost answers, refusals; and runs against it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.errors import OutcomeUnknownError, RefusedError
from target_ifs_cloud.vendor_sync.supplier_rules import SupplierRules
from target_ifs_cloud.vendor_sync.vendor_client import VendorClient
from target_ifs_cloud.vendor_sync.vendor_run import VendorRun
from target_ifs_cloud.vendor_sync.vendor_settings import VendorSettings
from target_ifs_cloud.wire.token import Login

Record = dict[str, Any]
OWNERS = {
    "name": "ifs",
    "addressLineOne": "ifs",
    "addressLineTwo": "none",
    "postalCode": "ifs",
    "city": "ifs",
    "state_province": "none",
    "country": "ifs",
    "phoneOne": "procurify",
    "email": "procurify",
}


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        """Start at a fixed moment."""
        self.now = datetime(2026, 3, 1, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        """The moment now."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += timedelta(seconds=seconds)


@dataclass
class MemoryTenant:
    """Answers like the vendor endpoints. ``lost`` says for the next writes how they get lost."""

    vendors: dict[str, Record] = field(default_factory=dict)
    writes: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    refuses: bool = False

    def add(self, **fields: Any) -> str:
        """A vendor that a person enters in Procurify."""
        id_ = str(len(self.vendors) + 1)
        vendor = {"id": int(id_), "active": True, "type": 4, "email": [], "external_id": None}
        self.vendors[id_] = {**vendor, **fields}
        return id_

    def vendors_listed(self) -> list[Record]:
        """The list shows active vendors only."""
        return [dict(vendor) for vendor in self.vendors.values() if vendor["active"]]

    def with_external_id(self, external_id: str) -> list[Record]:
        """The filter of the list."""
        return [v for v in self.vendors_listed() if v["external_id"] == external_id]

    def vendor(self, id_: str) -> Record | None:
        """One vendor, also an inactive one."""
        found = self.vendors.get(id_)
        return dict(found) if found else None

    def create(self, body: Mapping[str, Any]) -> Record:
        """POST."""
        return self._write("POST", "", body)

    def change(self, id_: str, body: Mapping[str, Any]) -> Record:
        """PATCH."""
        return self._write("PATCH", id_, body)

    def _write(self, method: str, id_: str, body: Mapping[str, Any]) -> Record:
        self.writes.append((method, id_, body))
        if self.refuses:
            raise RefusedError("refused", status=400, code="name")
        how = self.lost.pop(0) if self.lost else ""
        if how == "before":
            raise OutcomeUnknownError("lost")
        if method == "POST":
            id_ = self.add(**body)
        else:
            self.vendors[id_] |= body
        if how == "after":
            raise OutcomeUnknownError("lost")
        return dict(self.vendors[id_])


class _Client:
    """The tenant under the names of the real client."""

    def __init__(self, tenant: MemoryTenant) -> None:
        self.vendors = tenant.vendors_listed
        self.with_external_id = tenant.with_external_id
        self.vendor = tenant.vendor
        self.create = tenant.create
        self.change = tenant.change


def rules(**changes: Any) -> SupplierRules:
    """The rules as shipped, but for two fields without an owner."""
    options: dict[str, Any] = {
        "version": "1",
        "creates_vendors": True,
        "vendor_type": 4,
        "registration_field": "",
        "owners": OWNERS,
        "countries": None,
    }
    return SupplierRules(**{**options, **changes})


def run(
    outbox: Outbox, tenant: MemoryTenant, *suppliers: Record, how: SupplierRules | None = None
) -> int:
    """One run that is told these suppliers; the answer is its exit code."""
    settings = VendorSettings(
        base_url="https://tenant.example",
        login=Login(token_url="https://tenant.example/t", client_id="id", client_secret="s"),
        transforms_dir=Path(),
        outbox_url="",
        dry_run=False,
        fail_on_held="new",
        held_age_days=14,
        settling_time_s=60,
        lease_s=900,
        timeout_s=1,
        retry_max=1,
    )
    clock = cast(Clock, outbox.clock)
    with ExitStack() as opened:
        going = VendorRun(
            settings,
            how or rules(),
            outbox,
            client=cast(VendorClient, _Client(tenant)),
            sleep=clock.sleep,
            opened=opened,
        )
        going.begin()
        going.take_suppliers(suppliers)
        return going.finish()


def supplier(id_: str, name: str, **fields: Any) -> Record:
    """A supplier as tap-ifs-cloud shows it."""
    address = {name: fields.pop(name) for name in ("address1", "city") if name in fields}
    return {"supplier_id": id_, "name": name, "addresses": [address], **fields}
