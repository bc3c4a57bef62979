"""What can be done to a deployment from any screen. The deployment is fixed when the key is pressed."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError, ParameterError
from flowtui.engine.model import Deployment, DeploymentSchedule, FlowRun
from flowtui.tui.acting.calls import command, python
from flowtui.tui.acting.deed import Deed, Done

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = [
    "create_run",
    "open_form",
    "pause_deed",
    "pause_or_resume",
    "run_at_once",
    "run_deed",
    "schedule_deed",
    "switch_schedule",
]


async def run_at_once(app: "FlowtuiApp", deployment: Deployment) -> None:
    """Create a run with the default parameters and show it; open the form when a parameter has no default.

    Await it in a worker.
    """
    try:
        run = await create_run(app, deployment, {})
    except ParameterError:
        open_form(app, deployment, complain=True)
    except FlowtuiError as error:
        app.notify_error(error)
    else:
        app.open_run(run.id)


async def create_run(
    app: "FlowtuiApp",
    deployment: Deployment,
    parameters: Mapping[str, Any],
    *,
    at: datetime | None = None,
    tags: tuple[str, ...] = (),
    again: FlowRun | None = None,
) -> FlowRun:
    """A run of a deployment, due at once or at an instant. Raises `ParameterError` when the parameters do not fit."""
    done = await app.acting.attempt(run_deed(deployment, parameters, at=at, tags=tags, again=again))
    run: FlowRun = done.value
    return run


def run_deed(
    deployment: Deployment,
    parameters: Mapping[str, Any],
    *,
    at: datetime | None = None,
    tags: tuple[str, ...] = (),
    again: FlowRun | None = None,
) -> Deed:
    """Have a deployment run, due at once or at an instant; `again` is the run whose job variables and queue it has."""
    given = dict(parameters)
    queue = again.work_queue_name if again is not None and _another_queue(deployment, again) else None
    variables = dict(again.job_variables) if again is not None else {}

    def do(client: Client) -> Done:
        run = client.run_deployment(
            deployment.id,
            parameters=given,
            scheduled_time=at,
            tags=tags,
            created_by="workstation",
            work_queue_name=queue,
            job_variables=variables or None,
        )
        return Done(words=f"Flow run {run.name} is created.", value=run, lasting="c cancels the run")

    from flowtui.tui.forms.json_text import dumps  # noqa: PLC0415 - when something is run

    options = {"params": dumps(given) if given else None, "start_at": at and at.isoformat(), "tag": list(tags)}
    more = {"job_variable": dumps(variables) if variables else None, "work_queue": queue}
    kwargs = {"parameters": given, "scheduled_time": at, "tags": tags} | (
        {"job_variables": variables} if variables else {}
    )
    return Deed(
        title=f"Run {deployment.full_name}",
        command=command("deployment", "run", deployment.full_name, **options, **more),
        python=_run_python(deployment, {name: value for name, value in kwargs.items() if value}, queue),
        do=do,
    )


def _run_python(deployment: Deployment, kwargs: Mapping[str, Any], queue: str | None) -> str:
    given = {**kwargs, **({"work_queue_name": queue} if queue else {}), "timeout": 0}
    shown = ", ".join([repr(deployment.full_name), *(f"{name}={value!r}" for name, value in given.items())])
    imports = ["import datetime"] if "scheduled_time" in given else []
    return "\n".join([*imports, "from flowtui import run_deployment", f"run_deployment({shown})"])


def _another_queue(deployment: Deployment, run: FlowRun) -> bool:
    return run.work_pool_name == deployment.work_pool_name and run.work_queue_name != deployment.work_queue_name


def open_form(app: "FlowtuiApp", deployment: Deployment, *, complain: bool = False) -> None:
    """Show the form; with `complain`, what is missing is said at once."""
    from flowtui.tui.screens.run_form import RunFormScreen  # noqa: PLC0415 - only when it is shown

    app.push_screen(RunFormScreen(deployment, complain=complain))


async def pause_or_resume(app: "FlowtuiApp", deployment: Deployment) -> None:
    """Turn its schedules off, or on again. Await it in a worker."""
    await app.acting.perform(pause_deed(deployment, paused=not deployment.paused))


def pause_deed(deployment: Deployment, *, paused: bool) -> Deed:
    """Turn the schedules of a deployment off or on; the opposite takes it back."""
    what = "is paused: nothing is scheduled until p resumes it" if paused else "is on its schedule again"

    def do(client: Client) -> Done:
        client.set_deployment_paused(deployment.id, paused)
        return Done(words=f"{deployment.full_name} {what}.", back=pause_deed(deployment, paused=not paused))

    return Deed(
        title=f"{'Pause' if paused else 'Resume'} deployment {deployment.full_name}",
        command=command("deployment", "pause" if paused else "resume", deployment.full_name),
        python=python("set_deployment_paused", deployment.id, paused),
        do=do,
    )


async def switch_schedule(app: "FlowtuiApp", deployment: Deployment) -> None:
    """Turn its schedule off or on again; of several, the one that is chosen. Await it in a worker."""
    from flowtui.engine.schedules.words import describe  # noqa: PLC0415 - when it is used

    schedules = {one.id: one for one in deployment.schedules}
    chosen = next(iter(schedules), None)
    if len(schedules) > 1:
        from flowtui.tui.screens.choice import Choice, ChoiceScreen  # noqa: PLC0415 - only when it is shown

        choices = [
            Choice(one.id, describe(one.schedule), "on" if one.active else "off", is_on=one.active)
            for one in schedules.values()
        ]
        answer = await app.push_screen_wait(
            ChoiceScreen(f"Turn a schedule of {deployment.full_name} off or on", choices)
        )
        chosen = answer[1] if answer else None
    elif chosen is None:
        app.tell(f"{deployment.full_name} has no schedule; r runs it.")
    if chosen is not None:
        one = schedules[chosen]
        await app.acting.perform(schedule_deed(deployment, one, active=not one.active))


def schedule_deed(deployment: Deployment, schedule: DeploymentSchedule, *, active: bool) -> Deed:
    """Turn one schedule on or off; the opposite takes it back."""
    from flowtui.engine.schedules.words import describe  # noqa: PLC0415 - when it is used

    name = f"{deployment.full_name}: {describe(schedule.schedule)}"

    def do(client: Client) -> Done:
        client.set_schedule_active(schedule.id, active)
        back = schedule_deed(deployment, schedule, active=not active)
        return Done(words=f"{name} is {'on' if active else 'off'}.", back=back)

    verb = "resume" if active else "pause"
    return Deed(
        title=f"Turn {'on' if active else 'off'} {name}",
        command=command("deployment", "schedule", verb, deployment.full_name, schedule.id),
        python=python("set_schedule_active", schedule.id, active),
        do=do,
    )
