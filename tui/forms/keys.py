"""The keys of a form: what can be done to the field at hand besides typing into it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowtui.tui.forms.edits import can_be_nothing, with_nothing
from flowtui.tui.forms.fields import Kind, Path
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.nodes import Leaf
from flowtui.tui.forms.rows import FormRows
from flowtui.tui.forms.words import text_of

__all__ = ["FormKeys"]


class FormKeys(Widget):
    """The half of `FormView` that answers keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "previous field", show=False),
        Binding("down", "step(1)", "next field", show=False),
        Binding("ctrl+t", "toggle_json", "json", key_display="^t", id="form.json"),
        Binding("f4", "editor", "editor", show=False, id="form.editor"),
        Binding("ctrl+r", "reset", "default", key_display="^r", id="form.reset"),
        Binding("ctrl+n", "nothing", "nothing", key_display="^n", id="form.null"),
        Binding("ctrl+o", "show_secret", "show", key_display="^o", id="form.show"),
        Binding("ctrl+j", "more_lines", "new line", show=False, id="form.lines"),
    ]

    _form: Form
    _rows: FormRows
    _touched: set[Path]
    _as_json: bool

    def _become(self, form: Form, path: Path, *, force: bool = False) -> None:
        """Hold another form, in which a field has changed."""
        raise NotImplementedError

    def action_step(self, by: int) -> None:
        """Go to the next field, or to the one before."""
        if by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_reset(self) -> None:
        """Give the field at hand what it began with."""
        row = self._rows.current
        if row is not None:
            self._rows.sight.forget(row.path)
            self._touched.discard(row.path)
            self._become(self._form.reset(row.path), row.path, force=True)

    def action_nothing(self) -> None:
        """Give the field at hand null; a text that cannot be null becomes empty."""
        row = self._rows.current
        if row is not None:
            self._become(with_nothing(self._form, row.path), row.path, force=True)

    def action_show_secret(self) -> None:
        """Show the secret that is being typed, or hide it again."""
        row = self._rows.current
        line = row.secret_line if row is not None else None
        if line is not None:
            line.password = not line.password

    def action_more_lines(self) -> None:
        """Let a text go on on another line."""
        row = self._rows.current
        if row is not None and row.spec.mode == "line" and isinstance(row.spec.node, Leaf):
            self._rows.sight.lines.add(row.path)
            self._become(self._form.give(row.path, f"{text_of(row.spec.node)}\n"), row.path)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("toggle_json", "editor"):
            return self._as_json
        if action not in ("reset", "nothing", "show_secret", "more_lines"):
            return True
        row = self._rows.current if self.is_attached else None
        if row is None:
            return False
        node = row.spec.node
        match action:
            case "nothing":
                return can_be_nothing(node)
            case "show_secret":
                return row.secret_line is not None
            case "more_lines":
                return isinstance(node, Leaf) and node.control.kind is Kind.TEXT and not node.field.secret
        return True
