"""The query filters of Procurify's lists: from the text in a query to a test of a record.

The names and ends (``_0`` lower, ``_1`` upper) are documented; that both ends are inclusive, that a
date covers its whole day and that days are the tenant's are inferred. An empty value means no
filter, a value that cannot be read is refused with 400 (inferred: the framework does both).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from erp_sandbox.procurify.rows.values import TENANT_ZONE

Predicate: TypeAlias = Callable[[Any], bool]
Getter: TypeAlias = Callable[[Any], Any]
Filter: TypeAlias = Callable[[Sequence[str]], Predicate]
TRUE_WORDS, FALSE_WORDS = {"true", "1", "True"}, {"false", "0", "False"}
ONE_DAY, ONE_TICK = timedelta(days=1), timedelta(microseconds=1)


class BadFilterValueError(Exception):
    """A filter's value cannot be read; the text is for the caller of the API."""


def whole(get: Getter) -> Filter:
    """Equal to a whole number."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = _whole(values[-1])
        return lambda row: bool(get(row) == wanted)

    return build


def among(get: Getter) -> Filter:
    """One of the record's numbers is the wanted one."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = _whole(values[-1])
        return lambda row: wanted in get(row)

    return build


def any_of(get: Getter) -> Filter:
    """Equal to one of several numbers: a comma list, or the parameter repeated."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = {_whole(part) for value in values for part in value.split(",") if part.strip()}
        return lambda row: get(row) in wanted

    return build


def any_among(get: Getter) -> Filter:
    """One of the record's numbers is one of the wanted ones."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = {_whole(part) for value in values for part in value.split(",") if part.strip()}
        return lambda row: not wanted.isdisjoint(get(row))

    return build


def none_of(get: Getter) -> Filter:
    """Equal to none of several numbers."""
    find = any_of(get)

    def build(values: Sequence[str]) -> Predicate:
        is_one = find(values)
        return lambda row: not is_one(row)

    return build


def word(get: Getter) -> Filter:
    """Equal to a text."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = values[-1]
        return lambda row: bool(get(row) == wanted)

    return build


def word_in(get: Getter) -> Filter:
    """Equal to one of several texts: a comma list, or the parameter repeated."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = {part.strip() for value in values for part in value.split(",")}
        return lambda row: get(row) in wanted

    return build


def contains(get: Getter) -> Filter:
    """Contains a text, whatever its case (inferred)."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = values[-1].casefold()
        return lambda row: wanted in (get(row) or "").casefold()

    return build


def flag(get: Getter) -> Filter:
    """Is true, or is false."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = read_flag(values[-1])
        return lambda row: bool(get(row)) is wanted

    return build


def when_true(test: Predicate) -> Filter:
    """The test holds, if the flag is true; a false flag filters nothing."""

    def build(values: Sequence[str]) -> Predicate:
        return test if read_flag(values[-1]) else _anything

    return build


def day_range(name: str, get: Getter) -> dict[str, Filter]:
    """From and until a day of the tenant, whole days."""
    return {f"{name}_0": _from(get, _read_day), f"{name}_1": _until(get, _read_day)}


def day(get: Getter) -> Filter:
    """On a day of the tenant."""

    def build(values: Sequence[str]) -> Predicate:
        first, last = _read_day(values[-1])
        return lambda row: (mine := get(row)) is not None and first <= _as_moment(mine) <= last

    return build


def moment_range(name: str, get: Getter) -> dict[str, Filter]:
    """From and until a moment; a plain date covers its whole day."""
    return {f"{name}_0": _from(get, _read_moment), f"{name}_1": _until(get, _read_moment)}


def moment_after_before(name: str, get: Getter) -> dict[str, Filter]:
    """The same with the names of the public payments, inclusive as documented there."""
    return {f"{name}_after": _from(get, _read_moment), f"{name}_before": _until(get, _read_moment)}


