"""Between rows and values: the only place that knows how a column is written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, overload

import orjson

from flowtui.engine.amendments import amendments_of_json
from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.model import Change, FlowRun, RunStats, TaskRun
from flowtui.engine.provenance import provenance_of_json
from flowtui.engine.states import NO_DATA, State, StateType

if TYPE_CHECKING:
    from types import SimpleNamespace

    import sqlalchemy as sa

__all__ = [
    "EVENT_COLUMNS",
    "TASK_RUN_COLUMNS",
    "change_of",
    "dump",
    "event_row",
    "event_state",
    "event_values",
    "flow_run_of",
    "instant",
    "load",
    "micros",
    "short",
    "state_of",
    "state_row",
    "task_run_of",
    "task_run_row",
    "writable",
]

EVENT_COLUMNS: Final = "id, kind, subject_id, flow_run_id, name, state_type, occurred, body"
TASK_RUN_COLUMNS: Final = (
    "id, flow_run_id, name, task_key, dynamic_key, "
    "state_id, state_type, state_name, state_message, state_details, state_at, "
    "tags, run_count, flow_run_run_count, expected_start, start_time, end_time, total_run_time, "
    "cache_key, input_key, task_inputs, result, child_flow_run_id, epoch, created"
)
_LONGEST_NAME = 1_000
"""Characters of a name that are kept. PostgreSQL indexes no more than 2,700 bytes."""


def dump(value: Any) -> str:
    """JSON text. Raises `TypeError` for what no JSON can hold."""
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:  # most likely a lone surrogate
        return orjson.dumps(_writable_json(value), default=str).decode()


def _writable_json(value: Any) -> Any:
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, Mapping):
        return {_writable_json(key): _writable_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_writable_json(item) for item in value]
    return value


def load(text: str | None) -> Any:
    return {} if text is None else orjson.loads(text)


def micros(value: datetime | None) -> int | None:
    return None if value is None else to_micros(value)


def instant(value: int | None) -> datetime | None:
    return None if value is None else from_micros(value)


@overload
def writable(text: str) -> str: ...
@overload
def writable(text: None) -> None: ...
def writable(text: str | None) -> str | None:
    """The text with those characters spelled out that not every database can hold: NUL, and lone surrogates, which come
    from undecodable file names."""
    if text is None:
        return None
    if text.isascii() and "\0" not in text:
        return text
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    return text.encode("utf-8", "backslashreplace").decode()


def short(text: str) -> str:
    """A name that fits into an index: writable, and cut with a mark when it is very long."""
    if text.isascii() and "\0" not in text and len(text) <= _LONGEST_NAME:
        return text
    if len(text) > _LONGEST_NAME:
        text = f"{text[:_LONGEST_NAME]}… ({len(text) - _LONGEST_NAME} characters cut)"
    return writable(text)


def state_row(state: State) -> dict[str, Any]:
    """The state columns of a run."""
    return {
        "state_id": state.id,
        "state_type": state.type.value,
        "state_name": short(state.name),
        "state_message": writable(state.message),
        "state_details": dump(state.details) if state.details else None,
        "state_at": to_micros(state.timestamp),
    }


def state_of(row: "sa.Row[Any] | SimpleNamespace") -> State:
    return State(
        type=StateType(row.state_type),
        name=row.state_name,
        message=row.state_message,
        timestamp=from_micros(row.state_at),
        id=row.state_id,
        details=load(row.state_details),
        data=NO_DATA,
    )


def flow_run_of(row: "sa.Row[Any] | SimpleNamespace") -> FlowRun:
    """A row of `queries.flow_runs()`: the run joined with its flow, deployment, queue entry and counters."""
    return FlowRun(
        id=row.id,
        name=row.name,
        flow_id=row.flow_id,
        flow_name=row.flow_name,
        state=state_of(row),
        created=from_micros(row.created),
        updated=from_micros(row.updated),
        parameters=load(row.parameters),
        tags=tuple(orjson.loads(row.tags)),
        deployment_id=row.deployment_id,
        deployment_name=row.deployment_name,
        work_pool_name=row.work_pool_name,
        work_queue_name=row.work_queue_name,
        parent_task_run_id=row.parent_task_run_id,
        run_count=row.run_count,
        expected_start_time=instant(row.expected_start),
        start_time=instant(row.start_time),
        end_time=instant(row.end_time),
        total_run_time=row.total_run_time / 1_000_000,
        auto_scheduled=bool(row.auto_scheduled),
        idempotency_key=row.idempotency_key,
        created_by=row.created_by,
        result=row.result,
        infrastructure_pid=row.infrastructure_pid,
        worker_name=row.worker_name,
        flow_version=row.flow_version,
        deployment_version=row.deployment_version,
        provenance=None if row.provenance is None else provenance_of_json(load(row.provenance)),
        amendments=None if row.amendments is None else amendments_of_json(load(row.amendments)),
        job_variables=load(row.job_variables),
        retries=row.retries,
        retry_delay_seconds=row.retry_delay / 1_000_000,
        epoch=row.epoch,
        owner=row.owner,
        lease_until=instant(row.lease_until),
        stats=RunStats(
            tasks=row.tasks or 0,
            done=row.done or 0,
            failed=row.failed or 0,
            warnings=row.warnings or 0,
            errors=row.errors or 0,
            lines=row.lines or 0,
        ),
    )


def task_run_row(run: TaskRun) -> tuple[Any, ...]:
    """The values of `TASK_RUN_COLUMNS`: a tuple, because one is made for each task."""
    state, expected, started, ended = run.state, run.expected_start_time, run.start_time, run.end_time
    return (
        run.id,
        run.flow_run_id,
        short(run.name),
        writable(run.task_key),
        writable(run.dynamic_key),
        state.id,
        state.type.value,
        short(state.name),
        writable(state.message),
        dump(state.details) if state.details else None,
        to_micros(state.timestamp),
        dump(run.tags) if run.tags else "[]",
        run.run_count,
        run.flow_run_run_count,
        None if expected is None else to_micros(expected),
        None if started is None else to_micros(started),
        None if ended is None else to_micros(ended),
        int(run.total_run_time * 1_000_000),
        writable(run.cache_key),
        run.input_key,
        dump(run.task_inputs) if run.task_inputs else "{}",
        run.result,
        run.child_flow_run_id,
        run.epoch,
        to_micros(run.created),
    )


def task_run_of(row: Sequence[Any]) -> TaskRun:
    """The task run of a row of `TASK_RUN_COLUMNS`. By place: asking a row for each column by its name takes as long as
    all else, and a run may have ten thousand tasks."""
    (
        run_id,
        flow_run_id,
        name,
        task_key,
        dynamic_key,
        state_id,
        state_type,
        state_name,
        message,
        details,
        state_at,
        tags,
        run_count,
        flow_run_run_count,
        expected,
        started,
        ended,
        total_run_time,
        cache_key,
        input_key,
        task_inputs,
        result,
        child_flow_run_id,
        epoch,
        created,
    ) = row
    state = State(
        type=StateType(state_type),
        name=state_name,
        message=message,
        timestamp=from_micros(state_at),
        id=state_id,
        details=load(details),
        data=NO_DATA,
    )
    return TaskRun(
        id=run_id,
        name=name,
        task_key=task_key,
        dynamic_key=dynamic_key,
        state=state,
        created=from_micros(created),
        flow_run_id=flow_run_id,
        tags=() if tags == "[]" else tuple(orjson.loads(tags)),
        run_count=run_count,
        flow_run_run_count=flow_run_run_count,
        expected_start_time=None if expected is None else from_micros(expected),
        start_time=None if started is None else from_micros(started),
        end_time=None if ended is None else from_micros(ended),
        total_run_time=total_run_time / 1_000_000,
        cache_key=cache_key,
        input_key=input_key,
        task_inputs=load(task_inputs),
        result=result,
        child_flow_run_id=child_flow_run_id,
        epoch=epoch,
    )


def event_values(kind: str, subject_id: str, state: State, flow_run_id: str | None) -> tuple[Any, ...]:
    """A transition, as the event table keeps it: the values of `EVENT_COLUMNS`."""
    message, details = state.message, state.details
    body = None
    if message is not None or details:
        body = dump(
            {
                **({} if message is None else {"message": writable(message)}),
                **({"details": details} if details else {}),
            }
        )
    return (
        state.id,
        kind,
        subject_id,
        flow_run_id,
        short(state.name),
        state.type.value,
        to_micros(state.timestamp),
        body,
    )


def event_row(kind: str, subject_id: str, state: State, flow_run_id: str | None) -> dict[str, Any]:
    """A transition as a row by column."""
    values = event_values(kind, subject_id, state, flow_run_id)
    return dict(zip(EVENT_COLUMNS.split(", "), values, strict=True))


def event_state(row: "sa.Row[Any]") -> State:
    """The state that a transition's event recorded."""
    body = load(row.body)
    return State(
        type=StateType(row.state_type),
        name=row.name,
        message=body.get("message"),
        timestamp=from_micros(row.occurred),
        id=row.id,
        details=body.get("details", {}),
    )


def change_of(row: "sa.Row[Any]") -> Change:
    body: Mapping[str, Any] = load(row.body)
    if row.state_type is not None:
        body = {"id": row.id, "type": row.state_type, "name": row.name, **body}
    return Change(
        seq=row.seq,
        kind=row.kind,
        subject_id=row.subject_id,
        name=row.name,
        occurred=from_micros(row.occurred),
        flow_run_id=row.flow_run_id,
        body=body,
    )
