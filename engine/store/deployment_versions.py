"""What a deployment was at each of its changes."""

from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.deployments.versions import changed_fields, versioned
from flowtui.engine.model import DeploymentSpec, DeploymentVersion
from flowtui.engine.store.rows import dump, load
from flowtui.engine.store.tables import deployment, deployment_schedule, deployment_version

__all__ = ["list_versions", "remember"]


def remember(connection: sa.Connection, deployment_id: str, spec: DeploymentSpec, now: int) -> None:
    """Make a new version when what has just been saved differs from the last one."""
    kept = load(dump(versioned(spec, _schedules(connection, deployment_id))))
    last = connection.execute(
        sa.select(deployment_version)
        .where(deployment_version.c.deployment_id == deployment_id)
        .order_by(deployment_version.c.number.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and not changed_fields(load(last.spec), kept):
        return
    number = 1 if last is None else last.number + 1
    connection.execute(
        sa.insert(deployment_version),
        {
            "deployment_id": deployment_id,
            "number": number,
            "version": spec.version,
            "version_type": spec.version_type,
            "info": dump(spec.version_info),
            "spec": dump(kept),
            "created": now,
        },
    )
    connection.execute(sa.update(deployment).where(deployment.c.id == deployment_id).values(version_number=number))


def _schedules(connection: sa.Connection, deployment_id: str) -> list[dict[str, Any]]:
    """Those that it has now, in an order that does not depend on when they were made."""
    rows = connection.execute(
        sa.select(deployment_schedule.c.schedule, deployment_schedule.c.parameters, deployment_schedule.c.slug).where(
            deployment_schedule.c.deployment_id == deployment_id
        )
    ).all()
    ordered = sorted(rows, key=lambda row: (row.slug or "", row.schedule, row.parameters))
    return [{"schedule": load(row.schedule), "parameters": load(row.parameters), "slug": row.slug} for row in ordered]


def list_versions(connection: sa.Connection, deployment_id: str, limit: int) -> tuple[DeploymentVersion, ...]:
    """The last ones, newest first."""
    rows = connection.execute(
        sa.select(deployment_version)
        .where(deployment_version.c.deployment_id == deployment_id)
        .order_by(deployment_version.c.number.desc())
        .limit(limit + 1)
    ).all()
    specs = [load(row.spec) for row in rows]
    return tuple(
        DeploymentVersion(
            number=row.number,
            created=from_micros(row.created),
            version=row.version,
            version_type=row.version_type,
            info=load(row.info),
            spec=spec,
            changed=changed_fields(before, spec),
        )
        for row, spec, before in zip(rows[:limit], specs, [*specs[1:], None], strict=False)
    )
