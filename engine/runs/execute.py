"""Run one existing flow run in this process: what a worker's child does, and `flow-run retry --entrypoint`."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from flowtui.engine import faults
from flowtui.engine.client.current import current_client
from flowtui.engine.errors import FlowtuiError, StaleEpoch, TerminationSignal
from flowtui.engine.flows import Flow
from flowtui.engine.log_output import set_up_logging
from flowtui.engine.logs import flow_run_logger
from flowtui.engine.model import Claim, FlowRun
from flowtui.engine.runs.flow_run import begin_claimed
from flowtui.engine.runs.handle import FlowRunHandle
from flowtui.engine.runs.holding import process_owner
from flowtui.engine.runs.leases import leased
from flowtui.engine.settings import current_settings
from flowtui.engine.states import Failed, State

__all__ = ["execute_flow_run", "load_flow_of", "run_again_here"]

_TERMINATED = 143


def execute_flow_run(
    run_id: str,
    epoch: int,
    owner: str,
    *,
    supervised: bool = True,
    load: Callable[[FlowRun], Flow[Any, Any]] | None = None,
) -> int:
    """Run a flow run that was claimed as `owner` under `epoch`: by a worker, which then renews the lease, or, not
    supervised, by this process. `load` brings its flow, when that is not its deployment's. Answers an exit code.

    0: how the run ended is recorded, well or not. 1: it could not be recorded, the worker has to. 143: SIGTERM.
    """
    client, process = current_client(), f"{os.uname().nodename}:{os.getpid()}"
    set_up_logging()
    try:
        run = client.read_flow_run(run_id)
        client.set_infrastructure_pid(run_id, process, epoch=epoch)
        faults.hit("child.before_load")
        with leased(_handle(run, epoch, owner)):  # to fetch and import the code may take longer than a lease
            flow = (load or load_flow_of)(run)
            parameters = _parameters(flow, run.parameters)
            client.set_infrastructure_pid(run_id, process, epoch=epoch, flow_version=flow.version)
    except StaleEpoch:
        return 0
    except TerminationSignal:
        return _TERMINATED
    except FlowtuiError as error:
        return _fail(run_id, epoch, error)
    try:
        begin_and_drive(flow, parameters, Claim(run=run, epoch=epoch), owner, supervised=supervised)
    except TerminationSignal:
        return _TERMINATED
    finally:
        client.flush()
    return 0


def run_again_here(run: FlowRun, flow: Flow[Any, Any]) -> State:
    """Take a run that has ended (or was never started) and run it in this process, under the same id.

    Completed tasks whose results were kept are not run again. Raises `UsageError` when a live process owns it, and
    `ParameterError` when its parameters do not fit the flow any more.
    """
    client = current_client()
    set_up_logging()
    parameters = _parameters(flow, run.parameters)
    owner = process_owner()
    claim = client.claim_flow_run(run.id, owner, lease_seconds=current_settings().lease_seconds)
    return begin_and_drive(flow, parameters, claim, owner, supervised=False)


def begin_and_drive(
    flow: Flow[Any, Any], parameters: dict[str, Any], claim: Claim, owner: str, *, supervised: bool
) -> State:
    session = begin_claimed(flow, parameters, claim, owner, supervised=supervised)
    if not flow.is_async:
        return session.drive()
    import asyncio  # noqa: PLC0415 - 40 ms that a sync flow need not pay

    return asyncio.run(session.adrive())


def _handle(run: FlowRun, epoch: int, owner: str) -> FlowRunHandle:
    """The run before its flow is known."""
    seconds = current_settings().lease_seconds
    client = current_client()
    return FlowRunHandle(
        client, run, epoch=epoch, owner=owner, lease_seconds=seconds, supervised=True, keep_values=False
    )


def load_flow_of(run: FlowRun) -> Flow[Any, Any]:
    """The flow of a run of a deployment. The current folder is then where the run is to be: the `working_dir` that a
    worker asks for by the environment, else that of the code.

    Raises `FlowtuiError` when there is no code, or none that can be loaded.
    """
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - only runs of deployments load code
    from flowtui.engine.deployments.pulling import code_folder  # noqa: PLC0415 - as above

    if run.deployment_id is None:
        raise FlowtuiError("The run has no deployment, so there is no code to run it with.")
    client = current_client()
    deployment = client.read_deployment(run.deployment_id)
    place = os.environ.pop("FLOWTUI_WORKING_DIR", None)
    if place:
        os.chdir(place)  # pull steps fetch the code to here
    flow = load_flow(deployment.entrypoint, code_folder(client, deployment, run), of_prefect=True)
    if place and not deployment.pull_steps:
        os.chdir(place)
    return flow


def _parameters(flow: Flow[Any, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return flow.parameters_for((), given)


def _fail(run_id: str, epoch: int, error: FlowtuiError) -> int:
    """The run cannot start: that is its failure, and the reason is its message."""
    client = current_client()
    run = client.read_flow_run(run_id)
    flow_run_logger(run.id, run.name).error("%s", error)
    try:
        client.set_flow_run_state(run_id, Failed(message=str(error)), epoch=epoch)
    except StaleEpoch:
        return 0
    client.flush()
    return 0
