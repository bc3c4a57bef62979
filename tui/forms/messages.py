"""What is done in a row of a form, as messages to the form."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from flowtui.tui.forms.row import FieldRow

__all__ = ["Entered", "Left", "NeedsLines", "Picked", "Replaced", "Revealed", "RowMessage", "Toggled", "Typed"]


class RowMessage(Message):
    """Something was done in this row."""

    def __init__(self, row: "FieldRow") -> None:
        super().__init__()
        self.row = row


class Typed(RowMessage):
    """The control holds another text."""

    def __init__(self, row: "FieldRow", text: str) -> None:
        super().__init__(row)
        self.text = text


class NeedsLines(RowMessage):
    """A text of several lines is to be held."""

    def __init__(self, row: "FieldRow", text: str) -> None:
        super().__init__(row)
        self.text = text


class Picked(RowMessage):
    """A choice was made, by its number; for a union, a variant."""

    def __init__(self, row: "FieldRow", number: int) -> None:
        super().__init__(row)
        self.number = number


class Toggled(RowMessage):
    """The fields of a group are to be shown, or hidden."""


class Revealed(RowMessage):
    """A stored secret is to be shown."""


class Replaced(RowMessage):
    """A stored secret is to be typed anew."""


class Entered(RowMessage):
    """Enter was pressed in a line."""


class Left(RowMessage):
    """The control was left."""
