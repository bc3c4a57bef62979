"""Styles that are parsed once: Textual parses every source anew whenever a screen is shown the first time."""

from typing import Any, Final

from textual.app import App
from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from textual.events import ScreenResume
from textual.screen import Screen

__all__ = ["KeptStylesheet", "StyledApp", "StyledScreen"]

_SOURCES: Final = 4096
"""More sources than there are classes of widgets. Textual keeps 64 parsed, and forgets in turns the one needed next."""


class KeptStylesheet(Stylesheet):
    """A stylesheet that keeps what it parsed until a variable has another value."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(_SOURCES)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Variables of the same values change nothing."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Put the rules together again; only sources that are new, or all of them after a change of variables, are
        parsed. Raises as `parse` does, and then keeps the rules as they were."""
        self.parse()


class StyledApp(App[int], inherit_bindings=False):
    """An app that styles a screen once when it is shown the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.stylesheet = KeptStylesheet(variables=self.stylesheet._variables)

    def _load_screen_css(self, screen: Screen[Any]) -> None:
        """A screen that was never shown gets its styles when its widgets are mounted, by the theme that is on; Textual
        would style all of the screen that is left instead, and then this one again."""
        super()._load_screen_css(screen)
        if screen._css_update_count < 0:
            screen._css_update_count = self._css_update_count


class StyledScreen(Screen[None], inherit_bindings=False):
    """A screen that keeps its styles when it is shown again, unless the theme has changed meanwhile."""

    def _on_screen_resume(self, event: ScreenResume) -> None:
        if self._css_update_count == self.app._css_update_count:
            event.refresh_styles = False
