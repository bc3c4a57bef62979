"""Runs of deployments as Prefect's programs start them and wait for them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from flowtui.engine.both_ways import both_ways
from flowtui.engine.client.here import client_here
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.model import FlowRun

__all__ = ["WaitTimeout", "arun_deployment", "run_deployment", "wait_for_flow_run"]

_LOOK_SECONDS: Final = 1.0


class WaitTimeout(FlowtuiError, TimeoutError):
    """A flow run did not end in time."""


def _run(
    name: str,
    client: Any = None,
    parameters: Mapping[str, Any] | None = None,
    scheduled_time: datetime | None = None,
    flow_run_name: str | None = None,
    timeout: float | None = None,
    poll_interval: float | None = 5,
    tags: Sequence[str] | None = None,
    idempotency_key: str | None = None,
    work_queue_name: str | None = None,
    as_subflow: bool | None = True,
    job_variables: Mapping[str, Any] | None = None,
) -> FlowRun:
    """Start a run of a deployment (`flow/deployment` or its id) and wait for its end: for ever, or for `timeout`
    seconds, 0 for not at all. Answers the run as it is then.

    It is no part of the graph of the run that calls. Raises `UsageError` for `work_queue_name` and `job_variables`.
    """
    if work_queue_name is not None or job_variables:
        raise UsageError("run_deployment takes no work_queue_name and no job_variables here; the deployment has them.")
    store = client_here()
    run = store.run_deployment(
        store.read_deployment(str(name)).id,
        parameters=parameters,
        scheduled_time=scheduled_time,
        name=flow_run_name,
        tags=tuple(tags or ()),
        idempotency_key=idempotency_key,
        created_by="flow",
    )
    return _waited(run.id, timeout)


def _waited(run_id: str, timeout: float | None) -> FlowRun:
    """The run when it has ended, or when the time is up."""
    store, seen = client_here(), 0
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        run = store.read_flow_run(run_id)
        left = _LOOK_SECONDS if deadline is None else min(_LOOK_SECONDS, deadline - time.monotonic())
        if run.state.is_final() or left <= 0:
            return run
        seen = store.wait(seen, left)


run_deployment = both_ways(_run)


async def arun_deployment(*args: Any, **kwargs: Any) -> FlowRun:
    """`run_deployment` for async code."""
    return await asyncio.to_thread(_run, *args, **kwargs)


async def wait_for_flow_run(
    flow_run_id: str,
    timeout: float | None = 10800,
    poll_interval: float | None = None,
    client: Any = None,
    log_states: bool = False,
) -> FlowRun:
    """The run when it has ended. Raises `WaitTimeout` when it has not within `timeout` seconds."""
    begun = utc_now()
    run = await asyncio.to_thread(_waited, str(flow_run_id), timeout)
    if not run.state.is_final():
        raise WaitTimeout(f"Flow run {run.name!r} has not ended within {(utc_now() - begun).total_seconds():.0f} s.")
    return run
