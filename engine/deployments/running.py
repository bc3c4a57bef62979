"""Start a run of a deployment, and wait for it: woken by the change feed, never by a clock."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.both_ways import procedure
from flowtui.engine.client.here import client_here
from flowtui.engine.clock import utc_now
from flowtui.engine.context import FlowRunContext, current_flow_run, current_tags
from flowtui.engine.errors import WaitTimeout
from flowtui.engine.ids import new_id
from flowtui.engine.logs import flow_run_logger, say
from flowtui.engine.model import Deployment, FlowRun, TaskRun
from flowtui.engine.results.inline import input_key
from flowtui.engine.signatures import json_parameters
from flowtui.engine.states import Pending
from flowtui.engine.waiting import News, Procedure, Verb, acarry_out

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["arun_deployment", "await_for_flow_run", "run_deployment", "wait_for_flow_run"]

_LONGEST_LOOK: Final = 5.0


@procedure
def run_deployment(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    scheduled_time: datetime | None = None,
    flow_run_name: str | None = None,
    timeout: float | None = None,
    poll_interval: float | None = None,
    tags: Sequence[str] | None = None,
    idempotency_key: str | None = None,
    work_queue_name: str | None = None,
    as_subflow: bool | None = True,
    job_variables: Mapping[str, Any] | None = None,
) -> Procedure[FlowRun]:
    """Start a run of a deployment (`flow/deployment`, or its id) and wait for its end: for ever, or for `timeout`
    seconds, 0 for not at all. Answers the `FlowRun` as it is then. Awaited in async code.

    `parameters` are laid over the deployment's; futures among them are waited for. Called in a flow, the run is part of
    that flow's graph unless `as_subflow` is False: it ends with the flow, and a retry of the flow takes over a run that
    completed. `job_variables` are laid over the deployment's. News is noticed at once, whatever the `poll_interval`.

    Raises `NotFound`, `ParameterError`, and `UsageError` for a queue where there is none.
    """
    client = client_here()
    deployment: Deployment = yield Verb(lambda: client.read_deployment(str(name)))
    given = parameters or {}
    from flowtui.engine.runs.upstream import edges_of, values_of  # noqa: PLC0415 - loads with the first run

    values = yield Verb(lambda: json_parameters(values_of(given)))
    parent = current_flow_run() if as_subflow else None
    stand_in = None if parent is None else _stand_in(deployment, values, parent, edges_of(given))
    before = None if stand_in is None or parent is None else (yield from _earlier(client, stand_in, parent))
    if before is not None:
        return (yield from _until_ended(client, before.id, timeout))

    run_id = new_id()

    def create() -> FlowRun:
        if stand_in is not None:  # written before the run and with it, so that the run's states find it
            client.save_task_run(replace(stand_in, child_flow_run_id=run_id))
        return client.run_deployment(
            deployment.id,
            parameters=values,
            scheduled_time=scheduled_time,
            name=flow_run_name,
            tags=tuple(dict.fromkeys((*(tags or ()), *sorted(current_tags())))),
            idempotency_key=idempotency_key,
            created_by="script" if current_flow_run() is None else "flow",
            work_queue_name=work_queue_name,
            job_variables=job_variables,
            parent_task_run_id=None if stand_in is None else stand_in.id,
            flow_run_id=run_id,
        )

    run: FlowRun = yield Verb(create)
    if stand_in is not None and parent is not None:
        words = f"Created flow run {run.name!r} of deployment {deployment.full_name!r}"
        say(parent.handle.logger, logging.INFO, words)
    run = yield from _until_ended(client, run.id, timeout)
    if stand_in is not None and parent is not None:
        shown = replace(stand_in, child_flow_run_id=run.id, state=replace(run.state, id=new_id()), run_count=1)
        parent.handle.ended(shown)
        if run.id != run_id:  # it is the run of an earlier call with this key, which shows itself somewhere else
            yield Verb(lambda: client.save_task_run(shown))
    return run


def _stand_in(
    deployment: Deployment, values: Mapping[str, Any], parent: FlowRunContext, edges: dict[str, Any]
) -> TaskRun:
    """The task run that stands for the run in the graph of the run that asks for it."""
    key = f"deployment {deployment.full_name}"
    number = parent.handle.next_call(key)
    return TaskRun(
        id=new_id(),
        name=f"{deployment.flow_name}-{number}",
        task_key=key,
        dynamic_key=str(number),
        state=Pending(),
        created=utc_now(),
        flow_run_id=parent.handle.run_id,
        flow_run_run_count=parent.handle.attempt,
        input_key=input_key(values),
        tags=tuple(sorted(current_tags())),
        task_inputs=edges,
        epoch=parent.handle.epoch,
    )


def _earlier(client: "Client", stand_in: TaskRun, parent: FlowRunContext) -> Procedure[FlowRun | None]:
    """The run of the same call in an earlier attempt, unless that has ended badly: what completed is not repeated, and
    what is under way is waited for."""
    before = parent.handle.earlier(stand_in.task_key, stand_in.dynamic_key)
    if before is None or before.child_flow_run_id is None or before.input_key != stand_in.input_key:
        return None
    run: FlowRun = yield Verb(lambda: client.read_flow_run(str(before.child_flow_run_id)))
    return run if run.state.is_completed() or not run.state.is_final() else None


def _until_ended(
    client: "Client", run_id: str, timeout: float | None, *, log_states: bool = False
) -> Procedure[FlowRun]:
    """The run when it has ended, or when the time is up."""
    deadline = None if timeout is None else time.monotonic() + timeout
    seen, last = 0, None
    while True:
        run: FlowRun = yield Verb(lambda: client.read_flow_run(run_id))
        if log_states and run.state.id != last:
            last = run.state.id
            flow_run_logger(run.id, run.name).info("Flow run is in state %r", run.state.name)
        left = _LONGEST_LOOK if deadline is None else min(_LONGEST_LOOK, deadline - time.monotonic())
        if run.state.is_final() or left <= 0:
            return run
        seen = yield News(client, seen, left)


@procedure
def wait_for_flow_run(
    flow_run_id: str,
    timeout: float | None = 10_800,
    poll_interval: float | None = None,
    client: Any = None,
    log_states: bool = False,
) -> Procedure[FlowRun]:
    """The `FlowRun` when it has ended; `log_states` says each state on the way. Awaited in async code.

    Raises `WaitTimeout` when it has not ended within `timeout` seconds, and `NotFound`.
    """
    run = yield from _until_ended(client or client_here(), str(flow_run_id), timeout, log_states=log_states)
    if not run.state.is_final():
        raise WaitTimeout(f"Flow run {run.name!r} has not ended within {timeout:g} s; it is {run.state.name}.")
    return run


async def arun_deployment(*args: Any, **kwargs: Any) -> FlowRun:
    """`run_deployment` for async code."""
    run: FlowRun = await acarry_out(run_deployment.__wrapped__(*args, **kwargs))  # type: ignore[attr-defined]
    return run


async def await_for_flow_run(*args: Any, **kwargs: Any) -> FlowRun:
    """`wait_for_flow_run` for async code."""
    run: FlowRun = await acarry_out(wait_for_flow_run.__wrapped__(*args, **kwargs))  # type: ignore[attr-defined]
    return run
