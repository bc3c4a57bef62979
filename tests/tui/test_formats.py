"""Figures are short, of constant width, and never lie."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.tui.formats import ago, clock_time, count, duration, log_time, moment, until

NOW = datetime(2026, 11, 20, 14, 2, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0ms"),
        (0.004, "4ms"),
        (0.0996, "0.1s"),
        (4.06, "4.1s"),
        (9.96, "10s"),
        (59.6, "1m00s"),
        (72, "1m12s"),
        (3599.7, "1h00m"),
        (7500, "2h05m"),
        (90_000, "1d01h"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats(0, 1e8))
def test_a_duration_never_takes_more_than_six_cells(seconds: float) -> None:
    assert 1 <= len(duration(seconds)) <= 6


@given(st.timedeltas(timedelta(0), timedelta(days=500)))
def test_a_distance_is_one_number_and_one_unit(span: timedelta) -> None:
    words = ago(NOW - span, NOW)
    assert words[:-1].isdigit() and words[-1] in "smhd"


def test_a_moment_of_today_is_a_time_and_another_day_is_named() -> None:
    assert moment(NOW, NOW, UTC) == "14:02:31"
    assert moment(NOW - timedelta(days=1), NOW, UTC) == "Nov 19 14:02"
    assert moment(NOW.replace(year=2025), NOW, UTC) == "2025-11-20"
    assert moment(None, NOW, UTC) == ""


def test_today_is_the_day_of_the_zone_that_is_shown() -> None:
    east = timezone(timedelta(hours=12))
    assert moment(NOW - timedelta(hours=4), NOW, UTC) == "10:02:31"
    assert moment(NOW - timedelta(hours=4), NOW, east) == "Nov 20 22:02"


def test_the_clock_says_its_zone() -> None:
    assert clock_time(NOW, UTC) == "14:02:31 UTC"
    assert clock_time(NOW, timezone(timedelta(hours=2), "CEST")) == "16:02:31 CEST"


def test_what_is_due_is_not_in_the_future() -> None:
    assert until(NOW, NOW) == "due"
    assert until(NOW + timedelta(minutes=7), NOW) == "in 7m"


def test_log_times_carry_milliseconds() -> None:
    assert log_time(NOW.replace(microsecond=4900), UTC) == "14:02:31.004"


def test_counts_are_grouped() -> None:
    assert count(1204) == "1,204"
