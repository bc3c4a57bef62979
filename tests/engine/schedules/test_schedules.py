"""What schedules mean: the table of clock changes, what is refused, and the words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules import Cron, Interval, RRule, Schedule
from flowtui.engine.schedules.walls import zone
from flowtui.engine.schedules.wire import schedule_from_json
from flowtui.engine.schedules.words import describe

NEW_YORK = "America/New_York"


def walls(cron: str, after: str, n: int = 3, timezone: str = NEW_YORK, **fields: bool) -> list[str]:
    """The next fires as `MM-DD HH:MM ±offset`, from a wall time with its offset."""
    schedule = Cron(cron, timezone=timezone, **fields)
    fires = schedule.next_fires(datetime.fromisoformat(after), n)
    return [f"{fire.astimezone(zone(timezone)):%m-%d %H:%M %z}" for fire in fires]


CLOCK_CHANGES = [
    # Clocks go forward on 8 March 2026 at 02:00 in New York.
    ("30 2 * * *", NEW_YORK, "2026-03-08T00:00-05:00", ["03-08 03:00 -0400", "03-09 02:30 -0400"]),
    ("*/30 2 * * *", NEW_YORK, "2026-03-08T00:00-05:00", ["03-08 03:00 -0400", "03-09 02:00 -0400"]),
    ("15,45 2 * * *", NEW_YORK, "2026-03-08T00:00-05:00", ["03-08 03:00 -0400", "03-09 02:15 -0400"]),
    ("30 2,3 * * *", NEW_YORK, "2026-03-08T00:00-05:00", ["03-08 03:00 -0400", "03-08 03:30 -0400"]),
    ("0 2,3 * * *", NEW_YORK, "2026-03-08T00:00-05:00", ["03-08 03:00 -0400", "03-09 02:00 -0400"]),
    ("0 * * * *", NEW_YORK, "2026-03-08T00:30-05:00", ["03-08 01:00 -0500", "03-08 03:00 -0400", "03-08 04:00 -0400"]),
    ("30 * * * *", NEW_YORK, "2026-03-08T01:00-05:00", ["03-08 01:30 -0500", "03-08 03:30 -0400"]),
    ("*/15 * * * *", NEW_YORK, "2026-03-08T01:40-05:00", ["03-08 01:45 -0500", "03-08 03:00 -0400"]),
    # Clocks go back on 1 November 2026 at 02:00.
    ("30 1 * * *", NEW_YORK, "2026-11-01T00:00-04:00", ["11-01 01:30 -0400", "11-02 01:30 -0500"]),
    ("30 1 * * *", NEW_YORK, "2026-11-01T01:45-04:00", ["11-02 01:30 -0500"]),
    ("30 1 * * *", NEW_YORK, "2026-11-01T01:10-05:00", ["11-02 01:30 -0500"]),
    ("0 1-3 * * *", NEW_YORK, "2026-11-01T00:00-04:00", ["11-01 01:00 -0400", "11-01 02:00 -0500"]),
    ("0 * * * *", NEW_YORK, "2026-11-01T00:30-04:00", ["11-01 01:00 -0400", "11-01 01:00 -0500", "11-01 02:00 -0500"]),
    (
        "*/30 * * * *",
        NEW_YORK,
        "2026-11-01T01:29-04:00",
        ["11-01 01:30 -0400", "11-01 01:00 -0500", "11-01 01:30 -0500"],
    ),
    # Half an hour, midnight, winter time as the exception, an hour that is not on the hour, a day that never was.
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04T00:00+10:30", ["10-04 02:30 +1100", "10-05 02:15 +1100"]),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-05T00:00+11:00", ["04-05 01:45 +1100", "04-06 01:45 +1030"]),
    ("0 0 * * *", "America/Santiago", "2026-09-05T12:00-04:00", ["09-06 01:00 -0300", "09-07 00:00 -0300"]),
    ("30 1 * * *", "Europe/Dublin", "2026-10-25T00:00+01:00", ["10-25 01:30 +0100", "10-26 01:30 +0000"]),
    ("50 2 * * *", "Pacific/Chatham", "2026-09-27T00:00+12:45", ["09-27 03:45 +1345", "09-28 02:50 +1345"]),
    ("0 3 * * *", "Pacific/Chatham", "2026-04-05T00:00+13:45", ["04-05 03:00 +1345", "04-06 03:00 +1245"]),
    ("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00-10:00", ["12-29 12:00 -1000", "12-31 00:00 +1400"]),
    ("0 */6 * * *", "Africa/Casablanca", "2026-02-15T00:00+01:00", ["02-15 06:00 +0000", "02-15 12:00 +0000"]),
]


@pytest.mark.parametrize(("cron", "timezone", "after", "expected"), CLOCK_CHANGES)
def test_a_change_of_the_clock_has_one_meaning(cron: str, timezone: str, after: str, expected: list[str]) -> None:
    assert walls(cron, after, len(expected), timezone) == expected


def test_day_of_month_and_day_of_week_are_either_or_unless_asked_otherwise() -> None:
    """13 March 2026 is a Friday; `day_or=False` wants both."""
    assert walls("0 0 13 * 5", "2026-03-01T00:00-05:00") == [
        "03-06 00:00 -0500",
        "03-13 00:00 -0400",
        "03-20 00:00 -0400",
    ]
    both = walls("0 0 13 * 5", "2026-03-01T00:00-05:00", 2, day_or=False)
    assert both == ["03-13 00:00 -0400", "11-13 00:00 -0500"]


def test_day_zero_of_the_week_is_sunday() -> None:
    assert walls("0 8 * * 0", "2026-03-07T12:00-05:00", 1) == ["03-08 08:00 -0400"]


def test_fires_are_strictly_later_and_in_utc() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    fires = Cron("0 12 * * *").next_fires(noon, 2)
    assert fires == [noon + timedelta(days=1), noon + timedelta(days=2)]
    assert all(fire.tzinfo is UTC for fire in fires)


def test_a_sixth_field_is_the_second_and_a_seventh_the_year() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    assert Cron("* * * * * */20").next_fires(start, 3)[-1] == start + timedelta(seconds=60)
    assert Cron("0 0 1 1 * 0 2090").next_fires(start, 3) == [datetime(2090, 1, 1, tzinfo=UTC)]


def test_h_is_drawn_from_the_deployment_and_stays() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    schedule = Cron("H H * * *")
    one, again, other = (schedule.next_fires(start, 5, hash_id=key) for key in ("a", "a", "b"))
    assert one == again != other
    with pytest.raises(ScheduleError, match="H needs a deployment"):
        schedule.next_fires(start, 1)


def test_daily_is_midnight_although_a_deployment_is_known() -> None:
    fires = Cron("@daily").next_fires(datetime(2026, 6, 1, 5, tzinfo=UTC), 1, hash_id="some-id")
    assert fires == [datetime(2026, 6, 2, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 0 31 2 *", "'0 0 31 2 *' can never fire"),
        ("0 0 30 2 * 0 2030", "can never fire"),
        ("0 0 1 1 * 0 2020", "can never fire"),
        ("R R * * *", "R draws another time at every look"),
        ("0 R(8-17) * * *", "R draws another time"),
        ("*/90 * * * *", "a step of 90 does not fit the minute"),
        ("*/0 * * * *", "a step of 0"),
        ("* * * *", "has 4 of the 5 fields"),
        ("", "has 0 of the 5 fields"),
        ("61 * * * *", "out of range"),
        ("0 0 * * someday", "no cron line that can be read"),
        ("@reboot", "no cron line that can be read"),
        ("* * * * *" + ",1" * 300, "too long"),
    ],
)
def test_a_cron_line_that_makes_no_sense_is_refused_with_its_reason(cron: str, words: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Cron(cron).check(datetime(2026, 6, 1, tzinfo=UTC))
    assert words in str(caught.value)


def test_the_thirty_first_of_february_or_a_monday_does_fire() -> None:
    """Day of month and day of week are either-or, so this is every Monday in February."""
    Cron("0 0 31 2 1").check()


def test_an_unknown_zone_names_its_nearest() -> None:
    with pytest.raises(ScheduleError, match=r"'Europe/Berln'.*'Europe/Berlin'"):
        Cron("0 0 * * *", timezone="Europe/Berln").check()


def test_whole_days_follow_the_wall_clock_and_hours_the_elapsed_time() -> None:
    anchor = datetime(2026, 3, 6, 14, tzinfo=UTC)  # 09:00 in New York
    after = datetime(2026, 3, 7, 20, tzinfo=UTC)
    daily = Interval(timedelta(days=1), anchor_date=anchor, timezone=NEW_YORK).next_fires(after, 2)
    assert [f"{fire.astimezone(zone(NEW_YORK)):%d %H:%M}" for fire in daily] == ["08 09:00", "09 09:00"]
    hours = Interval(timedelta(hours=24, minutes=30), anchor_date=anchor, timezone=NEW_YORK)
    first, second = hours.next_fires(after, 2)
    assert second - first == timedelta(hours=24, minutes=30)
    assert (first - anchor) % timedelta(hours=24, minutes=30) == timedelta(0)


def test_an_interval_may_be_asked_for_before_its_anchor() -> None:
    """The anchor fixes the phase, not the beginning."""
    anchor = datetime(2030, 1, 1, tzinfo=UTC)
    quarters = Interval(timedelta(minutes=15), anchor_date=anchor)
    fires = quarters.next_fires(datetime(2026, 1, 1, 0, 1, tzinfo=UTC), 1)
    assert fires == [datetime(2026, 1, 1, 0, 15, tzinfo=UTC)]


@pytest.mark.parametrize("seconds", [0, -60, 0.5])
def test_an_interval_below_a_second_is_refused(seconds: float) -> None:
    with pytest.raises(ScheduleError):
        Interval(timedelta(seconds=seconds), anchor_date=datetime(2026, 1, 1, tzinfo=UTC)).check()


def test_an_interval_that_leaves_the_calendar_ends() -> None:
    schedule = Interval(timedelta(days=900_000), anchor_date=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(schedule.next_fires(datetime(2026, 1, 1, tzinfo=UTC), 50)) < 5


@pytest.mark.parametrize(
    "schedule",
    [
        Cron("0 9 * * 1-5", timezone="Europe/Berlin"),
        Cron("0 0 13 * 5", day_or=False),
        Interval(timedelta(minutes=15), anchor_date=datetime(2026, 1, 1, tzinfo=UTC)),
        Interval(timedelta(days=1, microseconds=1), datetime(2026, 1, 1, 9, tzinfo=UTC), NEW_YORK),
    ],
)
def test_the_wire_brings_a_schedule_back(schedule: Schedule) -> None:
    assert schedule_from_json(schedule.to_json()) == schedule


def test_an_interval_without_anchor_counts_from_midnight_in_its_zone() -> None:
    """So that deploying twice gives the same schedule, and every 15 minutes means the quarters."""
    schedule = schedule_from_json({"interval": 900, "anchor_date": None, "timezone": "Asia/Kolkata"})
    assert schedule == schedule_from_json({"interval": 900, "timezone": "Asia/Kolkata"})
    assert schedule.next_fires(datetime(2026, 1, 1, 0, 1, tzinfo=UTC), 1) == [datetime(2026, 1, 1, 0, 15, tzinfo=UTC)]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"cron": None},
        {"interval": "often"},
        {"interval": True},
        {"interval": 1e300},
        {"interval": 60, "anchor_date": "soon"},
        {"cron": "* * * * *", "timezone": 3},
    ],
)
def test_a_wire_value_that_is_no_schedule_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ScheduleError):
        schedule_from_json(data)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0 * * * *", "every hour"),
        ("5 * * * *", "every hour at :05"),
        ("0 */6 * * *", "every 6 hours"),
        ("0 9 * * 1-5", "weekdays at 09:00 Europe/Berlin"),
        ("30 9 * * MON,FRI", "Mondays and Fridays at 09:30 Europe/Berlin"),
        ("0 9,17 * * *", "daily at 09:00 and 17:00 Europe/Berlin"),
        ("@weekly", "Sundays at 00:00 Europe/Berlin"),
        ("0 6 1 * *", "on day 1 of each month at 06:00 Europe/Berlin"),
        ("0 18 24 12 *", "on 24 December at 18:00 Europe/Berlin"),
        ("0 0 13 * 5", "cron 0 0 13 * 5 Europe/Berlin"),
        ("*/7 * * * *", "cron */7 * * * * Europe/Berlin"),
        ("*/15 9-17 * * 1-5", "weekdays every 15 minutes from 09:00 to 17:45 Europe/Berlin"),
        ("0 22-2 * * *", "every hour from 22:00 to 02:00 Europe/Berlin"),
        ("5 */6 * * sat,sun", "weekends every 6 hours at :05 Europe/Berlin"),
        ("0,30 9 * * *", "daily at 09:00 and 09:30 Europe/Berlin"),
        ("0 9 * * MON#1", "on the first Monday of each month at 09:00 Europe/Berlin"),
        ("0 9 * * L5", "on the last Friday of each month at 09:00 Europe/Berlin"),
        ("0 9 L * *", "on the last day of each month at 09:00 Europe/Berlin"),
        ("0 0 1,15 * *", "on days 1 and 15 of each month at 00:00 Europe/Berlin"),
        ("0 9 * 1,7 MON", "Mondays in January and July at 09:00 Europe/Berlin"),
        ("30 9 24 dec *", "on 24 December at 09:30 Europe/Berlin"),
        ("* * * * * */10", "every 10 seconds"),
        ("0 9 * * 1-5 0", "weekdays at 09:00 Europe/Berlin"),
    ],
)
def test_a_schedule_is_said_in_words(cron: str, words: str) -> None:
    assert describe(Cron(cron, timezone="Europe/Berlin")) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "every minute"),
        (900, "every 15 minutes"),
        (86_400, "every day"),
        (90, "every 90 seconds"),
        (1.5, "every 1.5 seconds"),
    ],
)
def test_an_interval_is_said_in_words(seconds: float, words: str) -> None:
    assert describe(Interval(timedelta(seconds=seconds), anchor_date=datetime(2026, 1, 1, tzinfo=UTC))) == words


def test_a_schedule_shows_what_it_is_and_is_changed_by_a_copy() -> None:
    schedule = Cron("0 9 * * *", "Europe/Berlin", catch_up="within 10m")
    assert repr(schedule) == (
        "Cron(timezone='Europe/Berlin', cron='0 9 * * *', day_or=True, "
        "catch_up=CatchUp(policy='within', span=datetime.timedelta(seconds=600)))"
    )
    assert replace(schedule, active=False).active is False
    assert replace(schedule, active=False) != schedule == replace(schedule, replaces="old")
    assert Interval("1h30m") == Interval(5400) == Interval(timedelta(minutes=90))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Cron(5),
        lambda: Cron("0 0 * * *", dst_overlap="thrice"),
        lambda: Cron("0 0 * * *", timezone=3),
        lambda: Cron("0 0 * * *", active="yes"),
        lambda: Cron("0 0 * * *", parameters=[1]),
        lambda: Cron("0 0 * * *", slug="x" * 201),
        lambda: Cron("0 0 * * *", max_scheduled_runs=True),
        lambda: Interval("often"),
        lambda: Interval(True),
        lambda: Interval(float("nan")),
        lambda: Interval(60, anchor_date="soon"),
        lambda: RRule(None),
        lambda: Cron("0 0 * * *").next_fires(datetime(2026, 1, 1), 1),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_in_a_sentence(make: Callable[[], object]) -> None:
    with pytest.raises(ScheduleError) as caught:
        make()
    assert str(caught.value).endswith(".")


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(TypeError, match="Cron has no catchup"):
        Cron("0 0 * * *", catchup="all")  # type: ignore[call-arg]
