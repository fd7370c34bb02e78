"""What targets that nobody here wrote make of the tap's records: rows, keys, sums of money.

The targets live in environments of their own under ``.venv-targets``, made by uv and kept.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from tap_procurify.streams.reference import PaymentMethodsStream
from tap_procurify.tap import STREAMS
from tests.conftest import BIN, ROOT, Sandbox, run_sandbox
from tests.plugin.postgres_server import NoServerError, PostgresServer, run_postgres

Row = dict[str, Any]
ReadRows = Callable[[str], list[Row]]

TARGETS = ROOT / ".venv-targets"
MAKE_MAX_S, RUN_MAX_S = 240, 120
SCHEMA = "procurify"
ELIGIBLE_STATUSES = {2, 6, 7, 8, 4}
WHOLE_LISTS = [
    stream for stream in STREAMS if stream.stamp_field is None and stream.name != "item_receipts"
]
DUCKDB_READER = """
import sys, duckdb
_, file, table = sys.argv
rows = duckdb.connect(file, read_only=True).execute(f"select to_json(t) from {table} t").fetchall()
print(*(row[0] for row in rows), sep="\\n")
"""


@dataclass(frozen=True)
class Loads:
    """What the tap said in two runs, some changes apart, and what is true at the end."""

    messages: tuple[Path, Path]
    truth: Mapping[str, Any]
    counts: Mapping[str, int]
    deleted_bill: str


def make_target(name: str, *packages: str) -> Path:
    """The target's folder of commands, made on the first call."""
    folder = TARGETS / name
    wanted = " ".join(packages)
    made = folder / "made"
    if not made.exists() or made.read_text() != wanted:
        make_target_in(folder, *packages)
        made.write_text(wanted)
    return folder / "bin"


def make_target_in(folder: Path, *packages: str) -> Path:
    """A new environment with these packages alone."""
    for order in (
        ["venv", "-q", "--clear", "-p", sys.executable, str(folder)],
        ["pip", "install", "-q", "-p", str(folder), *packages],
    ):
        done = subprocess.run(
            [BIN / "uv", *order], capture_output=True, text=True, timeout=MAKE_MAX_S, check=False
        )
        if done.returncode:
            pytest.skip(f"{' '.join(packages)} cannot be installed here: {done.stderr[-300:]}")
    return folder / "bin"


def run_tap(config: Path, state: Path, output: Path) -> None:
    """One run of the tap as a command; its last STATE is kept for the next."""
    command = [str(BIN / "tap-procurify"), f"--config={config}"]
    command += [f"--state={state}"] if state.exists() else []
    with output.open("w") as out:
        subprocess.run(
            command, stdout=out, stderr=subprocess.PIPE, text=True, timeout=RUN_MAX_S, check=True
        )
    with output.open() as lines:
        said = [message for message in map(json.loads, lines) if message["type"] == "STATE"]
    state.write_text(json.dumps(said[-1]["value"]))


def change(sandbox: Sandbox) -> str:
    """Let some things happen in Procurify; gives the uuid of the bill that was deleted."""

    def edit(**order: Any) -> Any:
        return sandbox.tell(f"{sandbox.procurify}/_control/edit", order)

    bills = sandbox.ask(f"{sandbox.procurify}/_control/truth?kinds=bills")["bills"]
    drafts = [bill["uuid"] for bill in bills if bill["status"] == 0]
    waiting = [bill["uuid"] for bill in bills if bill["status"] == 1]
    edit(operation="delete_bill", uuid=drafts[0])
    edit(operation="edit_bill", uuid=drafts[1], note="changed")
    edit(operation="approve_bill", uuid=waiting[0])
    edit(operation="add_bill", number="LATE-1")
    edit(operation="add_vendor", name="Lighthouse Paper")
    edit(operation="add_purchase_order")
    return str(drafts[0])


