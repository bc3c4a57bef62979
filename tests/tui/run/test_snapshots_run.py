"""How a run's screen looks at five sizes, at a moment that stands still."""

from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.model import Backend, FlowRun, TaskRun
from flowtui.engine.states import Completed, Failed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.run.canvas import CanvasView
from flowtui.tui.run.gantt import Gantt
from flowtui.tui.run.scrubber import Scrubber
from tests.fakes.pipeline import Pipeline, a_pipeline
from tests.fakes.world import World, seconds
from tests.tui.looks import shows, until
from tests.tui.pictures import SIZES, Pictures


@pytest.fixture
def served(world: World) -> None:
    """A backend that serves the store, so that the header has nothing to complain of."""
    world.client.announce_backend(
        Backend(id="b1", kind="embedded", host="desk", pid=4242, url=None, started=world.now, seen=world.now)
    )


@pytest.fixture
def pipeline(world: World, served: None) -> Pipeline:
    """A run that has failed."""
    return a_pipeline(world, live=False)


async def opened(pilot: Pilot[Any], run: FlowRun, tab: str = "timeline") -> Any:
    """Open a run, and answer with its screen."""
    app: Any = pilot.app
    app.open_run(run.id, tab)
    await shows(pilot, run.name)
    return app.screen


def test_the_timeline_with_an_open_subflow(pictures: Pictures, app: FlowtuiApp, pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen = await opened(pilot, pipeline.run)
        await shows(pilot, "extract-0")
        gantt = screen.query_one(Gantt)
        gantt.turn(pipeline.tasks["report-0"].id)
        await until(pilot, lambda: len(gantt.outline.rows) == 12)
        gantt.move_to_id(pipeline.tasks["load-0"].id)
        await until(pilot, lambda: gantt._branches.usual and gantt._makers)
        await shows(pilot, "◆", "↻┈", "275 orders")

    pictures(app, script)


def test_the_timeline_of_a_run_that_goes_on(pictures: Pictures, app: FlowtuiApp, world: World, served: None) -> None:
    pipeline = a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        screen = await opened(pilot, pipeline.run)
        await until(pilot, lambda: screen.query_one(Gantt)._branches.usual)
        await shows(pilot, "◆", "↻┈", "ends in")

    pictures(app, script)


def test_a_run_of_ten_thousand_tasks(pictures: Pictures, app: FlowtuiApp, world: World, served: None) -> None:
    begun = world.now - seconds(600)
    run = world.run("wide", "ten-thousand", Running(timestamp=begun))
    for number in range(10_000):
        word = ("load", "clean", "store_in_the_warehouse")[number % 3]
        start = begun + seconds(number * 0.055)
        end = start + seconds(1 + number % 40)
        bad = number % 997 == 5
        state = Failed(timestamp=end, message="no answer") if bad else Completed(timestamp=end)
        over = end < world.now
        world.client.save_task_run(
            TaskRun(
                id=world.id(),
                name=f"{word}-{number}",
                task_key=f"{word}-1a2b3c4d",
                dynamic_key=str(number),
                flow_run_id=run.id,
                state=state if over else Running(timestamp=start),
                created=start,
                start_time=start,
                end_time=end if over else None,
                run_count=1,
            )
        )
    world.client.flush()

    async def script(pilot: Pilot[Any]) -> None:
        gantt = (await opened(pilot, run)).query_one(Gantt)
        await until(pilot, lambda: len(gantt.outline.rows) == 10_000)
        await pilot.press("o")
        await until(pilot, lambda: len(gantt.outline.rows) == 3)
        gantt.turn(gantt.outline.rows[1].id)
        await until(pilot, lambda: len(gantt.outline.rows) > 3_000)
        await pilot.press("j")

    pictures(app, script)


def test_a_run_rewound(pictures: Pictures, app: FlowtuiApp, pipeline: Pipeline, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen = await opened(pilot, pipeline.run)
        await until(pilot, lambda: screen.query_one(Gantt)._branches.usual)
        await pilot.press("t")
        scrubber = screen.query_one(Scrubber)
        await until(pilot, lambda: scrubber.head is not None)
        scrubber._go(scrubber.head.to(world.now - seconds(11)))
        await until(pilot, lambda: screen._replay is not None and screen._replay.now == scrubber.head.moment)
        await shows(pilot, "6.0s of 17s", "↻┈", "line 2 of 3")

    pictures(app, script)


def test_the_graph(pictures: Pictures, app: FlowtuiApp, pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        canvas = (await opened(pilot, pipeline.run, "graph")).query_one(CanvasView)
        await until(pilot, lambda: pipeline.tasks["join-0"].id in canvas.drawing.boxes)
        canvas.move_to_id(pipeline.tasks["join-0"].id)
        await shows(pilot, "usual 3.0s")

    pictures(app, script)


def test_the_radar(pictures: Pictures, app: FlowtuiApp, pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen = await opened(pilot, pipeline.run, "radar")
        await shows(pilot, "extract-0", "load-0 ◆")
        screen.query_one(CanvasView).move_to_id(pipeline.tasks["extract-1"].id)
        await shows(pilot, "usual 2.5s")

    pictures(app, script)


def test_results(pictures: Pictures, app: FlowtuiApp, pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, pipeline.run, "result")
        await shows(pilot, "extract-1")
        await pilot.press("j", "j")
        await shows(pilot, '"shop": "london"')

    pictures(app, script)


def test_the_history_of_states(pictures: Pictures, app: FlowtuiApp, pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, pipeline.run, "states")
        await shows(pilot, "AwaitingRetry", "disk is full")

    pictures(app, script)


@pytest.mark.parametrize("kind", ["markdown", "table", "link", "image", "progress"])
def test_artifacts(pictures: Pictures, app: FlowtuiApp, pipeline: Pipeline, world: World, kind: str) -> None:
    made = next(one for one in world.client.list_artifacts(limit=9).items if one.type == kind)
    words = {
        "markdown": "no returns",
        "table": "1250.5",
        "link": "com/orders",
        "image": ".png",
        "progress": "█",
    }

    async def script(pilot: Pilot[Any]) -> None:
        screen = await opened(pilot, pipeline.run, "artifacts")
        await shows(pilot, "loading")
        screen.query_one("#artifact-rows").move_to_id(made.id)
        await shows(pilot, words[kind])

    pictures(app, script, tuple(SIZES) if kind in ("markdown", "table") else ("120x36", "60x16"))


def test_events(pictures: Pictures, app: FlowtuiApp, pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, pipeline.run, "events")
        await shows(pilot, "AwaitingRetry", "artifact")

    pictures(app, script)


@pytest.mark.parametrize("tab", ["timeline", "graph", "parameters", "result", "artifacts", "events"])
def test_a_run_that_has_nothing_yet(pictures: Pictures, app: FlowtuiApp, world: World, served: None, tab: str) -> None:
    run = world.run("shop-orders", "early-bird", due=world.now + seconds(150))

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, run, tab)

    pictures(app, script, ("120x36", "60x16"))
