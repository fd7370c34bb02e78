"""Rule files are read strictly, and every fault is told with its file, line and cure."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.mapping import load_rules
from target_ifs_cloud.mapping.rule_files import load_schema, version_of

TRANSFORMS = Path(__file__).parents[3] / "transforms"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped rule files."""
    copied = tmp_path / "transforms"
    shutil.copytree(TRANSFORMS, copied)
    return copied


def change(folder: Path, file: str, old: str, new: str) -> int:
    """Replace a text in a rule file; the answer is the line where it stood."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def faults(folder: Path) -> list[str]:
    """The lines of the refusal, without its title."""
    with pytest.raises(ConfigurationError) as caught:
        load_rules(folder)
    return str(caught.value).splitlines()[1:]


def test_the_shipped_files_are_read(folder: Path) -> None:
    """Two companies; the letters differ."""
    rules = load_rules(folder)
    assert rules.companies == ("HCA", "HUS")
    assert rules.code_parts(CompanyId("HCA")) == {"B", "C"}
    assert rules.code_parts(CompanyId("HUS")) == {"C", "F"}
    assert rules.code_parts(CompanyId("other")) == frozenset()


def test_the_editors_schema_is_the_one_that_judges() -> None:
    """Both copies say the same."""
    shipped = json.loads((TRANSFORMS / "schema" / "rules.schema.json").read_text("utf-8"))
    assert shipped == load_schema()


def test_the_version_changes_with_any_file(folder: Path) -> None:
    """Even with a comment; not with the folder's name."""
    before = load_rules(folder).version
    assert before == load_rules(TRANSFORMS).version
    change(folder, "bill.yml", "rules_for: bill", "rules_for: bill # now")
    assert load_rules(folder).version != before


def test_the_version_tells_files_apart() -> None:
    """A text that moves from one file to the next is another version."""
    assert version_of({"a.yml": "xy", "b.yml": ""}) != version_of({"a.yml": "x", "b.yml": "y"})


