"""The table asks for little, holds still, and keeps its cursor on the row one means."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from flowtui.tui.themes import THEMES
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import palette_of
from flowtui.tui.widgets.rows import ItemRows, gap_at, gap_id, is_gap
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until

COLUMNS = (Column("NAME", 10, share=1), Column("N", 8, align="right"))


class Counting:
    """Rows that are made when they are asked for, and count how often they were."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: set[int] = set()

    def __len__(self) -> int:
        return self.size

    def row_id(self, index: int) -> str:
        return f"r{index}"

    def index_of(self, row_id: str) -> int | None:
        index = int(row_id[1:])
        return index if index < self.size else None

    def cells(self, index: int) -> list[str]:
        self.asked.add(index)
        return [f"row {index}", f"{index:,}"]

    def pulse(self, index: int) -> object:
        return None


class TableApp(App[None]):
    """A table and nothing else; keeps what the table said."""

    def __init__(self, rows: Any, **options: Any) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "flowtui"
        self.table = VirtualTable(COLUMNS, rows, **options)
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_virtual_table_row_highlighted(self, message: VirtualTable.RowHighlighted) -> None:
        self.said.append(f"at {message.row_id}")

    def on_virtual_table_row_selected(self, message: VirtualTable.RowSelected) -> None:
        self.said.append(f"open {message.row_id}")

    def on_virtual_table_rows_wanted(self, message: VirtualTable.RowsWanted) -> None:
        self.said.append(f"want {message.first} to {message.end}")


def items(names: list[str]) -> ItemRows[str]:
    return ItemRows(names, str, lambda name: [name, str(len(name))])


def table_test(
    rows: Any, script: Callable[[Pilot[Any], TableApp], Any], size: tuple[int, int] = (40, 12), **options: Any
) -> TableApp:
    app = TableApp(rows, **options)

    async def run(pilot: Pilot[Any]) -> None:
        await script(pilot, app)

    play(app, run, size)
    return app


def names(count: int, start: int = 0) -> list[str]:
    return [f"name-{number}" for number in range(start, start + count)]


def test_a_million_rows_mount_as_quickly_as_ten() -> None:
    rows = Counting(1_000_000)

    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await shows(pilot, "row 0", "row 9")
        assert len(rows.asked) < 50
        await pilot.press("G")
        await shows(pilot, "row 999999", "999,999")
        assert len(rows.asked) < 100
        await pilot.press("g", "pagedown")
        assert app.table.cursor_id == "r10"

    begun = time.monotonic()
    table_test(rows, script)
    assert time.monotonic() - begun < 10


def test_keys_move_the_cursor_and_say_where_it_is() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.press("j", "down", "k", "enter", "end", "enter", "home")
        await pilot.pause()

    app = table_test(items(names(30)), script)
    assert app.said == ["at name-1", "at name-2", "at name-1", "open name-1", "at name-29", "open name-29", "at name-0"]


def test_rows_that_come_in_above_do_not_move_the_subject() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.press("j", "j")
        for batch in range(20):
            app.table.show(items([*reversed([f"new-{n}" for n in range((batch + 1) * 5)]), *names(50)]))
            await pilot.pause()
            assert app.table.cursor_id == "name-2"
            assert "name-2 " in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()

    app = table_test(items(names(50)), script)
    assert app.said[-1] == "open name-2"


def test_text_stays_under_the_eye_and_a_pill_counts_what_is_new() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.press(*["pagedown"] * 3)
        before = [line[:36] for line in screen_text(app).split("\n")[1:]]  # without the scrollbar, which shrinks
        app.table.show(items(["new-b", "new-a", *names(100)]))
        await pilot.pause()
        assert [line[:36] for line in screen_text(app).split("\n")[1:]] == before
        assert "▲ 2 new" in screen_text(app)
        await pilot.press("g")
        await pilot.pause()
        assert "new-b" in screen_text(app)
        assert app.table.cursor_id == "new-b"
        assert "▲" not in screen_text(app)

    table_test(items(names(100)), script)


