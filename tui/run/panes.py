"""The tabs of a run's screen beside its timeline and its log: each pane is made when it is shown for the first time."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from flowtui.engine.model import Change
from flowtui.tui.run.seen import Seen
from flowtui.tui.widgets.telling import TellsTrouble

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp
    from flowtui.tui.piping.records import Records
    from flowtui.tui.run.reading import RunReader

__all__ = ["LOW", "TABS", "RunPane", "make_pane"]

TABS: Final = ("timeline", "logs", "graph", "radar", "parameters", "result", "states", "artifacts", "events")

LOW: Final = 7
"""With less lines than this a pane shows its main part only, and what is under the cursor in its place on enter."""


class RunPane(TellsTrouble, Vertical):
    """A pane shows what the screen has `Seen`; what it needs beyond that it reads in `load`."""

    DEFAULT_CSS = """
    RunPane { height: 1fr; }
    RunPane.-low > .detail { display: none; }
    RunPane.-low.-reading > .detail { display: block; border-top: none; }
    RunPane.-low.-reading > VirtualTable { display: none; }
    """

    class TaskChosen(Message):
        """A task was chosen: its log, or the run that it stands for, is to be shown."""

        def __init__(self, run_id: str, task_id: str) -> None:
            super().__init__()
            self.run_id, self.task_id = run_id, task_id

    @property
    def workstation(self) -> "FlowtuiApp":
        """The app, by its own type."""
        return cast("FlowtuiApp", self.app)

    reader: "RunReader"
    """Where the run is read; the screen gives it to each pane that it makes."""

    @property
    def main(self) -> Widget:
        """The widget that gets the keyboard when the tab is turned on."""
        raise NotImplementedError

    def on_resize(self) -> None:
        self.set_class(self.size.height < LOW, "-low")

    def read_detail(self, detail: Widget) -> None:
        """Give the keyboard to what is shown of the row under the cursor."""
        self.add_class("-reading")
        detail.focus()

    def step_back(self) -> bool:
        """Go back from the detail to the list; False when nobody is in it."""
        if not self.has_class("-reading"):
            return False
        self.remove_class("-reading")
        self.main.focus()
        return True

    def handed_on(self, seen: Seen) -> "Records | None":
        """What of this pane commands, SQL and files are given; None: nothing."""
        return None

    def show_run(self, seen: Seen) -> None:
        """Show this; called whenever it has changed while the pane is on."""

    def tick(self, seen: Seen) -> None:
        """A second has passed while the run lives."""

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        """Read what has changed since (None: everything). Awaited while the pane is on."""


async def make_pane(tab: str, reader: "RunReader") -> RunPane:
    """The pane of a tab, over what a reader reads. Its module is loaded now, in a thread: nobody pays for tabs that
    nobody opens."""
    module = await asyncio.to_thread(import_module, f"flowtui.tui.run.{tab}_pane")
    pane = cast("Callable[[], RunPane]", module.make)()
    pane.id, pane.reader = tab, reader
    return pane
