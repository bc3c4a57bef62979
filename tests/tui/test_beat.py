"""Once a second a screen draws what looks different for it: at once, and nothing else."""

import asyncio
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import RenderableType
from textual._compositor import ChopsUpdate
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.screen import Screen

from flowtui.engine.model import Change, FlowRun
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.beat import Beat
from flowtui.tui.screens.deployment import DeploymentScreen
from flowtui.tui.screens.help import HelpScreen
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.header import Header
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import NOW, World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until

Cells = dict[Offset, str]


class Watched:
    """The workstation, and what it has drawn since the last beat: on which screen, and what."""

    def __init__(self, app: FlowtuiApp) -> None:
        self.app = app
        self.drawn: list[tuple[Screen[Any], RenderableType]] = []
        display = app._display

        def note(screen: Screen[Any], renderable: RenderableType | None) -> None:
            if renderable is not None:
                self.drawn.append((screen, renderable))
            display(screen, renderable)

        app._display = note  # type: ignore[method-assign]

    @property
    def screen(self) -> Screen[Any]:
        return self.app.screen

    def beat(self) -> None:
        """Let a second pass for the full screen, and for nobody else."""
        self.drawn.clear()
        next(one for one in reversed(self.app.screen_stack) if isinstance(one, ShellScreen))._second_passed()

    def cells(self) -> Cells:
        """What stands on the screen when all is drawn, cell by cell."""
        lines = screen_text(self.app).split("\n")
        return {place: letter for y, line in enumerate(lines) for place, letter in placed(line, 0, y)}

    def is_at_rest(self) -> bool:
        """Whether no widget waits for being drawn, and no message for being read."""
        nodes: list[Any] = [self.app, *self.screen.walk_children(with_self=True)]
        due = self.screen._dirty_widgets or self.screen._layout_required
        return not due and all(node._message_queue.empty() for node in nodes)

    def changes_since(self, before: Cells) -> int:
        """How many cells have changed. Holds that all of them were drawn, in one go, and as they are."""
        ((screen, update),) = self.drawn
        assert screen is self.screen and isinstance(update, ChopsUpdate)
        drawn: Cells = {}
        for y, first, end in update.spans:
            for left, strip in update.chops[y].items():
                letters = placed(strip.text if strip is not None else "", left, y)
                drawn.update({place: letter for place, letter in letters if first <= place.x < end})
        now = self.cells()
        assert all(now.get(place, " ") == letter for place, letter in drawn.items())
        changed = {place for place in now.keys() | before.keys() if now.get(place, " ") != before.get(place, " ")}
        assert changed <= drawn.keys()
        return len(changed)


def placed(text: str, x: int, y: int) -> Iterable[tuple[Offset, str]]:
    """What stands in each cell of a text that begins at one: a letter, or nothing, where a wide one goes on."""
    for letter in text:
        for piece in (letter, *[""] * (cell_len(letter) - 1)):
            yield Offset(x, y), piece
            x += 1


@pytest.fixture
def watched(world: World, day: dict[str, FlowRun]) -> Watched:
    return Watched(FlowtuiApp(world.client, now=world.clock, zone=UTC))


@pytest.mark.parametrize(("key", "words"), [("1", "Needs you"), ("2", "violet-finch"), ("4", "hourly-report")])
def test_a_second_is_on_the_terminal_before_anybody_else_has_a_turn(
    watched: Watched, world: World, key: str, words: str
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press(key)
        await shows(pilot, words, "14:02:31")
        await until(pilot, watched.is_at_rest)
        watched.beat()  # what the rows looked like was not known
        assert watched.is_at_rest()
        changed = []
        for passed in (timedelta(seconds=1), timedelta(minutes=30)):
            before = watched.cells()
            world.now += passed
            watched.beat()
            assert watched.is_at_rest()
            assert f"{world.now:%H:%M:%S}" in screen_text(watched.app)
            changed.append(watched.changes_since(before))
        assert changed[0] < changed[1]

    play(watched.app, script)


def test_the_page_of_a_deployment_says_the_same_without_being_drawn(watched: Watched, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "daily-etl/prod", "14:02:31")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(watched.screen, DeploymentScreen))
        await shows(pilot, "in 2m", "Recent runs", "amber-bee1")
        await until(pilot, watched.is_at_rest)
        for passed, words in ((1, "in 2m"), (60, "in 1m")):
            before = watched.cells()
            world.now += timedelta(seconds=passed)
            watched.beat()
            if passed == 1:
                assert watched.is_at_rest() and watched.changes_since(before) <= 4  # the clock, and a run that goes on
            await shows(pilot, words, f"{world.now:%H:%M:%S}")

    play(watched.app, script)


