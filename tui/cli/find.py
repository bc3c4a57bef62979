"""Find what a person means by a name, an id, or the beginning of an id."""

from collections.abc import Iterable

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.model import Deployment, FlowRun
from flowtui.engine.pools import WorkerRecord, WorkPool, WorkQueue

__all__ = ["find_deployment", "find_flow_run", "find_work_pool", "find_work_queue", "find_worker", "nearest"]


def find_flow_run(client: Client, text: str) -> FlowRun:
    """The run of that id, name, or beginning of an id. Raises `NotFound`, and `UsageError` when several are meant."""
    found = client.find_flow_runs(text)
    exact = [run for run in found if run.id == text]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        names = (run.name for run in client.list_flow_runs(limit=200).items)
        raise NotFound("flow run", text, _hint(text, names, "flowtui flow-run ls"))
    choices = ", ".join(f"{run.id} ({run.name}, {run.state.name})" for run in found[:5])
    raise UsageError(f"{text!r} may be any of {len(found)} runs; give the whole id: {choices}.")


def find_deployment(client: Client, text: str) -> Deployment:
    """The deployment of that id, `flow/name`, or name. Raises `NotFound` with the nearest name."""
    try:
        return client.read_deployment(text)
    except NotFound as error:
        names = [deployment.full_name for deployment in client.list_deployments(limit=200).items]
        hint = _hint(text, [*names, *(name.partition("/")[2] for name in names)], "flowtui deployment ls")
        raise NotFound("deployment", text, hint) from error


def find_work_pool(client: Client, text: str) -> WorkPool:
    """The work pool of that name or id. Raises `NotFound` with the nearest name."""
    try:
        return client.read_work_pool(text)
    except NotFound as error:
        names = [pool.name for pool in client.list_work_pools()]
        raise NotFound("work pool", text, _hint(text, names, "flowtui work-pool ls")) from error


def find_work_queue(client: Client, text: str, pool: str | None) -> WorkQueue:
    """The queue of that name, `pool/name` or id; without a pool, the one queue of that name.

    Raises `NotFound` with the nearest name, and `UsageError` when queues of several pools are meant.
    """
    place, slash, name = text.partition("/")
    if slash:
        pool, text = place, name
    known = client.list_work_queues(None if pool is None else find_work_pool(client, pool).name)
    found = [queue for queue in known if text in (queue.name, queue.id)]
    if len(found) > 1:
        pools = ", ".join(queue.pool_name for queue in found)
        raise UsageError(f"There is a queue {text!r} in each of the work pools {pools}; say which with --pool.")
    if not found:
        what, command = ("queue", "") if pool is None else (f"queue in work pool {pool!r}", f" --pool {pool}")
        hint = _hint(text, (queue.name for queue in known), f"flowtui work-queue ls{command}")
        raise NotFound(what, text, hint)
    return found[0]


def find_worker(client: Client, text: str, pool: str | None) -> WorkerRecord:
    """The worker of that name or id; without a pool, the one worker of that name. Raises as `find_work_queue` does."""
    known = client.list_workers(None if pool is None else find_work_pool(client, pool).name)
    found = [worker for worker in known if text in (worker.name, worker.id)]
    if len(found) > 1:
        pools = ", ".join(worker.pool_name for worker in found)
        raise UsageError(f"There is a worker {text!r} in each of the work pools {pools}; say which with --pool.")
    if not found:
        raise NotFound("worker", text, _hint(text, (worker.name for worker in known), "flowtui worker ls"))
    return found[0]


def _hint(text: str, names: Iterable[str], command: str) -> str:
    near = nearest(text, names)
    return f"Did you mean {near!r}?" if near else f"List them with: {command}"


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    import difflib  # noqa: PLC0415 - 3 ms that only errors pay

    return next(iter(difflib.get_close_matches(text, list(dict.fromkeys(names)), n=1, cutoff=0.6)), None)
