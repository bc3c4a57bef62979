"""How acting looks: the menu, what has to be typed, a batch of which some failed, and the journal."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.model import FlowRun
from flowtui.engine.query import parse
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.blocks import BlocksScreen
from tests.fakes.world import World
from tests.tui.looks import shows, until
from tests.tui.test_acting import late_runs

SIZES = [(40, 10), (60, 16), (80, 24), (120, 36), (220, 60)]
Script = Callable[[Pilot[Any]], Awaitable[object]]
Compare = Callable[[Script], bool]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def compare(request: pytest.FixtureRequest, snap_compare: Callable[..., bool], app: FlowtuiApp) -> Compare:
    """Compare the app with its picture after a script, at one of the sizes."""
    app.animation_level = "none"
    app.acting.clock = lambda: 0.0

    def run(script: Script) -> bool:
        async def before(pilot: Pilot[Any]) -> None:
            await until(pilot, lambda: app.status.counts is not None and app.status.backends is not None)
            await pilot.press("6")  # what lies behind is to be as plain as can be
            await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
            await pilot.pause(0.2)
            await script(pilot)
            for line in app.screen.query(Input):
                line.cursor_blink = False
            app.clear_notifications()
            await until(pilot, lambda: not app.screen.query("Toast"))
            await pilot.pause()

        return snap_compare(app, terminal_size=request.param, run_before=before)

    return run


def test_the_menu_of_what_can_be_done(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act_menu([day["running"]])
        await shows(pilot, "daily-etl · crimson-otter")
        await pilot.pause(0.2)

    assert compare(script)


def test_what_has_to_be_typed(compare: Compare, world: World) -> None:
    late_runs(world, 7)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act("delete", parse("state:late flow:etl"))
        await until(pilot, lambda: pilot.app.screen.query(Input))
        await pilot.press("7")
        await pilot.pause(0.2)

    assert compare(script)


def test_a_batch_of_which_some_failed(compare: Compare, world: World) -> None:
    runs = late_runs(world, 20)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.acting.grace_seconds = -1.0
        pilot.app.act("delete", runs)
        await until(pilot, lambda: pilot.app.screen.query(Input))
        for run in runs[:3]:
            world.client.claim_flow_run(run.id, "me", lease_seconds=600)
        await pilot.press("2", "0", "enter")
        await until(pilot, lambda: pilot.app.screen.query("BatchScreen #failures, #failures"))
        await shows(pilot, "20 of 20", "failed")
        await until(pilot, lambda: pilot.app.status.counts.late == 0)  # the header has heard of it
        await pilot.pause(0.2)

    assert compare(script)


def test_the_journal(compare: Compare, world: World) -> None:
    runs = late_runs(world, 3)

    async def script(pilot: Pilot[Any]) -> None:
        app = pilot.app
        for verb, subjects in (("tag", runs[:1]), ("cancel", parse("state:late"))):
            app.act(verb, subjects)
            if verb == "tag":
                await until(pilot, lambda: app.screen.query(Input))
                await pilot.press(*"seen", "enter")
            elif verb == "cancel":
                await until(pilot, lambda: app.screen.query(".dialog"))
                await pilot.press("y")
            done = 1 if verb == "tag" else 2
            await until(pilot, lambda done=done: [e.result for e in app.acting.journal.entries] == ["done"] * done)
        await until(pilot, lambda: app.status.counts.late == 0)
        await pilot.press("at")
        await shows(pilot, "Journal", "undone")
        await pilot.pause(0.2)

    assert compare(script)
