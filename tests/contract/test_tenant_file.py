"""A user's own tenant: read with every fault told, and served by both systems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from erp_sandbox.cli import main
from erp_sandbox.control_client import IfsControl, ProcurifyControl
from erp_sandbox.harbour import HARBOUR
from erp_sandbox.scenarios import SCENARIOS
from erp_sandbox.tenant_file import FAULTS_MAX, TenantFileError, read_tenant
from tests.conftest import ROOT, Sandbox, run_sandbox
from tests.contract.ifs.site import Caller

EXAMPLE = ROOT / "sandbox" / "tenant.example.yml"
CODES = {"5000", "5100", "5200", "5300", "0500", "5999"}


def read(folder: Path, text: str) -> str:
    """What is wrong with a file."""
    path = folder / "tenant.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TenantFileError) as told:
        read_tenant(path)
    return str(told.value)


def run(*words: str) -> Result:
    """The command, as a person calls it."""
    return CliRunner().invoke(main, words, env={"COLUMNS": "120"})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "the file is no list of sections: write one or more of currencies"),
        ("a: [", "cannot be read"),
        ("vendor: []", "vendor: no such section; there are currencies"),
        ("terms: []", "terms: write a list of 1 to 5000 entries, each after a dash"),
        ("terms: [30 days]", "terms, entry 1: write its fields as `name: …`"),
        ("terms: [{name: A}]", "terms, entry 1: days: is missing; write `days: …`"),
        ("terms: [{name: A, days: soon}]", "terms, entry 1: days: 'soon' is no whole number"),
        ("terms: [{name: A, days: 1, day: 2}]", "terms, entry 1: day: no such field; there are"),
        (
            "terms: [{name: A, days: 1}, {name: A, days: 2}]",
            "terms, entry 2: name 'A' is that of entry 1 too",
        ),
        (
            "taxes: [{name: T, percentage: -1, company: HCA, tax_code: T}]",
            "taxes, entry 1: percentage: '-1' is no number from 0 on; write one such as",
        ),
        (
            "taxes: [{name: T, percentage: 1, company: H, tax_code: T}]",
            "taxes, entry 1: company: 'H' is none of the companies (HCA, HUS); name one of them",
        ),
        (
            "taxes: [{name: T, percentage: 1, company: HCA, tax_code: ABCDEFGHIJKLMNOPQRSTU}]",
            "taxes, entry 1: tax_code: 'ABCDEFGHIJKLMNOPQRSTU'… has more than 20 characters",
        ),
        (
            "account_codes: [{code: A, description: D, project: maybe}]",
            "account_codes, entry 1: project: 'maybe' is none of can, must, never; write one of",
        ),
        ("account_codes: [{code: A, description: D}]", "none has an ifs_account and"),
        (
            "account_codes: [{code: A, description: D, ifs_account: '2410'}]",
            "account_codes, entry 1: ifs_account: 2410 is kept for accounts payable",
        ),
        (
            (
                "account_codes: [{code: A, description: D, ifs_account: '1'}, "
                "{code: B, description: D, is_freight: yes}]"
            ),
            "account_codes, entry 2: is_freight: freight needs an ifs_account",
        ),
        ("currencies: [{code: XAU, rate: 0}]", "currencies, entry 1: rate: is 0; write what"),
        ("locations: [{name: A, company: HCA}]", "departments: is missing; with own locations"),
        (
            (
                "locations: [{name: A, company: HCA}]\n"
                "departments: [{name: D, location: A, cost_centre: 1}]"
            ),
            "departments: none is at a location of company 'HUS'; add one",
        ),
        (
            (
                "companies: [{id: X, name: X, country: CA, currency: CAD, cost_centre_part: B, "
                "project_part: B}]\nlocations: [{name: A, company: X}]\n"
                "departments: [{name: D, location: A, cost_centre: 1}]"
            ),
            "companies, entry 1: project_part: B is the letter of the cost centre already",
        ),
    ],
)
def test_every_fault_names_entry_field_and_cure(tmp_path: Path, text: str, fault: str) -> None:
    """The path stands in front of each line."""
    told = read(tmp_path, text)
    assert fault in told
    assert told.startswith(str(tmp_path))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """As many as a screen holds, and how many more there are."""
    many = "".join(f"  - {{name: T{number}}}\n" for number in range(FAULTS_MAX + 3))
    told = read(tmp_path, f"terms:\n{many}").splitlines()
    assert len(told) == FAULTS_MAX + 1
    assert told[-1].endswith("and 3 more")


def test_what_the_file_does_not_name_stays(tmp_path: Path) -> None:
    """One section alone; what is read is text, so that zeros in front stay."""
    path = tmp_path / "tenant.yml"
    path.write_text(
        "account_codes: [{code: 0100, description: Own, ifs_account: 0200}]", encoding="utf-8"
    )
    tenant = read_tenant(path)
    assert [(one.code, one.ifs_account) for one in tenant.account_codes] == [("0100", "0200")]
    assert tenant.freight_code == "0100"
    assert tenant.departments == HARBOUR.departments
    assert tenant.taxes == HARBOUR.taxes


@pytest.mark.parametrize("command", ["serve", "seed"])
def test_a_wrong_file_ends_the_command_before_anything_starts(tmp_path: Path, command: str) -> None:
    """The same exit code as for other faults of the command line's files, and no traceback."""
    path = tmp_path / "tenant.yml"
    path.write_text("terms: [{name: A}]", encoding="utf-8")
    told = run(command, "--tenant", str(path))
    assert told.exit_code == 1
    assert "terms, entry 1: days: is missing" in told.output
    assert "Traceback" not in told.output


