"""Deployments and their schedules in the store."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.ids import is_id, new_id
from flowtui.engine.model import Deployment, DeploymentSchedule, DeploymentSpec, FlowRecord, Slice
from flowtui.engine.store import deployment_versions, feed, schedules
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.database import Database
from flowtui.engine.store.planned_runs import drop_planned
from flowtui.engine.store.rows import dump, load
from flowtui.engine.store.tables import deployment, flow, flow_run, run_queue
from flowtui.engine.store.transitions import ensure_flow
from flowtui.engine.store.work_pools import require_queue

__all__ = ["delete", "list_flows", "read", "save", "set_paused", "slice_of"]

_IN_RUNS: Final = ("flow_id", "parameters", "tags", "version", "retries", "retry_delay")
"""What a planned run has of its deployment; where it waits is moved with it."""


def save(database: Database, connection: sa.Connection, spec: DeploymentSpec) -> str:
    """Create or update by (flow, name); answer the id."""
    now = database.now(connection)
    if spec.work_pool_name is not None:
        require_queue(connection, spec.work_pool_name, spec.work_queue_name)
    flow_id = ensure_flow(database, connection, spec.flow_name, now)
    full_name = f"{spec.flow_name}/{spec.name}"
    values = {
        "flow_id": flow_id,
        "name": spec.name,
        "entrypoint": spec.entrypoint,
        "path": spec.path,
        "version": spec.version,
        "description": spec.description,
        "parameters": dump(spec.parameters),
        "parameter_openapi_schema": dump(spec.parameter_openapi_schema),
        "enforce_parameter_schema": spec.enforce_parameter_schema,
        "tags": dump(sorted(set(spec.tags))),
        "paused_as_deployed": spec.paused,
        "work_pool_name": spec.work_pool_name or "",
        "work_queue_name": spec.work_queue_name or "",
        "job_variables": dump(spec.job_variables),
        "concurrency_limit": spec.concurrency_limit,
        "collision_strategy": spec.collision_strategy,
        "grace_period": None if spec.grace_period_seconds is None else int(spec.grace_period_seconds * 1_000_000),
        "pull_steps": None if spec.pull_steps is None else dump(spec.pull_steps),
        "version_type": spec.version_type,
        "retries": spec.retries,
        "retry_delay": int(spec.retry_delay_seconds * 1_000_000),
        "updated_by": spec.created_by,
        "updated": now,
    }
    known = connection.execute(
        sa.select(deployment).where(deployment.c.full_name == full_name).with_for_update()
    ).one_or_none()
    deployment_id = str(known.id) if known is not None else new_id()
    values["paused"] = paused = _stays_paused(known, spec.paused)
    if known is None:
        connection.execute(
            sa.insert(deployment),
            {"id": deployment_id, "full_name": full_name, "created": now, "created_by": spec.created_by, **values},
        )
    else:
        connection.execute(sa.update(deployment).where(deployment.c.id == deployment_id).values(values))
        _move_waiting(connection, deployment_id, spec.work_pool_name, spec.work_queue_name)
        _plan_anew(database, connection, known, values, now)
    if spec.schedules is not None:
        schedules.deploy(database, connection, deployment_id, spec.schedules, now, paused=paused)
    deployment_versions.remember(connection, deployment_id, spec, now)
    feed.append(connection, "deployment", deployment_id, "created" if known is None else "updated", now)
    return deployment_id


def _stays_paused(known: sa.Row[Any] | None, wanted: bool) -> bool:
    """As a person has left it, unless what is deployed says another thing than it did last time."""
    if known is None or known.paused_as_deployed is None or bool(known.paused_as_deployed) is not wanted:
        return wanted
    return bool(known.paused)


def _plan_anew(
    database: Database, connection: sa.Connection, before: sa.Row[Any], values: dict[str, Any], now: int
) -> None:
    """What was planned ahead is what the deployment was: it is made again when that changed."""
    if values["paused"]:
        schedules.halt(database, connection, before.id)
    elif before.paused or any(getattr(before, name) != values[name] for name in _IN_RUNS):
        schedules.replan(database, connection, before.id, now, resumed=bool(before.paused))


def _move_waiting(connection: sa.Connection, deployment_id: str, pool: str | None, queue: str | None) -> None:
    """Runs that nobody has taken yet wait where the deployment now says."""
    waiting = (run_queue.c.deployment_id == deployment_id, run_queue.c.owner.is_(None))
    ids = sa.select(run_queue.c.flow_run_id).where(*waiting)
    place = {"work_pool_name": pool, "work_queue_name": queue}
    elsewhere = sa.or_(flow_run.c.work_pool_name != pool, flow_run.c.work_queue_name != queue)
    if pool is None:
        elsewhere = flow_run.c.work_pool_name.isnot(None)
    connection.execute(sa.update(flow_run).where(flow_run.c.id.in_(ids), elsewhere).values(place))
    connection.execute(sa.update(run_queue).where(*waiting).values(pool=pool, queue=queue))


def read(connection: sa.Connection, name_or_id: str) -> Deployment:
    """By id, by `flow/name`, or by a name that only one flow has."""
    query = _all_deployments()
    where = (deployment.c.full_name if "/" in name_or_id else deployment.c.name) == name_or_id
    if is_id(name_or_id):  # PostgreSQL compares an id with nothing else
        where = sa.or_(where, deployment.c.id == name_or_id)
    rows = connection.execute(query.where(where).order_by(deployment.c.full_name)).all()
    if not rows:
        raise NotFound("deployment", name_or_id, "List them with: flowtui deployment ls")
    if len(rows) > 1:
        names = ", ".join(row.full_name for row in rows)
        raise UsageError(f"Several flows have a deployment {name_or_id!r}: {names}. Give the full name.")
    return _with_schedules(connection, rows)[0]


def slice_of(connection: sa.Connection, limit: int, cursor: str | None) -> Slice[Deployment]:
    query = _all_deployments().order_by(deployment.c.full_name)
    if cursor is not None:
        (last,) = read_cursor(cursor, str)
        query = query.where(deployment.c.full_name > last)
    rows = connection.execute(query.limit(limit + 1)).all()
    page = rows[:limit]
    return Slice(
        items=tuple(_with_schedules(connection, page)),
        next=write_cursor(page[-1].full_name) if len(rows) > limit else None,
    )


def _all_deployments() -> sa.Select[Any]:
    return sa.select(deployment, flow.c.name.label("flow_name")).join(flow, flow.c.id == deployment.c.flow_id)


def _with_schedules(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Deployment]:
    found = schedules.of_deployments(connection, [row.id for row in rows])
    return [_value(row, found[row.id]) for row in rows]


def _value(row: sa.Row[Any], own: tuple[DeploymentSchedule, ...]) -> Deployment:
    return Deployment(
        id=row.id,
        name=row.name,
        flow_id=row.flow_id,
        flow_name=row.flow_name,
        created=from_micros(row.created),
        updated=from_micros(row.updated),
        entrypoint=row.entrypoint,
        path=row.path,
        version=row.version,
        description=row.description,
        parameters=load(row.parameters),
        parameter_openapi_schema=load(row.parameter_openapi_schema),
        enforce_parameter_schema=bool(row.enforce_parameter_schema),
        tags=tuple(load(row.tags)),
        paused=bool(row.paused),
        work_pool_name=row.work_pool_name or None,
        work_queue_name=row.work_queue_name or None,
        job_variables=load(row.job_variables),
        schedules=own,
        concurrency_limit=row.concurrency_limit,
        collision_strategy=row.collision_strategy,
        grace_period_seconds=None if row.grace_period is None else row.grace_period / 1_000_000,
        pull_steps=None if row.pull_steps is None else tuple(load(row.pull_steps)),
        version_type=row.version_type,
        version_number=row.version_number,
        retries=row.retries,
        retry_delay_seconds=row.retry_delay / 1_000_000,
        created_by=row.created_by,
        updated_by=row.updated_by,
    )


def set_paused(database: Database, connection: sa.Connection, deployment_id: str, paused: bool) -> None:
    """Pausing also takes back what its schedules have planned; resuming plans anew from now on."""
    query = sa.select(deployment.c.paused).where(deployment.c.id == deployment_id).with_for_update()
    before = connection.execute(query).scalar_one_or_none()
    if before is None:
        raise NotFound("deployment", deployment_id, "List them with: flowtui deployment ls")
    if bool(before) is paused:
        return
    connection.execute(sa.update(deployment).where(deployment.c.id == deployment_id).values(paused=paused))
    now = database.now(connection)
    if paused:
        schedules.halt(database, connection, deployment_id)
    else:
        schedules.replan(database, connection, deployment_id, now, resumed=True)
    feed.append(connection, "deployment", deployment_id, "updated", now)


def delete(database: Database, connection: sa.Connection, deployment_id: str) -> None:
    """Remove a deployment, its schedules and what they have planned; runs that happened stay."""
    drop_planned(database, connection, deployment_id)
    if not connection.execute(sa.delete(deployment).where(deployment.c.id == deployment_id)).rowcount:
        raise NotFound("deployment", deployment_id, "List them with: flowtui deployment ls")
    feed.append(connection, "deployment", deployment_id, "deleted", database.now(connection))


def list_flows(connection: sa.Connection, limit: int, cursor: str | None) -> Slice[FlowRecord]:
    """By name."""
    query = sa.select(flow).order_by(flow.c.name)
    if cursor is not None:
        (last,) = read_cursor(cursor, str)
        query = query.where(flow.c.name > last)
    rows = connection.execute(query.limit(limit + 1)).all()
    return Slice(
        items=tuple(FlowRecord(id=row.id, name=row.name, created=from_micros(row.created)) for row in rows[:limit]),
        next=write_cursor(rows[limit - 1].name) if len(rows) > limit else None,
    )
