"""How lists look while a filter is written and when nothing fits it, and the `:` line with what it offers."""

from typing import Any

from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from tests.fakes.world import World
from tests.tui.looks import shows
from tests.tui.pictures import Pictures


def test_a_filter_of_deployments_while_it_is_written(
    pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "3 deployments", "daily-etl/prod")
        await pilot.press("f", *"tag:prod is:")
        await shows(pilot, "tag:prod ×", "no worker of its pool is online")
        await pilot.press("down", "down")

    pictures(app, script)


def test_a_filter_of_deployments_that_makes_no_sense(
    pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "3 deployments", "daily-etl/prod")
        await pilot.press("f", *"flow:daily-* schedul:hour", "enter")
        await shows(pilot, "did you mean schedule:?")

    pictures(app, script, sizes=("120x36", "60x16", "40x10"))


def test_deployments_of_which_none_fits(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "3 deployments", "daily-etl/prod")
        await pilot.press("f", *"is:paused tag:prod", "enter")
        await shows(pilot, "Nothing fits this filter.", "0 of 3")

    pictures(app, script)


def test_pools_that_are_filtered_and_sorted(pictures: Pictures, app: FlowtuiApp, world: World) -> None:
    world.client.create_work_pool("k8s", type="kubernetes", description="the big one")
    world.client.create_work_pool("batch", type="process", description="at night")
    world.client.pause_work_pool("batch", paused=True, note="repairs")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("5")
        await shows(pilot, "3 work pools", "k8s")
        await pilot.press("f", *"needs:attention", "enter", "O", "3")
        await shows(pilot, "3 of 3", "TYPE")

    pictures(app, script)


def test_the_commands_that_there_are(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "3 deployments", "daily-etl/prod")
        await pilot.press("colon", "down")
        await shows(pilot, "what runs, what needs a person")

    pictures(app, script)


def test_what_may_follow_a_command(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "3 deployments", "daily-etl/prod")
        await pilot.press("colon", *"deployments tag:prod flow:")
        await shows(pilot, "github-stars")

    pictures(app, script)


def test_a_command_that_there_is_not(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "3 deployments", "daily-etl/prod")
        await pilot.press("colon", *"deploymets", "enter")
        await shows(pilot, "Did you mean 'deployments'?")

    pictures(app, script, sizes=("80x24", "40x10"))
