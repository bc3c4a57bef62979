"""`w`: why a run waits, with what can be done; it follows the store while it is open."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen

from flowtui.engine.errors import FlowtuiError
from flowtui.tui.text import safe
from flowtui.tui.why_lines import remedies_of
from flowtui.tui.widgets.dialogs import list_room
from flowtui.tui.widgets.key_line import KeyLine
from flowtui.tui.widgets.telling import TellsTrouble
from flowtui.tui.widgets.why_view import WhyView

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["WhyScreen"]

_AGAIN = 1.0
"""Seconds after which it is asked again: times grow, and what holds a run back may change without any commit."""


class WhyScreen(TellsTrouble, ModalScreen[None]):
    """Answers when it is closed. A digit copies the command that stands behind it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,w,q", "leave", "back", key_display="esc"),
        *(Binding(str(digit), f"copy({digit})", f"copy command {digit}", show=False) for digit in range(1, 10)),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with VerticalScroll():
                yield WhyView(numbered=True, empty="asking …")
            yield KeyLine()

    def on_mount(self) -> None:
        self._size_text()
        self._ask()
        self.set_interval(_AGAIN, self._ask)

    def on_resize(self) -> None:
        self.call_after_refresh(self._size_text)

    def _size_text(self) -> None:
        """What there is to say scrolls where it is too long; the keys stay in sight."""
        self.query_one(VerticalScroll).styles.max_height = list_room(self)

    @work(group="why", exclusive=True, exit_on_error=False)
    async def _ask(self) -> None:
        app = cast("FlowtuiApp", self.app)
        try:
            found = await app.call(app.client.explain_flow_run, self._run_id)
        except FlowtuiError as error:
            self.query_one(WhyView).show(None, safe(str(error)))
            return
        self.query_one(WhyView).show(found)
        self._show_keys(len(remedies_of(found)))

    def _show_keys(self, remedies: int) -> None:
        keys = [("esc", "back")]
        if remedies:
            keys.insert(0, ("1" if remedies == 1 else f"1-{min(remedies, 9)}", "copy the command"))
        self.query_one(KeyLine).show(keys)

    def action_copy(self, number: int) -> None:
        """Copy a command."""
        found = self.query_one(WhyView).found
        known = [] if found is None else remedies_of(found)
        if number <= len(known):
            self.app.copy_to_clipboard(known[number - 1].command)
            cast("FlowtuiApp", self.app).tell(f"Copied: {known[number - 1].command}")

    def action_leave(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click beside it closes it."""
        if event.widget is self:
            self.dismiss(None)
