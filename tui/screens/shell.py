"""The frame of every full screen: header, tabs, body, and the line of keys; and how a screen gets its data."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import work
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static
from textual.widgets._toast import ToastRack
from textual.worker import Worker, WorkerState

from flowtui.tui.acting.keys import mutates
from flowtui.tui.beat import Beat
from flowtui.tui.drawing import LeanCompositor, at_once
from flowtui.tui.keys import RESOURCES, is_typed
from flowtui.tui.messages import StoreChanged
from flowtui.tui.widgets.grace_line import GraceLine
from flowtui.tui.widgets.header import Header
from flowtui.tui.widgets.key_bar import KeyBar
from flowtui.tui.widgets.tab_strip import Tab, TabStrip

if TYPE_CHECKING:
    from textual.timer import Timer, TimerCallback

    from flowtui.engine.model import Change, FlowRun
    from flowtui.tui.app import FlowtuiApp
    from flowtui.tui.status import Status

__all__ = ["HEIGHTS", "WIDTHS", "ShellScreen"]

WIDTHS: Final = [(0, "-tiny"), (40, "-narrow"), (72, "-normal"), (100, "-wide")]
"""From how many columns on a screen has a class."""
HEIGHTS: Final = [(0, "-flat"), (10, "-short"), (20, "-tall")]

_FIRST_LOAD: Final = 0.5
"""Seconds that keys wait, at most, for what a screen shows first: it is what they are meant for."""

_TABS = tuple(Tab(resource.mode, resource.label, resource.key) for resource in RESOURCES)


class ShellScreen(Screen[None], inherit_bindings=False):
    """A full screen. Subclasses override `compose_body` and `load`, and define BINDINGS.

    `load` is called in a worker, never twice at once: with None when the screen is shown (again) and everything may
    have changed, and with the changes that `wants` let through whenever the store changes. It awaits
    `self.workstation.call(client.verb, …)` and then updates the screen's widgets. What it raises becomes a toast; a
    widget that it does not find on a screen that was closed meanwhile is no news to anybody.
    """

    PACE: ClassVar[float] = 0.0
    """Seconds between two loads because of changes, for a screen that reads much at each."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "next pane", show=False, id="shell.next-pane"),
        Binding("shift+tab", "app.focus_previous", "previous pane", show=False, id="shell.previous-pane"),
        Binding("ctrl+c,super+c", "screen.copy_text", show=False, system=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._compositor = LeanCompositor()
        self._everything = False
        self._waiting: list[Change] = []
        self._asked = False
        self._beats: list[Beat | Timer] = [Beat(self._second_passed, self._failed)]
        self._loading = self._has_loaded = False
        self._news: list[Change] | None = None
        self._resting = False
        self._led_to_all = False

    @property
    def workstation(self) -> "FlowtuiApp":
        """The app, by its own type."""
        return cast("FlowtuiApp", self.app)

    # -- frame ----------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        app = self.workstation
        # Textual does this after the first layout, and then styles all that is there once more for each class.
        self._fit(app.size)
        self._header = Header(app.now, app.zone)
        yield self._header
        yield TabStrip(_TABS, app.current_mode, id="resources")
        with Vertical(id="body"):
            yield from self.compose_body()
        yield GraceLine()
        yield KeyBar()
        yield Static("flowtui needs 40 × 10 cells.\nMake this window larger, or press q.", id="too-small")

    def on_mount(self) -> None:
        for beat in self._beats:
            beat.resume()

    def on_unmount(self) -> None:
        for beat in self._beats:
            beat.pause()

    def _failed(self, error: Exception) -> None:
        self.app._handle_exception(error)

    def _second_passed(self) -> None:
        if self.is_current and self.app.is_running and not self.app._exit:
            with at_once(self):
                self._header.tick()
                self.tick()

    def tick(self) -> None:
        """A second has passed, and somebody sees the screen: what depends on the time of day is another. All of a
        screen follows this one beat, as each wakes the process, and what is asked to `repaint` is drawn in it."""

    def _extend_compose(self, widgets: list[Widget]) -> None:
        """Textual's own parts. Its toasts hide when the screen is shown, and have all be laid out once more for it."""
        super()._extend_compose(widgets)
        for rack in widgets:
            if isinstance(rack, ToastRack):
                rack.display = False

    def _fit(self, size: Size) -> None:
        """Carry the classes that say how much room there is."""
        fitting = {
            [name for least, name in steps if least <= length][-1]
            for length, steps in ((size.width, WIDTHS), (size.height, HEIGHTS))
        }
        self.update_classes({name: name in fitting for _, name in (*WIDTHS, *HEIGHTS)})

    def compose_body(self) -> Iterable[Widget]:
        """What stands between the tabs and the keys."""
        return ()

    def zone_changed(self) -> None:
        """Times are shown in another zone from now on."""
        self.request_load()

    def show_status(self, status: "Status") -> None:
        """Bring the header up to date."""
        for header in self.query(Header):
            header.show(status, self.workstation.zone)

    def show_grace(self, words: str) -> None:
        """Say what is about to be done; nothing when `words` is empty."""
        for line in self.query(GraceLine):
            line.show(words)

    @property
    def reads_only(self) -> bool:
        """Whether nothing can be changed from here."""
        return self.workstation.status.read_only

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Where nothing may be changed, the keys that would are known, and off. `esc` says where it leads to `@all`."""
        active = self._beyond_typing(super().active_bindings)
        if self.workstation.leads_to_all(self) and isinstance(active["escape"].node, Screen | App):
            back = active.pop("escape")
            shown = back._replace(binding=replace(back.binding, description="@all", show=True), node=self)
            active = {"escape": shown, **active}
        if not self.reads_only:
            return active
        return {
            key: one._replace(enabled=False, tooltip="read only") if mutates(one.binding) else one
            for key, one in active.items()
        }

    def _beyond_typing(self, active: dict[str, ActiveBinding]) -> dict[str, ActiveBinding]:
        """Without the keys that the line with the keyboard takes for itself."""
        line = self.focused
        if line is None or not line.check_consume_key("a", "a"):
            return active
        return {key: one for key, one in active.items() if one.node is line or not is_typed(key)}

    def on_tab_strip_chosen(self, message: TabStrip.Chosen) -> None:
        if message.strip.id == "resources":
            message.stop()
            self.workstation.action_show_resource(message.tab)

    def on_header_clicked(self, message: Header.Clicked) -> None:
        message.stop()
        self.workstation.header_clicked(message.action)

    def on_form_view_editor_wanted(self, message: Message) -> None:
        """The values of a form are edited in the editor that a person has chosen."""
        from flowtui.tui.editing import edit_form  # noqa: PLC0415 - only when it is asked for
        from flowtui.tui.forms.view import FormView  # noqa: PLC0415 - a screen that has one has loaded it

        message.stop()
        if isinstance(message, FormView.EditorWanted):
            self.run_worker(edit_form(self.workstation, message.view), exit_on_error=False, group="editor")

    # -- data -----------------------------------------------------------------------------------------------------

    async def load(self, changes: tuple["Change", ...] | None) -> None:
        """Read what this screen shows, and show it. None means: read everything."""

    async def look_first(self, read: Callable[[int], Sequence["FlowRun"]]) -> None:
        """Show what can be read before the store is open, which waits until this returns. `read`, called in a thread,
        answers with so many of the runs that ended last, or with none where only the store can."""

    def wants(self, changes: tuple["Change", ...]) -> bool:
        """Whether these changes concern this screen. An empty tuple means that log lines were written."""
        return bool(changes)

    def request_load(self, changes: tuple["Change", ...] | None = None) -> None:
        """Have `load` called soon. While it runs, requests gather and make one more call."""
        if changes is None:
            self._everything = True
        else:
            self._waiting.extend(changes)
        self._asked = True
        if not self._loading and self.is_mounted and self.workstation.is_open:
            self._loading = True
            load = self.run_worker(self._load_all(), exit_on_error=False, name="load")
            if not self._has_loaded and self.is_current:
                self.workstation.hold_keys(load, _FIRST_LOAD)

    async def _load_all(self) -> None:
        try:
            while self._asked:
                changes = None if self._everything else tuple(self._waiting)
                self._waiting, self._everything, self._asked = [], False, False
                try:
                    await self.load(changes)
                except Exception as error:
                    self._report(error)
                else:
                    self._has_loaded = True
                    self.workstation.rows_shown()
        finally:
            self._loading = False

    def _report(self, error: BaseException) -> None:
        closed = not self.is_attached or self._pruning
        if not (closed and isinstance(error, NoMatches)):
            self.workstation.notify_error(error)

    def on_show(self) -> None:
        self.request_load()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is told, not swallowed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._report(event.worker.error)

    def on_resize(self, event: Resize) -> None:
        """Which keys work depends on what has room."""
        self._fit(event.size)
        self.refresh_bindings()
        self.call_after_refresh(self._keep_in_sight)

    def _keep_in_sight(self) -> None:
        """What has the keyboard stays in sight when a window is made smaller."""
        if self.is_attached and self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def set_interval(
        self,
        interval: float,
        callback: "TimerCallback | None" = None,
        *,
        name: str | None = None,
        repeat: int = 0,
        pause: bool = False,
    ) -> "Timer":
        """What a screen does every so often rests while nobody sees it."""
        beat = super().set_interval(interval, callback, name=name, repeat=repeat, pause=pause)
        if not pause:  # as Textual's own is, which paints the screen
            self._beats.append(beat)
        return beat

    def on_screen_suspend(self) -> None:
        for beat in self._beats:
            beat.pause()

    def on_screen_resume(self) -> None:
        for beat in self._beats:
            beat.resume()
        self._fit(self.app.size)
        self.show_status(self.workstation.status)
        self.show_grace(self.workstation.grace_words)
        if self._led_to_all != (leads := self.workstation.leads_to_all(self)):
            self._led_to_all = leads
            self.refresh_bindings()
        self.request_load()

    # -- leaving ----------------------------------------------------------------------------------------------------

    def at_stake(self) -> tuple[str, str] | None:
        """The question to ask before this is closed, and what would be lost by that; None when nothing is."""
        return None

    @work(group="leave", exclusive=True, exit_on_error=False)
    async def action_leave(self) -> None:
        """Close, when nobody minds."""
        stake = self.at_stake()
        if (stake is None or await self.workstation.confirm(*stake)) and self.is_current:
            self.app.pop_screen()

    # -- news -------------------------------------------------------------------------------------------------------

    def store_changed(self, changes: tuple["Change", ...]) -> None:
        """Something was committed to the store. A screen that it does not concern is not woken for it."""
        if not self.is_mounted or self.wants(changes):
            self.post_message(StoreChanged(changes))

    def on_store_changed(self, message: StoreChanged) -> None:
        if self.wants(message.changes):
            self._news = [*(self._news or ()), *message.changes]
            if not self._resting:
                self._hand_on()

    def _hand_on(self) -> None:
        """The first change is shown at once; what comes within `PACE` seconds after it, together."""
        news, self._news = self._news, None
        if news is not None:
            self.request_load(tuple(news))
            if self.PACE:
                self._resting = True
                self.set_timer(self.PACE, self._rested)

    def _rested(self) -> None:
        self._resting = False
        self._hand_on()
