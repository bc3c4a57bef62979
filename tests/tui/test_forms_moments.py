"""Dates and times as people write them in a form."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.errors import UsageError
from flowtui.tui.forms.moments import parse_date, parse_moment

NOW = datetime(2026, 11, 20, 14, 2, 31, tzinfo=UTC)  # a Friday
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 11, 20)),
        (" Yesterday ", date(2026, 11, 19)),
        ("tomorrow", date(2026, 11, 21)),
        ("friday", date(2026, 11, 20)),
        ("thursday", date(2026, 11, 26)),
        ("3 days ago", date(2026, 11, 17)),
        ("-1d", date(2026, 11, 19)),
        ("in  2 days", date(2026, 11, 22)),
        ("+10d", date(2026, 11, 30)),
        ("2026-02-28", date(2026, 2, 28)),
    ],
)
def test_days(text: str, day: date) -> None:
    assert parse_date(text, NOW, UTC) == day


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30", "99999 days agoo", "in 99999999 days", "32.1.2026"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(UsageError, match="This must be a date such as 2026-11-19"):
        parse_date(text, NOW, UTC)


def test_days_before_the_calendar_began_are_no_days() -> None:
    with pytest.raises(UsageError):
        parse_date("99999 days ago", datetime(100, 1, 1, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("now", NOW),
        ("in 10m", NOW + timedelta(minutes=10)),
        ("+1h30m", NOW + timedelta(minutes=90)),
        ("in 2 days", NOW + timedelta(days=2)),
        ("14:30", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
        ("14:00", datetime(2026, 11, 21, 14, 0, tzinfo=UTC)),
        ("9.15", datetime(2026, 11, 21, 9, 15, tzinfo=UTC)),
        ("2pm", datetime(2026, 11, 21, 14, 0, tzinfo=UTC)),
        ("12 am", datetime(2026, 11, 21, 0, 0, tzinfo=UTC)),
        ("tomorrow 9:00", datetime(2026, 11, 21, 9, 0, tzinfo=UTC)),
        ("tomorrow at 9:00:30", datetime(2026, 11, 21, 9, 0, 30, tzinfo=UTC)),
        ("monday, 8:00", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ("2026-12-24 18:30", datetime(2026, 12, 24, 18, 30, tzinfo=UTC)),
        ("2026-12-24T18:30:00+01:00", datetime(2026, 12, 24, 17, 30, tzinfo=UTC)),
        ("2026-12-24T18:30:00Z", datetime(2026, 12, 24, 18, 30, tzinfo=UTC)),
    ],
)
def test_moments(text: str, instant: datetime) -> None:
    found = parse_moment(text, NOW, UTC)
    assert found == instant
    assert found.tzinfo is not None


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "14:60", "13pm", "0pm", "9", "2026", "2026-12-24", "in a while", "+"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(UsageError, match="This must be a time such as 14:30"):
        parse_moment(text, NOW, UTC)


def test_a_wall_time_has_the_offset_of_its_own_day() -> None:
    """The clocks of Berlin go forward on 28 March 2027; nine o'clock stays nine o'clock."""
    before = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    assert parse_moment("tomorrow 9:00", before, BERLIN) == datetime(2027, 3, 28, 7, 0, tzinfo=UTC)
    assert parse_moment("today 23:00", before, BERLIN) == datetime(2027, 3, 27, 22, 0, tzinfo=UTC)


def test_today_is_the_day_of_the_zone() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert parse_date("today", late, BERLIN) == date(2026, 11, 21)
    assert parse_date("today", late, UTC) == date(2026, 11, 20)


@given(st.text(max_size=30), st.datetimes(timezones=st.just(UTC)))
def test_no_text_breaks_it(text: str, now: datetime) -> None:
    for parse in (parse_date, parse_moment):
        try:
            parse(text, now, UTC)
        except UsageError as error:
            assert str(error).endswith(".")


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=23, minutes=59)))
def test_a_time_of_day_is_the_next_one(later: timedelta) -> None:
    wanted = (NOW + later).replace(second=0, microsecond=0)
    found = parse_moment(f"{wanted:%H:%M}", NOW, UTC)
    assert NOW < found <= NOW + timedelta(days=1)
    assert (found.hour, found.minute) == (wanted.hour, wanted.minute)
