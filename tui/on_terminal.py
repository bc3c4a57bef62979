"""How the workstation meets its terminal: what reads and draws it, what is written to it, and keys one by one."""

from typing import Any, Final

from textual.driver import Driver
from textual.events import Event, Key
from textual.filter import LineFilter
from textual.worker import Worker

from flowtui.tui.collecting import Collecting
from flowtui.tui.screen_filter import ScreenFilter
from flowtui.tui.styling import StyledApp
from flowtui.tui.type_ahead import READING, TypeAhead

__all__ = ["TerminalApp"]

_SCREEN_FILTER: Final = ScreenFilter()


class TerminalApp(StyledApp, inherit_bindings=False):
    """An app whose keys wait for each other, whose text can do nothing to the terminal, and that notices its end."""

    def __init__(self) -> None:
        super().__init__()
        self._keys = TypeAhead(self, super().on_event)
        self.collecting = Collecting()

    def get_driver_class(self) -> type[Driver]:
        """Textual's own for this platform; on Linux one that notices when the terminal is gone."""
        found = super().get_driver_class()
        if found.__name__ != "LinuxDriver":
            return found
        from flowtui.tui.hanging_up import LeavingDriver  # noqa: PLC0415 - there is no such driver elsewhere

        return LeavingDriver

    def get_line_filters(self) -> list[LineFilter]:
        """Textual writes escapes in content as they are (measured on nine widgets), so the last filter is ours."""
        return [*super().get_line_filters(), _SCREEN_FILTER]

    def hold_keys(self, work: Worker[Any], seconds: float = READING) -> None:
        """Let keys wait for the screen that comes of `work`, or for its end, for so many seconds at most."""
        self._keys.hold(work, seconds)

    async def on_event(self, event: Event) -> None:
        """A key waits for the one before."""
        if isinstance(event, Key) and not event.is_forwarded:
            self.collecting.pressed()
            await self._keys.take(event)
        elif self.screen_stack or not isinstance(event, Key):  # at the end there is nothing that keys could be for
            await super().on_event(event)
