"""Recurrence rules: the clock changes, sets, ends, what is refused, and python-dateutil as the oracle."""

import time
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules import RRule
from flowtui.engine.schedules.walls import zone
from flowtui.engine.schedules.wire import schedule_from_json
from flowtui.engine.schedules.words import describe

NEW_YORK = "America/New_York"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def walls(rule: str, after: str, n: int, timezone: str = NEW_YORK, **fields: str) -> list[str]:
    """The next fires as `MM-DD HH:MM ±offset`, from a wall time with its offset."""
    fires = RRule(rule, timezone, **fields).next_fires(datetime.fromisoformat(after), n)  # type: ignore[arg-type]
    return [f"{fire.astimezone(zone(timezone)):%m-%d %H:%M %z}" for fire in fires]


CLOCK_CHANGES = [
    # Clocks go forward on 8 March 2026 at 02:00 in New York, and back on 1 November.
    ("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", NEW_YORK, "2026-03-08T00:00-05:00", ["03-08 03:00 -0400", "03-09 02:30 -0400"]),
    (
        "FREQ=DAILY;BYHOUR=2;BYMINUTE=0,30",
        NEW_YORK,
        "2026-03-08T00:00-05:00",
        ["03-08 03:00 -0400", "03-09 02:00 -0400"],
    ),
    ("FREQ=DAILY;BYHOUR=1;BYMINUTE=30", NEW_YORK, "2026-11-01T00:00-04:00", ["11-01 01:30 -0400", "11-02 01:30 -0500"]),
    ("FREQ=DAILY;BYHOUR=1;BYMINUTE=30", NEW_YORK, "2026-11-01T01:10-05:00", ["11-02 01:30 -0500"]),
    (
        "FREQ=HOURLY",
        NEW_YORK,
        "2026-11-01T00:30-04:00",
        ["11-01 01:00 -0400", "11-01 01:00 -0500", "11-01 02:00 -0500"],
    ),
    ("FREQ=HOURLY", NEW_YORK, "2026-03-08T00:30-05:00", ["03-08 01:00 -0500", "03-08 03:00 -0400"]),
    ("FREQ=HOURLY;INTERVAL=6", NEW_YORK, "2026-03-07T23:00-05:00", ["03-08 00:00 -0500", "03-08 07:00 -0400"]),
    ("FREQ=MINUTELY;INTERVAL=30", NEW_YORK, "2026-11-01T01:15-04:00", ["11-01 01:30 -0400", "11-01 01:00 -0500"]),
    # What an hourly rule names is the wall clock: nine in the morning, whatever the offset.
    ("FREQ=HOURLY;BYHOUR=9", NEW_YORK, "2026-03-07T00:00-05:00", ["03-07 09:00 -0500", "03-08 09:00 -0400"]),
    (
        "FREQ=MINUTELY;BYHOUR=1;BYMINUTE=5",
        NEW_YORK,
        "2026-11-01T00:00-04:00",
        ["11-01 01:05 -0400", "11-01 01:05 -0500"],
    ),
    # Half an hour, midnight, an hour that is not on the hour, a day that never was.
    ("FREQ=DAILY;BYHOUR=2;BYMINUTE=15", "Australia/Lord_Howe", "2026-10-04T00:00+10:30", ["10-04 02:30 +1100"]),
    (
        "FREQ=HOURLY;BYMINUTE=0",
        "Australia/Lord_Howe",
        "2026-10-04T01:30+10:30",
        ["10-04 03:00 +1100", "10-04 04:00 +1100"],
    ),
    ("FREQ=DAILY", "America/Santiago", "2026-09-05T12:00-04:00", ["09-06 01:00 -0300", "09-07 00:00 -0300"]),
    (
        "FREQ=DAILY;BYHOUR=2;BYMINUTE=50",
        "Pacific/Chatham",
        "2026-09-27T00:00+12:45",
        ["09-27 03:45 +1345", "09-28 02:50 +1345"],
    ),
    ("FREQ=DAILY;BYHOUR=12", "Pacific/Apia", "2020-01-01T00:00+14:00", ["01-01 12:00 +1400", "01-02 12:00 +1400"]),
]


@pytest.mark.parametrize(("rule", "timezone", "after", "expected"), CLOCK_CHANGES)
def test_a_change_of_the_clock_has_one_meaning(rule: str, timezone: str, after: str, expected: list[str]) -> None:
    assert walls(rule, after, len(expected), timezone) == expected


def test_a_day_that_never_was_fires_when_the_calendar_goes_on() -> None:
    rule = "DTSTART:20111229T120000\nRRULE:FREQ=DAILY"
    assert walls(rule, "2011-12-29T12:00-10:00", 2, "Pacific/Apia") == ["12-31 00:00 +1400", "12-31 12:00 +1400"]


