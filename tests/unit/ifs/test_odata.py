"""The texts of OData: nothing that a value holds can change what they say."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_ifs_cloud.ifs.odata import (
    Filter,
    Literal,
    Member,
    all_of,
    any_of,
    array_elements,
    at_least,
    body,
    chunks_within,
    encoded_length,
    equals,
    error_of,
    is_duplicate,
    is_stale,
    key,
    literal,
    parse_error,
    parse_json,
    query,
    same_text,
    version_of,
)
from target_ifs_cloud.wire.exchange import NO_ERROR, ErrorText

SOFIA = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (Decimal("10.10"), "10.10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.001"), "-0.001"),
        ("O'Brien", "'O''Brien'"),
        ("", "''"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 12, 0, 5, 9, tzinfo=SOFIA), "2026-01-31T10:00:05Z"),
        (Member("IfsApp.SupplierHandling.PartyType", "Supplier"),
         "IfsApp.SupplierHandling.PartyType'Supplier'"),
    ],
)  # fmt: skip
def test_literals_are_written_as_documented(value: Literal, text: str) -> None:
    """Dates plain, moments in UTC without fractions, quotes doubled, members qualified."""
    assert literal(value) == text


@pytest.mark.parametrize("value", [1.5, datetime(2026, 1, 1), Decimal("NaN"), b"x"])  # noqa: DTZ001
def test_what_has_no_exact_form_is_refused(value: object) -> None:
    """A binary float, a moment without offset, a number that is none."""
    with pytest.raises(TypeError):
        literal(value)  # type: ignore[arg-type]


def test_a_key_names_its_parts_and_is_percent_encoded() -> None:
    """Quotes doubled first, then everything that an address could trip over."""
    assert key([("Company", "X"), ("InvoiceId", 1)]) == "(Company='X',InvoiceId=1)"
    assert key([("Id", "a/b?c#d&e f'g+%ü")]) == ("(Id='a%2Fb%3Fc%23d%26e%20f''g%2B%25%C3%BC')")
    with pytest.raises(ValueError, match="at least one"):
        key([])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_a_key(value: str) -> None:
    """Decoded, it is the quoted literal again, and no reserved character is left bare."""
    text = key([("Id", value)])
    assert unquote(text) == f"(Id={literal(value)})"
    assert not set('/?#&+ "<>\\\r\n') & set(text)


def test_filters_join_without_changing_their_meaning() -> None:
    """A chain stands in brackets, a single part does not need them."""
    a, b = equals("A", "x"), equals("B", 2)
    assert all_of([a]) == "A eq 'x'"
    assert all_of([a, any_of([a, b])]) == "(A eq 'x' and (A eq 'x' or B eq 2))"
    assert at_least("B", Decimal("2.50")) == "B ge 2.50"
    assert same_text("No", " Inv-1 ") == "tolower(trim(No)) eq 'inv-1'"
    with pytest.raises(ValueError, match="at least one"):
        any_of([])


def test_a_query_is_percent_encoded() -> None:
    """A plus or an ampersand in a value cannot end it."""
    assert query({}) == ""
    assert query({"$filter": "A eq 'x&y+z'", "$top": 5}) == ("?$filter=A%20eq%20'x%26y%2Bz'&$top=5")


@given(
    st.lists(st.text(min_size=1, max_size=60), max_size=60),
    st.integers(min_value=80, max_value=400),
    st.integers(min_value=1, max_value=20),
)
def test_chunks_keep_every_part_in_order_and_within_the_limits(
    values: list[str], length_max: int, count_max: int
) -> None:
    """Only a part that is too long by itself may exceed the length, and then it is alone."""
    parts = [equals("A", value) for value in values]
    chunks = chunks_within(parts, length_max=length_max, count_max=count_max)
    assert [part for chunk in chunks for part in chunk] == parts
    for chunk in chunks:
        assert 1 <= len(chunk) <= count_max
        assert len(chunk) == 1 or encoded_length(" or ".join(chunk)) <= length_max


@pytest.mark.parametrize(
    ("length_max", "count_max", "sizes"),
    [(60, 3, [3]), (59, 3, [2, 1]), (60, 2, [2, 1]), (40, 3, [2, 1]), (39, 3, [1, 1, 1])],
)
def test_a_chunk_is_filled_to_its_limits(length_max: int, count_max: int, sizes: list[int]) -> None:
    """Each part is 12 characters and its ``or`` 8, as an address writes them."""
    parts = [Filter("ABCDEFGHIJKL")] * 3
    chunks = chunks_within(parts, length_max=length_max, count_max=count_max)
    assert [len(chunk) for chunk in chunks] == sizes


def test_an_empty_list_makes_no_chunk() -> None:
    """Nothing to ask, nothing asked."""
    assert chunks_within(list[Filter](), length_max=10, count_max=1) == []


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_decimals_travel_exactly_both_ways(value: Decimal) -> None:
    """As a number by default, as a string where a site asks for it."""
    assert parse_json(body({"A": value})) == {"A": value}
    assert parse_json(body({"A": value}, decimal_as_string=True)) == {"A": format(value, "f")}


def test_bodies_hold_every_kind_of_value() -> None:
    """Dates are plain texts, nested values stay nested, text is escaped."""
    value = {"D": date(2026, 1, 2), "B": True, "N": None, "T": 'a"\n', "L": [1, {"X": Decimal(2)}]}
    assert json.loads(body(value)) == {
        "D": "2026-01-02",
        "B": True,
        "N": None,
        "T": 'a"\n',
        "L": [1, {"X": 2}],
    }


def test_a_float_in_a_body_is_refused() -> None:
    """It has already lost what was written."""
    with pytest.raises(TypeError):
        body({"A": 0.1})


def test_a_body_is_nested_twenty_levels_deep() -> None:
    """Lists and records count alike; one more is refused."""
    value: object = 1
    for _ in range(10):
        value = {"A": [value]}
    assert parse_json(body(value)) == value
    with pytest.raises(ValueError, match="nested deeper than 20 levels"):
        body([value])


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (7, 0), ({}, 0), ([], 0), ([1, 2], 2), ({"A": [1], "B": [2, 3]}, 3),
        ({"A": [{"B": [1, 2]}, {"B": []}]}, 4), ([[1], (2, 3)], 5), ({"A": "text"}, 0),
    ],
)  # fmt: skip
def test_the_elements_of_all_arrays_in_a_body_are_counted(value: object, count: int) -> None:
    """At every depth; texts are no arrays."""
    assert array_elements(value) == count


def test_a_bottomless_body_is_refused() -> None:
    """A value that holds itself ends with an error, not with the stack."""
    loop: dict[str, object] = {}
    loop["A"] = loop
    with pytest.raises(ValueError, match="nested deeper"):
        body(loop)
    chain: list[object] = []
    chain.append(chain)
    with pytest.raises(ValueError, match="nested deeper"):
        body(chain)


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": NaN}', b"[Infinity]", b"[" * 100_000, b"\xff"])
def test_unreadable_json_is_one_kind_of_error(text: bytes) -> None:
    """Cut short, not a number, nested without end, no text at all."""
    with pytest.raises(ValueError):  # noqa: PT011  (the kind is the point)
        parse_json(text)


@pytest.mark.parametrize(
    ("etag", "expected"),
    [
        ('W/"Vy8iQUFBYkFJQUFZQUFEb0hBQUg6MjAyNTA3MTYwNjQzMTQi"',
         ("AAAbAIAAYAADoHAAH", "20250716064314")),
        ('W/"Vy8iQUFBOjMi"', ("AAA", "3")),
        ('"plain"', None),
        ('W/"not base64!"', None),
        ('W/"/w=="', None),
        ("", None),
    ],
)  # fmt: skip
def test_an_etag_can_be_looked_into(etag: str, expected: tuple[str, str] | None) -> None:
    """Row id and version where it is of the known make, nothing otherwise."""
    assert version_of(etag) == expected


def error(code: object, message: object = "", details: object = None) -> bytes:
    """An error body."""
    return json.dumps({"error": {"code": code, "message": message, "details": details}}).encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            error("DATABASE_ERROR", "x", [{"message": "ORA-20112: ManSuppInvoice.EXIST: there"}]),
            ErrorText("DATABASE_ERROR", 20112, "ManSuppInvoice.EXIST", "there"),
        ),
        (
            error("DATABASE_ERROR", "ORA-20105: AccountingCode.BLOCKED: nicht erlaubt"),
            ErrorText("DATABASE_ERROR", 20105, "AccountingCode.BLOCKED", "nicht erlaubt"),
        ),
        (
            error("DATABASE_ERROR", "", [{"message": "ORA-20113: FND_LOCKED: Zeile gesperrt"}]),
            ErrorText("DATABASE_ERROR", 20113, "FND_LOCKED", "FND_LOCKED: Zeile gesperrt"),
        ),
        (
            error("DATABASE_ERROR", "", [{"message": "FND_LOCKED by somebody"}]),
            ErrorText("DATABASE_ERROR", 0, "FND_LOCKED", "FND_LOCKED by somebody"),
        ),
        (
            error("DATABASE_ERROR", "", [{"message": "first"}, {"message": "ORA-00001: unique"}]),
            ErrorText("DATABASE_ERROR", 1, "", "unique"),
        ),
        (
            error("MI_MODIFIED_ERROR", "changed"),
            ErrorText("MI_MODIFIED_ERROR", words="changed"),
        ),
        (error(None, None, "odd"), NO_ERROR),
        (error(5, 5, [5]), ErrorText(words="5")),
        (b'{"error": "text"}', NO_ERROR),
        (b'{"value": []}', NO_ERROR),
        (b"<html>", NO_ERROR),
        (b"", NO_ERROR),
    ],
)
def test_refusals_are_classified_by_code_number_and_tag(text: bytes, expected: ErrorText) -> None:
    """The words, which follow the user's language, are kept for people and classify nothing."""
    assert parse_error(text) == expected


