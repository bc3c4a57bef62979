"""How a log looks, with all that stands around it, at a moment that stands still."""

from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.model import Backend, FlowRun, LogLine
from flowtui.engine.states import Failed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.piping.kept import kept_file
from flowtui.tui.widgets.log_view import LogView
from tests.fakes.world import NOW, World
from tests.tui.looks import shows, until
from tests.tui.pictures import Pictures
from tests.tui.test_opening_code import TRACE

BEGUN = NOW - timedelta(seconds=300)
TWO = ("120x36", "60x16")
"""Where a state differs from another one in little."""


@pytest.fixture
def run(world: World) -> FlowRun:
    """A run with a log in which something is to be found."""
    world.client.announce_backend(
        Backend(id="b1", kind="embedded", host="desk", pid=4242, url=None, started=NOW, seen=NOW)
    )
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


async def opened(pilot: Pilot[Any], run: FlowRun, *keys: str) -> LogView:
    """Open the log of a run, and press keys in it."""
    app: Any = pilot.app
    app.open_run(run.id, "logs")
    await shows(pilot, "400 lines")
    view: LogView = app.screen.query_one(LogView)
    await until(pilot, lambda: app.focused is view and view.line_total == 400)
    await pilot.press(*keys)
    return view


def test_a_folded_traceback_with_errors_and_warnings_marked(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "left_curly_bracket", "E")
        await shows(pilot, "errors  1/1")

    pictures(app, script)


def test_a_traceback_unfolded_among_lines_that_are_broken_at_the_width(
    pictures: Pictures, app: FlowtuiApp, run: FlowRun
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "E")
        await shows(pilot, "errors  1/1")
        await pilot.press("z", "W")
        await shows(pilot, "in main", "return get(url)")

    pictures(app, script, TWO)


@pytest.mark.parametrize("times", [1, 2, 3], ids=["since the beginning", "since the line before", "none"])
def test_times_in_other_ways(pictures: Pictures, app: FlowtuiApp, run: FlowRun, times: int) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, *["t"] * times)

    pictures(app, script, TWO[:1])


def test_what_is_looked_for(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "slash", *"page 3")
        await shows(pilot, "page 3")
        await pilot.press("enter")
        await shows(pilot, "/ page 3  ")

    pictures(app, script)


def test_filters_while_one_is_written(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        keys = ("ampersand", *"level:warning", "enter", *"context:1", "enter", *"!rows", "enter")
        await opened(pilot, run, *keys)
        await shows(pilot, "of 400 lines; 2 filters")
        await pilot.press(*"timed")
        await shows(pilot, "10 lines")

    pictures(app, script)


def test_everything_about_a_line(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "slash", *"order", "enter")
        await shows(pilot, "/ order  23/23")
        await pilot.press("p")
        await shows(pilot, "message  JSON")

    pictures(app, script)


def test_a_log_without_a_line(pictures: Pictures, app: FlowtuiApp, world: World, run: FlowRun) -> None:
    quiet = world.run("orders-etl", "quiet-owl", due=NOW + timedelta(minutes=3))

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(quiet.id, "logs")  # type: ignore[attr-defined]
        await shows(pilot, "quiet-owl", "0 lines")

    pictures(app, script, TWO)


def test_the_output_of_a_command(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "vertical_line")
        await until(pilot, lambda: app.screen.query("#pipe-line"))
        app.screen.query_one(Input).value = "grep -c rows; echo 'one shop is closed' >&2; exit 4"
        await pilot.press("enter")
        await shows(pilot, "exit code 4")
        status = app.screen.query_one("#pipe-status")
        status.update("✖ exit code 4 after 41ms; 1 line")  # type: ignore[attr-defined]

    pictures(app, script)
    assert "grep -c rows" in kept_file().read_text()


def test_a_command_that_is_to_be_written(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "v", "k", "k", "vertical_line")
        await shows(pilot, "3 selected lines")
        await pilot.press("tab")
        await shows(pilot, "as CSV")

    pictures(app, script, ("120x36", "40x10"))


def test_saving_a_log(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "S")
        await shows(pilot, "as text")

    pictures(app, script)


def test_an_answer_in_sql(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "semicolon")
        await shows(pilot, "400 rows. Ask with select")
        question = "select level, count(*) as n, max(message) as last from lines group by 1 order by n desc"
        app.screen.query_one(Input).value = question
        await pilot.press("enter")
        await shows(pilot, "3 rows in")
        app.screen.query_one("#sql-status").update("3 rows in 1ms")  # type: ignore[attr-defined]

    pictures(app, script)


def test_a_question_that_sql_does_not_understand(pictures: Pictures, app: FlowtuiApp, run: FlowRun) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, "semicolon")
        await shows(pilot, "400 rows. Ask with select")
        app.screen.query_one(Input).value = "select levl from lines"
        await pilot.press("enter")
        await shows(pilot, "no such column")

    pictures(app, script, ("120x36", "40x10"))


def test_several_logs_as_one(pictures: Pictures, app: FlowtuiApp, run: FlowRun, world: World) -> None:
    other = world.run("orders-etl", "calm-auk", Running(timestamp=BEGUN), due=BEGUN)
    world.client.write_logs(
        [LogLine(NOW - timedelta(seconds=n), 20, f"shop {n}", flow_run_id=other.id) for n in range(40, 0, -1)]
    )
    world.client.flush()

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_logs([run.id, other.id])  # type: ignore[attr-defined]
        await shows(pilot, "Logs of lively-heron", "440 lines", "shop 1")

    pictures(app, script)
