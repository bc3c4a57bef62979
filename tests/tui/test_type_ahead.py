"""Keys that come all at once do what they do one by one."""

import threading
from datetime import UTC
from typing import Any

from textual.events import Key
from textual.pilot import Pilot

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.screens.runs import RunsScreen
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import shows, until


def type_at_once(app: FlowtuiApp, *keys: str) -> None:
    """All keys before the application has looked at the first."""
    for key in keys:
        name = {":": "colon", "?": "question_mark", " ": "space"}.get(key, key)
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


def test_a_key_for_the_menu_of_actions_waits_while_the_runs_are_read(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    read, may_go_on, asked = world.client.list_flow_runs, threading.Event(), threading.Event()

    def slowly(*given: Any, **named: Any) -> Any:
        asked.set()
        assert may_go_on.wait(30)
        return read(*given, **named)

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.table.cursor_id)
        world.client.list_flow_runs = slowly  # type: ignore[method-assign]
        runs = app.screen
        assert isinstance(runs, RunsScreen)
        type_at_once(app, "x", "t")
        type_at_once(app, *" seen", "enter")
        await until(pilot, asked.is_set)
        may_go_on.set()
        run_id = runs.table.cursor_id
        assert run_id is not None
        await until(pilot, lambda: "seen" in world.client.read_flow_run(run_id).tags)
        assert not runs.query_text and app.screen is runs  # where t, s and e are keys of their own, or none

    play(app, script)


def test_a_key_for_the_first_row_of_a_list_waits_until_there_are_rows(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        await shows(pilot, "Needs you", "plucky-heron")
        type_at_once(app, "2", "l")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tab == "logs")

    play(app, script)
