"""A button on one line: `[ Run ]`."""

from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.widgets.paint import palette_of, strip_of

__all__ = ["Press"]


class Press(Widget, can_focus=True):
    """Posts `Pressed` when enter, space or the mouse presses it."""

    DEFAULT_CSS = "Press { height: 1; width: auto; margin: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", "press", show=False)]

    class Pressed(Message):
        """The button was pressed."""

        def __init__(self, press: "Press") -> None:
            super().__init__()
            self.press = press

        @property
        def control(self) -> "Press":
            return self.press

    def __init__(self, words: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._text = f"[ {words} ]"

    def get_content_width(self, *_: object) -> int:
        return cell_len(self._text)

    def render_line(self, y: int) -> Strip:
        role = "bold base on-accent" if self.has_focus else "bold accent"
        return strip_of([(self._text, role)], palette_of(self), self.rich_style, self.size.width)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def action_press(self) -> None:
        """Do what the button says."""
        self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        self.action_press()
