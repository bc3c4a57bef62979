"""Whether a worker would take a run: is one online, does it take the queue, has it a free slot, is it its turn?"""

from collections.abc import Iterator, Sequence

from flowtui.engine.explaining.naming import facts_of, held_by, quoted
from flowtui.engine.explaining.situation import Line, Server, Situation
from flowtui.engine.explaining.words import count, listed, passed
from flowtui.engine.explanations import Reason, Remedy
from flowtui.engine.pools import DEFAULT_POOL

__all__ = ["reasons_of_backends", "reasons_of_turn", "reasons_of_workers"]


def reasons_of_workers(it: Situation, line: Line) -> Iterator[Reason]:
    """Nobody serves the pool, or nobody the queue."""
    online = [server for server in line.servers if server.record.online]
    if not online:
        yield _no_backend(it, line) if line.pool_name == DEFAULT_POOL and not it.backends else _no_worker(it, line)
    elif not any(server.takes for server in online):
        yield _other_queues(line, online)


def _no_worker(it: Situation, line: Line) -> Reason:
    return Reason(
        code="no-worker",
        text=f"No worker serves work pool {line.pool_name}.",
        detail=_heard_last(it, line),
        facts={"pool": line.pool_name, **_last_facts(line)},
        remedies=(Remedy(words="Start one", command=f"flowtui worker start --pool {quoted(line.pool_name)}"),),
    )


def _no_backend(it: Situation, line: Line) -> Reason:
    """The pool `local` is what a backend serves."""
    return Reason(
        code="no-backend",
        text="Nobody serves this store: no backend runs its schedules, and no worker its flows.",
        detail=_heard_last(it, line) if line.servers else "",
        facts={"pool": line.pool_name, **_last_facts(line)},
        remedies=(
            Remedy(words="Start a backend", command="flowtui server start"),
            Remedy(words="Or open the workstation, which brings its own", command="flowtui"),
        ),
    )


def _heard_last(it: Situation, line: Line) -> str:
    last = max((server.record for server in line.servers), key=lambda one: one.seen, default=None)
    if last is None:
        return "None ever has."
    if last.stopped is not None:
        return f"The last one was {last.name} on {last.host}, which stopped {passed(last.stopped, it.now)}."
    return f"The last one was {last.name} on {last.host}, heard of {passed(last.seen, it.now)}."


def _last_facts(line: Line) -> dict[str, str | None]:
    last = max((server.record for server in line.servers), key=lambda one: one.seen, default=None)
    return {
        "last_worker": None if last is None else last.name,
        "last_heartbeat": None if last is None else last.seen.isoformat(),
    }


def _other_queues(line: Line, online: Sequence[Server]) -> Reason:
    takes = [f"{server.record.name} takes {listed(server.record.queues)}" for server in online]
    command = f"flowtui worker start --pool {quoted(line.pool_name)} --work-queue {quoted(line.queue_name)}"
    return Reason(
        code="no-worker-for-queue",
        text=f"No worker of pool {line.pool_name} takes runs from queue {line.queue_name}.",
        detail=f"Online are others: {listed(takes)}.",
        facts={
            "pool": line.pool_name,
            "queue": line.queue_name,
            "workers": [{"name": one.record.name, "queues": list(one.record.queues)} for one in online],
        },
        remedies=(Remedy(words="Start one", command=command),),
    )


def reasons_of_turn(it: Situation, line: Line) -> Iterator[Reason]:
    """Of a run that nothing else holds back: every worker is busy, others come first, or it is next."""
    taking = [server for server in line.servers if server.record.online and server.takes]
    free = [server for server in taking if not server.is_full]
    chosen = next((server for server in free if it.run.id in server.next_ids), None)
    if chosen is not None:
        yield Reason(
            code="about-to-start",
            text=f"Worker {chosen.record.name} has a slot for it, and takes it when it looks next.",
            blocking=False,
            facts={"worker": chosen.record.name},
        )
    elif taking and not free:
        yield from (_full(it, server) for server in taking)
    elif free:
        yield _behind(it, line, free)


def _full(it: Situation, server: Server) -> Reason:
    worker, slots = server.record, server.record.slots or 0
    return Reason(
        code="workers-full",
        text=f"Worker {worker.name} has {len(server.busy)} of at most {count(slots, 'run')} in hand.",
        detail=held_by(server.busy, it.now, len(server.busy)),
        facts={
            "worker": worker.name,
            "limit": slots,
            "active": len(server.busy),
            "holders": facts_of(server.busy),
        },
        remedies=(Remedy(words="Start another", command=f"flowtui worker start --pool {quoted(worker.pool_name)}"),),
    )


def _behind(it: Situation, line: Line, free: Sequence[Server]) -> Reason:
    server = free[0]
    names = listed(server.next)
    first = f"Handed out next {'is' if len(server.next) == 1 else 'are'} {names}." if server.next else ""
    queue = line.queue.priority if line.queue else None
    return Reason(
        code="behind-others",
        text=f"{count(line.ahead, 'due run').capitalize()} of work pool {line.pool_name} "
        f"{'comes' if line.ahead == 1 else 'come'} before it.",
        detail=" ".join(filter(None, (first, _priority(line)))),
        facts={"pool": line.pool_name, "ahead": line.ahead, "next": list(server.next), "priority": queue},
        remedies=(
            Remedy(words="See the line", command=f"flowtui work-pool preview {quoted(line.pool_name)} --hours 0"),
        ),
    )


def _priority(line: Line) -> str:
    if line.queue is None or line.queue.priority == 1:
        return ""
    return f"Its queue {line.queue.name} has priority {line.queue.priority}; queues before it are served first."


def reasons_of_backends(it: Situation) -> Iterator[Reason]:
    """Good to know where workers are online and nobody else is."""
    if not it.backends:
        yield Reason(
            code="no-backend",
            text="No backend serves this store: schedules make no runs, and nobody notices lost workers.",
            blocking=False,
            remedies=(Remedy(words="Start one", command="flowtui server start"),),
        )