def test_an_error_of_a_million_characters_is_read_and_a_longer_one_is_none() -> None:
    """Nothing of ours answers with so much."""
    text = error("X")
    assert parse_error(text + b" " * (1_000_000 - len(text))) == ErrorText("X")
    assert parse_error(text + b" " * (1_000_001 - len(text))) == NO_ERROR


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"value": []}, None),
        ([], None),
        (None, None),
        ({"error": None}, NO_ERROR),
        ({"error": {"code": "X"}}, ErrorText("X")),
    ],
)
def test_an_error_inside_a_good_answer_is_seen(value: object, expected: ErrorText | None) -> None:
    """Whatever its shape."""
    assert error_of(value) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (ErrorText("DATABASE_ERROR", 20112, "ManSuppInvoice.ERR"), True),
        (ErrorText("DATABASE_ERROR", 20113, "ManSuppInvoice.ERR"), False),
        (ErrorText("DATABASE_ERROR", 20111, "ManSuppInvoice.ERR"), False),
        (ErrorText("DATABASE_ERROR", 20110, "EXIST"), True),
        (ErrorText("DATABASE_ERROR", 20110, "EXIST.NULLVALUE"), False),
        (ErrorText("DATABASE_ERROR", 20110, "ManSuppInvoice.EXIST"), True),
        (ErrorText("DATABASE_ERROR", 20110, "ManSuppInvoice.INVOICE_EXISTS"), True),
        (ErrorText("DATABASE_ERROR", 20111, "Account.NOTEXIST"), False),
        (ErrorText("DATABASE_ERROR", 20110, "Account.CODE_NOT_EXIST"), False),
        (ErrorText("DATABASE_ERROR", 20110, "Account.NULLVALUE"), False),
    ],
)
def test_a_duplicate_is_told_from_something_that_is_not_there(
    found: ErrorText, *, expected: bool
) -> None:
    """EXIST and NOTEXIST mean opposite things."""
    assert is_duplicate(found) is expected


@pytest.mark.parametrize(
    ("found", "status", "expected"),
    [
        (NO_ERROR, 412, True),
        (NO_ERROR, 411, False),
        (NO_ERROR, 413, False),
        (ErrorText("DATABASE_ERROR", 20113, "X.MODIFIED"), 400, False),
        (ErrorText("DATABASE_ERROR", 20116, "X.MODIFIED"), 400, False),
        (ErrorText("DATABASE_ERROR", 20114, "X.MODIFIED"), 400, True),
        (ErrorText("DATABASE_ERROR", 20115, "X.REMOVED"), 400, True),
        (ErrorText("DATABASE_ERROR", 20110, "X.ERR"), 400, False),
    ],
)
def test_old_knowledge_is_recognised(found: ErrorText, status: int, *, expected: bool) -> None:
    """By status, or by the number of the database."""
    assert is_stale(found, status=status) is expected
