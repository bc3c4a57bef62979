"""How a log looks when a clock was off, when an expression takes too long, and when tasks were tried again."""

from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from flowtui.engine.model import FlowRun, LogLine
from flowtui.engine.states import AwaitingRetry, Completed, Failed, Pending, Retrying, Running
from flowtui.tui.app import FlowtuiApp
from tests.fakes.pipeline import call
from tests.fakes.world import NOW, World
from tests.tui.looks import shows
from tests.tui.pictures import Pictures

BEGUN = NOW - timedelta(seconds=60)


def a_run(world: World, name: str, count: int, words: str) -> FlowRun:
    run = world.run("orders-etl", name, Running(timestamp=BEGUN), due=BEGUN)
    lines = [LogLine(BEGUN + timedelta(seconds=3 * n), 20, f"{words} {n}", flow_run_id=run.id) for n in range(count)]
    world.client.write_logs(lines)
    world.client.flush()
    return run


def test_merged_logs_by_the_store_s_clock(pictures: Pictures, app: FlowtuiApp, world: World) -> None:
    first = a_run(world, "lively-heron", 12, "page")
    world.client._db.ahead = lambda connection: 3_200_000  # type: ignore[method-assign]
    second = a_run(world, "crimson-otter", 12, "shop")

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_logs([first.id, second.id])  # type: ignore[attr-defined]
        await shows(pilot, "24 lines", "crimson-otter +3.2 s", "shop 11")

    pictures(app, script)


def test_an_expression_that_takes_too_long(pictures: Pictures, app: FlowtuiApp, world: World) -> None:
    run = a_run(world, "lively-heron", 12, "a" * 60)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(run.id, "logs")
        await shows(pilot, "12 lines", "follow ●")
        await pilot.press("slash", *"(a+)+$")
        await shows(pilot, "takes too long")
        await pilot.press("enter")
        await shows(pilot, "/ (a+)+$  takes too long; simplify it")

    pictures(app, script)


def test_what_the_second_try_of_a_task_logged(pictures: Pictures, app: FlowtuiApp, world: World) -> None:
    run = a_run(world, "lively-heron", 6, "page")
    tried = [Pending(timestamp=BEGUN), Running(timestamp=BEGUN), AwaitingRetry(NOW), Retrying(timestamp=NOW)]
    task = call(world, run, "extract-0", [*tried, Completed(timestamp=NOW)])
    for number in (1, 2):
        world.client.write_logs(
            LogLine(NOW, 20, f"try {number}, row {n}", flow_run_id=run.id, task_run_id=task.id, task_attempt=number)
            for n in range(4)
        )
    world.client.set_flow_run_state(run.id, Failed(timestamp=NOW), force=True)
    world.client.flush()

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(run.id, "logs")
        await shows(pilot, "14 lines", "follow ●", "extract-0")
        await pilot.press("ampersand", *"task-attempt:2", "enter", "escape", "k", "p")
        await shows(pilot, "4 of 14 lines; 1 filter", "extract-0, attempt 2")

    pictures(app, script)
