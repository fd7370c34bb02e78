"""Over whole runs of all four plugins: what may be written where, and what may never be seen."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import simplejson
from typing_extensions import override

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from target_ifs_cloud.delivery.entry import unpack
from tests.conftest import BIN, ROOT, Sandbox, run_sandbox
from tests.pipeline.dialects import Answer, Dialect, speaking

pytestmark = pytest.mark.timeout(300)
BANK = "4929-CANARY-7711"
BANK_WORDS = re.compile(r"(?i)account_?number|iban|routing|swift|bank|payment_method|card")
PAYMENT_ROWS = re.compile(r"SupplierPayments|PaymentWay|BankAcc")
SECRETS = ("sandbox-procurify-secret", "sandbox-ifs-secret")


@dataclass
class Listener(Dialect):
    """Passes answers on, remembers every token, and puts bank data wherever vendors are told."""

    tokens: set[str] = field(default_factory=set)
    planted: int = 0

    @override
    def rewrite(self, method: str, answer: Answer) -> Answer:
        if "json" not in answer.headers.get("content-type", ""):
            return answer
        value = simplejson.loads(answer.body, use_decimal=True)
        if isinstance(value, dict) and "access_token" in value:
            self.tokens.add(value["access_token"])
        else:
            self.plant(value)
            answer.body = simplejson.dumps(value, use_decimal=True).encode()
        return answer

    def plant(self, value: Any) -> None:
        """Bank data beside everything that looks like a vendor or the way it is paid."""
        if isinstance(value, dict):
            for inner in list(value.values()):
                self.plant(inner)
            if {"addressLineOne", "payment_rail", "vendor_name"} & set(value):
                self.planted += 1
                value |= {"iban": BANK, "data": {"account_number": BANK}, "bank_account": BANK}
                value |= {"direct_debit_bank_account_mask": BANK}
            for card in value.get("creditcards") or []:
                card["number"] = BANK
        elif isinstance(value, list):
            for inner in value:
                self.plant(inner)


@dataclass
class Bench:
    """All four plugins and the command, and everything that they have said."""

    sandbox: Sandbox
    procurify: str
    ifs: str
    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def site(self) -> dict[str, Any]:
        """The settings of target-ifs-cloud."""
        return {**self.sandbox.target_config(self.folder), "base_url": self.ifs}

    @property
    def outbox(self) -> str:
        """Its address."""
        return str(self.site["outbox_url"])

    def run(self, command: str, *words: str, text: str = "", **settings: Any) -> str:
        """Run it at its most talkative; what it printed, for the next one in the pipe."""
        path = self.folder / f"{command}.json"
        if settings:
            path.write_text(json.dumps(settings))
            words = ("--config", str(path), *words)
        levels = {f"{name}_LOGLEVEL": "DEBUG" for name in ("TAP_PROCURIFY", "TARGET_IFS_CLOUD")}
        levels |= {f"{name}_LOGLEVEL": "DEBUG" for name in ("TAP_IFS_CLOUD", "TARGET_PROCURIFY")}
        done = subprocess.run(
            [str(BIN / command), *words],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **levels, "LOGLEVEL": "DEBUG"},
        )
        self.said += [done.stdout, done.stderr]
        return done.stdout

    def whole_round(self) -> None:
        """There and back, then everything that a person can ask."""
        tap = {**self.sandbox.tap_config(), "base_url": self.procurify}
        back = {n: self.site[n] for n in ("base_url", "realm", "client_id", "client_secret")}
        tenant = {
            "base_url": self.procurify,
            "client_id": "sandbox-procurify",
            "client_secret": SECRETS[0],
            "transforms_dir": str(ROOT / "transforms"),
            "outbox_url": self.outbox,
            "settling_time_s": 1,
        }
        records = self.run("tap-procurify", **tap)
        (self.folder / "records.jsonl").write_text(records)
        self.run("target-ifs-cloud", text=records, **self.site)
        suppliers = "\n".join(
            line
            for line in self.run("tap-ifs-cloud", **back).splitlines()
            if '"STATE"' not in line and '"suppliers"' in line
        )
        self.run("target-procurify", text=suppliers, **tenant)
        self.run("target-ifs-cloud", **{**self.site, "client_secret": SECRETS[1] + "-wrong"})
        for words in (("status",), ("verify-audit",), ("export-audit", "--format", "csv")):
            self.run("procurify-ifs", *words, "--outbox-url", self.outbox)
        self.run("procurify-ifs", "export-audit", "--outbox-url", self.outbox)
        files = ("--config", str(self.folder / "target-ifs-cloud.json"))
        self.run("target-ifs-cloud", **self.site)
        self.run("procurify-ifs", "check", *files)
        self.run(
            "procurify-ifs", "preview", "--format", "json", *files, f"{self.folder}/records.jsonl"
        )

    def kept(self) -> Iterator[str]:
        """Everything that the outbox and the audit trail hold, unpacked."""
        with closing(sqlite3.connect(self.folder / "outbox.db")) as connection:
            yield from connection.iterdump()
            for (payload,) in connection.execute(
                "SELECT payload FROM document WHERE payload IS NOT NULL"
            ):
                yield json.dumps(unpack(payload), default=str)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Listener, Listener]]:
    """A whole round behind two listeners."""
    folder = tmp_path_factory.mktemp("secrets")
    with run_sandbox(folder) as sandbox:
        there, here = Listener(seed=1), Listener(seed=2)
        with speaking(there, sandbox.procurify) as procurify, speaking(here, sandbox.ifs) as ifs:
            bench = Bench(sandbox, procurify, ifs, folder)
            bench.whole_round()
            yield bench, there, here


Benched = tuple[Bench, Listener, Listener]


def test_no_secret_token_or_bank_detail_is_said_or_kept(bench: Benched) -> None:
    """At the most talkative level, in reports, exports, refusals, the outbox and the trail."""
    run, there, here = bench
    tokens = there.tokens | here.tokens
    assert len(tokens) > 4
    assert there.planted > 100, "no bank data was shown to the tap"
    said, kept = "\n".join(run.said), "\n".join(run.kept())
    assert "DEBUG" in said
    assert len(kept) > 100_000
    for canary in (*SECRETS, *tokens, BANK):
        assert canary not in said, f"{canary} was said"
        assert canary not in kept, f"{canary} was kept"


def test_only_vendors_are_written_to_procurify_and_nothing_about_banks(bench: Benched) -> None:
    """By the traffic that the other side has seen."""
    run, _, _ = bench
    seen = [
        one
        for one in ProcurifyControl(run.sandbox.procurify).requests()
        if one["method"] != "GET" and "/oauth/" not in one["path"]
    ]
    assert {one["method"] for one in seen} == {"POST", "PATCH"}
    assert {re.sub(r"/\d+/", "/N/", one["path"]) for one in seen} == {
        "/api/v3/vendors/",
        "/api/v3/vendors/N/",
    }
    for one in seen:
        body = one["body"] if isinstance(one["body"], Mapping) else json.loads(one["body"])
        assert not [name for name in body if BANK_WORDS.search(name)], one


def test_no_bank_field_is_written_to_ifs(bench: Benched) -> None:
    """Payment rows of suppliers are never asked for, nor written."""
    run, _, _ = bench
    seen = [str(one) for one in IfsControl(run.sandbox.ifs).requests()]
    assert seen
    asked = [PAYMENT_ROWS.search(one) for one in seen]
    assert [found[0] for found in asked if found] == []
    assert BANK not in "\n".join(seen)
