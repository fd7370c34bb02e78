"""Parts side by side: how many, what is told about them, and what happens when one cannot go on."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from target_ifs_cloud.delivery.situation import Candidate
from target_ifs_cloud.delivery.under_way import Part, UnderWay
from target_ifs_cloud.documents import Source
from target_ifs_cloud.errors import ConfigurationError

WAIT_MAX_S = 30


def part_of(*names: str) -> Part:
    """Candidates by name; nothing else of them matters here."""
    return [
        Candidate(
            record={},
            source=Source(kind="bill", id=name, version=None, hash="", label=name),
            document=None,
            problems=(),
            not_wanted="",
            rules_version="",
            amount=None,
            currency="",
            entry=None,
        )
        for name in names
    ]


def ids(part: Part) -> list[str]:
    """The names again."""
    return [candidate.source.id for candidate in part]


class Gate:
    """Holds every part that begins until it is opened."""

    def __init__(self, then: Callable[[Part], Part] = list) -> None:
        self.is_open = threading.Event()
        self.begun = threading.Semaphore(0)
        self._then = then

    def __call__(self, part: Part) -> Part:
        """Wait at the gate."""
        self.begun.release()
        assert self.is_open.wait(WAIT_MAX_S)
        return self._then(part)


def test_what_is_under_way_is_told_until_it_has_landed() -> None:
    """So that the next part is compared with what may not be on record yet."""
    gate = Gate()
    parts = UnderWay(gate, workers=2)
    parts.begin(part_of("a", "b"))
    parts.begin(part_of("c"))
    assert ids(parts.candidates) == ["a", "b", "c"]
    gate.is_open.set()
    assert sorted(ids(parts.land())) == ["a", "b", "c"]
    assert parts.candidates == []
    assert parts.land() == []


def test_no_more_parts_than_workers_are_under_way() -> None:
    """The third one begins when one of the two before it has ended."""
    gate = Gate(lambda _: [])
    parts = UnderWay(gate, workers=2)
    parts.begin(part_of("a"))
    parts.begin(part_of("b"))
    third = threading.Thread(target=parts.begin, args=(part_of("c"),))
    third.start()
    assert gate.begun.acquire(timeout=WAIT_MAX_S)
    assert gate.begun.acquire(timeout=WAIT_MAX_S)
    assert not gate.begun.acquire(blocking=False)
    gate.is_open.set()
    third.join(WAIT_MAX_S)
    assert parts.land() == []
    assert gate.begun.acquire(blocking=False)


def test_an_error_is_raised_once_the_others_have_ended_and_nothing_new_begins() -> None:
    """What was begun is on record when the error arrives; the part behind it never starts."""
    ended: list[str] = []
    has_failed = threading.Event()

    def deliver(part: Part) -> Part:
        if ids(part) == ["bad"]:
            has_failed.set()
            raise ConfigurationError("no")
        assert has_failed.wait(WAIT_MAX_S)
        ended.extend(ids(part))
        return []

    parts = UnderWay(deliver, workers=2)
    parts.begin(part_of("good"))
    parts.begin(part_of("bad"))
    assert has_failed.wait(WAIT_MAX_S)
    with pytest.raises(ConfigurationError):
        parts.land()
    assert "good" in ended
    assert parts.candidates == []
    assert not parts.is_stopped


def test_abandoning_waits_for_what_has_begun() -> None:
    """A run that ends for another reason leaves no write behind that is not on record."""
    ended: list[str] = []

    def end(part: Part) -> Part:
        ended.extend(ids(part))
        return part

    gate = Gate(end)
    parts = UnderWay(gate, workers=2)
    parts.begin(part_of("a"))
    assert gate.begun.acquire(timeout=WAIT_MAX_S)
    threading.Timer(0.05, gate.is_open.set).start()
    parts.abandon()
    assert ended == ["a"]
    assert parts.land() == []


def test_one_worker_works_in_the_thread_that_asks() -> None:
    """So that a run with one worker does one thing after the other."""
    threads: list[int] = []

    def deliver(part: Part) -> Part:
        threads.append(threading.get_ident())
        return part

    parts = UnderWay(deliver, workers=1)
    parts.begin(part_of("a"))
    assert threads == [threading.get_ident()]
    assert ids(parts.land()) == ["a"]
