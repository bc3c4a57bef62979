"""What can be done to a deployment from any screen. The deployment is fixed when the key is pressed."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowtui.engine.errors import FlowtuiError, ParameterError
from flowtui.engine.model import Deployment, FlowRun

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["create_run", "open_form", "pause_or_resume", "run_at_once"]


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
) -> FlowRun:
    """A run of a deployment, due at once or at an instant. Raises `ParameterError` when the parameters do not fit."""
    return await app.call(
        app.client.run_deployment,
        deployment.id,
        parameters=parameters,
        scheduled_time=at,
        tags=tags,
        created_by="workstation",
    )


def open_form(app: "FlowtuiApp", deployment: Deployment, *, complain: bool = False) -> None:
    """Show the form; with `complain`, what is missing is said at once."""
    from flowtui.tui.screens.run_form import RunFormScreen  # noqa: PLC0415 - only when it is shown

    app.push_screen(RunFormScreen(deployment, complain=complain))


async def pause_or_resume(app: "FlowtuiApp", deployment: Deployment) -> None:
    """Turn its schedules off, or on again. Await it in a worker."""
    paused = not deployment.paused
    try:
        await app.call(app.client.set_deployment_paused, deployment.id, paused)
    except FlowtuiError as error:
        app.notify_error(error)
        return
    what = "is paused: nothing is scheduled until p resumes it" if paused else "is on its schedule again"
    app.tell(f"{deployment.full_name} {what}.")