# file, text to replace, replacement, words of the fault
WRONG: list[tuple[str, str, str, str, list[str]]] = [
    (
        "unknown key with a near one",
        "bill.yml",
        "currency_rate: [",
        "curency_rate: [",
        ["the key `curency_rate` is not known; did you mean `currency_rate`?"],
    ),
    (
        "unknown operator",
        "bill.yml",
        "{take: invoice_type} # see companies.yml",
        "{tak: invoice_type}",
        ["header.InvoiceType: the key `tak` is not known; did you mean `take`?"],
    ),
    (
        "two operators",
        "bill.yml",
        "InvoiceDate: {date: invoice_date}",
        "InvoiceDate: {date: invoice_date, copy: invoice_date}",
        ["`copy` and `date` cannot stand together; keep exactly one"],
    ),
    (
        "partner missing",
        "bill.yml",
        "{lookup: payment_terms, key: payment_terms}",
        "{lookup: payment_terms}",
        ["`lookup` needs `key` beside it"],
    ),
    (
        "unknown table",
        "bill.yml",
        "{lookup: payment_terms, key: payment_terms}",
        "{lookup: paymnt_terms, key: payment_terms}",
        ["there is no table `paymnt_terms`; tables: accounts,"],
    ),
    (
        "unknown name to take",
        "bill.yml",
        "{take: voucher_type}",
        "{take: vouchertype}",
        ["`vouchertype` is not known here; did you mean `voucher_type`?"],
    ),
    (
        "status that is not approved",
        "bill.yml",
        "[Approved, Payment Confirmed",
        "[Draft, Payment Confirmed",
        ["`Draft` is not known here; known here: Approved,"],
    ),
    (
        "type without decision",
        "bill.yml",
        "  credit_card: leave_out",
        "  card: leave_out",
        ["the key `card` is not known"],
    ),
    (
        "field below",
        "bill.yml",
        "{same_as: DueDate}",
        "{same_as: VoucherDate}",
        ["`VoucherDate` is not a field further up"],
    ),
    (
        "path with a blank",
        "bill.yml",
        "{copy: invoice_number,",
        "{copy: invoice number,",
        ["`invoice number` does not fit; expected: A field of the Procurify record"],
    ),
    (
        "wrong kind",
        "bill.yml",
        "currency: {copy: currency.name}",
        "currency: currency.name",
        ["currency: this must be a mapping"],
    ),
    (
        "not a number",
        "bill.yml",
        "length_max: 50",
        "length_max: fifty",
        ["number.length_max: this must be a whole number"],
    ),
    (
        "row dropped where there is none",
        "bill.yml",
        "length_max: 50, missing: hold",
        "length_max: 50, missing: drop_row",
        ["`drop_row` is only for the rows of a supplier"],
    ),
    (
        "code part A",
        "code_parts.yml",
        "    B: # cost centre",
        "    A: # cost centre",
        ["`A` is no code part; code parts are the letters B to J"],
    ),
    (
        "company that is not there",
        "code_parts.yml",
        "  HUS:",
        "  HUX:",
        ["company `HUX` is not in the list of companies", "company `HUS` is missing"],
    ),
    (
        "path that begins nowhere",
        "code_parts.yml",
        "key: approver.department",
        "key: aprover.department",
        ["a path cannot begin with `aprover` here; known: account_code,"],
    ),
    (
        "key twice",
        "accounts.yml",
        '      "6100": "4110" # Software',
        '      "6000": "4110" # Software',
        ["`6000` stands here a second time (first in line"],
    ),
    (
        "key twice but for its case",
        "payment_terms.yml",
        '      Net 15: "15"',
        '      net  30: "15"',
        ["`Net 30` stands in this table twice"],
    ),
    (
        "row that never counts",
        "accounts.yml",
        '"6100": "4110" # Software',
        '"6100": [{gives: "4110"}, {company: HCA, gives: "4111"}]',
        ["this row always fits, so the rows below it never count"],
    ),
    (
        "company of a row",
        "accounts.yml",
        '"6100": "4110" # Software',
        '"6100": [{company: HXX, gives: "4110"}]',
        ["company `HXX` is not in the list of companies (HCA, HUS)"],
    ),
    (
        "days that end before they begin",
        "accounts.yml",
        '"6100": "4110" # Software',
        '"6100": [{from: 2026-07-01, until: 2026-06-30, gives: "4110"}]',
        ["`from` 2026-07-01 is after `until` 2026-06-30"],
    ),
    (
        "day that does not exist",
        "accounts.yml",
        '"6100": "4110" # Software',
        '"6100": [{from: 2026-02-30, gives: "4110"}]',
        ["`2026-02-30` is not a day of the calendar"],
    ),
    (
        "table of accounts renamed",
        "accounts.yml",
        "  accounts:",
        "  acounts:",
        ["no file has a table `accounts`, which gives the account of IFS"],
    ),
    (
        "tax above everything",
        "tax_codes.yml",
        "percent: 13,",
        "percent: 1300,",
        ["1300 percent is not a tax rate"],
    ),
    (
        "tax without percentage",
        "tax_codes.yml",
        "tax: PST, percent: 7,",
        "tax: PST,",
        ["one of `tax` with `percent`, `no_tax` is missing; add exactly one"],
    ),
    (
        "no row without tax",
        "tax_codes.yml",
        "  - {company: HCA, no_tax: true, code: EX0}\n",
        "",
        ["company `HCA` has no row with `no_tax: true`"],
    ),
    (
        "company in a row of locations",
        "companies.yml",
        "{location: Calgary, company: HCA}",
        "{location: Calgary, company: HCC}",
        ["company `HCC` is not in the list"],
    ),
    (
        "row without a place",
        "companies.yml",
        "{location: Calgary, company: HCA}",
        "{from: 2026-01-01, company: HCA}",
        ["the row says nothing of a location or department"],
    ),
    (
        "currency in words",
        "companies.yml",
        "base_currency: USD",
        "base_currency: dollars",
        ["`dollars` does not fit; expected: "],
    ),
    (
        "vendor type that is never sent",
        "vendor.yml",
        "types: [hidden,",
        "types: [employee,",
        ["`employee` is not known here"],
    ),
    (
        "company value for the supplier alone",
        "vendor.yml",
        "DefaultLanguage: {constant: en}",
        "DefaultLanguage: {take: company}",
        ["`company` is not worked out here; known: source_id, supplier_country,"],
    ),
    (
        "subject unknown",
        "bill.yml",
        "rules_for: bill",
        "rules_for: bils",
        ["`rules_for: bils` is not known; did you mean `bill`?"],
    ),
    (
        "subject missing",
        "bill.yml",
        "rules_for: bill",
        "",
        ["begin the file with `rules_for:` and one of companies, code_parts,"],
    ),
    (
        "subject twice",
        "purchase_order.yml",
        "rules_for: purchase_order",
        "rules_for: bill",
        ["the key `post_as` is not known"],
    ),
    (
        "anchor",
        "bill.yml",
        "number: {copy",
        "number: &number {copy",
        ["anchors (&) and aliases (*) are not used in rules"],
    ),
    (
        "broken",
        "bill.yml",
        "number: {copy: invoice_number,",
        "number: {copy: invoice_number",
        ["this is not readable YAML"],
    ),
    (
        "tag",
        "bill.yml",
        "currency: {copy: currency.name}",
        "currency: {copy: !!binary currency.name}",
        ["the tag tag:yaml.org,2002:binary is not used in rules"],
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case[1:], id=case[0]) for case in WRONG])
def test_a_wrong_rule_is_refused_with_its_place_and_cure(
    folder: Path, case: tuple[str, str, str, list[str]]
) -> None:
    """The fault names the file, the line and what to write instead."""
    file, old, new, words = case
    change(folder, file, old, new)
    found = faults(folder)
    for word in words:
        (fault,) = [text for text in found if word in text]
        assert re.match(rf"{file}:\d+: ", fault)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("bill.yml", "currency_rate: [", "curency_rat: ["),
        ("bill.yml", "VoucherType: {take: voucher_type}", "VoucherType: {take: voucher}"),
        ("bill.yml", "length_max: 200}\n  VoucherType", "length_max: wide}\n  VoucherType"),
        ("accounts.yml", '"6900": "4900"', '"6000": "4900"'),
        ("vendor.yml", "TaxLiability: {constant: TAX}", "TaxLiability: {lookup: taxes, key: tax}"),
        ("companies.yml", "{location: Austin, company: HUS}", "{location: Austin, company: US}"),
    ],
)
def test_the_line_is_the_one_to_change(folder: Path, file: str, old: str, new: str) -> None:
    """An editor jumps straight to it."""
    line = change(folder, file, old, new)
    assert f"{file}:{line}" in {":".join(text.split(":")[:2]) for text in faults(folder)}


