"""A form's values as one JSON text."""

from typing import Any

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import TextArea

from flowtui.tui.forms.controls import Lines
from flowtui.tui.forms.json_text import JsonProblem, loads

__all__ = ["JsonPane"]


class JsonPane(Widget):
    """Shows a text, and posts its object after each change; `problem` says why there is none."""

    DEFAULT_CSS = """
    JsonPane { height: 1fr; display: none; padding: 0 2; }
    JsonPane Lines { height: 1fr; max-height: 100%; max-width: 100%; background: $background; }
    JsonPane Lines:focus { background: $background; }
    """

    class Changed(Message):
        """The text was changed. `data` is its object; None while it is none."""

        def __init__(self, data: dict[str, Any] | None) -> None:
            super().__init__()
            self.data = data

    def __init__(self) -> None:
        super().__init__()
        self._known = ""
        self.problem = ""

    def open(self, text: str) -> None:
        """Show a text that is known to be an object, and give it the keyboard."""
        self._known, self.problem = text, ""
        if not self.children:  # made at the first look: most forms are never looked at as JSON
            self.mount(Lines(text))
        else:
            self.query_one(Lines).put(text)
        self.focus_text()

    def focus_text(self) -> None:
        """Give the keyboard to the text."""
        self.query_one(Lines).focus()

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        text = event.text_area.text
        if text == self._known:
            return
        self._known, self.problem = text, ""
        try:
            data = loads(text)
            if not isinstance(data, dict):
                raise JsonProblem("The fields of a form are a JSON object: { … }.")
        except JsonProblem as problem:
            self.problem, data = str(problem), None
        self.post_message(self.Changed(data))
