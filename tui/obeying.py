"""What a command of the `:` line makes the app do."""

import asyncio
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from flowtui.engine.errors import FlowtuiError, NotFound
from flowtui.tui.commands import Command
from flowtui.tui.lists.screen import ListScreen
from flowtui.tui.views.choosing import show_named
from flowtui.tui.views.model import find_view

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["obey"]

_SAID: Final = 4
"""Names of runs that are told where more than one begins with what was typed."""
_OPENING: Final = 10.0
"""Seconds that a command waits for the store to be open."""


async def obey(app: "FlowtuiApp", command: Command) -> None:
    """Carry a command out. What does not work out is told. Await it in a worker."""
    try:
        await _obey(app, command)
    except FlowtuiError as error:
        app.notify_error(error)


async def _obey(app: "FlowtuiApp", command: Command) -> None:
    match command.verb:
        case "open-run":
            app.open_run(await _run_id(app, _names(command.argument, several=False)[0]))
        case "open-logs":
            app.open_logs([await _run_id(app, name) for name in _names(command.argument, several=True)])
        case "view":
            await _show_view(app, command.argument)
        case "show" if command.argument:
            app.open_list(command.mode, command.argument)
        case "show":
            app.action_show_resource(command.mode)
        case "profile":
            app.servers.go_to(command.argument)
        case "theme":
            app.theme = command.argument
        case "act":
            await app.run_action(command.argument)


def _names(text: str, *, several: bool) -> list[str]:
    """What was written for one run or several: a name with spaces may stand in quotes, as it is completed."""
    if several or text.startswith('"'):
        with suppress(ValueError):  # a quote that is not closed is part of the name
            return shlex.split(text)
    return text.split() if several else [text]


async def _run_id(app: "FlowtuiApp", name: str) -> str:
    """The newest run of that name, or whose id begins so; else the newest of the only name that begins so."""
    with suppress(TimeoutError):  # it was typed ahead of the store
        await asyncio.wait_for(app.entered.wait(), _OPENING)
    found = await app.call(app.client.find_flow_runs, name, 1)
    if not found:
        known = await app.call(app.client.query_values, "name", name)
        begun = [value.text for value in known if value.text.lower().startswith(name.lower())]
        if len(begun) > 1:
            raise NotFound("flow run", name, f"Which one: {', '.join(begun[:_SAID])}{', …' * (len(begun) > _SAID)}?")
        found = await app.call(app.client.find_flow_runs, begun[0], 1) if begun else ()
    if not found:
        raise NotFound("flow run", name, "Give its name, or the beginning of its name or id.")
    return found[0].id


async def _show_view(app: "FlowtuiApp", name: str) -> None:
    """Show a list in a view, by name or by the beginning of one; the views of the list that is on come first."""
    views = await app.call(app.views.of_all_lists, app.current_mode)
    view = find_view(views, name)
    app.action_show_resource(view.of)
    for screen in app.screen_stack:
        if isinstance(screen, ListScreen) and view.of == screen.LIST:
            await show_named(app, screen, view.name)
