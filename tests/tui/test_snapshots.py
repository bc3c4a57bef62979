"""How the screens look, at the three sizes that matter, at a moment that stands still."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from tests.fakes.world import World
from tests.tui.looks import shows, until

SIZES = [(60, 16), (80, 24), (120, 36)]
Compare = Callable[..., bool]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def compare(request: pytest.FixtureRequest, snap_compare: Compare, app: FlowtuiApp) -> Callable[..., bool]:
    """Compare the app with its picture after a script, at one of the sizes."""
    app.animation_level = "none"

    def run(script: Callable[[Pilot[Any]], Awaitable[object]]) -> bool:
        async def before(pilot: Pilot[Any]) -> None:
            await until(pilot, lambda: app.status.counts is not None and app.status.backends)
            await script(pilot)
            for line in app.screen.query(Input):
                line.cursor_blink = False
            await pilot.pause()

        return snap_compare(app, terminal_size=request.param, run_before=before)

    return run


def test_home(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you  4", "34s left", "in 57m")

    assert compare(script)


def test_an_empty_home(compare: Compare, world: World) -> None:
    from flowtui.engine.model import Backend

    world.client.announce_backend(
        Backend(
            id="b", kind="server", host="desk", pid=1, url="http://127.0.0.1:4200", started=world.now, seen=world.now
        )
    )

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Nothing. All is well.", "Nothing runs.")

    assert compare(script)


def test_runs(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        await pilot.press("j", "space")
        await shows(pilot, "1 marked", "nightly")
        await pilot.pause(0.3)

    assert compare(script)


def test_runs_filtered(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_runs("state:failed,crashed since:24h")
        await shows(pilot, "state:failed,crashed ×", "plucky-heron")
        await pilot.pause(0.3)

    assert compare(script)


def test_a_failed_run(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(day["failed"].id)
        await shows(pilot, "plucky-heron", "get_stars-2")
        await pilot.pause(0.3)

    assert compare(script)


def test_a_running_run(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(day["running"].id)
        await shows(pilot, "crimson-otter", "load_page-0", *(["page 28"] if pilot.app.size.height > 20 else []))
        await pilot.pause(0.3)

    assert compare(script)


def test_the_log_of_a_run(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(day["failed"].id, "logs")
        await shows(pilot, "plucky-heron", "httpx.ReadTimeout")
        await pilot.press("slash", *"timeout", "enter")
        await shows(pilot, "/ timeout")
        await pilot.pause(0.3)

    assert compare(script)


def test_parameters_of_a_run(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(day["completed"].id, "parameters")
        await shows(pilot, '"dry_run"')

    assert compare(script)


def test_the_keys(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        await pilot.pause(0.3)
        await pilot.press("question_mark")
        await shows(pilot, "mark")

    assert compare(script)


def test_the_question_before_cancelling(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        await pilot.pause(0.3)
        await pilot.press("c")
        await shows(pilot, "Cancel daily-etl")

    assert compare(script)


def test_the_light_theme(snap_compare: Compare, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    app.animation_level = "none"

    async def before(pilot: Pilot[Any]) -> None:
        app.theme = "flowtui-light"
        await until(pilot, lambda: app.status.counts is not None and app.status.backends)
        await shows(pilot, "Needs you  4", "34s left")

    assert snap_compare(app, terminal_size=(120, 36), run_before=before)


def test_without_colours_states_are_still_told_apart(
    snap_compare: Compare, world: World, day: dict[str, FlowRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = FlowtuiApp(world.client, now=world.clock, zone=UTC, start_mode="runs")
    app.animation_level = "none"

    async def before(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.status.counts is not None and app.status.backends)
        text = await shows(pilot, "✖ Failed", "▶ Running", "⚠ Crashed", "✔ Completed", "◷ 4 scheduled", "load_page-35")
        assert re.search("⌛ +Late", text)
        await pilot.pause(0.3)

    assert snap_compare(app, terminal_size=(120, 36), run_before=before)
