"""A subflow that completed in an earlier attempt of its parent: its result stands for running it again."""

from dataclasses import dataclass

from flowtui.engine.context import FlowRunContext
from flowtui.engine.logs import flow_run_logger
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
    value = handle.value_of(before.id)
    if value is NO_DATA and before.result is not None:
        import orjson  # noqa: PLC0415 - loaded with the store anyway

        value = orjson.loads(before.result)
    if not decide_reuse(before, stand_in.input_key, kept=value is not NO_DATA).reuse:
        return None
    logger = flow_run_logger(handle.run_id, handle.name)
    logger.info("Kept the result of subflow %r of an earlier attempt, which completed", before.name)
    return KeptSubflow(before.state.with_data(value))
