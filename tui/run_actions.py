"""What can be done to a run from any screen: cancel it, or try it again. The run is fixed when the question opens."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import Answer, FlowRun, Verdict
from flowtui.engine.states import AwaitingRetry, Cancelling, State

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["cancel_runs", "retry_runs"]


async def cancel_runs(app: "FlowtuiApp", runs: Sequence[FlowRun]) -> None:
    """Ask, then cancel the runs that have not ended. Await it in a worker."""
    open_runs = [run for run in runs if not run.state.is_final()]
    if not open_runs:
        app.tell(f"{_names(runs)} {'has' if len(runs) == 1 else 'have'} ended already.")
        return
    running = [run for run in open_runs if run.state.is_running() or run.state.is_cancelling()]
    detail = "Its processes are ended, whatever they are doing." if running else "It has not started yet."
    if len(open_runs) > 1:
        detail = f"{len(running)} of them are running; their processes are ended."
    if await app.confirm(f"Cancel {_names(open_runs)}?", detail):
        await _propose(app, open_runs, _cancelling, "Cancelling")


async def retry_runs(app: "FlowtuiApp", runs: Sequence[FlowRun]) -> None:
    """Try runs again that have ended: tasks whose results are kept are not repeated. Await it in a worker."""
    ended = [run for run in runs if run.state.is_final()]
    if not ended:
        app.tell(f"{_names(runs)} {'has' if len(runs) == 1 else 'have'} not ended; there is nothing to retry.")
        return
    if len(ended) == 1 or await app.confirm(
        f"Retry {_names(ended)}?", "Completed tasks with a kept result are reused."
    ):
        await _propose(app, ended, lambda _: AwaitingRetry(), "Retrying")


def _cancelling(_: FlowRun) -> State:
    """What has no process is answered with Cancelled at once."""
    return Cancelling(message="Cancelled from the workstation.")


async def _propose(
    app: "FlowtuiApp", runs: Sequence[FlowRun], state_for: Callable[[FlowRun], State], verb: str
) -> None:
    """Propose a state for each run and say what came of it."""
    refused: list[str] = []
    for run in runs:
        try:
            answer: Answer = await app.call(app.client.set_flow_run_state, run.id, state_for(run))
        except FlowtuiError as error:
            refused.append(str(error))
            continue
        if answer.status != Verdict.ACCEPT and not answer.state.is_cancelled():
            refused.append(f"{run.name} is {answer.state.name}: {answer.reason or 'refused'}")
    done = len(runs) - len(refused)
    if done:
        app.tell(f"{verb} {_names(runs) if done == len(runs) else f'{done} of {len(runs)} runs'}.")
    for words in refused[:3]:
        app.notify_error(FlowtuiError(words))


def _names(runs: Sequence[FlowRun]) -> str:
    if len(runs) == 1:
        return f"{runs[0].flow_name} · {runs[0].name}"
    return f"{len(runs)} runs"
