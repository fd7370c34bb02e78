"""Rule files are read strictly, and every fault is told with its file, line and cure."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.mapping import load_rules
from target_ifs_cloud.mapping.rule_files import version_of
from target_ifs_cloud.mapping.rule_nodes import parse_rules
from target_ifs_cloud.mapping.schema_files import build_schema
from tests.unit.mapping.wrong_rules import ELSEWHERE, WRONG

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


def line_of(path: Path, start: str) -> int:
    """The first line of a file that begins so."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(place for place, text in enumerate(lines, start=1) if text.startswith(start))


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
    assert shipped == build_schema()


def test_the_version_changes_with_any_file(folder: Path) -> None:
    """Even with a comment; not with the folder's name."""
    before = load_rules(folder).version
    assert before == load_rules(TRANSFORMS).version
    change(folder, "bill.yml", "rules_for: bill", "rules_for: bill # now")
    assert load_rules(folder).version != before


def test_the_version_tells_files_apart() -> None:
    """A text that moves from one file to the next is another version."""
    assert version_of({"a.yml": "xy", "b.yml": ""}) != version_of({"a.yml": "x", "b.yml": "y"})


@pytest.mark.parametrize("case", [pytest.param(case[1:], id=case[0]) for case in WRONG])
def test_a_wrong_rule_is_refused_with_its_place_and_cure(
    folder: Path, case: tuple[str, str, str, list[str]]
) -> None:
    """The fault names the file, the line and what to write instead."""
    file, old, new, words = case
    line = change(folder, file, old, new)
    found = faults(folder)
    for word in words:
        (fault,) = [text for text in found if word in text]
        place = line_of(folder / file, ELSEWHERE[word]) if word in ELSEWHERE else line
        assert fault.startswith(f"{file}:{place}: ")


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


def _many(folder: Path) -> None:
    for number in range(100 - sum(1 for _ in folder.glob("*.yml"))):
        (folder / f"more{number}.yml").write_text("rules_for: tables\ntables: {}\n", "utf-8")


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
        (_deep, "deep.yml:2: this is nested deeper than 20 levels"),
        (_large, "large.yml:1: the file is too large"),
        (
            _many,
            "holds 100 rule files (*.yml) and 1 lists (*.csv); expected at least one rule file",
        ),
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
    (tmp_path / "list.csv").write_text("value,gives\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"holds 0 rule files .* and 1 lists"):
        load_rules(tmp_path)


def test_codes_keep_their_leading_zeros(folder: Path) -> None:
    """Unquoted 007 is a code, not a number."""
    change(folder, "accounts.yml", '"6100": "4110" # Software', "0610: 007")
    row = load_rules(folder).tables["accounts"].find("0610", None, None)
    assert row is not None
    assert row.gives == "007"


def test_a_hundred_files_are_read(folder: Path) -> None:
    """One more is a folder that the setting does not mean."""
    _many(folder)
    (folder / "more0.yml").unlink()
    assert load_rules(folder).companies == ("HCA", "HUS")


@pytest.mark.parametrize(("count", "end"), [(50, "list.csv:51:"), (51, "and 1 more")])
def test_fifty_faults_are_told_and_the_rest_is_counted(folder: Path, count: int, end: str) -> None:
    """Whoever has mended fifty sees the others."""
    text = "rules_for: tables\ntables: {more: {reads: code, csv: list.csv}}\n"
    (folder / "more.yml").write_text(text, encoding="utf-8")
    (folder / "list.csv").write_text("value,gives\n" + "1,\n" * count, encoding="utf-8")
    found = faults(folder)
    assert len(found) == min(count, 50) + (count > 50)
    assert found[49].startswith("list.csv:51: ")
    assert found[-1].startswith(end)


def test_a_version_is_twelve_digits() -> None:
    """Short enough to be compared by eye."""
    assert len(version_of({"a.yml": "x"})) == 12


DIGITS = "9" * 5000


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n" + "b: " + "[" * 19 + "1" + "]" * 19, 0, ""),
        ("a: 1\n" + "b: " + "[" * 20 + "1" + "]" * 20, 2, "this is nested deeper than 20 levels"),
        ("#" * 2_000_000, 1, "the file is empty; give it a line such as `rules_for: tables`"),
        ("#" * 2_000_001, 1, "the file is too large for a rule file"),
        (f"a: 1\nb:\n  - c\n  - {DIGITS}\n", 4, f"`{'9' * 20}…` is not a number"),
        ("a: 1\n\n? [b]\n: 2\n", 3, "a key must be a plain word or a quoted text"),
        ("a: 1\nb: *c\n", 2, "anchors (&) and aliases (*) are not used in rules; write it out"),
        ("a: 1\nb: 2\na: 3\n", 3, "`a` stands here a second time (first in line 1); keep one"),
        ("a: 1\nb: [\n", 3, "this is not readable YAML"),
        ("a: \x00\n", 1, "this is not readable YAML (ReaderError); check its characters"),
    ],
    ids=range(10),
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, words: str) -> None:
    """Or read, where it is just within its limit."""
    node, wrong = parse_rules(text, "a.yml")
    assert (node is None) is bool(words)
    assert [(fault.file, fault.line) for fault in wrong] == ([("a.yml", line)] if words else [])
    assert all(fault.message.startswith(words) for fault in wrong)


