"""`flowtui flow-run execute`: run one existing flow run in this process. What a container starts."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.log_output import keep_console_quiet
from flowtui.engine.model import FlowRun
from flowtui.engine.settings import current_settings
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.output import Output, narrate, print_json

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow

__all__ = ["execute"]

_ID: Final = ("FLOWTUI_FLOW_RUN_ID", "PREFECT__FLOW_RUN_ID")
_EPOCH: Final = "FLOWTUI_FLOW_RUN_EPOCH"
_OWNER: Final = "FLOWTUI_FLOW_RUN_OWNER"


def execute(
    run: str | None = None,
    /,
    *,
    entrypoint: Annotated[str | None, Parameter(name="--entrypoint")] = None,
    output: Output = "table",
) -> int:
    """Run an existing flow run in this process. The exit code is 0 when it completed, else 1.

    Parameters
    ----------
    run
        Its id, the beginning of its id, or its name; without it FLOWTUI_FLOW_RUN_ID says which.
    entrypoint
        Run it with the flow of this file.py:flow. Needed for a run without a deployment.
    """
    text = run or next((os.environ[name] for name in _ID if os.environ.get(name)), None)
    if text is None:
        raise UsageError(f"Which run? Give its id or its name, or set {_ID[0]}.")
    client = current_client()
    found = find_flow_run(client, text)
    epoch, owner = os.environ.get(_EPOCH), os.environ.get(_OWNER)
    if run is None and owner and epoch and epoch.isdecimal():
        return _for_a_worker(found, int(epoch), owner)
    code = _executed(client, found, entrypoint)
    ended = client.read_flow_run(found.id)
    if output == "json":
        print_json(wire.flow_run_json(ended))
    narrate(f"Flow run {ended.name!r} is in state {ended.state}.")
    return code or (0 if ended.state.is_completed() or ended.state.is_paused() else 1)


def _for_a_worker(found: FlowRun, epoch: int, owner: str) -> int:
    """Run it under the claim of the worker that started this process. 0: its end is recorded, well or not."""
    from flowtui.engine.runs.execute import execute_flow_run  # noqa: PLC0415 - the run machinery, 60 ms

    keep_console_quiet()  # the worker keeps what is printed, and the lines of the log are in the store already
    return execute_flow_run(found.id, epoch, owner)


def _executed(client: Client, found: FlowRun, entrypoint: str | None) -> int:
    """Run it under a claim of our own. Raises `UsageError`."""
    from flowtui.engine.runs.execute import execute_flow_run  # noqa: PLC0415 - the run machinery, 60 ms
    from flowtui.engine.runs.holding import process_owner  # noqa: PLC0415 - as above

    if found.state.is_final():
        raise UsageError(f"Flow run {found.name!r} has ended already: it is {found.state.name}. Retry it instead.")
    if found.deployment_id is None and entrypoint is None:
        raise UsageError(
            f"Flow run {found.name!r} has no deployment, so there is no code to run it with. "
            "Give it: --entrypoint file.py:flow"
        )
    owner = process_owner()
    claim = client.claim_flow_run(found.id, owner, lease_seconds=current_settings().lease_seconds)
    load = None if entrypoint is None else _Loading(entrypoint)
    return execute_flow_run(found.id, claim.epoch, owner, supervised=False, load=load)


class _Loading:
    """Loads the flow of an entrypoint in the current folder, as a script beside it would."""

    def __init__(self, entrypoint: str) -> None:
        self._entrypoint = entrypoint

    def __call__(self, run: FlowRun) -> "Flow[Any, Any]":
        from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - only this way loads code

        here, place = Path.cwd(), self._entrypoint.rpartition(":")[0]
        flow = load_flow(self._entrypoint, str(here), of_prefect=True)
        if flow.name != run.flow_name:
            raise UsageError(
                f"Flow run {run.name!r} is a run of {run.flow_name!r}, and {self._entrypoint} is {flow.name!r}."
            )
        # What the flow imports while it runs is looked for beside its file first.
        folders = [str((here / place).parent), str(here)] if place.endswith(".py") else [str(here)]
        sys.path[:0] = [folder for folder in dict.fromkeys(folders) if folder not in sys.path]
        return flow
