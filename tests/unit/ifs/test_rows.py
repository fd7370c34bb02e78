"""Values of rows, in every spelling that releases are known to use."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.ifs.rows import (
    RowShown,
    amount,
    cleared,
    day,
    filled,
    flag,
    is_listed,
    is_same,
    key_of,
    shown_row,
    text,
)
from tests.unit.ifs.documents import PROFILE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True), (False, False), ("TRUE", True), ("True", True), ("Y", True), ("1", True),
        ("FALSE", False), ("N", False), ("", False), (1, True), (0, False), (None, None),
        ("perhaps", None),
    ],
)  # fmt: skip
def test_a_flag_has_many_spellings(value: object, expected: bool | None) -> None:  # noqa: FBT001
    """What is none of them says nothing."""
    assert flag({"F": value}, "F") is expected
    assert flag({}, "F") is None
    assert flag({"F": value}, None) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.10"), Decimal("1.10")),
        (3, Decimal(3)),
        ("1.10", Decimal("1.10")),
        ("", None), (None, None), (True, None), ("NaN", None), ([], None), (1.5, None),
    ],
)  # fmt: skip
def test_a_number_is_exact_or_none(value: object, expected: Decimal | None) -> None:
    """A float cannot be exact, so it is none."""
    assert amount({"A": value}, "A") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T23:59:00-08:00", date(2026, 1, 31)),
        ("31.01.2026", None), ("", None), (None, None), (20260131, None),
    ],
)  # fmt: skip
def test_a_date_is_the_day_as_written(value: object, expected: date | None) -> None:
    """Never moved by a time zone."""
    assert day({"D": value}, "D") == expected


@pytest.mark.parametrize("value", [None, {"a": 1}, [1]])
def test_what_is_no_text_is_empty(value: object) -> None:
    """Nested values are not shown."""
    assert text({"T": value}, "T") == ""


@pytest.mark.parametrize(
    ("sent", "seen", "expected"),
    [
        (None, "", True), ("", None, True), (None, "x", False),
        (datetime(2026, 1, 2, tzinfo=timezone.utc), "2026-01-02 00:00:00+00:00", True),
        (datetime(2026, 1, 2, tzinfo=timezone.utc), "2026-01-02", False),
        (True, "TRUE", True), (True, False, False), (False, "FALSE", True), (True, None, False),
        (Decimal("1.10"), "1.1", True), (Decimal("1.10"), Decimal("1.11"), False),
        (1, Decimal("1.0"), True), (1, "x", False), (Decimal(0), None, False),
        (date(2026, 1, 2), "2026-01-02", True), (date(2026, 1, 2), "2026-01-02T00:00:00Z", True),
        (date(2026, 1, 2), "2026-01-03", False), (date(2026, 1, 2), None, False),
        ("a", " a ", True), ("a", "A", False), ("30", 30, True), ("a", None, False),
    ],
)  # fmt: skip
def test_what_was_sent_is_recognised_in_another_spelling(
    sent: object, seen: object, *, expected: bool
) -> None:
    """Numbers as numbers, days as days; text is text."""
    assert is_same(sent, seen) is expected


def test_a_key_keeps_the_type_of_its_values() -> None:
    """Numbers bare, texts quoted, also a company whose name is a number."""
    row = {"Company": "10", "InvoiceId": 7}
    assert key_of(row, ("Company", "InvoiceId"), PROFILE) == "(Company='10',InvoiceId=7)"
    row = {"Company": "10", "InvoiceId": "7", "LoadId": "7", "PartyType": "Supplier"}
    assert key_of(row, ("Company", "InvoiceId"), PROFILE) == "(Company='10',InvoiceId=7)"
    assert key_of(row, ("Company", "LoadId"), PROFILE) == "(Company='10',LoadId='7')"
    assert key_of(row, ("PartyType",), PROFILE) == (
        "(PartyType=IfsApp.SupplierHandling.PartyType'Supplier')"
    )


def test_a_parent_that_a_row_does_not_show_is_no_part_of_its_key() -> None:
    """Which parents belong to a key is inferred; the row's own field must be there."""
    names = ("Company", "InvoiceId", "ItemId", "RowId")
    row = {"Company": "10", "InvoiceId": 7, "RowId": 3}
    assert key_of(row, names, PROFILE) == "(Company='10',InvoiceId=7,RowId=3)"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Preliminary", True), ("PRELIMINARY", True), (" preliminary ", True),
        ("IfsApp.ManualSupplierInvoiceHandling.ManSuppInvoiceState'Preliminary'", True),
        ("PrelPosted", False), ("", False), ("Prelim", False),
    ],
)  # fmt: skip
def test_a_state_is_recognised_in_any_spelling(word: str, *, expected: bool) -> None:
    """Plain, in capitals, qualified; nothing else counts as the same."""
    assert is_listed(word, ("Preliminary",)) is expected


def test_days_are_sent_as_moments_only_where_the_profile_says_so() -> None:
    """Midnight in UTC, and back again the same day."""
    fields = {"WantedReceiptDate": date(2026, 1, 31), "OrderDate": date(2026, 1, 31), "X": None}
    sent = filled(fields, PROFILE)
    moment = datetime(2026, 1, 31, tzinfo=timezone.utc)
    assert sent == {"WantedReceiptDate": moment, "OrderDate": date(2026, 1, 31)}
    assert cleared({"X": None}, PROFILE) == {"X": None}
    moments = {"WantedReceiptDate": moment, "X": 7}
    assert filled(moments, PROFILE) == moments
    texts = {"WantedReceiptDate": "soon"}
    assert filled(texts, PROFILE) == texts
    for shown_as in ("2026-01-31T00:00:00Z", "2026-01-30T19:00:00-05:00", "2026-01-31"):
        assert is_same(date(2026, 1, 31), shown_as)
    assert not is_same(date(2026, 1, 31), "2026-01-30T20:00:00-05:00")


def test_a_row_stands_below_its_collection() -> None:
    """With the ETag that came with it, and none where none came."""
    row = {"Company": "10", "InvoiceId": 7, "@odata.etag": 'W/"x"'}
    names = ("Company", "InvoiceId")
    found = shown_row(row, collection="p/Set", names=names, profile=PROFILE)
    path = "p/Set(Company='10',InvoiceId=7)"
    assert found == RowShown(path=path, etag='W/"x"', values=row)
    del row["@odata.etag"]
    assert shown_row(row, collection="p/Set", names=names, profile=PROFILE).etag == ""


def test_a_row_without_its_key_is_a_matter_for_the_profile() -> None:
    """The field is named."""
    with pytest.raises(ConfigurationError, match="InvoiceId"):
        key_of({"Company": "10"}, ("Company", "InvoiceId"), PROFILE)