def test_a_table_that_was_scrolled_is_drawn_where_it_stands(watched: Watched, world: World) -> None:
    begun = world.now - timedelta(seconds=70)
    for number in range(40):
        world.run("storm", f"long-{number}", Running(timestamp=begun + timedelta(milliseconds=number)))

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "long-39", "1m10s")
        table = watched.screen.query_one("#runs", VirtualTable)
        for top in (1, 7, 0):
            table.scroll_top(top)
            await until(pilot, watched.is_at_rest)
            before = watched.cells()
            world.now += timedelta(seconds=10)
            watched.beat()
            assert watched.changes_since(before) >= table.page_rows
            assert watched.is_at_rest()

    play(watched.app, script)


def test_nothing_is_drawn_over_a_dialog(watched: Watched, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you", "14:02:31")
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(watched.screen, HelpScreen) and watched.is_at_rest())
        dialog = watched.screen.children[-1].region
        before = watched.cells()
        world.now += timedelta(minutes=1)
        watched.beat()
        assert not watched.drawn
        await pilot.pause()
        await until(pilot, watched.is_at_rest)
        assert all(screen is watched.screen for screen, _ in watched.drawn)
        now = watched.cells()
        assert all(now.get(place) == before.get(place) for place in now if dialog.contains_point(place))
        await pilot.press("escape")
        await shows(pilot, "14:03:31")

    play(watched.app, script)


@pytest.mark.parametrize("meanwhile", ["laid out", "scrolled", "shown", "held back"])
def test_what_is_due_besides_is_not_lost(watched: Watched, world: World, meanwhile: str) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "violet-finch", "14:02:31")
        await until(pilot, watched.is_at_rest)
        table = watched.screen.query_one("#runs", VirtualTable)
        world.now += timedelta(minutes=1)
        due: dict[str, Callable[[], object]] = {
            "laid out": lambda: setattr(watched.screen.query_one(Header).styles, "height", 2),
            "scrolled": lambda: table.scroll_top(3),
            "shown": lambda: table.update(table.rows, [table.rows.row_id(0)]),
            "held back": watched.app._begin_batch,
        }
        due[meanwhile]()
        watched.beat()
        if meanwhile == "held back":
            assert not watched.drawn
            watched.app._end_batch()
        await until(pilot, lambda: watched.is_at_rest() and watched.drawn)
        left = watched.cells()
        assert "14:03:31" in screen_text(watched.app)
        watched.screen.refresh()
        await until(pilot, watched.is_at_rest)
        assert watched.cells() == left
        assert meanwhile != "laid out" or watched.screen.query_one("#resources").region.y == 2
        assert meanwhile != "scrolled" or table.top == 3

    play(watched.app, script)


def test_a_run_that_ends_in_that_second_is_shown_so(watched: Watched, world: World, day: dict[str, FlowRun]) -> None:
    name = day["running"].name

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "14:02:31", name)
        world.now += timedelta(seconds=1)
        world.client.set_flow_run_state(day["running"].id, Completed(timestamp=world.now), force=True)
        watched.beat()

        def line() -> str:
            return next(line for line in screen_text(watched.app).split("\n") if name in line)

        await until(pilot, lambda: "Completed" in line())

    play(watched.app, script)


class Hurried(asyncio.SelectorEventLoop):
    """A loop whose time can be put forward."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead

    async def pass_by(self, seconds: float) -> None:
        self.ahead += seconds
        for _ in range(3):
            await asyncio.sleep(0)


def test_a_beat_strikes_each_second_while_it_is_on_and_makes_up_for_nothing() -> None:
    struck: list[str] = []
    troubles: list[Exception] = []
    who = ContextVar("who", default="nobody")

    def strike() -> None:
        struck.append(who.get())
        if len(struck) == 2:
            raise ValueError("the second time")

    async def script() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Hurried)
        beat = Beat(strike, troubles.append)
        token = who.set("the screen")
        beat.resume()
        beat.resume()
        who.reset(token)
        counted = []
        for seconds in (0.5, 0.6, 1, 1, 100, 1):
            await loop.pass_by(seconds)
            counted.append(len(struck))
        assert counted == [0, 1, 2, 3, 4, 5]
        beat.pause()
        beat.pause()
        await loop.pass_by(10)
        assert len(struck) == 5
        beat.resume()
        await loop.pass_by(1.1)
        beat.pause()

    with asyncio.Runner(loop_factory=Hurried) as runner:
        runner.run(script())
    assert struck == ["the screen"] * 5 + ["nobody"]
    assert [str(trouble) for trouble in troubles] == ["the second time"]


def test_what_concerns_no_screen_wakes_none(watched: Watched, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you", "14:02:31")
        await until(pilot, watched.is_at_rest)
        screen = watched.screen
        assert isinstance(screen, ShellScreen)
        for changes in ((), (_change("backend", "b"),)):
            screen.store_changed(changes)
            assert watched.is_at_rest()
        screen.store_changed((_change("flow-run", day["running"].id),))
        assert not watched.is_at_rest()

    play(watched.app, script)


def _change(kind: Any, subject_id: str) -> Change:
    return Change(seq=1, kind=kind, subject_id=subject_id, name="", occurred=NOW)
