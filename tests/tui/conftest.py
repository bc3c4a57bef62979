"""Fixtures for the terminal: a day that stands still, and an app on it that is driven as a person would."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from tests.fakes.world import World, a_day

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


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty store whose clock stands still."""
    made = World(tmp_path / "world")
    yield made
    made.close()


@pytest.fixture
def day(world: World) -> dict[str, FlowRun]:
    """The store of `world` with a day of work in it."""
    return a_day(world)


@pytest.fixture
def app(world: World) -> FlowtuiApp:
    """The workstation on `world`, in UTC."""
    return FlowtuiApp(world.client, now=world.clock, zone=UTC)
