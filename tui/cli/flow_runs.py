"""`flowtui flow-run`: list, inspect, follow, cancel, pause, resume, retry and delete flow runs."""

from itertools import islice
from typing import Annotated

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query, parse
from flowtui.engine.results.previews import result_text
from flowtui.engine.states import Cancelling
from flowtui.tui import formats
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table, state_cell
from flowtui.tui.cli.pages import every

__all__ = ["app"]

app = App(name="flow-run", help="List, inspect, follow, cancel and retry flow runs.")
app.command("flowtui.tui.cli.flow_run_logs:logs", name="logs", help="Print the log of a flow run.")
app.command("flowtui.tui.cli.why:flow_run", name="why", help="Say what a flow run waits for, and what can be done.")
app.command("flowtui.tui.cli.flow_run_retry:retry", name="retry", help="Run a finished flow run again.")
app.command("flowtui.tui.cli.flow_run_pauses:pause", name="pause", help="Have a running flow run wait.")
app.command("flowtui.tui.cli.flow_run_pauses:suspend", name="suspend", help="End the process of a run for a while.")
app.command("flowtui.tui.cli.flow_run_pauses:resume", name="resume", help="Let a paused or suspended run go on.")

_COLUMNS = (
    Column("STATE"),
    Column("FLOW"),
    Column("RUN"),
    Column("STARTED", right=True),
    Column("DURATION", right=True),
    Column("TASKS", right=True),
    Column("ID", wide_only=110),
)
_MOST_PLANNED = 1_000
"""How far into the future is looked for the soonest ones."""


@app.command
def ls(
    *query: str,
    limit: int = 15,
    state: Annotated[list[str] | None, Parameter(negative="")] = None,
    state_type: Annotated[list[str] | None, Parameter(negative="")] = None,
    flow_name: Annotated[list[str] | None, Parameter(negative="")] = None,
    output: Output = "table",
) -> int:
    """List flow runs, newest first; after them what is planned for later, soonest first.

    Parameters
    ----------
    query
        A filter such as: state:failed,running flow:etl* since:24h tag:prod text
    limit
        How many to show.
    state
        Only runs in a state of this name, such as Late.
    state_type
        Only runs in a state of this kind, such as FAILED.
    flow_name
        Only runs of this flow; * stands for any part.
    """
    if limit < 1:
        raise UsageError(f"--limit is {limit}; show at least one run.")
    asked = _asked(query, state, state_type, flow_name)
    client = current_client()
    runs = _first(client, asked, limit)
    if output == "json":
        print_json([wire.flow_run_json(run) for run in runs])
        return 0
    now = utc_now()
    rows = (
        (
            state_cell(run.state),
            run.flow_name,
            run.name,
            _started(run),
            formats.duration(run.elapsed(now)),
            _tasks(run),
            Cell(run.id, "dim"),
        )
        for run in runs
    )
    print_table(_COLUMNS, rows, empty="No flow run fits." if asked.terms else "No flow runs.")
    return 0


def _asked(query: tuple[str, ...], states: list[str] | None, types: list[str] | None, flows: list[str] | None) -> Query:
    words = [*query, *(f"type:{kind}" for kind in types or ()), *(f'state:"{name}"' for name in states or ())]
    return parse(" ".join(words)) & Query.of(flows=flows or ())


def _first(client: Client, query: Query, limit: int) -> list[FlowRun]:
    """What is due or past, newest first, then what is planned: a busy schedule must not push all else off the list.

    A query that speaks of states, or of what is due, is taken at its word.
    """
    now = utc_now()
    if query.looks_ahead(now):
        return _page(client, query, limit)
    runs = _page(client, query & Query.of(until=now), limit)
    if len(runs) < limit:
        planned = _page(client, query & Query.of(since=now), _MOST_PLANNED)
        runs += sorted(planned, key=lambda run: run.started_or_due)[: limit - len(runs)]
    return runs


def _page(client: Client, query: Query, limit: int) -> list[FlowRun]:
    size = min(limit, 200)
    return list(islice(every(lambda after: client.list_flow_runs(query, limit=size, after=after)), limit))


def _started(run: FlowRun) -> str:
    if run.start_time is None and run.state.is_scheduled():
        return formats.until(run.started_or_due, utc_now())
    return f"{formats.ago(run.started_or_due, utc_now())} ago"


def _tasks(run: FlowRun) -> str:
    return f"{run.stats.done}/{run.stats.tasks}" if run.stats.tasks else ""


@app.command
def inspect(run: str, /, *, output: Output = "table") -> int:
    """Show everything about a flow run.

    Parameters
    ----------
    run
        Its id, the beginning of its id, or its name.
    """
    client = current_client()
    found = find_flow_run(client, run)
    if output == "json":
        print_json(wire.flow_run_json(found))
        return 0
    now = utc_now()
    print_facts(
        (name, value)
        for name, value in (
            ("id", found.id),
            ("name", found.name),
            ("flow", found.flow_name),
            ("state", state_cell(found.state)),
            ("message", found.state.message or ""),
            ("deployment", found.deployment_name or ""),
            ("parameters", ", ".join(f"{name}={value!r}" for name, value in found.parameters.items())),
            ("tags", ", ".join(found.tags)),
            ("due", wire.instant(found.expected_start_time) or ""),
            ("started", wire.instant(found.start_time) or ""),
            ("ended", wire.instant(found.end_time) or ""),
            ("duration", formats.duration(found.elapsed(now))),
            ("attempts", str(found.run_count)),
            ("tasks", _tasks(found)),
            ("result", result_text(found.result, found.state.details) or ""),
            ("process", found.infrastructure_pid or ""),
        )
        if value
    )
    states = client.flow_run_states(found.id)
    rows = ((wire.instant(state.timestamp) or "", state_cell(state), state.message or "") for state in states)
    print()
    print_table((Column("SINCE"), Column("STATE"), Column("MESSAGE")), rows, empty="It has no history.")
    return 0


@app.command
def cancel(run: str, /, *, output: Output = "table") -> int:
    """Stop a flow run, with all its processes.

    Parameters
    ----------
    run
        Its id, the beginning of its id, or its name.
    """
    client = current_client()
    found = find_flow_run(client, run)
    if found.state.is_final():
        raise UsageError(f"Flow run {found.name!r} has ended already: it is {found.state.name}.")
    answer = client.set_flow_run_state(found.id, Cancelling(message="Cancelled from the command line."))
    if output == "json":
        print_json(wire.flow_run_json(client.read_flow_run(found.id)))
    if answer.status != "ACCEPT" and not (answer.state.is_cancelling() or answer.state.is_cancelled()):
        narrate(f"flowtui: Flow run {found.name!r} is {answer.state.name} and was not cancelled: {answer.reason}")
        return 1
    words = "has been cancelled" if answer.state.is_cancelled() else "is being cancelled"
    narrate(f"Flow run {found.name!r} {words}.")
    return 0


@app.command
def delete(run: str, /, *, yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False) -> int:
    """Forget a flow run with its tasks and logs.

    Parameters
    ----------
    run
        Its id, the beginning of its id, or its name.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = find_flow_run(client, run)
    if not yes and not confirmed(f"Delete flow run {found.name!r} ({found.state.name}) with its tasks and logs?"):
        return 1
    client.delete_flow_run(found.id)
    narrate(f"Flow run {found.name!r} is deleted.")
    return 0
