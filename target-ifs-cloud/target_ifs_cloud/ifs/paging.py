"""Reads a collection page by page without missing or repeating a row. Pure.

The end of a collection is believed only when two signs agree: a page shorter than asked for *and*
a count that fits, or an empty page. A server that cuts pages below ``$top`` therefore costs one
more request, never a row. Fewer rows than the count says means reading all of it once more.

Sources: ``$top``, ``$skip`` and ``$orderby`` are documented by IFS. Seen in code: rows left out
silently without ``$top``, an ``@odata.nextLink`` that comes only sometimes, an unreliable count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urljoin

from target_ifs_cloud.ifs.odata import Filter, error_of, query

PAGES_MAX = 20_000
PASSES_MAX = 3

Row = Mapping[str, Any]


class IncompleteAnswerError(ValueError):
    """An answer from which nothing may be concluded; the text holds no data."""


class Place(NamedTuple):
    """Where a projection stands: the host's address and the path of the service."""

    base_url: str
    root: str


class Reading:
    """One collection being read. Ask ``next_path`` and hand the answer to ``take`` until ``None``.

    Paths are relative to the projection, percent-encoded.
    """

    def __init__(
        self,
        path: str,
        *,
        place: Place,
        page_size: int,
        order: Sequence[str] = (),
        filter_by: Filter | None = None,
        ask_for_count: bool = True,
    ) -> None:
        """Start before the first row; ``order`` should name the whole key."""
        self._path = path
        self._place = place
        self._page_size = page_size
        self._order = tuple(order)
        self._filter = filter_by
        self._ask_for_count = ask_for_count
        self._seen: set[object] = set()
        self._seen_in_pass: set[object] = set()
        self._links: set[str] = set()
        self._count: int | None = None
        self._last_count: int | None = None
        self._pages = self._skip = self._chain = 0
        self._passes = 1
        self._next: str | None = self._page_path()

    @property
    def next_path(self) -> str | None:
        """What to ask for next; ``None`` at the end."""
        return self._next

    def drop_count(self) -> None:
        """Start again without ``$count``, for a server that refuses it; nothing was read yet."""
        self._ask_for_count = False
        self._next = self._page_path()

    def take(self, answer: object) -> list[Row]:
        """The rows of an answer that were not there before.

        Raises:
            IncompleteAnswerError: the answer is an error, is no collection, or the collection does
                not come to an end that can be believed.
        """
        rows = rows_of(answer)
        self._pages += 1
        if self._pages > PAGES_MAX:
            message = f"more than {PAGES_MAX} pages"
            raise IncompleteAnswerError(message)
        self._last_count = _count_of(answer)
        if self._count is None:
            self._count = self._last_count
        identities = [_identity(row, self._order) for row in rows]
        is_standstill = bool(rows) and self._seen_in_pass.issuperset(identities)
        self._seen_in_pass.update(identities)
        self._chain += len(rows)
        link = self._link_of(answer)
        if link is not None:
            self._next = link
        else:
            self._step(is_standstill=is_standstill)
        return self._fresh(rows, identities)

    def _fresh(self, rows: Sequence[Row], identities: Sequence[object]) -> list[Row]:
        fresh = []
        for row, identity in zip(rows, identities, strict=True):
            if identity not in self._seen:
                self._seen.add(identity)
                fresh.append(row)
        return fresh

    def _step(self, *, is_standstill: bool) -> None:
        """No link leads on: the next page by ``$skip``, another pass, or the end."""
        length, self._chain = self._chain, 0
        self._skip += length
        is_short = length < self._page_size
        has_all = self._count is not None and len(self._seen_in_pass) >= self._count
        has_all_it_gives = has_all or (self._count is None and is_short)
        if is_standstill and not has_all_it_gives:
            message = "the same rows came again: $skip is not honoured"
            raise IncompleteAnswerError(message)
        # Rows that have come meanwhile are among those seen, so the count of now must be reached.
        has_all_of_now = has_all and len(self._seen_in_pass) >= (self._last_count or 0)
        if length == 0 or is_standstill or (is_short and has_all_of_now):
            self._end_pass()
        else:
            self._next = self._page_path()

    def _end_pass(self) -> None:
        """The end, or everything once more because the count says that rows are missing."""
        if self._count is None or len(self._seen_in_pass) >= self._count:
            self._next = None
            return
        if self._passes >= PASSES_MAX:
            message = (
                "fewer rows came than the count says; where a site counts wrongly, set "
                "ask_for_count: false in the site profile"
            )
            raise IncompleteAnswerError(message)
        self._passes += 1
        self._count = None
        self._skip = 0
        self._links.clear()
        self._seen_in_pass.clear()
        self._next = self._page_path()

    def _page_path(self) -> str:
        options: dict[str, str | int] = {}
        if self._filter:
            options["$filter"] = self._filter
        if self._order:
            options["$orderby"] = ",".join(self._order)
        options["$top"] = self._page_size
        options["$skip"] = self._skip
        if self._ask_for_count:
            options["$count"] = "true"
        return self._path + query(options)

    def _link_of(self, answer: object) -> str | None:
        """Where ``@odata.nextLink`` leads, when that is in this service and was not read yet."""
        link = answer.get("@odata.nextLink") if isinstance(answer, Mapping) else None
        if not isinstance(link, str) or not link:
            return None
        path = self._resolve(link)
        if path is None or path in self._links:
            return None
        self._links.add(path)
        return path

    def _resolve(self, link: str) -> str | None:
        if link.startswith("?"):
            return self._path + link
        if link.startswith(self._path):
            return link
        here = self._place.base_url + self._place.root
        target = urljoin(here + self._path, link)
        # ``here`` ends inside the path, so no other host can begin with it.
        return target.removeprefix(here) if target.startswith(here) else None


def rows_of(answer: object) -> list[Row]:
    """The rows of a collection answer.

    Raises:
        IncompleteAnswerError: it is an error inside a good status, or no collection.
    """
    if error_of(answer) is not None:
        message = "an error came inside a good status"
        raise IncompleteAnswerError(message)
    rows = answer.get("value") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        message = "the answer is no collection"
        raise IncompleteAnswerError(message)
    return rows


def _count_of(answer: object) -> int | None:
    count = answer.get("@odata.count") if isinstance(answer, Mapping) else None
    if isinstance(count, str) and count.isdigit():
        return int(count)
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _identity(row: Row, order: Sequence[str]) -> object:
    """The key of a row, else all that it says: two rows are one only when they are the same."""
    if order and all(name in row for name in order):
        return tuple(str(row[name]) for name in order)
    return tuple(sorted((name, repr(value)) for name, value in row.items()))
