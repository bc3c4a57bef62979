"""What a group commit writes: the task runs, transitions, log lines and notes that have gathered."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from flowtui.engine.model import LogLine, TaskRun
from flowtui.engine.states import TERMINAL, StateType
from flowtui.engine.store.bulk import insert_rows, upsert_rows
from flowtui.engine.store.database import Database
from flowtui.engine.store.log_chunks import append_lines
from flowtui.engine.store.rows import EVENT_COLUMNS, TASK_RUN_COLUMNS, event_values, task_run_row
from flowtui.engine.store.run_notes import Note, write_notes
from flowtui.engine.store.tables import event, flow_run, run_stats, task_run
from flowtui.engine.store.task_queue import epochs_of, leave

__all__ = ["Batch", "Item", "add_stats", "write_batch", "write_task_runs"]

_ENDS = frozenset(state.value for state in TERMINAL)
_BAD_ENDS = frozenset({StateType.FAILED.value, StateType.CRASHED.value})
_LOOKUP = 500  # names in one IN (…), well below SQLite's limit on parameters

# Built once: building a statement costs more than running it. The runs are locked, so that nobody takes over meanwhile.
_OWNERS = (
    sa.select(flow_run.c.id, flow_run.c.epoch, flow_run.c.state_type)
    .where(flow_run.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(flow_run.c.id)
    .with_for_update(read=True)
)
_STATES = sa.select(task_run.c.id, task_run.c.state_type).where(task_run.c.id.in_(sa.bindparam("ids", expanding=True)))


Item = TaskRun | LogLine | Note
"""What may be put into the writer."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Items in the order in which they were put."""

    tasks: list[TaskRun]
    logs: dict[str, list[LogLine]]
    """By stream: the flow run, or the task run of a task outside any flow."""
    notes: list[Note]

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Batch":
        tasks: list[TaskRun] = []
        logs: defaultdict[str, list[LogLine]] = defaultdict(list)
        notes: list[Note] = []
        for item in items:
            if type(item) is LogLine:
                stream = item.flow_run_id or item.task_run_id
                if stream is not None:
                    logs[stream].append(item)
            elif isinstance(item, TaskRun):
                tasks.append(item)
            elif not isinstance(item, LogLine):
                notes.append(item)
        return cls(tasks, dict(logs), notes)


def write_batch(database: Database, connection: sa.Connection, batch: Batch) -> set[str]:
    """Write everything; answer with the flow runs whose task runs were refused because another process took over."""
    fenced: set[str] = set()
    if batch.tasks:
        admitted, fenced = _admit(connection, batch.tasks)
        write_task_runs(database, connection, admitted)
    for stream, lines in sorted(batch.logs.items()):
        levels = Counter([line.level for line in lines])
        # The counters come first: their row is locked then, so that no two processes give out the same line numbers.
        add_stats(
            database,
            connection,
            stream,
            lines=len(lines),
            warnings=sum(n for level, n in levels.items() if 30 <= level < 40),
            errors=sum(n for level, n in levels.items() if level >= 40),
        )
        append_lines(connection, stream, lines, database.ahead(connection))
    if batch.notes:
        write_notes(database, connection, batch.notes)
    return fenced


def _admit(connection: sa.Connection, tasks: Sequence[TaskRun]) -> tuple[list[TaskRun], set[str]]:
    """The task runs that may be written, and the flow runs that have moved on to another epoch than theirs.

    A task run whose flow run has ended may still end; it does not come back to life. Runs without an epoch are free.
    """
    claimed = {run.id for run in tasks if run.claim}
    if claimed:  # a task worker's, which may have been taken for dead
        epochs = epochs_of(connection, claimed)
        tasks = [run for run in tasks if not run.claim or epochs.get(run.id) == run.claim]
    owned = {run.flow_run_id for run in tasks if run.flow_run_id is not None and run.epoch}
    if not owned:
        return list(tasks), set()
    rows = connection.execute(_OWNERS, {"ids": list(owned)})
    now = {row.id: (row.epoch, row.state_type in _ENDS) for row in rows}
    admitted: list[TaskRun] = []
    fenced: set[str] = set()
    for run in tasks:
        epoch, ended = now.get(run.flow_run_id, (-1, True)) if run.epoch else (run.epoch, False)
        if run.flow_run_id is not None and epoch != run.epoch:
            fenced.add(run.flow_run_id)
        elif run.state.is_final() or not ended:
            admitted.append(run)
    return admitted, fenced


def write_task_runs(database: Database, connection: sa.Connection, runs: list[TaskRun]) -> None:
    """Write task runs as they are now, each state as an event, and the counters of their flow runs."""
    if not runs:
        return
    newest = {run.id: run for run in runs}
    before = _known_states(connection, list(newest.keys() - {run.id for run in runs if _is_first(run)}))
    upsert_rows(database, connection, task_run, TASK_RUN_COLUMNS, [task_run_row(run) for run in newest.values()])
    events = [event_values("task-run", run.id, run.state, run.flow_run_id) for run in runs]
    insert_rows(database, connection, event, EVENT_COLUMNS, events)
    for flow_run_id, deltas in sorted(_stats(newest.values(), before).items()):  # in one order: no deadlocks
        add_stats(database, connection, flow_run_id, **deltas)
    ended = {run.id for run in runs if run.claim and (run.state.is_final() or run.state.is_not_ready())}
    if ended:
        leave(database, connection, ended)


def _is_first(run: TaskRun) -> bool:
    """True for the save that makes a run: its state is as old as itself. Nothing was kept of it before."""
    return run.state.timestamp is run.created and run.state.is_pending()


def _known_states(connection: sa.Connection, ids: list[str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for start in range(0, len(ids), _LOOKUP):
        part = ids[start : start + _LOOKUP]
        rows = connection.execute(_STATES, {"ids": part})
        known.update((row.id, row.state_type) for row in rows)
    return known


def _stats(runs: Iterable[TaskRun], before: dict[str, str]) -> dict[str, Counter[str]]:
    """How the counters of each flow run change when these task runs are as they are now."""
    deltas: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for run in runs:
        if run.flow_run_id is None:
            continue
        old, new = before.get(run.id), run.state.type.value
        delta = deltas[run.flow_run_id]
        delta["tasks"] += old is None
        delta["done"] += (new in _ENDS) - (old in _ENDS)
        delta["failed"] += (new in _BAD_ENDS) - (old in _BAD_ENDS)
    return dict(deltas)


def add_stats(database: Database, connection: sa.Connection, flow_run_id: str, **deltas: Any) -> None:
    """Add to the counters of a flow run, making its row when it is the first time."""
    values = {name: int(n) for name, n in deltas.items() if n}
    if not values:
        return
    statement = database.increment(run_stats, tuple(sorted(values)))
    connection.execute(statement, {"flow_run_id": flow_run_id, **values})
