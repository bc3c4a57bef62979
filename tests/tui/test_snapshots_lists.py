"""How a list looks: filtered, searched, with news, and while columns, views and an order are chosen."""

from dataclasses import replace
from typing import Any

from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.lists.columns import read_shown
from flowtui.tui.screens.deployments import DeploymentsScreen
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import World, seconds
from tests.tui.looks import shows, until
from tests.tui.pictures import Pictures


async def open_list(pilot: Pilot[Any]) -> None:
    await pilot.press("2")
    await shows(pilot, "77 runs", "crimson-otter")


def test_a_filter_while_it_is_written(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        await pilot.press("f", *"state:failed flow:")
        await shows(pilot, "state:failed ×", "github-stars", "1 deployment")
        await pilot.press("down", "down")

    pictures(app, script)


def test_columns_being_chosen(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        await pilot.press("C", "j", "space")
        await shows(pilot, "Columns", "the flow")

    pictures(app, script)


def test_columns_of_deployments_being_chosen(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "3 deployments")
        await pilot.press("C", "j", "space", "j", "J")
        await shows(pilot, "Columns", "who serves it")

    pictures(app, script)


def test_deployments_in_other_columns(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "3 deployments")
        keys = ("name:26", "last", "dur", "code", "next", "updated", "tags")
        screen = app.screen
        assert isinstance(screen, DeploymentsScreen)
        screen.ask(replace(screen.view, columns=tuple(map(read_shown, keys))))
        await shows(pilot, "ENTRYPOINT")

    pictures(app, script)


def test_all_that_match_and_what_is_found(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        app.open_runs("state:failed")
        await shows(pilot, "4 of 77")
        await pilot.press("slash", *"dove", "enter", "A")
        await shows(pilot, "all 4 of 77 marked", "brisk-dove3")

    pictures(app, script)


def test_a_word_that_is_no_filter(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        await pilot.press("f", *"state:failed stat:late", "enter")
        await shows(pilot, "There is no filter stat:")

    pictures(app, script)


def test_nothing_that_matches(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        app.open_runs("flow:nowhere state:paused")
        await shows(pilot, "0 of 77")

    pictures(app, script)


def test_no_run_at_all(pictures: Pictures, app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "No run")

    pictures(app, script)


def test_what_is_looked_for_while_it_is_written(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        await pilot.press("slash", *"heron")
        await until(pilot, lambda: app.screen.query_one("#runs", VirtualTable).cursor_id == day["failed"].id)

    pictures(app, script)


def test_runs_that_came_while_one_reads(
    pictures: Pictures, app: FlowtuiApp, world: World, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        await pilot.press("j", "space", "j", "space")
        await shows(pilot, "2 marked")
        for number in range(3):
            ended = Completed(timestamp=world.now)
            world.run("thumbs", f"new-{number}", Running(timestamp=world.now - seconds(2)), ended)
        await shows(pilot, "▲ 3 new")

    pictures(app, script)


def test_views_to_choose_from(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        await pilot.press("V", "j")
        await shows(pilot, "Views", "failed today")

    pictures(app, script)


def test_a_name_for_a_view(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        app.open_runs("flow:daily-etl")
        await shows(pilot, "flow:daily-etl ×")
        await pilot.press("V")
        await shows(pilot, "save this as")
        await pilot.press("s")
        await shows(pilot, "Save this view as")

    pictures(app, script)


def test_an_order_to_choose(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot)
        await pilot.press("o")
        await shows(pilot, "Sort by", "how long it ran")

    pictures(app, script)
