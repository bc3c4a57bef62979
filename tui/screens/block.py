"""One block: a form made from its type, with secrets that are kept unless they are typed anew."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from flowtui.engine.blocks.names import name_problem
from flowtui.engine.blocks.sentences import BlockFieldError
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import BlockDocument, BlockType
from flowtui.tui.block_actions import can_be_called, copy_snippet, save_deed, try_webhook
from flowtui.tui.block_cells import snippet
from flowtui.tui.formats import ago
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.hint import Hint
from flowtui.tui.forms.json_text import dumps
from flowtui.tui.forms.press import Press
from flowtui.tui.forms.scroll import Scroll
from flowtui.tui.forms.view import FormView
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.outcome import Outcome
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.title import Title

__all__ = ["BlockScreen"]

_NAMING: Final = {
    "properties": {
        "name": {
            "type": "string",
            "description": "How flows load it: lowercase letters, digits and dashes.",
            "examples": ["team-alerts"],
        }
    },
    "required": ["name"],
}


class BlockScreen(ShellScreen):
    """Makes a block when `block` is None, else changes it."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    BlockScreen FormView, BlockScreen FormRows { height: auto; }
    BlockScreen FormView.-json { height: 1fr; min-height: 6; }
    BlockScreen #end { height: 1; margin-top: 1; padding-left: 2; }
    BlockScreen.-short #end { margin-top: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", key_display="^s", id="block.save"),
        Binding("v", "reveal_all", "reveal", show=False, id="block.reveal"),
        Binding("y", "copy", "copy python", show=False, id="block.copy"),
        Binding("t", "test", "test", show=False, id="block.test"),
        Binding("escape", "leave", "back", id="block.leave"),
    ]

    def __init__(self, kind: BlockType, block: BlockDocument | None) -> None:
        super().__init__()
        self._kind, self._block = kind, block
        self._form = Form.of(kind.schema, defaults=dict(block.data) if block is not None else None)

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        hint = Hint()
        yield Title()
        with Scroll():
            if self._block is None:
                naming = Form.of(_NAMING)
                yield FormView(naming, now=app.now, zone=app.zone, hint=hint, as_json=False, id="naming")
            yield FormView(self._form, now=app.now, zone=app.zone, hint=hint, id="fields")
            with Horizontal(id="end"):
                if can_be_called(self._kind.slug):
                    yield Press("Test", id="test")
                yield Press("Save", id="save")
                yield Outcome(id="outcome")
        yield hint

    def on_mount(self) -> None:
        self._show_title()
        first = self._fields
        if self._block is None:
            first = self.query_one("#naming", FormView)
            first.stand_in_line_with(self._fields)
        first.focus_field()

    @property
    def _fields(self) -> FormView:
        return self.query_one("#fields", FormView)

    def _show_title(self) -> None:
        where: list[Span] = [("Blocks › ", "muted"), (f"{self._kind.name} › ", "muted")]
        block = self._block
        if block is None:
            self.query_one(Title).show([*where, ("new", "bold strong")], [(self._kind.description, "faint")])
            return
        changes = self._form.changes
        note: list[Span] = [(f"saved {ago(block.updated, self.workstation.now())} ago", "faint")]
        if changes:
            note = [("• ", "accent"), (f"{changes} changed and not saved", "muted")]
        self.query_one(Title).show([*where, (block.name, "bold strong")], note)
        line = snippet(block.type_slug, block.name).strip().splitlines()[-1]
        self.query_one(Outcome).show([(line, "muted"), ("   y copies", "faint")])

    @on(FormView.Edited, "#fields")
    def _edited(self, event: FormView.Edited) -> None:
        self._form = event.form
        self._show_title()

    # -- secrets ------------------------------------------------------------------------------------------------------

    @on(FormView.RevealWanted)
    def _reveal_wanted(self, event: FormView.RevealWanted) -> None:
        self._reveal((event.path,))

    def action_reveal_all(self) -> None:
        """Show all stored secrets for a moment."""
        self._reveal(self._fields.kept_paths)

    @work(group="reveal", exclusive=True, exit_on_error=False)
    async def _reveal(self, paths: tuple[tuple[str | int, ...], ...]) -> None:
        app, block = self.workstation, self._block
        if block is None or not paths:
            return
        try:
            clear = await app.call(app.client.read_block, block.type_slug, block.name, include_secrets=True)
        except FlowtuiError as error:
            app.notify_error(error)
            return
        for path in paths:
            value: Any = clear.data
            for step in path:
                value = value.get(step) if isinstance(value, dict) else None
            self._fields.reveal(path, value if isinstance(value, str) else dumps(value))

    # -- what is done -------------------------------------------------------------------------------------------------

    def action_copy(self) -> None:
        """Copy the Python that loads it."""
        if self._block is not None:
            copy_snippet(self.workstation, self._block.type_slug, self._block.name)

    @on(Press.Pressed, "#test")
    def _test_pressed(self) -> None:
        self.action_test()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return can_be_called(self._kind.slug) if action == "test" else True

    @work(group="test", exclusive=True, exit_on_error=False)
    async def action_test(self) -> None:
        """Call the address with the fields as they are now, saved or not, and say how it answered."""
        if not self._fields.validate():
            return
        app, outcome = self.workstation, self.query_one(Outcome)
        outcome.show([("calling …", "muted")])
        name = self._block.name if self._block is not None else None
        try:
            answered = await app.call(try_webhook, app.client, name, self._form.effective())
        except FlowtuiError as error:
            outcome.show([("✖ ", "failed"), (str(error), "failed")])
            return
        look = ("✔", "completed") if answered.well else ("✖", "failed")
        outcome.show([(f"{look[0]} ", look[1]), (answered.words, look[1])])

    @on(Press.Pressed, "#save")
    def _save_pressed(self) -> None:
        self.action_save()

    @work(group="save", exclusive=True, exit_on_error=False)
    async def action_save(self) -> None:
        """Save, and go back to the list."""
        app = self.workstation
        name = self._chosen_name()
        if name is None or not self._fields.validate():
            return
        try:
            overwrite = self._block is not None
            await app.acting.attempt(save_deed(self._kind.slug, name, self._form.effective(), overwrite=overwrite))
        except BlockFieldError as error:
            if not self._fields.show_problems(error.problems):
                app.notify_error(error)
        except FlowtuiError as error:
            app.notify_error(error)
        else:
            app.tell(f"{self._kind.name} {name} is saved.")
            app.pop_screen()

    def _chosen_name(self) -> str | None:
        """The block's name; None when what was typed cannot be one, which is then said."""
        if self._block is not None:
            return self._block.name
        view = self.query_one("#naming", FormView)
        if not view.validate():
            return None
        name = str(view.form.effective()["name"])
        problem = name_problem(name)
        if problem is not None:
            view.show_problems({"name": problem})
            return None
        return name

    def at_stake(self) -> tuple[str, str] | None:
        return ("Leave without saving?", "What was changed here is lost.") if self._form.changes else None
