"""The one source of chance of a seed: numbers, names, moments and ids, always the same ones."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice")

SECONDS_OF_A_WORKDAY = range(16 * 3600, 24 * 3600)
PERCENT = 100


class Draw:
    """Draws values in a fixed order. Ids are counted per kind of record, from where they start."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 (repeatable made-up data, no secret)
        self._counts: Counter[str] = Counter()

    def next_id(self, kind: str, *, first: int = 1) -> int:
        """The next id of that kind of record."""
        self._counts[kind] += 1
        return first + self._counts[kind] - 1

    def uuid(self) -> uuid.UUID:
        """A random-looking uuid."""
        return uuid.UUID(int=self._random.getrandbits(128), version=4)

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """One of the choices, all alike likely."""
        return self._random.choice(choices)

    def weighted(self, choices: Sequence[tuple[Choice, int]]) -> Choice:
        """One of the choices, by weight."""
        values = [value for value, _ in choices]
        return self._random.choices(values, [weight for _, weight in choices])[0]

    def some_of(self, choices: Sequence[Choice], count: int) -> list[Choice]:
        """That many different choices."""
        return self._random.sample(choices, count)

    def happens(self, percent: int) -> bool:
        """Whether something happens that does in so many of a hundred cases."""
        return self._random.randrange(PERCENT) < percent

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def cents(self, low: int, high: int) -> Decimal:
        """An amount between two whole amounts, at exact cents."""
        return Decimal(self._random.randint(low * PERCENT, high * PERCENT)).scaleb(-2)

    def day(self, first: date, last: date) -> date:
        """A day, both ends included."""
        return first + timedelta(days=self._random.randint(0, (last - first).days))

    def moment(self, day: date) -> datetime:
        """A moment within the working hours of that day; half of them carry microseconds."""
        seconds = self._random.choice(SECONDS_OF_A_WORKDAY)
        micros = self._random.randrange(1, 1_000_000) if self.happens(50) else 0
        start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        return start + timedelta(seconds=seconds, microseconds=micros)
