"""Run a flow of the folder: a form from its signature, then a process of its own."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from flowtui.engine.deployments.describing import FlowOutline
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import FlowRun
from flowtui.tui.flows.asking import outline_of
from flowtui.tui.flows.deeds import run_deed
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.hint import Hint
from flowtui.tui.forms.press import Press
from flowtui.tui.forms.scroll import Scroll
from flowtui.tui.forms.view import FormView
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.text import safe
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.title import Title

__all__ = ["FlowRunScreen"]


class FlowRunScreen(ShellScreen):
    """The signature is read by another process: this one never imports the user's code. `again` is a run of which the
    parameters stand in the fields; what is changed is marked against those."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    FlowRunScreen FormView, FlowRunScreen FormRows { height: auto; }
    FlowRunScreen FormView.-json { height: 1fr; min-height: 6; }
    FlowRunScreen #end { height: 1; margin-top: 1; padding-left: 2; }
    FlowRunScreen #said { display: none; margin: 0 2; color: $muted; }
    FlowRunScreen.-reading #said { display: block; }
    FlowRunScreen.-reading Scroll, FlowRunScreen.-reading Hint { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "run", "run", key_display="^s", id="flow-run.run"),
        Binding("escape", "leave", "cancel", id="flow-run.leave"),
    ]

    def __init__(self, entrypoint: str, *, again: FlowRun | None = None) -> None:
        super().__init__()
        self._again = again
        self.add_class("-reading")
        self._entrypoint = entrypoint
        self._outline: FlowOutline | None = None
        self._form = Form.of({})
        self._sent = False

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        hint = Hint()
        yield Title()
        yield Static(markup=False, id="said")
        with Scroll():
            yield FormView(self._form, now=app.now, zone=app.zone, hint=hint, id="parameters")
            with Horizontal(id="end"):
                yield Press("Run", id="run")
        yield hint

    def on_mount(self) -> None:
        self._show_title()
        self.query_one("#said", Static).update(safe(f"reading {self._entrypoint} …"))
        self._read()

    @work(group="read", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        """Ask another process what the flow wants, and show the form."""
        try:
            outline = await outline_of(self.workstation, self._entrypoint)
        except FlowtuiError as error:
            if self.is_attached:
                self.query_one("#said", Static).update(safe(f"✖ {error}"))
            return
        if not self.is_attached:
            return  # it was closed meanwhile
        given = self._again.parameters if self._again is not None else {}
        known = {name: value for name, value in given.items() if name in outline.schema.get("properties", {})}
        self._outline, self._form = outline, Form.of(outline.schema, defaults=known)
        self.remove_class("-reading")
        self._parameters.show_form(self._form)
        self._show_title()
        self.refresh_bindings()
        if self._form.root.children:
            self.call_after_refresh(self._parameters.focus_field)
        else:
            self.query_one("#run", Press).focus()

    @property
    def _parameters(self) -> FormView:
        return self.query_one("#parameters", FormView)

    def _show_title(self) -> None:
        note: list[Span] = [("runs here, in a process of its own", "faint")]
        name = self._outline.name if self._outline is not None else self._entrypoint
        if self._outline is not None and not self._form.root.children:
            note = [("it takes no parameters", "muted")]
        elif self._form.changes:
            fields = "1 field" if self._form.changes == 1 else f"{self._form.changes} fields"
            before = self._again.name if self._again is not None else "the defaults"
            note = [("• ", "accent"), (f"{fields} changed from {before}", "muted")]
        elif self._again is not None and self._outline is not None:
            note = [(f"the same as {self._again.name}, in a process of its own", "muted")]
        place = [(f"   {self._entrypoint}", "faint")] if self._outline is not None else []
        verb = "Run " if self._again is None else "Run again "
        self.query_one(Title).show([(verb, "muted"), (name, "bold strong"), *place], note)

    @on(FormView.Edited, "#parameters")
    def _edited(self, event: FormView.Edited) -> None:
        self._form = event.form
        self._show_title()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._outline is not None if action == "run" else True

    @on(Press.Pressed, "#run")
    def _pressed(self) -> None:
        self.action_run()

    @work(group="run", exclusive=True, exit_on_error=False)
    async def action_run(self) -> None:
        """Create the run, start its process, and show it."""
        outline, app = self._outline, self.workstation
        if outline is None or self._sent or not self._parameters.validate():
            return
        self._sent = True
        try:
            run = (await app.acting.attempt(run_deed(outline, self._form.effective()))).value
        except FlowtuiError as error:
            self._sent = False
            app.notify_error(error)
            return
        # Nothing may be awaited from here on: a screen that is closed takes its workers with it.
        app.pop_screen()
        app.open_run(run.id)

    def at_stake(self) -> tuple[str, str] | None:
        return ("Leave the form?", "What was filled in is lost, and nothing is run.") if self._form.changes else None
