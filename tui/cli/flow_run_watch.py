"""`flowtui flow-run watch`: follow the states and lines of runs until they have ended; the exit code says how."""

import time
from collections.abc import Sequence
from typing import Annotated, Final

from cyclopts import Parameter

from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query
from flowtui.tui.cli.flow_run_bulk import meant
from flowtui.tui.cli.follow import follow
from flowtui.tui.cli.log_lines import LinePrinter
from flowtui.tui.cli.output import Output, narrate

__all__ = ["follow_run", "watch"]

_MOST: Final = 200
_RETRYABLE: Final = 3


def watch(
    *runs: str,
    timeout: float | None = None,
    lines: Annotated[bool, Parameter(name="--logs", negative="--no-logs")] = True,
    output: Output = "table",
) -> int:
    """Follow runs until they have ended. The exit code is 0 when all completed, 1 when one did not, 3 at the timeout.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'state:running flow:etl*'.
    timeout
        Stop watching after this many seconds. The runs go on.
    lines
        Print their log lines, too.
    """
    if timeout is not None and not timeout > 0:
        raise UsageError(f"--timeout is {timeout:g}; give seconds, more than 0.")
    client = current_client()
    batch = meant(client, runs)
    if len(batch.ids) > _MOST:
        raise UsageError(f"{len(batch.ids)} runs are meant, and {_MOST} can be watched at once; narrow the query.")
    if not batch.ids:
        narrate("No flow run fits.")
        return 0
    found = client.list_flow_runs(Query.of(ids=batch.ids), limit=_MOST).items
    deadline = None if timeout is None else time.monotonic() + timeout
    return _report(_watched(client, found, deadline, lines, output))


def _watched(
    client: Client, runs: Sequence[FlowRun], deadline: float | None, lines: bool, output: str
) -> dict[str, FlowRun]:
    """The runs as they are when nobody watches any more; what was deleted meanwhile is as it was last."""
    printers = {run.id: LinePrinter(client, run, lines_of_json=output == "json") for run in runs}
    last = {run.id: run for run in runs}
    for news in follow(client, runs, deadline=deadline):
        last[news.run.id], printer = news.run, printers[news.run.id]
        if lines and news.lines:
            printer.print(news.lines)
        for state in news.states:
            printer.print_state(state)
        if news.gone:
            narrate(f"Flow run {news.run.name!r} was deleted.")
    return last


def _report(runs: dict[str, FlowRun]) -> int:
    """Say how they ended; answers with the exit code."""
    open_runs = [run for run in runs.values() if not run.state.is_final()]
    bad = [run for run in runs.values() if run.state.is_final() and not run.state.is_completed()]
    if len(runs) == 1 and not open_runs:
        (run,) = runs.values()
        narrate(f"Flow run {run.name!r} ended in state {run.state}.")
    elif len(runs) > 1:
        good = len(runs) - len(bad) - len(open_runs)
        counts = ((good, "completed"), (len(bad), "did not"), (len(open_runs), "go on"))
        narrate(f"Of {len(runs)} flow runs {', '.join(f'{number} {word}' for number, word in counts if number)}.")
    for run in open_runs[:5]:
        narrate(f"Flow run {run.name!r} is still {run.state.name}; it goes on without being watched.")
    if open_runs:
        return _RETRYABLE
    return 1 if bad else 0


def follow_run(client: Client, run: FlowRun, deadline: float | None = None) -> FlowRun:
    """Print the log of a run on stderr until it has ended, or until `deadline` (monotonic); the run as it is then."""
    printer, last = LinePrinter(client, run, narrated=True), run
    for news in follow(client, [run], deadline=deadline):
        printer.print(news.lines)
        last = news.run
    return last
