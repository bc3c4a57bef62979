"""Why a task run waits: for a slot, for others upstream, for its next attempt, or for its subflow."""

from collections.abc import Iterator
from datetime import datetime

from flowtui.engine.explaining.limits import limit_reason
from flowtui.engine.explaining.naming import facts_of, quoted
from flowtui.engine.explaining.situation import TaskSituation, Upstream
from flowtui.engine.explaining.words import clock, count, listed, passed, span
from flowtui.engine.explanations import Explanation, Reason, Remedy

__all__ = ["explain_task_run"]


def explain_task_run(it: TaskSituation) -> Explanation:
    reasons = (*_own(it), *_flow_run(it))
    return Explanation(
        kind="task-run",
        run_id=it.run.id,
        run_name=it.run.name,
        flow_name=it.flow_run.flow_name if it.flow_run else None,
        state=it.run.state,
        now=it.now,
        verdict=_verdict(it, reasons),
        reasons=reasons,
    )


def _verdict(it: TaskSituation, reasons: tuple[Reason, ...]) -> str:
    state = it.run.state
    if state.is_final():
        return f"It ended {state.name} {passed(state.timestamp, it.now)}; there is nothing to wait for."
    if state.name == "NotReady":
        return "It will never start."
    first = next((reason for reason in reasons if reason.blocking), None)
    return f"It has been waiting for {span(it.now - state.timestamp)}." if first else f"It is {state.name}."


def _own(it: TaskSituation) -> Iterator[Reason]:
    run, state = it.run, it.run.state
    if state.is_final() or state.name == "NotReady":
        yield Reason(
            code="upstream" if state.name == "NotReady" else "ended",
            text=state.message or f"It ended {state.name}.",
            blocking=state.name == "NotReady",
            facts={"upstream": [_upstream_facts(one) for one in it.upstream]},
        )
        return
    yield from (limit_reason(full, it.now) for full in it.limits)
    if state.name == "AwaitingRetry":
        yield _retry(it)
    if state.is_pending():
        open_ones = [one for one in it.upstream if not one.state.is_final()]
        if open_ones:
            yield _waits_for(open_ones)
    if it.child is not None and not it.child.state.is_final():
        yield Reason(
            code="child",
            text=f"It stands for the subflow {it.child.name} of {it.child.flow_name}, which is {it.child.state.name}.",
            blocking=not it.child.state.is_running(),
            facts={"flow_runs": facts_of([it.child])},
            remedies=(Remedy(words="See why that waits", command=f"flowtui flow-run why {quoted(it.child.id)}"),),
        )
    if state.is_running() and it.child is None:
        since = run.start_time or state.timestamp
        yield Reason(
            code="running",
            text=f"It has been running for {span(it.now - since)}.",
            blocking=False,
            facts={"start_time": since.isoformat(), "attempts": run.run_count},
        )


def _retry(it: TaskSituation) -> Reason:
    details = it.run.state.details
    due = datetime.fromisoformat(str(details["scheduled_time"])) if "scheduled_time" in details else it.now
    which = f" This is retry {details['retry']} of {details['retries']}." if "retry" in details else ""
    return Reason(
        code="retrying",
        text=f"It failed, and is tried again in {span(due - it.now)}, at {clock(due, it.now)}.{which}",
        detail=it.run.state.message or "",
        facts={
            "due": due.isoformat(),
            "attempts": it.run.run_count,
            "retry": details.get("retry"),
            "retries": details.get("retries"),
        },
    )


def _waits_for(upstream: list[Upstream]) -> Reason:
    names = [f"{one.name} ({one.state.name})" for one in upstream]
    return Reason(
        code="upstream",
        text=f"It waits for {count(len(upstream), 'task run')} upstream to end: {listed(names)}.",
        facts={"upstream": [_upstream_facts(one) for one in upstream]},
        remedies=(Remedy(words="See why that waits", command=f"flowtui task-run why {upstream[0].id}"),),
    )


def _upstream_facts(one: Upstream) -> dict[str, str]:
    return {"task_run_id": one.id, "name": one.name, "state_name": one.state.name}


def _flow_run(it: TaskSituation) -> Iterator[Reason]:
    """A task goes on only while its flow run does."""
    flow_run = it.flow_run
    if flow_run is None or it.run.state.is_final() or flow_run.state.is_running():
        return
    yield Reason(
        code="parent",
        text=f"Its flow run {flow_run.name} is {flow_run.state.name}.",
        detail=flow_run.state.message or "",
        facts={"flow_runs": facts_of([flow_run])},
        remedies=(Remedy(words="See why that waits", command=f"flowtui flow-run why {flow_run.id}"),),
    )
