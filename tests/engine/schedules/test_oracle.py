"""Schedules against a brute-force oracle that knows neither croniter nor the walk: it looks at every minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules import Cron, Interval
from flowtui.engine.schedules.wire import schedule_from_json
from flowtui.engine.schedules.words import describe

ZONES = (
    "UTC", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Chatham",
    "Africa/Casablanca", "Antarctica/Troll", "America/Santiago", "Asia/Kolkata", "America/St_Johns", "Asia/Gaza",
)  # fmt: skip
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WINDOW = timedelta(hours=30)


def changes(zone: str) -> list[datetime]:
    """The hours of 2026 and 2027 after which the zone has another offset."""
    tz, hour = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC)
    found = []
    for _ in range(2 * 365 * 24):
        if hour.astimezone(tz).utcoffset() != (hour + HOUR).astimezone(tz).utcoffset():
            found.append(hour)
        hour += HOUR
    return found or [datetime(2026, 7, 1, tzinfo=UTC)]


CHANGES = {zone: changes(zone) for zone in ZONES}


@st.composite
def field(draw: st.DrawFn, low: int, high: int, kinds: str = "* one list range step") -> tuple[str, frozenset[int]]:
    """A field of a cron line, and the values that it names."""
    kind = draw(st.sampled_from(kinds.split()))
    every = frozenset(range(low, high + 1))
    if kind == "*":
        return "*", every
    if kind == "step":
        step = draw(st.integers(2, max(2, (high - low) // 2)))
        return f"*/{step}", frozenset(range(low, high + 1, step))
    values = sorted(draw(st.sets(st.integers(low, high), min_size=1, max_size=3)))
    if kind == "range" and len(values) > 1:
        return f"{values[0]}-{values[-1]}", frozenset(range(values[0], values[-1] + 1))
    if kind == "one":
        values = values[:1]
    return ",".join(map(str, values)), frozenset(values)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, datetime, frozenset[int], frozenset[int], frozenset[int] | None]:
    """A cron line, a zone, an instant near one of its clock changes, and the values its fields name."""
    minute, minutes = draw(field(0, 59))
    hour, hours = draw(field(0, 23) | field(0, 4, "one list range"))
    weekday, weekdays = draw(st.just(("*", frozenset(range(7)))) | field(0, 6))
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(CHANGES[zone]))
    after = change + draw(st.integers(-8 * 60, 4 * 60)) * MINUTE
    return f"{minute} {hour} * * {weekday}", zone, after, minutes, hours, weekdays


def oracle(
    cron: str, zone: str, after: datetime, minutes: frozenset[int], hours: frozenset[int], weekdays: frozenset[int]
) -> list[datetime]:
    """The fires within the window, by looking at each of its minutes and at each wall minute."""
    tz = ZoneInfo(zone)
    start = after - timedelta(hours=6)
    reached: dict[datetime, list[datetime]] = {}
    instant = start
    while instant <= after + WINDOW:
        reached.setdefault(instant.astimezone(tz).replace(tzinfo=None), []).append(instant)
        instant += MINUTE
    line_minute, line_hour = cron.split()[:2]
    elapsed = any(mark in text for text in (line_minute, line_hour) for mark in "*/") or len(hours) == 24
    fires: set[datetime] = set()
    wall, last = min(reached), max(reached)
    while wall <= last:
        if wall.minute in minutes and wall.hour in hours and wall.isoweekday() % 7 in weekdays:
            if wall in reached:
                fires.update(reached[wall] if elapsed else reached[wall][:1])
            elif len(hours) < 24:
                fires.add(reached[min(later for later in reached if later > wall)][0])
        wall += MINUTE
    return sorted(fire for fire in fires if after < fire <= after + WINDOW)


@settings(max_examples=250, deadline=None)
@given(case=cases())
def test_every_fire_around_a_clock_change_is_the_one_that_counting_minutes_finds(case) -> None:
    cron, zone, after, minutes, hours, weekdays = case
    expected = oracle(cron, zone, after, minutes, hours, weekdays)
    assert Cron(cron, timezone=zone).next_fires(after, len(expected)) == expected


@settings(max_examples=100, deadline=None)
@given(case=cases(), skip=st.integers(0, 40))
def test_asking_again_from_a_fire_goes_on_with_the_next_one(case, skip: int) -> None:
    """A server that was restarted continues the same series."""
    schedule = Cron(case[0], timezone=case[1])
    fires = schedule.next_fires(case[2], skip + 4)
    assert schedule.next_fires(fires[skip], 3) == fires[skip + 1 :]
    assert fires == sorted(set(fires))


@settings(max_examples=100, deadline=None)
@given(
    days=st.integers(1, 9),
    wall=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(
        lambda wall: wall.replace(second=0, microsecond=0)
    ),
    zone=st.sampled_from(ZONES),
    after=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),
)
def test_an_interval_of_days_keeps_its_time_of_day_wherever_that_exists(
    days: int, wall: datetime, zone: str, after: datetime
) -> None:
    tz = ZoneInfo(zone)
    anchor = wall.replace(tzinfo=tz)
    if anchor.astimezone(UTC).astimezone(tz).replace(tzinfo=None) != wall:
        return  # the anchor itself lies in a gap
    fires = Interval(timedelta(days=days), anchor_date=anchor, timezone=zone).next_fires(after, 20)
    assert len(fires) == 20
    assert fires[0] > after >= fires[0] - timedelta(days=days, hours=3)
    for fire in fires:
        local = fire.astimezone(tz).replace(tzinfo=None)
        lag = (local - wall) % timedelta(days=days)
        before = (fire - timedelta(seconds=1)).astimezone(tz).utcoffset()
        assert lag == timedelta(0) or (before != fire.astimezone(tz).utcoffset() and lag <= timedelta(hours=3))


@settings(max_examples=150, deadline=None)
@given(
    seconds=st.integers(1, 10**7).filter(lambda seconds: seconds % 86_400),
    after=st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),
    anchor=st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),
)
def test_other_intervals_are_exact_multiples_from_the_anchor(seconds: int, after: datetime, anchor: datetime) -> None:
    step = timedelta(seconds=seconds)
    fires = Interval(step, anchor_date=anchor, timezone="America/New_York").next_fires(after, 3)
    assert fires[0] - step <= after < fires[0]
    assert [(fire - anchor) % step for fire in fires] == [timedelta(0)] * 3
    assert fires[2] - fires[0] == 2 * step


CRONISH = st.text("0123456789*/-,?#LWHRlh @modaynfri()", max_size=30)


@settings(max_examples=500, deadline=2000)
@given(
    cron=CRONISH
    | st.lists(st.text("0123456789*/-,#LWHRmonfri?()", min_size=1, max_size=6), min_size=5, max_size=7).map(" ".join)
)
def test_any_text_is_a_schedule_or_a_clear_refusal_and_never_spins(cron: str) -> None:
    schedule = Cron(cron)
    try:
        schedule.check(datetime(2026, 1, 1, tzinfo=UTC))
    except ScheduleError as error:
        assert str(error).endswith(".")
        assert "\n" not in str(error).replace(repr(cron), "")
    else:
        assert schedule.next_fires(datetime(2026, 1, 1, tzinfo=UTC), 1, hash_id="x")
        assert describe(schedule)
        assert schedule_from_json(schedule.to_json()) == schedule
