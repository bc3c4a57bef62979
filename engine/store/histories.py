"""The past of runs: how long tasks usually take, and all that happened in one run."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from flowtui.engine.errors import NotFound
from flowtui.engine.model import Change, Slice
from flowtui.engine.states import State, StateType
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.rows import change_of, event_state
from flowtui.engine.store.tables import artifact, event, flow, flow_run, task_run
from flowtui.engine.usual import Usual, usual_of

__all__ = ["history_of", "states_of", "usual_task_seconds"]

_MOST_IDS: Final = 500  # in one IN (…), well below SQLite's limit on parameters
_OF_RUNS: Final = ("flow-run", "task-run", "run")
_CACHED: Final = "Cached"  # it did not run: a kept result was used


def usual_task_seconds(connection: sa.Connection, flow_name: str, runs: int, tasks: int) -> Mapping[str, Usual]:
    """By task key. Each run is walked by the index from both of its ends: what a flow does last tells as much."""
    last = (
        sa.select(flow_run.c.id)
        .join(flow, flow.c.id == flow_run.c.flow_id)
        .where(flow.c.name == flow_name, flow_run.c.state_type == StateType.COMPLETED.value)
        .order_by(flow_run.c.sort_time.desc())
        .limit(runs)
    )
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for run_id in connection.execute(last).scalars().all():
        rows = {
            row.id: row
            for order in (task_run.c.id, task_run.c.id.desc())
            for row in connection.execute(_durations(run_id, order, tasks // 2))
        }
        for row in rows.values():
            seconds[row.task_key].append((row.end_time - row.start_time) / 1_000_000)
    found = {key: usual_of(durations) for key, durations in seconds.items()}
    return {key: usual for key, usual in found.items() if usual is not None}


def _durations(run_id: str, order: sa.ColumnElement[str], limit: int) -> sa.Select[tuple[str, str, int, int]]:
    # The inner limit bounds what is looked at, the outer conditions choose among it.
    end = (
        sa.select(
            task_run.c.id,
            task_run.c.task_key,
            task_run.c.start_time,
            task_run.c.end_time,
            task_run.c.state_type,
            task_run.c.state_name,
        )
        .where(task_run.c.flow_run_id == run_id)
        .order_by(order)
        .limit(limit)
        .subquery()
    )
    return sa.select(end.c.id, end.c.task_key, end.c.start_time, end.c.end_time).where(
        end.c.state_type == StateType.COMPLETED.value,
        end.c.state_name != _CACHED,
        end.c.start_time.isnot(None),
        end.c.end_time.isnot(None),
    )


def states_of(connection: sa.Connection, task_run_ids: Sequence[str]) -> Mapping[str, tuple[State, ...]]:
    """The states of some task runs, each oldest first."""
    rows = connection.execute(
        sa.select(event).where(event.c.subject_id.in_(task_run_ids), event.c.kind == "task-run").order_by(event.c.seq)
    )
    found: defaultdict[str, list[State]] = defaultdict(list)
    for row in rows:
        found[row.subject_id].append(event_state(row))
    return {run_id: tuple(states) for run_id, states in found.items()}


def history_of(connection: sa.Connection, flow_run_id: str, limit: int, cursor: str | None) -> Slice[Change]:
    """All events of the run (on the first slice, with its artifacts) and of the next `limit` task runs.

    By subject, because that has an index: one by flow run would cost every task a second entry to write.
    """
    tasks = sa.select(task_run.c.id).where(task_run.c.flow_run_id == flow_run_id).order_by(task_run.c.id)
    subjects: list[str] = []
    if cursor is None:
        if connection.execute(sa.select(flow_run.c.id).where(flow_run.c.id == flow_run_id)).first() is None:
            raise NotFound("flow run", flow_run_id, "List them with: flowtui flow-run ls")
        made = sa.select(artifact.c.id).where(artifact.c.flow_run_id == flow_run_id).order_by(artifact.c.id)
        subjects = [flow_run_id, *connection.execute(made.limit(limit)).scalars()]
    else:
        (last,) = read_cursor(cursor, str)
        tasks = tasks.where(task_run.c.id > last)
    found = list(connection.execute(tasks.limit(limit + 1)).scalars())
    page = found[:limit]
    subjects.extend(page)
    changes: list[Change] = []
    for start in range(0, len(subjects), _MOST_IDS):
        where = event.c.subject_id.in_(subjects[start : start + _MOST_IDS])
        rows = connection.execute(sa.select(event).where(where, event.c.kind.in_((*_OF_RUNS, "artifact"))))
        changes.extend(map(change_of, rows))
    changes.sort(key=lambda change: change.seq)
    return Slice(items=tuple(changes), next=write_cursor(page[-1]) if len(found) > limit else None)
