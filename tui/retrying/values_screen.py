"""Other values for the inputs of a task, or for the parameters of a flow: a form that answers with what was changed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from flowtui.tui.forms.form import Form
from flowtui.tui.forms.hint import Hint
from flowtui.tui.forms.press import Press
from flowtui.tui.forms.scroll import Scroll
from flowtui.tui.forms.view import FormView
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.title import Title

__all__ = ["ValuesScreen"]


class ValuesScreen(ShellScreen):
    """`use` is called with the values that differ from `values` when the form is closed with its button."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    ValuesScreen FormView, ValuesScreen FormRows { height: auto; }
    ValuesScreen FormView.-json { height: 1fr; min-height: 6; }
    ValuesScreen #end { height: 1; margin-top: 1; padding-left: 2; }
    ValuesScreen.-short #end { margin-top: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "use", "use these", key_display="^s", id="values.use"),
        Binding("escape", "leave", "cancel", id="values.leave"),
    ]

    def __init__(
        self,
        title: list[Span],
        schema: Mapping[str, Any],
        values: Mapping[str, Any],
        use: Callable[[dict[str, Any]], None],
        *,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        """`values` are those that count when nothing is changed, `given` those that were changed before."""
        super().__init__()
        self._title, self._use = title, use
        form = Form.of(schema, defaults=values)
        self._form = form.with_data({**form.effective(), **given}) if given else form
        self._before = self._form.data()

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        hint = Hint()
        yield Title()
        with Scroll():
            yield FormView(self._form, now=app.now, zone=app.zone, hint=hint, id="values")
            with Horizontal(id="end"):
                yield Press("Use these", id="use")
        yield hint

    def on_mount(self) -> None:
        self._show_title()
        self._view.focus_field()

    @property
    def _view(self) -> FormView:
        return self.query_one("#values", FormView)

    def _show_title(self) -> None:
        changes = self._form.changes
        fields = "1 field" if changes == 1 else f"{changes} fields"
        note: list[Span] = [("• ", "accent"), (f"{fields} changed", "muted")] if changes else []
        self.query_one(Title).show(self._title, note)

    @on(FormView.Edited, "#values")
    def _edited(self, event: FormView.Edited) -> None:
        self._form = event.form
        self._show_title()

    @on(Press.Pressed, "#use")
    def _pressed(self) -> None:
        self.action_use()

    def action_use(self) -> None:
        """Close the form, and take what was changed."""
        if self._view.validate():
            self._use(self._form.data())
            self.app.pop_screen()

    def at_stake(self) -> tuple[str, str] | None:
        changed = self._form.data() != self._before
        return ("Leave the form?", "What was filled in is lost, and the plan stays as it is.") if changed else None
