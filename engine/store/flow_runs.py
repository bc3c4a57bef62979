"""Read flow runs: one, some, or a list by keyset."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from flowtui.engine.errors import NotFound
from flowtui.engine.model import FlowRun, Slice
from flowtui.engine.query import Query
from flowtui.engine.states import State
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import event_state, flow_run_of, short
from flowtui.engine.store.run_order import Walk, in_order
from flowtui.engine.store.tables import deployment, event, flow, flow_run, run_queue, run_stats

__all__ = ["find", "ids_of", "read", "read_many", "slice_of", "states"]

_HEX = re.compile("[0-9a-f]+")


def _all_runs() -> sa.Select[Any]:
    """Runs with the names of their flow and deployment, their ownership, and their counters."""
    return (
        sa.select(
            flow_run,
            flow.c.name.label("flow_name"),
            deployment.c.name.label("deployment_name"),
            run_queue.c.owner,
            run_queue.c.lease_until,
            *(run_stats.c[name] for name in ("tasks", "done", "failed", "warnings", "errors", "lines")),
        )
        .join_from(flow_run, flow, flow.c.id == flow_run.c.flow_id)
        .outerjoin(deployment, deployment.c.id == flow_run.c.deployment_id)
        .outerjoin(run_queue, run_queue.c.flow_run_id == flow_run.c.id)
        .outerjoin(run_stats, run_stats.c.flow_run_id == flow_run.c.id)
    )


# Built once: building this statement costs more than running it.
_BY_ID = _all_runs().where(flow_run.c.id == sa.bindparam("run_id"))
_BY_IDS = _all_runs().where(flow_run.c.id.in_(sa.bindparam("ids", expanding=True)))


def read(connection: sa.Connection, run_id: str) -> FlowRun:
    row = connection.execute(_BY_ID, {"run_id": run_id}).one_or_none()
    if row is None:
        raise NotFound("flow run", run_id, "List them with: flowtui flow-run ls")
    return flow_run_of(row)


def read_many(connection: sa.Connection, ids: Sequence[str]) -> tuple[FlowRun, ...]:
    """The runs of these ids, in that order; those that do not exist are left out."""
    rows = connection.execute(_BY_IDS, {"ids": list(ids)})
    found = {row.id: flow_run_of(row) for row in rows}
    return tuple(found[run_id] for run_id in ids if run_id in found)


def find(connection: sa.Connection, prefix: str, limit: int) -> tuple[FlowRun, ...]:
    """Runs by the start of their id (at least four characters) or by name, newest first."""
    where: sa.ColumnElement[bool] = flow_run.c.name == short(prefix)
    digits = prefix.replace("-", "").lower()
    if 4 <= len(digits) <= 32 and _HEX.fullmatch(digits):
        first, last = str(UUID(digits.ljust(32, "0"))), str(UUID(digits.ljust(32, "f")))
        where = sa.or_(where, flow_run.c.id.between(first, last))
    rows = connection.execute(_all_runs().where(where).order_by(flow_run.c.sort_time.desc()).limit(limit))
    return tuple(map(flow_run_of, rows))


def states(connection: sa.Connection, subject_id: str) -> tuple[State, ...]:
    """The history of a flow run or a task run, oldest first."""
    rows = connection.execute(
        sa.select(event)
        .where(event.c.subject_id == subject_id, event.c.kind.in_(("flow-run", "task-run")))
        .order_by(event.c.seq)
    )
    return tuple(map(event_state, rows))


def slice_of(
    database: Database, connection: sa.Connection, query: Query, limit: int, cursor: str | None
) -> Slice[FlowRun]:
    """One page, newest first: the ids by index, then the rows."""
    edge = None if cursor is None else tuple(read_cursor(cursor, int, str))
    found = in_order(database, connection, query, limit + 1, Walk(edge=edge))
    page = found[:limit]
    return Slice(
        items=read_many(connection, [row.id for row in page]),
        next=write_cursor(page[-1].key, page[-1].id) if len(found) > limit else None,
    )


def ids_of(database: Database, connection: sa.Connection, query: Query, limit: int) -> tuple[str, ...]:
    """The ids of the runs that a list would show, newest first."""
    return tuple(row.id for row in in_order(database, connection, query, limit, Walk()))
