"""The schedules of deployments in the store: read, added, changed, switched, and matched with those of the next deploy.

Whatever changes when a schedule fires takes back what it has planned, and has it planned anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.ids import is_id, new_id
from flowtui.engine.model import DeploymentSchedule
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.matching import Kept, Matched, match, switched
from flowtui.engine.schedules.wire import schedule_from_json
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.planned_runs import drop_planned
from flowtui.engine.store.rows import dump, instant, load
from flowtui.engine.store.tables import deployment, deployment_schedule

__all__ = [
    "add", "change", "clear", "deploy", "halt", "of_deployments", "read", "remove", "replan", "schedule_of", "switch",
]  # fmt: skip


def schedule_of(row: sa.Row[Any]) -> Schedule:
    """The value that a row of `deployment_schedule` keeps."""
    return schedule_from_json(
        load(row.schedule),
        active=bool(row.active),
        parameters=load(row.parameters),
        slug=row.slug,
        catch_up=row.catch_up,
        max_scheduled_runs=row.max_scheduled_runs,
    )


def _columns(schedule: Schedule) -> dict[str, Any]:
    return {
        "schedule": dump(schedule.to_json()),
        "active": schedule.active,
        "parameters": dump(schedule.parameters),
        "slug": schedule.slug,
        "catch_up": str(schedule.catch_up),
        "max_scheduled_runs": schedule.max_scheduled_runs,
    }


def _record(row: sa.Row[Any]) -> DeploymentSchedule:
    return DeploymentSchedule(
        id=row.id,
        deployment_id=row.deployment_id,
        schedule=schedule_of(row),
        created=instant(row.created),
        updated=instant(row.updated),
    )


def of_deployments(connection: sa.Connection, ids: Iterable[str]) -> dict[str, tuple[DeploymentSchedule, ...]]:
    """The schedules of each of these deployments, oldest first."""
    found: dict[str, list[DeploymentSchedule]] = {deployment_id: [] for deployment_id in ids}
    query = sa.select(deployment_schedule).where(deployment_schedule.c.deployment_id.in_(list(found)))
    for row in connection.execute(query.order_by(deployment_schedule.c.id)):
        found[row.deployment_id].append(_record(row))
    return {deployment_id: tuple(records) for deployment_id, records in found.items()}


def read(connection: sa.Connection, schedule_id: str) -> DeploymentSchedule:
    return _record(_row(connection, schedule_id))


def _row(connection: sa.Connection, schedule_id: str) -> sa.Row[Any]:
    query = sa.select(deployment_schedule).where(deployment_schedule.c.id == schedule_id)
    row = connection.execute(query).one_or_none() if is_id(schedule_id) else None
    if row is None:
        raise NotFound("schedule", schedule_id, "List them with: flowtui deployment schedule ls NAME")
    return row


# -- one by one -------------------------------------------------------------------------------------------------------


def add(
    database: Database, connection: sa.Connection, deployment_id: str, schedules: Sequence[Schedule]
) -> tuple[str, ...]:
    """Add schedules to those that a deployment has. Raises `UsageError` for a slug that is there already."""
    now = database.now(connection)
    paused = _lock(connection, deployment_id)
    rows = [_new_row(connection, deployment_id, schedule, now, paused=paused) for schedule in schedules]
    if rows:
        feed.append(connection, "deployment", deployment_id, "updated", now)
    return tuple(rows)


def _new_row(
    connection: sa.Connection, deployment_id: str, schedule: Schedule, now: int, *, paused: bool, deployed: bool = False
) -> str:
    _check_slug(connection, deployment_id, schedule.slug, None)
    schedule_id = new_id()
    connection.execute(
        sa.insert(deployment_schedule),
        {
            "id": schedule_id,
            "deployment_id": deployment_id,
            **_columns(schedule),
            "planned_until": now,
            "next_plan": now if schedule.active and not paused else None,
            "active_as_deployed": schedule.active if deployed else None,
            "created": now,
            "updated": now,
        },
    )
    return schedule_id


def _check_slug(connection: sa.Connection, deployment_id: str, slug: str | None, own_id: str | None) -> None:
    if slug is None:
        return
    query = sa.select(deployment_schedule.c.id).where(
        deployment_schedule.c.deployment_id == deployment_id, deployment_schedule.c.slug == slug
    )
    if any(taken != own_id for taken in connection.execute(query).scalars()):
        raise UsageError(f"{slug!r} is the slug of another schedule of this deployment.")


def change(database: Database, connection: sa.Connection, schedule_id: str, schedule: Schedule) -> None:
    """Put another value in the place of a schedule, which keeps its id."""
    row = _row(connection, schedule_id)
    now = database.now(connection)
    paused = _lock(connection, row.deployment_id)
    _check_slug(connection, row.deployment_id, schedule.slug, schedule_id)
    _put(database, connection, row, schedule, now, paused=paused)
    feed.append(connection, "deployment", row.deployment_id, "updated", now)


def switch(database: Database, connection: sa.Connection, schedule_id: str, active: bool) -> None:
    """Turn a schedule on or off. On, it is planned from now on: what it would have fired until then is not missed."""
    row = _row(connection, schedule_id)
    if bool(row.active) is active:
        return
    now = database.now(connection)
    paused = _lock(connection, row.deployment_id)
    _restart(database, connection, row, now, active=active, paused=paused)
    feed.append(connection, "deployment", row.deployment_id, "updated", now)


def remove(database: Database, connection: sa.Connection, schedule_id: str) -> None:
    """Delete a schedule and what it has planned; runs that happened stay."""
    row = _row(connection, schedule_id)
    _delete(database, connection, row.deployment_id, schedule_id)
    feed.append(connection, "deployment", row.deployment_id, "updated", database.now(connection))


def clear(database: Database, connection: sa.Connection, deployment_id: str) -> int:
    """Delete all schedules of a deployment; answers with how many there were."""
    query = sa.select(deployment_schedule.c.id).where(deployment_schedule.c.deployment_id == deployment_id)
    ids = connection.execute(query).scalars().all()
    for schedule_id in ids:
        _delete(database, connection, deployment_id, schedule_id)
    if ids:
        feed.append(connection, "deployment", deployment_id, "updated", database.now(connection))
    return len(ids)


def _delete(database: Database, connection: sa.Connection, deployment_id: str, schedule_id: str) -> None:
    connection.execute(sa.delete(deployment_schedule).where(deployment_schedule.c.id == schedule_id))
    drop_planned(database, connection, deployment_id, schedule_id)


def _put(
    database: Database, connection: sa.Connection, row: sa.Row[Any], schedule: Schedule, now: int, *, paused: bool
) -> None:
    """Write what changed. Planned anew is what changes its instants or its runs, and nothing else."""
    columns = _columns(schedule)
    if all(getattr(row, name) == value for name, value in columns.items()):
        return
    connection.execute(_of(row.id).values(**columns, updated=now))
    if row.schedule != columns["schedule"] or bool(row.active) is not schedule.active:
        _restart(database, connection, row, now, active=schedule.active, paused=paused)
    elif row.parameters != columns["parameters"]:
        _again(database, connection, row, now, paused=paused)
    elif row.next_plan is not None:
        connection.execute(_of(row.id).values(next_plan=now))


def _of(schedule_id: str) -> sa.Update:
    return sa.update(deployment_schedule).where(deployment_schedule.c.id == schedule_id)


def _restart(
    database: Database, connection: sa.Connection, row: sa.Row[Any], now: int, *, active: bool, paused: bool
) -> None:
    """Take back all that it has planned; it is planned from now on."""
    next_plan = now if active and not paused else None
    connection.execute(_of(row.id).values(active=active, planned_until=now, next_plan=next_plan, updated=now))
    drop_planned(database, connection, row.deployment_id, row.id)


def _again(database: Database, connection: sa.Connection, row: sa.Row[Any], now: int, *, paused: bool) -> None:
    """Plan the same instants again, with other runs; what was missed stays missed."""
    drop_planned(database, connection, row.deployment_id, row.id, after=now)
    until = min(row.planned_until or now, now)
    next_plan = now if row.active and not paused else None
    connection.execute(_of(row.id).values(planned_until=until, next_plan=next_plan, updated=now))


# -- all of a deployment ----------------------------------------------------------------------------------------------


def deploy(
    database: Database,
    connection: sa.Connection,
    deployment_id: str,
    wanted: Sequence[Schedule],
    now: int,
    *,
    paused: bool,
) -> None:
    """Make the schedules of a deployment those of its file. What a person switched stays as it is."""
    rows = {row.id: row for row in _rows(connection, deployment_id)}
    kept = [
        Kept(
            id=row.id,
            schedule=schedule_of(row),
            active_as_deployed=None if row.active_as_deployed is None else bool(row.active_as_deployed),
        )
        for row in rows.values()
    ]
    matched, gone = match(kept, wanted)
    for old in gone:
        _delete(database, connection, deployment_id, old.id)
    for one in sorted(matched, key=lambda one: one.kept is None):  # a slug is free once its schedule was changed
        _deploy_one(database, connection, deployment_id, one, rows, now, paused=paused)


def _deploy_one(
    database: Database,
    connection: sa.Connection,
    deployment_id: str,
    matched: Matched,
    rows: dict[str, sa.Row[Any]],
    now: int,
    *,
    paused: bool,
) -> None:
    if matched.kept is None:
        _new_row(connection, deployment_id, matched.wanted, now, paused=paused, deployed=True)
        return
    row = rows[matched.kept.id]
    _put(database, connection, row, replace(matched.wanted, active=switched(matched)), now, paused=paused)
    connection.execute(_of(row.id).values(active_as_deployed=matched.wanted.active))


def _rows(connection: sa.Connection, deployment_id: str) -> Sequence[sa.Row[Any]]:
    query = sa.select(deployment_schedule).where(deployment_schedule.c.deployment_id == deployment_id)
    return connection.execute(query.order_by(deployment_schedule.c.id)).all()


def halt(database: Database, connection: sa.Connection, deployment_id: str) -> None:
    """The deployment is paused: take back all that its schedules have planned, and plan nothing."""
    mine = deployment_schedule.c.deployment_id == deployment_id
    connection.execute(sa.update(deployment_schedule).where(mine).values(next_plan=None))
    drop_planned(database, connection, deployment_id)


def replan(
    database: Database, connection: sa.Connection, deployment_id: str, now: int, *, resumed: bool = False
) -> None:
    """Plan what is ahead anew, for the deployment has changed. With `resumed`, what fell into a pause is not missed."""
    mine = deployment_schedule.c.deployment_id == deployment_id
    drop_planned(database, connection, deployment_id, after=None if resumed else now)
    earlier = sa.case((deployment_schedule.c.planned_until < now, deployment_schedule.c.planned_until), else_=now)
    values = {"planned_until": now if resumed else earlier, "next_plan": now}
    active = deployment_schedule.c.active.is_(True)
    connection.execute(sa.update(deployment_schedule).where(mine, active).values(values))


def _lock(connection: sa.Connection, deployment_id: str) -> bool:
    """Whether the deployment is paused; on PostgreSQL nobody changes it until this transaction ends."""
    query = sa.select(deployment.c.paused).where(deployment.c.id == deployment_id).with_for_update()
    paused = connection.execute(query).scalar_one_or_none()
    if paused is None:
        raise NotFound("deployment", deployment_id, "List them with: flowtui deployment ls")
    return bool(paused)
