"""The header is told of news at any moment of its screen's life."""

from datetime import UTC, datetime, timedelta
from typing import Any

from textual.pilot import Pilot

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import StoreError
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.status import Status
from flowtui.tui.themes import THEMES
from flowtui.tui.widgets.header import Header
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import shows, until


def test_news_for_a_header_whose_screen_has_been_left_is_kept_and_not_written() -> None:
    header = Header(lambda: datetime(2026, 11, 28, tzinfo=UTC), UTC)
    header.show(Status(address="sqlite"), UTC)
    header.show(Status(address="postgresql"), UTC)


def test_the_clock_of_a_screen_goes_on_when_it_is_shown_again(app: FlowtuiApp, world: World) -> None:
    def later() -> str:
        world.now += timedelta(minutes=1)
        return f"{world.now:%H:%M:%S}"

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, later())
        await pilot.press("2")
        left = app.screen_stack[0]
        await shows(pilot, later())
        await pilot.press("1")
        await until(pilot, lambda: app.screen is not left)
        await shows(pilot, later())
        await pilot.press("2")
        await shows(pilot, later())
        await shows(pilot, later())

    play(app, script)


def test_the_clock_stands_on_the_ground_of_the_line_in_every_theme(app: FlowtuiApp) -> None:
    def grounds() -> set[Any]:
        strips = app.screen._compositor.render_strips(app.size)
        return {segment.style.bgcolor for segment in strips[0] if segment.style is not None}

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "UTC")
        seen = []
        for theme in THEMES:
            app.theme = theme.name
            await until(pilot, lambda: len(grounds()) == 1 and grounds() not in seen)
            await pilot.press("2")
            await until(pilot, lambda: app.current_mode == "runs" and len(grounds()) == 1 and grounds() not in seen)
            await pilot.press("1")
            await until(pilot, lambda: app.current_mode == "home" and len(grounds()) == 1 and grounds() not in seen)
            seen.append(grounds())

    play(app, script)


def test_among_many_servers_one_s_own_that_is_down_is_said_and_ends_nothing() -> None:
    def refused() -> LocalClient:
        raise StoreError("The store cannot be reached.")

    app = FlowtuiApp(refused, everywhere=True)

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "its own store does not answer")
        assert app.is_running

    play(app, script)
