"""Why a run waits, as tall as what there is to say."""

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from flowtui.engine.explanations import Explanation
from flowtui.tui.why_lines import why_lines
from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of

__all__ = ["WhyView"]


class WhyView(Widget):
    """Painted from an explanation; without one it says `empty`. `numbered`: what can be done has a digit before it."""

    DEFAULT_CSS = "WhyView { height: auto; }"

    def __init__(
        self,
        *,
        numbered: bool = False,
        empty: str = "",
        indent: int = 0,
        id: str | None = None,  # noqa: A002 - Textual's own word
    ) -> None:
        super().__init__(id=id)
        self._numbered, self._empty, self._indent = numbered, empty, indent
        self._found: Explanation | None = None
        self._lines: tuple[int, list[list[Span]]] | None = None

    @property
    def found(self) -> Explanation | None:
        """What is shown."""
        return self._found

    def show(self, found: Explanation | None, empty: str | None = None) -> None:
        """Show another explanation, or newer figures of the same."""
        self._empty = self._empty if empty is None else empty
        self._found, self._lines = found, None
        self.refresh(layout=True)

    def _laid_out(self, width: int) -> list[list[Span]]:
        if self._lines is None or self._lines[0] != width:
            room = max(width - 2 * self._indent, 1)
            nothing: list[list[Span]] = [[(self._empty, "faint")]]
            told = nothing if self._found is None else why_lines(self._found, room, numbered=self._numbered)
            self._lines = (width, told)
        return self._lines[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._laid_out(width))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        lines = self._laid_out(width)
        spans = [(" " * self._indent, ""), *lines[y]] if y < len(lines) else []
        return strip_of(fit(spans, width), palette_of(self), self.rich_style, width)
