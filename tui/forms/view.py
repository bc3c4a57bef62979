"""The widget that shows a form: a row for each field, or all of it as JSON text, and what the field at hand is for."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message

from flowtui.engine.clock import Clock
from flowtui.tui.forms.edits import with_pick, with_text
from flowtui.tui.forms.fields import Path
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.hint import Hint
from flowtui.tui.forms.json_pane import JsonPane
from flowtui.tui.forms.keys import FormKeys
from flowtui.tui.forms.messages import Entered, Left, NeedsLines, Picked, Replaced, Revealed, Toggled, Typed
from flowtui.tui.forms.nodes import Leaf, Presence
from flowtui.tui.forms.rows import FormRows
from flowtui.tui.forms.words import hint_of, is_kept

__all__ = ["FormView"]


class FormView(FormKeys):
    """Holds a `Form` and lets it be filled in. `hint` is where it says what the field at hand is for; by itself it says
    that on its last line."""

    DEFAULT_CSS = """
    FormView { height: 1fr; layout: vertical; }
    FormView.-json JsonPane { display: block; }
    FormView.-json FormRows { display: none; }
    """

    class Event(Message):
        """Something happened in this form."""

        def __init__(self, view: "FormView") -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> "FormView":
            return self.view

    class Edited(Event):
        """The form holds something else."""

        def __init__(self, view: "FormView", form: Form) -> None:
            super().__init__(view)
            self.form = form

    class RevealWanted(Event):
        """A stored secret is to be shown; answer with `reveal`."""

        def __init__(self, view: "FormView", path: Path) -> None:
            super().__init__(view)
            self.path = path

    class EditorWanted(Event):
        """The values are to be edited as JSON text elsewhere; answer with `take`."""

    def __init__(
        self,
        form: Form,
        *,
        now: Clock,
        zone: tzinfo | None = None,
        as_json: bool = True,
        hint: Hint | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own word
    ) -> None:
        super().__init__(id=id)
        self._as_json = as_json
        self._form, self._now, self._zone = form, now, zone
        self._rows = FormRows(form)
        self._json = JsonPane()
        self._hint = hint or Hint()
        self._own_hint = hint is None
        self._touched: set[Path] = set()
        self._foreign: dict[Path, str] = {}

    def compose(self) -> ComposeResult:
        yield self._rows
        yield self._json
        if self._own_hint:
            yield self._hint

    def on_mount(self) -> None:
        self._show_rows()

    @property
    def form(self) -> Form:
        """What the form holds now."""
        return self._form

    @property
    def is_json(self) -> bool:
        """True while the form is shown as JSON text."""
        return self.has_class("-json")

    def show_form(self, form: Form) -> None:
        """Show another form. Fields that both have keep their controls."""
        self._form = form
        self._foreign.clear()
        self._touched &= {leaf.field.path for leaf in form.leaves()}
        self._rows.sight.open_given(form)
        self._show_rows()

    def stand_in_line_with(self, other: "FormView") -> None:
        """Begin the controls where the other form's controls begin."""
        self._rows.set_least_label(other.rows.label_width)

    @property
    def rows(self) -> FormRows:
        """The rows of the form."""
        return self._rows

    def focus_field(self, path: Path | None = None) -> None:
        """Give the keyboard to a field, or to the first one."""
        if self.is_json:
            self._json.focus_text()
        else:
            self._rows.focus_field(path)

    def reveal(self, path: Path, text: str) -> None:
        """Show a stored secret for ten seconds."""
        self._rows.reveal(path, text)

    @property
    def kept_paths(self) -> tuple[Path, ...]:
        """The stored secrets that are in sight as dots."""
        return self._rows.kept_paths

    def _show_rows(self, force: Path | None = None) -> None:
        """A problem is shown only where one has been: an empty form is no mistake yet."""
        found = {path: words for path, words in self._form.problems().items() if path in self._touched}
        self._rows.show(self._form, {**found, **self._foreign}, force=force)

    # -- the form changes -------------------------------------------------------------------------------------------

    def _become(self, form: Form, path: Path, *, force: bool = False) -> None:
        """Hold another form, in which a field has changed."""
        self._form = form
        self._foreign.pop(path, None)
        row = self._rows.current
        self._show_rows(path if force else None)
        if row is not None and row.path == path and self._rows.row(path) is not row:
            self.call_after_refresh(self.focus_field, path)  # the field got another control
        self._show_hint()
        self.post_message(self.Edited(self, form))

    @on(Typed)
    @on(NeedsLines)
    def _typed(self, event: Typed | NeedsLines) -> None:
        event.stop()
        path = event.row.path
        node = self._form.node(path)
        if not isinstance(node, Leaf):
            return
        if isinstance(event, NeedsLines):
            self._rows.sight.lines.add(path)
        if not event.text and path in self._rows.sight.replacing:
            self._become(self._form.reset(path), path)
        else:
            self._become(with_text(self._form, node, event.text, self._now(), self._zone), path)

    @on(Picked)
    def _picked(self, event: Picked) -> None:
        event.stop()
        self._touched.add(event.row.path)
        self._become(with_pick(self._form, event.row.path, event.number), event.row.path)

    @on(Toggled)
    def _toggled(self, event: Toggled) -> None:
        event.stop()
        self._rows.sight.open ^= {event.row.path}
        self._show_rows()

    @on(Entered)
    def _entered(self, event: Entered) -> None:
        event.stop()
        self.screen.focus_next()

    @on(Left)
    def _left(self, event: Left) -> None:
        event.stop()
        path, node = event.row.path, event.row.spec.node
        if node.presence is not Presence.ABSENT or (isinstance(node, Leaf) and node.unreadable):
            self._touched.add(path)
        if is_kept(node):
            self._rows.sight.replacing.discard(path)
        self._show_rows(force=path)  # `yesterday` is shown as the day that it was read as

    # -- secrets ----------------------------------------------------------------------------------------------------

    @on(Replaced)
    def _replaced(self, event: Replaced) -> None:
        event.stop()
        self._rows.sight.replacing.add(event.row.path)
        self._show_rows()
        self.call_after_refresh(self.focus_field, event.row.path)

    @on(Revealed)
    def _revealed(self, event: Revealed) -> None:
        event.stop()
        self.post_message(self.RevealWanted(self, event.row.path))

    # -- what is wrong ----------------------------------------------------------------------------------------------

    def validate(self) -> bool:
        """Whether everything fits; if not, say what does not and go there."""
        if self.is_json and self._json.problem:
            self.focus_field()
            return False
        problems = self._form.problems()
        self._touched |= set(problems)
        self._go_to_problem(problems)
        return not problems

    def show_problems(self, problems: Mapping[str, str]) -> bool:
        """Show what somebody else found wrong, by dotted field names. False when none of them is a field here."""
        known = {".".join(map(str, leaf.field.path)): leaf.field.path for leaf in self._form.leaves()}
        found = {known[name]: _below(name, words) for name, words in problems.items() if name in known}
        self._foreign.update(found)
        self._go_to_problem(found)
        return bool(found)

    def _go_to_problem(self, problems: Mapping[Path, str]) -> None:
        """Show the fields, and go to the first that has a problem, whatever it is hidden in."""
        first = next(iter(problems), None)
        if first is None:
            return
        self.remove_class("-json")
        self._rows.open_to(first)
        self._show_rows()
        self.call_after_refresh(self.focus_field, first)

    # -- JSON -------------------------------------------------------------------------------------------------------

    def action_toggle_json(self) -> None:
        """Go to the JSON text of the form, or back. What cannot be read is asked for first: it would be lost."""
        unreadable = self._form.unreadable()
        if self.is_json:
            if not self._json.problem:
                self.remove_class("-json")
                self._show_rows()
                self.call_after_refresh(self.focus_field)
        elif unreadable is not None:
            self._touched.add(unreadable)
            self._go_to_problem({unreadable: ""})
        else:
            self.add_class("-json")
            self._json.open(self._form.text())
        self._show_hint()

    def action_editor(self) -> None:
        """Edit the values in an editor, as JSON text. What cannot be read is asked for first: it would be lost."""
        unreadable = self._form.unreadable()
        if unreadable is not None:
            self._touched.add(unreadable)
            self._go_to_problem({unreadable: ""})
        elif not (self.is_json and self._json.problem):
            self.post_message(self.EditorWanted(self))

    def take(self, data: Mapping[str, Any]) -> None:
        """Hold the values that were edited elsewhere, and show what does not fit."""
        self._rows.sight.replacing.clear()
        self._form = self._form.with_data(data)
        self._touched |= set(self._form.problems())
        self._show_rows()
        if self.is_json:
            self._json.open(self._form.text())
        self.post_message(self.Edited(self, self._form))
        self._show_hint()

    @on(JsonPane.Changed)
    def _json_changed(self, event: JsonPane.Changed) -> None:
        event.stop()
        if event.data is not None:
            self._rows.sight.replacing.clear()
            self._form = self._form.with_data(event.data)
            self._touched |= set(self._form.problems())
            self.post_message(self.Edited(self, self._form))
        self._show_hint()

    # -- the hint ---------------------------------------------------------------------------------------------------

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._show_hint()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        focused = self.screen.focused
        if focused is None or not any(isinstance(node, FormView) for node in focused.ancestors):
            self._hint.show([])

    def _show_hint(self) -> None:
        row = self._rows.current
        if self.is_json:
            problem = self._json.problem
            self._hint.show([(problem, "error")] if problem else [("All fields as one JSON object.", "muted")])
        else:
            self._hint.show(hint_of(row.spec.node) if row is not None else [])


def _below(name: str, sentence: str) -> str:
    """A sentence as it stands below its field, whose name need not be said again."""
    rest = sentence.removeprefix(f"{name}: ")
    return sentence if rest == sentence else f"{rest[:1].upper()}{rest[1:]}"
