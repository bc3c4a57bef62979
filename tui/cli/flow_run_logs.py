"""`flowtui flow-run logs`: print a run's log, and follow it while it grows."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun, LogLine, TaskRunFilter
from flowtui.tui import formats
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.output import Output, clean, console, narrate, print_json

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["follow_run", "logs"]

_FEW = 20
_PAGE = 1_000
_LOOK_EVERY = 1.0
"""Seconds to wait at most for news that the store has not announced."""
_LAST_WORDS = 0.2
"""Seconds to listen after a run has ended: four times what a line may wait to be written with others."""
_LEVELS = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_STYLES = {10: "dim", 30: "yellow", 40: "red", 50: "bold red"}


def logs(
    run: str,
    /,
    *,
    head: Annotated[bool, Parameter(negative="")] = False,
    tail: Annotated[bool, Parameter(name=["--tail", "-t"], negative="")] = False,
    number: Annotated[int | None, Parameter(name=["--num-logs", "-n"])] = None,
    reverse: Annotated[bool, Parameter(name=["--reverse", "-r"], negative="")] = False,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative="")] = False,
    output: Output = "table",
) -> int:
    """Print the log of a flow run.

    Parameters
    ----------
    run
        Its id, the beginning of its id, or its name.
    head
        Only the first lines.
    tail
        Only the last lines.
    number
        How many lines --head or --tail show: 20, unless given. Alone it means the last ones.
    reverse
        The newest line first.
    follow
        Go on printing until the run has ended.
    """
    if head and tail:
        raise UsageError("Give --head or --tail, not both.")
    if number is not None and number < 1:
        raise UsageError(f"-n is {number}; show at least one line.")
    if follow and (head or reverse):
        raise UsageError("--follow goes on at the end of the log; --head and --reverse do not fit it.")
    client = current_client()
    found = find_flow_run(client, run)
    count = number or (_FEW if head or tail else None)
    start = -count if count and not head else 0
    printer = _Printer(client, found, lines_of_json=follow and output == "json")
    if follow:
        _follow(client, found, printer, start)
        return 0
    lines = _lines(client, found.id, start, count if head else None)
    if output == "json":
        every = list(lines)
        print_json([wire.log_json(line) for line in (reversed(every) if reverse else every)])
    else:
        printer.print(reversed(list(lines)) if reverse else lines)
    return 0


def follow_run(client: Client, run: FlowRun, deadline: float | None = None) -> FlowRun:
    """Print the log of a run on stderr until it has ended, or until `deadline` (monotonic); the run as it is then."""
    return _follow(client, run, _Printer(client, run, narrated=True), 0, deadline)


def _lines(client: Client, run_id: str, start: int, most: int | None) -> Iterator[LogLine]:
    page = client.read_logs(run_id, start=start, limit=min(most or _PAGE, _PAGE))
    while page.lines:
        yield from page.lines
        if most is not None:
            most -= len(page.lines)
            if most <= 0:
                return
        page = client.read_logs(run_id, start=page.start + len(page.lines), limit=min(most or _PAGE, _PAGE))


def _follow(client: Client, run: FlowRun, printer: "_Printer", start: int, deadline: float | None = None) -> FlowRun:
    """Print what is there, then what comes, until the run has ended and nothing more comes."""
    seen, line, ended = 0, start, False
    while True:
        now = client.read_flow_run(run.id)
        first = line
        while (page := client.read_logs(run.id, start=line, limit=_PAGE)).lines:
            printer.print(page.lines)
            line = page.start + len(page.lines)
        line = max(line, page.start)
        left = _LOOK_EVERY if deadline is None else min(_LOOK_EVERY, deadline - time.monotonic())
        if left <= 0 or (ended and line == first):
            return now
        # The line that says how a run ended is written after its state: be there for it.
        ended = now.state.is_final()
        seen = client.wait(seen, min(left, _LAST_WORDS) if ended else left)


class _Printer:
    """Prints lines in the shape that every run prints."""

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
        if line.task_run_id not in self.tasks:
            self._learn(line.task_run_id)
        return f"Task run {self.tasks[line.task_run_id]!r}"

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
