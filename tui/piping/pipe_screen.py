"""`|`: records go to a command of the shell, and what it writes is shown while it comes."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.engine.errors import UsageError
from flowtui.tui.formats import count, duration
from flowtui.tui.piping.command_input import CommandInput
from flowtui.tui.piping.kept import NamedCommand
from flowtui.tui.piping.output_view import OutputView
from flowtui.tui.piping.records import FORMATS, Format, Records
from flowtui.tui.piping.running import PipedCommand
from flowtui.tui.text import safe
from flowtui.tui.widgets.key_bar import KeyBar
from flowtui.tui.widgets.telling import TellsTrouble

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["PipeScreen"]

_FORMS = {"jsonl": "JSON lines", "csv": "CSV", "text": "text"}


class PipeScreen(TellsTrouble, ModalScreen[None]):
    """A line for the command, its output, its errors apart, and how it ended. Given a command, it is run at once."""

    DEFAULT_CSS = """
    PipeScreen { align: left bottom; }
    PipeScreen #pipe { height: 70%; min-height: 8; width: 100%; background: $surface; border-top: solid $accent; }
    PipeScreen #pipe-title { height: auto; max-height: 2; padding: 0 2; color: $muted; }
    PipeScreen #pipe-line { height: 1; }
    PipeScreen #pipe-line Static { width: 4; padding-left: 2; color: $accent; }
    PipeScreen #pipe-line Input { width: 1fr; background: $surface; }
    PipeScreen #pipe-out { height: 1fr; }
    PipeScreen #pipe-errors { height: auto; max-height: 40%; border-top: solid $rule; display: none; }
    PipeScreen.-errors #pipe-errors { display: block; }
    PipeScreen #pipe-status { height: 1; padding-left: 2; color: $muted; background: $surface; }
    PipeScreen.-failed #pipe-status { color: $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("x", "kill", "end it", id="pipe.kill"),
        Binding("s", "keep", "keep as …", id="pipe.keep"),
        Binding("i,vertical_line", "edit", "another command", id="pipe.edit"),
        Binding("tab", "form", "format", priority=True, id="pipe.format"),
    ]

    def __init__(self, records: Records, *, command: str = "", form: Format = "jsonl") -> None:
        super().__init__()
        self.records, self._form = records, form
        self._first = command
        self._piped: PipedCommand | None = None
        self._last: PipedCommand | None = None
        self._out, self._errors = OutputView(id="pipe-out"), OutputView("warning", id="pipe-errors")

    @property
    def workstation(self) -> "FlowtuiApp":
        """The app, by its own type."""
        return cast("FlowtuiApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="pipe"):
            yield Static("", id="pipe-title", markup=False)
            with Horizontal(id="pipe-line"):
                yield Static("|")
                yield CommandInput(
                    self.workstation.piping.kept.last("pipe"),
                    value=self._first,
                    placeholder="any command: jq .message, grep -c timeout, wc -l",
                )
            yield self._out
            yield self._errors
            yield Static("", id="pipe-status", markup=False)
            yield KeyBar()

    def on_mount(self) -> None:
        self._show_title()
        line = self.query_one(CommandInput)
        line.focus()
        line.cursor_position = len(line.value)
        if self._first:
            self._start(self._first)
        self.set_interval(0.25, self._tick)

    def _show_title(self) -> None:
        self.query_one("#pipe-title", Static).update(safe(f"{self.records.title} as {_FORMS[self._form]}"))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._start(event.value.strip())

    def _start(self, command: str) -> None:
        self.workstation.piping.remember("pipe", command)
        self._out.clear()
        self._errors.clear()
        self.remove_class("-errors", "-failed")
        self._run(command)
        self._out.focus()

    @work(group="pipe", exclusive=True, exit_on_error=False)
    async def _run(self, command: str) -> None:
        self._piped = self._last = piped = PipedCommand(command, dict(self.records.env), self._hear)
        self.refresh_bindings()
        self._tick()
        try:
            await piped.run(self.records, self._form)
        except UsageError as error:
            self.workstation.notify_error(error)
        finally:
            self._piped = None
        self._show_end(piped)
        self.refresh_bindings()

    def _hear(self, data: bytes, is_error: bool) -> None:
        if is_error:
            self.add_class("-errors")
        (self._errors if is_error else self._out).write(data)

    def _tick(self) -> None:
        if self._piped is not None:
            self._say(f"▶ runs; {count(self._piped.sent)} rows given, {count(self._out.row_count)} lines written")

    def _show_end(self, piped: PipedCommand) -> None:
        code = piped.exit_code
        if code is None:
            return
        ended = f"exit code {code}" if code >= 0 else f"ended by signal {-code}"
        dropped = f"; the first {count(self._out.dropped)} are not kept" if self._out.dropped else ""
        written = self._out.row_count + self._out.dropped
        lines = f"{count(written)} {'line' if written == 1 else 'lines'}"
        self.set_class(code != 0, "-failed")
        self._say(f"{'✔' if code == 0 else '✖'} {ended} after {duration(piped.seconds)}; {lines}{dropped}")

    def _say(self, words: str) -> None:
        self.query_one("#pipe-status", Static).update(words)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "kill":
            return self._piped is not None
        if action == "keep":
            return self._last is not None
        return True

    @work(group="kill", exit_on_error=False)
    async def action_kill(self) -> None:
        """End the command."""
        if self._piped is not None:
            await self._piped.kill()

    def action_form(self) -> None:
        """Give rows in the next format."""
        self._form = FORMATS[(FORMATS.index(self._form) + 1) % len(FORMATS)]
        self._show_title()

    def action_edit(self) -> None:
        """Write another command."""
        self.query_one(CommandInput).focus()

    @on(CommandInput.Below)
    def _go_below(self) -> None:
        self._out.focus()

    @work(group="keep", exit_on_error=False)
    async def action_keep(self) -> None:
        """Keep the command under a name."""
        if self._last is not None:
            await self.workstation.piping.keep(
                NamedCommand(name="", kind="pipe", command=self._last.command, form=self._form)
            )

    def action_leave(self) -> None:
        """Close; a command that still runs is ended."""
        self.workers.cancel_node(self)
        self.dismiss(None)
