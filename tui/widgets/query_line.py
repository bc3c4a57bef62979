"""The line in which a term is written: it underlines what makes no sense, and lets its owner steer at its edges."""

from collections.abc import Callable

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual.widgets import Input

__all__ = ["QueryLine"]


class _Underline(Highlighter):
    """Underlines the letters that are wrong."""

    def __init__(self) -> None:
        self.span: tuple[int, int] | None = None
        self.style = Style(underline=True)

    def highlight(self, text: Text) -> None:
        if self.span is not None:
            text.stylize(self.style, *self.span)


class QueryLine(Input):
    """`steer` is asked before a key does what it does in every line; True means that it was used up."""

    def __init__(self, steer: Callable[[str], bool], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own
        self._underline = _Underline()
        self._steer = steer
        super().__init__(classes="line", highlighter=self._underline, select_on_focus=False, id=id)

    @property
    def wrong(self) -> tuple[int, int] | None:
        """The letters that are underlined."""
        return self._underline.span

    def underline(self, span: tuple[int, int] | None, style: Style) -> None:
        """Underline these letters; None for none."""
        if span != self._underline.span:
            self._underline.span, self._underline.style = span, style
            self.refresh()

    def action_delete_left(self) -> None:
        if not self._steer("backspace"):
            super().action_delete_left()

    def action_delete_right(self) -> None:
        if not self._steer("delete"):
            super().action_delete_right()

    def action_cursor_left(self, select: bool = False) -> None:
        if select or not self._steer("left"):
            super().action_cursor_left(select)

    def action_cursor_right(self, select: bool = False) -> None:
        if select or not self._steer("right"):
            super().action_cursor_right(select)
