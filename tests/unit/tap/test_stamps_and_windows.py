"""Stamps in every form that Procurify writes, and the windows that are asked for."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_procurify.stamps import parse_stamp, show_second, show_stamp
from tap_procurify.windows import (
    Window,
    after_before_filter,
    cut_windows,
    day_filter,
    second_filter,
)

UTC = timezone.utc
MOMENTS = st.datetimes(datetime(2012, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017-05-17T15:52:33-07:00", datetime(2017, 5, 17, 22, 52, 33, tzinfo=UTC)),
        ("2019-11-28T12:49:25.943330-08:00", datetime(2019, 11, 28, 20, 49, 25, 943330, UTC)),
        ("2017-03-17T21:45:36.120222Z", datetime(2017, 3, 17, 21, 45, 36, 120222, UTC)),
        ("2026-03-09", datetime(2026, 3, 9, tzinfo=UTC)),
        ("2026-03-09 08:00", datetime(2026, 3, 9, 8, tzinfo=UTC)),
        ("2026-03-09T08:00:00.5", datetime(2026, 3, 9, 8, 0, 0, 500000, UTC)),
        ("2026-03-09T08:00:00.123456789+0530", datetime(2026, 3, 9, 2, 30, 0, 123456, UTC)),
        ("2026-03-09T08:00:00+05", datetime(2026, 3, 9, 3, tzinfo=UTC)),
    ],
)
def test_a_stamp_is_read_in_every_form(text: str, expected: datetime) -> None:
    """Any offset, with or without a fraction, is the same moment in UTC."""
    assert parse_stamp(text) == expected


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", 5, True, "2026-13-01", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", {}],
)
def test_what_is_no_stamp_is_none_and_not_an_error(value: object) -> None:
    """A broken stamp never ends a run."""
    assert parse_stamp(value) is None


@given(moment=MOMENTS, offset=OFFSETS)
def test_showing_and_parsing_keep_the_moment(moment: datetime, offset: timezone) -> None:
    """STATE text is UTC, sorts like the moment, and loses nothing."""
    assert parse_stamp(moment.astimezone(offset).isoformat()) == moment
    assert parse_stamp(show_stamp(moment)) == moment


@given(moment=MOMENTS)
def test_a_second_filter_is_rounded_outwards(moment: datetime) -> None:
    """No fraction of a second falls between the filter and the stamp."""
    lower, upper = parse_stamp(show_second(moment)), parse_stamp(show_second(moment, is_upper=True))
    assert lower is not None
    assert upper is not None
    assert lower <= moment <= upper
    assert upper - lower <= timedelta(seconds=1)


@given(lower=MOMENTS, upper=MOMENTS, moment=MOMENTS, offset=OFFSETS)
def test_a_day_filter_lets_no_moment_of_the_window_out(
    lower: datetime, upper: datetime, moment: datetime, offset: timezone
) -> None:
    """Whatever zone the tenant's days are in, a row inside the window is inside the filter."""
    window = Window(lower, upper)
    params = day_filter("modified_date")(window)
    day = moment.astimezone(offset).date().isoformat()
    if lower <= moment <= upper:
        assert params["modified_date_0"] < day < params["modified_date_1"]


@given(lower=MOMENTS, upper=MOMENTS, days=st.integers(1, 400))
def test_windows_cover_the_span_without_a_gap(lower: datetime, upper: datetime, days: int) -> None:
    """Each window begins where the one before ended; only the last is the last."""
    windows = list(cut_windows(lower, upper, days=days))
    if lower > upper:
        assert windows == []
        return
    assert windows[0].lower == lower
    assert windows[-1].upper == upper
    assert [window.is_last for window in windows] == [False] * (len(windows) - 1) + [True]
    for before, after in itertools.pairwise(windows):
        assert before.upper == after.lower


def test_without_a_beginning_there_is_one_open_window() -> None:
    """Nothing is known to cut; the filter has an upper end only."""
    (window,) = cut_windows(None, datetime(2026, 1, 1, tzinfo=UTC), days=1)
    assert second_filter("x")(window) == {"x_1": "2026-01-01T00:00:00Z"}
    assert window.holds(datetime(1999, 1, 1, tzinfo=UTC))


def test_filters_carry_both_ends_under_their_documented_names() -> None:
    """Ranges end in _0 and _1, payments in _after and _before."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    window = Window(begin, begin + timedelta(hours=1, microseconds=1))
    assert second_filter("m")(window) == {
        "m_0": "2026-03-01T00:00:00Z",
        "m_1": "2026-03-01T01:00:01Z",
    }
    assert set(after_before_filter("u")(window)) == {"u_after", "u_before"}
    assert day_filter("d")(window) == {"d_0": "2026-02-27", "d_1": "2026-03-02"}


@pytest.mark.parametrize(
    ("hours", "is_last", "is_hard", "expected"),
    [
        (-1, True, False, False),
        (0, True, False, True),
        (1, False, False, True),
        (2, False, False, False),
        (2, True, False, True),
        (2, True, True, False),
    ],
)
def test_only_the_last_open_window_takes_later_rows(
    hours: int, *, is_last: bool, is_hard: bool, expected: bool
) -> None:
    """Rows changed while they are read belong to the last window, unless end_date is set."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    window = Window(begin, begin + timedelta(hours=1), is_last=is_last)
    moment = begin + timedelta(hours=hours)
    assert window.holds(moment, is_upper_hard=is_hard) is expected
    assert window.holds(None)
