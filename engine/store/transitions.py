"""Create flow runs and move them from state to state; everything a transition touches is written here."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.errors import NotFound, StaleEpoch, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import Answer, NewFlowRun
from flowtui.engine.orchestration.bookkeeping import Times, after
from flowtui.engine.orchestration.losses import CANCEL_GRACE
from flowtui.engine.orchestration.rules import Decision, Facts, decide
from flowtui.engine.pools import DEFAULT_QUEUE
from flowtui.engine.provenance import provenance_json
from flowtui.engine.states import TERMINAL, Cancelling, State
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import (
    dump,
    event_row,
    event_state,
    instant,
    micros,
    short,
    state_of,
    state_row,
    writable,
)
from flowtui.engine.store.slots import release_of_run
from flowtui.engine.store.tables import event, flow, flow_run, run_queue, run_stats, run_tally, task_queue, task_run

__all__ = ["create", "ensure_flow", "lock_run", "new_row", "propose", "set_process", "write_state"]

_HOUR = 3_600_000_000
_ENDS = [state.value for state in TERMINAL]

# Built once: building a statement costs more than running it.
_ROW = (
    sa.select(flow_run, run_queue.c.owner, run_queue.c.lease_until)
    .outerjoin(run_queue, run_queue.c.flow_run_id == flow_run.c.id)
    .where(flow_run.c.id == sa.bindparam("run_id"))
)
_LOCK = sa.select(flow_run.c.id).where(flow_run.c.id == sa.bindparam("run_id")).with_for_update()
_MOVE = sa.update(flow_run).where(flow_run.c.id == sa.bindparam("run_id"))
_FLOW_ID = sa.select(flow.c.id).where(flow.c.name == sa.bindparam("name"))
_LEAVE_QUEUE = sa.delete(run_queue).where(run_queue.c.flow_run_id == sa.bindparam("run_id"))


def ensure_flow(database: Database, connection: sa.Connection, name: str, now: int) -> str:
    """The id of the flow of that name, made when it is new."""
    name = short(name)
    known = connection.execute(_FLOW_ID, {"name": name}).scalar()
    if known is not None:
        return str(known)
    connection.execute(
        database.insert(flow).on_conflict_do_nothing(index_elements=["name"]),
        {"id": new_id(), "name": name, "created": now},
    )
    return str(connection.execute(sa.select(flow.c.id).where(flow.c.name == name)).scalar_one())


def create(database: Database, connection: sa.Connection, new: NewFlowRun) -> str:
    """Create a run and answer its id; the id of the first one when the idempotency key was used before."""
    now = database.now(connection)
    flow_id = ensure_flow(database, connection, new.flow_name, now)
    run_id = new.id or new_id()
    values = new_row(new, run_id, flow_id, now)
    if connection.execute(database.insert(flow_run).on_conflict_do_nothing(), values).rowcount == 0:
        return _same_key(connection, flow_id, writable(new.idempotency_key), run_id)
    owner = (new.lease.owner, now + int(new.lease.seconds * 1_000_000)) if new.lease else None
    place = (new.work_pool_name, values["work_queue_name"], new.deployment_id)
    _queue(database, connection, run_id, new.state, values["epoch"], place, owner)
    connection.execute(sa.insert(event), event_row("flow-run", run_id, new.state, run_id))
    if new.state.is_final():
        _tally(database, connection, new.state, +1)
    return run_id


def new_row(new: NewFlowRun, run_id: str, flow_id: str, now: int) -> dict[str, Any]:
    """The row of a run that is being created."""
    times = after(Times(), None, new.state)
    queue = new.work_queue_name if new.work_pool_name is None else new.work_queue_name or DEFAULT_QUEUE
    return {
        "id": run_id,
        "flow_id": flow_id,
        "deployment_id": new.deployment_id,
        "name": short(new.name),
        "parameters": dump(new.parameters),
        "tags": dump(sorted(set(new.tags))),
        **state_row(new.state),
        **_time_columns(times),
        "sort_time": to_micros(times.start or times.expected_start or new.state.timestamp),
        "parent_task_run_id": new.parent_task_run_id,
        "auto_scheduled": new.auto_scheduled,
        "idempotency_key": writable(new.idempotency_key),
        "schedule_id": new.schedule_id,
        "created_by": writable(new.created_by),
        "infrastructure_pid": new.infrastructure_pid,
        "work_pool_name": new.work_pool_name,
        "work_queue_name": queue,
        "flow_version": writable(new.flow_version),
        "deployment_version": writable(new.deployment_version),
        "environment": new.provenance.environment if new.provenance is not None else None,
        "provenance": dump(provenance_json(new.provenance)) if new.provenance is not None else None,
        "job_variables": dump(new.job_variables) if new.job_variables else None,
        "retries": new.retries,
        "retry_delay": int(new.retry_delay_seconds * 1_000_000),
        "epoch": 1 if new.lease else 0,
        "created": now,
        "updated": now,
    }


def _same_key(connection: sa.Connection, flow_id: str, key: str | None, run_id: str) -> str:
    """The run that was created first with this key. Raises `UsageError` when it is the id that was used before."""
    same = sa.select(flow_run.c.id).where(flow_run.c.flow_id == flow_id, flow_run.c.idempotency_key == key)
    first = connection.execute(same).scalar() if key is not None else None
    if first is None:
        raise UsageError(f"There is already a flow run {run_id}; create this one without an id.")
    return str(first)


def propose(
    database: Database,
    connection: sa.Connection,
    run_id: str,
    state: State,
    *,
    epoch: int | None,
    force: bool,
    result: str | None,
) -> Answer:
    """Ask the rules, and write what they say. Raises `NotFound` and `StaleEpoch`."""
    row = lock_run(database, connection, run_id)
    if epoch is not None and row.epoch != epoch:
        raise StaleEpoch(run_id, epoch, row.epoch)
    now = database.now(connection)
    old = state_of(row)
    facts = Facts(
        now=from_micros(now),
        owned=row.lease_until is not None and row.lease_until > now,
        by_owner=epoch is not None and row.owner is not None,
        can_restart=row.deployment_id is not None,
        is_subflow=row.parent_task_run_id is not None,
        passed_pauses=_passed_pauses(connection, run_id) if state.is_paused() else frozenset(),
    )
    decision = decide(old, state, facts, force=force)
    if decision.write is not None:
        # Whoever asks for a cancellation or a pause does not take the run from its owner, who has to heed it.
        keep_owner = facts.by_owner or facts.owned or decision.write.is_cancelling()
        write_state(database, connection, row, old, decision.write, keep_owner=keep_owner, result=result)
    return _answer(decision, old)


def _passed_pauses(connection: sa.Connection, run_id: str) -> frozenset[str]:
    """The keys of the pauses of this attempt: those since it last ended, or was last tried again."""
    own = sa.select(event).where(event.c.subject_id == run_id, event.c.kind == "flow-run")
    query = own.order_by(event.c.seq.desc())
    keys = set()
    for row in connection.execute(query).all():
        if row.state_type in _ENDS or row.name == "AwaitingRetry":
            break
        key = event_state(row).details.get("pause_key")
        if key is not None:
            keys.add(str(key))
    return frozenset(keys)


def _answer(decision: Decision, old: State) -> Answer:
    return Answer(
        status=decision.status,
        state=decision.write or old,
        reason=decision.reason,
        delay_seconds=decision.delay_seconds,
    )


def lock_run(database: Database, connection: sa.Connection, run_id: str) -> sa.Row[Any]:
    """The run and its ownership, held until the end of this transaction (SQLite holds the whole file already)."""
    if not database.is_sqlite:  # first: what was read while waiting for the lock would be what was before
        connection.execute(_LOCK, {"run_id": run_id})
    row = connection.execute(_ROW, {"run_id": run_id}).one_or_none()
    if row is None:
        raise NotFound("flow run", run_id, "List them with: flowtui flow-run ls")
    return row


def write_state(
    database: Database,
    connection: sa.Connection,
    row: sa.Row[Any],
    old: State,
    new: State,
    *,
    keep_owner: bool,
    result: str | None = None,
    epoch: int | None = None,
    owner: tuple[str, int] | None = None,
) -> None:
    """Move a run from one state to the next: its row, its queue entry, its event and the tally, in one transaction."""
    times = after(_times(row), old, new)
    if epoch is None:
        # Whoever had the run before may not take part in what it is now to do again.
        again = not new.is_final() and (old.is_final() or (row.owner is not None and not keep_owner))
        epoch = row.epoch + again
    values: dict[str, Any] = {
        **state_row(new),
        **_time_columns(times),
        "sort_time": to_micros(times.start or times.expected_start or new.timestamp),
        "epoch": epoch,
        "updated": to_micros(new.timestamp),
    }
    if result is not None:
        values["result"] = result
    connection.execute(_MOVE, {"run_id": row.id, **values})
    if owner is None and keep_owner and row.owner is not None:
        owner = (row.owner, row.lease_until)
    place = (row.work_pool_name, row.work_queue_name, row.deployment_id)
    _queue(database, connection, row.id, new, epoch, place, owner)
    connection.execute(sa.insert(event), event_row("flow-run", row.id, new, row.id))
    if row.parent_task_run_id is not None and row.deployment_id is not None:
        _show_in_parent(database, connection, row.parent_task_run_id, new)
    if new.is_cancelling() or new.is_cancelled():
        _cancel_its_runs_elsewhere(database, connection, row, new)
    if old.is_final():
        _tally(database, connection, old, -1)
    if new.is_final():
        _tally(database, connection, new, +1)
        release_of_run(connection, row.id)
        if new.is_crashed() or new.is_cancelled():
            _end_what_it_left_open(database, connection, row.id, new)


def _show_in_parent(database: Database, connection: sa.Connection, task_run_id: str, new: State) -> None:
    """The task run that stands for a run of a deployment in its caller's graph is as the run is, whoever runs it."""
    task = connection.execute(sa.select(task_run).where(task_run.c.id == task_run_id)).one_or_none()
    if task is None or task.state_type in _ENDS:
        return
    state = replace(new, id=new_id(), details={})
    at = to_micros(new.timestamp)
    values: dict[str, Any] = {**state_row(state)}
    if new.is_running():
        values |= {"run_count": task.run_count + 1, "start_time": task.start_time or at}
    if new.is_final():
        values |= {"end_time": at}
        bad = new.is_failed() or new.is_crashed()
        statement = database.increment(run_stats, ("done", "failed"))
        connection.execute(statement, {"flow_run_id": task.flow_run_id, "done": 1, "failed": int(bad)})
    connection.execute(sa.update(task_run).where(task_run.c.id == task_run_id).values(values))
    connection.execute(sa.insert(event), event_row("task-run", task_run_id, state, task.flow_run_id))


