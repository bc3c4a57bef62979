"""`flowtui flow-run`: list, inspect, follow, cancel, pause, resume, retry and delete flow runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun, Slice
from flowtui.engine.query import Query, parse
from flowtui.engine.results.previews import result_text
from flowtui.tui import formats
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table, state_cell

__all__ = ["app"]

app = App(name="flow-run", help="List, inspect, follow, cancel and retry flow runs.")
app.command("flowtui.tui.cli.flow_run_changes:cancel", name="cancel", help="Stop flow runs, with all their processes.")
app.command("flowtui.tui.cli.flow_run_changes:restore", name="restore", help="Put runs back into the state before.")
app.command("flowtui.tui.cli.flow_run_changes:delete", name="delete", help="Forget flow runs with tasks and logs.")
app.command("flowtui.tui.cli.flow_run_changes:set_state", name="set-state", help="Put flow runs into a state.")
app.command("flowtui.tui.cli.flow_run_changes:tag", name="tag", help="Give flow runs tags, or take tags away.")
app.command("flowtui.tui.cli.flow_run_logs:logs", name="logs", help="Print the log of a flow run.")
app.command("flowtui.tui.cli.why:flow_run", name="why", help="Say what a flow run waits for, and what can be done.")
app.command("flowtui.tui.cli.flow_run_diff:diff", name="diff", help="Say what changed from one run to another.")
app.command("flowtui.tui.cli.flow_run_watch:watch", name="watch", help="Follow flow runs until they have ended.")
app.command("flowtui.tui.cli.flow_run_execute:execute", name="execute", help="Run an existing flow run here.")
app.command("flowtui.tui.cli.flow_run_retry:retry", name="retry", help="Run a finished flow run again.")
app.command("flowtui.tui.cli.flow_run_pauses:pause", name="pause", help="Have a running flow run wait.")
app.command("flowtui.tui.cli.flow_run_pauses:suspend", name="suspend", help="End the process of a run for a while.")
app.command("flowtui.tui.cli.flow_run_pauses:resume", name="resume", help="Let a paused or suspended run go on.")

_COLUMNS: Final[Mapping[str, Column]] = {
    "state": Column("STATE"),
    "flow": Column("FLOW"),
    "run": Column("RUN"),
    "started": Column("STARTED", right=True),
    "duration": Column("DURATION", right=True),
    "tasks": Column("TASKS", right=True),
    "id": Column("ID", wide_only=110),
    "deployment": Column("DEPLOYMENT"),
    "tags": Column("TAGS"),
    "attempts": Column("ATTEMPTS", right=True),
    "pool": Column("POOL"),
    "queue": Column("QUEUE"),
    "worker": Column("WORKER"),
    "parameters": Column("PARAMETERS"),
    "message": Column("MESSAGE"),
    "errors": Column("ERRORS", right=True),
    "due": Column("DUE"),
    "ended": Column("ENDED"),
}
"""What a list can show of a run; the first seven unless others are asked for."""
_USUAL: Final = tuple(_COLUMNS)[:7]
_PART: Final = 200
_MOST_PLANNED: Final = 1_000
"""How far into the future is looked for the soonest ones."""


@app.command
def ls(
    *query: str,
    limit: int = 15,
    state: Annotated[list[str] | None, Parameter(negative="")] = None,
    state_type: Annotated[list[str] | None, Parameter(negative="")] = None,
    flow_name: Annotated[list[str] | None, Parameter(negative="")] = None,
    columns: str | None = None,
    after: str | None = None,
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
    columns
        Which columns, with commas between; for example state,run,pool,worker,message.
    after
        Where the list before ended, as it said itself.
    """
    if limit < 1:
        raise UsageError(f"--limit is {limit}; show at least one run.")
    shown = _shown(columns)
    asked = _asked(query, state, state_type, flow_name)
    client = current_client()
    page = _first(client, asked, limit, after)
    if page.next is not None:
        narrate(f"There are more: --after {page.next}")
    if output == "json":
        print_json([wire.flow_run_json(run) for run in page.items])
        return 0
    now = utc_now()
    cells = (_cells(run, now) for run in page.items)
    rows = ([of_run[name] for name in shown] for of_run in cells)
    empty = "No flow run fits." if asked.terms else "No flow runs."
    print_table([_COLUMNS[name] for name in shown], rows, empty=empty)
    return 0


def _shown(text: str | None) -> tuple[str, ...]:
    """The names of the columns to show. Raises `UsageError`."""
    if text is None:
        return _USUAL
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    unknown = next((name for name in names if name not in _COLUMNS), None)
    if unknown is not None or not names:
        raise UsageError(f"There is no column {unknown or text!r}; there are {', '.join(_COLUMNS)}.")
    return names


