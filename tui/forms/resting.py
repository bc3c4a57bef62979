"""What a control shows while nobody is in it.

A form of hundreds of fields is painted, and only the field at hand is made of widgets: an input costs two milliseconds
and a line of text none.
"""

from typing import Final

from flowtui.tui.forms.nodes import Leaf, Node, Union
from flowtui.tui.forms.specs import Mode
from flowtui.tui.forms.words import choice_words, chosen_of, is_untouched, placeholder_of, text_of, variant_words
from flowtui.tui.widgets.paint import Span, clip, fit

__all__ = ["MOST_LINES", "resting_lines", "words_of"]

MOST_LINES: Final = 10


def words_of(node: Node) -> list[str]:
    """The words that a node's control offers."""
    if isinstance(node, Union):
        return variant_words(node)
    return choice_words(node.control) if isinstance(node, Leaf) else []


def resting_lines(node: Node, mode: Mode, room: int) -> list[list[Span]]:
    """The lines of a control, each `room` cells wide."""
    role = "muted" if is_untouched(node) else "text"
    if mode in ("choices", "union"):
        chosen, words = chosen_of(node), words_of(node)
        word: Span = ("choose", "faint") if chosen is None else (words[chosen], role)
        return [[(" ", ""), *fit([word], room - 3), ("▼ ", "muted")]]
    assert isinstance(node, Leaf), "a group has no control"
    text = text_of(node)
    if not text:
        return [[(" ", ""), (clip(placeholder_of(node), room - 2), "faint")]]
    if node.control.secret and mode == "line":
        return [[(" ", ""), (clip("•" * len(text), room - 2), role)]]
    shown = text.split("\n")[:MOST_LINES] if mode == "lines" else [text]
    return [[(" ", ""), *fit([(line, role)], room - 2)] for line in shown]