def _cancel_its_runs_elsewhere(database: Database, connection: sa.Connection, row: sa.Row[Any], new: State) -> None:
    """Runs of deployments that a run waits for are cancelled with it; whoever owns them ends them."""
    tasks = sa.select(task_run.c.id).where(task_run.c.flow_run_id == row.id)
    children = connection.execute(
        sa.select(flow_run.c.id).where(
            flow_run.c.parent_task_run_id.in_(tasks),
            flow_run.c.state_type.notin_(_ENDS),
            flow_run.c.deployment_id.isnot(None),
        )
    ).scalars()
    for child_id in children.all():
        message = f"Its parent run {row.name!r} is {'being ' if new.is_cancelling() else ''}cancelled."
        wanted = Cancelling(message=message)
        propose(database, connection, child_id, wanted, epoch=None, force=False, result=None)


def _end_what_it_left_open(database: Database, connection: sa.Connection, run_id: str, end: State) -> None:
    """No run is stuck: when a flow run was torn down, its task runs and subflows have ended with it."""
    left = connection.execute(
        sa.select(task_run).where(
            task_run.c.flow_run_id == run_id,
            task_run.c.state_type.notin_(_ENDS),
            task_run.c.id.notin_(sa.select(task_queue.c.task_run_id)),  # task workers run those, whatever becomes of it
        )
    ).all()
    message = f"Its flow run ended {end.name}."
    for row in left:
        state = replace(end, id=new_id(), message=message, details={})
        values = {**state_row(state), "end_time": to_micros(state.timestamp)}
        connection.execute(sa.update(task_run).where(task_run.c.id == row.id).values(values))
        connection.execute(sa.insert(event), event_row("task-run", row.id, state, run_id))
    if left:
        failed = len(left) if end.is_crashed() else 0
        statement = database.increment(run_stats, ("done", "failed"))
        connection.execute(statement, {"flow_run_id": run_id, "done": len(left), "failed": failed})
    tasks = sa.select(task_run.c.id).where(task_run.c.flow_run_id == run_id)
    children = connection.execute(
        sa.select(flow_run.c.id).where(
            flow_run.c.parent_task_run_id.in_(tasks),
            flow_run.c.state_type.notin_(_ENDS),
            flow_run.c.deployment_id.is_(None),
        )
    ).scalars()
    for child_id in children.all():
        row = lock_run(database, connection, child_id)
        state = replace(end, id=new_id(), message=f"Its parent run ended {end.name}.", details={})
        write_state(database, connection, row, state_of(row), state, keep_owner=False, epoch=row.epoch + 1)