@pytest.mark.parametrize("scale", ["1", "2"])
def test_seeded_bills_draw_from_the_file(tmp_path: Path, scale: str) -> None:
    """Account codes, taxes, terms and vendors; as many bills as the scale says."""
    told = run("seed", "--tenant", str(EXAMPLE), "--scale", scale, "--folder", str(tmp_path))
    assert f"bills: {int(scale) * 200}\n" in told.output
    lines = (tmp_path / "bills.jsonl").read_text("utf-8").splitlines()
    bills = [json.loads(line, parse_float=Decimal) for line in lines]
    shares = [
        share for bill in bills for item in bill["items"] for share in item["cost_allocations"]
    ]
    assert {share["budget"]["account_code"]["code"] for share in shares} == CODES
    taxes = {item["tax_name"] for bill in bills for item in bill["items"]}
    assert taxes == {"", "VAT 20", "VAT 5"}
    assert {bill["payment_terms"] for bill in bills} == {"30 days", "90 days"}
    assert {bill["currency"]["name"] for bill in bills} == {"GBP", "CAD"}
    assert {"Granite Hire", "Chalk & Sons"} <= {bill["vendor"]["name"] for bill in bills}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One that serves the example."""
    with run_sandbox(tmp_path_factory.mktemp("own"), "--tenant", str(EXAMPLE)) as running:
        yield running


def test_procurify_shows_the_reference_data_of_the_file(sandbox: Sandbox) -> None:
    """Through the state that it serves, not that of the test's own process."""
    control = ProcurifyControl(sandbox.procurify)
    vendors = control.truth("vendors")["vendors"]
    assert {"Granite Hire", "Dales Haulage", "Moor Surveys"} <= {one["name"] for one in vendors}
    bill = control.edit("add_bill", lines=[{"unit_cost": "10.00", "tax": "VAT 20"}])
    held = next(one for one in control.truth("bills")["bills"] if one["uuid"] == bill["uuid"])
    assert held["currency"]["name"] == "GBP"


def test_ifs_has_the_basic_data_of_the_file(sandbox: Sandbox) -> None:
    """Accounts with their demands, code values, tax codes, terms, rates, suppliers."""
    caller = Caller(sandbox.ifs)
    accounts = {one["Account"]: one for one in caller.rows("AccountsHandling", "AccountSet")}
    assert {"3000", "3900", "0500", "2410"} <= set(accounts)
    assert (accounts["3200"]["ReqCodeD"], accounts["3300"]["ReqCodeD"]) == ("Blocked", "Mandatory")
    assert accounts["3900"]["ReqCodeB"] == "Mandatory"
    suppliers = caller.rows("SupplierHandling", "SupplierInfoGeneralSet")
    ids = {one["SupplierId"] for one in suppliers}
    assert {"S100", "S101", "S900"} <= ids
    assert "S102" not in ids
    assert all(not found for found in IfsControl(sandbox.ifs).ask("invariants").values())


def test_every_scenario_plays_in_it(tmp_path: Path) -> None:
    """With the companies of the file."""
    with run_sandbox(tmp_path, "--tenant", str(EXAMPLE)) as own:
        urls = ("--procurify-url", own.procurify, "--ifs-url", own.ifs)
        for name in SCENARIOS:
            told = run("scenario", name, *urls)
            assert told.exit_code == 0, told.output
        periods = Caller(own.ifs).rows(
            "AccountingPeriodsHandling", "AccountingPeriodSet", filter="Company eq '10'", top=99
        )
    closed = [one for one in periods if one["PeriodStatus"] == "Closed"]
    assert (2026, 1) in {(one["AccountingYear"], one["AccountingPeriod"]) for one in closed}
