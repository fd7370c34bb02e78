"""No row missed, none twice, whatever habits a server has with pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_ifs_cloud.ifs import paging
from target_ifs_cloud.ifs.odata import equals
from target_ifs_cloud.ifs.paging import (
    IncompleteAnswerError,
    Place,
    Reading,
    Row,
    rows_of,
)

PLACE = Place(base_url="https://h.example.com", root="/main/x/X.svc/")


@dataclass
class Table:
    """A collection on a server with habits."""

    ids: list[int]
    cap: int = 10_000
    link: str = "none"
    counts: Callable[[int], object] = lambda n: n
    ignores_skip: bool = False
    asked: list[str] = field(default_factory=list)
    before_page: Callable[[int, list[int]], None] = lambda _n, _ids: None

    def answer(self, path: str) -> dict[str, Any]:
        """One page."""
        self.before_page(len(self.asked), self.ids)
        self.asked.append(path)
        options = {k: v[0] for k, v in parse_qs(urlsplit(path).query).items()}
        skip = 0 if self.ignores_skip else int(options.get("$skip", 0))
        left = int(options.get("$top", len(self.ids)))
        size = min(left, self.cap)
        rows = sorted(self.ids)[skip : skip + size]
        answer: dict[str, Any] = {"value": [{"Id": n} for n in rows]}
        if "$count" in options and (count := self.counts(len(self.ids))) is not None:
            answer["@odata.count"] = count
        is_more = size < left and skip + size < len(self.ids)
        if self.link != "none" and is_more:
            query = f"?$top={left - size}&$skip={skip + size}"
            answer["@odata.nextLink"] = {
                "relative": f"Set{query}",
                "query": query,
                "rooted": f"/main/x/X.svc/Set{query}",
                "absolute": f"https://h.example.com/main/x/X.svc/Set{query}",
                "elsewhere": f"https://evil.example.com/main/x/X.svc/Set{query}",
            }[self.link]
        return answer


def read(table: Table, *, page_size: int = 500, ask_for_count: bool = True) -> list[int]:
    """Read to the end."""
    reading = Reading(
        "Set", place=PLACE, page_size=page_size, order=["Id"], ask_for_count=ask_for_count
    )
    found: list[int] = []
    while (path := reading.next_path) is not None:
        found += [row["Id"] for row in reading.take(table.answer(path))]
    return found


@pytest.mark.parametrize("size", [0, 1, 4999, 5000, 5001, 10_000])
@pytest.mark.parametrize("page_size", [500, 5000])
@pytest.mark.parametrize("cap", [100, 10_000])
@pytest.mark.parametrize("link", ["none", "relative", "absolute"])
@pytest.mark.parametrize("has_count", [True, False])
def test_every_row_comes_once(
    *, size: int, page_size: int, cap: int, link: str, has_count: bool
) -> None:
    """At the edges of pages, with and without links and counts, also when pages are cut short."""
    table = Table(list(range(size)), cap=cap, link=link, counts=lambda n: n if has_count else None)
    assert read(table, page_size=page_size) == list(range(size))


@given(
    size=st.integers(min_value=0, max_value=60),
    page_size=st.integers(min_value=1, max_value=20),
    cap=st.integers(min_value=1, max_value=20),
    link=st.sampled_from(["none", "relative", "query", "rooted", "absolute", "elsewhere"]),
    has_count=st.booleans(),
)
def test_every_row_comes_once_at_any_size(
    *, size: int, page_size: int, cap: int, link: str, has_count: bool
) -> None:
    """A link to another host is not followed, and nothing is missed because of that."""
    table = Table(list(range(size)), cap=cap, link=link, counts=lambda n: n if has_count else None)
    assert read(table, page_size=page_size) == list(range(size))
    assert all(path.startswith("Set?") for path in table.asked)


def test_a_short_page_with_a_fitting_count_is_the_end() -> None:
    """The usual case costs one request."""
    table = Table(list(range(7)))
    read(table)
    assert len(table.asked) == 1


def test_a_full_page_is_not_the_end_even_if_the_count_says_so() -> None:
    """Some counts are those of the page."""
    table = Table(list(range(5)))
    read(table, page_size=5)
    assert len(table.asked) == 2


LINKS = {
    "Set?$skiptoken=1": "Set?$skiptoken=1",
    "?$skiptoken=1": "Set?$skiptoken=1",
    "/main/x/X.svc/Set?$skiptoken=1": "Set?$skiptoken=1",
    "https://h.example.com/main/x/X.svc/Set?$skiptoken=1": "Set?$skiptoken=1",
    "https://evil.example.com/main/x/X.svc/Set?$skiptoken=1": None,
    "https://h.example.com.evil.example.com/main/x/X.svc/Set": None,
    "http://h.example.com/main/x/X.svc/Set?$skiptoken=1": None,
    "https://h.example.com/main/x/Y.svc/Set?$skiptoken=1": None,
    "/elsewhere": None,
    "": None,
}


@pytest.mark.parametrize("link", LINKS)
def test_links_are_followed_inside_their_service_only(link: str) -> None:
    """In every form; otherwise the next page is asked for by its place."""
    reading = Reading("Set", place=PLACE, page_size=1, order=["Id"])
    reading.take({"value": [{"Id": 1}], "@odata.nextLink": link})
    by_place = "Set?$orderby=Id&$top=1&$skip=1&$count=true"
    assert reading.next_path == (LINKS[link] or by_place)


def test_a_collection_without_end_is_no_complete_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Always another full page: there is a limit."""
    monkeypatch.setattr(paging, "PAGES_MAX", 10)
    reading = Reading("Set", place=PLACE, page_size=1, order=["Id"])
    for page in range(10):
        reading.take({"value": [{"Id": page}]})
    with pytest.raises(IncompleteAnswerError, match="pages"):
        reading.take({"value": [{"Id": 11}]})


