"""What a run that a process has in hand is doing, or waits for: its start, its tasks, its subflows, its end."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flowtui.engine.explaining.limits import limit_reason
from flowtui.engine.explaining.naming import facts_of, quoted
from flowtui.engine.explaining.situation import Situation
from flowtui.engine.explaining.words import clock, count, listed, passed, span
from flowtui.engine.explanations import Reason, Remedy
from flowtui.engine.model import TaskRun

__all__ = ["carrier", "explain_cancelling", "explain_pending", "explain_retrying_here", "explain_running", "silence"]

Told = tuple[str, tuple[Reason, ...]]


def carrier(it: Situation) -> str:
    """Who has it in hand: `worker w-1 (process 12 on box)`, `process 12 on box`."""
    host, _, rest = (it.run.infrastructure_pid or it.run.owner or "").partition(":")
    pid = rest.partition(":")[0]
    process = f"process {pid} on {host}" if pid else f"process {host}" if host else "a process"
    return f"worker {it.run.worker_name} ({process})" if it.run.worker_name else process


def carrier_facts(it: Situation) -> dict[str, Any]:
    return {
        "worker": it.run.worker_name,
        "process": it.run.infrastructure_pid or it.run.owner,
        "lease_until": it.run.lease_until and it.run.lease_until.isoformat(),
    }


def silence(it: Situation) -> Iterator[Reason]:
    """Its owner is gone, or there is none, and somebody has to say so."""
    run = it.run
    if run.lease_until is None:
        yield Reason(
            code="owner-silent",
            text="No process has it in hand.",
            facts=carrier_facts(it),
            remedies=(Remedy(words="End it", command=f"flowtui flow-run cancel {run.id}"),),
        )
    elif it.silent:
        ends = (
            "A backend will record that within a few seconds."
            if it.backends
            else "No backend serves this store, so nobody records that."
        )
        yield Reason(
            code="owner-silent",
            text=f"Its process has not been heard of: its lease ended {passed(run.lease_until, it.now)}.",
            detail=f"It was {carrier(it)}. {ends}",
            facts=carrier_facts(it),
            remedies=() if it.backends else (Remedy(words="Start a backend", command="flowtui server start"),),
        )


def explain_pending(it: Situation) -> Told:
    since = it.state.timestamp
    gone = tuple(silence(it))
    starting = Reason(
        code="starting",
        text=f"It was taken {passed(since, it.now)}, by {carrier(it)}, which is starting it.",
        detail=it.state.message or "",
        blocking=False,
        facts=carrier_facts(it) | {"since": since.isoformat()},
    )
    verdict = "It was to be started, and nobody is doing that." if gone else "It is being started."
    return verdict, (*gone, *(() if gone and it.run.lease_until is None else (starting,)), *parents(it))


def explain_retrying_here(it: Situation) -> Told:
    """AwaitingRetry in the process that failed."""
    due = _moment(it.state.details.get("scheduled_time"))
    when = "at once" if due is None or due <= it.now else f"in {span(due - it.now)}, at {clock(due, it.now)}"
    retry, retries = it.state.details.get("retry"), it.state.details.get("retries")
    which = f" This is retry {retry} of {retries}." if retry and retries else ""
    reason = Reason(
        code="retrying",
        text=f"It failed, and is tried again {when}.{which}",
        detail=it.state.message or "",
        facts={
            "due": due and due.isoformat(),
            "attempts": it.run.run_count,
            "retry": retry,
            "retries": retries,
            **carrier_facts(it),
        },
    )
    return f"It is tried again {when}.", (*silence(it), reason, *parents(it))


def explain_cancelling(it: Situation) -> Told:
    since = it.state.timestamp
    gone = tuple(silence(it))
    reason = Reason(
        code="cancelling",
        text=f"It was told to stop {passed(since, it.now)}, and {carrier(it)} is ending it.",
        detail=" ".join(
            filter(
                None,
                (
                    it.state.message,
                    "What does not heed that is ended by force when its worker's grace is over, usually after 10 s.",
                ),
            )
        ),
        facts=carrier_facts(it) | {"since": since.isoformat()},
    )
    return f"It has been stopping for {span(it.now - since)}.", (*gone, reason)


# -- running ----------------------------------------------------------------------------------------------------------


def explain_running(it: Situation) -> Told:
    gone = tuple(silence(it))
    stopped = {run_id for full in it.limits for run_id in full.waiting_ids}
    running = [task for task in it.tasks if task.state.is_running() and task.id not in stopped]
    busy = [task for task in running if task.child_flow_run_id is None]
    held = tuple(_what_tasks_wait_for(it, blocking=not busy))
    about = Reason(
        code="running",
        text=f"It has been running for {span(it.run.elapsed(it.now) or it.now - it.now)}, by {carrier(it)}.",
        detail=_progress(it, busy),
        blocking=False,
        facts=carrier_facts(it)
        | {"start_time": it.run.start_time and it.run.start_time.isoformat()}
        | {"tasks": it.run.stats.tasks, "done": it.run.stats.done, "open": len(it.tasks)},
    )
    verdict = "It is running."
    if gone:
        verdict = "It is said to be running, but its process is silent."
    elif any(reason.blocking for reason in held):
        verdict = "It is running, and waits."
    return verdict, (*gone, *held, about, *parents(it))


def _progress(it: Situation, busy: list[TaskRun]) -> str:
    stats = it.run.stats
    if not stats.tasks:
        return "It has begun no task yet."
    done = f"{stats.done} of {count(stats.tasks, 'task')} {'has' if stats.done == 1 else 'have'} ended"
    if not busy:
        return f"{done}."
    return f"{done}; {listed([task.name for task in busy])} {'is' if len(busy) == 1 else 'are'} running."


def _what_tasks_wait_for(it: Situation, *, blocking: bool) -> Iterator[Reason]:
    for full in it.limits:
        yield limit_reason(full, it.now, blocking=blocking)
    retrying = [task for task in it.tasks if task.state.name == "AwaitingRetry"]
    for task in sorted(retrying, key=_due)[:1]:
        others = f" So are {count(len(retrying) - 1, 'other')}." if len(retrying) > 1 else ""
        when = f"in {span(_due(task) - it.now)}, at {clock(_due(task), it.now)}"
        yield Reason(
            code="retrying",
            text=f"Task {task.name} is tried again {when}.{others}",
            detail=task.state.message or "",
            blocking=blocking,
            facts={"task_run_ids": [task.id for task in retrying], "due": _due(task).isoformat()},
        )
    waiting = [task for task in it.tasks if task.state.is_pending() and task.task_inputs]
    if waiting:
        yield Reason(
            code="upstream",
            text=f"{count(len(waiting), 'task').capitalize()} {_wait(len(waiting))} for others to end: "
            f"{listed([task.name for task in waiting])}.",
            blocking=False,
            facts={"task_run_ids": [task.id for task in waiting]},
            remedies=(Remedy(words="See for which", command=f"flowtui task-run why {waiting[0].id}"),),
        )
    for child in it.children:
        yield Reason(
            code="child",
            text=f"It waits for its subflow {child.name} of {child.flow_name}, which is {child.state.name}.",
            detail=child.state.message or "",
            blocking=blocking and not child.state.is_running(),
            facts={"flow_runs": facts_of([child])},
            remedies=(Remedy(words="See why that one waits", command=f"flowtui flow-run why {quoted(child.id)}"),),
        )


def _wait(number: int) -> str:
    return "waits" if number == 1 else "wait"


def _due(task: TaskRun) -> datetime:
    return _moment(task.state.details.get("scheduled_time")) or task.state.timestamp


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None


def parents(it: Situation) -> Iterator[Reason]:
    """Of a subflow: what its parent does."""
    if it.parent is not None:
        yield Reason(
            code="parent",
            text=f"It is a subflow of {it.parent.name} of {it.parent.flow_name}, which is {it.parent.state.name}.",
            blocking=False,
            facts={"flow_runs": facts_of([it.parent])},
        )