def test_all_faults_of_all_files_come_at_once(folder: Path) -> None:
    """Three files, three faults, sorted by file and line."""
    change(folder, "bill.yml", "types:", "kinds:")
    change(folder, "vendor.yml", "awaiting_approval: leave_out", "awaiting_approval: perhaps")
    change(folder, "companies.yml", "    series: II\n", "")
    found = faults(folder)
    assert [text.partition(":")[0] for text in found] == [
        "bill.yml",
        "bill.yml",
        "companies.yml",
        "vendor.yml",
    ]


def _remove(folder: Path) -> None:
    (folder / "bill.yml").unlink()


def _empty(folder: Path) -> None:
    (folder / "bill.yml").write_text("# nothing\n", encoding="utf-8")


def _list(folder: Path) -> None:
    (folder / "bill.yml").write_text("- rules_for: bill\n", encoding="utf-8")


def _latin(folder: Path) -> None:
    (folder / "bill.yml").write_bytes("rules_for: \xe9".encode("latin-1"))


def _second(folder: Path) -> None:
    shutil.copy(folder / "bill.yml", folder / "bill2.yml")


def _second_table(folder: Path) -> None:
    shutil.copy(folder / "accounts.yml", folder / "accounts2.yml")


def _deep(folder: Path) -> None:
    text = "rules_for: tables\ntables: " + "[" * 60 + "]" * 60
    (folder / "deep.yml").write_text(text, encoding="utf-8")


def _large(folder: Path) -> None:
    (folder / "large.yml").write_text("#" * 2_000_001, encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_remove, "no file begins with `rules_for: bill`; add bill.yml"),
        (_empty, "bill.yml:1: the file is empty"),
        (_list, "bill.yml:1: begin the file with `rules_for:`"),
        (_latin, "bill.yml:1: the file cannot be read as UTF-8"),
        (_second, "bill.yml is already about this"),
        (_second_table, "table `accounts` is already in accounts.yml"),
        (_deep, "nested deeper than 20 levels"),
        (_large, "large.yml:1: the file is too large"),
        (shutil.rmtree, "the folder of the rule files cannot be read"),
    ],
)
def test_a_spoilt_folder_is_refused(
    folder: Path, spoil: Callable[[Path], None], words: str
) -> None:
    """Missing, empty, doubled, oversized or unreadable files."""
    spoil(folder)
    with pytest.raises(ConfigurationError) as caught:
        load_rules(folder)
    assert words in str(caught.value)


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    """The setting points to the wrong place."""
    with pytest.raises(ConfigurationError, match="set `transforms_dir`"):
        load_rules(tmp_path)


def test_codes_keep_their_leading_zeros(folder: Path) -> None:
    """Unquoted 007 is a code, not a number."""
    change(folder, "accounts.yml", '"6100": "4110" # Software', "0610: 007")
    row = load_rules(folder).tables["accounts"].find("0610", None, None)
    assert row is not None
    assert row.gives == "007"
