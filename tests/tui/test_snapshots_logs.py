"""How a log looks, with all that stands around it, at a moment that stands still."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.model import FlowRun, LogLine
from flowtui.engine.states import Failed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.piping.kept import kept_file
from tests.fakes.world import NOW, World
from tests.tui.looks import shows, until
from tests.tui.test_opening_code import TRACE

Compare = Callable[..., bool]
BEGUN = NOW - timedelta(seconds=300)
SIZES = [(40, 10), (60, 16), (80, 24), (120, 36), (220, 60)]


@pytest.fixture
def run(world: World) -> FlowRun:
    """A run with a log in which something is to be found."""
    made = world.run(
        "orders-etl", "lively-heron", Running(timestamp=BEGUN), Failed(timestamp=NOW, message="Oops: no"), due=BEGUN
    )
    world.client.write_logs([line(number, made.id) for number in range(400)])
    world.client.flush()
    return made


def line(number: int, run_id: str) -> LogLine:
    at = BEGUN + timedelta(seconds=0.5 * number + (60 if number > 300 else 0))
    where = {"flow_run_id": run_id, "source": f"/srv/app/load.py:{number % 90}", "function": "load", "logger": "orders"}
    if number == 396:
        return LogLine(at, 40, TRACE, **where)  # type: ignore[arg-type]
    if number % 40 == 30:
        return LogLine(at, 30, f"page {number} timed out, is asked for again", **where)  # type: ignore[arg-type]
    if number % 17 == 5:
        words = f'{{"order": {{"id": {number}, "rows": [1, 2]}}}}'
        return LogLine(at, 20, words, extra={"shop": "Köln", "tries": 2}, **where)  # type: ignore[arg-type]
    return LogLine(at, 20, f"page {number}: {number % 97} rows loaded", **where)  # type: ignore[arg-type]


def compare(
    app: FlowtuiApp, snap_compare: Compare, run: FlowRun, size: tuple[int, int], script: Callable[[Pilot[Any]], Any]
) -> bool:
    app.animation_level = "none"

    async def before(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.status.counts is not None and app.status.backends == ())
        app.open_run(run.id, "logs")
        if size[1] > 10:
            await shows(pilot, "400 lines")
        await until(pilot, lambda: app.focused is not None)
        await script(pilot)
        for each in app.screen.query(Input):
            each.cursor_blink = False
        await pilot.pause(0.3)

    return snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_log_with_a_folded_traceback_and_its_errors_marked(
    app: FlowtuiApp, snap_compare: Compare, run: FlowRun, size: tuple[int, int]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.screen.query("LogView").first().line_total == 400)  # type: ignore[attr-defined]
        await pilot.press("left_curly_bracket", "E")
        if size[0] > 60:
            await shows(pilot, "errors  1/1")

    assert compare(app, snap_compare, run, size, script)


@pytest.mark.parametrize("size", SIZES[1:4], ids=lambda size: f"{size[0]}x{size[1]}")
def test_filters_while_one_is_written(
    app: FlowtuiApp, snap_compare: Compare, run: FlowRun, size: tuple[int, int]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("ampersand", *"level:warning", "enter", *"context:1", "enter", *"!rows", "enter")
        await shows(pilot, "of 400 lines; 2 filters")
        await pilot.press(*"timed")
        await shows(pilot, "10 lines")

    assert compare(app, snap_compare, run, size, script)


@pytest.mark.parametrize("size", SIZES[1:4], ids=lambda size: f"{size[0]}x{size[1]}")
def test_everything_about_a_line(app: FlowtuiApp, snap_compare: Compare, run: FlowRun, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("slash", *"order", "enter")
        await shows(pilot, "/ order  23/23")
        await pilot.press("p")
        await shows(pilot, "message  JSON")

    assert compare(app, snap_compare, run, size, script)


@pytest.mark.parametrize("size", SIZES[2:4], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_output_of_a_command(app: FlowtuiApp, snap_compare: Compare, run: FlowRun, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("vertical_line")
        await until(pilot, lambda: app.screen.query("#pipe-line"))
        app.screen.query_one(Input).value = "grep -c rows; echo 'one shop is closed' >&2; exit 4"
        await pilot.press("enter")
        await shows(pilot, "exit code 4")
        status = app.screen.query_one("#pipe-status")
        status.update("✖ exit code 4 after 41ms; 1 lines")  # type: ignore[attr-defined]

    assert compare(app, snap_compare, run, size, script)
    assert "grep -c rows" in kept_file().read_text()


@pytest.mark.parametrize("size", SIZES[2:4], ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_answer_in_sql(app: FlowtuiApp, snap_compare: Compare, run: FlowRun, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("semicolon")
        await shows(pilot, "400 rows. Ask with select")
        app.screen.query_one(
            Input
        ).value = "select level, count(*) as n, max(message) as last from lines group by 1 order by n desc"
        await pilot.press("enter")
        await shows(pilot, "3 rows in")
        app.screen.query_one("#sql-status").update("3 rows in 1ms")  # type: ignore[attr-defined]

    assert compare(app, snap_compare, run, size, script)


def test_several_logs_as_one(app: FlowtuiApp, snap_compare: Compare, run: FlowRun, world: World) -> None:
    other = world.run("orders-etl", "calm-auk", Running(timestamp=BEGUN), due=BEGUN)
    world.client.write_logs(
        [LogLine(NOW - timedelta(seconds=n), 20, f"shop {n}", flow_run_id=other.id) for n in range(40, 0, -1)]
    )
    world.client.flush()
    app.animation_level = "none"

    async def before(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.status.counts is not None and app.status.backends == ())
        app.open_logs([run.id, other.id])
        await shows(pilot, "Logs of lively-heron", "440 lines", "shop 1")
        await pilot.pause(0.3)

    assert UTC is app.zone
    assert snap_compare(app, terminal_size=(120, 36), run_before=before)
