"""How a list of runs looks while it is filtered, while columns are chosen, and when all that match are marked."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from tests.tui.looks import shows, until

SIZES = {"small": (60, 16), "usual": (80, 24), "large": (120, 36)}


def picture(
    snap_compare: Callable[..., bool], app: FlowtuiApp, size: str, script: Callable[[Pilot[Any]], Awaitable[object]]
) -> bool:
    app.animation_level = "none"

    async def before(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.status.counts is not None and app.status.backends)
        await pilot.press("2")
        await shows(pilot, "77 runs", "crimson-otter")
        await script(pilot)
        for line in app.screen.query(Input):
            line.cursor_blink = False
        await pilot.pause()

    return snap_compare(app, terminal_size=SIZES[size], run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_a_filter_while_it_is_written(
    snap_compare: Callable[..., bool], app: FlowtuiApp, day: dict[str, FlowRun], size: str
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("f", *"state:failed flow:")
        await shows(pilot, "state:failed ×", "github-stars", "1 deployment")
        await pilot.press("down", "down")
        await pilot.pause(0.3)

    assert picture(snap_compare, app, size, script)


@pytest.mark.parametrize("size", ["small", "large"])
def test_columns_being_chosen(
    snap_compare: Callable[..., bool], app: FlowtuiApp, day: dict[str, FlowRun], size: str
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("C", "j", "space")
        await shows(pilot, "Columns", "the flow")
        await pilot.pause(0.3)

    assert picture(snap_compare, app, size, script)


@pytest.mark.parametrize("size", ["usual"])
def test_all_that_match_and_what_is_found(
    snap_compare: Callable[..., bool], app: FlowtuiApp, day: dict[str, FlowRun], size: str
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app.open_runs("state:failed")
        await shows(pilot, "4 of 77")
        await pilot.press("slash", *"dove", "enter", "A")
        await shows(pilot, "all 4 of 77 marked", "brisk-dove3")
        await pilot.pause(0.3)

    assert picture(snap_compare, app, size, script)
