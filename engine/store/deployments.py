"""Deployments and their schedules in the store."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.ids import is_id, new_id
from flowtui.engine.model import Deployment, DeploymentSchedule, DeploymentSpec, FlowRecord, Slice
from flowtui.engine.pools import DEFAULT_QUEUE
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.wire import schedule_from_json
from flowtui.engine.states import StateType
from flowtui.engine.store import deployment_versions, feed
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, load
from flowtui.engine.store.tables import deployment, deployment_schedule, flow, flow_run, run_queue
from flowtui.engine.store.transitions import ensure_flow
from flowtui.engine.store.work_pools import require_queue

__all__ = ["delete", "list_flows", "read", "save", "set_paused", "slice_of"]


def save(database: Database, connection: sa.Connection, spec: DeploymentSpec) -> str:
    """Create or update by (flow, name); answer the id."""
    now = database.now(connection)
    if spec.work_pool_name is not None:
        require_queue(connection, spec.work_pool_name, spec.work_queue_name or DEFAULT_QUEUE)
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
        "paused": spec.paused,
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
    before = connection.execute(
        sa.select(deployment.c.id, deployment.c.paused, deployment.c.paused_as_deployed).where(
            deployment.c.full_name == full_name
        )
    ).one_or_none()
    known, was_paused = (None, False) if before is None else (before.id, bool(before.paused))
    # What a person has switched stays, unless whoever deploys says something new.
    if before is not None and before.paused_as_deployed is spec.paused:
        values["paused"] = was_paused
    deployment_id = str(known or new_id())
    if known is None:
        connection.execute(
            sa.insert(deployment),
            {"id": deployment_id, "full_name": full_name, "created": now, "created_by": spec.created_by, **values},
        )
    else:
        connection.execute(sa.update(deployment).where(deployment.c.id == known).values(values))
        _move_waiting(connection, deployment_id, spec.work_pool_name, spec.work_queue_name)
    if spec.schedules is not None:
        _save_schedules(connection, deployment_id, spec.schedules)
    deployment_versions.remember(connection, deployment_id, spec, now)
    if values["paused"] or was_paused:
        _take_back_plans(connection, deployment_id, now)
    feed.append(connection, "deployment", deployment_id, "created" if known is None else "updated", now)
    return deployment_id


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


def _save_schedules(connection: sa.Connection, deployment_id: str, specs: Sequence[Schedule]) -> None:
    """Keep a schedule whose definition is unchanged, its id and on/off switch; drop what the others planned."""
    rows = connection.execute(
        sa.select(deployment_schedule).where(deployment_schedule.c.deployment_id == deployment_id)
    ).all()
    kept: defaultdict[tuple[str, str, str | None], list[str]] = defaultdict(list)
    for row in rows:
        kept[row.schedule, row.parameters, row.slug].append(row.id)
    for spec in specs:
        key = (dump(spec.to_json()), dump(spec.parameters), spec.slug)
        if kept[key]:
            kept[key].pop(0)  # the same definition may be there twice
            continue
        values = {"id": new_id(), "deployment_id": deployment_id, "active": spec.active}
        connection.execute(
            sa.insert(deployment_schedule), {**values, "schedule": key[0], "parameters": key[1], "slug": key[2]}
        )
    for schedule_id in chain.from_iterable(kept.values()):
        drop_planned(connection, flow_run.c.schedule_id == schedule_id)
        connection.execute(sa.delete(deployment_schedule).where(deployment_schedule.c.id == schedule_id))


def drop_planned(connection: sa.Connection, where: sa.ColumnElement[bool]) -> None:
    """Remove runs that a schedule has planned and nobody has taken."""
    untaken = (
        flow_run.c.auto_scheduled.is_(True),
        flow_run.c.state_type == StateType.SCHEDULED.value,
        flow_run.c.run_count == 0,
    )
    ids = sa.select(flow_run.c.id).where(where, *untaken)
    connection.execute(sa.delete(run_queue).where(run_queue.c.flow_run_id.in_(ids)))
    connection.execute(sa.delete(flow_run).where(where, *untaken))


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
    schedules: dict[str, list[DeploymentSchedule]] = {row.id: [] for row in rows}
    for row in connection.execute(
        sa.select(deployment_schedule)
        .where(deployment_schedule.c.deployment_id.in_(list(schedules)))
        .order_by(deployment_schedule.c.id)
    ):
        schedules[row.deployment_id].append(
            DeploymentSchedule(
                id=row.id,
                schedule=schedule_from_json(
                    load(row.schedule), active=bool(row.active), parameters=load(row.parameters), slug=row.slug
                ),
            )
        )
    return [_value(row, tuple(schedules[row.id])) for row in rows]


def _value(row: sa.Row[Any], schedules: tuple[DeploymentSchedule, ...]) -> Deployment:
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
        schedules=schedules,
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
    changed = connection.execute(
        sa.update(deployment).where(deployment.c.id == deployment_id).values(paused=paused)
    ).rowcount
    if not changed:
        raise NotFound("deployment", deployment_id, "List them with: flowtui deployment ls")
    now = database.now(connection)
    _take_back_plans(connection, deployment_id, now)
    feed.append(connection, "deployment", deployment_id, "updated", now)


def _take_back_plans(connection: sa.Connection, deployment_id: str, now: int) -> None:
    """Remove what the schedules of a deployment have planned, and have them plan anew from now on."""
    drop_planned(connection, flow_run.c.deployment_id == deployment_id)
    schedules = deployment_schedule.c.deployment_id == deployment_id
    connection.execute(sa.update(deployment_schedule).where(schedules).values(planned_until=now))


def delete(database: Database, connection: sa.Connection, deployment_id: str) -> None:
    """Remove a deployment, its schedules and what they have planned; runs that happened stay."""
    drop_planned(connection, flow_run.c.deployment_id == deployment_id)
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
