"""The timeline of a run, by keyboard."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from flowtui.engine.model import LogLine
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.run.gantt import Gantt
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.widgets.log_pane import LogPane
from tests.fakes.pipeline import a_pipeline, call, went
from tests.fakes.world import World, seconds
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


def gantt(app: FlowtuiApp) -> Gantt:
    return app.screen.query_one(Gantt)


def names(app: FlowtuiApp) -> list[str]:
    """What stands in the first column, row by row."""
    rows = gantt(app).outline.rows
    return [row.label if (task := gantt(app).task_of(row)) is None else task.name for row in rows]


async def on(pilot: Pilot[Any], name: str) -> None:
    """Put the cursor on the task of that name."""
    app: Any = pilot.app
    gantt(app).move_to_id(gantt(app).outline.rows[names(app).index(name)].id)


def line_of(app: FlowtuiApp, name: str) -> str:
    """The line of the timeline in which a name stands; empty when it is not there."""
    return next((line for line in screen_text(app).split("\n") if f" {name} " in line and "INFO" not in line), "")


def test_a_run_shows_tries_ghosts_the_critical_path_and_when_it_will_end(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "join-0", "usual 21s", "ends in 4s")
        await until(pilot, lambda: "↻┈" in line_of(app, "extract-0") and "░" in line_of(app, "load-0"))
        critical = {task.name for task in pipeline.tasks.values() if task.id in gantt(app).outline.critical}
        assert critical == {"extract-0", "clean-0", "join-0", "load-0"}
        world.now += timedelta(seconds=30)
        await shows(pilot, "26s late vs usual")

    play(app, script)


def test_a_subflow_opens_in_place_and_follows_its_run(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "▸ report-0")
        await on(pilot, "report-0")
        await pilot.press("space")
        await until(pilot, lambda: names(app)[8:10] == ["render-0", "render-1"])
        call(world, pipeline.report, "render-2", went(world.now - seconds(1), 0.1, None))
        await until(pilot, lambda: names(app)[8:11] == ["render-0", "render-1", "render-2"])
        await pilot.press("down", "left")
        assert gantt(app).cursor_row is not None and gantt(app).cursor_row.opens
        await pilot.press("left")
        await until(pilot, lambda: "render-0" not in names(app))
        await pilot.press("right")
        await until(pilot, lambda: "render-0" in names(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run_id == pipeline.report.id)
        await shows(pilot, "called by shop-orders › golden-lynx")
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run_id == pipeline.run.id)

    play(app, script)


def test_enter_on_a_task_of_a_subflow_shows_what_it_logged(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world)
    late = call(world, pipeline.report, "render-2", went(world.now - seconds(1), 0.1, None))
    for number in range(300):
        of_task = {"task_run_id": late.id} if number == 120 else {}
        line = LogLine(world.now, 20, f"report line {number}", flow_run_id=pipeline.report.id, **of_task)
        world.client.write_logs([line])
    world.client.flush()

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "▸ report-0")
        await on(pilot, "report-0")
        await pilot.press("space")
        await until(pilot, lambda: "render-2" in names(app))
        await on(pilot, "render-2")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run_id == pipeline.report.id)
        await shows(pilot, "report line 120")
        log = app.screen.query_one(LogPane)
        await until(pilot, lambda: (here := log.view.cursor_row) is not None and here[0].task_run_id == late.id)

    play(app, script)


def test_rows_are_ordered_grouped_and_found(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world, live=False)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "load-0")
        await pilot.press("o")
        await until(pilot, lambda: names(app)[:3] == ["extract", "clean", "join-0"])
        assert "3/3" in screen_text(app)
        await pilot.press("g", "space")
        await until(pilot, lambda: names(app)[:5] == ["extract", "extract-0", "extract-1", "extract-2", "clean"])
        await pilot.press("o")
        await until(pilot, lambda: names(app)[0] == "load-0")
        await pilot.press("O", "O")
        await until(pilot, lambda: names(app)[0] == "extract-0")
        await pilot.press("slash", *"clean")
        await until(pilot, lambda: gantt(app).cursor_task == pipeline.tasks["clean-0"])
        await pilot.press("enter", "n")
        assert gantt(app).cursor_task == pipeline.tasks["clean-1"]
        await pilot.press("N", "N")
        assert gantt(app).cursor_task == pipeline.tasks["clean-2"]
        await shows(pilot, "/clean 3/3")
        await pilot.press("escape")
        await until(pilot, lambda: not gantt(app).looks_for and isinstance(app.screen, RunScreen))

    play(app, script)


def test_the_chart_is_zoomed_around_the_cursor_and_moved(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world, live=False)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "join-0")
        await on(pilot, "join-0")
        await pilot.press("plus", "plus")
        window = gantt(app).window
        begins = (pipeline.tasks["join-0"].start_time - pipeline.run.start_time).total_seconds() / 16.2  # type: ignore[operator]
        assert window.width == 0.25 and window.left <= begins <= window.left + window.width
        await pilot.press("greater_than_sign")
        assert gantt(app).window.left > window.left
        await pilot.press("minus", "minus")
        assert gantt(app).window.is_whole

    play(app, script)


def test_enter_on_a_task_shows_its_log(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "join-0")
        await on(pilot, "join-0")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.tab == "logs")  # type: ignore[attr-defined]

    play(app, script)


def test_news_change_the_rows_that_they_are_about_and_hold_the_cursor(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "notify-0")
        await on(pilot, "load-0")
        load = pipeline.tasks["load-0"]
        world.client.save_task_run(replace(load, state=Completed(timestamp=world.now), end_time=world.now))
        notify = pipeline.tasks["notify-0"]
        world.client.save_task_run(
            replace(notify, state=Running(timestamp=world.now), start_time=world.now, run_count=1)
        )
        await until(pilot, lambda: gantt(app).cursor_task is not None and gantt(app).cursor_task.state.is_completed())
        await until(pilot, lambda: "▶ Running" in screen_text(app).split("notify-0")[1].split("\n")[0])
        assert gantt(app).cursor_id == load.id

    play(app, script)
