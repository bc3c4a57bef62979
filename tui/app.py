"""The workstation: one Textual application over one `Client`."""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, ParamSpec, TypeVar

from textual import work
from textual.command import Provider
from textual.worker import Worker, WorkerState

from flowtui.engine.clock import Clock, utc_now
from flowtui.engine.errors import FlowtuiError, StoreError
from flowtui.tui.going import Going
from flowtui.tui.keys import APP_BINDINGS
from flowtui.tui.messages import NewsArrived
from flowtui.tui.on_terminal import TerminalApp
from flowtui.tui.places import MODES, NEEDED_SOON, palette
from flowtui.tui.screens.shell import HEIGHTS, WIDTHS, ShellScreen
from flowtui.tui.status import Status, reads_alike
from flowtui.tui.text import safe
from flowtui.tui.themes import THEMES

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.model import FlowRun
    from flowtui.tui.acting.acting import Acting
    from flowtui.tui.acting.engine import BackendHandle
    from flowtui.tui.acting.target import Subjects, Target
    from flowtui.tui.commands import Command
    from flowtui.tui.live import LiveFeed, News
    from flowtui.tui.piping.piping import Piping
    from flowtui.tui.piping.records import Records
    from flowtui.tui.servers.servers import Servers
    from flowtui.tui.views.files import ViewFiles

__all__ = ["FlowtuiApp"]

log = logging.getLogger("flowtui.tui")

_FIRST_ROWS: Final = 2.0
"""Seconds for which everything else waits until the first screen shows what it read."""
_AGAIN: Final = timedelta(minutes=1)
"""An engine that ends by itself is started again, but not one that does so more often than this."""

P = ParamSpec("P")
T = TypeVar("T")


