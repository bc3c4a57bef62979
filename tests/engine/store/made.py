"""Runs, task runs and lines to put into a store."""

from datetime import datetime
from typing import Any

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.ids import new_id
from flowtui.engine.model import DeploymentSpec, FlowRun, Lease, LogLine, NewFlowRun, TaskRun
from flowtui.engine.pools import WorkerRecord
from flowtui.engine.states import Pending, Running, Scheduled, State

__all__ = [
    "a_deployment",
    "a_line",
    "a_place",
    "a_task",
    "a_worker",
    "due_run",
    "new_run",
    "owned_run",
    "owned_running",
]


def new_run(**fields: Any) -> NewFlowRun:
    """What is needed to create a run; due now, in the pool `local`."""
    given = {"flow_name": "etl", "name": "amber-auk", "state": Scheduled(), "work_pool_name": "local", **fields}
    return NewFlowRun(**given)


def a_place(client: LocalClient, pool: str, queue: str = "default") -> None:
    """A work pool, unless there is one, with a queue."""
    if pool not in {known.name for known in client.list_work_pools()}:
        client.create_work_pool(pool)
    if queue != "default":
        client.create_work_queue(pool, queue)


def due_run(client: LocalClient, due: datetime | None = None, **fields: Any) -> FlowRun:
    return client.create_flow_run(new_run(state=Scheduled(due), **fields))


def owned_run(client: LocalClient, owner: str = "me", seconds: float = 30.0, **fields: Any) -> FlowRun:
    """A run that `owner` has created to run it."""
    return client.create_flow_run(new_run(state=Pending(), lease=Lease(owner=owner, seconds=seconds), **fields))


def owned_running(client: LocalClient, **fields: Any) -> FlowRun:
    run = owned_run(client, **fields)
    answer = client.set_flow_run_state(run.id, Running(), epoch=run.epoch)
    assert answer.status == "ACCEPT"
    return client.read_flow_run(run.id)


def a_task(run: FlowRun | None = None, state: State | None = None, **fields: Any) -> TaskRun:
    """A task run; of `run` and under its epoch when one is given."""
    given = {
        "id": new_id(),
        "name": "load-0",
        "task_key": "load",
        "dynamic_key": "0",
        "state": state or Pending(),
        "created": utc_now(),
        "flow_run_id": run.id if run else None,
        "epoch": run.epoch if run else 0,
        **fields,
    }
    return TaskRun(**given)


def a_line(run: FlowRun | str, message: str = "hello", level: int = 20, **fields: Any) -> LogLine:
    run_id = run if isinstance(run, str) else run.id
    return LogLine(timestamp=utc_now(), level=level, message=message, flow_run_id=run_id, **fields)


def a_deployment(**fields: Any) -> DeploymentSpec:
    given = {"name": "prod", "flow_name": "etl", "entrypoint": "etl.py:etl", "path": "/srv/acme", **fields}
    return DeploymentSpec(**given)


def a_worker(name: str = "w-1", **fields: Any) -> WorkerRecord:
    """What a worker of the pool `local` says of itself."""
    now = utc_now()
    given = {"id": new_id(), "pool_name": "local", "type": "process", "host": "h", "pid": 7, "heartbeat_seconds": 10.0}
    return WorkerRecord(**{**given, "name": name, "started": now, "seen": now, **fields})
