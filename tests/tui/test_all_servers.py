"""`@all`: many servers at once, of which some hang or are dead."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from flowtui.engine.client.local import LocalClient
from flowtui.engine.states import Failed
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.servers.link import ServerLink
from flowtui.tui.servers.merging import Row
from flowtui.tui.servers.pane import ServersPane
from flowtui.tui.servers.rows import MergedRows
from flowtui.tui.servers.screen import AllServersScreen
from flowtui.tui.widgets.preview import RunPreview
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.engine.store.databases import a_place, postgres_server
from tests.fakes.terminal import Terminal
from tests.support import clean_environment, wait_until
from tests.tui.conftest import play
from tests.tui.looks import shows, until
from tests.tui.servers import NOW, add_run, dead_address, hanging_address, opened, sqlite_address, write_profiles


class Now:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return NOW + self.ahead


def an_app(home: Path, address: str, name: str, now: Now | None = None) -> FlowtuiApp:
    """The workstation on the store of a profile."""
    return FlowtuiApp(opened(home, address), zone=UTC, now=now or Now(), profile=lambda: (name, ""))


def screen_of(app: FlowtuiApp) -> AllServersScreen:
    screen = app.screen
    assert isinstance(screen, AllServersScreen)
    return screen


def rows(app: FlowtuiApp) -> list[Row]:
    return list(screen_of(app)._merged.rows)


def names(app: FlowtuiApp) -> list[str]:
    return [row.run.name for row in rows(app)]


def kinds(app: FlowtuiApp) -> dict[str, str]:
    return {face.name: face.health.kind for face in app.screen.query_one(ServersPane).faces}


def in_order(found: list[Row]) -> bool:
    keys = [(row.run.started_or_due, row.run.id, row.server) for row in found]
    return keys == sorted(keys, reverse=True)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Going elsewhere sets variables; none of them outlives the test."""
    monkeypatch.delenv("FLOWTUI_PROFILE", raising=False)
    yield
    monkeypatch.delenv("FLOWTUI_PROFILE", raising=False)
    monkeypatch.delenv("FLOWTUI_DATABASE_URL", raising=False)


@contextmanager
def three(home: Path, folder: Path) -> Iterator[LocalClient]:
    """Profiles of a server that lives, of one that is dead, and of one that never says a word; the first's client."""
    address = sqlite_address(folder, "fine")
    with hanging_address() as silent, closing(opened(home, address)) as client:
        write_profiles(home, {"silent": silent, "fine": address, "dead": dead_address()}, {"fine": 'accent = "green"'})
        add_run(client, "here-i-am", 0, Failed())
        yield client


def test_a_server_that_hangs_and_one_that_is_dead_hold_nothing_up(home: Path, tmp_path: Path, clean: None) -> None:
    with three(home, tmp_path) as client:
        now = Now()
        app = an_app(home, str(client._db.url), "fine", now)

        async def script(pilot: Any) -> None:
            await until(pilot, lambda: app.is_open)
            await pilot.press("colon", *"all", "enter")
            await until(pilot, lambda: isinstance(app.screen, AllServersScreen) and names(app) == ["here-i-am"])
            await until(pilot, lambda: kinds(app) == {"silent": "connecting", "fine": "live", "dead": "unreachable"})
            assert "Connection refused" in await shows(pilot, "connecting", "unreachable since", "1 of 3 answer")
            now.ahead = timedelta(seconds=70)
            await until(pilot, lambda: kinds(app)["silent"] == "unreachable")
            await shows(pilot, "no answer")

            add_run(client, "and-i-am-new", 1, Failed())  # followed
            await until(pilot, lambda: names(app) == ["and-i-am-new", "here-i-am"])
            await pilot.press("f", *"name:here*", "enter")
            await until(pilot, lambda: names(app) == ["here-i-am"])
            await pilot.press("escape")
            await until(pilot, lambda: len(names(app)) == 2)
            await pilot.press("tab", "t", "enter")  # the first server is the silent one
            await until(pilot, lambda: any("Connecting to silent" in note.message for note in app._notifications))
            assert app.is_open and app.status.profile == "fine"
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, AllServersScreen))

        play(app, script)


