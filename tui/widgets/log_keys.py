"""What a log can be handed on to: its code in an editor, a file, the pager, the clipboard, a command."""

import asyncio
import contextlib
from array import array
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.model import LogLine
from flowtui.tui.formats import count
from flowtui.tui.log_text import LineRow
from flowtui.tui.logs.facts import RunFacts
from flowtui.tui.logs.handing_on import records_of_log
from flowtui.tui.logs.kept_template import keep_template, kept_template
from flowtui.tui.logs.source import LogSource
from flowtui.tui.logs.template import FIELDS, read_template
from flowtui.tui.logs.tracebacks import message_rows
from flowtui.tui.piping.records import Records
from flowtui.tui.text import safe
from flowtui.tui.widgets.log_view import LogView

__all__ = ["LogKeys"]


class LogKeys(Widget):
    """The keys of a log pane; what leads out of it is done here, the rest by the pane itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "find", id="log.find"),
        Binding("ampersand", "filters", "filters", id="log.filters"),
        Binding("p", "record", "record", id="log.record"),
        Binding("o", "open_source", "open source", id="log.source"),
        Binding("S", "save", "save", id="log.save"),
        Binding("L", "template", "what stands in a line", show=False, id="log.template"),
        Binding("M", "merge", "with the subflows", show=False, id="log.merge"),
        Binding("f3", "page_log", "pager", show=False, id="log.pager"),
        Binding("y", "copy_lines", "copy", show=False, id="log.copy"),
    ]

    view: LogView
    facts: RunFacts

    def action_find(self) -> None:
        """Look for something."""
        raise NotImplementedError

    def action_filters(self) -> None:
        """Write and switch filters."""
        raise NotImplementedError

    def action_record(self) -> None:
        """Show everything about the line under the cursor, or no longer."""
        raise NotImplementedError

    @property
    def source(self) -> LogSource | None:
        """Where the lines come from."""
        raise NotImplementedError

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is told, not swallowed."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None:
            closed = not self.is_attached and isinstance(error, NoMatches)
            if not closed:
                self._say_trouble(error)

    def _say_trouble(self, error: BaseException) -> None:
        raise NotImplementedError

    # -- records ------------------------------------------------------------------------------------------------------

    def pipe_records(self) -> Records | None:
        """What is selected, else what is shown."""
        return next(iter(self._choices()), None)

    def _choices(self) -> list[Records]:
        """What can be handed on, the likeliest first: what is selected, what is shown, all."""
        view, source = self.view, self.source
        if source is None or not view.line_total:
            return []
        shown: array[int] | range = view.numbers if view.numbers is not None else range(view.line_total)
        choices = []
        if view.selection is not None:
            first, last = view.selection
            choices.append(records_of_log(source, shown[first : last + 1], self.facts, "selected "))
        if view.numbers is not None:
            choices.append(records_of_log(source, array("L", view.numbers), self.facts, "shown "))
        choices.append(records_of_log(source, range(view.line_total), self.facts))
        return choices

    @work(group="save", exit_on_error=False)
    async def action_save(self) -> None:
        """Save what is shown, selected, or all."""
        from flowtui.tui.piping.save_screen import SaveScreen  # noqa: PLC0415 - only when it is shown
        from flowtui.tui.piping.saving import save_records  # noqa: PLC0415 - only when it is wanted

        choices = self._choices()
        if not choices:
            return
        answer = await self.app.push_screen_wait(SaveScreen(choices, f"{self.facts.title or 'run'}.log"))
        if answer is None:
            return
        records, path = answer
        try:
            written = await save_records(records, path)
        except FlowtuiError as error:
            self._say_trouble(error)
        else:
            self.notify(safe(f"Saved {count(written)} lines to {path}."), timeout=5, markup=False)

    @work(group="page", exit_on_error=False)
    async def action_page_log(self) -> None:
        """Show what is shown or selected in the pager."""
        from flowtui.tui.piping.paging import page_records  # noqa: PLC0415 - only when it is wanted

        records = self.pipe_records()
        if records is not None:
            try:
                await page_records(self.app, records)
            except FlowtuiError as error:
                self._say_trouble(error)

    @work(group="copy", exit_on_error=False)
    async def action_copy_lines(self) -> None:
        """Copy what is selected, else the line under the cursor."""
        from flowtui.tui.piping.clipboard import copy  # noqa: PLC0415 - only when it is wanted

        records, here = self.pipe_records(), self.view.cursor_row
        if self.view.selection is not None and records is not None:
            parts = [records.text(row) async for rows in records.read() for row in rows]
            copy(self.app, "\n".join(parts))
            self.view.action_select()
        elif here is not None:
            copy(self.app, here[0].message.rstrip())

    # -- what is shown of lines ---------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._read_look()

    @work(group="look", exit_on_error=False)
    async def _read_look(self) -> None:
        """Lines look as they were made to look last."""
        try:
            self.view.set_template(read_template(await asyncio.to_thread(kept_template)))
        except FlowtuiError as error:
            self._say_trouble(error)

    @work(group="look", exit_on_error=False)
    async def action_template(self) -> None:
        """Say what stands in a line, from now on."""
        from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is shown

        hint = f"{{level}} {{message}} {{extra.id}}; fields: {', '.join(FIELDS)}; empty: as usual"
        prompt = PromptScreen("What stands in a line", value=kept_template(), hint=hint)
        text: str | None = await self.app.push_screen_wait(prompt)
        if text is None:
            return
        try:
            self.view.set_template(read_template(text))
            await asyncio.to_thread(keep_template, text)
        except FlowtuiError as error:
            self._say_trouble(error)

    def action_merge(self) -> None:
        """Show this log with those of the run's subflows, as one."""
        open_logs = getattr(self.app, "open_logs", None)
        if open_logs is not None and len(self.facts.runs) == 1:
            open_logs([self.facts.runs[0].id])

    # -- code ---------------------------------------------------------------------------------------------------------

    @work(group="source", exclusive=True, exit_on_error=False)
    async def action_open_source(self) -> None:
        """Open the code that wrote the line, or the call of a traceback, in the editor."""
        here = self.view.cursor_row
        if here is None:
            return
        try:
            await self._open_code(*here)
        except FlowtuiError as error:
            self._say_trouble(error)

    async def _open_code(self, line: LogLine, row: LineRow | None) -> None:
        from flowtui.engine.settings import current_settings  # noqa: PLC0415 - only when it is wanted
        from flowtui.tui.logs.code import find_code  # noqa: PLC0415 - only when it is wanted
        from flowtui.tui.piping.opening import open_in_editor  # noqa: PLC0415 - only when it is wanted

        file, number = place_of(line, row)
        ran = next((run.provenance for run in self.facts.runs if run.id == line.flow_run_id), None)
        if ran is None and len(self.facts.runs) == 1:
            ran = self.facts.runs[0].provenance
        found = await asyncio.to_thread(find_code, file, number, ran, current_settings().path_map)
        try:
            editor, closed = await open_in_editor(self.app, found.file, found.line, read_only=found.copy)
            if closed:
                _forget(found.file, found.copy)
            self.notify(safe(f"{found.file.name}:{found.line} in {editor}, {found.note}."), timeout=6, markup=False)
        except BaseException:
            _forget(found.file, found.copy)
            raise


def place_of(line: LogLine, row: LineRow | None) -> tuple[str, int]:
    """File and line that a row speaks of: its call of a traceback, else the place that wrote it.

    Raises `UsageError` when it speaks of none.
    """
    if row is not None and row.frame is not None:
        return row.frame.file, row.frame.line
    file, _, number = (line.source or "").rpartition(":")
    inside = next((part.frame for part in message_rows(line.message) if part.frame is not None), None)
    if not line.source and inside is not None:
        return inside.file, inside.line
    if not file or not number.isdecimal():
        raise UsageError("This line is flowtui's own: it was written at no place in your code.")
    return file, int(number)


def _forget(file: Path, copy: bool) -> None:
    """A copy that nobody reads any more."""
    if copy:
        with contextlib.suppress(OSError):
            file.unlink()
            file.parent.rmdir()