def test_every_value_knows_its_line_and_path() -> None:
    """A value of a key stands where its key stands, a row of a list at its own line."""
    node, _ = parse_rules("# about\na: 007\nb:\n  - c: true\n    d: -1.50\n  - ~\n", "r.yml")
    assert node is not None
    assert (node.where, node["a"].where) == ("r.yml:2", "r.yml:2 a")
    first, second = (node["b"][place] for place in ("0", "1"))
    assert [node["b"].where, first.where, second.where] == [
        "r.yml:3 b",
        "r.yml:4 b[1]",
        "r.yml:6 b[2]",
    ]
    assert [first["c"].where, first["d"].where] == ["r.yml:4 b[1].c", "r.yml:5 b[1].d"]
    assert node.plain == {"a": "007", "b": [{"c": True, "d": Decimal("-1.50")}, None]}


def without(folder: Path, file: str, key: str) -> None:
    """Remove a key of a rule file with all that stands under it."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    shorter = re.sub(rf"(?m)^{key}:.*\n(?:[ #].*\n|\n)*", "", text, count=1)
    assert shorter != text
    path.write_text(shorter, encoding="utf-8")


def test_what_a_file_does_not_say_is_decided_with_care(folder: Path) -> None:
    """No open period holds, look-alikes and signs of fraud are told, nothing is rounded."""
    for file, key in (
        ("bill.yml", "posting_period"),
        ("bill.yml", "suspected_duplicates"),
        ("vendor.yml", "suspicions"),
        ("purchase_order.yml", "line_statuses_left_out"),
    ):
        without(folder, file, key)
    rules = load_rules(folder)
    period, likeness, signs = rules.bill.period, rules.bill.duplicates, rules.vendor.suspicions
    assert (period.closed, period.missing) == ("hold", "hold")
    assert {likeness.near_number, likeness.same_amount_and_date, likeness.twin_vendor} == {"warn"}
    assert {signs.payment_changed, signs.mail_domain_changed, signs.name_alike} == {"warn"}
    assert rules.bill.rounding is None
    assert rules.purchase_order.line_statuses_left_out == frozenset()
    line = line_of(folder / "bill.yml", "rules_for:")
    assert period.where == likeness.where == f"bill.yml:{line} rules_for"
    assert signs.where == f"vendor.yml:{line_of(folder / 'vendor.yml', 'rules_for:')} rules_for"


def test_every_choice_of_the_bill_is_read(folder: Path) -> None:
    """Each where it stands, and none for another."""
    path = folder / "bill.yml"
    for key in ("allocations", "shipping", "posting_period", "suspected_duplicates"):
        without(folder, "bill.yml", key)
    start = path.read_text(encoding="utf-8").count("\n") + 1
    with path.open("a", encoding="utf-8") as file:
        file.write(
            "allocations: {missing: order_line, other_total: hold}\n"
            'shipping: {unclear: leave_out, account: "6300"}\n'
            "rounding: {account: 6200, at_most: 0.05}\n"
            "posting_period: {closed: next_open, missing: accrual_list}\n"
            "suspected_duplicates: {near_number: hold, same_amount_and_date: ignore, "
            "twin_vendor: warn}\n"
        )
    bill = load_rules(folder).bill
    assert (bill.allocation_missing, bill.allocation_other_total) == ("order_line", "hold")
    assert (bill.shipping.unclear, bill.shipping.account) == ("leave_out", "6300")
    assert bill.rounding is not None
    assert (bill.rounding.account, bill.rounding.at_most) == ("6200", Decimal("0.05"))
    assert (bill.period.closed, bill.period.missing) == ("next_open", "accrual_list")
    likeness = bill.duplicates
    assert likeness.near_number == "hold"
    assert (likeness.same_amount_and_date, likeness.twin_vendor) == ("ignore", "warn")
    places = (bill.shipping, bill.rounding, bill.period, likeness)
    assert [place.where.partition(" ")[0] for place in places] == [
        f"bill.yml:{start + number}" for number in range(1, 5)
    ]


@pytest.mark.parametrize("percent", ["0", "100", "100.0"])
def test_a_tax_rate_is_between_nothing_and_all(folder: Path, percent: str) -> None:
    """Both ends are rates."""
    change(folder, "tax_codes.yml", "percent: 7,", f"percent: {percent},")
    assert Decimal(percent) in {row.percent for row in load_rules(folder).tax_rows}


def test_companies_and_their_first_row_are_read_as_they_stand(folder: Path) -> None:
    """In their order, each with its place."""
    rules = load_rules(folder)
    first = rules.by_company[CompanyId("HCA")]
    assert (
        first.where == f"companies.yml:{line_of(folder / 'companies.yml', '  HCA:')} companies.HCA"
    )
    rows = [(row.location, row.company, row.where.split()[1]) for row in rules.company_rows]
    assert rows == [
        ("vancouver", "HCA", "company_by[1]"),
        ("calgary", "HCA", "company_by[2]"),
        ("austin", "HUS", "company_by[3]"),
    ]
