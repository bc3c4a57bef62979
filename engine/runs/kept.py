"""A subflow that completed in an earlier attempt of its parent: its result stands for running it again."""

import logging
from dataclasses import dataclass, replace
from typing import Any

from flowtui.engine.context import FlowRunContext
from flowtui.engine.errors import MissingResult, NotFound
from flowtui.engine.ids import new_id
from flowtui.engine.logs import say
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.reuse import decide_reuse
from flowtui.engine.states import NO_DATA, State

__all__ = ["KeptSubflow", "kept_subflow"]


@dataclass(frozen=True, slots=True)
class KeptSubflow:
    """Takes the place of a run, and has ended before it begins."""

    state: State

    def drive(self) -> State:
        return self.state

    async def adrive(self) -> State:
        return self.state


def kept_subflow(stand_in: TaskRun, parent: FlowRunContext) -> KeptSubflow | None:
    """What the same call had given in an earlier attempt; None when it has to be run."""
    handle = parent.handle
    before = handle.earlier(stand_in.task_key, stand_in.dynamic_key)
    if before is None:
        return None
    if not before.state.is_completed():
        before = _ended_unnoticed(before, stand_in, parent)
    value = _value(before, handle.value_of(before.id))
    asked = handle.asked_again(before)
    if not decide_reuse(before, stand_in.input_key, kept=value is not NO_DATA, asked=asked).reuse:
        return None
    say(handle.logger, logging.INFO, f"Kept the result of subflow {before.name!r} of an earlier attempt")
    return KeptSubflow(before.state.with_data(value))


def _value(before: TaskRun, remembered: Any) -> Any:
    """From memory, from beside its row, or from where its state says that it is kept; else NO_DATA."""
    if remembered is not NO_DATA:
        return remembered
    if before.result is not None:
        import orjson  # noqa: PLC0415 - loaded with the store anyway

        return orjson.loads(before.result)
    if not before.state.is_completed():
        return NO_DATA
    try:
        return before.state.result()
    except MissingResult:
        return NO_DATA


def _ended_unnoticed(before: TaskRun, stand_in: TaskRun, parent: FlowRunContext) -> TaskRun:
    """The stand-in as its subflow run has it: the process may have died after that had completed, and before the
    stand-in said so."""
    if before.child_flow_run_id is None or before.input_key != stand_in.input_key:
        return before
    client = parent.handle.client
    try:
        child = client.read_flow_run(before.child_flow_run_id)
    except NotFound:  # the process died before it was made
        return before
    if not child.state.is_completed() or child.result is None:
        return before
    ended = replace(
        before,
        state=replace(child.state, id=new_id()),
        run_count=1,
        start_time=child.start_time,
        end_time=child.end_time,
        result=child.result,
        flow_run_run_count=stand_in.flow_run_run_count,
        epoch=stand_in.epoch,
    )
    client.save_task_run(ended)
    return ended
