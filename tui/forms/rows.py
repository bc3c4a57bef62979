"""The rows of a form, one below the other: they come, go and stay as the form changes."""

from collections.abc import Mapping
from typing import Final

from textual.containers import VerticalScroll

from flowtui.tui.forms.controls import KeptSecret
from flowtui.tui.forms.fields import Path
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.row import FieldRow
from flowtui.tui.forms.specs import Sight, layout_for, specs_of

__all__ = ["FormRows"]

_FIRST: Final = 40
"""Rows that are made before the first frame; the others follow while one is reading."""
_REVEAL_SECONDS: Final = 10.0


class FormRows(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Shows a form. `sight` is what the reader has opened."""

    DEFAULT_CSS = "FormRows { height: 1fr; padding: 0 1; }"

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.sight = Sight()
        self.sight.open_given(form)
        self._form = form
        self._problems: Mapping[Path, str] = {}
        self._rows: list[FieldRow] = []
        self._limit = _FIRST
        self._least = 8

    def show(self, form: Form, problems: Mapping[Path, str], *, force: Path | None = None) -> None:
        """Show another form. Rows that stay are brought up to date; `force` names a field whose control, although one
        is writing in it, shows the form's value."""
        self._form, self._problems = form, problems
        specs = specs_of(form, self.sight)
        layout = layout_for(specs, self.size.width or 80, self._least)
        old = {row.spec.key: row for row in self._rows}
        rows: list[FieldRow] = []
        for spec in specs[: self._limit]:
            row = old.pop(spec.key, None)
            if row is None:
                row = FieldRow(spec, layout)
                place: dict[str, FieldRow | int] = (
                    {"after": rows[-1]} if rows else {"before": 0} if self.children else {}
                )
                self.mount(row, **place)
            path = spec.node.field.path
            row.show(spec, problems.get(path, ""), layout, force=path == force)
            rows.append(row)
        for row in old.values():
            row.remove()
        self._rows = rows
        if len(specs) > self._limit:
            self.call_after_refresh(self._more)

    @property
    def label_width(self) -> int:
        """Cells that the names take."""
        return layout_for(specs_of(self._form, self.sight), self.size.width or 80, self._least).label

    def set_least_label(self, cells: int) -> None:
        """Give the names at least this room, so that two forms on one screen stand in line."""
        if cells != self._least:
            self._least = cells
            self.show(self._form, self._problems)

    def _more(self) -> None:
        self._limit += _FIRST
        self.show(self._form, self._problems)

    def on_resize(self) -> None:
        self.show(self._form, self._problems)

    def row(self, path: Path) -> FieldRow | None:
        """The row of a field, when it is in sight."""
        return next((row for row in self._rows if row.path == path), None)

    @property
    def current(self) -> FieldRow | None:
        """The row that has the keyboard."""
        focused = self.screen.focused if self.is_attached else None
        return next((row for row in self._rows if row is focused or row.control is focused), None)

    @property
    def kept_paths(self) -> tuple[Path, ...]:
        """The stored secrets that are in sight as dots."""
        return tuple(row.path for row in self._rows if isinstance(row.control, KeptSecret))

    def open_to(self, path: Path) -> None:
        """Bring a field into sight, whatever it is hidden in."""
        self.sight.open |= {path[:length] for length in range(1, len(path))}
        self._limit = len(specs_of(self._form, self.sight))

    def focus_field(self, path: Path | None = None) -> None:
        """Give the keyboard to a field, or to the first one."""
        row = self.row(path) if path is not None else next(iter(self._rows), None)
        if row is not None:
            row.focusable_part.focus()

    def reveal(self, path: Path, text: str) -> None:
        """Show a stored secret for ten seconds."""
        row = self.row(path)
        control = row.control if row is not None else None
        if isinstance(control, KeptSecret):
            control.show(text)
            self.set_timer(_REVEAL_SECONDS, lambda: control.show(None))
