"""Carry out one of `run_changes.py` on a flow run: what became of it, and what would take it back."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.clock import to_micros
from flowtui.engine.errors import FlowtuiError, NotFound
from flowtui.engine.evolve import evolve
from flowtui.engine.ids import new_id
from flowtui.engine.model import Answer
from flowtui.engine.run_changes import (
    Cancel,
    Delete,
    Outcome,
    Pause,
    Restore,
    Resume,
    Retry,
    RunChange,
    SetState,
    Tag,
)
from flowtui.engine.states import AwaitingRetry, Cancelling, Paused, Scheduled, State, StateType, Suspended
from flowtui.engine.store import amending, pauses, run_edits
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import event_state, load, state_of
from flowtui.engine.store.tables import event, flow_run
from flowtui.engine.store.transitions import lock_run, propose

__all__ = ["change"]

_TAGGED: Final = "its tags are these already"
_COMPLETED: Final = "what completed stays completed"


def change(database: Database, connection: sa.Connection, run_id: str, wanted: RunChange) -> Outcome:
    """Do it to one run. Whatever goes wrong leaves this run as it was, and does not touch what else the transaction
    has done."""
    try:
        with connection.begin_nested():
            return _change(database, connection, run_id, wanted)
    except NotFound as error:
        return Outcome(run_id=run_id, fate="skipped", reason=str(error))
    except FlowtuiError as error:
        return Outcome(run_id=run_id, fate="failed", reason=str(error))


def _change(database: Database, connection: sa.Connection, run_id: str, wanted: RunChange) -> Outcome:
    row = lock_run(database, connection, run_id)
    old = state_of(row)

    def ask(state: State, *, force: bool = False) -> Answer:
        return propose(database, connection, run_id, state, epoch=None, force=force, result=None)

    match wanted:
        case Cancel():
            answer = ask(Cancelling(message=wanted.message))
            if answer.status != "ACCEPT" and not answer.state.is_cancelled():
                return _refused(run_id, answer, nothing_to_do=answer.state.is_final())
            if old.is_final():  # it was cancelled before
                return Outcome(run_id=run_id, fate="skipped", state=answer.state, reason="it is Cancelled already")
            return _done(run_id, answer, *_restorable(row, old, answer.state))
        case Delete():
            run_edits.delete(database, connection, run_id)
            return Outcome(run_id=run_id, fate="done", lasting="what is deleted is forgotten")
        case Retry():
            answer = ask(AwaitingRetry())
            return _moved(run_id, answer, *_restorable(row, old, answer.state))
        case Pause():
            make = Suspended if wanted.suspend else Paused
            state = make(wanted.timeout_seconds, message=wanted.message)
            answer = pauses.pause(database, connection, run_id, state, epoch=None, asked={})
            if answer.status != "ACCEPT":
                return _refused(run_id, answer, nothing_to_do=answer.state.is_paused())
            return _done(run_id, answer, Resume(), None)
        case Resume():
            answer = pauses.resume(database, connection, run_id, None, here=False)
            if old.is_suspended():
                return _moved(run_id, answer, None, "it is being started again")
            return _moved(run_id, answer, Pause(message=old.message), None)
        case SetState():
            answer = ask(_fresh(wanted), force=wanted.force)
            return _moved(run_id, answer, *_restorable(row, old, answer.state))
        case Tag():
            return _tag(database, connection, run_id, wanted, set(load(row.tags)))
        case Restore():
            return _restore(database, connection, row, old)


def _fresh(wanted: SetState) -> State:
    if wanted.type is StateType.SCHEDULED:
        return Scheduled(name=wanted.name, message=wanted.message)
    return State(type=wanted.type, name=wanted.name, message=wanted.message)


def _tag(database: Database, connection: sa.Connection, run_id: str, wanted: Tag, before: set[str]) -> Outcome:
    if not run_edits.tag(database, connection, run_id, wanted.add, wanted.remove):
        return Outcome(run_id=run_id, fate="skipped", reason=_TAGGED)
    after = (before - set(wanted.remove)) | set(wanted.add)
    back = Tag(add=tuple(sorted(before - after)), remove=tuple(sorted(after - before)))
    return Outcome(run_id=run_id, fate="done", back=back)


# -- taking back ------------------------------------------------------------------------------------------------------


def _restorable(row: sa.Row[Any], old: State, new: State) -> tuple[RunChange | None, str | None]:
    """What takes the step from `old` to `new` back, or why nothing does."""
    if new.is_completed():
        return None, _COMPLETED
    if old.is_scheduled() and new.is_final():
        if row.deployment_id is None:
            return None, "it has no deployment, so nobody could start it again"
        return Restore(), None
    if old.is_final() and not old.is_completed() and new.is_scheduled():
        return Restore(), None
    return None, f"it was {old.name}, and no run is put back into that"


def _restore(database: Database, connection: sa.Connection, row: sa.Row[Any], now: State) -> Outcome:
    before = _state_before(connection, row.id, now)
    back, lasting = (None, "it has no state before this one") if before is None else _restorable(row, before, now)
    if before is None or back is None or row.owner is not None:
        reason = lasting or "a process has it"
        return Outcome(run_id=row.id, fate="failed", state=now, reason=f"it is {now.name}: {reason}")
    if before.is_scheduled():
        due = before.details.get("scheduled_time")
        # Whether it is late is for the service to say that looks after that.
        name = "Scheduled" if before.name == "Late" else before.name
        state = Scheduled(datetime.fromisoformat(str(due)) if due else None, name=name, message="Restored.")
    else:
        # It ended then and not now: how long it ran, and the hour in which it failed, are as they were.
        state = evolve(before, id=new_id())
    answer = propose(database, connection, row.id, state, epoch=None, force=False, result=None)
    if answer.status == "ACCEPT" and before.is_final():
        _due_as_before(connection, row, now)
        amending.take_back(database, connection, row, now.id)
    return _moved(row.id, answer, None, "it was put back already")


def _due_as_before(connection: sa.Connection, row: sa.Row[Any], now: State) -> None:
    """A retry makes a run due when it is to begin; when it is taken back, it was due when it was before."""
    due_before = (
        sa.select(event)
        .where(
            event.c.subject_id == row.id, event.c.kind == "flow-run", event.c.state_type == StateType.SCHEDULED.value
        )
        .where(event.c.id != now.id)
        .order_by(event.c.seq.desc())
        .limit(1)
    )
    for found in connection.execute(due_before).all():
        due = event_state(found).details.get("scheduled_time")
        if due is not None:
            instant = to_micros(datetime.fromisoformat(str(due)))
            times = {"expected_start": instant, "sort_time": row.start_time if row.start_time is not None else instant}
            connection.execute(sa.update(flow_run).where(flow_run.c.id == row.id).values(times))


def _state_before(connection: sa.Connection, run_id: str, now: State) -> State | None:
    own = sa.select(event).where(event.c.subject_id == run_id, event.c.kind == "flow-run")
    for row in connection.execute(own.order_by(event.c.seq.desc()).limit(2)).all():
        state = event_state(row)
        if state.id != now.id:
            return state
    return None


# -- outcomes ---------------------------------------------------------------------------------------------------------


def _moved(run_id: str, answer: Answer, back: RunChange | None, lasting: str | None) -> Outcome:
    if answer.status != "ACCEPT":
        return _refused(run_id, answer)
    return _done(run_id, answer, back, lasting)


def _done(run_id: str, answer: Answer, back: RunChange | None, lasting: str | None) -> Outcome:
    return Outcome(run_id=run_id, fate="done", state=answer.state, back=back, lasting=lasting)


def _refused(run_id: str, answer: Answer, *, nothing_to_do: bool = False) -> Outcome:
    reason = f"it is {answer.state.name}: {answer.reason or 'refused'}".replace(" ID ", f" {run_id} ")
    return Outcome(run_id=run_id, fate="skipped" if nothing_to_do else "failed", state=answer.state, reason=reason)
