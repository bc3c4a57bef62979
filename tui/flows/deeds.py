"""A flow of the folder is run here, or deployed; with the command and the Python that do the same."""

import shlex
from collections.abc import Mapping
from typing import Any, Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.deployments.describing import FlowOutline
from flowtui.engine.errors import NotFound
from flowtui.engine.model import Deployment, DeploymentSpec
from flowtui.engine.schedules.cron import Cron
from flowtui.engine.schedules.interval import Interval
from flowtui.tui.acting.calls import command, python
from flowtui.tui.acting.deed import Deed, Done
from flowtui.tui.forms.json_text import dumps

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


def deploy_deed(outline: FlowOutline, spec: DeploymentSpec) -> Deed:
    """Create or update a deployment; one that was new is deleted again by undo."""
    full_name = f"{spec.flow_name}/{spec.name}"

    def do(client: Client) -> Done:
        try:
            client.read_deployment(full_name)
        except NotFound:
            is_new = True
        else:
            is_new = False
        saved = client.save_deployment(spec)
        back = _delete_deed(saved) if is_new else None
        lasting = None if is_new else "it was there before; flowtui deployment versions shows what it was"
        return Done(words=f"{saved.full_name} is deployed.", value=saved, back=back, lasting=lasting)

    schedules = spec.schedules or ()
    crons = [one.cron for one in schedules if isinstance(one, Cron)]
    seconds = [one.interval.total_seconds() for one in schedules if isinstance(one, Interval)]
    zone = next((one.timezone for one in schedules if isinstance(one, Cron)), None)
    deploy = command(
        "deploy",
        outline.entrypoint,
        name=spec.name,
        pool=spec.work_pool_name,
        cron=crons,
        interval=[f"{one:g}s" for one in seconds],
        timezone=zone,
        params=dumps(dict(spec.parameters)) if spec.parameters else None,
    )
    load = f"load_flow({outline.entrypoint!r}, {str(outline.folder)!r})"
    when = [f"Cron({line!r}, timezone={zone!r})" for line in crons] + [f"Interval({one!r})" for one in seconds]
    given = {"parameters": dict(spec.parameters), "work_pool_name": spec.work_pool_name}
    shown = "".join(f", {name}={value!r}" for name, value in given.items() if value)
    shown += f", schedules=[{', '.join(when)}]" if when else ""
    return Deed(
        title=f"Deploy {full_name}",
        command=_in_folder(outline, deploy),
        python=f"{_IMPORTS}\n{load}.deploy({spec.name!r}{shown})",
        do=do,
    )


def _delete_deed(deployment: Deployment) -> Deed:
    def do(client: Client) -> Done:
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
