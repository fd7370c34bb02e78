"""Long lists may stand in CSV files; they are judged as strictly as YAML, with file and line."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.mapping import Rules, load_rules
from target_ifs_cloud.mapping.tables import table_key

TRANSFORMS = Path(__file__).parents[3] / "transforms"
HUS = CompanyId("HUS")
HEADS = {
    "accounts.yml": "tables:\n  accounts: {reads: account code, csv: list.csv}\n",
    "tax_codes.yml": "tax_codes: {csv: list.csv}\n",
    "companies.yml": "company_by: {csv: list.csv}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped rule files."""
    return Path(shutil.copytree(TRANSFORMS, tmp_path / "transforms"))


def use_csv(folder: Path, file: str, text: str, encoding: str = "utf-8") -> Rules:
    """The rules when ``file`` takes its list from a CSV file with this text."""
    path = folder / file
    whole = path.read_text(encoding="utf-8").partition("\ncases:")[0]
    kept = whole.partition("\n" + HEADS[file].partition(":")[0] + ":")[0] + "\n"
    path.write_text(kept + HEADS[file], encoding="utf-8")
    (folder / "list.csv").write_text(text, encoding=encoding)
    return load_rules(folder)


def refusal(folder: Path, file: str, text: str) -> list[str]:
    """The faults that the CSV file is refused with."""
    with pytest.raises(ConfigurationError) as caught:
        use_csv(folder, file, text)
    return str(caught.value).splitlines()[1:]


def test_accounts_come_from_a_csv_file_with_their_line(folder: Path) -> None:
    """Leading zeros stay, a note is for people, the row's line is the one of the file."""
    rules = use_csv(
        folder,
        "accounts.yml",
        'value,gives,company,from,note\n006,007,,,"a, b"\n\n6500,4515,HUS,2026-07-01,\n6500,4510\n',
    )
    row = rules.tables["accounts"].find("006", None, None)
    assert row is not None
    assert (row.gives, row.where) == ("007", "list.csv:2 006 007")
    late = rules.tables["accounts"].find("6500", HUS, date(2026, 8, 1))
    early = rules.tables["accounts"].find("6500", HUS, date(2026, 6, 30))
    assert late is not None
    assert early is not None
    assert (late.gives, late.where[:10], early.gives) == ("4515", "list.csv:4", "4510")
    assert rules.tables["accounts"].file == "list.csv"


def test_semicolons_and_a_byte_order_mark_are_what_spreadsheets_write(folder: Path) -> None:
    """As saved in Europe."""
    rules = use_csv(folder, "accounts.yml", "Value;Gives\r\n6000;4010,5\r\n", encoding="utf-8-sig")
    row = rules.tables["accounts"].find("6000", None, None)
    assert row is not None
    assert row.gives == "4010,5"


def test_tax_codes_come_from_a_csv_file(folder: Path) -> None:
    """Percentages are exact; the row without tax says yes."""
    text = "company,tax,percent,no_tax,code\nHCA,GST,5.0,,G5\nHCA,,,yes,E\nHUS,,,x,E\n"
    rows = use_csv(folder, "tax_codes.yml", text).tax_rows
    assert [(r.code, r.percent, r.is_no_tax) for r in rows] == [
        ("G5", Decimal("5.0"), False),
        ("E", None, True),
        ("E", None, True),
    ]


def test_companies_come_from_a_csv_file(folder: Path) -> None:
    """By department before location, the first row that fits."""
    text = "department_external_id,location,company\nCC-410,,HCA\n,Austin,HUS\n"
    rules = use_csv(folder, "companies.yml", text)
    both = {"location": "Austin", "department_external_id": "cc-410"}
    found = [rules.find_company_row(keys, None) for keys in (both, {"location": "Austin"})]
    assert [row.company for row in found if row] == ["HCA", "HUS"]


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("accounts.yml", "value,account\n1,2\n", "list.csv:1: the column `account` is not known"),
        ("accounts.yml", "value,gives\n1,2\n\n\n3,\n", "list.csv:5: the cell `gives` is empty"),
        ("accounts.yml", '"value",gives\n"a\nb",2\n3,\n', "list.csv:4: the cell `gives` is empty"),
        ("accounts.yml", "value;gives,x\n1;2\n", "list.csv:1: the column `value;gives` is not"),
        (
            "accounts.yml",
            "value,gives,until\n1,2,x2026-07-01\n",
            "list.csv:2: `x2026-07-01` does not",
        ),
        ("accounts.yml", "value,gives\n1,2,\n", "list.csv:2: more cells than the first line"),
        (
            "tax_codes.yml",
            "company,tax,percent,no_tax,code\nHCA,GST,,,G5\n",
            "list.csv:2: a row has either `tax` and `percent`, or `no_tax`",
        ),
        (
            "tax_codes.yml",
            "company,tax,percent,no_tax,code\nHCA,,,no,G5\n",
            "list.csv:2: `no` does not fit in `no_tax`; expected: yes, or nothing",
        ),
        (
            "tax_codes.yml",
            "company,tax,percent,no_tax,code\nHCA,GST,100.01,,G5\nHCA,,,yes,E\nHUS,,,1,E\n",
            "list.csv:2: HCA GST: 100.01 percent is not a tax rate",
        ),
        (
            "companies.yml",
            "location,company\nAustin,HUS\nReno,HXX\n",
            "list.csv:3: Reno HXX: company `HXX` is not in the list of companies (HCA, HUS)",
        ),
        ("accounts.yml", "value\n1\n", "list.csv:1: the column `gives` is missing"),
        ("accounts.yml", "value,gives,gives\n1,2,3\n", "list.csv:1: the column `gives` is not"),
        ("accounts.yml", "", "list.csv:1: the column `value` is missing"),
        ("accounts.yml", "value,gives\n1,2,3\n", "list.csv:2: more cells than the first line"),
        ("accounts.yml", "value,gives\n1,\n", "list.csv:2: the cell `gives` is empty"),
        ("accounts.yml", 'value,gives\n1,"2\n', "list.csv:2: this is not readable CSV"),
        (
            "accounts.yml",
            "value,gives,from\n1,2,1.7.2026\n",
            "list.csv:2: `1.7.2026` does not fit in `from`; expected: a day such as 2026-07-01",
        ),
        (
            "accounts.yml",
            "value,gives,from\n1,2,2026-02-30\n",
            "list.csv:2: 1 2: `2026-02-30` is not a day of the calendar",
        ),
        (
            "accounts.yml",
            "value,gives,company\n1,2,XX\n",
            "list.csv:2: 1 2: company `XX` is not in the list",
        ),
        (
            "accounts.yml",
            "value,gives,company\n1,2,\n1,3,HUS\n",
            "list.csv:2: 1 2: this row always fits, so the rows below it never count",
        ),
        (
            "tax_codes.yml",
            "company,tax,percent,code\nHCA,GST,five,G5\n",
            "list.csv:2: `five` does not fit in `percent`; expected: a percentage such as 8.25",
        ),
        (
            "tax_codes.yml",
            "company,tax,percent,no_tax,code\nHCA,GST,5,yes,G5\n",
            "list.csv:2: a row has either `tax` and `percent`, or `no_tax`",
        ),
        (
            "companies.yml",
            "location,company\n,HUS\n",
            "list.csv:2: HUS: the row says nothing of a location or department",
        ),
    ],
)
def test_a_wrong_csv_file_is_refused_with_its_line(
    folder: Path, file: str, text: str, fault: str
) -> None:
    """The line is that of the CSV file, not of the file that names it."""
    assert any(line.startswith(fault) for line in refusal(folder, file, text))


