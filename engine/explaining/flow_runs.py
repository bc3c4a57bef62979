"""Why a flow run waits: by what it is doing, the rules of that."""

from flowtui.engine.explaining.ended import explain_ended
from flowtui.engine.explaining.paused import explain_paused
from flowtui.engine.explaining.scheduled import explain_scheduled
from flowtui.engine.explaining.situation import Situation
from flowtui.engine.explaining.under_way import (
    explain_cancelling,
    explain_pending,
    explain_retrying_here,
    explain_running,
)
from flowtui.engine.explanations import Explanation, Reason

__all__ = ["explain_flow_run"]


def explain_flow_run(it: Situation) -> Explanation:
    verdict, reasons = _explain(it)
    return Explanation(
        kind="flow-run",
        run_id=it.run.id,
        run_name=it.run.name,
        flow_name=it.run.flow_name,
        state=it.state,
        now=it.now,
        verdict=verdict,
        reasons=reasons,
    )


def _explain(it: Situation) -> tuple[str, tuple[Reason, ...]]:
    state = it.state
    if state.is_final():
        return explain_ended(it)
    if state.is_cancelling():
        return explain_cancelling(it)
    if state.is_paused():
        return explain_paused(it)
    if state.is_running():
        return explain_running(it)
    if state.is_pending():
        return explain_pending(it)
    return explain_scheduled(it) if it.run.lease_until is None else explain_retrying_here(it)
