"""Carries out what was written on the `:` line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flowtui.engine.errors import FlowtuiError, NotFound
from flowtui.tui.commands import Command

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["obey"]

_HINT = "Give its name or the beginning of its id."


def obey(app: "FlowtuiApp", command: Command) -> None:
    """Do it; what has to look something up first does so in a worker, of which the last one counts."""
    match command.verb:
        case "quit":
            app.action_quit()
        case "help":
            app.action_help()
        case "radar":
            app.action_radar()
        case "profile":
            app.servers.go_to(command.argument)
        case "open-run" | "open-logs" | "view":
            finding = {"open-run": _open_run, "open-logs": _open_logs, "view": _show_view}[command.verb]
            app.run_worker(finding(app, command.argument), group="find-run", exclusive=True, exit_on_error=False)
        case "show" if command.mode == "runs" and command.argument:
            app.open_runs(command.argument)
        case "show":
            app.action_show_resource(command.mode)


async def _show_view(app: "FlowtuiApp", name: str) -> None:
    """Show the list of runs in a view, by name or by the beginning of one."""
    from flowtui.tui.screens.runs import RunsScreen  # noqa: PLC0415 - only when it is shown
    from flowtui.tui.views.choosing import show_named  # noqa: PLC0415 - only when it is shown

    app.action_show_resource("runs")
    for screen in app.screen_stack:
        if isinstance(screen, RunsScreen):
            await show_named(app, screen, name)


async def _open_run(app: "FlowtuiApp", name: str) -> None:
    """Open the newest run of that name, or whose id begins so."""
    found = await _find(app, [name])
    if found:
        app.open_run(found[0])


async def _open_logs(app: "FlowtuiApp", names: str) -> None:
    """Open the logs of the newest runs of these names, or whose ids begin so, as one."""
    found = await _find(app, names.split())
    if found:
        app.open_logs(found)


async def _find(app: "FlowtuiApp", names: Sequence[str]) -> list[str] | None:
    """The ids of the newest runs of these names; None, and a sentence, when there is none of one of them."""
    found = []
    for name in names:
        try:
            runs = await app.call(app.client.find_flow_runs, name, 1)
            if not runs:
                raise NotFound("flow run", name, _HINT)
        except FlowtuiError as error:
            app.notify_error(error)
            return None
        found.append(runs[0].id)
    return found
