"""Reading answers, and deciding when to ask again."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from tap_procurify.answers import (
    Answer,
    Page,
    UnreadableError,
    read_json,
    read_object,
    read_page,
)
from tap_procurify.retry import (
    BACKOFF_FIRST_S,
    backoff_s,
    is_retriable,
    parse_retry_after,
)

NOW = datetime(2026, 3, 11, 12, tzinfo=timezone.utc)
CLAIMS = {"count": 3, "next": "http://x/?page=2", "page_size": 2, "num_pages": 2}


def answer(body: object, **headers: str) -> Answer:
    """An answer with status 200."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(200, raw, headers)


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"pagination": CLAIMS, "summary": {}}, "data": [{"id": 1}]},
        {"pagination": CLAIMS, "data": [{"id": 1}]},
        {"metadata": {"counts": {}}, "pagination": CLAIMS, "data": [{"id": 1}]},
        {"metadata": None, "pagination": CLAIMS, "data": [{"id": 1}]},
    ],
)
def test_pagination_is_found_in_both_places(body: dict[str, Any]) -> None:
    """Under metadata, or on top."""
    assert read_page(answer(body)) == Page([{"id": 1}], 3, 2, 2, has_next=True)


@pytest.mark.parametrize("claims", [None, [], {"count": "3", "num_pages": -1, "page_size": True}])
def test_claims_that_make_no_sense_are_no_claims(claims: object) -> None:
    """The rows count, not what the envelope says."""
    page = read_page(answer({"metadata": {"pagination": claims}, "data": []}))
    assert page == Page([], None, None, None, has_next=False)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><p>canary</p>",
        b'{"data": [{"secret": "canary"',
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"data": NaN}',
        b'{"data": {"canary": 1}}',
        b'{"data": [1]}',
        b'{"metadata": {}}',
        b"[" * 100_000,
    ],
)
def test_an_unreadable_page_is_told_without_its_body(body: bytes) -> None:
    """HTML, cut off answers and other shapes are errors that quote nothing."""
    with pytest.raises(UnreadableError) as caught:
        read_page(answer(body))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_single_object_stands_under_data() -> None:
    """Anything else is unreadable."""
    assert read_object(answer({"metadata": {}, "data": {"id": 1}})) == {"id": 1}
    with pytest.raises(UnreadableError):
        read_object(answer({"data": []}))


def test_numbers_are_exact() -> None:
    """No amount passes through a binary double."""
    body = read_json(answer(b'{"a": 0.1, "b": 12345678901234567.89, "c": 3}'))
    assert body == {"a": Decimal("0.1"), "b": Decimal("12345678901234567.89"), "c": 3}
    assert all(not isinstance(value, float) for value in body.values())


@pytest.mark.parametrize(
    ("sent", "shown"), [("ab-1.2", "ab-1.2"), ("a b\nc", "none"), ("", "none")]
)
def test_the_request_id_is_shown_if_it_looks_like_one(sent: str, shown: str) -> None:
    """A header cannot put text into the log."""
    assert answer({}, **{"x-request-id": sent}).request_id == shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("Wed, 11 Mar 2026 12:00:30 GMT", 30.0),
        ("Wed, 11 Mar 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 30, None),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str | None, expected: float | None) -> None:
    """Seconds or a date; nonsense is as if it were not there."""
    assert parse_retry_after(text, NOW) == expected


@pytest.mark.parametrize("attempt", range(40))
def test_backoff_doubles_up_to_its_cap(attempt: int) -> None:
    """Full jitter between nothing and the doubled time."""
    most = backoff_s(attempt, cap_s=60, jitter=lambda _low, high: high)
    assert most == min(60, BACKOFF_FIRST_S * 2**attempt)
    assert backoff_s(attempt, cap_s=60, jitter=lambda low, _high: low) == 0


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, False), (400, False), (403, False), (404, False), (408, True), (429, True), (502, True)],
)
def test_only_passing_troubles_are_retried(status: int, *, expected: bool) -> None:
    """A refusal stays one."""
    assert is_retriable(status) is expected
