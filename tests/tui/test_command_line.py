"""The `:` line: what may come next is offered while one types, and taken as in a filter."""

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.model import FlowRun
from flowtui.engine.states import Completed
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.command_line import CommandLineScreen
from flowtui.tui.screens.deployments import DeploymentsScreen
from flowtui.tui.screens.home import HomeScreen
from flowtui.tui.screens.journal import JournalScreen
from flowtui.tui.screens.pools import PoolsScreen
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.screens.runs import RunsScreen
from flowtui.tui.views.model import View
from flowtui.tui.widgets.query_line import QueryLine
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


async def line(pilot: Pilot[Any], typed: str = "") -> CommandLineScreen:
    """The line, opened, with something typed into it."""
    await pilot.press("colon")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandLineScreen))
    screen = pilot.app.screen
    assert isinstance(screen, CommandLineScreen)
    await pilot.press(*typed)
    return screen


def text(screen: CommandLineScreen) -> str:
    return screen.query_one(Input).value


def labels(screen: CommandLineScreen) -> list[str]:
    return [offer.label for offer in screen.offers]


def test_commands_are_offered_chosen_and_left(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        screen = await line(pilot)
        assert labels(screen)[:3] == ["home", "runs", "flows"] and "quit" in labels(screen)
        await shows(pilot, "what runs, what needs a person")
        await pilot.press("up", "escape")  # leaves the candidates
        assert app.screen is screen and not screen.offers
        await pilot.press("j")
        assert labels(screen) == ["journal"]
        await pilot.press("down", "enter")
        assert text(screen) == "journal" and app.screen is screen
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, JournalScreen))
        await pilot.press("escape")
        screen = await line(pilot, "xx")
        assert not screen.offers
        await pilot.press("backspace", "backspace", "backspace")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))

    play(app, script)


def test_a_filter_is_completed_by_the_language_the_store_and_the_list_that_is_on(
    app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        screen = await line(pilot, "dep")
        await pilot.press("tab", *"is:nev", "tab")
        assert text(screen) == "deployments is:never"
        await pilot.press(*" fl", "tab", *"git")
        await until(pilot, lambda: labels(screen) == ["github-stars"])  # the list was never opened: the store is asked
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, DeploymentsScreen))
        await shows(pilot, "is:never ×", "flow:github-stars ×", "Nothing fits this filter.")
        screen = await line(pilot, "deployments schedule:")
        await until(pilot, lambda: "every 10 minutes" in labels(screen))
        await pilot.press(*"10", "tab", "enter")
        await shows(pilot, 'schedule:"every 10 minutes" ×', "1 of 3")
        screen = await line(pilot, "open plucky")
        await until(pilot, lambda: labels(screen) == ["plucky-heron"])
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))

    play(app, script)


def test_what_is_wrong_is_said_with_the_nearest_and_the_line_stays(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        screen = await line(pilot, "pools waitin>0")
        await pilot.press("enter")
        await shows(pilot, "There is no filter waitin> – did you mean waiting=?")
        assert screen.query_one(QueryLine).wrong == (6, 13)
        await pilot.press(*["backspace"] * 2, *"g>0", "enter")
        await until(pilot, lambda: isinstance(app.screen, PoolsScreen))
        await shows(pilot, "waiting>0 ×")
        screen = await line(pilot, "them")
        await pilot.press("tab", *"flowtui-lite", "enter")
        await shows(pilot, "There is no theme 'flowtui-lite' – did you mean flowtui-light?")
        assert screen.query_one(QueryLine).wrong == (6, 18)
        await pilot.press(*["backspace"] * 2)
        assert labels(screen) == ["flowtui-light"]
        await pilot.press("tab", "enter")
        await until(pilot, lambda: app.theme == "flowtui-light")

    play(app, script)


def test_enter_takes_the_only_way_in_which_a_line_can_go_on(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        screen = await line(pilot, "theme flowtui-li")
        await until(pilot, lambda: labels(screen) == ["flowtui-light"])
        await pilot.press("enter")
        assert text(screen) == "theme flowtui-light" and app.theme != "flowtui-light"
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "flowtui-light")

    play(app, script)


def test_a_run_is_opened_by_the_beginning_of_its_name_if_that_is_the_only_one(app: FlowtuiApp, world: World) -> None:
    for name in ("plucky-heron", "plucky-otter", "load of Monday"):
        world.run("etl", name, Completed(timestamp=world.now))

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        await line(pilot, "open plucky")
        await pilot.press("enter")
        await shows(pilot, "Which one:", "plucky-otter?")
        await line(pilot, "open plucky-h")
        await pilot.press("enter")
        await shows(pilot, "etl › plucky-heron")
        screen = await line(pilot, "open load of")
        await until(pilot, lambda: labels(screen) == ["load of Monday"])
        await pilot.press("tab", "enter")
        await shows(pilot, "etl › load of Monday")

    play(app, script)


def test_views_of_all_lists_are_completed(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    app.views.save(View("big loads", "flow:big-load"))

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        screen = await line(pilot, "view b")
        await until(pilot, lambda: "big loads" in labels(screen))
        assert "flow:big-load" in screen_text(app)
        await pilot.press("down", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.query_text == "flow:big-load")

    play(app, script, size=(40, 10))
