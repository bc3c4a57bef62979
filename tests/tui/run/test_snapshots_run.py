"""How a run's screen looks at five sizes, at a moment that stands still."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.model import Backend
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.run.canvas import CanvasView
from flowtui.tui.run.gantt import Gantt
from flowtui.tui.run.scrubber import Scrubber
from tests.fakes.pipeline import Pipeline, a_pipeline
from tests.fakes.world import World, seconds
from tests.tui.looks import screen_text, shows, until

SIZES = [(40, 10), (60, 16), (80, 24), (120, 36), (220, 60)]
Compare = Callable[..., bool]
Script = Callable[[Pilot[Any]], Awaitable[object]]


@pytest.fixture
def pipeline(world: World) -> Pipeline:
    """A run that has failed, and a backend that serves the store."""
    made = a_pipeline(world, live=False)
    world.client.announce_backend(
        Backend(id="b1", kind="embedded", host="desk", pid=4242, url=None, started=world.now, seen=world.now)
    )
    return made


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def compare(request: pytest.FixtureRequest, snap_compare: Compare, app: FlowtuiApp) -> Callable[[Script], bool]:
    """Compare the app with its picture after a script, at one of the sizes."""
    app.animation_level = "none"

    def run(script: Script) -> bool:
        async def before(pilot: Pilot[Any]) -> None:
            await until(pilot, lambda: app.status.counts is not None and app.status.backends)
            await script(pilot)
            for line in app.screen.query(Input):
                line.cursor_blink = False
            await pilot.pause()

        return snap_compare(app, terminal_size=request.param, run_before=before)

    return run


def test_the_timeline_with_an_open_subflow(compare: Callable[[Script], bool], pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "extract-0")
        gantt = app.screen.query_one(Gantt)
        gantt.turn(pipeline.tasks["report-0"].id)
        await until(pilot, lambda: len(gantt.outline.rows) == 12)
        gantt.move_to_id(pipeline.tasks["load-0"].id)
        await until(pilot, lambda: gantt._branches.usual and gantt._makers)
        await until(pilot, lambda: "◆" in screen_text(app))
        if app.size.height > 30:
            await shows(pilot, "↻┈")
        if app.size.height > 20:
            await shows(pilot, "275 orders")

    assert compare(script)


def test_the_graph(compare: Callable[[Script], bool], pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        app.open_run(pipeline.run.id, "graph")
        await shows(pilot, "golden-lynx", "extract-0")
        canvas = app.screen.query_one(CanvasView)
        await until(pilot, lambda: pipeline.tasks["join-0"].id in canvas.drawing.boxes)
        canvas.move_to_id(pipeline.tasks["join-0"].id)
        await shows(pilot, "join-0", *(["usual 3.0s"] if app.size.height > 12 else []))

    assert compare(script)


def test_artifacts(compare: Callable[[Script], bool], pipeline: Pipeline) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        app.open_run(pipeline.run.id, "artifacts")
        await shows(pilot, "golden-lynx", "loading")
        await pilot.press("end")
        await shows(pilot, "daily-report", *(["All shops"] if app.size.height > 12 else []))

    assert compare(script)


def test_a_run_rewound(compare: Callable[[Script], bool], pipeline: Pipeline, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "extract-0")
        await until(pilot, lambda: app.screen.query_one(Gantt)._branches.usual)
        await pilot.press("t")
        scrubber = app.screen.query_one(Scrubber)
        await until(pilot, lambda: scrubber.head is not None)
        scrubber._go(scrubber.head.to(world.now - seconds(11)))
        await shows(pilot, "6.0s of 17s", *(["↻┈"] if app.size.height > 12 else []))
        await until(pilot, lambda: app.screen._replay is not None and app.screen._replay.now == scrubber.head.moment)
        if app.size.height > 20:
            await shows(pilot, "line 2 of 3")

    assert compare(script)


def test_the_radar(snap_compare: Compare, app: FlowtuiApp, pipeline: Pipeline) -> None:
    app.animation_level = "none"

    async def before(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.status.counts is not None and app.status.backends)
        app.open_run(pipeline.run.id, "radar")
        await shows(pilot, "golden-lynx", "extract-0", "load-0 ◆")
        app.screen.query_one(CanvasView).move_to_id(pipeline.tasks["extract-1"].id)
        await shows(pilot, "usual 2.5s")

    assert snap_compare(app, terminal_size=(120, 36), run_before=before)
