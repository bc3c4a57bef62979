"""What holds the forms of a screen: it scrolls when they are higher than it, and is no stop for the keyboard."""

from textual.containers import VerticalScroll

__all__ = ["Scroll"]


class Scroll(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls to the field at hand."""