def count_rows(sandbox: Sandbox) -> dict[str, int]:
    """How many rows Procurify's own lists of master data claim."""
    login = {key: sandbox.tap_config()[key] for key in ("client_id", "client_secret")}
    body = login | {"audience": "https://api.procurify.com/", "grant_type": "client_credentials"}
    token = requests.post(f"{sandbox.procurify}/oauth/token", json=body, timeout=60).json()
    headers = {"Authorization": f"Bearer {token['access_token']}", "X-Procurify-Client": "api"}

    def count(path: str) -> int:
        answer = requests.get(sandbox.procurify + path, headers=headers, timeout=60).json()
        return int(answer["metadata"]["pagination"]["count"])

    owners = PaymentMethodsStream.owners
    return {
        stream.name: sum(count(path) for path in {stream.path.format(owner=o) for o in owners})
        for stream in WHOLE_LISTS
    }


@pytest.fixture(scope="module")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loads]:
    """Two runs of the tap; the second sweeps."""
    folder = tmp_path_factory.mktemp("tap")
    with run_sandbox(folder) as sandbox:
        config, state = folder / "config.json", folder / "state.json"
        config.write_text(json.dumps(sandbox.tap_config()))
        outputs = (folder / "first.singer", folder / "second.singer")
        run_tap(config, state, outputs[0])
        deleted = change(sandbox)
        config.write_text(json.dumps(sandbox.tap_config() | {"sweep_hours": 0}))
        run_tap(config, state, outputs[1])
        truth = sandbox.ask(f"{sandbox.procurify}/_control/truth")
        yield Loads(outputs, truth, count_rows(sandbox), deleted.replace("-", ""))


def load(loads: Loads, command: Path, config: Mapping[str, Any], folder: Path) -> None:
    """Give both runs to the target, one after the other."""
    path = folder / "target.json"
    path.write_text(json.dumps(config))
    for messages in loads.messages:
        with messages.open() as lines:
            done = subprocess.run(
                [command, "--config", path],
                stdin=lines,
                capture_output=True,
                text=True,
                timeout=RUN_MAX_S,
                check=False,
            )
        assert done.returncode == 0, done.stderr[-2000:]


def read_lines(lines: list[str]) -> list[Row]:
    """Rows from JSON lines, numbers exact; some targets write column names in lower case."""
    found = [json.loads(line, parse_float=Decimal) for line in lines if line]
    return [{name.lower(): value for name, value in row.items()} for row in found]


def total(rows: list[Row], field: str) -> Decimal:
    """The sum of a field, to the last digit."""
    return sum((Decimal(row[field]) for row in rows), Decimal(0))


def check(loads: Loads, rows: ReadRows) -> None:
    """The warehouse holds what Procurify holds."""
    truth = loads.truth
    assert len(rows("vendors")) == len({row["id"] for row in rows("vendors")})
    assert {row["id"] for row in rows("vendors")} == set(truth["listed_vendors"])
    check_orders(truth["purchase_orders"], rows("purchase_orders"))
    gone = [row for row in rows("bills") if row["_procurify_vanished_at"]]
    assert [row["_procurify_uuid_hex"] for row in gone] == [loads.deleted_bill]
    kept = [row for row in rows("bills") if not row["_procurify_vanished_at"]]
    check_bills(truth["bills"], kept)
    kept_keys = {row["uuid"] for row in kept}
    check_items(truth["bills"], [r for r in rows("bill_items") if r["bill_uuid"] in kept_keys])
    assert {name: len(rows(name)) for name in loads.counts} == loads.counts


def check_orders(truth: list[Row], rows: list[Row]) -> None:
    """Keys and totals of the orders."""
    numbers = sorted(row["procurify_po"] for row in rows)
    assert numbers == sorted(order["procurify_PO"] for order in truth)
    assert total(rows, "total") == total(truth, "total") > 0


def check_bills(truth: list[Row], rows: list[Row]) -> None:
    """Keys, states and totals of the bills."""
    states = {row["_procurify_uuid_hex"]: row["status"] for row in rows}
    assert len(states) == len(rows)
    assert states == {bill["uuid"].replace("-", ""): bill["status"] for bill in truth}
    for field in ("total_cost_with_tax", "tax_amount", "subtotal_cost", "converted_total_cost"):
        assert total(rows, field) == total(truth, field) != 0


def check_items(truth: list[Row], rows: list[Row]) -> None:
    """Keys and totals of the bills' items."""
    items = [item for bill in truth for item in bill["items"]]
    assert sorted(row["id"] for row in rows) == sorted(item["id"] for item in items)
    assert total(rows, "total_cost") == total(items, "total_cost") != 0
    assert total(rows, "quantity") == total(items, "quantity") > 0


