"""What a flow run keeps beyond JSON beside its row, and the part of a subflow in the transaction around it."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from flowtui.engine.errors import ResultError
from flowtui.engine.evolve import evolve
from flowtui.engine.keeping import Keeping
from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.results.inline import exact_json
from flowtui.engine.results.store import ResultStore, reference
from flowtui.engine.runs.handle import FlowRunHandle
from flowtui.engine.runs.transaction_steps import settle_in
from flowtui.engine.settings import current_settings
from flowtui.engine.states import NO_DATA, Completed, State
from flowtui.engine.transactions import CommitMode, Transaction

__all__ = ["keep_flow_result", "rolled_back", "subflow_takes_part"]

Log = Callable[[int, str, BaseException | None], None]


def keep_flow_result(asked: Keeping, run: FlowRun, state: State, log: Log, *, is_async: bool) -> Any:
    """The completed state as it is to be recorded, and its value as JSON for its row, when it is small and exact.

    Where results are far away and the flow is async, this is to be awaited: the event loop goes on meanwhile.
    """
    if state.data is NO_DATA or asked.persist is False:
        return state, None
    inline = exact_json(state.data)
    if not asked.elsewhere and (inline is not None or not asked.persist):
        return state, inline
    settings = current_settings()
    store = ResultStore(
        asked.storage if asked.storage is not None else settings.results_storage,
        serializer=asked.serializer or settings.results_serializer,
    )
    keep = partial(_kept, asked, store, run, state, inline, log)
    if not is_async or store.is_local():
        return keep()
    import asyncio  # noqa: PLC0415 - loaded by the async flow

    return asyncio.to_thread(keep)


def _kept(
    asked: Keeping, store: ResultStore, run: FlowRun, state: State, inline: str | None, log: Log
) -> tuple[State, str | None]:
    name = f"runs/{run.id}"
    try:
        info = store.write(state.data, f"flow run {run.id}", name=name, source=run.name)
        details = {**state.details, "result": reference(store.place, name, info)}
    except ResultError as error:
        log(logging.WARNING, f"Its result is not kept: {error}", None)
        return state, inline
    return evolve(state, details=details, data=state.data if asked.in_memory else NO_DATA), inline


def subflow_takes_part(block: Transaction, stand_in: TaskRun, parent: FlowRunHandle) -> None:
    """A subflow has ended within a transaction: that fails with it; what is undone is no result for another attempt."""
    if not stand_in.state.is_completed():
        block.doom(f"flow run {stand_in.name!r} ended {stand_in.state.name}")
        return
    if block.commit_mode is CommitMode.EAGER:
        return

    def undo() -> None:
        undone = rolled_back(stand_in)
        parent.client.save_task_run(undone)
        parent.ended(undone)

    txn = Transaction()
    settle_in(txn, block)
    txn.task_run, txn.run_id, txn.undo = stand_in.name, stand_in.id, undo
    txn.stage(None)
    block.children.append(txn)


def rolled_back(run: TaskRun) -> TaskRun:
    """The run, saying that what it did was undone, and that its result stands for nothing any more."""
    message = "The transaction that it was a part of was rolled back."
    return evolve(run, state=Completed(name="RolledBack", message=message), result=None)
