"""Vendors and suppliers both ways through the real plugins: one owner per field, nothing twice."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from erp_sandbox.exact_json import JsonValue
from target_ifs_cloud.errors import EXIT_NEEDS_PERSON, EXIT_STOPPED
from tests.conftest import BIN, ROOT, Sandbox, run_sandbox

pytestmark = pytest.mark.timeout(300)
ADDRESSES = "SupplierInfoAddresses"
MAIL = "AddressCommunicationMethods"
RUNS_MAX = 20
SEED = 7
HAND = {"Value": "hand@x.example"}


@dataclass(frozen=True)
class Pair:
    """Both flows of vendors between the two systems."""

    sandbox: Sandbox
    folder: Path

    @property
    def ifs(self) -> IfsControl:
        """The control side of IFS Cloud."""
        return IfsControl(self.sandbox.ifs)

    @property
    def procurify(self) -> ProcurifyControl:
        """The control side of Procurify."""
        return ProcurifyControl(self.sandbox.procurify)

    def forward(
        self, *streams: str, transforms: Path | None = None, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """tap-procurify | target-ifs-cloud, with the bookmark of the run before."""
        target = self.sandbox.target_config(self.folder) | settings
        target["transforms_dir"] = str(transforms or ROOT / "transforms")
        taken = self._read("tap-procurify", self.sandbox.tap_config(), {"vendors", *streams})
        return self._write("target-ifs-cloud", target, taken, "forward")

    def back(self, *, dry_run: bool = False) -> subprocess.CompletedProcess[str]:
        """tap-ifs-cloud | target-procurify."""
        tap = self.sandbox.target_config(self.folder)
        tap = {n: tap[n] for n in ("base_url", "realm", "client_id", "client_secret")}
        target: dict[str, Any] = {
            "base_url": self.sandbox.procurify,
            "client_id": "sandbox-procurify",
            "client_secret": "sandbox-procurify-secret",
            "transforms_dir": str(ROOT / "transforms"),
            "outbox_url": f"sqlite:///{self.folder}/outbox.db",
            "settling_time_s": 1,
            "dry_run": dry_run,
        }
        return self._write(
            "target-procurify", target, self._read("tap-ifs-cloud", tap, {"suppliers"}), "back"
        )

    def _read(self, tap: str, config: Mapping[str, Any], streams: Collection[str]) -> str:
        path = self.folder / f"{tap}.json"
        path.write_text(json.dumps(config))
        command = [str(BIN / tap), "--config", str(path)]
        catalog = self.folder / f"{tap}.catalog.json"
        if not catalog.exists():
            found = json.loads(_run([*command, "--discover"]).stdout)
            for one in found["streams"]:
                for entry in one["metadata"]:
                    if not entry["breadcrumb"]:
                        entry["metadata"]["selected"] = one["stream"] in streams
            catalog.write_text(json.dumps(found))
        command += ["--catalog", str(catalog)]
        state = self.folder / f"{tap}.state"
        done = _run([*command, "--state", str(state)] if state.exists() else command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _write(
        self, target: str, config: Mapping[str, Any], text: str, name: str
    ) -> subprocess.CompletedProcess[str]:
        path = self.folder / f"{target}.json"
        path.write_text(json.dumps(config))
        done = _run([str(BIN / target), "--config", str(path)], text)
        if done.stdout:
            tap = {"forward": "tap-procurify", "back": "tap-ifs-cloud"}[name]
            (self.folder / f"{tap}.state").write_text(done.stdout.splitlines()[-1])
        return done

    def communication(self, supplier: str) -> dict[str, str]:
        """The address book of a supplier as IFS shows it: value by method."""
        below = f"/{ADDRESSES}(SupplierId='{supplier}',AddressId='1')/{MAIL}"
        return {row["MethodId"]: row["Value"] for row in self.rows(supplier, below)}

    def rows(self, supplier: str, below: str) -> list[dict[str, Any]]:
        """A collection below a supplier as IFS shows it, without version marks."""
        site = self.sandbox.target_config(self.folder)
        realm = f"{self.sandbox.ifs}/auth/realms/sandbox/protocol/openid-connect/token"
        login = {n: site[n] for n in ("client_id", "client_secret")}
        login["grant_type"] = "client_credentials"
        token = requests.post(realm, data=login, timeout=30).json()["access_token"]
        path = (
            "/main/ifsapplications/projection/v1/SupplierHandling.svc/SupplierInfoGeneralSet"
            f"(SupplierId='{supplier}'){below}"
        )
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(self.sandbox.ifs + path, headers=headers, timeout=30)
        found: list[dict[str, Any]] = answer.json()["value"]
        return [{n: v for n, v in row.items() if "@odata" not in n} for row in found]

    def everything(self, supplier: str) -> list[list[dict[str, Any]]]:
        """The rows below a supplier."""
        address = f"/{ADDRESSES}(SupplierId='{supplier}',AddressId='1')"
        below = [f"/{ADDRESSES}", f"{address}/AddressTypes", f"{address}/{MAIL}"]
        return [self.rows(supplier, each) for each in [*below, "/SupplierInvoiceCompanies"]]

    def suppliers(self) -> set[str]:
        """The suppliers of IFS."""
        return {str(one["SupplierId"]) for one in self.ifs.books()["suppliers"]}

    def name_in_ifs(self, supplier: str) -> str:
        """How IFS names the supplier."""
        suppliers = self.ifs.books()["suppliers"]
        return next(str(one["Name"]) for one in suppliers if one["SupplierId"] == supplier)

    def name_in_procurify(self, vendor: int) -> str:
        """How Procurify names the vendor."""
        vendors = self.procurify.truth("vendors")["vendors"]
        return next(str(one["name"]) for one in vendors if one["id"] == vendor)

    def writes(self) -> int:
        """How many requests, or operations inside a batch, were no reads; logins aside."""
        inside = sum(
            len(re.findall(r"^(?:POST|PATCH|PUT|DELETE) ", str(request["body"]), re.MULTILINE))
            for request in self.ifs.requests(method="POST")
        )
        alone = [
            request
            for side in (self.ifs, self.procurify)
            for request in side.requests()
            if request["method"] != "GET" and not re.search("token|batch", request["path"])
        ]
        return inside + len(alone)


def _run(command: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """A sandbox of its own."""
    with run_sandbox(tmp_path) as sandbox:
        yield Pair(sandbox, tmp_path)


def test_what_procurify_owns_is_kept_in_ifs_and_nothing_echoes(pair: Pair) -> None:
    """A mail changes, a name does not; another hand in IFS is corrected; then all is at rest."""
    assert pair.forward().returncode == 3, "a vendor is held as a look-alike"
    assert pair.back().returncode == 3, "so is its supplier"
    before = pair.communication("P49")
    pair.procurify.edit("edit_vendor", id=49, emails=["new@vendor49.example"], name="Renamed")
    assert "updated" in pair.forward().stderr
    assert pair.communication("P49") == {**before, "EMail": "new@vendor49.example"}
    assert pair.name_in_ifs("P49") == "Zephyr Scientific Supply"

    assert pair.back().returncode == 0
    assert pair.name_in_procurify(49) == "Zephyr Scientific Supply", "IFS owns the name"
    pair.ifs.tell("edit", {"set": MAIL, "key": ["Supplier", "P49", "1"], "values": HAND})
    assert pair.communication("P49")["EMail"] == "hand@x.example"
    assert pair.back().returncode == 0
    pair.forward()
    assert pair.communication("P49")["EMail"] == "new@vendor49.example"

    assert pair.back().returncode == 0
    pair.forward()
    written = pair.writes()
    assert pair.back().returncode == 0
    pair.forward()
    assert pair.writes() == written


def test_the_first_alignment_of_two_filled_systems_is_shown_before_anything_is_written(
    pair: Pair,
) -> None:
    """Links, creations and suspected twins by a dry run; in earnest exactly that is done."""
    shown = pair.back(dry_run=True)
    assert shown.returncode == 3
    assert pair.writes() == 0
    plan = re.findall(
        r"^  .*?(\S+)\): (links|creates|changes) (?:a )?vendor", shown.stderr, re.MULTILINE
    )
    assert {what for _, what in plan} == {"links", "creates"}
    assert "vendor_lookalike" in shown.stderr
    assert "Nothing was written" in shown.stderr
    before = {v["id"]: v for v in pair.procurify.truth("vendors")["vendors"]}
    done = pair.back()
    assert done.returncode == 3
    vendors = pair.procurify.truth("vendors")["vendors"]
    created = {f"({v['external_id']}" for v in vendors if v["id"] not in before}
    assert created == {id_ for id_, what in plan if what == "creates"}


def test_a_lost_answer_to_a_change_is_found_done(pair: Pair) -> None:
    """The change is carried out, its answer never arrives; the next reading sees no difference."""
    pair.forward()
    pair.procurify.edit("edit_vendor", id=49, emails=["new@vendor49.example"])
    lost: dict[str, JsonValue] = {
        "action": "reset_after",
        "method": "POST",
        "path": r".*\$batch",
        "first": 2,
        "times": 1,
    }
    pair.ifs.script_faults([lost])
    done = pair.forward()
    assert pair.ifs.faults()[0]["acted"] == 1
    assert done.returncode == 0, done.stderr
    assert "found after a lost answer" in done.stderr
    assert pair.communication("P49")["EMail"] == "new@vendor49.example"


@pytest.mark.parametrize("action", ["reset_before", "reset_after"])
def test_suppliers_written_row_by_row_are_whole_wherever_an_answer_is_lost(
    pair: Pair, tmp_path: Path, action: str
) -> None:
    """A site without batches: one in ten requests that write is lost; nothing lacks a row."""
    (tmp_path / "site.yml").write_text("use_batch: false\n")
    before = pair.suppliers()
    rule: dict[str, JsonValue] = {"action": action, "times": 0, "percent": 10}
    lost: dict[str, JsonValue] = {**rule, "method": "POST", "path": ".*SupplierHandling.*"}
    pair.ifs.script_faults([lost], seed=SEED)
    for _ in range(RUNS_MAX):
        done = pair.forward(site_profile=str(tmp_path / "site.yml"))
        if done.returncode != EXIT_STOPPED:
            break
    assert done.returncode == EXIT_NEEDS_PERSON, done.stderr
    acted = pair.ifs.faults()[0]["acted"]
    lossy = {id_: pair.everything(id_) for id_ in pair.suppliers() - before}
    pair.ifs.reset()
    (tmp_path / "outbox.db").unlink()
    (tmp_path / "tap-procurify.state").unlink()
    pair.forward()
    assert lossy == {id_: pair.everything(id_) for id_ in pair.suppliers() - before}
    assert all(all(rows) for rows in lossy.values())
    assert acted > 2


def test_new_bills_of_a_suspicious_vendor_wait_for_a_second_person(
    pair: Pair, tmp_path: Path
) -> None:
    """Its mail goes elsewhere: the bill is held, the supplier stays as it is until the release."""
    rules = tmp_path / "transforms"
    shutil.copytree(ROOT / "transforms", rules)
    text = (rules / "vendor.yml").read_text()
    (rules / "vendor.yml").write_text(
        text.replace("mail_domain_changed: warn", "mail_domain_changed: hold")
    )
    pair.forward("bills", transforms=rules)
    before = len(pair.ifs.books()["invoices"])
    pair.procurify.edit("edit_vendor", id=49, emails=["ap@elsewhere.example"])
    pair.procurify.edit("add_bill", vendor=49, number="AFTER-1", status=2)
    held = pair.forward("bills", transforms=rules)
    assert held.returncode == 3
    assert "vendor_mail_domain_changed" in held.stderr
    assert "vendor_not_released" in held.stderr
    assert len(pair.ifs.books()["invoices"]) == before
    assert pair.communication("P49")["EMail"] == "ap@vendor49.example"

    outbox = f"sqlite:///{tmp_path}/outbox.db"
    released = _run([str(BIN / "procurify-ifs"), "release", "49", "--outbox-url", outbox])
    assert released.returncode == 0, released.stderr
    assert pair.forward("bills", transforms=rules).returncode == 0
    assert len(pair.ifs.books()["invoices"]) == before + 1
    assert pair.communication("P49")["EMail"] == "ap@elsewhere.example"
