"""Styles that are parsed once: Textual parses every source anew whenever a screen is shown the first time."""

from typing import Any, Final
from weakref import WeakKeyDictionary

from textual.app import App
from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.screen import Screen

__all__ = ["KeptStylesheet", "StyledApp"]

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
    """An app that styles a screen once when it is shown the first time, and not again when it is shown again."""

    def __init__(self) -> None:
        super().__init__()
        self.stylesheet = KeptStylesheet(variables=self.stylesheet._variables)
        self._styled: WeakKeyDictionary[Screen[Any], tuple[int, frozenset[str]]] = WeakKeyDictionary()
        """Under which theme, and with which classes, a screen has got its styles."""

    def _load_screen_css(self, screen: Screen[Any]) -> None:
        """A screen that was never shown has no widgets yet: they get their styles when they are mounted. Textual would
        style the screen that is left instead, then this one, and once more when it knows its size."""
        super()._load_screen_css(screen)
        if screen._css_update_count < 0:
            screen._css_update_count = self._css_update_count
            for length, steps in zip(self.size, (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), strict=True):
                screen._classes.update(screen._get_breakpoint_classes(length, steps or []))
            self.stylesheet.apply(screen)
            self._styled[screen] = self._manner(screen)

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        """Textual asks for a screen's, without animation, whenever it is shown again."""
        if isinstance(node, Screen) and not animate:
            before, now = self._styled.get(node), self._manner(node)
            if before == now:
                return
            self._styled[node] = now
        super().update_styles(node, animate)

    def _manner(self, screen: Screen[Any]) -> tuple[int, frozenset[str]]:
        return self._css_update_count, frozenset(screen._classes)