def test_enter_goes_to_the_server_of_a_row_and_opens_the_run(home: Path, tmp_path: Path, clean: None) -> None:
    addresses = {name: sqlite_address(tmp_path, name) for name in ("one", "two")}
    write_profiles(home, addresses, {"two": 'accent = "red"\nread_only = true'})
    for at, (name, address) in enumerate(addresses.items()):
        with closing(opened(home, address)) as client:
            add_run(client, f"run-of-{name}", at, Failed())
    app = an_app(home, addresses["one"], "one")

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: isinstance(app.screen, AllServersScreen))
        await until(pilot, lambda: names(app) == ["run-of-two", "run-of-one"])
        assert [row.server for row in rows(app)] == ["two", "one"]
        await shows(pilot, "SERVER", "run-of-two")
        await until(pilot, lambda: app.screen.query_one(RunPreview).glance is not None)
        await pilot.press("G", "enter")  # of the server that the workstation is on: no need to go anywhere
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, AllServersScreen))
        await pilot.press("g", "enter")
        await until(pilot, lambda: app.is_open and app.status.profile == "two" and isinstance(app.screen, RunScreen))
        await shows(pilot, "run-of-two", " two ", "read only")
        assert not [screen for screen in app.screen_stack if isinstance(screen, AllServersScreen)]

    play(app, script)


def test_esc_leads_back_from_a_server_to_all_as_they_were(home: Path, tmp_path: Path, clean: None) -> None:
    addresses = {name: sqlite_address(tmp_path, name) for name in ("one", "two", "three")}
    write_profiles(home, addresses)
    for at, (name, address) in enumerate(addresses.items()):
        with closing(opened(home, address)) as client:
            for number in range(3):
                add_run(client, f"{name}-{number}", at + number * 10, Failed() if number else None)
    app = an_app(home, addresses["one"], "one")
    wanted = ["three-2", "two-2", "one-2", "three-1", "two-1", "one-1"]

    def is_back() -> bool:
        return isinstance(app.screen, AllServersScreen) and names(app) == wanted

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        await pilot.press("2")
        await shows(pilot, "one-0")
        await pilot.press("colon", *"all", "enter")
        await until(pilot, lambda: isinstance(app.screen, AllServersScreen) and len(names(app)) == 9)
        await pilot.press("f", *"state:failed", "enter")
        await until(pilot, is_back)
        everywhere, table = screen_of(app), app.screen.query_one("#runs", VirtualTable)
        await pilot.press("j", "j", "j", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.status.profile == "two")
        await shows(pilot, "two-1", "esc @all")
        with closing(opened(home, addresses["three"])) as client:  # meanwhile
            wanted.insert(0, "three-new")
            add_run(client, "three-new", 30, Failed())
        await pilot.press("escape")
        await until(pilot, is_back)
        assert app.screen is everywhere and app.screen.query_text == "state:failed"
        assert rows(app)[table.cursor_index or 0].run.name == "two-1"

        await pilot.press("tab", "j", "j", "enter")  # a server, without a run
        await until(pilot, lambda: app.is_open and app.status.profile == "three")
        assert app.current_mode == "runs"  # where one was before
        await shows(pilot, "three-new", "esc @all")
        await pilot.press("1")
        await shows(pilot, "three-new", "esc @all")
        await pilot.press("escape")
        await until(pilot, is_back)
        await pilot.press("enter")  # the server that one is on
        await until(pilot, lambda: app.current_mode == "home")
        await shows(pilot, "esc @all")
        await pilot.press("escape")
        await until(pilot, is_back)

        await pilot.press("escape", "escape")  # the filter, then `@all`, which is left for where one was
        await until(pilot, lambda: app.current_mode == "home" and not everywhere.is_attached)
        assert "@all" not in await shows(pilot, "three-new")
        await pilot.press("2", "escape")
        await until(pilot, lambda: app.current_mode == "home")

        await pilot.press("colon", *"all", "enter")
        await until(pilot, lambda: isinstance(app.screen, AllServersScreen) and names(app))
        left = app.screen
        await pilot.press("1", "colon", *"profile", "space", *"one", "enter")  # by name: there is no way back
        await until(pilot, lambda: app.is_open and app.status.profile == "one" and not left.is_attached)
        assert "@all" not in await shows(pilot, "one-2")
        await app.servers.settled()

    play(app, script)