def test_two_faults_of_a_row_and_two_wrong_columns_are_each_told(folder: Path) -> None:
    """Once, all together."""
    text = "value,gives,value,more\n1,2,3,4\n"
    known = "known: value, gives, company, from, until, note"
    assert refusal(folder, "accounts.yml", text) == [
        f"list.csv:1: the column `more` is not known or stands twice; {known}",
        f"list.csv:1: the column `value` is not known or stands twice; {known}",
    ]


def test_a_row_may_be_shorter_than_the_first_line_and_empty_rows_are_none(folder: Path) -> None:
    """Spreadsheets leave both behind."""
    text = "value,gives,company,note\n1,2\n,,,\n 3 , 4 ,HUS,seen\n1,5,HUS\n"
    fault = "list.csv:2: 1 2: this row always fits, so the rows below it never count; move it last"
    assert refusal(folder, "accounts.yml", text) == [fault]
    table = use_csv(folder, "accounts.yml", text.replace("1,5", "6,5")).tables["accounts"]
    found = {key: [row.gives for row in rows] for key, rows in table.rows.items()}
    assert found == {"1": ["2"], "3": ["4"], "6": ["5"]}
    assert [row.where for row in table.rows["3"]] == ["list.csv:4 3 4"]


@pytest.mark.parametrize(("length", "is_read"), [(2_000_000, True), (2_000_001, False)])
def test_a_csv_file_has_two_million_characters_at_most(
    folder: Path,
    length: int,
    is_read: bool,  # noqa: FBT001
) -> None:
    """As the other rule files."""
    text = "value,gives\n1,2\n"
    text += "\n" * (length - len(text))
    if is_read:
        with pytest.raises(ConfigurationError, match=r"list\.csv:\d+: more than 100000 rows"):
            use_csv(folder, "accounts.yml", text)
    else:
        assert refusal(folder, "accounts.yml", text)[0] == (
            "list.csv:1: the file is too large for a rule file"
        )


def test_a_hundred_thousand_rows_are_read(folder: Path) -> None:
    """One more is to be divided; empty ones count, for they are lines."""
    text = "value,gives\n1,2\n" + "\n" * 99_998
    assert len(use_csv(folder, "accounts.yml", text).tables["accounts"].rows) == 1
    (folder / "list.csv").write_text(text + "3,4\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"csv:100001: more than 100000 rows; divide it"):
        load_rules(folder)


def test_a_csv_file_that_is_not_there_is_refused(folder: Path) -> None:
    """The line is that of the file that names it."""
    path = folder / "accounts.yml"
    path.write_text("rules_for: tables\n" + HEADS["accounts.yml"], encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"accounts\.yml:3: there is no file `list\.csv`"):
        load_rules(folder)


def test_a_csv_file_that_no_rule_reads_is_refused(folder: Path) -> None:
    """A list that was meant to count must not be overlooked."""
    (folder / "accounts.csv").write_text("value,gives\n1,2\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"accounts\.csv:1: no rule file reads this file"):
        load_rules(folder)


def test_a_changed_cell_is_another_version(folder: Path) -> None:
    """The evidence names the rules by their version."""
    first = use_csv(folder, "accounts.yml", "value,gives\n1,2\n")
    (folder / "list.csv").write_text("value,gives\n1,3\n", encoding="utf-8")
    assert load_rules(folder).version != first.version


def test_a_long_list_is_found_by_any_spelling_of_its_keys(folder: Path) -> None:
    """Ten thousand rows, keys without regard to case and blanks."""
    rows = "".join(f"Code {number},{number}\n" for number in range(10_000))
    table = use_csv(folder, "accounts.yml", "value,gives\n" + rows).tables["accounts"]
    assert len(table.rows) == 10_000
    assert table.rows[table_key(" CODE  77 ")][0].gives == "77"
