"""How commands print the lines of a run's log, in colours for people and as JSON for programs; and which are wanted."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from flowtui.engine import wire
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun, LogLine, TaskRunFilter
from flowtui.engine.query_terms import ascii_lower, fits, nearest
from flowtui.engine.states import State
from flowtui.tui import formats
from flowtui.tui.cli.output import clean, console, narrate

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["LinePrinter", "Wanted", "level_of"]

_LEVELS: Final = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_STYLES: Final = {10: "dim", 30: "yellow", 40: "red", 50: "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines are printed: all that every given part lets through."""

    level: int = 0
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""
    task: str = ""
    """A task run's id, or its name with * for any part."""
    task_attempt: int | None = None
    """Lines of tasks that are of this attempt of their task run."""

    def within(self, since: datetime | None, until: datetime | None) -> "Wanted":
        """The same, of the lines in this span of time only."""
        later = max((each for each in (self.since, since) if each is not None), default=None)
        return replace(self, since=later, until=until)

    def lets(self, line: LogLine, printer: "LinePrinter") -> bool:
        """Whether a line is wanted."""
        if line.level < self.level or (self.since is not None and line.timestamp < self.since):
            return False
        if self.until is not None and line.timestamp >= self.until:
            return False
        if self.task_attempt is not None and line.task_attempt != self.task_attempt:
            return False
        if self.search and ascii_lower(self.search) not in ascii_lower(line.message):
            return False
        if not self.task:
            return True
        of_task = line.task_run_id
        if of_task is None:
            return False
        return of_task == self.task or fits(ascii_lower(printer.name_of(of_task)), ascii_lower(self.task))


def level_of(text: str) -> int:
    """A level by its name or its number. Raises `UsageError`."""
    by_name = {name.lower(): number for number, name in _LEVELS.items()}
    if text.isascii() and text.isdecimal() and len(text) < 6:
        return int(text)
    level = by_name.get(text.lower())
    if level is None:
        near = nearest(text.lower(), by_name)
        hint = f"did you mean {near}?" if near else f"use one of {', '.join(by_name)}, or a number."
        raise UsageError(f"There is no level {text!r} – {hint}")
    return level


class LinePrinter:
    """Prints lines of a run in the shape that every run prints."""

    def __init__(self, client: Client, run: FlowRun, *, lines_of_json: bool = False, narrated: bool = False) -> None:
        """`narrated` prints on stderr, beside data."""
        self.client, self.run, self.lines_of_json, self.narrated = client, run, lines_of_json, narrated
        self.tasks: dict[str, str] = {}
        self.console = console() if sys.stdout.isatty() and not narrated else None

    def print(self, lines: Iterable[LogLine]) -> None:
        for line in lines:
            if self.lines_of_json:
                print(json.dumps(wire.log_json(line)))
                continue
            head = f"{formats.log_time(line.timestamp)} | {_level(line):<7} | {self.who(line)}"
            self.write(f"{head} - {line.message}", line.level)
        sys.stdout.flush()

    def print_state(self, state: State) -> None:
        """A state that the run has come to, between its lines."""
        if self.lines_of_json:
            print(json.dumps({"flow_run_id": self.run.id, **wire.state_json(state)}), flush=True)
            return
        level = 40 if state.is_failed() or state.is_crashed() else 20
        self.write(f"{formats.log_time(state.timestamp)} | STATE   | Flow run {self.run.name!r} - {state}", level)
        sys.stdout.flush()

    def write(self, text: str, level: int) -> None:
        for part in text.split("\n"):
            if self.console is not None:
                self.console.print(_colored(part, _STYLES.get(level, "")), soft_wrap=True)
            elif self.narrated:
                narrate(_plain(part))
            else:
                print(_plain(part))

    def who(self, line: LogLine) -> str:
        if line.task_run_id is None:
            return f"Flow run {self.run.name!r}"
        return f"Task run {self.name_of(line.task_run_id)!r}"

    def name_of(self, task_run_id: str) -> str:
        """The name of one of the run's tasks."""
        if task_run_id not in self.tasks:
            self._learn(task_run_id)
        return self.tasks[task_run_id]

    def _learn(self, task_run_id: str) -> None:
        """Read the names of the run's tasks, page by page, until this one is known."""
        after: str | None = None
        while task_run_id not in self.tasks:
            page = self.client.list_task_runs(TaskRunFilter(flow_run_id=self.run.id), limit=1_000, after=after)
            self.tasks.update((task.id, task.name) for task in page.items)
            after = page.next
            if after is None:
                self.tasks.setdefault(task_run_id, task_run_id)


def _level(line: LogLine) -> str:
    return _LEVELS.get(line.level, f"Level {line.level}")


def _colored(line: str, style: str) -> "Text":
    """A line for a terminal: its own colours stay, every other escape is shown as a symbol."""
    from rich.text import Text  # noqa: PLC0415 - loaded by the console

    from flowtui.tui.sgr import parse_sgr  # noqa: PLC0415 - Rich's styles, loaded by the console

    return Text.assemble(*parse_sgr(line), style=style)


def _plain(line: str) -> str:
    """A line without any escape."""
    if "\x1b" not in line:
        return clean(line)
    from flowtui.tui.sgr import parse_sgr  # noqa: PLC0415 - Rich's styles, that only lines with colours need

    return "".join(text for text, _ in parse_sgr(line))
