"""`flowtui flow-run logs`: print a run's log or a part of it, and follow it while it grows."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Final

from cyclopts import Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun, LogLine
from flowtui.engine.query_meaning import instant_of
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.follow import follow as follow_runs
from flowtui.tui.cli.log_lines import LinePrinter, Wanted, level_of
from flowtui.tui.cli.output import Output, print_json
from flowtui.tui.logs.facts import attempts_of, span_of_attempt

__all__ = [
    "Follow",
    "Head",
    "Level",
    "Number",
    "Reverse",
    "Search",
    "Since",
    "Tail",
    "check_part",
    "logs",
    "print_log",
    "wanted_of",
]

_FEW: Final = 20
_PAGE: Final = 1_000

Head = Annotated[bool, Parameter(negative="", help="Only the first lines.")]
Tail = Annotated[bool, Parameter(name=["--tail", "-t"], negative="", help="Only the last lines.")]
Number = Annotated[
    int | None,
    Parameter(
        name=["--num-logs", "-n"],
        help="How many lines --head or --tail show: 20, unless given. Alone it means the last ones.",
    ),
]
Reverse = Annotated[bool, Parameter(name=["--reverse", "-r"], negative="", help="The newest line first.")]
Follow = Annotated[
    bool, Parameter(name=["--follow", "-f"], negative="", help="Go on printing until the run has ended.")
]
Level = Annotated[
    str | None, Parameter(help="Only lines of this level or above: debug, info, warning, error, critical.")
]
Since = Annotated[str | None, Parameter(help="Only lines since then: 10m (ago), today, 2026-11-19T14:00.")]
Search = Annotated[str | None, Parameter(help="Only lines with this text.")]


def logs(  # noqa: PLR0913 - one parameter for each option
    run: str,
    /,
    *,
    head: Head = False,
    tail: Tail = False,
    number: Number = None,
    reverse: Reverse = False,
    follow: Follow = False,
    level: Level = None,
    since: Since = None,
    search: Search = None,
    task: str | None = None,
    task_attempt: int | None = None,
    attempt: str | None = None,
    output: Output = "table",
) -> int:
    """Print the log of a flow run.

    Parameters
    ----------
    run
        Its id, the beginning of its id, or its name.
    task
        Only lines of this task run, by its id, or its name with * for any part.
    task_attempt
        Only lines of tasks that are of this attempt of their task run, from 1.
    attempt
        Only lines of this attempt of the flow run, from 1.
    """
    check_part(head=head, tail=tail, number=number, reverse=reverse, follow=follow)
    if follow and attempt is not None:
        raise UsageError("--attempt picks lines that are there; --follow waits for more. Give one of them.")
    wanted = wanted_of(level, since, search, task, task_attempt)
    client = current_client()
    found = find_flow_run(client, run)
    if attempt is not None:
        wanted = wanted.within(*span_of_attempt(attempt, attempts_of(client.flow_run_states(found.id))))
    return print_log(
        client,
        found,
        wanted,
        head=head,
        tail=tail,
        number=number,
        reverse=reverse,
        follow=follow,
        output=output,
    )


def check_part(*, head: bool, tail: bool, number: int | None, reverse: bool, follow: bool) -> None:
    """Raise `UsageError` for options that do not fit each other."""
    if head and tail:
        raise UsageError("Give --head or --tail, not both.")
    if number is not None and number < 1:
        raise UsageError(f"-n is {number}; show at least one line.")
    if follow and (head or reverse):
        raise UsageError("--follow goes on at the end of the log; --head and --reverse do not fit it.")


def wanted_of(
    level: str | None, since: str | None, search: str | None, task: str | None, task_attempt: int | None = None
) -> Wanted:
    """Which lines the options ask for. Raises `UsageError`."""
    if task_attempt is not None and task_attempt < 1:
        raise UsageError(f"There is no attempt {task_attempt}; attempts count from 1.")
    return Wanted(
        level=level_of(level) if level is not None else 0,
        since=instant_of(since, utc_now()) if since is not None else None,
        search=search or "",
        task=task or "",
        task_attempt=task_attempt,
    )


def print_log(
    client: Client,
    run: FlowRun,
    wanted: Wanted,
    *,
    head: bool,
    tail: bool,
    number: int | None,
    reverse: bool,
    follow: bool,
    output: str,
) -> int:
    """Print the wanted lines of a run's log; answers with an exit code."""
    count = number or (_FEW if head or tail else None)
    printer = LinePrinter(client, run, lines_of_json=follow and output == "json")
    if follow:
        _follow(client, run, wanted, printer, count)
        return 0
    lines = _part(client, run, wanted, printer, count, head=head, reverse=reverse)
    if output == "json":
        print_json([wire.log_json(line) for line in lines])
    else:
        printer.print(lines)
    return 0


def _part(
    client: Client, run: FlowRun, wanted: Wanted, printer: LinePrinter, count: int | None, *, head: bool, reverse: bool
) -> Iterator[LogLine]:
    """The lines to print, in the order in which they are printed."""
    if head or (count is None and not reverse):
        first = islice((line for line in _forward(client, run.id) if wanted.lets(line, printer)), count)
        return reversed(list(first)) if reverse else first
    last = islice((line for line in _backward(client, run.id) if wanted.lets(line, printer)), count)
    return last if reverse else reversed(list(last))


def _forward(client: Client, run_id: str) -> Iterator[LogLine]:
    """The log from its beginning, a page at a time."""
    line = 0
    while (page := client.read_logs(run_id, start=line, limit=_PAGE)).lines:
        yield from page.lines
        line = page.start + len(page.lines)


def _backward(client: Client, run_id: str) -> Iterator[LogLine]:
    """The log from its end, a page at a time."""
    end = client.read_logs(run_id, start=-1, limit=1).total
    while end > 0:
        start = max(end - _PAGE, 0)
        yield from reversed(client.read_logs(run_id, start=start, limit=end - start).lines)
        end = start


def _follow(client: Client, run: FlowRun, wanted: Wanted, printer: LinePrinter, count: int | None) -> None:
    """The last `count` lines that are wanted (all, without), then what comes."""
    start = 0
    if count is not None:
        start = client.read_logs(run.id, start=-1, limit=1).total
        printer.print(_part(client, run, wanted, printer, count, head=False, reverse=False))
    for news in follow_runs(client, [run], start=start):
        printer.print(line for line in news.lines if wanted.lets(line, printer))
