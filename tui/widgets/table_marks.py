"""The marks in a table: the actions that set them, and ranges that the cursor stretches."""

from textual.message import Message

from flowtui.tui.widgets.line_view import LineView
from flowtui.tui.widgets.marks import Marks
from flowtui.tui.widgets.rows import Rows, is_gap, read_around

__all__ = ["TableMarks"]

_MOST_INVERTED = 10_000
"""Rows around the cursor whose marks are turned at once."""


class TableMarks(LineView):
    """A list with a cursor whose rows can be marked, unless it is not `_markable`."""

    class Marked(Message):
        """Rows were marked or unmarked."""

        def __init__(self, table: "TableMarks") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "TableMarks":
            return self.table

    _rows: Rows
    _index: int
    _markable: bool

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._marks = Marks()

    @property
    def cursor_id(self) -> str | None:
        """The id of the row under the cursor; None when there are no rows."""
        raise NotImplementedError

    def _move(self, index: int) -> None:
        """Put the cursor on a row and bring it into sight."""
        raise NotImplementedError

    @property
    def marks(self) -> frozenset[str]:
        """The ids of the marked rows; empty when all are marked, read or not."""
        return self._marks.ids

    @property
    def all_marked(self) -> bool:
        """Whether all rows are marked, also those that have not been read."""
        return self._marks.everything

    @property
    def is_marking(self) -> bool:
        """Whether a person is choosing rows."""
        return bool(self._marks)

    @property
    def subjects(self) -> tuple[str, ...]:
        """What an action is about: the marked rows in their order, else the row under the cursor."""
        if self._marks.ids:
            places = {row_id: self._rows.index_of(row_id) for row_id in self._marks.ids}
            return tuple(sorted(places, key=lambda row_id: places[row_id] or 0))
        return (self.cursor_id,) if self.cursor_id is not None else ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("mark", "invert_marks", "mark_range", "extend"):
            return self._markable
        return True

    def _set_marks(self, marks: Marks) -> None:
        if marks != self._marks:
            self._marks = marks
            self.refresh()
            self.post_message(self.Marked(self))

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take the mark away, and go on to the next."""
        if self.cursor_id is not None:
            self._set_marks(self._marks.toggled(self.cursor_id))
            self._move(self._index + 1)

    def action_extend(self, by: int) -> None:
        """Mark the row under the cursor and the one after it, and go there."""
        if self.cursor_id is None:
            return
        here = self.cursor_id
        self._move(self._index + by)
        self._set_marks(self._marks.joined({here, self.cursor_id or here}))

    def action_mark_range(self) -> None:
        """Begin a range of marks at the cursor, which moving stretches; or end it."""
        if self._marks.anchor is not None:
            self._set_marks(self._marks.settled())
        elif self.cursor_id is not None:
            self._set_marks(self._marks.anchored(self.cursor_id))

    def _stretch_range(self) -> None:
        anchor = self._marks.anchor
        if anchor is None:
            return
        start = self._rows.index_of(anchor)
        if start is None:
            self._set_marks(self._marks.settled())
            return
        first, last = sorted((start, self._index))
        ids = (self._rows.row_id(index) for index in range(first, last + 1))
        self._set_marks(self._marks.stretched(row_id for row_id in ids if not is_gap(row_id)))

    def action_invert_marks(self) -> None:
        """Mark what is not marked, and the other way round, among the rows that were read."""
        ids = (self._rows.row_id(index) for index in read_around(self._rows, self._index, _MOST_INVERTED))
        self._set_marks(self._marks.inverted(row_id for row_id in ids if not is_gap(row_id)))

    def mark_all(self) -> None:
        """Mark all rows, read or not."""
        self._set_marks(Marks(everything=True))

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._set_marks(Marks())
