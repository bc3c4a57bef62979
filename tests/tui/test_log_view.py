"""The log follows its end, holds still for a reader, and finds things in all of it."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from flowtui.engine.errors import StoreError
from flowtui.engine.model import LogLine
from flowtui.tui.themes import THEMES
from flowtui.tui.widgets.log_pane import LogPane
from flowtui.tui.widgets.log_view import LogView
from tests.fakes.logs import MemoryLog
from tests.fakes.world import NOW, TRACEBACK
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


def line(number: int, message: str | None = None, level: int = 20) -> LogLine:
    return LogLine(
        timestamp=NOW + timedelta(milliseconds=number),
        level=level,
        message=message or f"line {number}",
        task_run_id=None,
    )


class LogApp(App[None]):
    """A log pane over lines in memory, which counts what is read."""

    def __init__(self, lines: list[LogLine]) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "flowtui"
        self.source = MemoryLog(lines)
        self.pane = LogPane(UTC)
        self.complaints: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    async def on_mount(self) -> None:
        self.pane.open(self.source, lambda error: self.complaints.append(str(error)))
        self.pane.view.focus()
        await self.pane.catch_up()

    async def more(self, *new: LogLine) -> None:
        self.source.lines.extend(new)
        await self.pane.catch_up()

    @property
    def view(self) -> LogView:
        return self.pane.view


def log_test(
    lines: list[LogLine], script: Callable[[Pilot[Any], LogApp], Any], size: tuple[int, int] = (80, 12)
) -> LogApp:
    app = LogApp(lines)

    async def run(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        await script(pilot, app)

    play(app, run, size)
    return app


def body(app: LogApp) -> list[str]:
    """The lines of the log, without the strip above, scrollbar and bar."""
    return [row[2:70].rstrip() for row in screen_text(app).split("\n")[1:-1]]


def test_the_end_is_shown_first_and_followed() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await shows(pilot, "line 99", "follow ●")
        await app.more(line(100), line(101))
        await shows(pilot, "line 101")
        assert "line 90" not in screen_text(app)

    log_test([line(n) for n in range(100)], script)


def test_moving_up_stops_following_and_the_text_holds_still() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("k", "pageup", "pageup")
        await pilot.pause()
        before = body(app)
        for batch in range(20):
            await app.more(*[line(1000 + batch * 17 + n, TRACEBACK if n == 3 else None) for n in range(17)])
            await pilot.pause()
            assert body(app) == before
        await shows(pilot, "⏸ 340 new")
        await pilot.press("G")
        await shows(pilot, "line 1339", "follow ●")

    log_test([line(n) for n in range(100)], script)


def test_a_tall_page_above_does_not_move_the_text_when_it_is_read() -> None:
    lines = [line(n, "a\nb\nc" if n < 900 else None) for n in range(2000)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        app.view.move_to_line(1200)
        await until(pilot, lambda: app.view.book.line(1200) is not None)
        await pilot.pause()
        before = body(app)
        assert any("line 1200" in row for row in before)
        await app.pane._fetch(app.source, [(0, 250), (250, 250), (500, 250), (750, 250)]).wait()
        await pilot.pause()
        assert body(app) == before

    log_test(lines, script)


def test_a_long_log_is_not_read_whole() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await shows(pilot, "line 199999")
        await pilot.press("g")
        await shows(pilot, "line 0")
        assert sum(limit for _, limit in app.source.read_ranges) < 10_000

    log_test([line(n) for n in range(200_000)], script)


def test_a_flood_is_followed_by_jumping_to_its_end() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await app.more(*[line(n) for n in range(100, 50_100)])
        await shows(pilot, "line 50099")
        await pilot.press("k", "pageup")
        await pilot.press("g", "pagedown", "pagedown", "pagedown")
        assert "line 30" in screen_text(app)
        app.view.move_to_line(25_000)
        await shows(pilot, "line 25000")

    log_test([line(n) for n in range(100)], script)


def test_tracebacks_take_several_rows_and_stay_together() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        text = await shows(pilot, "Traceback (most recent call last):", "httpx.ReadTimeout: timed out after 5 s")
        rows = text.split("\n")
        at = next(index for index, row in enumerate(rows) if "Encountered exception" in row)
        assert "ERROR" in rows[at] and "ERROR" not in rows[at + 1]
        assert rows[at + 2].startswith(" " * 26 + '  File "/srv')

    log_test([line(0), line(1, TRACEBACK, 40), line(2)], script)


def test_find_counts_marks_and_goes_round() -> None:
    lines = [line(n, f"page {n} timed out" if n % 1000 == 500 else None) for n in range(5000)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("slash", *"timed")
        await pilot.press("enter")
        await shows(pilot, "page 4500 timed out", "5/5")
        await pilot.press("N")
        await shows(pilot, "page 3500 timed out", "4/5")
        await pilot.press("n", "n")
        await shows(pilot, "page 500 timed out", "1/5")
        assert app.pane.step_back() and not app.pane.step_back()
        await pilot.pause()
        assert "/ timed" not in screen_text(app)

    log_test(lines, script)


def test_lines_that_come_in_later_are_found_too() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("slash", *"boom", "enter")
        await shows(pilot, "/ boom  0")
        await app.more(line(10, "boom at last"))
        await shows(pilot, "/ boom  1")

    log_test([line(n) for n in range(10)], script)


def test_errors_are_gone_to_from_anywhere() -> None:
    lines = [line(n, "it broke" if n in (700, 2900) else None, 40 if n in (700, 2900) else 20) for n in range(4000)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("E")
        await shows(pilot, "line 2,901 of 4,000", "errors  2/2")
        await pilot.press("E")
        await shows(pilot, "line 701 of 4,000")
        await pilot.press("e")
        await shows(pilot, "line 2,901 of 4,000")

    log_test(lines, script)


def test_long_lines_are_moved_sideways_or_broken() -> None:
    words = " ".join(f"word{n}" for n in range(40))

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        assert "word39" not in screen_text(app)
        await pilot.press(*["right"] * 30)
        await shows(pilot, "word39")
        await pilot.press("W")
        text = await shows(pilot, "word0", "word39")
        assert (
            "".join(row[26:78] for row in text.split("\n")[1:8] if row.strip())
            .replace(" ", "")
            .startswith("word0word1")
        )
        await pilot.press("W")
        assert "word39" not in screen_text(app)

    log_test([line(0, words)], script)


def test_breaking_lines_keeps_the_end_in_sight() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("W")
        await until(pilot, lambda: body(app)[-1].endswith("99"))
        await pilot.resize_terminal(50, 12)
        await until(pilot, lambda: body(app)[-1].endswith("99"))

    log_test([line(n, f"{'x' * 100} line {n}") for n in range(100)], script)


def test_hostile_lines_are_shown_and_coloured_ones_keep_their_colour() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await shows(pilot, "␛]0;owned␇ and red")
        strips = app.screen._compositor.render_strips(app.size)
        red = [segment for segment in strips[1] if segment.text == "red"]
        assert red and red[0].style is not None and red[0].style.color is not None
        assert red[0].style.color != strips[1]._segments[0].style.color  # type: ignore[union-attr]

    log_test([line(0, "\x1b]0;owned\x07 and \x1b[31mred\x1b[0m")], script)


def test_trouble_while_reading_is_told_and_does_not_end_the_pane() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        app.source.trouble = StoreError("The store went away.")
        with pytest.raises(StoreError):
            await app.pane.catch_up()
        app.view.action_first()
        await until(pilot, lambda: app.complaints)
        app.source.trouble = None
        app.view.action_move(1)
        await shows(pilot, "line 0")

    app = log_test([line(n) for n in range(3000)], script)
    assert app.complaints[0] == "The store went away."


def test_an_empty_log_says_so() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await shows(pilot, "No line was logged.")
        await pilot.press("k", "e", "G", "pageup")
        await app.more(line(0))
        await shows(pilot, "line 0", "1 line")

    log_test([], script)


def test_only_new_rows_are_painted_while_the_screen_is_not_full() -> None:
    painted: list[int] = []

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await shows(pilot, "line 2")
        original = app.view.render_line

        def counting(y: int) -> Any:
            painted.append(y)
            return original(y)

        app.view.render_line = counting  # type: ignore[method-assign]
        await app.more(line(3))
        await shows(pilot, "line 3")

    log_test([line(n) for n in range(3)], script)
    assert painted and set(painted) <= {2, 3}
