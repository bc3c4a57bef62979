"""Runs of deployments as Prefect's programs start them and wait for them: the client stands among the arguments."""

from typing import Any

from flowtui.engine.deployments import running
from flowtui.engine.model import FlowRun

__all__ = ["arun_deployment", "run_deployment", "wait_for_flow_run"]


def run_deployment(name: str, client: Any = None, *args: Any, **kwargs: Any) -> Any:
    """`flowtui.run_deployment`; the store is the run's own, whatever the client."""
    return running.run_deployment(name, *args, **kwargs)


async def arun_deployment(name: str, client: Any = None, *args: Any, **kwargs: Any) -> FlowRun:
    """`run_deployment` for async code."""
    return await running.arun_deployment(name, *args, **kwargs)


async def wait_for_flow_run(
    flow_run_id: str,
    timeout: float | None = 10800,
    poll_interval: float | None = None,
    client: Any = None,
    log_states: bool = False,
) -> FlowRun:
    """The run when it has ended. Raises `WaitTimeout` when it has not within `timeout` seconds."""
    return await running.await_for_flow_run(flow_run_id, timeout, poll_interval, None, log_states)
