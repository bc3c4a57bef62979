"""`flowtui run`: a flow, here, in this process."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flowtui.engine.errors import UsageError
from flowtui.tui.cli.output import Output, print_json

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow

__all__ = ["run_here"]


def run_here(
    entrypoint: str,
    /,
    *,
    param: Annotated[list[str] | None, Parameter(name=["--param", "-p"], metavar="NAME=VALUE", negative="")] = None,
    params: str | None = None,
    output: Output = "table",
    prefect: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run a flow here, in this process, like a script. Ends with 0 when the run completed and with 1 when it did not.

    Parameters
    ----------
    entrypoint
        path/file.py:flow, or file.py when it holds one flow, or module.flow.
    param
        name=value, as often as needed. A value is read as JSON when it is JSON, else as text.
    params
        All parameters as one JSON object.
    prefect
        Run a script that was written for Prefect, as python would: flowtui run --prefect script.py ARGUMENTS
    """
    if prefect:
        raise UsageError("Write --prefect right after run: flowtui run --prefect script.py ARGUMENTS")
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - 100 ms that help need not pay
    from flowtui.engine.deployments.parameters import check_parameters, parameter_schema  # noqa: PLC0415 - as above
    from flowtui.tui.cli.values import parse_pairs  # noqa: PLC0415 - as above

    here = Path.cwd()
    flow = load_flow(entrypoint, str(here))
    schema = parameter_schema(flow)
    values = parse_pairs(param or (), schema, params)
    if flow.should_validate_parameters:
        check_parameters(schema, values)
    _stay_importable(entrypoint, here)
    run_id, completed = _run(flow, values)
    if output == "json":
        _print_run(run_id)
    return 0 if completed else 1


def _stay_importable(entrypoint: str, here: Path) -> None:
    """As in a script: what the flow imports while it runs is looked for beside its file first."""
    place = entrypoint.rpartition(":")[0] or entrypoint
    folders = [str((here / place).parent), str(here)] if place.endswith(".py") else [str(here)]
    sys.path[:0] = [folder for folder in dict.fromkeys(folders) if folder not in sys.path]


def _run(flow: "Flow[Any, Any]", values: dict[str, Any]) -> tuple[str, bool]:
    """Carry the run through; its id, and whether it completed."""
    from flowtui.engine.runs.flow_run import FlowSession, begin  # noqa: PLC0415 - loads with the first run

    session = begin(flow, flow.parameters_for((), values))
    assert isinstance(session, FlowSession), "only a subflow can stand for an earlier run of itself"
    if not flow.is_async:
        return session.handle.run_id, session.drive().is_completed()
    import asyncio  # noqa: PLC0415 - 40 ms that a sync flow need not pay

    return session.handle.run_id, asyncio.run(session.adrive()).is_completed()


def _print_run(run_id: str) -> None:
    from flowtui.engine import wire  # noqa: PLC0415 - only for JSON
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - open since the run

    print_json(wire.flow_run_json(current_client().read_flow_run(run_id)))
