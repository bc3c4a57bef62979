"""Keys that come all at once do what they do one by one."""

import threading
from datetime import UTC
from typing import Any

from textual.events import Key
from textual.pilot import Pilot

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.runs import RunsScreen
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import shows, until


def type_at_once(app: FlowtuiApp, *keys: str) -> None:
    """All keys before the application has looked at the first."""
    for key in keys:
        name = {":": "colon", "?": "question_mark"}.get(key, key)
        app.post_message(Key(name, key if len(key) == 1 else None))


def test_a_filter_typed_in_one_go_is_the_filter(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        type_at_once(app, "2", "f", *"state:failed", "enter", "j")
        await shows(pilot, "state:failed ×", "plucky-heron")
        assert isinstance(app.screen, RunsScreen)

    play(app, script)


def test_a_command_typed_in_one_go_is_obeyed(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        type_at_once(app, *":runs", "enter", *"?retr")
        await shows(pilot, "R  retry")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))

    play(app, script)


def test_a_run_asked_for_before_the_store_is_open_is_shown_when_it_is(world: World, day: dict[str, FlowRun]) -> None:
    typed = threading.Event()

    def opener() -> LocalClient:
        assert typed.wait(30)
        return world.client

    app = FlowtuiApp(opener, zone=UTC, now=lambda: world.now)

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("colon", *"run plucky-heron", "enter")
        await until(pilot, lambda: any(worker.group == "obey" for worker in app.workers))
        typed.set()
        await shows(pilot, "plucky-heron", "get_stars-2")

    play(app, script)
