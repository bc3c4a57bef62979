"""The figures of whole screens, each from a bounded number of rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.overviews import DurationPoint, DurationSample, FlowFigures
from flowtui.engine.states import TERMINAL, StateType
from flowtui.engine.store import flow_runs
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import deployment, flow, flow_run

__all__ = ["completed_since", "duration_sample", "flow_figures"]

_COUNTED: Final = 1_000
"""Runs of a flow that are counted."""
_LATEST: Final = 60
"""Runs of a flow that its usual duration is taken from, as far as they completed."""
_PARTS: Final = 100
_ENDED: Final = frozenset(kind.value for kind in TERMINAL)


# -- flows ------------------------------------------------------------------------------------------------------------


def flow_figures(
    database: Database, connection: sa.Connection, names: Sequence[str], limit: int
) -> tuple[FlowFigures, ...]:
    """The flows by name. Three short walks along an index for each."""
    now = database.now(connection)
    chosen = sa.select(flow.c.id, flow.c.name).order_by(flow.c.name).limit(limit)
    flows = connection.execute(chosen.where(flow.c.name.in_(names)) if names else chosen).all()
    deployed = _deployments(connection, [row.id for row in flows])
    latest = {row.id: connection.execute(_OF_FLOW, {"flow": row.id, "now": now}).all() for row in flows}
    last_ids = [runs[0].id for runs in latest.values() if runs]
    last = {run.flow_id: run for run in flow_runs.read_many(connection, last_ids)}
    found = []
    for row in flows:
        runs = connection.execute(_COUNT, {"flow": row.id}).scalar_one()
        found.append(
            FlowFigures(
                name=row.name,
                last=last.get(row.id),
                runs=min(runs, _COUNTED),
                more=runs > _COUNTED,
                usual=_usual(latest[row.id]),
                deployments=tuple(deployed.get(row.id, ())),
            )
        )
    return tuple(found)


_OF_FLOW: Final = (
    sa.select(
        flow_run.c.id, flow_run.c.state_type, flow_run.c.start_time, flow_run.c.end_time, flow_run.c.total_run_time
    )
    .where(flow_run.c.flow_id == sa.bindparam("flow"), flow_run.c.sort_time <= sa.bindparam("now"))
    .order_by(flow_run.c.sort_time.desc(), flow_run.c.id.desc())
    .limit(_LATEST)
)
_COUNT: Final = sa.select(sa.func.count()).select_from(
    sa.select(flow_run.c.id).where(flow_run.c.flow_id == sa.bindparam("flow")).limit(_COUNTED + 1).subquery()
)


def _deployments(connection: sa.Connection, flow_ids: Sequence[str]) -> dict[str, list[str]]:
    query = sa.select(deployment.c.flow_id, deployment.c.name).where(deployment.c.flow_id.in_(flow_ids))
    found: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(deployment.c.name)):
        found.setdefault(row.flow_id, []).append(row.name)
    return found


def _usual(runs: Iterable[Any]) -> float | None:
    took = [
        (run.total_run_time or run.end_time - run.start_time) / 1_000_000
        for run in runs
        if run.state_type == StateType.COMPLETED.value and run.start_time and run.end_time
    ]
    return median(took) if took else None


# -- what has gone well -----------------------------------------------------------------------------------------------

_HAS_COMPLETED: Final = (
    sa.select(sa.literal(1))
    .where(
        flow_run.c.flow_id == sa.select(flow.c.id).where(flow.c.name == sa.bindparam("name")).scalar_subquery(),
        flow_run.c.sort_time >= sa.bindparam("since"),
        flow_run.c.state_type == StateType.COMPLETED.value,
    )
    .limit(1)
)


def completed_since(connection: sa.Connection, moments: Mapping[str, datetime]) -> frozenset[str]:
    """A short walk along an index for each flow."""
    return frozenset(
        name
        for name, moment in moments.items()
        if connection.execute(_HAS_COMPLETED, {"name": name, "since": to_micros(moment)}).first() is not None
    )


# -- durations --------------------------------------------------------------------------------------------------------

_SPAN: Final = (
    sa.select(
        flow_run.c.id,
        flow_run.c.flow_id,
        flow_run.c.state_type,
        flow_run.c.sort_time,
        flow_run.c.start_time,
        flow_run.c.end_time,
    )
    .where(flow_run.c.sort_time >= sa.bindparam("since"), flow_run.c.sort_time < sa.bindparam("until"))
    .order_by(flow_run.c.sort_time.desc(), flow_run.c.id.desc())
    .limit(sa.bindparam("most"))
)


def duration_sample(connection: sa.Connection, since: datetime, until: datetime, most: int) -> DurationSample:
    """The newest runs of the span; those of each part of it, when they are more than `most`."""
    low, high = to_micros(since), to_micros(until)
    rows = list(connection.execute(_SPAN, {"since": low, "until": high, "most": most + 1}))
    complete = len(rows) <= most
    if not complete:
        edges = [low + (high - low) * part // _PARTS for part in range(_PARTS + 1)]
        each = max(most // _PARTS, 1)
        rows = [
            row
            for start, end in pairwise(edges)
            for row in connection.execute(_SPAN, {"since": start, "until": end, "most": each})
        ]
    rows = [row for row in rows if row.state_type in _ENDED and row.start_time and row.end_time]
    names = _names(connection, {row.flow_id for row in rows})
    points = [
        DurationPoint(
            run_id=row.id,
            flow_name=names.get(row.flow_id, ""),
            start=from_micros(row.start_time),
            seconds=max(row.end_time - row.start_time, 0) / 1_000_000,
            state=StateType(row.state_type),
        )
        for row in rows
    ]
    return DurationSample(
        points=tuple(sorted(points, key=lambda point: (point.start, point.run_id))), complete=complete
    )


def _names(connection: sa.Connection, flow_ids: Iterable[str]) -> dict[str, str]:
    wanted = sorted(flow_ids)
    found: dict[str, str] = {}
    for at in range(0, len(wanted), 500):
        query = sa.select(flow.c.id, flow.c.name).where(flow.c.id.in_(wanted[at : at + 500]))
        found.update((row.id, row.name) for row in connection.execute(query))
    return found