class FlowtuiApp(Going, TerminalApp, inherit_bindings=False):
    """`client` is a client, or a function that opens one: that is called in a thread after the first frame, because
    opening a store imports for a third of a second. `backend` starts the embedded backend (or attaches to the one
    that serves the store, and answers None).

    With `signals`, SIGTERM and SIGHUP leave as `q` does, so that the terminal is restored. The client and the backend
    are not closed here: whoever runs the app does that when the terminal is a shell's again.

    With `read_only` nothing can be changed: keys that would are hidden, and the client given should refuse, too. What
    is done is written down in `journal_file`, which is asked for in a thread.

    `profile` answers with the name and the accent of the profile that the client is of; it is asked in a thread. With
    `everywhere` the runs of all profiles are shown first, also when that client cannot be opened.

    `now` and `zone` come from outside so that tests and pictures stand still; `zone` None is the local one.
    `folder` is where flows are looked for; the current one, when it is not given.
    """

    TITLE = "flowtui"
    CSS_PATH = "app.tcss"
    MODES = MODES
    BINDINGS = APP_BINDINGS
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {palette}
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(
        self,
        client: "Client | Callable[[], Client]",
        *,
        backend: Callable[["Client"], "BackendHandle | None"] | None = None,
        start_mode: str = "home",
        now: Clock = utc_now,
        zone: tzinfo | None = None,
        folder: Path | None = None,
        signals: bool = False,
        read_only: bool = False,
        journal_file: Callable[[], Path] | None = None,
        home: Callable[[], Path] | None = None,
        profile: Callable[[], tuple[str, str]] | None = None,
        everywhere: bool = False,
    ) -> None:
        # Textual reads these names from the instance, so the first screen can be chosen without making another first.
        self.DEFAULT_MODE = start_mode  # type: ignore[misc]
        super().__init__()
        self._opener = client if callable(client) else (lambda: client)
        self.first_look: Callable[[int], Sequence[FlowRun]] | None = None
        """Reads so many of the runs that ended last without a client, in a thread: shown until that is open."""
        self._client: Client | None = None
        self._feed: LiveFeed | None = None
        self._backend_starter = backend
        self.backend: BackendHandle | None = None
        """The backend that this terminal started and still answers for."""
        self._started_again: datetime | None = None
        self._signals = signals
        self.entered, self._rows_shown = asyncio.Event(), asyncio.Event()
        self.now = now
        self.zone = zone
        self.folder = folder or Path.cwd()
        """Where the user's flows are."""
        self._home = home
        self._views: ViewFiles | None = None
        self._profile = profile or (lambda: ("", ""))
        self._everywhere = everywhere
        self.status = Status(read_only=read_only)
        self._journal_file = journal_file
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "flowtui"

    @cached_property
    def acting(self) -> "Acting":
        """What was done here, and what can be taken back."""
        from flowtui.tui.acting.acting import Acting  # noqa: PLC0415 - 10 ms that the first frame need not wait for

        return Acting(self, read_only=self.status.read_only, journal_file=self._journal_file)

    @cached_property
    def piping(self) -> "Piping":
        """What is handed on to commands, and those that are kept."""
        from flowtui.tui.piping.piping import Piping  # noqa: PLC0415 - 5 ms that the first frame need not wait for

        return Piping(self)

    def _has(self, part: str) -> bool:
        """Whether a part that is made when it is wanted first has been made."""
        return part in self.__dict__

    # -- client -----------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """True once the store is open."""
        return self._client is not None

    @property
    def client(self) -> "Client":
        """The client. Raises `StoreError` while the store is still being opened."""
        if self._client is None:
            raise StoreError("The store is still being opened; try again in a moment.")
        return self._client

    @property
    def views(self) -> "ViewFiles":
        """The saved views, and how each was left."""
        if self._views is None:
            from flowtui.tui.views.files import ViewFiles  # noqa: PLC0415 - only lists need it

            self._views = ViewFiles(self._home() if self._home is not None else None)
        return self._views

    @cached_property
    def servers(self) -> "Servers":
        """The profiles, and the way from one to another."""
        from flowtui.tui.servers.servers import Servers  # noqa: PLC0415 - only who has several needs it

        return Servers(self)

    async def call(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a verb of the client answers; it runs in a thread, so the screen stays alive meanwhile."""
        return await asyncio.to_thread(verb, *args, **kwargs)

    def on_mount(self) -> None:
        if self._signals:
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.exit, None, 128 + number)
        self._open()

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open(self) -> None:
        """Open the store in a thread, begin to follow it, then see to it that somebody serves it."""
        if self.first_look is not None:
            for screen in self._shells()[-1:]:
                await screen.look_first(self.first_look)
        try:
            client, feed, (profile, accent) = await self._opened()
        except FlowtuiError as error:
            if not self._everywhere:
                self.exit(2, return_code=2, message=safe(str(error)))
            elif self._client is None:
                self._set_status(link="unreachable")
            return
        if self._client is not None:  # somebody went elsewhere meanwhile
            await self.call(client.close)
            return
        self.enter(client, feed, profile=profile, accent=accent)
        with suppress(TimeoutError):  # a screen that cannot read must not keep the engine from starting
            await asyncio.wait_for(self._rows_shown.wait(), _FIRST_ROWS)
        if self._feed is feed:
            feed.start()
            self._start_engine(by_hand=False)

    async def _opened(self) -> "tuple[Client, LiveFeed, tuple[str, str]]":
        if not self._everywhere:
            return await asyncio.to_thread(self._open_client)
        from flowtui.tui.servers.aside import aside  # noqa: PLC0415 - only among many servers, of which one may hang

        self.action_all_servers()
        return await aside(self._open_client)

    def _open_client(self) -> "tuple[Client, LiveFeed, tuple[str, str]]":
        """Called in a thread."""
        return *self.follow(self._opener()), self._profile()

    def follow(self, client: "Client") -> "tuple[Client, LiveFeed]":
        """A feed that is ready to begin. Called in a thread; its place is taken before any screen reads."""
        from flowtui.tui.live import LiveFeed  # noqa: PLC0415 - in this thread

        feed = LiveFeed(client, lambda news: self._tell(news, client))
        feed.mark()
        return client, feed

    def enter(self, client: "Client", feed: "LiveFeed", backend: "BackendHandle | None" = None, **facts: Any) -> None:
        """Work with this client from now on; the feed is to be started. `facts` are what the status says of it."""
        self._client, self._feed, self.backend = client, feed, backend
        self.entered.set()
        self._set_status(address=client.address, link="live", fresh=self.now(), **facts)
        for screen in self._shells():
            screen.request_load()

    def leave(self) -> "tuple[Client | None, LiveFeed | None, BackendHandle | None]":
        """Work with no client until `enter`. What is let go of is answered: whoever asks closes it."""
        left = self._client, self._feed, self.backend
        if self._feed is not None:
            self._feed.stop()
        self._client = self._feed = self.backend = None
        self.entered.clear()
        self.status = Status(read_only=self.status.read_only)
        return left

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is told, not swallowed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.notify_error(event.worker.error)

    def _tell(self, news: "News", client: "Client") -> None:
        """Called in the feed's thread. The loop may be gone already when the app ends."""
        with suppress(RuntimeError):
            self.post_message(NewsArrived(news, client))

    def on_news_arrived(self, message: NewsArrived) -> None:
        self.collecting.look()  # there is news of the counts every ten seconds, at least
        news = message.news
        if message.client is not self._client:  # of a store that has been left
            return
        if not news.alive:
            self._set_status(link="reconnecting", fresh=self.now() - timedelta(seconds=news.silent))
            return
        status = replace(self.status, link="live", fresh=self.now())
        if news.counts is not None:
            status = replace(status, counts=news.counts)
        if news.backends is not None:
            status = replace(status, backends=news.backends, starting=status.starting and not news.backends)
        before, self.status = self.status, status
        if not reads_alike(before, status):
            self._show_status()
        if status.backends == () and self.backend is not None and not self.backend.is_running():
            self._engine_ended()
        if news.changes is not None:
            for screen in self._shells()[-1:]:
                screen.store_changed(news.changes)

    def rows_shown(self) -> None:
        """A screen has shown what it read. The first time, there is time for what a person may do next."""
        if not self._rows_shown.is_set():
            self.call_after_refresh(self._after_rows)

    def _after_rows(self) -> None:
        if not self._rows_shown.is_set():
            self._rows_shown.set()
            self._warm_up()

    @work(group="warm-up", exit_on_error=False)
    async def _warm_up(self) -> None:
        """A module at a time, so that nobody waits for more than one."""
        try:
            await self.acting.open()
            for module in NEEDED_SOON:
                await asyncio.to_thread(import_module, module)
        finally:
            if self._signals:  # this process is the workstation's own
                self.collecting.take_over()

    def _shells(self) -> list[ShellScreen]:
        """The full screens of the mode that is on, the uppermost last (a dialog may lie over it)."""
        return [screen for screen in self.screen_stack if isinstance(screen, ShellScreen)]

    def _set_status(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)
        self._show_status()

    def _show_status(self) -> None:
        for screen in self._shells()[-1:]:
            screen.show_status(self.status)

    # -- telling ----------------------------------------------------------------------------------------------------

    def notify_error(self, error: BaseException) -> None:
        """Say what went wrong, in the error's own sentence."""
        if isinstance(error, FlowtuiError):
            self.notify(safe(str(error)), severity="error", timeout=8, markup=False)
        else:
            log.error("Something went wrong inside the workstation.", exc_info=error)
            words = f"{type(error).__name__}: {error}"
            self.notify(
                safe(words), title="Something went wrong inside flowtui", severity="error", timeout=12, markup=False
            )

    def tell(self, sentence: str) -> None:
        """Say that something was done."""
        self.notify(safe(sentence), timeout=4, markup=False)

    async def confirm(self, question: str, detail: str = "") -> bool:
        """Ask for y or n (enter is not yes). Await it in a worker."""
        from flowtui.tui.screens.confirm import ConfirmScreen  # noqa: PLC0415 - only when it is shown

        return await self.push_screen_wait(ConfirmScreen(question, detail)) == "yes"

    # -- acting -------------------------------------------------------------------------------------------------------

    @work(group="act", exit_on_error=False)
    async def act(self, verb_id: str, subjects: "Subjects | Target", then: Callable[[], None] | None = None) -> None:
        """Do something to runs: ask what has to be asked, carry it out, write it down. `then` is called when something
        was done. `verb_id` is one of `RUN_VERBS`; `subjects` are runs, their ids, or a query."""
        if await self.acting.act(verb_id, subjects) and then is not None:
            then()

    @work(group="act", exit_on_error=False)
    async def act_menu(
        self, subjects: "Subjects | Target", then: Callable[[], None] | None = None, *, why_not: str = ""
    ) -> None:
        """Show what can be done to runs, or `why_not`, and do what is chosen. Which runs that are is fixed before."""
        from flowtui.tui.acting.target import Target, target_of  # noqa: PLC0415 - as above
        from flowtui.tui.screens.action_menu import ActionMenuScreen  # noqa: PLC0415 - only when it is shown

        try:
            target = subjects if isinstance(subjects, Target) else await self.call(target_of, self.client, subjects)
        except FlowtuiError as error:
            self.notify_error(error)
            return
        if not target.ids:
            self.tell("No run is meant, or those that were are gone.")
            return
        if not why_not and self.status.read_only and target.place is None:
            why_not = "nothing is changed here"
        verb_id = await self.push_screen_wait(ActionMenuScreen(target, read_only=why_not))
        if verb_id is not None and await self.acting.act(verb_id, target) and then is not None:
            then()

    @work(group="undo", exit_on_error=False)
    async def action_undo(self) -> None:
        """Take back what was done last."""
        await self.acting.undo()

    def action_journal(self) -> None:
        """Show what was done from this workstation."""
        from flowtui.tui.screens.journal import JournalScreen  # noqa: PLC0415 - only when it is shown

        if not isinstance(self.screen, JournalScreen):
            self.push_screen(JournalScreen())

    @property
    def grace_words(self) -> str:
        """What is about to be done, and how to keep that from happening; empty when nothing is."""
        return self.acting.grace_words if self._has("acting") else ""

    def show_grace(self) -> None:
        """Bring the line up to date that says what is about to be done."""
        for screen in self._shells()[-1:]:
            screen.show_grace(self.grace_words)

    # -- going places -------------------------------------------------------------------------------------------------

    def open_runs(self, query: str = "") -> None:
        """Show the list of runs, filtered by what `query` says."""
        self.open_list("runs", query)

    def open_list(self, mode: str, query: str) -> None:
        """Show a list, filtered by what `query` says."""
        from flowtui.tui.lists.screen import ListScreen  # noqa: PLC0415 - only when it is shown

        if mode != self.current_mode:
            self.switch_mode(mode)
        self.action_show_resource(mode)  # and what was left open above the list: it is the list that was asked for
        for screen in self._shells():
            if isinstance(screen, ListScreen) and mode == screen.LIST:
                screen.set_query(query)

    def action_show_resource(self, mode: str) -> None:
        """Go to a top-level screen; when it is on already, close what lies above its list, unless that loses something:
        then that is asked about."""
        if mode == self.current_mode:
            while len(self.screen_stack) > 1:
                if isinstance(self.screen, ShellScreen) and self.screen.at_stake() is not None:
                    self.screen.action_leave()
                    return
                self.pop_screen()
        else:
            self.switch_mode(mode)

    def action_up(self) -> None:
        """Close the uppermost screen; on a list, go home, or back to all servers where one came from there."""
        if self.leads_to_all(self.screen):
            self.everywhere.go_back()
        elif len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.current_mode != "home":
            self.switch_mode("home")

    def header_clicked(self, action: str) -> None:
        """A counter in the header opens the runs that it counts."""
        if action.startswith("state:"):
            self.open_runs(action)
        elif action == "clock":
            self.action_toggle_zone()
        elif action == "engine":
            self.action_start_backend()

    def action_toggle_zone(self) -> None:
        """Show times in UTC, or in the local zone."""
        self.zone = None if self.zone is UTC else UTC
        for screen in self._shells():
            screen.show_status(self.status)
            screen.zone_changed()

    def action_command_line(self) -> None:
        """Open the `:` line."""
        from flowtui.tui.screens.command_line import CommandLineScreen  # noqa: PLC0415 - only when it is shown

        self.push_screen(CommandLineScreen(), self._obey)

    def _obey(self, command: "Command | None") -> None:
        """Carry a command out."""
        from flowtui.tui.obeying import obey  # noqa: PLC0415 - only when there is one

        if command is not None:
            self.run_worker(obey(self, command), group="obey", exclusive=True, exit_on_error=False)

    # -- handing on ---------------------------------------------------------------------------------------------------

    def open_pipe(self, records: "Records") -> None:
        """Hand records to a command of the shell, which is asked for, and show what it writes."""
        self.piping.pipe(records)

    def records_here(self) -> "Records | None":
        """What the pane that has the keyboard, or the screen around it, has to hand on."""
        node: Any = self.focused or self.screen
        while node is not None:
            records = getattr(node, "pipe_records", None)
            if records is not None:
                found: Records | None = records()
                return found
            node = node.parent
        return None

    def action_pipe(self) -> None:
        """Hand what is here to a command."""
        records = self.records_here()
        if records is not None:
            self.open_pipe(records)

    def action_sql(self) -> None:
        """Ask about what is here in SQL."""
        records = self.records_here()
        if records is not None:
            self.piping.ask(records)

    @work(group="shell", exit_on_error=False)
    async def action_shell(self) -> None:
        """Run a command in the terminal, told what is here."""
        await self.piping.shell()

    def action_help(self) -> None:
        """List the keys that work here."""
        from flowtui.tui.screens.help import HelpScreen  # noqa: PLC0415 - only when it is shown

        self.push_screen(HelpScreen(self.screen))

    # -- backend and the end --------------------------------------------------------------------------------------

    def action_start_backend(self) -> None:
        """Start the embedded backend, unless somebody serves the store."""
        self._start_engine(by_hand=True)

    @property
    def _may_start_engine(self) -> bool:
        return self._backend_starter is not None and not self.status.read_only

    def _start_engine(self, *, by_hand: bool) -> None:
        """What a person asked for is written down; what goes without saying is not."""
        if not self._may_start_engine or self.backend is not None or self.status.starting or self.status.backends:
            return
        assert self._backend_starter is not None
        self._set_status(starting=True)
        self._start_backend(self._backend_starter, by_hand)

    def _engine_ended(self) -> None:
        """The engine of this terminal was killed or broke: runs would wait for a person to see it, so start another."""
        self.backend = None
        often = self._started_again is not None and self.now() - self._started_again < _AGAIN
        words = "The engine of this terminal ended unexpectedly; backend.log in the home folder has its last words. "
        words += "s starts it again." if often else "It is started again."
        log.warning(words)
        self.notify(words, severity="warning", timeout=8)
        if not often:
            self._started_again = self.now()
            self._start_engine(by_hand=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "start_backend":
            return self._may_start_engine and self.status.backends == ()
        if action in ("pipe", "sql"):
            return self.records_here() is not None
        return True

    @work(group="backend", exit_on_error=False)
    async def _start_backend(self, starter: "Callable[[Client], BackendHandle | None]", by_hand: bool) -> None:
        try:
            self.backend = await (self._start_by_hand(starter) if by_hand else self.call(starter, self.client))
        except FlowtuiError as error:
            self.notify_error(error)
        finally:
            self._set_status(starting=False)
            if self._feed is not None:
                self._feed.look_at_backends()

    async def _start_by_hand(self, starter: "Callable[[Client], BackendHandle | None]") -> "BackendHandle | None":
        from flowtui.tui.acting.engine import engine_deed  # noqa: PLC0415 - when somebody asks for it

        started: BackendHandle | None = (await self.acting.attempt(engine_deed(starter))).value
        return started

    @work(group="quit", exclusive=True)
    async def action_quit(self) -> None:  # type: ignore[override]
        """Leave. When the backend of this terminal is running flow runs, ask what is to become of them."""
        if self._has("servers"):
            await self.servers.settled()
        doing = self.acting.under_way
        if doing and not await self.confirm("Leave while this is under way?", f"{doing}.\nThe rest stays as it is."):
            return
        everything = [screen for stack in self._screen_stacks.values() for screen in stack]
        filled_in = any(isinstance(screen, ShellScreen) and screen.at_stake() is not None for screen in everything)
        if filled_in and not await self.confirm("Leave flowtui?", "What was filled in, and not sent, is lost."):
            return
        counts = self.status.counts
        if self.backend is not None and counts is not None and counts.running:
            from flowtui.tui.screens.confirm import QuitScreen  # noqa: PLC0415 - only when it is shown

            answer = await self.push_screen_wait(QuitScreen(counts.running))
            if answer == "stay" or answer is None:
                return
            if answer == "leave":
                self.backend.detach()
                self.backend = None
        self.exit(0)

    def action_help_quit(self) -> None:
        """ctrl+c copies in Textual; people press it to leave."""
        self.notify("Press q to leave flowtui.", timeout=4)

    async def on_unmount(self) -> None:
        if self._has("acting"):
            self.acting.close()
        if self._has("servers"):
            await asyncio.to_thread(self.servers.close)
        if self._feed is not None:
            self._feed.stop()  # its thread ends when whoever runs the app closes the client
