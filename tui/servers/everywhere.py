"""Where `@all` is: a mode of its own, so that it is as it was when a person comes back to it from a server."""

from typing import Any, Final

from textual.app import App
from textual.screen import Screen

__all__ = ["ALL", "Everywhere"]

ALL: Final = "@all"
"""The mode, and what a person calls it."""


class Everywhere:
    """It is open until it is left by `esc`, or for a profile that was asked for by name. Until then `esc` leads back to
    it from the lists, and from a run that was opened from there."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._is_open = False
        self._before = "home"
        self._run: Screen[Any] | None = None
        """The run that was opened when a server was entered."""

    @property
    def is_on(self) -> bool:
        """Whether a person is there."""
        return self._app.current_mode == ALL

    @property
    def mode(self) -> str:
        """The mode to be in on a server: the one that is on, or that was before."""
        return self._before if self.is_on else self._app.current_mode

    def show(self) -> None:
        """Go there."""
        app = self._app
        if not self._is_open:
            self._is_open = True
            app.add_mode(ALL, _screen)
        if not self.is_on:
            self._before = app.current_mode
            app.switch_mode(ALL)
        while len(app.screen_stack) > 1:
            app.pop_screen()

    def enter(self) -> None:
        """Go from there to the server that the workstation is on."""
        self._app.switch_mode(self.mode)

    def entered_at(self, run: Screen[Any]) -> None:
        """A server was entered, and this run opened."""
        self._run = run

    def leads_here(self, screen: Screen[Any]) -> bool:
        """Whether `esc` leads from a screen to here, when it has nothing else to take back."""
        if not self._is_open or self.is_on:
            return False
        return screen is self._run or screen is self._app.screen_stack[0]

    def go_back(self) -> None:
        """Come back from a server."""
        if self._app.screen is self._run:
            self._app.pop_screen()
        self._run = None
        self.show()

    def leave(self) -> None:
        """Leave it for the screen that was on before, and let go of its servers."""
        self._is_open = False
        self._app.switch_mode(self.mode)
        self._app.remove_mode(ALL)

    async def close(self) -> None:
        """Let go of its servers, from another mode."""
        if self._is_open:
            self._is_open, self._run = False, None
            await self._app.remove_mode(ALL)


def _screen() -> Screen[Any]:
    from flowtui.tui.servers.screen import AllServersScreen  # noqa: PLC0415 - only when it is shown

    return AllServersScreen()
