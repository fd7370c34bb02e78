"""Values of Procurify records, of any shape: what is read, what is none, and where a limit is."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.records import (
    identity,
    pick,
    read_amount,
    read_date,
    read_id,
    read_rows,
    read_text,
    read_whole,
    shown,
    source_of,
)

BIG = 10**18
FEW_PLACES, MANY_PLACES = Decimal(1).scaleb(-30), Decimal(1).scaleb(-31)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a \n b ", "a b"), ("", ""), (None, ""), (True, "true"), (False, "false"),
        (0, "0"), (BIG - 1, str(BIG - 1)), (1 - BIG, str(1 - BIG)), (BIG, None), (-BIG, None),
        (Decimal("1.10"), "1.10"), (Decimal("1E+3"), "1000"),
        (Decimal(BIG) - 1, str(BIG - 1)), (Decimal(BIG), None), (Decimal(-BIG), None),
        (FEW_PLACES, format(FEW_PLACES, "f")), (MANY_PLACES, None), (Decimal("NaN"), None),
        ("a\u200bb", "a\u200bb"), ("a\x00b", None), ("\ud800", None), (1.5, None), ([], None),
    ],
)  # fmt: skip
def test_a_text_is_one_trimmed_line_or_none(value: object, text: str | None) -> None:
    """Numbers are written out as long as that is short; what cannot be written is no text."""
    assert read_text(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7), (-7, -7), (0, 0), (True, None), (None, None), ("", None), (" 7 ", 7), ("-7", -7),
        ("7.0", None), ("9" * 18, BIG - 1), ("9" * 19, None), (BIG - 1, BIG - 1), (BIG, None),
        (-BIG, None), (Decimal("7.0"), 7), (Decimal("7.5"), None), (Decimal(BIG), None),
        (Decimal("NaN"), None), (1.0, None),
    ],
)  # fmt: skip
def test_a_whole_number_may_be_a_text_or_a_decimal(value: object, number: int | None) -> None:
    """Up to eighteen digits; yes and no are no numbers."""
    found = read_whole(value)
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"), (Decimal("7.0"), "7"), (Decimal("7.5"), ""), (" a ", "a"), (None, ""),
        (True, ""), ({}, ""), ("x" * 64, "x" * 64), ("x" * 65, ""), (BIG, ""),
    ],
)  # fmt: skip
def test_an_id_is_a_text_of_at_most_64_characters(value: object, text: str) -> None:
    """Longer ones, and what is no id, are none."""
    assert read_id(value) == text


def test_an_identity_that_grows_in_small_letters_is_none() -> None:
    """The Turkish capital I is two characters then, and 64 is the most that is kept."""
    assert identity("bill", {"uuid": "A-b" * 20}) == "ab" * 20
    assert identity("bill", {"uuid": "İ" * 64}) == ""
    assert identity("vendor", {"id": "A-b"}) == "A-b"


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-03-09", date(2026, 3, 9)), (" 2026-03-09T23:00:00-08:00 ", date(2026, 3, 9)),
        ("2026-03-09 2300", date(2026, 3, 9)), (date(2026, 3, 9), date(2026, 3, 9)),
        (datetime(2026, 3, 9, 23, tzinfo=timezone.utc), date(2026, 3, 9)),
        ("1900-01-01", date(1900, 1, 1)), ("1899-12-31", None),
        ("2199-12-31", date(2199, 12, 31)), ("2200-01-01", None),
        ("2026-02-29", None), ("2026-13-01", None), ("09.03.2026", None), (20260309, None),
    ],
)  # fmt: skip
def test_a_date_is_the_day_as_written_between_1900_and_2199(
    value: object, day: date | None
) -> None:
    """Anything else is a slip of the pen."""
    found = read_date(value)
    assert (found, type(found)) == (day, type(day))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'), ("x" * 40, f'"{"x" * 40}"'), ("x" * 41, f'"{"x" * 40}…"'), (None, '""'),
        ({}, "a record"), ([], "a list"), ((), "a list"), (1.5, "an unreadable float"),
    ],
)  # fmt: skip
def test_a_value_in_a_message_is_cut_at_forty_characters(value: object, text: str) -> None:
    """And never a whole record."""
    assert shown(value) == text


def test_a_path_leads_eleven_fields_deep() -> None:
    """Deeper ones end at nothing, as every way does that ends early."""
    record: object = "found"
    for _ in range(11):
        record = {"a": record}
    assert pick(record, ".".join("a" * 11)) == "found"
    assert pick({"a": record}, ".".join("a" * 12)) is None
    assert pick({"a": {"b": 7}}, "a.b.c") is None


def test_five_thousand_rows_are_read_and_one_more_is_a_problem() -> None:
    """So many elements may one request to IFS carry."""
    findings = Findings()
    rows = [{"id": 1}] * 5000
    assert len(read_rows({"items": rows}, "items", findings)) == 5000
    assert read_rows({}, "items", findings) == ()
    assert not findings.problems
    assert read_rows({"items": [*rows, {}]}, "items", findings, within="order") == ()
    (problem,) = findings.problems
    assert (problem.code, problem.field) == ("too_many_lines", "order.items")
    assert problem.message == "order.items has 5001 rows; 5000 is the most that is sent at once"


@pytest.mark.parametrize("value", ["text", 7, {"id": 1}, [{"id": 1}, 7]])
def test_what_is_no_list_of_records_is_a_problem(value: object) -> None:
    """One row that is none is enough."""
    findings = Findings()
    assert read_rows({"items": value}, "items", findings) == ()
    assert [(p.code, p.field) for p in findings.problems] == [("record_unreadable", "items")]


@pytest.mark.parametrize(
    ("value", "is_exact_needed", "amount", "code"),
    [
        ("80.00", True, "80.00", None),
        ("", True, None, None),
        (None, True, None, None),
        ("80.005", True, None, "amount_decimals"),
        ("80.005", False, "80.005", None),
        ("80.123456789012", False, "80.123456789012", None),
        ("80.1234567890123", False, None, "amount_decimals"),
        ("eighty", True, None, "amount_unreadable"),
        (80.5, True, None, "amount_unreadable"),
        # A binary double stands within a trillionth of its size beside what it means.
        ("80.00000000008", True, "80.00", None),
        ("80.00000000009", True, None, "amount_decimals"),
        ("0.000000000001", True, "0.00", None),
        ("0.000000000002", True, None, "amount_decimals"),
        ("-29.999999999997", True, "-30.00", None),
    ],
)
def test_an_amount_is_exact_but_for_the_noise_of_doubles(
    value: object, *, is_exact_needed: bool, amount: str | None, code: str | None
) -> None:
    """Twelve decimals at most, even where parts of a cent are allowed."""
    findings = Findings()
    found = read_amount(value, "total", "USD", findings, is_exact_needed=is_exact_needed)
    assert (None if found is None else str(found)) == amount
    assert [problem.code for problem in findings.problems] == ([code] if code else [])


@pytest.mark.parametrize(
    ("record", "label", "version"),
    [
        ({"invoice_number": "7", "id": 1, "version": "3"}, "bill 7", 3),
        ({"invoice_number": " ", "id": 1}, "bill 1", None),
        ({}, "bill without a name", None),
        ({"invoice_number": "x" * 55}, "bill " + "x" * 55, None),
        ({"invoice_number": "x" * 56}, "bill " + "x" * 55, None),
    ],
)
def test_a_source_is_named_by_what_people_know_it_by(
    record: object, label: str, version: int | None
) -> None:
    """Sixty characters of it."""
    source = source_of("bill", record)
    assert (source.label, source.version) == (label, version)


def test_a_record_without_identity_is_named_by_sixteen_digits_of_what_it_says() -> None:
    """Long enough to be told from every other."""
    record = {"id": 1}
    source = source_of("bill", record)
    assert source.id == f"no-identity-{source.hash[:16]}"
    assert len(source.hash) == 64
    loop: dict[str, object] = {}
    loop["a"] = loop
    assert source_of("bill", loop).id.startswith("no-identity-")
