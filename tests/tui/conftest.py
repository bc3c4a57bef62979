"""Fixtures for the terminal: a day that stands still, and an app on it that is driven as a person would."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.app import App
from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from tests.fakes.world import World, a_day
from tests.tui.pictures import Pictures

__all__ = ["Script", "play"]

Script = Callable[[Pilot[Any]], Awaitable[None]]


def play(app: App[Any], script: Script, size: tuple[int, int] = (120, 36)) -> None:
    """Run an app without a terminal, and a script of keys and looks on it."""

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await script(pilot)
            troubles = [note.message for note in app._notifications if note.title.startswith("Something went wrong")]
            assert not troubles, troubles

    asyncio.run(run())


@pytest.fixture(scope="session")
def kept_day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, FlowRun], int]:
    """A store with a day of work in it, filled once: where it is, the runs that tests speak of, and how many ids were
    given. Nobody opens it; a test gets a copy."""
    place = tmp_path_factory.mktemp("day") / "world"
    made = World(place)
    runs = a_day(made)
    made.close()
    return place, runs, made.ids


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """An empty store whose clock stands still; with `day`, it is not empty."""
    place, given = tmp_path / "world", 0
    if "day" in request.fixturenames:
        kept, _, given = request.getfixturevalue("kept_day")
        shutil.copytree(kept, place)
    made = World(place, ids=given)
    yield made
    made.close()


@pytest.fixture
def day(world: World, kept_day: tuple[Path, dict[str, FlowRun], int]) -> dict[str, FlowRun]:
    """The store of `world` has a day of work in it."""
    return dict(kept_day[1])


@pytest.fixture
def pictures(snapshot: SnapshotAssertion) -> Pictures:
    """Compares an app with its accepted pictures, at each of the sizes."""
    return Pictures(snapshot)


@pytest.fixture
def app(world: World) -> FlowtuiApp:
    """The workstation on `world`, in UTC."""
    return FlowtuiApp(world.client, now=world.clock, zone=UTC)