def test_a_time_that_comes_twice_fires_twice_when_asked_to() -> None:
    twice = walls("FREQ=DAILY;BYHOUR=1;BYMINUTE=30", "2026-11-01T00:00-04:00", 3, dst_overlap="twice")
    assert twice == ["11-01 01:30 -0400", "11-01 01:30 -0500", "11-02 01:30 -0500"]


def test_without_a_start_a_rule_counts_from_2020_in_its_zone() -> None:
    """1 January 2020 was a Wednesday."""
    assert walls("FREQ=WEEKLY", "2026-11-27T00:00-05:00", 1) == ["12-02 00:00 -0500"]
    every_other = RRule("FREQ=WEEKLY;INTERVAL=2", NEW_YORK).next_fires(NOON, 1)[0].astimezone(zone(NEW_YORK))
    assert (every_other.date() - datetime(2020, 1, 1).date()).days % 14 == 0


def test_a_set_is_its_rules_and_dates_less_what_is_excluded() -> None:
    rule = (
        "DTSTART;TZID=Europe/Berlin:20260601T090000\n"
        "RRULE:FREQ=DAILY\n"
        "RDATE;TZID=Europe/Berlin:20260602T120000,\n 20260603T120000\n"
        "EXDATE:20260604T070000Z\n"
        "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU"
    )
    schedule = RRule(rule)
    assert schedule.timezone == "Europe/Berlin"
    fires = schedule.next_fires(datetime(2026, 5, 1, tzinfo=UTC), 8)
    assert [f"{fire.astimezone(zone('Europe/Berlin')):%d %H}" for fire in fires] == [
        "01 09", "02 09", "02 12", "03 09", "03 12", "05 09", "08 09", "09 09",
    ]  # fmt: skip


def test_dates_alone_are_a_schedule() -> None:
    fires = RRule("RDATE:20260701T090000Z,20260101T090000Z,20260801").next_fires(NOON, 9)
    assert fires == [datetime(2026, 7, 1, 9, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)]


def test_count_counts_from_the_start_and_until_includes_its_instant() -> None:
    counted = RRule("DTSTART:20260530T090000\nRRULE:FREQ=DAILY;COUNT=4")
    assert counted.next_fires(NOON, 9) == [datetime(2026, 6, 2, 9, tzinfo=UTC)]
    until = RRule("FREQ=DAILY;BYHOUR=9;UNTIL=20260603T090000Z")
    assert until.next_fires(NOON, 9)[-1] == datetime(2026, 6, 3, 9, tzinfo=UTC)
    whole_day = RRule("FREQ=DAILY;BYHOUR=9;UNTIL=20260603", NEW_YORK)
    assert len(whole_day.next_fires(NOON, 9)) == 3
    assert RRule("FREQ=HOURLY;UNTIL=20260101").next_fires(NOON, 1) == []


BOMBS = [
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1",
    "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=31;BYHOUR=1;BYMINUTE=7",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;INTERVAL=999999999",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366",
    "FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=100",
    "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY",
    "\n".join(f"RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30;INTERVAL={number}" for number in range(1, 11)),
]


@pytest.mark.parametrize("rule", BOMBS)
def test_a_rule_that_never_fires_is_refused_and_does_not_spin(rule: str) -> None:
    before = time.process_time()
    with pytest.raises(ScheduleError, match="can never fire"):
        RRule(rule).check(datetime(2026, 6, 1, tzinfo=UTC))
    assert time.process_time() - before < 15  # at most a second on a machine of its own