def test_target_jsonl_holds_what_procurify_holds(loads: Loads, tmp_path: Path) -> None:
    """It appends, so the last version of a key counts."""
    commands = make_target("jsonl", "target-jsonl==0.1.4")
    load(loads, commands / "target-jsonl", {"destination_path": str(tmp_path)}, tmp_path)
    keys = {stream.name: stream.keys for stream in STREAMS}

    def rows(stream: str) -> list[Row]:
        files = sorted(tmp_path.glob(f"{stream}-*.jsonl"))
        found = [row for file in files for row in read_lines(file.read_text().splitlines())]
        return list(
            {tuple(row[key.lower()] for key in keys[stream]): row for row in found}.values()
        )

    check(loads, rows)


def test_target_duckdb_holds_what_procurify_holds(loads: Loads, tmp_path: Path) -> None:
    """It updates by key."""
    commands = make_target("duckdb", "target-duckdb==0.8.0", "duckdb==1.1.3")
    file = tmp_path / "warehouse.duckdb"
    config = {"filepath": str(file), "default_target_schema": SCHEMA}
    load(loads, commands / "target-duckdb", config, tmp_path)

    def rows(stream: str) -> list[Row]:
        reader = [f"{commands}/python", "-c", DUCKDB_READER, str(file), f"{SCHEMA}.{stream}"]
        told = subprocess.run(reader, capture_output=True, text=True, timeout=60, check=True)
        return read_lines(told.stdout.splitlines())

    check(loads, rows)


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of its own."""
    try:
        with run_postgres() as server:
            yield server
    except NoServerError as reason:
        pytest.skip(str(reason))


def test_target_postgres_holds_what_procurify_holds(
    loads: Loads, postgres: PostgresServer, tmp_path: Path
) -> None:
    """It updates by key; amounts are numeric columns, so sums are exact in the database."""
    commands = make_target("postgres", "meltanolabs-target-postgres==0.8.1")
    login = {"host": "127.0.0.1", "port": postgres.port, "user": "loader", "password": "any"}
    config = login | {"database": "postgres", "default_target_schema": SCHEMA}
    load(loads, commands / "target-postgres", config, tmp_path)

    def rows(stream: str) -> list[Row]:
        return read_lines(postgres.ask(f"select row_to_json(t) from {SCHEMA}.{stream} t"))  # noqa: S608

    check(loads, rows)
    (told,) = postgres.ask(
        "select sum(total_cost_with_tax) from procurify.bills where _procurify_vanished_at is null"
    )
    assert Decimal(told) == total(loads.truth["bills"], "total_cost_with_tax")
    check_recipe(loads.truth["bills"], postgres)


def check_recipe(truth: list[Row], postgres: PostgresServer) -> None:
    """The query in the README gives what the splits of the approved bills add up to."""
    readme = (ROOT / "tap-procurify" / "README.md").read_text()
    (query,) = re.findall(r"^```sql\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    spend: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for bill in truth:
        if bill["status"] not in ELIGIBLE_STATUSES:
            continue
        for split in (split for item in bill["items"] for split in item["cost_allocations"]):
            code = split["budget"]["account_code"]["code"]
            department = split["budget"]["department"]["external_id"]
            spend[code, department or "", bill["currency"]["name"]] += Decimal(split["amount"])
    told = [line.rsplit("|", 1) for line in postgres.ask(query)]
    assert {key: Decimal(amount) for key, amount in told} == {
        "|".join(key): amount for key, amount in spend.items()
    }
    assert len(spend) > 5


def test_the_tap_can_be_installed_alone(tmp_path: Path) -> None:
    """Into an empty environment, where nothing else of this project is."""
    commands = make_target_in(tmp_path / "alone", str(ROOT / "tap-procurify"))
    for arguments in (["--version"], ["--about", "--format=json"], ["--discover"]):
        here, there = (
            subprocess.run(
                [f"{folder}/tap-procurify", *arguments],
                capture_output=True,
                text=True,
                timeout=RUN_MAX_S,
                check=True,
            ).stdout
            for folder in (BIN, commands)
        )
        assert here == there != ""
    packages = list((tmp_path / "alone").glob("lib/*/site-packages/*_ifs_cloud*"))
    assert packages == []