def test_twenty_four_stores_are_one_list_while_another_hangs(home: Path, tmp_path: Path, clean: None) -> None:
    first = sqlite_address(tmp_path, "s00")
    with closing(opened(home, first)) as client:
        for at in range(6):
            add_run(client, f"common-{at}", at * 10)
    addresses = {f"s{number:02}": sqlite_address(tmp_path, f"s{number:02}") for number in range(24)}
    for number, (name, address) in enumerate(addresses.items()):
        if number:
            shutil.copy(tmp_path / "s00.db", tmp_path / f"{name}.db")
        if number and number % 6 == 0:
            with closing(opened(home, address)) as client:
                add_run(client, f"own-of-{name}", number, Failed())
    with hanging_address() as silent:
        write_profiles(home, {"silent": silent, **addresses})
        app = an_app(home, first, "s00")

        async def script(pilot: Any) -> None:
            await until(pilot, lambda: app.is_open)
            app.action_all_servers()
            await until(pilot, lambda: isinstance(app.screen, AllServersScreen))
            await until(pilot, lambda: len(rows(app)) == 24 * 6 + 3)
            assert in_order(rows(app)) and len({row.id for row in rows(app)}) == 24 * 6 + 3
            await until(pilot, lambda: kinds(app) == {"silent": "connecting", **dict.fromkeys(addresses, "live")})
            await shows(pilot, "24 of 25 answer", "147 runs", "s23")
            await pilot.press("f", *"state:failed", "enter")
            await until(pilot, lambda: sorted(names(app)) == [f"own-of-s{number:02}" for number in (6, 12, 18)])
            await pilot.press("tab", "down", "right", "enter")
            await until(pilot, lambda: app.is_open and app.status.profile not in ("", "s00"))
            await app.servers.settled()

        play(app, script)


def test_lists_of_several_pages_are_read_on_together(home: Path, tmp_path: Path, clean: None) -> None:
    addresses = {name: sqlite_address(tmp_path, name) for name in ("long", "short")}
    write_profiles(home, addresses)
    with closing(opened(home, addresses["long"])) as client:
        for at in range(250):
            add_run(client, f"long-{at}", at)
    with closing(opened(home, addresses["short"])) as client:
        for at in range(5):
            add_run(client, f"short-{at}", at * 50 + 0.5)
    app = an_app(home, addresses["short"], "short")

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: isinstance(app.screen, AllServersScreen) and len(names(app)) > 50)
        assert len(names(app)) < 250 and in_order(rows(app))
        table = app.screen.query_one("#runs", VirtualTable)
        for _ in range(6):
            await pilot.press("G")
            await until(pilot, lambda: table.wanted is None)
        assert len(names(app)) == 255 and in_order(rows(app)) and isinstance(table.rows, MergedRows)
        assert names(app)[-2:] == ["short-0", "long-0"]

    play(app, script)


def test_runs_of_all_servers_are_sorted_together_by_what_a_person_asks_for(
    home: Path, tmp_path: Path, clean: None
) -> None:
    addresses = {name: sqlite_address(tmp_path, name) for name in ("long", "short")}
    write_profiles(home, addresses)
    for name, number in {"long": 150, "short": 7}.items():
        with closing(opened(home, addresses[name])) as client:
            for at in range(number):
                state = Failed() if at % 3 == 0 else None
                add_run(client, f"{name}-{at}", at, state, flow=("ätl", "etl", "Zoo")[at % 3])
    app = an_app(home, addresses["short"], "short")

    async def script(pilot: Any) -> None:
        await until(pilot, lambda: app.is_open)
        app.action_all_servers()
        await until(pilot, lambda: isinstance(app.screen, AllServersScreen) and names(app))
        table = app.screen.query_one("#runs", VirtualTable)

        async def all_read() -> None:
            while len(names(app)) < 157:
                await pilot.press("G")
                await until(pilot, lambda: table.wanted is None)

        async def sort_by(digit: str) -> None:
            before = rows(app)
            await pilot.press("o")
            await shows(pilot, "Sort by")
            await pilot.press(digit)
            await until(pilot, lambda: rows(app) and rows(app) != before)
            await until(pilot, lambda: all(one.has_read for one in screen_of(app)._readings.values()))

        await sort_by("4")  # the flow
        await until(pilot, lambda: len(rows(app)) >= 52)
        assert [row.run.flow_name for row in rows(app)][:53] == [*["Zoo"] * 52, "etl"], "the 52 of both servers"
        assert {row.server for row in rows(app)} == {"long", "short"}
        await all_read()
        assert [row.run.flow_name for row in rows(app)] == sorted(row.run.flow_name for row in rows(app))
        await pilot.press("O")
        await until(pilot, lambda: rows(app) and rows(app)[0].run.flow_name == "ätl")
        await sort_by("3")  # the state
        await all_read()
        assert [row.run.state.name for row in rows(app)] == ["Completed"] * 104 + ["Failed"] * 53
        await sort_by("5")  # the server
        await shows(pilot, "157 runs, of each server the newest")
        await all_read()
        assert [row.server for row in rows(app)] == ["long"] * 150 + ["short"] * 7
        assert names(app)[0] == "long-149" and names(app)[-1] == "short-0"
        await pilot.press("O")
        await until(pilot, lambda: rows(app) and names(app)[0] == "short-6")

    play(app, script)


