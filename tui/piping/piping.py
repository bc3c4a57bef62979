"""What the workstation does with records: pipes them, asks about them, saves them, and keeps commands for that."""

from typing import TYPE_CHECKING

from flowtui.engine.errors import UsageError
from flowtui.tui.piping.kept import Kept, Kind, NamedCommand, kept_file, read_kept, write_kept
from flowtui.tui.piping.records import Records

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["Piping"]


class Piping:
    """One for the app. Commands are read from their file when one is wanted first."""

    def __init__(self, app: "FlowtuiApp") -> None:
        self._app = app
        self._kept: Kept | None = None

    @property
    def kept(self) -> Kept:
        """The commands that are kept; none when the file cannot be read, which is said once."""
        if self._kept is None:
            try:
                self._kept = read_kept(kept_file())
            except UsageError as error:
                self._app.notify_error(error)
                self._kept = Kept()
        return self._kept

    def pipe(self, records: Records, named: NamedCommand | None = None) -> None:
        """Hand records to a command of the shell, which is asked for."""
        from flowtui.tui.piping.pipe_screen import PipeScreen  # noqa: PLC0415 - only when it is shown

        command, form = (named.command, named.form) if named is not None else ("", "jsonl")
        self._app.push_screen(PipeScreen(records, command=command, form=form))

    def ask(self, records: Records, question: str = "") -> None:
        """Answer questions in SQL about records."""
        from flowtui.tui.piping.sql_screen import SqlScreen  # noqa: PLC0415 - only when it is shown

        self._app.push_screen(SqlScreen(records, question=question))

    async def shell(self, command: str = "") -> None:
        """Run a command in the real terminal, told what the screen is about; without one it is asked for."""
        from flowtui.tui.piping.shell_screen import ShellScreen as AskCommand  # noqa: PLC0415 - only when it is shown
        from flowtui.tui.piping.terminal import run_in_terminal  # noqa: PLC0415 - only when it is wanted

        records = self._app.records_here()
        env = dict(records.env) if records is not None else {}
        if not command:
            answer: str | None = await self._app.push_screen_wait(AskCommand(self.kept.last("shell"), env))
            command = answer or ""
        if command:
            self.remember("shell", command)
            try:
                run_in_terminal(self._app, command, env, pause=True)
            except UsageError as error:
                self._app.notify_error(error)

    async def run_named(self, named: NamedCommand) -> None:
        """Run a command that was kept, on what is here."""
        records = self._app.records_here()
        if named.kind == "shell":
            await self.shell(named.command)
        elif records is None:
            self._app.notify_error(UsageError(f"There is nothing here that {named.name!r} could be given."))
        elif named.kind == "sql":
            self.ask(records, named.command)
        else:
            self.pipe(records, named)

    def remember(self, kind: Kind, command: str) -> None:
        """This was run."""
        self._write(self.kept.with_run(kind, command))

    async def keep(self, command: NamedCommand) -> None:
        """Ask for a name, and keep a command under it."""
        from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is shown

        name = await self._app.push_screen_wait(
            PromptScreen("Keep this command", hint="a name; ctrl+p finds it by that", done="keep")
        )
        if name:
            kept = NamedCommand(name=name, kind=command.kind, command=command.command, form=command.form)
            if self._write(self.kept.with_named(kept)):
                self._app.tell(f"Kept as {name}; ctrl+p finds it.")

    def _write(self, kept: Kept) -> bool:
        self._kept = kept
        try:
            write_kept(kept_file(), kept)
        except OSError as error:
            self._app.notify_error(UsageError(f"{kept_file()} cannot be written: {error.strerror}."))
            return False
        return True
