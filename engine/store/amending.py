"""Retry a run with changes: the state and what is changed, in one transaction; and take both back.

What was before the last retry is kept beside what is changed, under `before`: with the state that brought it, so that
only the step that is taken back takes it along.
"""

from typing import Any

import sqlalchemy as sa

from flowtui.engine.amendments import RetryEdits, amended, amendments_json, amendments_of_json, edit_words
from flowtui.engine.errors import UsageError
from flowtui.engine.model import Answer, Verdict
from flowtui.engine.states import AwaitingRetry, StateType
from flowtui.engine.store import feed
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, load, state_of
from flowtui.engine.store.tables import flow_run, task_run
from flowtui.engine.store.transitions import lock_run, propose

__all__ = ["retry", "take_back"]


def retry(database: Database, connection: sa.Connection, run_id: str, edits: RetryEdits, *, here: bool) -> Answer:
    """Raises `NotFound`, and `UsageError` for edits that make no sense. See `Client.retry_flow_run`."""
    row = lock_run(database, connection, run_id)
    names = _names(connection, run_id, {*edits.inputs, *edits.again}, row.name)
    if here:
        answer = _may_be_taken(database, connection, row)
    else:
        words = edit_words(edits, names)
        details = {} if edits.is_empty else {"edited": words}
        state = AwaitingRetry(message=words, details=details)
        answer = propose(database, connection, run_id, state, epoch=None, force=False, result=None)
        if answer.status != Verdict.ACCEPT:
            return answer
    if edits.is_empty:
        return answer
    before = None if row.amendments is None else amendments_of_json(load(row.amendments))
    old = load(row.parameters)
    now, parameters = amended(before, edits, old, row.run_count)
    kept = {} if now is None else amendments_json(now)
    if not here:
        kept["before"] = {
            "state_id": answer.state.id,
            "amendments": None if before is None else amendments_json(before),
            "parameters": {name: old[name] for name in edits.parameters if name in old},
            "added": [name for name in edits.parameters if name not in old],
        }
    _write(database, connection, run_id, kept, parameters)
    return answer


def take_back(database: Database, connection: sa.Connection, row: sa.Row[Any], state_id: str) -> None:
    """A run leaves the state with that id for the one before: what the retry changed that brought it is as it was."""
    kept = {} if row.amendments is None else load(row.amendments)
    before = kept.get("before")
    if before is None or before["state_id"] != state_id:
        return
    parameters = {name: value for name, value in load(row.parameters).items() if name not in before["added"]}
    _write(database, connection, row.id, before["amendments"] or {}, {**parameters, **before["parameters"]})


def _write(
    database: Database, connection: sa.Connection, run_id: str, kept: dict[str, Any], parameters: dict[str, Any]
) -> None:
    values = {"amendments": dump(kept) if kept else None, "parameters": dump(parameters)}
    connection.execute(sa.update(flow_run).where(flow_run.c.id == run_id).values(values))
    feed.append(connection, "run", run_id, "updated", database.now(connection))


def _may_be_taken(database: Database, connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> Answer:
    if row.state_type == StateType.COMPLETED.value:
        raise UsageError(f"Flow run {row.name!r} completed; what completed is not run again. Start a new run instead.")
    if row.lease_until is not None and row.lease_until > database.now(connection):
        raise UsageError(f"Flow run {row.name!r} is {row.state_name} and owned by {row.owner}; cancel it there first.")
    return Answer(status=Verdict.ACCEPT, state=state_of(row))


def _names(connection: sa.Connection, run_id: str, ids: set[str], run_name: str) -> dict[str, str]:
    """The names of the task runs that are edited. Raises `UsageError` for one of another run."""
    if not ids:
        return {}
    wanted = sa.select(task_run.c.id, task_run.c.name)
    rows = connection.execute(wanted.where(task_run.c.flow_run_id == run_id, task_run.c.id.in_(sorted(ids))))
    names = {str(found.id): str(found.name) for found in rows}
    unknown = sorted(ids - names.keys())
    if unknown:
        raise UsageError(f"Flow run {run_name!r} has no task run {unknown[0]!r}, so it cannot be edited.")
    return names
