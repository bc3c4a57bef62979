"""Fewer bytes, the same picture: told by a terminal that is given both."""

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from rich.style import Style

from flowtui.tui.lean_output import lean

COLOURS = st.sampled_from([None, "#102030", "#a0b0c0", "red", "color(200)", "bright_blue"])
FLAGS = ("bold", "dim", "italic", "underline", "reverse", "strike")
TEXTS = st.text(st.sampled_from("ab  ✔█"), min_size=1, max_size=5)


@st.composite
def pieces(draw: st.DrawFn) -> str:
    """A piece as Textual writes it: moved to or not, styled or not, and reset."""
    flags = dict.fromkeys(draw(st.sets(st.sampled_from(FLAGS), max_size=2)), True)
    colour, ground = draw(COLOURS), draw(COLOURS)
    style = Style(color=colour, bgcolor=ground, **flags)  # type: ignore[arg-type]
    move = draw(st.sampled_from(["", "\x1b[2;3H", "\r\n", "\x1b[1;1H"]))
    assert colour is None or Color.parse(colour)
    return move + style.render(draw(TEXTS), color_system=ColorSystem.TRUECOLOR)


def picture(output: str) -> list[list[object]]:
    screen = pyte.Screen(20, 6)
    pyte.Stream(screen).feed(output)
    return [[_seen(screen.buffer[row][column]) for column in range(20)] for row in range(6)]


def _seen(cell: pyte.screens.Char) -> object:
    """What a person sees of a cell: a blank has no colour of its own, unless something is drawn on it."""
    drawn_on = cell.underscore or cell.reverse or cell.strikethrough
    if cell.data == " " and not drawn_on:
        return (" ", cell.bg)
    return cell


@given(st.lists(pieces(), max_size=12))
def test_the_picture_is_the_same_in_no_more_bytes(written: list[str]) -> None:
    output = "".join(written)
    assert picture(lean(output)) == picture(output)
    assert len(lean(output)) <= len(output)


def test_what_is_no_colour_is_handed_on_as_it_is() -> None:
    for output in ("", "\x1b[?2026h\x1b[?25l", "\x1b]8;;http://x\x1b\\a\x1b]8;;\x1b\\", "\x1b[>1u", "plain"):
        assert lean(output) == output


def test_a_line_of_cells_on_one_ground_says_the_ground_once() -> None:
    ground, grey, green = "48;2;1;1;1", "38;2;9;9;9", "38;2;0;9;0"
    output = f"\x1b[{grey};{ground}ma\x1b[0m\x1b[{grey};{ground}m  \x1b[0m\x1b[{green};{ground}mb\x1b[0m"
    assert lean(output) == f"\x1b[{grey};{ground}ma  \x1b[{green}mb\x1b[0m"
