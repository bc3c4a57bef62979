"""The profiles of this workstation, and the way from the store of one to that of another."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from textual.screen import ModalScreen

from flowtui.engine.addresses import brief
from flowtui.engine.client.current import exchange_client
from flowtui.engine.client.opening import open_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.profiles import ADDRESSES, CHOICE, DEFAULT, Profile, Profiles, settings_for, variable
from flowtui.engine.profiles_file import read_profiles
from flowtui.engine.settings import Settings, home_of, use_settings
from flowtui.tui.live import LiveFeed
from flowtui.tui.places import MODES
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.servers.accents import ACCENT_ROLES
from flowtui.tui.servers.aside import aside
from flowtui.tui.servers.health import health_of
from flowtui.tui.servers.link import ServerLink

if TYPE_CHECKING:
    from flowtui.tui.acting.engine import BackendHandle
    from flowtui.tui.app import FlowtuiApp

__all__ = ["Server", "Servers"]

_CLOSING: Final = 2.0
"""Seconds that closing the line to a server may take when the workstation is left."""
_BETWEEN: Final = "between"
"""The mode that is on while the screens of one store are gone, and those of the other are not there yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One of those that `@all` shows. `opener` opens a client; it may hang, and raise."""

    name: str
    role: str
    address: str
    opener: Callable[[], Client]


class Servers:
    """Which profiles there are, by the environment in which the workstation was opened."""

    def __init__(self, app: "FlowtuiApp") -> None:
        self._app = app
        self._environment = dict(os.environ)
        self.timer: Callable[[], float] = time.perf_counter
        """By which it is measured how long servers take to answer."""
        self._moving = asyncio.Lock()
        self._leaving: list[ServerLink] = []
        self.engines: dict[str, BackendHandle] = {}
        """Backends of this terminal that go on serving the stores of profiles that it has left."""

    @property
    def home(self) -> Path:
        """Where the file of profiles is."""
        return home_of(self._environment)

    @property
    def here(self) -> str:
        """The profile that the workstation is on."""
        return self._app.status.profile or DEFAULT

    def read(self) -> Profiles:
        """The profiles, as the file has them now. Raises `UsageError`; call it in a thread."""
        return read_profiles(self.home)

    def names(self) -> tuple[str, ...]:
        """The names that the `:` line completes; the file is a small one."""
        try:
            return tuple(dict.fromkeys((*self.read().named, DEFAULT)))
        except UsageError:
            return ()

    def all(self) -> tuple[Server, ...]:
        """The servers of all profiles, in the order of the file. Raises `UsageError`; call it in a thread.

        The default one is among them where it is a store of its own: the workstation is on it, or it exists.
        """
        profiles = self.read()
        listed = list(profiles.named.values())
        if DEFAULT not in profiles.named and self._default_counts(profiles):
            listed.insert(0, profiles.get(DEFAULT))
        return tuple(self._server(profiles, profile) for profile in listed)

    def _default_counts(self, profiles: Profiles) -> bool:
        settings = self.settings(profiles, profiles.get(DEFAULT))
        if settings.database_url in {one.values.get("database_url") for one in profiles.named.values()}:
            return False
        own, chosen = settings.home / "flowtui.db", profiles.chosen(self._environment)
        here = self.here if self._app.is_open else chosen.name if chosen is not None else DEFAULT
        return here == DEFAULT or not unquote(settings.database_url).endswith(str(own)) or own.exists()

    def _server(self, profiles: Profiles, profile: Profile) -> Server:
        def opener() -> Client:
            return open_client(self.settings(profiles, profile))

        address = profile.address
        if not address:
            with suppress(UsageError):  # the opener says what is wrong
                address = self.settings(profiles, profile).database_url
        address = brief(address)
        return Server(name=profile.name, role=ACCENT_ROLES.get(profile.accent, ""), address=address, opener=opener)

    def settings(self, profiles: Profiles, profile: Profile) -> Settings:
        """The settings of a profile that was chosen by name: its own address counts, not one of the environment.

        Raises `UsageError`.
        """
        return settings_for(profiles, profile, self._environment_of(profile))

    def _environment_of(self, profile: Profile) -> dict[str, str]:
        env = {**self._environment, CHOICE: profile.name}
        if profile.has_address:
            for key in ADDRESSES:
                env.pop(variable(key), None)
        return env

    def why_not(self) -> str:
        """Why the workstation cannot go elsewhere just now; empty when it can."""
        acting = self._app.acting
        if acting.under_way:
            return f"Something is under way: go elsewhere when it is done. {acting.under_way}"
        if acting.graces:
            return "Something is about to be done: go elsewhere when it is done, or taken back by u."
        return ""

    def go_to(self, name: str, run_id: str | None = None) -> None:
        """Go to a profile; there, open a run. Whatever keeps it from happening is said, and nothing is changed then."""
        moving = self._moving.locked()  # that is finished, and not broken off
        work = self._go_later(name, run_id) if moving else self._go(name, run_id)
        group = "profile next" if moving else "profile"
        self._app.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    async def _go_later(self, name: str, run_id: str | None) -> None:
        await self.settled()
        self.go_to(name, run_id)

    async def _go(self, name: str, run_id: str | None) -> None:
        app = self._app
        if name == self.here and app.is_open:
            if run_id is not None:
                app.open_run(run_id)
            elif app.everywhere.is_on:
                app.everywhere.enter()
            else:
                app.tell(f"This is {name}.")
            return
        if why := self.why_not():
            app.notify(why, severity="warning", timeout=8, markup=False)
            return
        try:
            profile, settings = await app.call(self._find, name)
            app.tell(f"Connecting to {name} …")
            client, feed = await aside(partial(self._open, settings), unwanted=_close_both)
        except FlowtuiError as error:
            app.notify_error(error)
            return
        if why := self.why_not():  # begun meanwhile
            app.notify(why, severity="warning", timeout=8, markup=False)
            await aside(client.close)
            return
        async with self._moving:
            await self._move(profile, settings, client, feed)
        app.tell(f"This is {name} now: {client.address}.")
        if run_id is not None:
            app.open_run(run_id)
            app.everywhere.entered_at(app.screen)

    def _find(self, name: str) -> tuple[Profile, Settings]:
        profiles = self.read()
        profile = profiles.get(name)
        return profile, self.settings(profiles, profile)

    def _open(self, settings: Settings) -> tuple[Client, LiveFeed]:
        """Called in a thread."""
        client = open_client(settings)
        try:
            return self._app.follow(client)
        except BaseException:
            client.close()
            raise

    async def settled(self) -> None:
        """Wait until no store is being left: screens come and go meanwhile."""
        async with self._moving:
            return

    def let_go(self, links: Iterable[ServerLink]) -> None:
        """Close lines to servers. Nobody waits for that until the workstation is left, and then for none that hangs."""
        now, zone = self._app.now(), self._app.zone
        self._leaving = [link for link in self._leaving if link.is_alive]
        for link in links:
            link.stop()
            if health_of(link.facts, now, zone).answers:
                self._leaving.append(link)

    def close(self) -> None:
        """The workstation is left: what runs under the engines of other profiles is finished, then they end. Call it in
        a thread."""
        for engine in self.engines.values():
            engine.detach()
        self.engines.clear()
        for link in self._leaving:
            link.join(_CLOSING)

    async def _move(self, profile: Profile, settings: Settings, client: Client, feed: LiveFeed) -> None:
        """Leave one store and enter the other. No screen is on meanwhile that has seen the one."""
        app, left = self._app, self.here
        mode = app.everywhere.mode
        with app.batch_update():
            if not app.everywhere.is_on:  # a profile was asked for by name
                await app.everywhere.close()
            await _leave_screens(app)
            old, old_feed, backend = app.leave()
            if backend is not None:
                self.engines[left] = backend
            self._settle(profile, settings)
            exchange_client(client)
            app.acting.change_store(read_only=settings.read_only)
            app.enter(
                client,
                feed,
                backend=self.engines.pop(profile.name, None),
                profile=profile.name,
                accent=ACCENT_ROLES.get(profile.accent, ""),
                read_only=app.acting.read_only,
            )
            feed.start()
            await app.switch_mode(mode)
            await app.remove_mode(_BETWEEN)
        app.run_worker(aside(partial(_close, old, old_feed)), group="close", exit_on_error=False)

    def _settle(self, profile: Profile, settings: Settings) -> None:
        """Have this process and its children use these settings from now on."""
        env = self._environment_of(profile)
        for name in (CHOICE, *map(variable, ADDRESSES)):
            os.environ.pop(name, None)
            if name in env:
                os.environ[name] = env[name]
        use_settings(settings)


async def _leave_screens(app: "FlowtuiApp") -> None:
    """Close every screen; questions that are open are answered with no. A frame without content is left."""
    while len(app.screen_stack) > 1:
        screen = app.screen
        await (screen.dismiss(None) if isinstance(screen, ModalScreen) else app.pop_screen())
    app.add_mode(_BETWEEN, ShellScreen)
    await app.switch_mode(_BETWEEN)
    for mode, make in MODES.items():
        await app.remove_mode(mode)
        app.add_mode(mode, make)


def _close(client: Client | None, feed: LiveFeed | None) -> None:
    """When nobody uses them any more. That the client is closed ends what the feed waits for."""
    if client is not None:
        client.close()
    if feed is not None:
        feed.join(2.0)


def _close_both(both: tuple[Client, LiveFeed]) -> None:
    both[0].close()