@pytest.mark.postgres
def test_a_postgresql_server_beside_a_file_is_taken_up_again_when_it_is_back(
    home: Path, tmp_path: Path, settings: Any, clean: None
) -> None:
    import psycopg

    with (
        a_place("postgres", settings) as place,
        psycopg.connect(postgres_server().get_uri(), autocommit=True) as admin,
    ):
        url = place.settings.database_url
        database = make_url(url).database
        client = place.open()
        add_run(client, "of-the-team", 1, Failed())
        client.close()
        addresses = {"lap": sqlite_address(tmp_path, "lap"), "team": url}
        with closing(opened(home, addresses["lap"])) as mine:
            add_run(mine, "of-mine", 0)
        write_profiles(home, addresses)
        now = Now()
        app = an_app(home, addresses["lap"], "lap", now)

        async def script(pilot: Any) -> None:
            await until(pilot, lambda: app.is_open)
            app.action_all_servers()
            await until(pilot, lambda: isinstance(app.screen, AllServersScreen))
            await until(pilot, lambda: names(app) == ["of-the-team", "of-mine"])
            admin.execute(f"ALTER DATABASE {database} WITH ALLOW_CONNECTIONS false")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])
            await until(pilot, lambda: kinds(app) == {"lap": "live", "team": "reconnecting"})
            now.ahead = timedelta(seconds=30)
            await shows(pilot, "reconnecting… data", "old")
            assert names(app) == ["of-the-team", "of-mine"]  # as they were
            admin.execute(f"ALTER DATABASE {database} WITH ALLOW_CONNECTIONS true")
            await until(pilot, lambda: kinds(app) == {"lap": "live", "team": "live"})
            with closing(opened(home, url)) as again:
                add_run(again, "back-again", 2, Failed())
            await until(pilot, lambda: names(app) == ["back-again", "of-the-team", "of-mine"])
            await pilot.press("g", "enter")
            await until(pilot, lambda: app.is_open and app.status.profile == "team")
            await shows(pilot, "back-again")
            await app.servers.settled()

        play(app, script)


def test_a_line_that_is_closed_ends_who_follows_its_server_at_once(home: Path, tmp_path: Path) -> None:
    address = sqlite_address(tmp_path, "one")
    heard: list[object] = []
    link = ServerLink(
        "one", lambda: opened(home, address), lambda _, news: heard.append(news), now=Now(), zone=lambda: UTC
    )
    link.start()
    wait_until(lambda: link._feed is not None and heard)
    with closing(opened(home, address)) as client:  # nobody else has written to it: it waits as long as it ever does
        add_run(client, "new", 0)
    wait_until(lambda: any(getattr(news, "changes", None) for news in heard))
    link.stop()
    link.join(10)
    feed = link._feed
    assert not link.is_alive and feed is not None
    feed.join(0)
    assert not feed._thread.is_alive()


@pytest.mark.timeout(120)
def test_the_workstation_is_left_at_once_while_its_own_server_hangs(home: Path, tmp_path: Path) -> None:
    with three(home, tmp_path):
        command = [sys.executable, "-m", "flowtui", "-p", "silent", "--all"]
        with Terminal(command, env=clean_environment(home)) as term:
            term.wait_for("here-i-am", 40)
            term.wait_for("1 of 3 answer")
            term.press("q")
            assert term.wait_end(20) == 0
