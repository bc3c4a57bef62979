"""Read what has to be known of a run to explain why it waits (`engine/explaining/`), all in one look at the store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.errors import NotFound
from flowtui.engine.explaining.situation import (
    FullLimit,
    Line,
    Question,
    Server,
    Situation,
    TaskSituation,
    Upstream,
)
from flowtui.engine.model import Deployment, FlowRun, TaskRun
from flowtui.engine.orchestration.handing_out import HoldKind, holds, lines_in_order
from flowtui.engine.pools import WorkerRecord
from flowtui.engine.states import TERMINAL, StateType
from flowtui.engine.store import (
    backends,
    claims,
    deployments,
    flow_runs,
    inputs,
    limits,
    pool_runs,
    task_runs,
    work_pools,
    workers,
)
from flowtui.engine.store.database import Database
from flowtui.engine.store.handing_out import deployment_loads, pool_load
from flowtui.engine.store.rows import load, task_run_of
from flowtui.engine.store.tables import concurrency_waiter, flow_run, run_queue, task_run

__all__ = ["of_flow_run", "of_task_run"]

_ENDS: Final = [state.value for state in TERMINAL]
_MOST_TASKS: Final = 500
_MOST_HOLDERS: Final = 50
_MOST_SERVERS: Final = 20
_MOST_AHEAD: Final = 1_000
"""How far is looked; what is beyond is not counted."""
_NO_LIMIT: Final = 50
"""How many runs a worker without a limit is taken to ask for."""


def of_flow_run(database: Database, connection: sa.Connection, run_id: str) -> Situation:
    """Raises `NotFound`."""
    run = flow_runs.read(connection, run_id)
    it = Situation(
        run=run,
        now=from_micros(database.now(connection)),
        backends=backends.alive(database, connection),
        deployment=_deployment(connection, run),
        parent=_parent(connection, run),
    )
    if run.state.is_scheduled() and run.lease_until is None:
        line = _line(database, connection, it)
        planned_by = _SCHEDULE, {"run_id": run_id}
        schedule_id = connection.execute(*planned_by).scalar()
        known = it.deployment.schedules if it.deployment else ()
        return replace(it, line=line, schedule=next((one for one in known if one.id == schedule_id), None))
    if run.state.is_running():
        tasks = _open_tasks(connection, run_id)
        children = [task.child_flow_run_id for task in tasks if task.child_flow_run_id is not None]
        return replace(
            it,
            tasks=tasks,
            limits=tuple(_limits_of(database, connection, run_id, tasks)),
            children=flow_runs.read_many(connection, children),
        )
    return replace(it, question=_question(connection, run)) if run.state.is_paused() else it


_SCHEDULE = sa.select(flow_run.c.schedule_id).where(flow_run.c.id == sa.bindparam("run_id"))


def _deployment(connection: sa.Connection, run: FlowRun) -> Deployment | None:
    try:
        return None if run.deployment_id is None else deployments.read(connection, run.deployment_id)
    except NotFound:
        return None


def _parent(connection: sa.Connection, run: FlowRun) -> FlowRun | None:
    if run.parent_task_run_id is None:
        return None
    query = sa.select(task_run.c.flow_run_id).where(task_run.c.id == run.parent_task_run_id)
    parent_id = connection.execute(query).scalar()
    return None if parent_id is None else flow_runs.read(connection, parent_id)


# -- a run that nobody has taken --------------------------------------------------------------------------------------


def _line(database: Database, connection: sa.Connection, it: Situation) -> Line | None:
    row = connection.execute(sa.select(run_queue).where(run_queue.c.flow_run_id == it.run.id)).one_or_none()
    if row is None:
        return None
    load = None if row.pool is None else pool_load(database, connection, row.pool)
    limited = {} if row.deployment_id is None else deployment_loads(database, connection, [row.deployment_id])
    found = holds(load, row.queue, limited.get(row.deployment_id), pool_name=row.pool or "")
    line = Line(due=it.now if row.due is None else from_micros(row.due), holds=found)
    if row.pool is not None:
        line = replace(line, pool_name=row.pool, queue_name=row.queue)
        if load is not None:
            queues = work_pools.list_queues(database, connection, row.pool)
            line = replace(
                line,
                pool=work_pools.read_pool(database, connection, row.pool),
                queue=next((one for one in queues if one.name == row.queue), None),
                servers=tuple(_servers(database, connection, row.pool, row.queue)),
                ahead=_ahead(connection, row, [one.name for one in lines_in_order(load)], it.now),
            )
    return replace(line, holders={hold.kind: _holders(connection, row, hold.kind) for hold in found})


def _holders(connection: sa.Connection, row: sa.Row[Any], kind: HoldKind) -> tuple[FlowRun, ...]:
    """Who has the slots of a limit that is full."""
    places: Mapping[HoldKind, tuple[str | None, str | None, str | None]] = {
        "pool full": (row.pool, None, None),
        "queue full": (row.pool, row.queue, None),
        "deployment full": (None, None, row.deployment_id),
    }
    return pool_runs.active(connection, *places[kind], _MOST_HOLDERS) if kind in places else ()


def _servers(database: Database, connection: sa.Connection, pool: str, queue: str) -> Iterator[Server]:
    active = pool_runs.active(connection, pool, None, None, _MOST_TASKS)
    for record in workers.list_all(database, connection, pool)[:_MOST_SERVERS]:
        server = Server(
            record=record,
            takes=not record.queues or queue in record.queues,
            busy=tuple(run for run in active if _has(record, run)),
        )
        if record.online and server.takes and not server.is_full:
            server = _with_next(database, connection, server)
        yield server


def _has(record: WorkerRecord, run: FlowRun) -> bool:
    return run.worker_name == record.name or (run.worker_name is None and run.owner == f"{record.host}:{record.pid}")


def _with_next(database: Database, connection: sa.Connection, server: Server) -> Server:
    """What the scheduler itself would hand to a worker that asks now."""
    record = server.record
    wanted = claims.Wanted(
        pool=record.pool_name,
        owner="",
        limit=_NO_LIMIT if record.slots is None else record.slots - len(server.busy),
        lease_seconds=0.0,
        queues=record.queues,
        worker=record.name,
    )
    ids = claims.would_take(database, connection, wanted)
    names = tuple(run.name for run in flow_runs.read_many(connection, ids))
    return replace(server, next=names, next_ids=tuple(ids))


def _ahead(connection: sa.Connection, row: sa.Row[Any], lines: Sequence[str], now: datetime) -> int:
    """How many due runs of its pool come before it."""
    earlier = sa.tuple_(run_queue.c.due, run_queue.c.flow_run_id) < sa.tuple_(
        sa.literal(row.due, run_queue.c.due.type), sa.literal(row.flow_run_id, run_queue.c.flow_run_id.type)
    )
    before = lines[: lines.index(row.queue)] if row.queue in lines else lines
    first = sa.or_(run_queue.c.queue.in_(before), sa.and_(run_queue.c.queue == row.queue, earlier))
    some = (
        sa.select(run_queue.c.flow_run_id)
        .where(
            run_queue.c.state_type == StateType.SCHEDULED.value,
            run_queue.c.pool == row.pool,
            run_queue.c.due <= to_micros(now),
            run_queue.c.owner.is_(None),
            first,
        )
        .limit(_MOST_AHEAD)
    )
    return int(connection.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one())


# -- a run that is under way ------------------------------------------------------------------------------------------


def _open_tasks(connection: sa.Connection, run_id: str) -> tuple[TaskRun, ...]:
    """Its task runs that have not ended, in the order of their making; what will never start is left out."""
    query = (
        sa.select(task_run)
        .where(
            task_run.c.flow_run_id == run_id,
            task_run.c.state_type.notin_(_ENDS),
            task_run.c.state_name != "NotReady",
        )
        .order_by(task_run.c.id)
        .limit(_MOST_TASKS)
    )
    return tuple(map(task_run_of, connection.execute(query)))


def _limits_of(
    database: Database, connection: sa.Connection, run_id: str | None, tasks: Sequence[TaskRun]
) -> Iterator[FullLimit]:
    """The limits that a flow run or some of its task runs wait for, with those who wait."""
    yield from _full_tags(database, connection, tasks)
    if run_id is not None:
        yield from _full_limits(database, connection, run_id, {task.id: task.name for task in tasks})


def _full_tags(database: Database, connection: sa.Connection, tasks: Iterable[TaskRun]) -> Iterator[FullLimit]:
    """A task run that waits for its tags says so by its state."""
    waiting = [task for task in tasks if task.state.name == "AwaitingConcurrencySlot"]
    tags = {tag for task in waiting for tag in task.tags}
    for name in sorted(tags & limits.limited_tags(connection)):
        limit = limits.read(database, connection, "tag", name)
        if limit.active_slots + 1 > limit.limit:
            with_it = [task for task in waiting if name in task.tags]
            yield FullLimit(
                limit=limit,
                holders=limits.holders(database, connection, limit.id),
                waiting=tuple(task.name for task in with_it),
                waiting_ids=tuple(task.id for task in with_it),
                since=min(task.state.timestamp for task in with_it),
            )


def _full_limits(
    database: Database, connection: sa.Connection, run_id: str, tasks: Mapping[str, str]
) -> Iterator[FullLimit]:
    """What `concurrency()` and `rate_limit()` of the flow run and these task runs (`{id: name}`) wait for."""
    query = sa.select(concurrency_waiter).where(concurrency_waiter.c.flow_run_id == run_id)
    rows = connection.execute(query.order_by(concurrency_waiter.c.since)).all()
    rows = [row for row in rows if row.task_run_id is None or row.task_run_id in tasks]
    wanted: dict[str, list[sa.Row[Any]]] = {}
    for row in rows:
        for name in load(row.names):
            wanted.setdefault(name, []).append(row)
    for limit in limits.list_all(database, connection, "global") if wanted else ():
        found = wanted.get(limit.name, ())
        if not found or not limit.active or limit.active_slots + min(row.slots for row in found) <= limit.limit:
            continue
        yield FullLimit(
            limit=limit,
            holders=limits.holders(database, connection, limit.id),
            waiting=tuple(tasks[row.task_run_id] for row in found if row.task_run_id is not None),
            waiting_ids=tuple(row.task_run_id for row in found if row.task_run_id is not None),
            since=from_micros(found[0].since),
        )


def _question(connection: sa.Connection, run: FlowRun) -> Question | None:
    keys = run.state.details.get("run_input_keyset")
    if not keys:
        return None
    asked = inputs.find(connection, run.id, keys["schema"])
    about = inputs.find(connection, run.id, keys["description"])
    schema = asked.value if asked is not None else {}
    return Question(
        title=schema.get("title"),
        description=str(about.value) if about is not None else None,
        fields=tuple(schema.get("properties", {})),
        required=tuple(schema.get("required", ())),
    )


# -- a task run -------------------------------------------------------------------------------------------------------


def of_task_run(database: Database, connection: sa.Connection, run_id: str) -> TaskSituation:
    """Raises `NotFound`."""
    run = task_runs.read(connection, run_id)
    child = flow_runs.read_many(connection, [run.child_flow_run_id] if run.child_flow_run_id else [])
    found = () if run.state.is_final() else _limits_of(database, connection, run.flow_run_id, [run])
    return TaskSituation(
        run=run,
        now=from_micros(database.now(connection)),
        flow_run=None if run.flow_run_id is None else flow_runs.read(connection, run.flow_run_id),
        upstream=_upstream(connection, run),
        limits=tuple(full for full in found if run.id in full.waiting_ids),
        child=child[0] if child else None,
    )


def _upstream(connection: sa.Connection, run: TaskRun) -> tuple[Upstream, ...]:
    """The task runs that its arguments come from."""
    edges = (edge for found in run.task_inputs.values() for edge in found if edge.get("input_type") == "task_run")
    ids = list(dict.fromkeys(str(edge["id"]) for edge in edges))[:_MOST_TASKS]
    rows = connection.execute(sa.select(task_run).where(task_run.c.id.in_(ids)).order_by(task_run.c.id))
    return tuple(Upstream(id=one.id, name=one.name, state=one.state) for one in map(task_run_of, rows))
