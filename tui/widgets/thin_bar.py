"""A scrollbar that lies: a line as thin as the rule below it, instead of a bar as high as a line of text."""

from math import ceil
from typing import Any, Final

from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style
from textual.scrollbar import ScrollBarRender
from textual.widget import Widget

__all__ = ["lay_thin"]

_GRAB: Final = {"@mouse.down": "grab"}
_BLACK: Final = Color.parse("#000000")


class _ThinRender(ScrollBarRender):
    """Draws `━` where the part that is shown is; clicks beside it go a page that way, as with the usual bar."""

    @classmethod
    def render_bar(
        cls,
        size: int = 25,
        virtual_size: float = 50,
        window_size: float = 20,
        position: float = 0,
        thickness: int = 1,
        vertical: bool = False,
        back_color: Color = _BLACK,
        bar_color: Color = _BLACK,
    ) -> Segments:
        first, length = _thumb(int(size), virtual_size, window_size, position)

        def piece(cells: int, glyph: str, meta: dict[str, Any]) -> Segment:
            return Segment(glyph * cells, Style(color=bar_color, bgcolor=back_color, meta=meta))

        pieces = (
            piece(first, " ", {"@mouse.down": "scroll_up"}),
            piece(length, "━", _GRAB),
            piece(int(size) - first - length, " ", {"@mouse.down": "scroll_down"}),
        )
        return Segments([one for one in pieces if one.text], new_lines=False)


def _thumb(size: int, virtual_size: float, window_size: float, position: float) -> tuple[int, int]:
    """Where the thumb begins, and how many cells it takes, of `size`."""
    hidden = virtual_size - window_size
    if hidden <= 0 or size <= 0:
        return 0, max(size, 0)
    length = min(max(ceil(size * window_size / virtual_size), 1), size)
    return round((size - length) * min(max(position / hidden, 0.0), 1.0)), length


def lay_thin(widget: Widget) -> None:
    """Give a widget such a bar for scrolling sideways."""
    widget.horizontal_scrollbar.renderer = _ThinRender  # type: ignore[misc]  # Textual's own way