def test_a_short_page_alone_is_not_the_end() -> None:
    """Without a count one more page is asked for."""
    table = Table(list(range(7)), counts=lambda _: None)
    read(table)
    assert len(table.asked) == 2


def test_every_request_is_ordered_sized_and_placed() -> None:
    """And keeps its filter from page to page."""
    reading = Reading("Set", place=PLACE, page_size=2, order=["A", "B"], filter_by=equals("C", "x"))
    assert unquote(reading.next_path or "") == (
        "Set?$filter=C eq 'x'&$orderby=A,B&$top=2&$skip=0&$count=true"
    )
    reading.take({"value": [{"A": 1, "B": 1}, {"A": 1, "B": 2}]})
    assert unquote(reading.next_path or "") == (
        "Set?$filter=C eq 'x'&$orderby=A,B&$top=2&$skip=2&$count=true"
    )


def test_rows_that_move_while_reading_are_fetched_by_another_pass() -> None:
    """A row deleted before our place shifts one past us; the count tells."""

    def delete_first(page: int, ids: list[int]) -> None:
        if page == 1:
            ids.remove(0)

    table = Table(list(range(20)), before_page=delete_first)
    assert sorted(read(table, page_size=5)) == list(range(20))


def test_rows_that_come_behind_our_place_do_not_stand_for_those_that_were_there() -> None:
    """Every page is short where the server caps it, so only the count of now says what is left."""

    def append(page: int, ids: list[int]) -> None:
        if page == 1:
            ids += [51, 53]

    table = Table([2 * n for n in range(30)], cap=5, before_page=append)
    assert {2 * n for n in range(30)} <= set(read(table, page_size=10))


def test_rows_that_come_twice_are_taken_once() -> None:
    """A row inserted before our place brings the last one again."""

    def insert(page: int, ids: list[int]) -> None:
        if page == 1:
            ids.append(-1)

    table = Table(list(range(20)), before_page=insert)
    found = read(table, page_size=5)
    assert len(found) == len(set(found))
    assert set(range(20)) <= set(found)