def amount_range(name: str, get: Getter) -> dict[str, Filter]:
    """From and until an amount."""
    return {
        f"{name}_0": _compare(get, lambda mine, theirs: mine >= theirs),
        f"{name}_1": _compare(get, lambda mine, theirs: mine <= theirs),
    }


def amount(get: Getter) -> Filter:
    """Equal to an amount."""
    return _compare(get, lambda mine, theirs: mine == theirs)


def build_predicates(
    filters: Mapping[str, Filter], query: Iterable[tuple[str, str]]
) -> tuple[list[Predicate], dict[str, str]]:
    """The tests of a query, and by parameter what is wrong with its value.

    A parameter that no filter is named after is passed over (seen in code: the API does so).
    """
    given: dict[str, list[str]] = {}
    for name, value in query:
        if value and name in filters:
            given.setdefault(name, []).append(value)
    built = {name: _build(filters[name], values) for name, values in given.items()}
    tests = [test for test in built.values() if not isinstance(test, str)]
    return tests, {name: fault for name, fault in built.items() if isinstance(fault, str)}


def _build(one: Filter, values: Sequence[str]) -> Predicate | str:
    """The test, or what is wrong with the value."""
    try:
        return one(values)
    except BadFilterValueError as fault:
        return str(fault)


def read_flag(text: str) -> bool:
    """A boolean of a query.

    Raises:
        BadFilterValueError: it is neither true nor false.
    """
    if text in TRUE_WORDS:
        return True
    if text in FALSE_WORDS:
        return False
    raise BadFilterValueError("Must be a valid boolean.")


def _anything(row: object) -> bool:
    del row
    return True


def _whole(text: str) -> int:
    stripped = text.strip()
    if not stripped.removeprefix("-").isdecimal():
        raise BadFilterValueError("Enter a number.")
    return int(stripped)


def _compare(get: Getter, test: Callable[[Decimal, Decimal], bool]) -> Filter:
    def build(values: Sequence[str]) -> Predicate:
        try:
            wanted = Decimal(values[-1].strip())
        except InvalidOperation:
            raise BadFilterValueError("Enter a number.") from None
        return lambda row: test(get(row), wanted)

    return build


# The first and the last moment that a text stands for.
Span: TypeAlias = tuple[datetime, datetime]


def _from(get: Getter, read: Callable[[str], Span]) -> Filter:
    def build(values: Sequence[str]) -> Predicate:
        first, _ = read(values[-1])
        return lambda row: (mine := get(row)) is not None and _as_moment(mine) >= first

    return build


def _until(get: Getter, read: Callable[[str], Span]) -> Filter:
    def build(values: Sequence[str]) -> Predicate:
        _, last = read(values[-1])
        return lambda row: (mine := get(row)) is not None and _as_moment(mine) <= last

    return build


def _as_moment(value: date | datetime) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time.min, TENANT_ZONE)


def _read_day(text: str) -> Span:
    """A day; a date-time stands for its day (the grain is documented)."""
    try:
        day = date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise BadFilterValueError("Enter a valid date.") from None
    return _day_span(day)


def _day_span(day: date) -> Span:
    first = datetime.combine(day, time.min, TENANT_ZONE)
    after = datetime.combine(day + ONE_DAY, time.min, TENANT_ZONE)
    return first, after - ONE_TICK


def _with_six_digits(text: str) -> str:
    """The fraction of a second in the only length that every supported Python reads."""
    return re.sub(r"\.(\d+)", lambda found: f".{found[1]:0<6.6}", text)


def _read_moment(text: str) -> Span:
    stripped = text.strip()
    try:
        if len(stripped) == len("2026-01-01"):
            return _day_span(date.fromisoformat(stripped))
        moment = datetime.fromisoformat(_with_six_digits(stripped).replace("Z", "+00:00"))
    except ValueError:
        raise BadFilterValueError("Enter a valid date/time.") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=TENANT_ZONE)
    return aware, aware
