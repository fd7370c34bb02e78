"""Records older than what is remembered are left, told and put on record; all others are taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.freshness import is_older, take_fresh
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.summary import Outcome, Tally
from target_ifs_cloud.delivery.tables import AUDIT
from target_ifs_cloud.mapping import source_of

NOW = datetime(2026, 3, 12, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def record(id_: str, day: str = "", **more: Any) -> dict[str, Any]:
    """A bill that was changed last on a day of March, at eight."""
    stamp = f"2026-03-{day}T08:00:00Z" if day else None
    return {"uuid": id_, "last_modified_datetime": stamp, **more}


def entry(id_: str, day: str = "") -> Entry:
    """What is remembered of it."""
    source = source_of("bill", record(id_, day))
    return Entry(source=source, state=State.CONFIRMED, rules_version="r1")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """One that remembers bill a as of the fifth and bill b without a moment."""
    engine = open_database(f"sqlite:///{tmp_path}/outbox.db")
    outbox = Outbox(engine, lambda: NOW)
    outbox.save(Changes(entries=[entry("a", "05"), entry("b")]))
    yield outbox
    engine.dispose()


def test_only_what_is_older_is_left(outbox: Outbox) -> None:
    """The same day again, one without a moment and one that nobody knows are all taken."""
    tally = Tally()
    taken, known = take_fresh(
        outbox, tally, "bill", [record("a", "04"), record("b", "04"), record("c", "01")]
    )
    assert (sorted(taken), sorted(known)) == (["b", "c"], ["b"])
    assert [(what, count) for _, what, _, count, _ in tally.totals()] == [(Outcome.OUTDATED, 1)]
    with outbox.engine.connect() as connection:
        lines = [
            json.loads(text) for text in connection.execute(sa.select(AUDIT.c.entry)).scalars()
        ]
    told = [
        (one["source"], one["changed_at"]) for one in lines if one["event"] == "left as outdated"
    ]
    assert told == [("a", "2026-03-04T08:00:00+00:00")]


@pytest.mark.parametrize("day", ["05", "06", ""])
def test_the_same_moment_a_later_one_and_none_are_taken(outbox: Outbox, day: str) -> None:
    """Not every change moves the stamp; nothing is told of what is taken."""
    tally = Tally()
    taken, known = take_fresh(outbox, tally, "bill", [record("a", day)])
    assert (list(taken), list(known)) == (["a"], ["a"])
    assert tally.totals() == []


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [("05", "06", 2), ("06", "05", 1), ("06", "06", 2), ("06", "", 2), ("", "06", 2)],
)
def test_of_two_records_of_one_document_the_newer_counts(
    outbox: Outbox, first: str, second: str, counts: int
) -> None:
    """Of equal ones, or where one does not say, the last."""
    given = [record("n", first, place=1), record("n", second, place=2)]
    taken, _ = take_fresh(outbox, Tally(), "bill", given)
    assert taken["n"]["place"] == counts


@pytest.mark.parametrize(
    ("stamp", "changed_at", "expected"),
    [
        (NOW - DAY, NOW - DAY / 2, True),
        (NOW - DAY, NOW, True),
        (NOW - DAY, NOW - DAY, False),
        (NOW - DAY / 2, NOW - DAY, False),
        (NOW - DAY, NOW + DAY, False),
        (NOW - DAY, None, False),
        (None, NOW, False),
    ],
)
def test_a_moment_that_is_still_to_come_decides_nothing(
    stamp: datetime | None, changed_at: datetime | None, *, expected: bool
) -> None:
    """It is the work of a wrong clock; where a moment is missing nothing can be older."""
    known = entry("a")
    known = replace(known, source=replace(known.source, changed_at=changed_at))
    assert is_older(stamp, known, NOW) is expected


def test_the_moment_of_the_kept_record_counts_too() -> None:
    """A held record may be newer than what was sent of it."""
    known = replace(entry("a", "01"), record=record("a", "05"))
    assert is_older(datetime(2026, 3, 4, 8, tzinfo=timezone.utc), known, NOW)