def test_at_the_top_new_rows_are_shown_at_once() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        app.table.show(items(["new", *names(20)]))
        await pilot.pause()
        lines = screen_text(app).split("\n")
        assert "new" in lines[1]
        assert app.table.cursor_id == "name-0"

    table_test(items(names(20)), script)


def test_a_row_that_goes_leaves_the_cursor_where_it_was() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.press("j", "j")
        app.table.show(items(["name-0", "name-1", "name-3"]))
        assert app.table.cursor_id == "name-3"
        app.table.show(items(["name-0"]))
        assert app.table.cursor_id == "name-0"
        app.table.show(items([]))
        assert app.table.cursor_id is None
        await pilot.press("enter", "j", "space", "G")
        app.table.show(items(["fresh"]))
        assert app.table.cursor_id == "fresh"

    table_test(items(names(4)), script)


def test_marks_stay_on_their_rows() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.press("space", "j", "space")
        assert app.table.marks == {"name-0", "name-2"}
        app.table.show(items(["new", *names(10)]))
        assert app.table.subjects == ("name-0", "name-2")
        app.table.show(items(names(2)))
        assert app.table.marks == {"name-0"}
        app.table.clear_marks()
        assert app.table.subjects == (app.table.cursor_id,)

    table_test(items(names(10)), script)


def test_only_the_row_that_changed_is_painted() -> None:
    rows = Counting(1000)

    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await shows(pilot, "row 5")
        rows.asked.clear()
        app.table.refresh_rows(["r5", "r900"])
        await pilot.pause()
        assert rows.asked == {5}

    table_test(rows, script)


class Timed(Counting):
    """Rows of which each third changes each second, and the others never."""

    second = 0

    def cells(self, index: int) -> list[str]:
        return [*super().cells(index)[:1], str(self.pulse(index))]

    def pulse(self, index: int) -> object:
        return f"{self.second}s" if index % 3 == 0 else "–"


def test_a_second_draws_the_rows_that_look_different_for_it() -> None:
    rows = Timed(1000)

    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        async def beat() -> set[int]:
            await pilot.pause()
            rows.second += 1
            rows.asked.clear()
            app.table.beat()
            await pilot.pause()
            return set(rows.asked)

        await shows(pilot, "row 5")
        page = set(range(app.table.page_rows))
        assert await beat() == page  # what they looked like before is not known
        assert await beat() == {0, 3, 6, 9}
        await shows(pilot, "2s")
        app.table.scroll_top(4)
        assert await beat() == {6, 9, 12} | {11, 13, 14}
        assert await beat() == {6, 9, 12}
        app.table.update(rows, ())
        assert await beat() == {index + 4 for index in page}

    table_test(rows, script)


class Partly(Counting):
    """Rows of which only those within `read` are known."""

    def __init__(self, size: int, read: range) -> None:
        super().__init__(size)
        self.read = read

    def row_id(self, index: int) -> str:
        return f"r{index}" if index in self.read else gap_id(index)

    def index_of(self, row_id: str) -> int | None:
        index = gap_at(row_id) if is_gap(row_id) else int(row_id[1:])
        return index if index < self.size and is_gap(row_id) == (index not in self.read) else None


def test_rows_that_were_not_read_are_asked_for_once_before_they_are_reached() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        assert not [word for word in app.said if word.startswith("want")]
        await pilot.press(*["pagedown"] * 9)
        await pilot.pause()
        assert app.said.count("want 69 to 102") == 1
        app.table.show(Partly(1000, range(200)), moved=True)
        assert app.table.cursor_id == "r90"

    table_test(Partly(1000, range(100)), script)


def test_the_end_is_reached_before_it_was_read() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.press("G")
        await until(pilot, lambda: "want 978 to 1000" in app.said)
        assert app.table.cursor_id is None and app.table.subjects == ()
        await pilot.press("space", "enter")
        assert not app.table.is_marking
        app.table.show(Partly(1000, range(900, 1000)), moved=True)
        await shows(pilot, "row 999 ")
        assert app.table.cursor_id == "r999" and app.table.new_above == 0
        await pilot.press("enter")
        await pilot.pause()
        assert app.said[-2:] == ["at r999", "open r999"]

    table_test(Partly(1000, range(100)), script)