def _cells(run: FlowRun, now: datetime) -> dict[str, Cell | str]:
    """What the columns show of a run."""
    return {
        "state": state_cell(run.state),
        "flow": run.flow_name,
        "run": run.name,
        "started": _started(run),
        "duration": formats.duration(run.elapsed(now)),
        "tasks": _tasks(run),
        "id": Cell(run.id, "dim"),
        "deployment": run.deployment_name or "",
        "tags": ", ".join(run.tags),
        "attempts": str(run.run_count),
        "pool": run.work_pool_name or "",
        "queue": run.work_queue_name or "",
        "worker": run.worker_name or "",
        "parameters": ", ".join(f"{name}={value!r}" for name, value in run.parameters.items()),
        "message": run.state.message or "",
        "errors": str(run.stats.errors or ""),
        "due": wire.instant(run.expected_start_time) or "",
        "ended": wire.instant(run.end_time) or "",
    }


def _asked(query: tuple[str, ...], states: list[str] | None, types: list[str] | None, flows: list[str] | None) -> Query:
    words = [*query, *(f"type:{kind}" for kind in types or ()), *(f'state:"{name}"' for name in states or ())]
    return parse(" ".join(words)) & Query.of(flows=flows or ())


def _first(client: Client, query: Query, limit: int, after: str | None) -> Slice[FlowRun]:
    """What is due or past, newest first, then what is planned: a busy schedule must not push all else off the list.

    A query that speaks of states, or of what is due, is taken at its word.
    """
    now = utc_now()
    if query.looks_ahead(now):
        return _page(client, query, limit, after)
    past = _page(client, query & Query.of(until=now), limit, after)
    if len(past.items) == limit or after is not None:
        return past
    planned = _page(client, query & Query.of(since=now), _MOST_PLANNED, None).items
    soonest = sorted(planned, key=lambda run: run.started_or_due)[: limit - len(past.items)]
    return Slice(items=(*past.items, *soonest))


def _page(client: Client, query: Query, limit: int, after: str | None) -> Slice[FlowRun]:
    """One page, however long."""
    found: list[FlowRun] = []
    while True:
        part = client.list_flow_runs(query, limit=min(limit - len(found), _PART), after=after)
        found += part.items
        after = part.next
        if after is None or len(found) == limit:
            return Slice(items=tuple(found), next=after)


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
    blocks = client.flow_run_blocks(found.id)
    if output == "json":
        print_json({**wire.flow_run_json(found), "blocks": [wire.block_use_json(use) for use in blocks]})
        return 0
    now = utc_now()
    facts: list[tuple[str, Cell | str]] = [
        ("id", found.id),
        ("name", found.name),
        ("flow", found.flow_name),
        ("state", state_cell(found.state)),
        ("message", found.state.message or ""),
        ("deployment", found.deployment_name or ""),
        ("work pool", " / ".join(filter(None, (found.work_pool_name, found.work_queue_name)))),
        ("worker", found.worker_name or ""),
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
        *_ran_with(client, found),
        ("edited", ", ".join(_edited(client, found))),
        ("blocks", ", ".join(use.reference for use in blocks)),
    ]
    print_facts((name, value) for name, value in facts if value)
    states = client.flow_run_states(found.id)
    rows = ((wire.instant(state.timestamp) or "", state_cell(state), state.message or "") for state in states)
    print()
    print_table((Column("SINCE"), Column("STATE"), Column("MESSAGE")), rows, empty="It has no history.")
    return 0


def _ran_with(client: Client, run: FlowRun) -> list[tuple[str, Cell | str]]:
    """The code and the packages of its last attempt."""
    known = run.provenance
    if known is None:
        return []
    commit = f"{known.commit}{' and changes' if known.dirty else ''}" if known.commit else ""
    return [
        ("commit", f"{commit} on {known.branch}" if commit and known.branch else commit),
        ("code", f"{known.entrypoint} in {known.root}" if known.entrypoint else ""),
        ("versions", f"Python {known.python}, flowtui {known.flowtui}"),
        ("packages", f"{len(client.read_environment(known.environment).packages)}" if known.environment else ""),
    ]


def _edited(client: Client, run: FlowRun) -> list[str]:
    """What people have changed in it to retry it."""
    known = run.amendments
    if known is None:
        return []
    parameters = [f"{name} (was {value!r})" for name, value in known.parameters.items()]
    inputs = [
        f"{client.read_task_run(task).name}.{name}={value!r}"
        for task, values in known.inputs.items()
        for name, value in values.items()
    ]
    return [*parameters, *inputs]
