"""What is drawn of regions is what Textual draws, and nobody beside it is asked for anything."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual._compositor import Compositor
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.drawing import LeanCompositor
from flowtui.tui.widgets.header import Header
from flowtui.tui.widgets.key_bar import KeyBar
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.tui.conftest import play
from tests.tui.looks import shows

regions = st.builds(Region, st.integers(0, 110), st.integers(0, 30), st.integers(1, 120), st.integers(1, 36)).map(
    lambda region: region.intersection(Region(0, 0, 120, 36))
)


def drawn(compositor: Compositor, regions: list[Region]) -> dict[tuple[int, int], Strip | None]:
    """The pieces of lines that are written when regions have changed, by line and first column."""
    compositor._dirty_regions.update(regions)
    update = compositor.render_partial_update()
    assert update is not None
    return {
        (y, first): update.chops[y][first]
        for y, x1, x2 in update.spans
        for first, end in zip(compositor.cuts[y], compositor.cuts[y][1:], strict=False)
        if first < x2 and end > x1
    }


def test_regions_are_drawn_as_textual_draws_them(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter", "nightly")
        compositor = app.screen._compositor
        assert isinstance(compositor, LeanCompositor)

        @given(st.lists(regions, min_size=1, max_size=3))
        def check(changed: list[Region]) -> None:
            lean = drawn(compositor, changed)
            compositor.__class__ = Compositor
            try:
                assert drawn(compositor, changed) == lean
            finally:
                compositor.__class__ = LeanCompositor

        check()

    play(app, script)


def test_a_line_that_changes_asks_nothing_of_the_table(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter", "nightly")
        drawn(app.screen._compositor, [app.screen.region])  # whatever else is due
        asked: list[Region] = []
        table, screen = app.screen.query_one(VirtualTable), app.screen
        draw = table.render_lines
        table.render_lines = lambda crop: asked.append(crop) or draw(crop)  # type: ignore[method-assign, func-returns-value]
        first, row, last = (
            screen.query_one(Header).region,
            Region(table.region.x, table.region.y + 2, 5, 1),
            screen.query_one(KeyBar).region,
        )
        assert drawn(screen._compositor, [first, last])
        assert not asked
        assert drawn(screen._compositor, [first, row, last])
        assert asked == [Region(0, 2, table.size.width, 1)]

    play(app, script)


def test_what_lies_behind_is_not_asked(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter", "nightly")
        drawn(app.screen._compositor, [app.screen.region])  # whatever else is due
        asked: list[Widget] = []
        for widget in app.screen.walk_children(Widget, with_self=True):
            draw = widget.render_lines
            widget.render_lines = lambda crop, widget=widget, draw=draw: asked.append(widget) or draw(crop)  # type: ignore[method-assign, misc]
        table = app.screen.query_one(VirtualTable)
        assert drawn(app.screen._compositor, [Region(table.region.x, table.region.y + 2, 5, 1)])
        assert asked == [table]

    play(app, script)
