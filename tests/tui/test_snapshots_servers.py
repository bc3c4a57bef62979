"""How `@all` looks, at a moment that stands still: lines, chips, troubles, one server alone, a filter."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.screen import ModalScreen

from flowtui.engine.model import NewFlowRun
from flowtui.engine.states import Completed, Failed, Late, Running, Scheduled
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.servers.pane import ServersPane
from tests.fakes.world import World
from tests.tui.looks import until
from tests.tui.pictures import Pictures, opened
from tests.tui.servers import BEGIN, NOW, hanging_address, write_profiles
from tests.tui.test_all_servers import kinds, names

ACCENTS = {"prod": 'accent = "red"\nread_only = true', "staging": 'accent = "orange"', "lap": 'accent = "green"'}
TEAM = ("lap", "prod", "staging")
COMPANY = (*TEAM, "billing", "crm", "dwh-europe-west", "fraud", "geo", "ml", "ops", "qa", "search", "web")


def _fill(folder: Path, name: str, shift: int) -> None:
    """A store with some runs in it; ids and figures are the same each time."""
    world = World(folder / name, NOW)
    for at, state in enumerate((Completed, Failed, Completed, Running, Late, Completed)):
        due = BEGIN + timedelta(hours=22, minutes=at * 9 + shift)
        run = world.client.create_flow_run(
            NewFlowRun(
                id=f"0199{shift:04x}-0000-7000-8000-{at:012x}",
                flow_name=("ingest", "train", "report")[at % 3],
                name=f"{('calm', 'bold', 'shy')[at % 3]}-{('otter', 'lynx')[shift % 2]}-{at}",
                state=Scheduled(due, timestamp=due),
            )
        )
        late = Late(due, timestamp=due) if state is Late else None
        if state is not Late:
            world.client.set_flow_run_state(run.id, Running(timestamp=due), force=True)
        message = {"message": "Flow run encountered an exception: KeyError: 'total'"} if state is Failed else {}
        last = late or state(timestamp=due + timedelta(seconds=40 if state is not Running else 0), **message)
        world.client.set_flow_run_state(run.id, last, force=True)
    world.close()
    shutil.copy(folder / name / "flowtui.db", folder / f"{name}.db")


@pytest.fixture
def stores(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stores at addresses that are the same on every machine: they are relative to the folder."""
    monkeypatch.delenv("FLOWTUI_PROFILE", raising=False)
    monkeypatch.chdir(tmp_path)
    for shift, name in enumerate(TEAM):
        _fill(tmp_path, name, shift)
    for name in COMPANY[len(TEAM) :]:
        shutil.copy(tmp_path / "staging.db", tmp_path / f"{name}.db")
    yield home


def an_app(world: World, home: Path, listed: Sequence[str], **more: str) -> FlowtuiApp:
    write_profiles(home, {**{name: f"sqlite:///{name}.db" for name in listed}, **more}, ACCENTS)
    app = FlowtuiApp(world.client, now=lambda: NOW, zone=UTC, profile=lambda: ("lap", "completed"))
    app.servers.timer = lambda: 0.0
    return app


def all_known(app: FlowtuiApp, number: int, runs: int) -> bool:
    """Whether all that will be shown of so many servers, and of their runs, is there."""
    faces = app.screen.query_one(ServersPane).faces
    answering = [face for face in faces if face.health.answers]
    known = all(face.counts is not None for face in answering)
    totals = [reading.reader.total for reading in app.screen._readings.values()]
    return (
        known
        and len(answering) == number
        and len(names(app)) == runs
        and sum(total is not None for total in totals) == number
        and "connecting" not in {face.health.kind for face in faces if face.name != "sydney"}
    )


def test_three_servers_and_a_silent_one(pictures: Pictures, world: World, stores: Path) -> None:
    with hanging_address() as silent:
        app = an_app(world, stores, TEAM, sydney=silent)

        async def script(pilot: Any) -> None:
            await until(pilot, lambda: app.is_open)
            app.action_all_servers()
            await until(pilot, lambda: app.screen.query(ServersPane) and all_known(app, 3, 18))
            assert kinds(app)["sydney"] == "connecting"

        pictures(app, script)


def test_many_servers_are_chips(pictures: Pictures, world: World, stores: Path) -> None:
    app = an_app(world, stores, COMPANY)

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: app.screen.query(ServersPane) and all_known(app, 13, 78))
        await pilot.press("tab", "down", "right")

    pictures(app, script)


def test_what_needs_attention_on_any_server(pictures: Pictures, world: World, stores: Path) -> None:
    app = an_app(world, stores, TEAM)

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: app.screen.query(ServersPane) and all_known(app, 3, 18))
        await pilot.press("a", "j")
        await until(pilot, lambda: all_known(app, 3, 6))

    pictures(app, script)


def test_one_server_alone(pictures: Pictures, world: World, stores: Path) -> None:
    app = an_app(world, stores, ["lap"])

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: app.screen.query(ServersPane) and all_known(app, 1, 6))

    pictures(app, script)


def test_a_run_that_was_opened_from_all(pictures: Pictures, world: World, stores: Path) -> None:
    app = an_app(world, stores, TEAM)

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: app.screen.query(ServersPane) and all_known(app, 3, 18))
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.is_open and app.status.profile != "lap" and isinstance(app.screen, RunScreen))
        await app.servers.settled()
        app.clear_notifications()
        await opened(pilot)

    pictures(app, script)


@pytest.mark.parametrize("keys", ["c", "x"])
def test_acting_on_a_run_of_another_server(pictures: Pictures, world: World, stores: Path, keys: str) -> None:
    app = an_app(world, stores, ("lap", "staging"))

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: app.screen.query(ServersPane) and all_known(app, 2, 12))
        await pilot.press("j", "j", keys)
        await until(pilot, lambda: isinstance(app.screen, ModalScreen))

    pictures(app, script)


def test_acting_on_runs_of_several_servers(pictures: Pictures, world: World, stores: Path) -> None:
    app = an_app(world, stores, TEAM)

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: app.screen.query(ServersPane) and all_known(app, 3, 18))
        await pilot.press("asterisk", "c")
        await until(pilot, lambda: isinstance(app.screen, ModalScreen))

    pictures(app, script)