def _queue(
    database: Database,
    connection: sa.Connection,
    run_id: str,
    state: State,
    epoch: int,
    place: tuple[str | None, str | None, str | None],
    owner: tuple[str, int] | None,
) -> None:
    """Keep the queue entry of a run in step with its state: none when it has ended.

    `place` is its pool, its queue and its deployment.
    """
    if state.is_final():
        connection.execute(_LEAVE_QUEUE, {"run_id": run_id})
        return
    values = {
        "pool": place[0],
        "queue": place[1],
        "deployment_id": place[2],
        "due": _due(database, connection, state),
        "state_type": state.type.value,
        "state_name": short(state.name),
        "epoch": epoch,
        "owner": owner[0] if owner else None,
        "lease_until": owner[1] if owner else None,
    }
    connection.execute(database.upsert(run_queue), {"flow_run_id": run_id, **values})


def _due(database: Database, connection: sa.Connection, state: State) -> int | None:
    """By when a run is to be started, resumed, or, while it is being cancelled, to have ended."""
    if state.is_cancelling():
        return database.now(connection) + int(CANCEL_GRACE.total_seconds() * 1_000_000)
    due = state.details.get("scheduled_time") or state.details.get("pause_timeout")
    return to_micros(datetime.fromisoformat(str(due))) if due else None


