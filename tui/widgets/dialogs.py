"""What dialogs have in common: how many lines a list in one may take."""

from typing import Any

from textual.screen import Screen

from flowtui.tui.widgets.key_line import KeyLine

__all__ = ["list_room"]


def list_room(screen: Screen[Any], *, beside: int = 0) -> int:
    """How many lines are left for the list of a dialog (at least 1), when `beside` lines and its keys stand around it.
    How many lines the keys take is known when they have been laid out."""
    keys = max(screen.query_one(KeyLine).size.height, 1)
    height = screen.app.size.height
    if screen.has_class("-short"):  # no padding and no margins there: see app.tcss
        return max(height - 2 - beside - keys, 1)
    return max(height * 9 // 10 - 5 - beside - keys, 1)