@pytest.mark.parametrize("count", [lambda n: n + 3, lambda n: str(n + 1)])
def test_fewer_rows_than_the_count_is_no_complete_answer(count: Callable[[int], object]) -> None:
    """It is read a few times over, then given up."""
    table = Table(list(range(7)), counts=count)
    with pytest.raises(IncompleteAnswerError, match="fewer rows"):
        read(table)
    assert len(table.asked) == 6  # three times: its rows, and an empty page


@pytest.mark.parametrize("count", ["many", True, None, 3.5, -1])
def test_a_senseless_count_is_none(count: object) -> None:
    """Every row still comes."""
    assert read(Table(list(range(7)), counts=lambda _: count)) == list(range(7))


def test_a_server_that_ignores_skip_is_found_out() -> None:
    """The same full page again would otherwise never end, or end too early."""
    with pytest.raises(IncompleteAnswerError, match="honoured"):
        read(Table(list(range(20)), ignores_skip=True), page_size=5)
    with pytest.raises(IncompleteAnswerError, match="honoured"):
        read(Table(list(range(20)), cap=3, ignores_skip=True), page_size=5)


@pytest.mark.parametrize("has_count", [True, False])
def test_a_server_that_ignores_skip_but_gives_everything_is_fine(*, has_count: bool) -> None:
    """All rows in one short page, repeated on request."""
    counts: Callable[[int], object] = lambda n: n if has_count else None  # noqa: E731
    table = Table(list(range(4)), ignores_skip=True, counts=counts)
    assert read(table, page_size=5) == list(range(4))


@pytest.mark.parametrize(
    ("count", "asked"), [(7, 1), ("7", 1), (6, 1), (True, 2), ("seven", 2), (None, 2)]
)
def test_a_count_that_fits_saves_the_question_behind_the_last_row(
    count: object, asked: int
) -> None:
    """As a number or as its digits; what is no number proves nothing."""
    table = Table(list(range(7)), counts=lambda _: count)
    assert read(table) == list(range(7))
    assert len(table.asked) == asked


def test_without_a_question_for_the_count_every_end_is_asked_for() -> None:
    """A site that counts wrongly is not asked to count, and a server that refuses it neither."""
    table = Table(list(range(7)))
    assert read(table, ask_for_count=False) == list(range(7))
    assert [("$count" in path) for path in table.asked] == [False, False]
    reading = Reading("Set", place=PLACE, page_size=5)
    assert reading.next_path == "Set?$top=5&$skip=0&$count=true"
    reading.drop_count()
    assert reading.next_path == "Set?$top=5&$skip=0"


def test_a_link_that_leads_in_a_circle_ends() -> None:
    """Each link is followed once."""
    reading = Reading("Set", place=PLACE, page_size=5, order=["Id"])
    answer = {"value": [{"Id": 1}], "@odata.count": 1, "@odata.nextLink": "Set?$skiptoken=1"}
    reading.take(answer)
    assert reading.next_path == "Set?$skiptoken=1"
    reading.take(answer)
    assert reading.next_path is None


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": "X"}},
        {"error": {"code": "X"}, "value": []},
        {},
        {"value": None},
        {"value": {"Id": 1}},
        {"value": [1]},
        [],
        None,
        "text",
    ],
)
def test_what_is_no_collection_proves_nothing(answer: object) -> None:
    """An error inside a good status, a missing list, rows that are none."""
    with pytest.raises(IncompleteAnswerError):
        rows_of(answer)


def test_rows_without_their_key_are_told_apart_by_what_they_say() -> None:
    """Two different rows are never taken for one."""
    reading = Reading("Set", place=PLACE, page_size=5, order=["Missing"])
    rows: list[Mapping[str, Any]] = [{"A": 1}, {"A": 2}, {"A": 1}]
    found: list[Row] = reading.take({"value": rows, "@odata.count": 2})
    assert found == [{"A": 1}, {"A": 2}]
    assert reading.next_path is None
