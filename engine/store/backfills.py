"""Runs for instants of the past, in the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from flowtui.engine.errors import NotFound
from flowtui.engine.store.database import Database
from flowtui.engine.store.planned_runs import create_planned, known_keys, planned_run, run_key
from flowtui.engine.store.tables import deployment, deployment_schedule, flow

__all__ = ["existing", "make"]

Instants = Sequence[tuple[str, datetime]]


def existing(connection: sa.Connection, deployment_id: str, instants: Instants) -> int:
    """How many of these instants have a run already."""
    flow_id = connection.execute(sa.select(deployment.c.flow_id).where(deployment.c.id == deployment_id)).scalar_one()
    return len(known_keys(connection, flow_id, [run_key(schedule_id, instant) for schedule_id, instant in instants]))


def make(database: Database, connection: sa.Connection, deployment_id: str, instants: Instants) -> int:
    """Make the runs of those instants that have none; answers how many."""
    owner = _owner(connection, deployment_id)
    query = sa.select(deployment_schedule).where(deployment_schedule.c.deployment_id == deployment_id)
    rows = {row.id: row for row in connection.execute(query)}
    runs = [
        planned_run(owner, rows[schedule_id], instant, f"Backfill of {instant:%Y-%m-%d %H:%M:%S} UTC.", backfill=True)
        for schedule_id, instant in instants
        if schedule_id in rows
    ]
    return create_planned(database, connection, owner.flow_id, runs, not_before=database.now(connection))


def _owner(connection: sa.Connection, deployment_id: str) -> sa.Row[Any]:
    query = (
        sa.select(deployment, flow.c.name.label("flow_name"))
        .join(flow, flow.c.id == deployment.c.flow_id)
        .where(deployment.c.id == deployment_id)
        .with_for_update(read=True, of=deployment)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("deployment", deployment_id, "List them with: flowtui deployment ls")
    return row
