"""What the tabs of a run hand on to commands, SQL and files: its tasks, results, states, artifacts, events. Pure.
Rows are made when they are read: whether there are any is asked each time that the bar of keys is drawn."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from flowtui.engine.model import Change, FlowRun, TaskRun
from flowtui.engine.results.previews import result_text
from flowtui.engine.shared import ArtifactRecord
from flowtui.engine.shared_wire import artifact_json
from flowtui.engine.states import State
from flowtui.engine.wire import instant, state_json, task_run_json
from flowtui.tui.formats import count
from flowtui.tui.logs.facts import RunFacts
from flowtui.tui.piping.records import Records, Row
from flowtui.tui.run.artifact_lines import table_of

__all__ = [
    "records_of_artifacts",
    "records_of_events",
    "records_of_parameters",
    "records_of_results",
    "records_of_states",
    "records_of_table",
    "records_of_tasks",
]

_TASK: Final = (
    "id", "name", "task_key", "state_type", "state_name", "message", "created", "start_time", "end_time",
    "total_run_time", "run_count", "tags", "task_inputs", "result", "flow_run_id", "child_flow_run_id",
)  # fmt: skip
_RESULT: Final = ("name", "task_run_id", "result", "kept")
_STATE: Final = ("id", "type", "name", "timestamp", "message", "state_details")
_ARTIFACT: Final = ("id", "type", "key", "description", "data", "created", "updated", "flow_run_id", "task_run_id")
_EVENT: Final = ("occurred", "kind", "subject_id", "subject", "event", "message")


def _records(
    run: FlowRun,
    number: int,
    noun: str,
    table: str,
    columns: Sequence[str],
    rows: Callable[[], Iterable[Row]],
    *,
    of: str = "",
) -> Records:
    """Records of one run, which are made when they are read."""

    async def read() -> AsyncIterator[Sequence[Row]]:
        yield list(rows())

    title = f"{count(number)} {noun if number == 1 else f'{noun}s'} of {of or run.name}"
    env = RunFacts(run.name, (run,)).env
    return Records(title=title, columns=tuple(columns), read=read, text=_text, table=table, env=env, count=number)


def _text(row: Row) -> str:
    """What of a row is short, side by side."""
    return "  ".join(str(value) for value in row.values() if value is not None and not isinstance(value, dict | list))


def records_of_tasks(run: FlowRun, tasks: Sequence[TaskRun]) -> Records:
    """Task runs, under the names of the wire."""

    def rows() -> Iterable[Row]:
        return ({**task_run_json(task), "message": task.state.message} for task in tasks)

    return _records(run, len(tasks), "task run", "tasks", _TASK, rows)


def records_of_parameters(run: FlowRun) -> Records:
    """One row: the parameters."""
    names = tuple(run.parameters)
    return _records(run, len(names), "parameter", "parameters", names, lambda: [dict(run.parameters)])


def records_of_results(run: FlowRun, tasks: Sequence[TaskRun]) -> Records:
    """What the run and its tasks gave: as JSON values where that was kept, else where it is kept."""

    def rows() -> Iterable[Row]:
        yield _result(run.name, None, run.result, run.state)
        yield from (_result(task.name, task.id, task.result, task.state) for task in tasks)

    return _records(run, len(tasks) + 1, "result", "results", _RESULT, rows)


def _result(name: str, task_run_id: str | None, result: str | None, state: State) -> Row:
    try:
        value = None if result is None else json.loads(result)
    except ValueError:
        value = result
    kept = result_text(None, state.details) if result is None else None
    return {"name": name, "task_run_id": task_run_id, "result": value, "kept": kept}


def records_of_states(run: FlowRun, states: Sequence[State]) -> Records:
    """The states of the run, oldest first."""
    return _records(run, len(states), "state", "states", _STATE, lambda: map(state_json, states))


def records_of_artifacts(run: FlowRun, artifacts: Sequence[ArtifactRecord]) -> Records:
    """The artifacts of the run, newest first."""
    return _records(run, len(artifacts), "artifact", "artifacts", _ARTIFACT, lambda: map(artifact_json, artifacts))


def records_of_table(run: FlowRun, artifact: ArtifactRecord) -> Records | None:
    """The rows of an artifact that is a table; None when it is none."""
    table = table_of(artifact) if artifact.type == "table" else None
    if table is None:
        return None
    columns, lines = table

    def rows() -> Iterable[Row]:
        return (dict(zip(columns, line, strict=False)) for line in lines)

    return _records(run, len(lines), "row", "rows", columns, rows, of=artifact.key or "")


def records_of_events(run: FlowRun, changes: Sequence[Change], names: Mapping[str, str]) -> Records:
    """What happened, in the order in which it is shown; `names` are those of what it happened to, by id."""
    return _records(run, len(changes), "event", "events", _EVENT, lambda: (_event(one, names) for one in changes))


def _event(change: Change, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "occurred": instant(change.occurred),
        "kind": change.kind,
        "subject_id": change.subject_id,
        "subject": names.get(change.subject_id),
        "event": change.name,
        "message": change.body.get("message"),
    }
