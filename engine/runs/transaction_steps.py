"""How a transaction goes, as generators that decide; the drivers carry the steps out, for sync and for async code."""

import logging
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from flowtui.engine.caching.isolation import IsolationLevel
from flowtui.engine.caching.locks import pauses
from flowtui.engine.context import current_flow_run
from flowtui.engine.errors import UsageError
from flowtui.engine.names import function_name
from flowtui.engine.runs.steps import Ask, Do, Log, Sleep, Step, WaitFor
from flowtui.engine.transactions import CommitMode, Transaction, TransactionState, enter, leave, transaction_around

__all__ = ["begin_steps", "commit_steps", "end_steps", "lock_steps", "rollback_steps", "rollback_within", "settle_in"]


def begin_steps(txn: Transaction) -> Generator[Step, Any, None]:
    """From PENDING to ACTIVE, or to COMMITTED when there is a record under its key already."""
    if not txn.is_pending():
        raise UsageError("A transaction can be entered once; make another one.")
    settle_in(txn, transaction_around())
    flow = current_flow_run()
    txn.run_id = flow.handle.run_id if flow is not None else None
    if txn.key is not None:
        if txn.isolation_level is IsolationLevel.SERIALIZABLE and not txn.is_held(txn.key, txn.store.lock_manager):
            yield from lock_steps(txn.store.lock_manager, txn.key, txn.id)
            txn.release = partial(txn.store.release_lock, txn.key, txn.id)
        if not txn.overwrite and (yield Do(partial(txn.store.exists, txn.key))):
            txn.state = TransactionState.COMMITTED
    txn.token = enter(txn)


def settle_in(txn: Transaction, parent: Transaction | None) -> None:
    """Take what was not said from the transaction around it. Raises `UsageError` for what contradicts itself."""
    txn.parent = parent
    if txn.commit_mode is None:
        txn.commit_mode = parent.commit_mode if parent else CommitMode.LAZY
    if txn.isolation_level is None:
        txn.isolation_level = parent.isolation_level if parent else IsolationLevel.READ_COMMITTED
    serializable = txn.isolation_level is IsolationLevel.SERIALIZABLE
    if txn.key is not None and serializable and txn.store.lock_manager is None:
        raise UsageError(
            "SERIALIZABLE isolation needs locks; give the transaction a store with a lock_manager: "
            "store=ResultStore(lock_manager=MemoryLockManager())."
        )
    txn.state = TransactionState.ACTIVE


def lock_steps(manager: Any, key: str, holder: str) -> Generator[Step, Any, None]:
    """Wait for a lock, without blocking an event loop that its holder may need."""
    for pause in pauses(None):
        if (yield Do(partial(manager.acquire_lock, key, holder, 0))):
            return
        yield Sleep(pause)


def end_steps(txn: Transaction, error: BaseException | None) -> Generator[Step, Any, None]:
    """Its block has ended: commit it, roll it back, or leave it to the transaction around it."""
    try:
        waits = [future for future in txn.open if not future.done()]
        if waits:
            yield WaitFor(waits)
        mode, outermost = txn.commit_mode, txn.parent is None
        if error is not None:
            yield from rollback_steps(txn)
        elif txn.has_ended():
            txn.let_go()
        elif mode is CommitMode.EAGER or (outermost and mode is CommitMode.LAZY):
            yield from commit_steps(txn)
        elif outermost or txn.doomed:
            yield from rollback_steps(txn)
    finally:
        if txn.token is not None:
            leave(txn.token)
            txn.token = None
        hand_over(txn)


def hand_over(txn: Transaction) -> None:
    """Leave what is to become of it to the transaction around it, which fails when it has failed."""
    parent = txn.parent
    if parent is None:
        return
    if txn.is_rolled_back():
        parent.doom(txn.doomed or "a transaction within it was rolled back")
    parent.children.append(txn)


def commit_steps(txn: Transaction) -> Generator[Step, Any, bool]:
    """Everything within it, then its own hooks, then the records. True when it is committed by this."""
    if txn.has_ended():
        txn.let_go()
        return False
    if txn.doomed is not None:
        yield Log(logging.ERROR, f"The transaction is rolled back: {txn.doomed}.")
        yield from rollback_steps(txn)
        return False
    try:
        yield from _commit_hooks(txn)
        yield from _records(txn)
    except Exception as error:  # a hook of the user's, or a record that cannot be kept
        yield Log(logging.ERROR, f"The transaction is rolled back, as it could not be committed: {_told(error)}")
        yield from rollback_steps(txn)
        return False
    return True


def _commit_hooks(txn: Transaction) -> Generator[Step, Any, None]:
    """All hooks come before any record: until the last of them has run, everything can be undone."""
    for child in txn.children:
        if not child.has_ended():
            yield from _commit_hooks(child)
    for hook in txn.on_commit_hooks:
        yield from _called(txn, hook, "commit")


def _records(txn: Transaction) -> Generator[Step, Any, None]:
    for child in txn.children:
        if not child.has_ended():
            yield from _records(child)
    if txn.write is not None and txn.write_on_commit:
        yield Ask(txn.write)
    txn.state = TransactionState.COMMITTED
    txn.let_go()


def rollback_steps(txn: Transaction) -> Generator[Step, Any, bool]:
    """Its own hooks, the last first, then everything within it, the last first. True when that undid something.

    A hook that raises is a line of the log, and the others run all the same.
    """
    if txn.has_ended():
        txn.let_go()
        return False
    for hook in reversed(txn.on_rollback_hooks):
        try:
            yield from _called(txn, hook, "rollback")
        except Exception as error:
            name = function_name(hook)
            yield Log(logging.ERROR, f"Rollback hook {name!r} raised {_told(error)}; the others still run.")
    if txn.undo is not None:
        yield Do(txn.undo)
    txn.state = TransactionState.ROLLED_BACK
    yield from rollback_within(txn)
    txn.let_go()
    return True


def rollback_within(txn: Transaction) -> Generator[Step, Any, None]:
    """Undo and forget what was done within it, the last first."""
    children, txn.children = txn.children, []
    for child in reversed(children):
        yield from rollback_steps(child)


def _called(txn: Transaction, hook: Callable[..., Any], kind: str) -> Generator[Step, Any, None]:
    name = f"{kind} hook {function_name(hook)!r}" + (f" of task run {txn.task_run!r}" if txn.task_run else "")
    yield Log(logging.INFO, f"Running {name}")
    yield Ask(partial(hook, txn))
    yield Log(logging.INFO, f"The {name} has run")


def _told(error: BaseException) -> str:
    """The exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
