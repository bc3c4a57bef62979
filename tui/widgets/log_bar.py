"""The line below a log: how many lines are shown of how many, what is looked for, and whether the end is followed."""

from typing import Final

from textual.strip import Strip
from textual.widget import Widget

from flowtui.tui.formats import count
from flowtui.tui.logs.filters import FilterSet
from flowtui.tui.logs.marks import Marks
from flowtui.tui.widgets.log_view import LogView
from flowtui.tui.widgets.paint import Span, palette_of, strip_of, whole, width_of

__all__ = ["TOO_SLOW", "LogBar", "follow_words", "hits_words", "lines_words"]


TOO_SLOW: Final = "takes too long; simplify it"
"""What is said of an expression that was given up."""


class LogBar(Widget):
    """Two texts; where there is not room for both, the right one goes first, and of the left one what does not fit
    whole: each part of it begins with the gap before it."""

    DEFAULT_CSS = "LogBar { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Span] = []
        self._right: list[Span] = []

    def show(self, left: list[Span], right: list[Span]) -> None:
        """Show these texts."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, right = self.size.width, self._right
        while len(right) > 1 and width_of(self._left) + width_of(right) + 4 > width:
            right = right[1:] if len(right) > 2 else right[:1]
        left = whole(_parts(self._left), width - width_of(right) - 4)
        gap = max(width - 2 - width_of(left) - width_of(right) - 1, 1)
        spans = [("  ", ""), *left, (" " * gap, ""), *right, (" ", "")]
        return strip_of(spans, palette_of(self), self.rich_style, width)


def _parts(spans: list[Span]) -> list[list[Span]]:
    """What belongs together: a gap of its own begins the next part."""
    parts: list[list[Span]] = [[]]
    for span in spans:
        if parts[-1] and span[0].startswith("   "):
            parts.append([])
        parts[-1].append(span)
    return parts


def lines_words(view: LogView, filters: FilterSet) -> list[Span]:
    """`88,000 lines`, `line 7 of 88,000`, `1,240 of 88,000 lines; 3 filters`."""
    total, active = view.line_total, len(filters.active)
    lines = "line" if total == 1 else "lines"
    selection = view.selection
    if selection is not None:
        return [(f"{count(selection[1] - selection[0] + 1)} selected", "strong")]
    if active:
        words = f"{count(view.book.total)} of {count(total)} {lines}; {active} {'filter' if active == 1 else 'filters'}"
        return [(words, "strong")]
    if not view.following and total:
        return [(f"line {count(view.cursor_line + 1)} of {count(total)}", "faint")]
    return [(f"{count(total)} {lines}", "faint")]


def hits_words(marks: Marks, line: int, lead: str) -> list[Span]:
    """`/ timeout  2/57`; an ellipsis says that the log has not been looked through yet."""
    if marks.is_slow:
        return [(lead, "muted"), (f"  {TOO_SLOW}", "late")]
    here = marks.position(line)
    found = count(marks.count) + ("" if marks.is_complete else "…")
    where = f"{here}/{found}" if here is not None else found
    return [(lead, "muted"), (f"  {where}", "strong" if marks.count else "late")]


def follow_words(view: LogView) -> list[Span]:
    """Whether the end is followed, or how many lines came in since."""
    if view.following:
        return [("follow ", "faint"), ("●", "completed")]
    if view.unseen:
        return [(f" ⏸ {count(view.unseen)} new ", "bold base on-accent"), (" G follow", "faint")]
    return [("⏸", "paused"), ("  G follow", "faint")]
