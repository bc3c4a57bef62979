"""Let a paused run go on that asks for input: a form from the schema of what it asks for."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.tui.acting.calls import command
from flowtui.tui.acting.deed import Deed, Done
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.hint import Hint
from flowtui.tui.forms.json_text import dumps
from flowtui.tui.forms.press import Press
from flowtui.tui.forms.scroll import Scroll
from flowtui.tui.forms.view import FormView
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.text import safe_block
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.title import Title

__all__ = ["ResumeFormScreen", "resume_deed"]

_ENDING_SECONDS: Final = 10.0
"""How long it is waited for the process of a suspended run to be gone."""


class ResumeFormScreen(ShellScreen):
    """`schema` is what the pause of `run` asks for, `words` what it says of that."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    ResumeFormScreen FormView, ResumeFormScreen FormRows { height: auto; }
    ResumeFormScreen FormView.-json { height: 1fr; min-height: 6; }
    ResumeFormScreen #said { padding: 0 2; margin-bottom: 1; color: $muted; }
    ResumeFormScreen #end { height: 1; margin-top: 1; padding-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "resume", "go on", key_display="^s", id="resume-form.resume"),
        Binding("escape", "leave", "back", id="resume-form.leave"),
    ]

    def __init__(self, run: FlowRun, schema: Mapping[str, Any], words: str) -> None:
        super().__init__()
        self._run, self._words = run, words
        self._form = Form.of(schema)
        self._sent = False

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        hint = Hint()
        yield Title()
        with Scroll():
            if self._words:
                yield Static(Text("\n".join(safe_block(self._words))), id="said")
            yield FormView(self._form, now=app.now, zone=app.zone, hint=hint, id="input")
            with Horizontal(id="end"):
                yield Press("Go on", id="resume")
        yield hint

    def on_mount(self) -> None:
        run = self._run
        title: list[Span] = [("Resume ", "muted"), (f"{run.flow_name} · ", "muted"), (run.name, "bold strong")]
        self.query_one(Title).show(title, [("it waits for this", "faint")])
        if self._form.root.children:
            self._view.focus_field()
        else:
            self.query_one(Press).focus()

    @property
    def _view(self) -> FormView:
        return self.query_one("#input", FormView)

    @on(FormView.Edited)
    def _edited(self, event: FormView.Edited) -> None:
        self._form = event.form

    @on(Press.Pressed)
    def _pressed(self) -> None:
        self.action_resume()

    @work(group="resume", exclusive=True, exit_on_error=False)
    async def action_resume(self) -> None:
        """Give the run what it asks for, and let it go on."""
        if self._sent or not self._view.validate():
            return
        self._sent = True
        done = await self.workstation.acting.perform(resume_deed(self._run, self._form.effective()))
        self._sent = done is not None
        if done is not None and self.is_current:
            self.workstation.pop_screen()

    def at_stake(self) -> tuple[str, str] | None:
        return ("Leave the form?", "What was filled in is lost, and the run waits on.") if self._form.changes else None


def resume_deed(run: FlowRun, given: Mapping[str, Any]) -> Deed:
    """Let a paused run go on with what it asked for."""
    values = dict(given)

    def do(client: Client) -> Done:
        deadline = time.monotonic() + _ENDING_SECONDS
        while (answer := client.resume_flow_run(run.id, values)).status == "WAIT" and time.monotonic() < deadline:
            time.sleep(answer.delay_seconds)  # the process of a suspended run is still ending
        if answer.status != "ACCEPT":
            raise UsageError(f"{run.flow_name} · {run.name} does not go on: {answer.reason or answer.state.message}.")
        words = "will be started again" if run.state.is_suspended() else "goes on"
        return Done(words=f"{run.flow_name} · {run.name} {words}.", lasting="it has been given its input")

    return Deed(
        title=f"Resume {run.flow_name} · {run.name}",
        command=command("flow-run", "resume", run.id, inputs=dumps(values)),
        python=f"from flowtui import resume_flow_run\nresume_flow_run({run.id!r}, {values!r})",
        do=do,
    )
