"""The last run that went well before another one."""

import sqlalchemy as sa

from flowtui.engine.model import FlowRun
from flowtui.engine.states import StateType
from flowtui.engine.store.flow_runs import read
from flowtui.engine.store.tables import flow_run

__all__ = ["run_before"]

_HERE = sa.select(flow_run.c.sort_time, flow_run.c.flow_id, flow_run.c.deployment_id).where(
    flow_run.c.id == sa.bindparam("run_id")
)


def run_before(connection: sa.Connection, run_id: str) -> FlowRun | None:
    """The newest completed run that began before this one: of its deployment, else of its flow. Raises `NotFound`."""
    here = connection.execute(_HERE, {"run_id": run_id}).one_or_none()
    if here is None:
        read(connection, run_id)  # raises, in the words that are used everywhere
        return None
    found = None
    if here.deployment_id is not None:
        found = _newest(connection, flow_run.c.deployment_id == here.deployment_id, here.sort_time, run_id)
    if found is None:
        found = _newest(connection, flow_run.c.flow_id == here.flow_id, here.sort_time, run_id)
    return None if found is None else read(connection, found)


def _newest(connection: sa.Connection, which: sa.ColumnElement[bool], before: int, run_id: str) -> str | None:
    return connection.execute(
        sa.select(flow_run.c.id)
        .where(
            which,
            flow_run.c.state_type == StateType.COMPLETED.value,
            flow_run.c.sort_time <= before,
            flow_run.c.id != run_id,
        )
        .order_by(flow_run.c.sort_time.desc(), flow_run.c.id.desc())
        .limit(1)
    ).scalar()
