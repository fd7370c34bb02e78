"""What STATE remembers, and which STATE is refused."""

from __future__ import annotations

import base64
import zlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_procurify import memory as memory_module
from tap_procurify.bookmarks import (
    Bookmark,
    FutureError,
    check_state,
    read_bookmark,
    write_bookmark,
)
from tap_procurify.errors import ConfigurationError
from tap_procurify.memory import Memory, mark_of, unpack_memory

NOW = datetime(2026, 3, 11, 12, tzinfo=timezone.utc)


def read(state: dict[str, Any]) -> Bookmark:
    """The bookmark of a stream as a run of tenant harbour reads it."""
    return read_bookmark(state, stream="bills", replication_key="stamp", tenant="harbour", now=NOW)


@given(marks=st.dictionaries(st.text(max_size=40), st.text(max_size=9)), is_whole=st.booleans())
def test_memory_survives_state(marks: dict[str, str], *, is_whole: bool) -> None:
    """Packing and unpacking gives the same memory."""
    found = unpack_memory(Memory(marks, is_whole=is_whole).pack())
    assert {key: found.mark(key) for key in found} == marks
    assert found.is_whole is is_whole


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all",
        "none:abc",
        "all:%%%",
        "all:é",
        "part:" + base64.b64encode(b"no zlib").decode(),
        "part:" + base64.b64encode(zlib.compress(b"[1]")).decode(),
        "part:" + base64.b64encode(zlib.compress(b'{"a": 1}')).decode(),
        "part:" + base64.b64encode(zlib.compress(b"\xff")).decode(),
        5,
    ],
)
def test_a_broken_memory_is_refused(text: object) -> None:
    """Only what was packed is unpacked; the stream's STATE is refused by name."""
    with pytest.raises(ValueError, match="memory"):
        unpack_memory(text)
    with pytest.raises(ConfigurationError, match="bills"):
        read({"memory": text})


def test_a_memory_too_large_for_a_state_line_forgets_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Forgotten rows are emitted again at worst; the memory no longer claims to know all."""
    monkeypatch.setattr(memory_module, "ENTRIES_MAX", 3)
    memory = Memory({str(number): "m" for number in range(5)}, is_whole=True)
    found = unpack_memory(memory.pack())
    assert list(found) == ["2", "3", "4"]
    assert found.is_whole is False


def test_a_lasting_memory_stays_small_while_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps the newest, forgets nothing by age, and says when it no longer knows all."""
    monkeypatch.setattr(memory_module, "ENTRIES_MAX", 3)
    monkeypatch.setattr(memory_module, "SURPLUS_MAX", 2)
    memory = Memory(is_whole=True)
    memory.is_lasting = True
    for number in range(5):
        memory.note(str(number), "m", NOW - timedelta(days=900))
    memory.keep_since(NOW)
    assert (len(memory), memory.is_whole) == (5, True)
    memory.note("5", "m", NOW)
    assert (list(memory), memory.is_whole) == (["3", "4", "5"], False)


def test_only_rows_in_reach_of_the_next_run_are_kept() -> None:
    """Rows older than the next window, and rows not seen in this run, are dropped."""
    memory = Memory({"unseen": "m"}, is_whole=True)
    memory.note("old", "m", NOW - timedelta(days=3))
    memory.note("fresh", "m", NOW)
    memory.note("undated", "m", None)
    memory.keep_since(NOW - timedelta(days=1))
    assert sorted(memory) == ["fresh", "undated"]
    assert memory.is_whole is False


def test_a_mark_changes_with_any_field_and_not_with_their_order() -> None:
    """The fingerprint is of the content."""
    row = {"id": 1, "total": Decimal("10.10"), "when": None}
    assert mark_of(row) == mark_of(dict(reversed(list(row.items()))))
    assert mark_of(row) != mark_of(row | {"total": Decimal("10.1")})
    assert mark_of(row) != mark_of(row | {"when": ""})


def test_a_bookmark_survives_state() -> None:
    """What one run writes the next one reads."""
    state: dict[str, Any] = {}
    memory = Memory({"1": "m"})
    bookmark = Bookmark(moment=NOW, memory=memory, swept_at=NOW - timedelta(hours=2))
    write_bookmark(state, bookmark, replication_key="stamp", tenant="harbour")
    found = read(state)
    assert (found.moment, found.swept_at) == (bookmark.moment, bookmark.swept_at)
    assert found.memory.mark("1") == "m"
    assert state["replication_key_value"] == "2026-03-11T12:00:00.000000Z"


def test_a_bookmark_written_by_hand_is_enough() -> None:
    """Replication key and value alone are a STATE, with any offset."""
    state = {"replication_key": "stamp", "replication_key_value": "2026-03-01T05:00:00-07:00"}
    assert read(state).moment == datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    assert read({}).moment is None


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"tenant": "acme"}, "belongs to 'acme'"),
        ({"replication_key": "other", "replication_key_value": "2026-01-01"}, "replication key"),
        ({"replication_key_value": "yesterday"}, "no date"),
        ({"replication_key_value": 17}, "no date"),
        ({"swept_at": []}, "swept_at is no date"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(state: dict[str, Any], reason: str) -> None:
    """The message names the stream, the reason, and what to do."""
    with pytest.raises(ConfigurationError, match=reason) as caught:
        read(state)
    assert "bills" in str(caught.value)
    assert "Nothing was read" in str(caught.value)


def test_a_state_from_the_future_is_refused_but_a_slow_clock_is_not() -> None:
    """Five minutes of difference between clocks are normal."""
    ahead = (NOW + timedelta(minutes=4)).isoformat()
    assert read({"replication_key_value": ahead}).moment == NOW + timedelta(minutes=4)
    with pytest.raises(FutureError, match="future"):
        read({"replication_key_value": (NOW + timedelta(minutes=6)).isoformat()})


@pytest.mark.parametrize("state", [[], "x", {"bookmarks": []}, {"bookmarks": {"bills": 1}}, None])
def test_a_state_of_another_shape_is_refused(state: object) -> None:
    """Not even the outline of a STATE."""
    with pytest.raises(ConfigurationError):
        check_state(state)
