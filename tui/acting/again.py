"""Run a run again as a new one: with the same parameters, or in a form that they fill."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.engine.errors import FlowtuiError, ParameterError
from flowtui.engine.model import FlowRun
from flowtui.tui.acting.calls import command
from flowtui.tui.acting.questions import question_about
from flowtui.tui.acting.run_verbs import MANY, RUN_VERBS
from flowtui.tui.acting.target import Target
from flowtui.tui.deployment_actions import run_deed

if TYPE_CHECKING:
    from flowtui.tui.acting.acting import Acting

__all__ = ["run_again"]


async def run_again(acting: "Acting", target: Target, *, with_changes: bool) -> bool:
    """Create a run with the parameters, tags and job variables of another one, and show it."""
    app, run = acting.app, target.one
    if run is None and (with_changes or len(target.ids) > MANY):
        app.tell(f"One run at a time is run again with changes; as they were, up to {MANY}.")
        return False
    if run is None:
        return await _several(acting, target)
    if run.deployment_id is None and target.place is None and (entrypoint := _in_folder(run, app.folder)) is not None:
        from flowtui.tui.screens.flow_run import FlowRunScreen  # noqa: PLC0415 - brings the forms with it

        app.push_screen(FlowRunScreen(entrypoint, again=run))
        return True
    if run.deployment_id is None:
        await _explain(acting, run)
        return False
    from flowtui.tui.screens.run_form import RunFormScreen  # noqa: PLC0415 - only when it is shown

    try:
        deployment = await app.call(app.client.read_deployment, run.deployment_id)
    except FlowtuiError as error:
        app.notify_error(error)
        return False
    if with_changes:
        app.push_screen(RunFormScreen(deployment, again=run))
        return True
    try:
        done = await acting.attempt(run_deed(deployment, run.parameters, tags=run.tags, again=run))
    except ParameterError:  # its deployment asks for something else by now
        app.push_screen(RunFormScreen(deployment, again=run, complain=True))
    except FlowtuiError as error:
        app.notify_error(error)
        return False
    else:
        app.open_run(done.value.id)
    return True


def _in_folder(run: FlowRun, folder: Path) -> str | None:
    """`file.py:flow` within the folder of the workstation, when the run's flow is one of those that stand there."""
    known = run.provenance
    if known is None or known.source is None or known.host != os.uname().nodename:
        return None
    file, _, name = known.source.rpartition(":")
    path = Path(file)
    if not path.is_relative_to(folder) or not path.is_file():
        return None
    return f"{path.relative_to(folder).as_posix()}:{name}"


async def _several(acting: "Acting", target: Target) -> bool:
    """A new run for each that has a deployment, with the parameters that it had."""
    app = acting.app
    runs = [run for run in target.runs if run.deployment_id is not None]
    if not runs:
        app.tell("Scripts started these runs, so no worker can start them again.")
        return False
    meant = replace(target, ids=tuple(run.id for run in runs), runs=tuple(runs))
    if not await acting.ask(question_about(RUN_VERBS["again"], meant, app.client.address)):
        return False
    refused: list[FlowtuiError] = []
    for run in runs:
        try:
            deployment = await app.call(app.client.read_deployment, str(run.deployment_id))
            await acting.attempt(run_deed(deployment, run.parameters, tags=run.tags, again=run))
        except FlowtuiError as error:
            refused.append(error)
    app.tell(f"{len(runs) - len(refused)} new runs are created.")
    for refusal in refused[:3]:
        app.notify_error(refusal)
    return True


async def _explain(acting: "Acting", run: FlowRun) -> None:
    """A script's run cannot be started by anybody but its script."""
    from flowtui.tui.forms.json_text import dumps  # noqa: PLC0415 - only here
    from flowtui.tui.screens.confirm import TellScreen  # noqa: PLC0415 - only when it is shown

    source = run.provenance.source if run.provenance is not None else None
    place = source or f"FILE.py:{run.flow_name.replace('-', '_')}"
    again = command("run", place, params=dumps(dict(run.parameters)))
    where = "" if source is not None else ", where FILE.py is the script"
    await acting.app.push_screen_wait(
        TellScreen(
            f"A script started {run.flow_name} · {run.name}.",
            "It has no deployment, so no worker can start it again. Start the script again; or run its flow here, with "
            f"the same parameters{where}:\n\n{again}\n\n"
            "A deployment makes this one key: flowtui deploy.",
            copy=again,
        )
    )
