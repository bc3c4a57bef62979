"""Home: bars, dots and figures say what a count by hand says, and each is a filter."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowtui.engine.model import FlowRun, HourTally, NewFlowRun
from flowtui.engine.overviews import DurationPoint
from flowtui.engine.query import parse
from flowtui.engine.states import Completed, Failed, Late, Paused, Running, StateType
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.home.durations import cloud_of, percentile
from flowtui.tui.home.reading import read_home
from flowtui.tui.home.window import DAY, LATEST, WEEK, bars_of
from flowtui.tui.screens.home import HomeScreen
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.widgets.day_chart import DayChart
from flowtui.tui.widgets.duration_chart import DurationChart
from flowtui.tui.widgets.figure_line import FigureLine
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.pipeline import call
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import shows, until

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 20, 14, 2, 31, tzinfo=UTC)
hours = st.integers(0, 400).map(lambda back: NOW.replace(minute=0, second=0) - back * HOUR)
tallies = st.dictionaries(hours, st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=60)


@given(
    tallies,
    st.sampled_from([DAY, WEEK]),
    st.integers(24, 200),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/Lima"]),
)
def test_each_run_of_the_span_is_in_one_bar(
    ended: dict[datetime, tuple[int, int]], window: Any, room: int, zone: str
) -> None:
    given_tallies = [HourTally(hour=hour, completed=good, failed=bad) for hour, (good, bad) in ended.items()]
    bars = bars_of(given_tallies, window, NOW, ZoneInfo(zone), room)
    assert len(bars) <= room
    assert bars[0].start == window.start(NOW) and bars[-1].end == window.end(NOW)
    assert all(bar.end == after.start for bar, after in pairwise(bars))
    inside = {hour: numbers for hour, numbers in ended.items() if hour >= window.start(NOW)}
    assert sum(bar.good for bar in bars) == sum(good for good, _ in inside.values())
    for bar in bars:
        assert bar.bad == sum(bad for hour, (_, bad) in inside.items() if bar.start <= hour < bar.end)


points = st.builds(
    DurationPoint,
    run_id=st.uuids().map(str),
    flow_name=st.just("etl"),
    start=st.integers(0, 23 * 3600).map(lambda back: NOW - timedelta(seconds=back)),
    seconds=st.floats(0, 1e6),
    state=st.sampled_from([StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED]),
)


@given(st.lists(points, max_size=40, unique_by=lambda point: point.run_id), st.integers(1, 80), st.integers(1, 12))
def test_each_run_is_a_dot_that_can_be_found_again_and_longer_ones_are_not_lower(
    found: list[DurationPoint], width: int, height: int
) -> None:
    cloud = cloud_of(found, DAY.start(NOW), DAY.end(NOW), width, height)
    placed = {point.run_id: cell for cell, inside in cloud.points.items() for point in inside}
    assert placed.keys() == {point.run_id for point in found}
    for point in found:
        column, row = placed[point.run_id]
        assert point in cloud.near(column, row)
        assert cloud.cells[column, row][0], "a run that nobody sees"
    for one, other in pairwise(found):
        if one.seconds > other.seconds:
            assert placed[one.run_id][1] <= placed[other.run_id][1]
    failed = {placed[point.run_id] for point in found if point.state is StateType.FAILED}
    assert all(cloud.cells[cell][1] == "failed" for cell in failed)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.5, 0.95]))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[float], part: float) -> None:
    found = percentile(values, part)
    assert found in values
    assert sum(value <= found for value in values) >= part * len(values)
    assert sum(value < found for value in values) < part * len(values)


def cancelled(world: World) -> list[FlowRun]:
    return list(world.client.list_flow_runs(parse("type:cancelled", UTC)).items)


def test_figures_and_bars_open_the_runs_that_they_count(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    asked: list[str] = []
    app.open_runs = asked.append  # type: ignore[method-assign]

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "72 runs", "median")
        app.screen.query_one(FigureLine).focus()
        await pilot.press("enter", "right", "right", "enter")
        app.screen.query_one(DayChart).focus()
        await pilot.press("left", "left", "left", "enter")
        await shows(pilot, "11:00 – 12:00")
        await pilot.click(FigureLine, offset=(15, 0))

    play(app, script)
    count = [len(world.client.flow_run_ids(parse(query, UTC), limit=500)) for query in asked]
    ended = Counter(run.end_time.hour for run in world.client.list_flow_runs(limit=500).items if run.end_time)
    assert count == [72, 4, ended[11], 72], asked


def test_a_dot_opens_its_run_and_a_column_the_runs_of_its_time(app: FlowtuiApp, world: World) -> None:
    begun = world.now - timedelta(hours=6)
    run = world.run("etl", "lonely-lynx", Running(timestamp=begun), Completed(timestamp=begun + timedelta(seconds=9)))
    asked: list[str] = []
    app.open_runs = asked.append  # type: ignore[method-assign]

    async def script(pilot: Pilot[Any]) -> None:
        chart = app.screen.query_one(DurationChart)
        await until(pilot, lambda: chart.cloud.points)
        ((column, row),) = chart.cloud.points
        chart.focus()
        await pilot.press("home", *["right"] * column, "enter")
        await shows(pilot, "1 run   longest 9.0s")
        await pilot.click(DurationChart, offset=(column + 8, row))
        await until(pilot, lambda: isinstance(app.screen, RunScreen))

    play(app, script)
    assert world.client.flow_run_ids(parse(asked[0], UTC), limit=9) == (run.id,)


def test_seven_days_are_a_key_away(app: FlowtuiApp, world: World) -> None:
    for days in (0.1, 2, 5, 9):
        begun = world.now - timedelta(days=days)
        world.run("etl", f"run-{days}", Running(timestamp=begun), Failed(timestamp=begun + timedelta(seconds=3)))

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Last 24 h   1 run ")
        await pilot.press("d")
        await shows(pilot, "Last 7 d   3 runs   ✖ 3")
        await until(pilot, lambda: len(app.screen.query_one(DurationChart).cloud.points) == 3)
        await pilot.press("d")
        await shows(pilot, "Last 24 h   1 run ")

    play(app, script)


def test_a_failure_within_subflows_is_one_need(world: World) -> None:
    outer = world.run("nightly", "outer-run", Running(timestamp=world.now - timedelta(minutes=2)))
    task = call(world, outer, "inner-0", [Running(timestamp=world.now - timedelta(minutes=1))])
    inner = world.client.create_flow_run(
        NewFlowRun(flow_name="inner", name="inner-run", state=Running(timestamp=world.now), parent_task_run_id=task.id)
    )
    for run in (inner, outer):
        world.client.set_flow_run_state(run.id, Failed(timestamp=world.now), force=True)
    assert [run.name for run in read_home(world.client, world.now).needs] == ["outer-run"]


def test_nobody_serving_is_a_need_and_enter_starts_the_engine(world: World) -> None:
    started: list[object] = []
    app = FlowtuiApp(world.client, backend=started.append, now=world.clock, zone=UTC)

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you  1", "nobody serves")
        tries = len(started)
        await pilot.press("enter")
        await until(pilot, lambda: len(started) > tries)

    play(app, script)


def test_keys_act_on_what_needs_a_person_right_there(app: FlowtuiApp, world: World) -> None:
    begun = world.now - timedelta(minutes=4)
    deployment_id = world.deployment("etl", "prod")
    states = (Running(timestamp=begun), Failed(timestamp=begun, message="no"))
    bad = world.run("etl", "sad-seal", *states, deployment_id=deployment_id)
    late = world.run("load", "slow-sloth", Late(scheduled_time=begun, timestamp=world.now), due=begun)

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "sad-seal", "slow-sloth", "nobody has")
        needs = app.screen.query_one("#needs", VirtualTable)
        needs.focus()
        needs.move_to_id(bad.id)
        await pilot.press("R")
        await shows(pilot, "[ Retry ]")
        await pilot.press("R")
        await until(pilot, lambda: not world.client.read_flow_run(bad.id).state.is_final())
        for _ in range(3):
            if not isinstance(app.screen, HomeScreen):
                await pilot.press("escape")
        needs.focus()
        needs.move_to_id(late.id)
        await pilot.press("w")
        await until(pilot, lambda: not isinstance(app.screen, HomeScreen))
        await pilot.press("escape")
        needs.move_to_id(late.id)
        await pilot.press("c")
        await shows(pilot, "Cancel load")
        await pilot.press("y")
        await until(pilot, lambda: [late.id] == [run.id for run in cancelled(world)])

    play(app, script)


def test_o_opens_the_line_at_which_a_run_failed(
    app: FlowtuiApp, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "etl.py"
    code.write_text("import json\n" * 20)
    begun = world.now - timedelta(minutes=4)
    bad = world.run("etl", "sad-seal", Running(timestamp=begun), Failed(timestamp=begun, message="no"))
    trace = (
        f'It failed\nTraceback (most recent call last):\n  File "{code}", line 14, in load\n    boom()\nValueError: no'
    )
    world.log(bad, begun, 40, trace)
    world.client.flush()
    told, editor = tmp_path / "told", tmp_path / "code"
    editor.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    editor.chmod(0o700)
    monkeypatch.setenv("FLOWTUI_EDITOR", str(editor))

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "sad-seal", "R o w")
        app.screen.query_one("#needs", VirtualTable).move_to_id(bad.id)
        await pilot.press("o")
        await until(pilot, lambda: told.exists() and "etl.py:14" in told.read_text())

    play(app, script)


def test_late_runs_of_a_flow_are_one_need_and_a_run_that_asks_is_answered_by_enter(
    app: FlowtuiApp, world: World
) -> None:
    for number in range(3):
        due = world.now - timedelta(minutes=5 + number)
        world.run("load", f"slow-{number}", Late(scheduled_time=due, timestamp=world.now), due=due)
    keys = {"response": "paused-response", "schema": "paused-schema"}
    paused = Paused(3600, timestamp=world.now, details={"run_input_keyset": keys})
    asking = world.run("restock", "patient-puma", Running(timestamp=world.now), paused)
    asked: list[object] = []
    app.act = lambda verb, subjects, then=None: asked.append((verb, [run.id for run in subjects]))  # type: ignore[assignment]

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "load ×3", "waits for what")
        app.screen.query_one("#needs", VirtualTable).move_to_id(asking.id)
        await pilot.press("enter")
        await until(pilot, lambda: asked)

    play(app, script)
    assert asked == [("resume", [asking.id])]


def test_the_latest_runs_are_shown_before_the_store_is_open(world: World, day: dict[str, FlowRun]) -> None:
    """Loading what the store needs takes most of the time until then."""
    may_open, limits = threading.Event(), list[int]()
    seen = list(world.client.list_flow_runs(parse("type:completed", UTC), limit=2).items)

    def look(limit: int) -> list[FlowRun]:
        limits.append(limit)
        return seen

    def open_() -> Any:
        assert may_open.wait(10)
        return world.client

    app = FlowtuiApp(open_, now=world.clock, zone=UTC)
    app.first_look = look

    async def script(pilot: Pilot[Any]) -> None:
        latest = app.screen.query_one("#latest", VirtualTable)
        await shows(pilot, seen[0].name, "opening the store")
        assert not app.is_open and latest.row_count == 2
        latest.focus()
        await pilot.press("down", "R")  # what is not possible yet is said
        await shows(pilot, "still being opened")
        may_open.set()
        await shows(pilot, "72 runs")
        assert latest.row_count == LATEST and latest.cursor_id == seen[1].id

    play(app, script)
    assert limits == [LATEST]


def test_home_waits_for_the_store_where_nothing_can_be_seen_before(world: World, day: dict[str, FlowRun]) -> None:
    app = FlowtuiApp(world.client, now=world.clock, zone=UTC)
    app.first_look = lambda limit: ()

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "72 runs")
        assert app.screen.query_one("#latest", VirtualTable).row_count == LATEST

    play(app, script)


def test_the_bar_of_keys_follows_the_run_under_the_cursor(app: FlowtuiApp, world: World) -> None:
    begun = world.now - timedelta(minutes=9)
    world.run("etl", "broken", Running(timestamp=begun), Failed(timestamp=begun + timedelta(seconds=9)))
    earlier = begun - timedelta(minutes=1)
    world.run("export", "fine", Running(timestamp=earlier), Completed(timestamp=begun))
    world.run("report", "live", Running(timestamp=begun))

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "broken", "R retry")
        for name, run, keys in (("needs", "broken", "R"), ("running", "live", "c"), ("latest", "broken", "R")):
            table = app.screen.query_one(f"#{name}", VirtualTable)
            table.focus()
            await until(pilot, lambda table=table: app.focused is table)
            await until(pilot, lambda keys=keys: offered(app) == keys)
            subject = app.screen._subject()  # type: ignore[attr-defined]
            assert subject.name == run
        await pilot.press("down")
        await until(pilot, lambda: offered(app) == "")

    play(app, script)


def offered(app: FlowtuiApp) -> str:
    """Which of the keys that act on a run the bar shows."""
    shown = [active.binding.key for active in app.screen.active_bindings.values() if active.binding.show]
    return "".join(key for key in shown if key in ("R", "c"))
