"""Pauses: entered with what they ask for, left with an answer that fits, ended when nobody came."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from flowtui.engine.clock import from_micros
from flowtui.engine.deployments.schema_check import check_value
from flowtui.engine.errors import ParameterError, StaleEpoch, UsageError
from flowtui.engine.model import Answer
from flowtui.engine.orchestration.rules import Facts, decide
from flowtui.engine.states import Resuming, Running, State, StateType
from flowtui.engine.store import inputs
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import state_of
from flowtui.engine.store.tables import run_queue
from flowtui.engine.store.transitions import lock_run, propose, write_state

__all__ = ["expire", "pause", "release", "resume", "timed_out"]


def pause(
    database: Database,
    connection: sa.Connection,
    run_id: str,
    state: State,
    *,
    epoch: int | None,
    asked: Mapping[str, Any],
) -> Answer:
    """Propose a paused state; when it is accepted keep what it asks for, and forget an answer of an earlier attempt."""
    answer = propose(database, connection, run_id, state, epoch=epoch, force=False, result=None)
    if answer.status == "ACCEPT":
        response = _keyset(state).get("response")
        if response is not None:
            inputs.delete(connection, run_id, response)
        for key, value in asked.items():
            inputs.save(database, connection, run_id, key, value, None)
    return answer


def resume(
    database: Database, connection: sa.Connection, run_id: str, run_input: Mapping[str, Any] | None, *, here: bool
) -> Answer:
    """Let a paused run go on. `here`: the caller will claim the suspended run itself, so its state is left.

    Raises `ParameterError` when the input does not fit what was asked for, `UsageError` when it is not paused.
    """
    row = lock_run(database, connection, run_id)
    state = state_of(row)
    if not state.is_paused():
        raise UsageError(f"Flow run {row.name!r} is {row.state_name}, not paused, so it cannot be resumed.")
    proposed = Resuming() if state.is_suspended() else Running()
    if here:
        answer = _may_be_claimed(database, connection, row, state, proposed)
    else:
        answer = propose(database, connection, run_id, proposed, epoch=None, force=False, result=None)
    if answer.status == "ACCEPT":
        _keep_answer(database, connection, run_id, state, run_input)
    return answer


def _may_be_claimed(
    database: Database, connection: sa.Connection, row: sa.Row[Any], old: State, proposed: State
) -> Answer:
    """What the rules say of being started again by whoever asks; only a pause that has timed out is written."""
    now = database.now(connection)
    owned = row.lease_until is not None and row.lease_until > now
    facts = Facts(now=from_micros(now), owned=owned, by_owner=False, can_restart=True)
    decision = decide(old, proposed, facts)
    if decision.status == "REJECT" and decision.write is not None:
        write_state(database, connection, row, old, decision.write, keep_owner=False)
    reason, delay = decision.reason, decision.delay_seconds
    if decision.status == "ACCEPT" and not old.is_suspended():
        return Answer(status="ABORT", state=old, reason="its process waits for it to be resumed")
    return Answer(status=decision.status, state=decision.write or old, reason=reason, delay_seconds=delay)


def _keep_answer(
    database: Database, connection: sa.Connection, run_id: str, state: State, run_input: Mapping[str, Any] | None
) -> None:
    keys = _keyset(state)
    if not keys:
        if run_input:
            raise ParameterError("The run did not ask for any input; resume it without.")
        return
    asked = inputs.find(connection, run_id, keys["schema"])
    schema = asked.value if asked is not None else {}
    given = dict(run_input or {})
    problems = list(check_value(schema, given, schema))
    if problems:
        words = " ".join(f"{where or 'It'} {problem.rstrip('.')}." for where, problem in problems)
        raise ParameterError(f"The input does not fit what the run asked for. {words}")
    inputs.save(database, connection, run_id, keys["response"], given, None)


def _keyset(state: State) -> Mapping[str, str]:
    """The keys under which a pause keeps what it asks for and what it is answered: description, schema, response."""
    keys: Mapping[str, str] = state.details.get("run_input_keyset") or {}
    return keys


def release(database: Database, connection: sa.Connection, run_id: str, epoch: int) -> None:
    """Nobody owns the suspended run any more: its process has ended its work. Raises `StaleEpoch`."""
    row = lock_run(database, connection, run_id)
    if row.epoch != epoch:
        raise StaleEpoch(run_id, epoch, row.epoch)
    if state_of(row).is_suspended():
        let_go = sa.update(run_queue).where(run_queue.c.flow_run_id == run_id)
        connection.execute(let_go.values(owner=None, lease_until=None))


def timed_out(database: Database, connection: sa.Connection) -> tuple[str, ...]:
    """The runs whose pause is over, at most 100."""
    due = sa.select(run_queue.c.flow_run_id).where(
        run_queue.c.state_type == StateType.PAUSED.value, run_queue.c.due <= database.now(connection)
    )
    return tuple(connection.execute(due.limit(100)).scalars())


def expire(database: Database, connection: sa.Connection) -> tuple[str, ...]:
    """End the runs whose pause has timed out; answer which."""
    now = database.now(connection)
    ended = []
    for run_id in timed_out(database, connection):
        row = lock_run(database, connection, run_id)
        old = state_of(row)
        facts = Facts(now=from_micros(now), owned=False, by_owner=False, can_restart=True)
        decision = decide(old, Resuming(from_micros(now)), facts)
        if decision.status == "REJECT" and decision.write is not None and decision.write.is_failed():
            write_state(database, connection, row, old, decision.write, keep_owner=False)
            ended.append(run_id)
    return tuple(ended)
