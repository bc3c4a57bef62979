"""`flowtui task-run`: list and inspect task runs."""

from typing import Annotated

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.model import TaskRun, TaskRunFilter
from flowtui.engine.query_meaning import kind_of
from flowtui.engine.results.previews import result_text
from flowtui.tui import formats
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.flow_run_logs import (
    Follow,
    Head,
    Level,
    Number,
    Reverse,
    Search,
    Since,
    Tail,
    check_part,
    print_log,
    wanted_of,
)
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table, state_cell

__all__ = ["app"]

app = App(name="task-run", help="List and inspect task runs, and print their logs.")
app.command("flowtui.tui.cli.why:task_run", name="why", help="Say what a task run waits for.")

_COLUMNS = (
    Column("STATE"),
    Column("TASK RUN"),
    Column("STARTED", right=True),
    Column("DURATION", right=True),
    Column("ATTEMPTS", right=True),
    Column("ID", wide_only=90),
)


@app.command
def ls(
    flow_run: str | None = None,
    /,
    *,
    limit: int = 15,
    state_type: Annotated[list[str] | None, Parameter(negative="")] = None,
    name: str | None = None,
    after: str | None = None,
    output: Output = "table",
) -> int:
    """List task runs: those of one flow run in the order in which they were made, or the newest of all.

    Parameters
    ----------
    flow_run
        The flow run's id, the beginning of its id, or its name.
    limit
        How many to show.
    state_type
        Only task runs in a state of this kind, such as FAILED.
    name
        Part of the task run's name.
    after
        Where the list before ended, as it said itself.
    """
    if limit < 1:
        raise UsageError(f"--limit is {limit}; show at least one task run.")
    client = current_client()
    kinds = tuple(map(kind_of, state_type or ()))
    run_id = find_flow_run(client, flow_run).id if flow_run is not None else None
    where = TaskRunFilter(flow_run_id=run_id, state_types=kinds, name=name)
    found: list[TaskRun] = []
    while True:
        page = client.list_task_runs(where, limit=min(limit - len(found), 200), after=after)
        found += page.items
        after = page.next
        if after is None or len(found) == limit:
            break
    if after is not None:
        narrate(f"There are more: --after {after}")
    if output == "json":
        print_json([wire.task_run_json(run) for run in found])
        return 0
    now = utc_now()
    rows = (
        (
            state_cell(run.state),
            run.name,
            f"{formats.ago(run.start_time, now)} ago" if run.start_time else "",
            formats.duration(run.elapsed(now)),
            str(run.run_count),
            Cell(run.id, "dim"),
        )
        for run in found
    )
    print_table(_COLUMNS, rows, empty="No task runs.")
    return 0


@app.command
def inspect(run: str, /, *, output: Output = "table") -> int:
    """Show everything about a task run.

    Parameters
    ----------
    run
        Its id.
    """
    client = current_client()
    found = _find(client, run)
    if output == "json":
        print_json(wire.task_run_json(found))
        return 0
    facts: list[tuple[str, Cell | str]] = [
        ("id", found.id),
        ("name", found.name),
        ("state", state_cell(found.state)),
        ("message", found.state.message or ""),
        ("flow run", found.flow_run_id or ""),
        ("started", wire.instant(found.start_time) or ""),
        ("ended", wire.instant(found.end_time) or ""),
        ("duration", formats.duration(found.elapsed(utc_now()))),
        ("attempts", str(found.run_count)),
        ("cache key", found.cache_key or ""),
        ("result", result_text(found.result, found.state.details) or ""),
    ]
    print_facts((name, value) for name, value in facts if value)
    states = client.task_run_states(found.id)
    rows = ((wire.instant(state.timestamp) or "", state_cell(state), state.message or "") for state in states)
    print()
    print_table((Column("SINCE"), Column("STATE"), Column("MESSAGE")), rows, empty="It has no history.")
    return 0


def _find(client: Client, run_id: str) -> TaskRun:
    try:
        return client.read_task_run(run_id)
    except NotFound as error:
        raise NotFound("task run", run_id, "List them with: flowtui task-run ls FLOW-RUN") from error


@app.command
def logs(
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
    attempt: int | None = None,
    output: Output = "table",
) -> int:
    """Print the log of a task run: its lines in the log of its flow run.

    Parameters
    ----------
    run
        Its id.
    attempt
        Only lines of this attempt of it, from 1.
    """
    check_part(head=head, tail=tail, number=number, reverse=reverse, follow=follow)
    client = current_client()
    found = _find(client, run)
    if found.flow_run_id is None:
        raise UsageError(f"Task run {found.name!r} ran outside any flow; its lines are not in the log of a flow run.")
    return print_log(
        client,
        client.read_flow_run(found.flow_run_id),
        wanted_of(level, since, search, found.id, attempt),
        head=head,
        tail=tail,
        number=number,
        reverse=reverse,
        follow=follow,
        output=output,
    )
