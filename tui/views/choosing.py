"""What a person does with views: choose one, save the present one, forget one."""

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from flowtui.engine.errors import FlowtuiError
from flowtui.tui.screens.choice import Choice, ChoiceScreen
from flowtui.tui.views.model import View, checked_name, find_view

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["choose_view", "show_named", "show_numbered"]

_KEYS = (("s", "save this as…"), ("d", "forget"))


class ShowsViews(Protocol):
    """A list that has views."""

    @property
    def view(self) -> View: ...

    def show_view(self, view: View) -> None: ...


async def choose_view(app: "FlowtuiApp", shown: ShowsViews) -> None:
    """Ask which view to show, or what else to do with them. Await it in a worker."""
    views = await app.call(app.views.views, shown.view.of)
    now, everything = shown.view.name.lower(), f"all {shown.view.kind.vocabulary.noun}"
    choices = [Choice(view.name, view.name, view.query or everything, view.name.lower() == now) for view in views]
    answer = await app.push_screen_wait(ChoiceScreen("Views", choices, _KEYS))
    if answer is None:
        return
    key, name = answer
    if key == "s":
        await _save(app, shown)
    elif key == "d":
        await _forget(app, name, shown.view.of)
    else:
        await show_named(app, shown, name)


async def show_numbered(app: "FlowtuiApp", shown: ShowsViews, number: int) -> None:
    """Show a view of the list by its place, from 1."""
    views = await app.call(app.views.views, shown.view.of)
    if number <= len(views):
        await _show(app, shown, views[number - 1])
    else:
        app.tell(f"There are {len(views)} views. V shows them.")


async def show_named(app: "FlowtuiApp", shown: ShowsViews, name: str) -> None:
    """Show a view by name."""
    try:
        await _show(app, shown, find_view(await app.call(app.views.views, shown.view.of), name))
    except FlowtuiError as error:
        app.notify_error(error)


async def _show(app: "FlowtuiApp", shown: ShowsViews, view: View) -> None:
    """In the order and the columns in which it was left here; the view that is on already, as it was saved."""
    left = None
    if shown.view.name.lower() != view.name.lower():
        left = await app.call(app.views.left, app.client.address, view.name, view.of)
    shown.show_view(view if left is None else view.laid_out_as(left))


async def _save(app: "FlowtuiApp", shown: ShowsViews) -> None:
    from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is asked for

    prompt = PromptScreen("Save this view as", value=shown.view.name, hint="a name", done="save")
    name = await app.push_screen_wait(prompt)
    if not name:
        return
    try:
        view = replace(shown.view, name=checked_name(name))
        await app.call(app.views.save, view)
    except FlowtuiError as error:
        app.notify_error(error)
        return
    shown.show_view(view)
    app.tell(f"Saved. :view {view.name} shows it.")


async def _forget(app: "FlowtuiApp", name: str, of: str) -> None:
    if await app.call(app.views.delete, name, of):
        app.tell(f"Forgot the view {name}.")
    else:
        app.tell(f"{name} was there from the beginning; a view saved under its name can be forgotten.")