REFUSED = [
    ("", "not empty"),
    ("often", "no line of a recurrence rule"),
    ("FREQ=OFTEN", "FREQ is one of YEARLY"),
    ("INTERVAL=2", "not missing"),
    ("FREQ=DAILY;BYHUOR=2", "'BYHUOR=2' is no part of a rule"),
    ("FREQ=DAILY;BYHOUR=24", "BYHOUR names numbers from 0 to 23"),
    ("FREQ=MONTHLY;BYMONTHDAY=0", "but not 0"),
    ("FREQ=MONTHLY;BYDAY=1XX", "'1XX' is none"),
    ("FREQ=WEEKLY;BYDAY=1MO", "write the day alone"),
    ("FREQ=DAILY;INTERVAL=0", "INTERVAL is a number from 1"),
    ("FREQ=DAILY;BYHOUR=1;BYHOUR=2", "two of BYHOUR"),
    ("FREQ=DAILY;WKST=XX", "WKST is one of"),
    ("FREQ=DAILY;COUNT=5", "COUNT needs a DTSTART"),
    ("DTSTART:20260101T000000\nRRULE:FREQ=DAILY;COUNT=5;UNTIL=20270101", "by COUNT or by UNTIL"),
    ("DTSTART:20260101T000000\nRRULE:FREQ=SECONDLY;COUNT=999999", "10000 is the most"),
    ("DTSTART:20260101T000000\nDTSTART:20260102T000000\nRRULE:FREQ=DAILY", "more than one DTSTART"),
    ("DTSTART:20260230T000000\nRRULE:FREQ=DAILY", "is no date of a recurrence rule"),
    ("DTSTART;TZID=Europe/Berln:20260101T000000\nRRULE:FREQ=DAILY", "Did you mean 'Europe/Berlin'"),
    ("RDATE;VALUE=PERIOD:20260101T000000Z/PT1H", "no periods"),
    ("DTSTART:20260101T000000", "neither a rule nor a date"),
    ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS chooses among"),
    (
        f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))};BYSECOND=0,1",
        "1,440",
    ),
    ("\n".join(f"RRULE:FREQ=DAILY;INTERVAL={number}" for number in range(1, 12)), "11 rules is too much"),
    ("FREQ=DAILY;BYHOUR=" + "1," * 3300, "too long"),
]


@pytest.mark.parametrize(("rule", "words"), REFUSED)
def test_a_rule_that_makes_no_sense_is_refused_with_its_reason(rule: str, words: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        RRule(rule).check(datetime(2026, 6, 1, tzinfo=UTC))
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY;BYHOUR=9", "daily at 09:00 Europe/Berlin"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,17;BYMINUTE=30", "weekdays at 09:30 and 17:30 Europe/Berlin"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=17", "every 2 weeks on Fridays at 17:00 Europe/Berlin"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days at 00:00 Europe/Berlin"),
        ("FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17", "on the last Friday of each month at 17:00 Europe/Berlin"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of each month at 00:00 Europe/Berlin"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1,15", "on days 1 and 15 of every 3 months at 00:00 Europe/Berlin"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24;BYHOUR=18", "on day 24 of December at 18:00 Europe/Berlin"),
        ("FREQ=HOURLY;INTERVAL=6", "every 6 hours"),
        ("FREQ=HOURLY;BYMINUTE=5", "every hour at :05"),
        ("FREQ=SECONDLY;INTERVAL=10", "every 10 seconds"),
        ("FREQ=DAILY;UNTIL=20270101", "daily at 00:00 Europe/Berlin, until 2027-01-01"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "rrule FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO Europe/Berlin"),
    ],
)
def test_a_rule_is_said_in_words(rule: str, words: str) -> None:
    assert describe(RRule(rule, "Europe/Berlin")) == words


# -- python-dateutil as the oracle -------------------------------------------------------------------------------------

START = datetime(2024, 2, 29, 9, 15)
# Where nothing matches, dateutil looks on until the year 9999. The calendar repeats itself, so it is asked there.
CYCLES = 19 * 400


def some(low: int, high: int, most: int = 3) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high).filter(bool) if low < 0 else st.integers(low, high)
    return st.lists(numbers, min_size=1, max_size=most, unique=True).map(lambda found: ",".join(map(str, found)))


LOOK = timedelta(days=3653)


@st.composite
def rules(draw: st.DrawFn, frequencies: tuple[str, ...], leave_out: frozenset[str] = frozenset()) -> str:
    frequency = draw(st.sampled_from(frequencies))
    days = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)
    parts: dict[str, st.SearchStrategy[str]] = {
        "BYMONTH": some(1, 12),
        "BYMONTHDAY": some(-31, 31),
        "BYYEARDAY": some(-366, 366),
        "BYWEEKNO": some(-50, 53),  # -52 of a year may begin in the year before, which dateutil forgets
        "BYDAY": days.map(",".join),
        "BYHOUR": some(0, 23),
        "BYMINUTE": some(0, 59),
        "BYSECOND": some(0, 59),
        "WKST": st.sampled_from(["MO", "SU", "TH"]),
        "INTERVAL": st.integers(1, 40).map(str),
    }
    if frequency in ("YEARLY", "MONTHLY"):
        numbers = st.integers(-4, 4).filter(bool)  # where there is no such weekday, dateutil raises IndexError
        parts["BYDAY"] |= st.lists(
            st.builds(lambda number, day: f"{number}{day}", numbers, st.sampled_from(["MO", "WE", "SU"])),
            min_size=1, max_size=3, unique=True,
        ).map(",".join)  # fmt: skip
    chosen = draw(st.sets(st.sampled_from(sorted(parts.keys() - leave_out)), max_size=4))
    text = f"FREQ={frequency}" + "".join(f";{name}={draw(parts[name])}" for name in sorted(chosen))
    if chosen & {"BYDAY", "BYMONTHDAY", "BYHOUR", "BYMINUTE"} and draw(st.booleans()):
        text += f";BYSETPOS={draw(some(-3, 3, 2))}"
    return text


