"""The last line of defence of the screen: looks at each piece of text that Textual is about to write."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from flowtui.tui.text import is_unsafe, visible

__all__ = ["ScreenFilter"]


class ScreenFilter(LineFilter):
    """Turns what is still unsafe in a segment into symbols, whoever made it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if not any(is_unsafe(segment.text) for segment in segments):
            return segments
        return [Segment(visible(text), style, control) for text, style, control in segments]
