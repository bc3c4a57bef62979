"""Writing a filter: candidates while one types, chips for what is written, what is wrong underlined in its place."""

import threading
from typing import Any

from textual.pilot import Pilot

from flowtui.engine.listing import QueryValue
from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.runs import RunsScreen
from flowtui.tui.widgets.filter_bar import FilterBar
from flowtui.tui.widgets.query_line import QueryLine
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


async def open_filter(pilot: Pilot[Any]) -> FilterBar:
    await pilot.press("2")
    await shows(pilot, "STATE", "crimson-otter")
    await pilot.press("f")
    bar = pilot.app.screen.query_one(FilterBar)
    await until(pilot, lambda: bar.editing)
    return bar


def labels(bar: FilterBar) -> list[str]:
    return [offer.label for offer in bar.offers]


def line(bar: FilterBar) -> str:
    return bar.query_one(QueryLine).value


def test_fields_words_and_values_are_offered_and_taken(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        bar = await open_filter(pilot)
        assert labels(bar)[0] == "state:"
        await pilot.press(*"fl")
        assert labels(bar) == ["flow:"]
        await pilot.press("tab", *"git")
        await until(pilot, lambda: labels(bar) == ["github-stars"])
        await shows(pilot, "github-stars", "1 deployment")
        await pilot.press("down", "enter")
        assert line(bar) == "" and bar.text == "flow:github-stars"
        await pilot.press(*"state:", "down", "up", "up")
        assert bar.offers[-1].label in screen_text(app)
        await pilot.press("escape", *"fai", "tab")
        await pilot.press("enter")
        await shows(pilot, "flow:github-stars ×", "state:failed ×", "plucky-heron")
        assert isinstance(app.screen, RunsScreen) and app.screen.query_text == "flow:github-stars state:failed"
        assert not bar.offers

    play(app, script)


def test_chips_are_taken_away_and_changed_by_keys(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        bar = await open_filter(pilot)
        await pilot.press(*"state:failed tag:prod flow:x ")
        assert line(bar) == "" and bar.text == "state:failed tag:prod flow:x"
        await pilot.press("backspace")
        assert bar.text == "state:failed tag:prod"
        await pilot.press("left", "left", "delete")
        assert bar.text == "tag:prod"
        await pilot.press("enter")  # the chip that took its place comes back into the line
        assert line(bar) == "tag:prod"
        await pilot.press("backspace", "backspace", "x", "enter")
        await until(pilot, lambda: not bar.editing)
        assert app.screen.query_text == "tag:prx"  # type: ignore[attr-defined]
        await pilot.press("f", "left", "right", "escape")
        await shows(pilot, "tag:prx ×")

    play(app, script)


def test_what_is_wrong_is_underlined_in_its_place(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        bar = await open_filter(pilot)
        await pilot.press(*"stat")
        assert bar.query_one(QueryLine).wrong is None  # it may still become something
        await pilot.press(*":x")
        await shows(pilot, "There is no filter stat:", "did you mean state:")
        assert bar.query_one(QueryLine).wrong == (0, 5)
        await pilot.press(*["backspace"] * 6)
        await until(pilot, lambda: bar.query_one(QueryLine).wrong is None)
        await pilot.press(*"state:fai")
        assert bar.query_one(QueryLine).wrong is None  # it may still become something
        await pilot.press("enter")
        assert bar.query_one(QueryLine).wrong == (0, 9)
        await shows(pilot, "There is no state 'fai'")
        assert bar.editing
        await pilot.press("escape")
        await shows(pilot, "77 runs")

    play(app, script)


def test_typing_waits_for_nobody_and_the_last_question_counts(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    """A store that takes its time is asked one thing at a time, and then only what is still wanted."""
    asked: list[str] = []
    go = threading.Event()
    answer = world.client.query_values

    def slow(field: str, start: str = "", **where: Any) -> tuple[QueryValue, ...]:
        asked.append(start)
        go.wait(30)
        return answer(field, start, **where)

    world.client.query_values = slow  # type: ignore[method-assign]

    async def script(pilot: Pilot[Any]) -> None:
        bar = await open_filter(pilot)
        await pilot.press(*"flow:nigh")
        assert line(bar) == "flow:nigh"
        go.set()
        await until(pilot, lambda: labels(bar) == ["nightly"])
        assert len(asked) <= 3 and asked[-1] == "nigh"

    try:
        play(app, script)
    finally:
        go.set()
