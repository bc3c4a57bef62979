"""How the screens look, at a moment that stands still."""

import asyncio
import re
from datetime import UTC
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.live import News
from flowtui.tui.messages import NewsArrived
from tests.fakes.world import World, seconds
from tests.tui.looks import shows, until
from tests.tui.pictures import Pictures


def test_home(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you  4", "34s left", "in 57m")

    pictures(app, script)


def test_an_empty_home(pictures: Pictures, app: FlowtuiApp, world: World) -> None:
    from flowtui.engine.model import Backend

    world.client.announce_backend(
        Backend(
            id="b", kind="server", host="desk", pid=1, url="http://127.0.0.1:4200", started=world.now, seen=world.now
        )
    )

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Nothing. All is well.", "Nothing runs.")

    pictures(app, script)


def test_runs(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        await pilot.press("j", "space")
        await shows(pilot, "1 marked", "nightly")

    pictures(app, script)


def test_runs_filtered(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_runs("state:failed,crashed since:24h")
        await shows(pilot, "state:failed,crashed ×", "plucky-heron")

    pictures(app, script)


def test_a_failed_run(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(day["failed"].id)
        await shows(pilot, "plucky-heron", "get_stars-2", "8 lines")

    pictures(app, script)


def test_a_running_run(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(day["running"].id)
        await shows(pilot, "crimson-otter", "load_page-0", "page 28")

    pictures(app, script)


def test_the_log_of_a_run(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(day["failed"].id, "logs")
        await shows(pilot, "plucky-heron", "httpx.ReadTimeout")
        await pilot.press("slash", *"timeout", "enter")
        await shows(pilot, "/ timeout")

    pictures(app, script)


def test_parameters_of_a_run(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(day["completed"].id, "parameters")
        await shows(pilot, '"dry_run"')

    pictures(app, script)


def test_the_keys(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        await pilot.press("question_mark")
        await shows(pilot, "mark")

    pictures(app, script)


def test_the_question_before_cancelling(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        await pilot.press("c")
        await shows(pilot, "Cancel daily-etl")

    pictures(app, script)


def test_a_store_that_is_lost(pictures: Pictures, app: FlowtuiApp, world: World, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you  4", "34s left")
        feed = app._feed
        assert feed is not None
        feed.stop()
        await asyncio.to_thread(feed.join, 50.0)
        world.now += seconds(4)
        app.post_message(NewsArrived(News(alive=False, silent=4.0), app.client))
        await shows(pilot, "reconnecting… data 4 s old", "14:02:35 UTC", "30s left")

    pictures(app, script)


def test_the_palette(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"cancel")
        await shows(pilot, "cancel")

    pictures(app, script)


def test_the_line_of_commands(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        await pilot.press("colon", *"runs state:fa")
        await shows(pilot, "runs state:fa")

    pictures(app, script)


def test_a_command_that_is_none(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("colon", *"rnus", "enter")
        await shows(pilot, "There is no command 'rnus'")

    pictures(app, script)


def test_the_light_theme(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app.theme = "flowtui-light"
        await shows(pilot, "Needs you  4", "34s left")

    pictures(app, script, ["120x36"])


def test_without_colours_states_are_still_told_apart(
    pictures: Pictures, world: World, day: dict[str, FlowRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = FlowtuiApp(world.client, now=world.clock, zone=UTC, start_mode="runs")

    async def script(pilot: Pilot[Any]) -> None:
        text = await shows(pilot, "✖ Failed", "▶ Running", "⚠ Crashed", "✔ Completed", "◷ 4 scheduled", "load_page-35")
        assert re.search("⌛ +Late", text)

    pictures(app, script, ["120x36"])
