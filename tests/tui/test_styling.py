"""Styles are parsed once, and yet every widget has those that it should have."""

from collections.abc import Iterator
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet, StylesheetParseError
from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.styling import KeptStylesheet
from flowtui.tui.themes import DARK, LIGHT
from tests.tui.conftest import play
from tests.tui.looks import shows, until

BASES = "123456"


def _styles(app: FlowtuiApp) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the stylesheet gave to each widget of the screen that is on."""
    for node in app.screen.walk_children(with_self=True):
        yield repr(node), dict(node.styles.base.get_rules())


def _anew(app: FlowtuiApp) -> list[tuple[str, dict[str, Any]]]:
    """The same, when Textual's own stylesheet has parsed all of it at once, with the variables of the theme."""
    kept, plain = app.stylesheet, Stylesheet(variables=app.get_css_variables())
    plain.source = dict(kept.source)
    plain.parse()
    app.stylesheet = plain
    plain.update(app.screen)
    app.stylesheet = kept
    return list(_styles(app))


def _check(app: FlowtuiApp) -> None:
    shown = list(_styles(app))
    for before, after in zip(shown, _anew(app), strict=True):
        assert before == after


def test_what_is_shown_for_the_first_time_has_all_of_its_styles(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        for key in BASES:
            await pilot.press(key)
            await until(pilot, lambda: not app.screen._layout_required)
            _check(app)
        app.open_run(day["failed"].id)
        await shows(pilot, "Timeline")
        for _ in range(9):
            await pilot.press("right_square_bracket")
            await pilot.pause()
            _check(app)
        for key in ("question_mark", "escape", "w", "escape", "colon", "escape"):
            await pilot.press(key)
            await pilot.pause()
            _check(app)

    play(app, script)


def test_another_theme_colours_what_is_on_and_what_is_shown_later(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await pilot.press("3")
        app.theme = "flowtui-light"
        await until(pilot, lambda: app.screen.styles.background.hex.lower() == LIGHT.colors["base"])
        for key in "214":  # Runs and Home were there before the theme, Deployments was not
            await pilot.press(key)
            await pilot.pause()
            assert app.screen.styles.background.hex.lower() == LIGHT.colors["base"]
            _check(app)
        app.theme = "flowtui"
        await until(pilot, lambda: app.screen.styles.background.hex.lower() == DARK.colors["base"])
        _check(app)

    play(app, script)


def test_styles_of_a_new_kind_of_widget_stand_with_those_parsed_before() -> None:
    sheet = KeptStylesheet(variables={"ink": "#101010"})
    sheet.add_source("A { color: $ink; }", read_from=("", "A"))
    first = sheet.rules[0]
    sheet.add_source("B { color: $ink; }", read_from=("", "B"))
    sheet.reparse()
    assert [rule.selector_set[0].selectors[0].name for rule in sheet.rules] == ["A", "B"]
    assert sheet.rules[0] is first
    sheet.set_variables({"ink": "#202020"})
    sheet.reparse()
    assert [rule.styles.color.hex for rule in sheet.rules] == ["#202020", "#202020"]


def test_a_source_that_is_wrong_leaves_the_rules_as_they_were() -> None:
    sheet = KeptStylesheet()
    sheet.add_source("A { color: red; }", read_from=("", "A"))
    before = list(sheet.rules)
    sheet.add_source("B { colour: red; }", read_from=("", "B"))
    with pytest.raises(StylesheetParseError):
        sheet.reparse()
    assert sheet._rules == before