def _tally(database: Database, connection: sa.Connection, state: State, step: int) -> None:
    """Count an ended run in its hour, so that no screen ever counts rows."""
    hour = to_micros(state.timestamp) // _HOUR * _HOUR
    statement = database.increment(run_tally, ("n",))
    connection.execute(statement, {"hour": hour, "state_type": state.type.value, "n": step})


def _times(row: sa.Row[Any]) -> Times:
    return Times(
        run_count=row.run_count,
        expected_start=instant(row.expected_start),
        start=instant(row.start_time),
        end=instant(row.end_time),
        total=timedelta(microseconds=row.total_run_time),
    )


def _time_columns(times: Times) -> dict[str, Any]:
    return {
        "run_count": times.run_count,
        "expected_start": micros(times.expected_start),
        "start_time": micros(times.start),
        "end_time": micros(times.end),
        "total_run_time": times.total // timedelta(microseconds=1),
    }


def set_process(
    database: Database, connection: sa.Connection, run_id: str, pid: str, epoch: int, flow_version: str | None
) -> None:
    """Note which process runs it and, when that is given, which version of its flow. Raises `StaleEpoch`."""
    row = lock_run(database, connection, run_id)
    if row.epoch != epoch:
        raise StaleEpoch(run_id, epoch, row.epoch)
    values = {"infrastructure_pid": pid} | ({} if flow_version is None else {"flow_version": writable(flow_version)})
    connection.execute(sa.update(flow_run).where(flow_run.c.id == run_id).values(values))
