"""How a run has ended, from what was recorded: there is nothing left to wait for."""

from typing import Final

from flowtui.engine.explaining.naming import entrypoint_of
from flowtui.engine.explaining.situation import Situation
from flowtui.engine.explaining.words import passed, span
from flowtui.engine.explanations import Reason, Remedy
from flowtui.engine.states import StateType

__all__ = ["explain_ended"]

_VERBS: Final = {
    StateType.COMPLETED: "completed",
    StateType.FAILED: "failed",
    StateType.CRASHED: "crashed",
    StateType.CANCELLED: "was cancelled",
}


def explain_ended(it: Situation) -> tuple[str, tuple[Reason, ...]]:
    state, run = it.state, it.run
    verb = _VERBS[state.type]
    name = "" if state.name.lower() in verb else f" ({state.name})"
    where = " on ".join(reversed((run.infrastructure_pid or "").rsplit(":", 1))) if run.infrastructure_pid else ""
    details = [
        _how_long(it),
        f"Its worker was {run.worker_name}." if run.worker_name else "",
        f"Its process was {where}." if where and not state.is_completed() else "",
    ]
    remedies = [Remedy(words="Read its log", command=f"flowtui flow-run logs {run.id}")]
    if not state.is_completed():
        here = "" if run.deployment_id else f" --entrypoint {entrypoint_of(run)}"
        remedies.append(Remedy(words="Run it again", command=f"flowtui flow-run retry {run.id}{here}"))
    reason = Reason(
        code="ended",
        text=state.message or f"It {verb}.",
        detail=" ".join(filter(None, details)),
        blocking=False,
        facts={
            "end_time": (run.end_time or state.timestamp).isoformat(),
            "attempts": run.run_count,
            "worker": run.worker_name,
            "process": run.infrastructure_pid,
        },
        remedies=tuple(remedies),
    )
    when = passed(run.end_time or state.timestamp, it.now)
    return f"It {verb}{name} {when}; there is nothing to wait for.", (reason,)


def _how_long(it: Situation) -> str:
    """What it did itself, and from when to when where it waited between that: for a person, or for another attempt."""
    elapsed, ran = it.run.elapsed(it.now), it.run.running_time(it.now)
    if elapsed is None or ran is None:
        return "It never started."
    attempts = f" in {it.run.run_count} attempts" if it.run.run_count > 1 else ""
    within = f", within {span(elapsed)}" if span(elapsed) != span(ran) else ""
    return f"It ran for {span(ran)}{attempts}{within}."
