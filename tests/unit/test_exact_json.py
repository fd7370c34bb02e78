"""JSON with exact decimals: the fast decoder and the patient one say the same."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_ifs_cloud.delivery.entry import pack, unpack
from target_ifs_cloud.exact_json import parse, to_sorted_bytes

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False).filter(lambda d: d.as_tuple()[2] != 0)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | DECIMALS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_a_text_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    """Half surrogate pairs, NaN and infinities included; these by their names."""
    text = json.dumps(value)
    assert parse(text) == json.loads(text, parse_float=Decimal, parse_constant=str)
    assert parse(text.encode()) == parse(text)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), VALUES))
def test_a_record_is_kept_to_the_last_digit(record: dict[str, Any]) -> None:
    """``1.50`` comes back as ``1.50``."""
    assert repr(unpack(pack(record))) == repr(record)


def test_half_a_surrogate_pair_is_kept_all_the_same() -> None:
    """A held record must come back as it was, whatever it holds."""
    record = {"note": "\ud800", "net": Decimal("1.50")}
    assert repr(unpack(pack(record))) == repr(record)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), VALUES), st.randoms(use_true_random=False))
def test_the_order_of_members_changes_no_text(record: dict[str, Any], draw: Any) -> None:
    """The hash of a record says whether it changed, not how it was written."""
    members = list(record.items())
    draw.shuffle(members)
    assert to_sorted_bytes(dict(members)) == to_sorted_bytes(record)


@pytest.mark.parametrize("text", ["", "{", '{"a": 1', "[1,]", '{"a": 1} x', "'a'"])
def test_half_a_text_is_none(text: str) -> None:
    """Never a guess."""
    with pytest.raises(ValueError, match=r"\w"):
        parse(text)


def test_a_text_nested_without_end_is_refused() -> None:
    """In words that the callers know."""
    with pytest.raises(RecursionError):
        parse("[" * 200_000)


def test_no_number_becomes_binary() -> None:
    """``0.1`` is a tenth."""
    assert parse('{"net": 0.1, "rate": 1e-3}') == {"net": Decimal("0.1"), "rate": Decimal("0.001")}
    assert not math.isclose(0, float(parse("1e-3")))


def test_a_number_beyond_any_exponent_comes_as_its_text() -> None:
    """The mapping holds that record; the others go on."""
    beyond = "1e99999999999999999999"
    record = parse(f'{{"net": {beyond}, "tax": 1.50}}')
    assert record == {"net": beyond, "tax": Decimal("1.50")}
    assert unpack(pack(record)) == record
