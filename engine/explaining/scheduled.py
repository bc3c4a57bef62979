"""Why a scheduled run does not start: what the scheduler's own predicates say of it, in sentences."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from flowtui.engine.explaining.naming import entrypoint_of, facts_of, held_by, quoted
from flowtui.engine.explaining.serving import reasons_of_backends, reasons_of_turn, reasons_of_workers
from flowtui.engine.explaining.situation import Line, Situation
from flowtui.engine.explaining.words import clock, count, span
from flowtui.engine.explanations import Reason, Remedy
from flowtui.engine.orchestration.handing_out import Hold, HoldKind
from flowtui.engine.schedules.words import describe

__all__ = ["explain_scheduled"]


def explain_scheduled(it: Situation) -> tuple[str, tuple[Reason, ...]]:
    """The verdict and the reasons of a run that nobody has taken yet."""
    line = it.line
    if line is None:
        return "It waits for somebody to start it.", (_no_starter(it),)
    reasons = (*_not_due(it, line), *_around(it, line))
    return _verdict(it, line, reasons), reasons


def _verdict(it: Situation, line: Line, reasons: tuple[Reason, ...]) -> str:
    others = sum(reason.blocking and reason.code not in ("not-due", "retrying") for reason in reasons)
    things = "one thing" if others == 1 else f"{others} things"
    if line.due > it.now:
        soon = f"It is due in {span(line.due - it.now)}"
        return f"{soon}; as it is now, {things} will hold it back." if others else f"{soon}, and starts then."
    since = f"It has been due for {span(it.now - line.due)}"
    return (
        f"{since}; {things} {'holds' if others == 1 else 'hold'} it back."
        if others
        else "It is due, and about to start."
    )


def _not_due(it: Situation, line: Line) -> Iterator[Reason]:
    if line.due <= it.now:
        return
    when = f"in {span(line.due - it.now)}, at {clock(line.due, it.now)}"
    facts: dict[str, Any] = {"due": line.due.isoformat()}
    if it.state.name == "AwaitingRetry":
        facts |= _attempts(it)
        yield Reason(code="retrying", text=f"It is tried again {when}.", detail=it.state.message or "", facts=facts)
        return
    detail = ""
    if it.schedule is not None:
        schedule = it.schedule
        detail = f"Its schedule{f' {schedule.slug}' if schedule.slug else ''} is: {describe(schedule.schedule)}."
        facts["schedule"] = {"id": schedule.id, "slug": schedule.slug, "words": describe(schedule.schedule)}
    elif it.run.auto_scheduled:
        detail = "A schedule that is no more has planned it."
    yield Reason(code="not-due", text=f"It is due {when}.", detail=detail, facts=facts)


def _attempts(it: Situation) -> dict[str, Any]:
    told = {name: it.state.details[name] for name in ("retry", "retries") if name in it.state.details}
    return {"attempts": it.run.run_count, **told}


def _around(it: Situation, line: Line) -> Iterator[Reason]:
    """What stands in the way once it is due, the most important first."""
    if line.pool_name is None:
        if it.deployment is None:
            yield _no_starter(it)
        else:
            yield from (_held(hold, it, line) for hold in line.holds)
            yield _served(it, line)
        return
    holds = {hold.kind: hold for hold in line.holds}
    yield from (_held(holds[kind], it, line) for kind in _FIRST if kind in holds)
    if "no pool" in holds:
        return
    no_worker = tuple(reasons_of_workers(it, line))
    yield from no_worker
    if line.due <= it.now:  # who is busy now says nothing of later
        yield from (_held(holds[kind], it, line) for kind in _THEN if kind in holds)
        if not holds and not no_worker:
            yield from reasons_of_turn(it, line)
    if not any(reason.code == "no-backend" for reason in no_worker):
        yield from reasons_of_backends(it)


_FIRST: Final[tuple[HoldKind, ...]] = ("no pool", "no queue", "pool paused", "queue paused")
_THEN: Final[tuple[HoldKind, ...]] = ("pool full", "queue full", "deployment full")


def _held(hold: Hold, it: Situation, line: Line) -> Reason:
    return _HELD[hold.kind](hold, it, line)


def _no_pool(hold: Hold, it: Situation, line: Line) -> Reason:
    pool = hold.name
    return Reason(
        code="no-pool",
        text=f"There is no work pool {pool}.",
        detail="It was there when the run was made, and has been deleted.",
        facts={"pool": pool},
        remedies=(Remedy(words="Make it again", command=f"flowtui work-pool create {quoted(pool)}"),),
    )


def _no_queue(hold: Hold, it: Situation, line: Line) -> Reason:
    pool, queue = quoted(line.pool_name or ""), quoted(hold.name)
    return Reason(
        code="no-queue",
        text=f"There is no queue {hold.name} in work pool {line.pool_name}.",
        detail="It was there when the run was made, and has been deleted.",
        facts={"pool": line.pool_name, "queue": hold.name},
        remedies=(Remedy(words="Make it again", command=f"flowtui work-queue create {queue} --pool {pool}"),),
    )


def _pool_paused(hold: Hold, it: Situation, line: Line) -> Reason:
    since = line.pool.paused_since if line.pool else None
    note = line.pool.paused_note if line.pool else None
    return Reason(
        code="pool-paused",
        text=f"Work pool {hold.name} {_paused(since, it.now)}.",
        detail=f"The note says: {note}" if note else "",
        facts={"pool": hold.name, "paused_since": since and since.isoformat(), "note": note},
        remedies=(Remedy(words="Resume the pool", command=f"flowtui work-pool resume {quoted(hold.name)}"),),
    )


def _queue_paused(hold: Hold, it: Situation, line: Line) -> Reason:
    since = line.queue.paused_since if line.queue else None
    note = line.queue.paused_note if line.queue else None
    command = f"flowtui work-queue resume {quoted(hold.name)} --pool {quoted(line.pool_name or '')}"
    return Reason(
        code="queue-paused",
        text=f"Queue {hold.name} of work pool {line.pool_name} {_paused(since, it.now)}.",
        detail=f"The note says: {note}" if note else "",
        facts={
            "pool": line.pool_name,
            "queue": hold.name,
            "paused_since": since and since.isoformat(),
            "note": note,
        },
        remedies=(Remedy(words="Resume the queue", command=command),),
    )


def _paused(since: datetime | None, now: datetime) -> str:
    return "is paused" if since is None else f"has been paused for {span(now - since)}, since {clock(since, now)}"


def _pool_full(hold: Hold, it: Situation, line: Line) -> Reason:
    pool = quoted(hold.name)
    return Reason(
        code="pool-full",
        text=f"Work pool {hold.name} has {_taken(hold)}.",
        detail=held_by(line.holders.get("pool full", ()), it.now, hold.active or 0),
        facts={"pool": hold.name, **_counted(hold), "holders": facts_of(line.holders.get("pool full", ()))},
        remedies=(
            Remedy(words="See who holds them", command=f"flowtui work-pool slots {pool}"),
            Remedy(words="Allow more", command=f"flowtui work-pool set-concurrency-limit {pool} {_more(hold)}"),
        ),
    )


def _queue_full(hold: Hold, it: Situation, line: Line) -> Reason:
    queue, pool = quoted(hold.name), quoted(line.pool_name or "")
    return Reason(
        code="queue-full",
        text=f"Queue {hold.name} of work pool {line.pool_name} has {_taken(hold)}.",
        detail=held_by(line.holders.get("queue full", ()), it.now, hold.active or 0),
        facts={
            "pool": line.pool_name,
            "queue": hold.name,
            **_counted(hold),
            "holders": facts_of(line.holders.get("queue full", ())),
        },
        remedies=(
            Remedy(words="See who holds them", command=f"flowtui work-queue slots {queue} --pool {pool}"),
            Remedy(
                words="Allow more",
                command=f"flowtui work-queue set-concurrency-limit {queue} {_more(hold)} --pool {pool}",
            ),
        ),
    )


def _deployment_full(hold: Hold, it: Situation, line: Line) -> Reason:
    name = it.deployment.full_name if it.deployment else hold.name
    holders = line.holders.get("deployment full", ())
    cancels = it.deployment is not None and it.deployment.collision_strategy == "CANCEL_NEW"
    fate = " Its collision strategy is CANCEL_NEW: the next worker that looks cancels the run." if cancels else ""
    return Reason(
        code="deployment-full",
        text=f"Deployment {name} has {_taken(hold)}.",
        detail=held_by(holders, it.now, hold.active or 0) + fate,
        facts={"deployment": name, **_counted(hold), "holders": facts_of(holders), "cancels_new": cancels},
    )


_HELD: Final[dict[HoldKind, Callable[[Hold, Situation, Line], Reason]]] = {
    "no pool": _no_pool,
    "no queue": _no_queue,
    "pool paused": _pool_paused,
    "queue paused": _queue_paused,
    "pool full": _pool_full,
    "queue full": _queue_full,
    "deployment full": _deployment_full,
}


def _taken(hold: Hold) -> str:
    if not hold.limit:
        return "a concurrency limit of 0, which lets no run start"
    return f"{hold.active} of at most {count(hold.limit, 'run')} under way"


def _counted(hold: Hold) -> dict[str, Any]:
    return {"limit": hold.limit, "active": hold.active}


def _more(hold: Hold) -> int:
    return max(hold.limit or 0, hold.active or 0) + 1


def _served(it: Situation, line: Line) -> Reason:
    name = it.deployment.full_name if it.deployment else ""
    return Reason(
        code="no-starter",
        text=f"Deployment {name} has no work pool: only a process that serves it can start the run, and none has.",
        facts={"deployment": name},
    )


def _no_starter(it: Situation) -> Reason:
    command = f"flowtui flow-run retry {it.run.id} --entrypoint {entrypoint_of(it.run)}"
    return Reason(
        code="no-starter",
        text="It has neither a deployment nor a work pool, so no worker can start it.",
        facts={},
        remedies=(Remedy(words="Run it here", command=command),),
    )