def oracle(text: str, after: datetime, n: int, start: datetime) -> list[datetime]:
    """What python-dateutil says about the next ten years."""
    rule = rrulestr(text, dtstart=start.replace(year=start.year + CYCLES))
    last = (after + LOOK).replace(year=(after + LOOK).year + CYCLES)
    found = []
    for late in islice(rule, 20_000):
        fire = late.replace(year=late.year - CYCLES)
        if late > last or len(found) == n:
            break
        if fire > after:
            found.append(fire.replace(tzinfo=UTC))
    return found


@settings(max_examples=150)
@given(text=rules(("YEARLY", "MONTHLY", "WEEKLY", "DAILY")), ahead=st.integers(60, 900))
def test_rules_of_days_and_longer_are_those_of_dateutil(text: str, ahead: int) -> None:
    """From the second period on: in the first week, dateutil counts positions among the days that are left."""
    after = START + timedelta(days=ahead)
    schedule = RRule(f"DTSTART:{START:%Y%m%dT%H%M%S}Z\nRRULE:{text};UNTIL={after + LOOK:%Y%m%dT%H%M%S}Z")
    expected = oracle(text, after, 6, START)
    assert schedule.next_fires(after.replace(tzinfo=UTC), 6) == expected
    assert schedule_from_json(schedule.to_json()) == schedule
    assert describe(schedule)


DAYS = frozenset(("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"))
"""With these, dateutil goes through every second of the years in between."""


@settings(max_examples=120)
@given(text=rules(("HOURLY", "MINUTELY", "SECONDLY"), DAYS).filter(lambda text: "BYSETPOS" not in text))
def test_shorter_rules_are_those_of_dateutil_where_no_clock_changes(text: str) -> None:
    after = START + timedelta(hours=3, minutes=7)
    until = (after + LOOK).strftime("%Y%m%dT%H%M%S")
    try:
        expected = oracle(text, after, 5, START)
    except ValueError:  # "generates an empty set"
        expected = []
    found = RRule(f"DTSTART:{START:%Y%m%dT%H%M%S}Z\nRRULE:{text};UNTIL={until}Z").next_fires(
        after.replace(tzinfo=UTC), 5
    )
    assert found == expected


ZONES = (
    "UTC", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Chatham",
    "Africa/Casablanca", "Antarctica/Troll", "America/Santiago", "Asia/Kolkata", "Atlantic/Azores", "Pacific/Apia",
)  # fmt: skip


@settings(max_examples=60)
@given(
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=3),
    step=st.sampled_from([1, 5, 7, 15, 60, 90]),
    name=st.sampled_from(ZONES),
    after=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),
)
def test_shorter_rules_count_elapsed_time_and_name_the_wall_clock(
    hours: set[int], step: int, name: str, after: datetime
) -> None:
    """Against counting every step of a week since the start."""
    after = after.replace(second=0, microsecond=0)
    tz = zone(name)
    rule = RRule(f"FREQ=MINUTELY;INTERVAL={step};BYHOUR={','.join(map(str, sorted(hours)))}", name)
    origin = datetime(2020, 1, 1, tzinfo=tz).astimezone(UTC)
    number = (after - origin) // timedelta(minutes=step) + 1
    steps = (origin + timedelta(minutes=step) * (number + more) for more in range(7 * 1440 // step))
    expected = [moment for moment in steps if moment.astimezone(tz).hour in hours]
    assert rule.next_fires(after, len(expected)) == expected


@settings(max_examples=150)
@given(
    text=st.text("FREQ=DAILYSECONTHB;:0123456789,-\nTZ", max_size=60)
    | st.lists(st.sampled_from([*BOMBS[:2], "DTSTART:20260101", "RRULE:FREQ=DAILY", "EXDATE:2026", "COUNT=3"])).map(
        "\n".join
    )
)
def test_any_text_is_a_rule_or_a_clear_refusal(text: str) -> None:
    schedule = RRule(text)
    assert schedule_from_json(schedule.to_json()) == schedule
    try:
        schedule.check(datetime(2026, 1, 1, tzinfo=UTC))
    except ScheduleError as error:
        assert str(error).endswith((".", "?"))
        assert len(str(error)) < 400
