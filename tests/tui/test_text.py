"""What comes from data is shown, never obeyed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from flowtui.tui.screen_filter import ScreenFilter
from flowtui.tui.sgr import parse_sgr
from flowtui.tui.text import safe, safe_block

ANYTHING = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from("\x1b[]0;52m\x9b\x07\x00\n\r\t\u202e\u200b\ud800a"), max_size=60
)
BAD_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def harmless(text: str) -> bool:
    return not any(unicodedata.category(character) in BAD_CATEGORIES for character in text)


@given(ANYTHING)
def test_safe_text_holds_no_character_that_a_terminal_obeys_or_hides(text: str) -> None:
    assert harmless(safe(text))


@given(ANYTHING)
def test_making_text_safe_twice_changes_nothing_more(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126)))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize("text", ["Grüße", "日本語", "naïve café", "🚀 launch", "Привет", "مرحبا", "▶ ✔ ✖"])
def test_text_of_any_script_stays_readable(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\x07b", "a␇b"),
        ("\x9b2J", "␛2J"),
        ("\x9d0;title\x9c", "␦0;title␦"),
        ("abc\u202edef", "abc⇄def"),
        ("one\ntwo", "one⏎two"),
        ("a\tb", "a b"),
        ("zero\u200bwidth", "zero·width"),
        ("\x7f", "␡"),
        ("⚠\ufe0f", "⚠"),
    ],
)
def test_what_is_dangerous_is_shown_as_a_symbol(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(ANYTHING)
def test_the_pieces_of_a_coloured_line_are_safe(text: str) -> None:
    assert all(harmless(piece) for piece, _ in parse_sgr(text))


@given(
    st.lists(st.sampled_from(["plain", " ", "\x1b[31m", "\x1b[0m", "\x1b[1;4m", "\x1b[38;5;200m", "\x1b[48;2;1;2;3m"]))
)
def test_colour_sequences_take_no_room_and_leave_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    shown = "".join(piece for piece, _ in parse_sgr(text))
    assert shown == "".join(part for part in parts if not part.startswith("\x1b"))
    assert cell_len(shown) == len(shown)


def test_colours_become_styles() -> None:
    pieces = parse_sgr("a\x1b[1;31mb\x1b[22mc\x1b[38;2;1;2;3md\x1b[0me")
    assert [piece for piece, _ in pieces] == list("abcde")
    assert pieces[1][1] == Style(color="red", bold=True)
    assert pieces[2][1].bold is False
    assert pieces[3][1].color is not None and pieces[3][1].color.name == "#010203"
    assert pieces[4][1] == Style.null()


@pytest.mark.parametrize(
    "text", ["\x1b[38;5m", "\x1b[38m", "\x1b[99999999999m", "\x1b[;;;m", "\x1b[38;2;999;0m", "\x9b31m"]
)
def test_malformed_colours_do_no_harm(text: str) -> None:
    assert all(harmless(piece) for piece, _ in parse_sgr(text + "end"))
    assert parse_sgr(text + "end")[-1][0] == "end"


def test_other_sequences_show() -> None:
    assert parse_sgr("\x1b]52;c;ZXZpbA==\x07")[0][0] == "␛]52;c;ZXZpbA==␇"
    assert parse_sgr("\x1b[2J")[0][0] == "␛[2J"


def test_a_block_keeps_its_lines() -> None:
    assert safe_block("a\r\n\tb\x1b") == ["a", "    b␛"]


@given(st.lists(ANYTHING, max_size=4))
def test_the_last_filter_lets_nothing_through(texts: list[str]) -> None:
    segments = ScreenFilter().apply([Segment(text) for text in texts], Color.parse("black"))
    for segment in segments:
        assert not any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Zl", "Zp"} for character in segment.text)
        assert not any(
            character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for character in segment.text
        )


def test_the_last_filter_leaves_good_lines_alone() -> None:
    segments = [Segment("fine", Style(bold=True))]
    assert ScreenFilter().apply(segments, Color.parse("black")) is segments
