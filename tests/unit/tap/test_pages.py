"""Paging through lists that move, lie, or end early."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_procurify import pages as pages_module
from tap_procurify.answers import Page
from tap_procurify.errors import TemporaryError
from tap_procurify.pages import PASSES_MAX, PageRun

Row = dict[str, Any]
SIZE = 3


def page_of(
    rows: list[Row], number: int, *, size: int = SIZE, count: int | None = -1
) -> Page | None:
    """The page as an honest server gives it; past the end there is none."""
    pages = max(1, -(-len(rows) // size))
    if number > pages:
        return None
    part = rows[(number - 1) * size : number * size]
    claimed = len(rows) if count == -1 else count
    return Page(part, claimed, pages, size, has_next=number < pages)


def read(fetch: Callable[[int], Page | None]) -> list[Row]:
    """All rows that a run gives."""
    run = PageRun(
        fetch=fetch,
        key_of=lambda row: str(row["id"]),
        page_size=SIZE,
        stream="bills",
        sleep=lambda _seconds: None,
    )
    return [row.data for row in run.rows()]


def rows(*numbers: int) -> list[Row]:
    """Rows with these ids."""
    return [{"id": number} for number in numbers]


@pytest.mark.parametrize("amount", range(11))
def test_a_still_list_is_read_once(amount: int) -> None:
    """Each row once and in order, whatever the number of rows."""
    truth = rows(*range(amount))
    assert read(lambda number: page_of(truth, number)) == truth


def test_a_reduced_page_size_is_no_end() -> None:
    """The server gives two rows where three were asked for; only the envelope says so."""
    truth = rows(*range(7))
    assert read(lambda number: page_of(truth, number, size=2)) == truth


@pytest.mark.parametrize("claim", [True, False])
def test_missing_claims_do_not_end_the_list_early(*, claim: bool) -> None:
    """Without count and pages a full page, or a next one, means that there is more."""
    truth = rows(*range(7))

    def fetch(number: int) -> Page | None:
        page = page_of(truth, number)
        return page and Page(page.rows, None, None, None, has_next=claim and page.has_next)

    assert read(fetch) == truth


def test_a_count_and_page_number_that_are_too_low_hide_nothing() -> None:
    """A full page is never believed to be the last."""
    truth = rows(*range(8))

    def fetch(number: int) -> Page | None:
        page = page_of(truth, number)
        return page and Page(page.rows, 3, 1, SIZE, has_next=False)

    assert read(fetch) == truth


def test_a_count_that_stays_too_high_is_an_error() -> None:
    """Rows that are claimed and never shown may be missing; nothing is assumed."""
    given_rows: list[Row] = []
    run = PageRun(
        fetch=lambda number: page_of(rows(1, 2), number, count=5),
        key_of=lambda row: str(row["id"]),
        page_size=SIZE,
        stream="bills",
        sleep=lambda _seconds: None,
    )
    with pytest.raises(TemporaryError, match=r"bills: .* 2 rows read, 5 claimed, .*trust_counts"):
        given_rows.extend(row.data for row in run.rows())
    assert given_rows == rows(1, 2)


def test_a_count_that_is_known_to_be_wrong_can_be_passed_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A list at rest is then believed, and a warning says so; one that moves is not."""
    run = PageRun(
        fetch=lambda number: page_of(rows(1, 2), number, count=5),
        key_of=lambda row: str(row["id"]),
        page_size=SIZE,
        stream="bills",
        sleep=lambda _seconds: None,
        trust_counts=False,
    )
    assert [row.data for row in run.rows()] == rows(1, 2)
    assert "count of a list is wrong" in caplog.text
    ever = itertools.count(3)
    moving = replace(run, fetch=lambda number: page_of(rows(1, next(ever)), number, count=5))
    with pytest.raises(TemporaryError, match="did not agree"):
        list(moving.rows())


def test_a_server_that_repeats_its_last_page_does_not_loop() -> None:
    """Past the end some servers answer the last page again."""
    truth = rows(*range(6))
    asked: list[int] = []

    def fetch(number: int) -> Page | None:
        asked.append(number)
        return page_of(truth, min(number, 2))

    assert read(fetch) == truth
    assert len(asked) == 3


def test_endless_pages_end_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit to everything."""
    monkeypatch.setattr(pages_module, "PAGES_MAX", 20)
    with pytest.raises(TemporaryError, match="20 pages"):
        read(lambda number: Page(rows(number), None, None, 1, has_next=True))


def test_a_row_that_is_listed_twice_every_time_is_given_once() -> None:
    """A filter that joins may repeat rows; two equal readings prove that nothing moved."""
    assert read(lambda number: page_of(rows(1, 2, 2, 3), number)) == rows(1, 2, 3)


def test_a_page_that_vanishes_is_read_again() -> None:
    """Rows left the list while it was paged, so those after them moved up unseen."""
    truth = rows(*range(7))
    asked: list[int] = []

    def fetch(number: int) -> Page | None:
        page = page_of(truth, number)
        asked.append(number)
        if asked == [1]:
            del truth[0:2]
        return page

    found = read(fetch)
    assert {row["id"] for row in found} >= {row["id"] for row in truth}
    assert asked.count(1) > 1


def test_a_list_that_never_rests_ends_in_an_error_and_not_in_a_gap() -> None:
    """The bookmark stays where it is when the pages never agree."""
    passes = asked = 0

    def fetch(number: int) -> Page | None:
        nonlocal passes, asked
        passes += number == 1
        asked += 1
        return page_of(rows(*range(asked, 2 * asked + 7)), number)

    with pytest.raises(TemporaryError, match="did not agree"):
        read(fetch)
    assert passes == PASSES_MAX


@given(
    amount=st.integers(0, 12),
    size=st.integers(1, 4),
    moves=st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from(["drop", "top", "end"])), max_size=6
    ),
)
def test_rows_that_move_while_they_are_paged_are_not_missed(
    amount: int, size: int, moves: list[tuple[int, str]]
) -> None:
    """After each page one row is deleted or moved; every row that stays is given."""
    truth = rows(*range(amount))
    pending = list(moves)

    def fetch(number: int) -> Page | None:
        page = page_of(truth, number, size=size)
        if pending:
            index, how = pending.pop(0)
            if index < len(truth):
                row = truth.pop(index)
                if how != "drop":
                    truth.insert(0 if how == "top" else len(truth), row)
        return page

    try:
        found = read(fetch)
    except TemporaryError:
        return
    assert {row["id"] for row in found} >= {row["id"] for row in truth}


def test_a_row_that_changes_between_two_readings_is_given_in_its_last_version() -> None:
    """An unchanged row is not given twice, a changed one is."""
    truth = [{"id": number, "version": 1} for number in range(4)]
    asked: list[int] = []

    def fetch(number: int) -> Page | None:
        page = page_of([dict(row) for row in truth], number)
        asked.append(number)
        if asked == [1]:
            truth[0]["version"] = 2
            del truth[1]
        return page

    found = read(fetch)
    assert [row for row in found if row["id"] == 0] == [
        {"id": 0, "version": 1},
        {"id": 0, "version": 2},
    ]
    assert sum(row["id"] == 2 for row in found) == 1