def test_ranges_of_marks_are_drawn_with_the_cursor() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.press("space", "j", "v", "j", "j", "k")
        assert app.table.subjects == ("name-0", "name-2", "name-3")
        await pilot.press("v", "j", "j", "shift+down")
        assert app.table.subjects == ("name-0", "name-2", "name-3", "name-5", "name-6")
        await pilot.press("asterisk")
        assert app.table.subjects == ("name-1", "name-4", "name-7")
        app.table.mark_all()
        assert app.table.all_marked and app.table.is_marking and not app.table.marks
        await pilot.press("space")
        assert app.table.subjects == ("name-6",)
        app.table.show(items(names(3)), gone={"name-5"})
        assert app.table.marks == {"name-6"}

    table_test(items(names(8)), script)


def test_letters_are_found_and_their_neighbours_stay() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        app.table.set_find("E-1")
        assert app.table.find(1) and app.table.cursor_id == "name-1"
        assert app.table.find(1) and app.table.cursor_id == "name-10"
        assert app.table.find(-1) and app.table.find(1, here=True) and app.table.cursor_id == "name-1"
        assert not app.table.find(-1)
        await shows(pilot, "name-0", "name-2")
        lit = [s.text for s in app.table.render_line(2) if s.style and s.style.bgcolor == _match(app)]
        assert lit == ["e-1"]

    table_test(items(names(30)), script)


def _match(app: TableApp) -> Any:
    return palette_of(app).style("on-match").bgcolor


def test_a_cell_that_changes_is_lit_for_a_moment() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        def lit(row: int) -> list[str]:
            colour = palette_of(app).style("on-flash").bgcolor
            return [s.text.strip() for s in app.table.render_line(row + 1) if s.style and s.style.bgcolor == colour]

        changed = ItemRows(names(30), str, lambda name: [name, "new" if name == "name-3" else str(len(name))])
        app.table.update(changed, ["name-3", "name-4"])
        assert "new" in lit(3) and not lit(4)
        await until(pilot, lambda: not lit(3))
        app.animation_level = "none"
        app.table.update(items(names(30)), ["name-3"])
        assert not lit(3)

    table_test(items(names(30)), script)


def test_a_click_moves_the_cursor_and_a_second_one_opens() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.click(VirtualTable, offset=(5, 4))
        await pilot.click(VirtualTable, offset=(5, 4), times=2)
        await pilot.pause()

    app = table_test(items(names(30)), script)
    assert "at name-3" in app.said and "open name-3" in app.said


def test_the_wheel_scrolls_without_moving_the_cursor() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        app.table.post_message(_wheel(app.table))
        await shows(pilot, "name-3")
        await pilot.pause()
        assert "name-0 " not in screen_text(app)
        assert app.table.cursor_id == "name-0"

    table_test(items(names(30)), script)


def _wheel(table: VirtualTable) -> Any:
    from textual.events import MouseScrollDown

    return MouseScrollDown(table, 2, 2, 0, 0, 0, False, False, False)


def test_an_empty_table_says_why() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await shows(pilot, "Nothing here.", "Press f.")

    table_test(items([]), script, empty="Nothing here.\nPress f.")


def test_resizing_keeps_the_cursor_in_sight() -> None:
    async def script(pilot: Pilot[Any], app: TableApp) -> None:
        await pilot.press(*["pagedown"] * 4)
        at = app.table.cursor_id
        for size in ((30, 5), (80, 30), (20, 4), (40, 12)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.table.cursor_id == at
            assert f"{at} " in screen_text(app) + " "

    table_test(items(names(100)), script)


def test_moving_through_a_million_rows_stays_quick() -> None:
    """A key costs what is on the screen, not what is in the list."""

    async def run() -> float:
        app = TableApp(Counting(1_000_000))
        async with app.run_test(size=(120, 40)):
            begun = time.process_time()
            for _ in range(50):
                app.table.action_move(1)
                app.table.action_page(1)
            return (time.process_time() - begun) / 100

    assert asyncio.run(run()) < 0.02
