"""A flow of the folder is run here, or deployed; with the command and the Python that do the same."""

import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.deployments.describing import FlowOutline
from flowtui.engine.errors import NotFound
from flowtui.engine.model import Deployment, DeploymentSpec
from flowtui.engine.schedules.cron import Cron
from flowtui.engine.schedules.interval import Interval
from flowtui.tui.acting.calls import command, python
from flowtui.tui.acting.deed import Deed, Done
from flowtui.tui.forms.json_text import dumps

if TYPE_CHECKING:
    from flowtui.tui.flows.served import Served

__all__ = ["deploy_deed", "run_deed"]

_IMPORTS: Final = "from flowtui import Cron, Interval\nfrom flowtui.engine.deployments.entrypoint import load_flow"


def run_deed(outline: FlowOutline, parameters: Mapping[str, Any]) -> Deed:
    """Run a flow of the folder in a process of its own."""
    given = dict(parameters)

    def do(client: Client) -> Done:
        from flowtui.tui.flows.children import run_here  # noqa: PLC0415 - brings the server's part, when it is used

        run = run_here(client, outline, given)
        return Done(words=f"Flow run {run.name} is created.", value=run, lasting="c cancels the run")

    run = command("run", outline.entrypoint, params=dumps(given) if given else None)
    load = f"load_flow({outline.entrypoint!r}, {str(outline.folder)!r})(**{given!r})"
    return Deed(
        title=f"Run {outline.entrypoint}",
        command=_in_folder(outline, run),
        python=f"from flowtui.engine.deployments.entrypoint import load_flow\n{load}",
        do=do,
    )


def deploy_deed(outline: FlowOutline, spec: DeploymentSpec, tell: Callable[[str], None]) -> Deed:
    """Create or update a deployment; one that was new is deleted again by undo. Without a pool, a process of this
    workstation serves it; `tell` is called, in another thread, when that ends by itself."""
    full_name = f"{spec.flow_name}/{spec.name}"

    def do(client: Client) -> Done:
        try:
            client.read_deployment(full_name)
        except NotFound:
            is_new = True
        else:
            is_new = False
        saved = client.save_deployment(spec)
        served = None
        if spec.work_pool_name is None:
            from flowtui.tui.flows.served import serve_here  # noqa: PLC0415 - only when it is used

            served = serve_here(outline, _options(spec), saved.full_name, tell)
        back = _delete_deed(saved, served) if is_new else None
        lasting = None if is_new else "it was there before; flowtui deployment versions shows what it was"
        words = f"{saved.full_name} is deployed." if served is None else f"{saved.full_name} is served here."
        return Done(words=words, value=saved, back=back, lasting=lasting)

    return Deed(
        title=f"{'Serve' if spec.work_pool_name is None else 'Deploy'} {full_name}",
        command=_in_folder(outline, _command(outline, spec)),
        python=_python(outline, spec),
        do=do,
    )


def _options(spec: DeploymentSpec) -> dict[str, Any]:
    """Its options on the command line."""
    schedules = spec.schedules or ()
    seconds = [one.interval.total_seconds() for one in schedules if isinstance(one, Interval)]
    return {
        "name": spec.name,
        "cron": [one.cron for one in schedules if isinstance(one, Cron)],
        "interval": [f"{one:g}s" for one in seconds],
        "timezone": next((one.timezone for one in schedules if isinstance(one, Cron)), None),
        "params": dumps(dict(spec.parameters)) if spec.parameters else None,
    }


def _command(outline: FlowOutline, spec: DeploymentSpec) -> str:
    if spec.work_pool_name is None:
        return command("flow", "serve", outline.entrypoint, **_options(spec))
    return command("deploy", outline.entrypoint, pool=spec.work_pool_name, **_options(spec))


def _python(outline: FlowOutline, spec: DeploymentSpec) -> str:
    load = f"load_flow({outline.entrypoint!r}, {str(outline.folder)!r})"
    when = [_repr(one) for one in spec.schedules or ()]
    given = {"parameters": dict(spec.parameters), "work_pool_name": spec.work_pool_name}
    shown = "".join(f", {name}={value!r}" for name, value in given.items() if value)
    shown += f", schedules=[{', '.join(filter(None, when))}]" if when else ""
    return f"{_IMPORTS}\n{load}.{'deploy' if spec.work_pool_name else 'serve'}({spec.name!r}{shown})"


def _repr(schedule: object) -> str:
    """A schedule as it is written in Python."""
    if isinstance(schedule, Cron):
        return f"Cron({schedule.cron!r}, timezone={schedule.timezone!r})"
    return f"Interval({schedule.interval.total_seconds()!r})" if isinstance(schedule, Interval) else ""


def _delete_deed(deployment: Deployment, served: "Served | None") -> Deed:
    def do(client: Client) -> Done:
        if served is not None:
            served.stop()
        client.delete_deployment(deployment.id)
        return Done(words=f"{deployment.full_name} is deleted.", lasting="it is deleted")

    return Deed(
        title=f"Delete deployment {deployment.full_name}",
        command=command("deployment", "delete", deployment.full_name, yes=True),
        python=python("delete_deployment", deployment.id),
        do=do,
    )


def _in_folder(outline: FlowOutline, line: str) -> str:
    return f"cd {shlex.quote(str(outline.folder))} && {line}"
