"""The `:` line at the bottom of the screen, with what may be typed next in a list above it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.listing import QueryValue
from flowtui.tui.command_offers import GoingOn, going_on
from flowtui.tui.commands import Command, Known, parse_command, wrong_in
from flowtui.tui.completing import Offer, Wanted, offers_of
from flowtui.tui.lists.screen import ListScreen
from flowtui.tui.text import safe
from flowtui.tui.widgets.completion_menu import CompletionMenu
from flowtui.tui.widgets.paint import palette_of
from flowtui.tui.widgets.query_line import QueryLine

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["CommandLineScreen"]

_OF_RUNS = frozenset({"flow", "deployment", "tag", "pool", "queue"})
"""Fields of other lists whose values the store gives for runs as well."""


class CommandLineScreen(ModalScreen[Command | None]):
    """One line over the keys; answers with the command, or None when it was left. Typing waits for nothing: of what was
    asked while the store answered, the last counts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="command.leave"),
        Binding("tab", "complete", "complete", priority=True, id="command.complete"),
        Binding("down", "move(1)", "next candidate", show=False, id="command.down"),
        Binding("up", "move(-1)", "candidate before", show=False, id="command.up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._known = Known()
        self._now = GoingOn(0)
        self._asking = False
        self._menu = CompletionMenu()

    def compose(self) -> ComposeResult:
        yield self._menu
        with Horizontal(id="command-line"):
            yield Static(":", id="prompt")
            yield QueryLine(self._steer, id="command")
        yield Static("", id="complaint", markup=False)

    def on_mount(self) -> None:
        self._known = Known(themes=tuple(self.app.available_themes))
        self._offer()
        self.run_worker(self._read_known(), exit_on_error=False)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The candidates that are shown."""
        return self._menu.offers

    @property
    def _workstation(self) -> "FlowtuiApp":
        return cast("FlowtuiApp", self.app)

    @property
    def _line(self) -> QueryLine:
        return self.query_one("#command", QueryLine)

    async def _read_known(self) -> None:
        """What stands in files."""
        app = self._workstation
        views = await app.call(app.views.of_all_lists, app.current_mode)
        profiles = await app.call(_profiles, app)
        self._known = Known(themes=self._known.themes, profiles=profiles, views=views)
        if self.is_attached:
            self._offer()

    # -- candidates -------------------------------------------------------------------------------------------------

    def _offer(self) -> None:
        """Show how the line may go on: at once what is known here, then what the store knows."""
        self._now = going_on(self._line.value, self._known)
        self._show(self._now.offers)
        if self._now.wanted is not None and not self._asking:
            self._asking = True
            self.run_worker(self._ask(), group="values", exit_on_error=False)

    def _show(self, offers: Sequence[Offer]) -> None:
        self._menu.show(offers, 0)
        column = max(len(self._line.value) - self._now.replaced, 0) + 1
        width = self._menu.styles.width
        room = self.app.size.width - (int(width.value) if width is not None else 0)
        self._menu.styles.offset = (max(min(column, room), 0), 0)

    async def _ask(self) -> None:
        try:
            asked: GoingOn | None = None
            while (now := self._now) != asked and now.wanted is not None:
                asked = now
                values = await self._values(now.wanted, now.of)
                if self.is_attached and self._now == now:
                    known = (*now.offers, *offers_of(now.wanted, values))
                    self._show(tuple({offer.text: offer for offer in known}.values()))
        except FlowtuiError:
            pass  # the list behind says that the store does not answer
        finally:
            self._asking = False

    async def _values(self, asked: Wanted, of: str) -> Sequence[QueryValue]:
        """Values of a field in a list: the one that is on knows its own."""
        app = self._workstation
        screen = next((one for one in app.screen_stack if isinstance(one, ListScreen) and of == one.LIST), None)
        if screen is not None and of != "runs":
            return await screen.values(asked)
        if not app.is_open or (of != "runs" and asked.field not in _OF_RUNS):
            return ()
        return await app.call(app.client.query_values, asked.field, asked.start, path=asked.path)

    def _take(self, offer: Offer) -> None:
        """Write an offer in the place of what it completes."""
        line = self._line
        with self.prevent(Input.Changed):
            line.value = line.value[: len(line.value) - self._now.replaced] + offer.text
        line.cursor_position = len(line.value)
        self._menu.close()
        if offer.is_open:
            self._offer()
        else:
            self._now = GoingOn(0)

    @on(CompletionMenu.Taken)
    def _taken(self, event: CompletionMenu.Taken) -> None:
        event.stop()
        self._take(event.offer)
        self._line.focus()

    def action_complete(self) -> None:
        """Take the candidate that was moved to, else the first."""
        offer = self._menu.chosen or next(iter(self._menu.offers), None)
        if offer is not None:
            self._take(offer)

    def action_move(self, by: int) -> None:
        """Move in the candidates."""
        self._menu.move(by)

    # -- the line ---------------------------------------------------------------------------------------------------

    @on(Input.Changed)
    def _typed(self) -> None:
        self.remove_class("-trouble")
        self._underline(None)
        self._offer()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._menu.chosen is not None:
            self._take(self._menu.chosen)
            return
        try:
            command = parse_command(event.value, self._known)
        except UsageError as error:
            if not self._take_only():
                self._complain(event.value, error)
        else:
            self.dismiss(command)

    def _take_only(self) -> bool:
        """Where the line means nothing but can go on in one way only, that was meant. What it then does takes another
        enter."""
        offers = self._menu.offers
        if len(offers) != 1 or not offers[0].label.startswith(self._line.value.strip().rpartition(" ")[2].lower()):
            return False
        self._take(offers[0])
        return True

    def _complain(self, line: str, error: UsageError) -> None:
        self._menu.close()
        self._underline(wrong_in(line, error))
        self.query_one("#complaint", Static).update(safe(str(error)))
        self.add_class("-trouble")

    def action_leave(self) -> None:
        """Leave the candidates, then the line, without doing anything."""
        if self._menu.chosen is not None:
            self._menu.close()
        else:
            self.dismiss(None)

    def _underline(self, span: tuple[int, int] | None) -> None:
        self._line.underline(span, palette_of(self).style("underline warning"))

    def _steer(self, key: str) -> bool:
        """A backspace on the empty line leaves it, as in an editor."""
        leaves = key == "backspace" and not self._line.value
        if leaves:
            self.dismiss(None)
        return leaves


def _profiles(app: "FlowtuiApp") -> tuple[str, ...]:
    """Called in a thread, where what knows them is loaded."""
    return app.servers.names()
