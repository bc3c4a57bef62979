"""The schedule radar: what fires when, what will wait, and what a shift would change."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowtui.engine.client.current import exchange_client
from flowtui.engine.errors import ScheduleError
from flowtui.engine.model import DeploymentSpec
from flowtui.engine.schedules import Cron, Interval, RRule
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.cli.app import call
from flowtui.tui.radar.calendar import Cell, calendar_from
from flowtui.tui.radar.deeds import move_deed
from flowtui.tui.radar.expanding import expand
from flowtui.tui.radar.picture import picture_of
from flowtui.tui.radar.plan import Lane, Plan, Planned
from flowtui.tui.radar.shifting import shifted
from flowtui.tui.screens.radar import RadarScreen
from tests.fakes.world import World, seconds
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until

NOW = datetime(2026, 11, 20, 14, 2, 31, tzinfo=UTC)
POOL = Lane("pool", "local")


def planned(schedule: Schedule, took: float = 60.0, name: str = "etl/main", *lanes: Lane) -> Planned:
    return Planned(
        schedule_id=f"{name} {schedule}",
        deployment_id=name,
        deployment=name,
        schedule=schedule,
        seconds=took,
        known=True,
        lanes=lanes or (POOL, Lane("deployment", name)),
    )


# -- the calendar -----------------------------------------------------------------------------------------------------


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.sampled_from([15, 30, 60, 120]),
    st.integers(0, 7 * 24 * 3600 - 1),
)
@settings(deadline=None, max_examples=60)
def test_each_instant_is_in_the_cell_of_its_wall_clock(first: date, name: str, minutes: int, at: int) -> None:
    zone = ZoneInfo(name)
    calendar = calendar_from(first, zone, minutes)
    instant = calendar.since + timedelta(seconds=at)
    cell = calendar.cell_at(instant)
    if instant >= calendar.until:
        assert cell is None
    else:
        local = instant.astimezone(zone)
        assert cell == Cell((local.date() - first).days, (local.hour * 60 + local.minute) // minutes)
        assert any(start <= instant.timestamp() < end for start, end in calendar.spans_of(cell))


def test_a_gap_has_no_cells_and_a_time_that_comes_twice_has_both() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring = calendar_from(date(2026, 3, 27), berlin, 15)
    assert spring.spans_of(Cell(2, 9)) == []  # Sunday 02:15
    assert len(spring.spans_of(Cell(2, 7))) == 1
    autumn = calendar_from(date(2026, 10, 23), berlin, 15)
    (one, _), (other, _) = autumn.spans_of(Cell(2, 9))
    assert other - one == 3600
    hourly = [planned(Cron("15 * * * *", "Europe/Berlin"))]
    picture = picture_of(Plan(tuple(hourly)), autumn, autumn.since - timedelta(minutes=1))
    assert picture.cells[Cell(2, 9)].count == 2
    assert picture.cells[Cell(1, 9)].count == 1


# -- expanding --------------------------------------------------------------------------------------------------------

schedules = st.one_of(
    st.builds(lambda m, h: Cron(f"{m} {h} * * *"), st.integers(0, 59), st.sampled_from(["*", "*/6", "3", "1,13"])),
    st.builds(lambda m: Interval(timedelta(minutes=m)), st.integers(7, 900)),
    st.builds(lambda h: RRule(f"FREQ=DAILY;BYHOUR={h};BYMINUTE=30;BYSECOND=0"), st.integers(0, 23)),
)


@given(st.lists(schedules, max_size=4))
@settings(deadline=None, max_examples=30)
def test_what_fires_seldom_is_expanded_exactly(found: list[Schedule]) -> None:
    calendar = calendar_from(NOW.date(), UTC, 60)
    plans = [planned(one, name=f"d{number}/x") for number, one in enumerate(found)]
    expansion = expand(plans, calendar, NOW)
    last = calendar.until - timedelta(microseconds=1)
    exact = sorted(
        (fire.timestamp(), number) for number, one in enumerate(found) for fire in one.fires_between(NOW, last, 5000)
    )
    assert [(fire.at, fire.source) for fire in expansion.fires] == exact
    assert not expansion.dense


def test_what_fires_all_the_time_counts_with_its_rate_and_is_looked_at_a_bounded_number_of_times() -> None:
    calendar = calendar_from(NOW.date(), UTC, 60)
    office = planned(Cron("* * 9-17 * * 1-5".replace("* * 9", "* 9")), 30.0, "office/x")
    every_second = planned(Interval(timedelta(seconds=1)), 2.0, "tick/x")
    picture = picture_of(Plan((office, every_second), {POOL: 4}), calendar, NOW)
    assert {dense.source for dense in picture.expansion.dense} == {0, 1}
    monday, saturday = picture.cells[Cell(3, 10)], picture.cells[Cell(1, 10)]
    assert round(monday.count) == 3600 + 60
    assert round(saturday.count) == 3600
    assert monday.need == 3  # two seconds each second, and one of half a minute each minute


# -- the forecast -----------------------------------------------------------------------------------------------------


def test_more_runs_than_slots_wait_and_it_is_said_for_what() -> None:
    calendar = calendar_from(NOW.date(), UTC, 15)
    fourteen = [planned(Cron("0 2 * * *"), 660.0, f"flow-{number}/nightly") for number in range(14)]
    picture = picture_of(Plan(tuple(fourteen), {POOL: 8}), calendar, NOW)
    two = picture.cells[Cell(1, 8)]
    assert (two.count, two.need, two.lane, two.lane_need, two.wait) == (14, 14, POOL, 14, 660.0)
    assert len(picture.pressed) == 6
    roomy = picture_of(Plan(tuple(fourteen), {POOL: 14}), calendar, NOW)
    assert roomy.pressed == []


def test_a_limit_of_the_deployment_alone_makes_its_runs_wait() -> None:
    calendar = calendar_from(NOW.date(), UTC, 60)
    slow = planned(Interval(timedelta(minutes=30)), 2700.0, "slow/x")
    own = Lane("deployment", "slow/x")
    picture = picture_of(Plan((slow,), {own: 1, POOL: 50}), calendar, NOW)
    worst = picture.cells[picture.pressed[0]]
    assert worst.lane == own
    assert worst.wait > 3600  # it never catches up


# -- moving a schedule ------------------------------------------------------------------------------------------------

movable = st.one_of(
    st.builds(lambda m, h: Cron(f"{m} {h} * * *"), st.integers(0, 59), st.integers(0, 23)),
    st.builds(lambda m: Cron(f"{m} * * * *"), st.integers(0, 59)),
    st.sampled_from([Cron("*/15 * * * *"), Cron("5-59/20 * * * *"), Cron("0,30 * * * *"), Cron("@daily")]),
    st.builds(lambda m: Interval(timedelta(minutes=m)), st.integers(1, 2000)),
    st.builds(lambda m: RRule(f"FREQ=DAILY;BYHOUR=12;BYMINUTE={m};BYSECOND=0"), st.integers(0, 59)),
)


@given(movable, st.integers(-40, 40).map(lambda steps: steps * 5))
@settings(deadline=None, max_examples=150)
def test_a_moved_schedule_fires_as_before_but_later(schedule: Schedule, minutes: int) -> None:
    moved = shifted(schedule, minutes)
    by = timedelta(minutes=minutes)
    before = [fire + by for fire in schedule.next_fires(NOW, 60)]
    after = moved.next_fires(NOW + by, 60)
    assert after == before
    assert moved.slug == schedule.slug and moved.active == schedule.active


@pytest.mark.parametrize(
    ("schedule", "minutes", "words"),
    [
        (Cron("* * * * *"), 5, "each minute"),
        (Cron("55 23 * * 1-5"), 5, "past midnight"),
        (Cron("0,58 9 * * *"), 5, "another hour"),
        (Cron("H 3 * * *"), 5, "drawn or named"),
        (RRule("FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0"), 5, "several times"),
    ],
)
def test_what_cannot_be_moved_says_why(schedule: Schedule, minutes: int, words: str) -> None:
    with pytest.raises(ScheduleError, match=words):
        shifted(schedule, minutes)


# -- the screen -------------------------------------------------------------------------------------------------------


def crowd(world: World, number: int = 6, cron: str = "0 2 * * *", took: float = 600.0) -> None:
    """Deployments that all fire at two, in a pool with four slots; their runs take ten minutes."""
    world.client.update_work_pool("local", {"concurrency_limit": 4})
    for one in range(number):
        flow = f"flow-{one}"
        begun = world.now - timedelta(hours=2)
        world.run(flow, f"past-{one}", Running(timestamp=begun), Completed(timestamp=begun + seconds(took)))
        schedules = (Cron(cron, slug=f"s{one}"),)
        spec = DeploymentSpec(name="nightly", flow_name=flow, entrypoint="f.py:f", path="/srv", schedules=schedules)
        world.client.save_deployment(spec)
    world.forget_plans()


def cron_of(world: World, flow: str) -> Any:
    (schedule,) = world.client.read_deployment(f"{flow}/nightly").schedules
    return schedule.schedule


def on_radar(app: FlowtuiApp, script: Callable[[Pilot[Any]], Any], size: tuple[int, int] = (120, 36)) -> None:
    async def whole(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        await pilot.press("colon", *"radar", "enter")
        await until(pilot, lambda: isinstance(app.screen, RadarScreen))
        await script(pilot)

    play(app, whole, size)


def test_the_radar_says_what_will_wait_and_a_shift_is_tried_before_it_is_saved(app: FlowtuiApp, world: World) -> None:
    crowd(world)

    async def script(pilot: Pilot[Any]) -> None:
        text = await shows(pilot, "needs 6 slots, pool local has 4  → 10m00s queue", "36 runs in the week")
        assert "Fri 20 Nov" in text
        await pilot.press("n")
        await shows(pilot, "Sat 21 Nov 02:00  6 runs   6 at once", "10m00s later", "at once")
        await pilot.press("greater_than_sign", "greater_than_sign")
        await shows(pilot, "flow-0/nightly +10 min", "daily at 02:10 UTC", "not saved")
        await shows(pilot, "needs 5 slots, pool local has 4  → 10m00s queue")
        assert cron_of(world, "flow-0").cron == "0 2 * * *"
        await pilot.press("escape")
        await until(pilot, lambda: "not saved" not in screen_text(app))
        assert isinstance(app.screen, RadarScreen)
        await pilot.press("less_than_sign", "less_than_sign", "less_than_sign")
        await shows(pilot, "flow-0/nightly -15 min", "daily at 01:45 UTC")
        await shows(pilot, "needs 5 slots, pool local has 4")
        await pilot.press("enter")
        await shows(pilot, "flow-0/nightly fires daily at 01:45 UTC from now on.")
        await until(pilot, lambda: cron_of(world, "flow-0").cron == "45 1 * * *")
        await pilot.press("u")
        await shows(pilot, "needs 6 slots")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, RadarScreen))

    on_radar(app, script)
    assert cron_of(world, "flow-0").cron == "0 2 * * *"
    assert cron_of(world, "flow-0").slug == "s0"
    assert cron_of(world, "flow-1").cron == "0 2 * * *"


@pytest.mark.parametrize(
    "schedule",
    [
        Cron("5 9 * * 1-5", "Europe/Berlin", slug="early", parameters={"n": 1}),
        Interval(timedelta(minutes=45), "2026-01-01T00:10:00+00:00"),
        RRule("FREQ=DAILY;BYHOUR=9;BYMINUTE=20;BYSECOND=0", "Asia/Tokyo"),
    ],
)
@pytest.mark.parametrize("way", ["command", "python"])
def test_the_journal_says_how_to_move_it_without_the_screen(world: World, schedule: Schedule, way: str) -> None:
    spec = DeploymentSpec(name="main", flow_name="etl", entrypoint="f.py:f", path="/srv", schedules=(schedule,))
    (saved,) = world.client.save_deployment(spec).schedules
    one = planned(schedule, 60.0, "etl/main")
    to = shifted(schedule, 25)
    deed = move_deed(replace(one, schedule_id=saved.id), to)
    before = exchange_client(world.client)
    try:
        if way == "python":
            exec(deed.python, {})
        else:
            assert all(call(shlex.split(line)[1:]) == 0 for line in deed.command.splitlines())
    finally:
        exchange_client(before)
    (now,) = world.client.read_deployment("etl/main").schedules
    assert now.schedule == to


def test_a_schedule_that_cannot_be_moved_stays_and_says_why(app: FlowtuiApp, world: World) -> None:
    crowd(world, number=1, cron="57 23 * * 1-5")

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "every run of this week finds a slot at once")
        await pilot.press("end")
        await shows(pilot, "flow-0/nightly")
        await pilot.press("greater_than_sign")
        await shows(pilot, "past midnight")
        assert "not saved" not in screen_text(app)

    on_radar(app, script)


def test_enter_leads_from_a_time_to_its_runs_and_on_to_the_deployment(app: FlowtuiApp, world: World) -> None:
    crowd(world, number=2)

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "2 schedules")
        await pilot.press("down", "home", *["right"] * 8)
        await shows(pilot, "Sat 21 Nov 02:00  2 runs")
        await pilot.press("enter", "down", "enter")
        await shows(pilot, "Deployments › flow-1/nightly")

    on_radar(app, script)


def test_the_first_run_of_a_time_is_moved_and_not_what_fires_all_the_time(app: FlowtuiApp, world: World) -> None:
    crowd(world, number=5)
    spec = DeploymentSpec(
        name="tick", flow_name="tick", entrypoint="t.py:t", path="/srv", schedules=(Cron("* * * * *"),)
    )
    world.client.save_deployment(spec)
    world.forget_plans()

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "6 schedules", "tick/tick")
        await pilot.press("n")
        await shows(pilot, "02:00:00  flow-0/nightly")
        await pilot.press("greater_than_sign")
        await shows(pilot, "flow-0/nightly +5 min")

    on_radar(app, script)


def test_without_schedules_the_radar_says_so(app: FlowtuiApp, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "No deployment has a schedule that is on.")

    on_radar(app, script, (80, 24))


def test_the_key_of_the_radar_is_on_the_deployments(app: FlowtuiApp, world: World) -> None:
    crowd(world, number=1)

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "flow-0/nightly")
        await pilot.press("S")
        await shows(pilot, "Schedule radar   1 schedule")

    play(app, script)
