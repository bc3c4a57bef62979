"""Going from the store of one profile to that of another."""

import os
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from flowtui.engine.client.current import current_client
from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import current_settings
from flowtui.engine.states import Failed, Late
from flowtui.tui.acting.deed import Deed, Done
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.screens.runs import RunsScreen
from tests.tui.conftest import play
from tests.tui.looks import shows, until
from tests.tui.servers import (
    BEGIN,
    NOW,
    add_run,
    an_app,
    dead_address,
    hanging_address,
    opened,
    sqlite_address,
    write_profiles,
)


@pytest.fixture
def two(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LocalClient, LocalClient]]:
    """Clients on the stores of the profiles one and two, with a run in each."""
    monkeypatch.delenv("FLOWTUI_PROFILE", raising=False)
    addresses = {name: sqlite_address(tmp_path, name) for name in ("one", "two")}
    write_profiles(home, {**addresses, "dead": dead_address()}, {"two": 'accent = "red"\nread_only = true'})
    clients = tuple(opened(home, address) for address in addresses.values())
    for client, name in zip(clients, addresses, strict=True):
        add_run(client, f"run-of-{name}", 0, Failed())
    yield clients
    for client in clients:
        client.close()
    monkeypatch.delenv("FLOWTUI_PROFILE", raising=False)


async def say(pilot, line: str) -> None:
    await pilot.press("colon")
    await pilot.press(*("space" if letter == " " else letter for letter in line), "enter")


def told(app: FlowtuiApp) -> str:
    """All that was said in passing."""
    return "\n".join(note.message for note in app._notifications)


def names(app: FlowtuiApp) -> set[str]:
    screen = app.screen
    assert isinstance(screen, RunsScreen)
    return {run.name for run in screen._reader_now.list.runs}


def test_the_colon_line_leads_to_the_store_of_another_profile_and_back(two, home):
    app = an_app(opened(home, str(two[0]._db.url)), "one")

    async def script(pilot):
        await pilot.press("2")
        await shows(pilot, "run-of-one")
        app.screen.set_query("state:failed")
        await until(pilot, lambda: app.screen.query_text)
        old = app.client
        await say(pilot, "profile tw")  # tab completes it
        await until(pilot, lambda: "There is no profile 'tw'. Did you mean 'two'?" in told(app))
        await pilot.press("colon", *"profile", "space", *"tw", "tab", "enter")
        await until(pilot, lambda: app.is_open and app.client is not old)
        screen = await shows(pilot, "run-of-two", " two ", "read only")
        assert "run-of-one" not in screen and names(app) == {"run-of-two"}
        assert app.screen.query_text == ""  # each store has its own filter
        assert app.status.accent == "failed" and app.acting.read_only
        assert current_settings().profile == os.environ["FLOWTUI_PROFILE"] == "two"
        assert current_client().address == app.client.address
        await pilot.press("1")
        await shows(pilot, "run-of-two")
        await pilot.press("2")

        add_run(two[1], "new-of-two", 1, Failed())  # the new store is followed, the old one is not
        add_run(two[0], "new-of-one", 1, Failed())
        await shows(pilot, "new-of-two")
        await say(pilot, "profile one")
        assert "run-of-two" not in await shows(pilot, "new-of-one", "state:failed")
        assert not app.acting.read_only and names(app) == {"run-of-one", "new-of-one"}

    play(app, script)


def test_a_store_that_is_dead_or_silent_is_not_entered_and_keeps_nobody_waiting(two, home):
    app = an_app(opened(home, str(two[0]._db.url)), "one")

    async def script(pilot):
        await pilot.press("2")
        await shows(pilot, "run-of-one")
        await say(pilot, "profile dead")
        await until(pilot, lambda: "cannot be reached" in told(app))
        assert "secret" not in told(app)
        with hanging_address() as address:
            write_profiles(home, {"silent": address, "two": str(two[1]._db.url)})
            await say(pilot, "profile silent")
            await until(pilot, lambda: "Connecting to silent" in told(app))
            assert names(app) == {"run-of-one"} and app.status.profile == "one"
            await say(pilot, "profile two")  # thought better of it
            await shows(pilot, "run-of-two")
            await app.servers.settled()

    play(app, script)


def test_nobody_goes_elsewhere_while_something_is_about_to_be_done(two, home):
    app = an_app(opened(home, str(two[0]._db.url)), "one")

    async def script(pilot):
        await pilot.press("2")
        await shows(pilot, "run-of-one")
        app.acting.grace_seconds = 1000
        app.act("delete", (two[0].find_flow_runs("run-of-one")[0].id,))
        await shows(pilot, "Delete etl · run-of-one?")
        await pilot.press("y")
        await until(pilot, lambda: app.acting.graces)
        await say(pilot, "profile two")
        await until(pilot, lambda: "Something is about to be done" in told(app))
        assert app.status.profile == "one"
        await pilot.press("u")
        await until(pilot, lambda: not app.acting.graces)
        app.servers.go_to("two")
        await shows(pilot, "run-of-two")
        await app.servers.settled()

    play(app, script)


def test_what_was_done_in_one_store_is_not_undone_in_another(two, home):
    write_profiles(home, {"two": str(two[1]._db.url)})
    run_id = add_run(two[0], "late-one", 5, Late(BEGIN))
    other = two[1].find_flow_runs("run-of-two")[0].id
    app = an_app(opened(home, str(two[0]._db.url)), "one")

    async def script(pilot):
        await pilot.press("2")
        await shows(pilot, "late-one")
        app.open_run(run_id)
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        undoing = Deed(title="Take it away", command="", python="", do=lambda client: Done(words="Never done."))
        painting = Deed(
            title="Paint",
            command="flowtui variable set a b",
            python="",
            do=lambda client: Done(words="Painted.", back=undoing),
        )
        await app.acting.attempt(painting)
        assert app.acting.journal.entries[0].undo == "can"
        assert app.acting.journal.entries[0].command == "flowtui -p one variable set a b"

        app.servers.go_to("two", other)
        await until(pilot, lambda: app.is_open and app.status.profile == "two")
        await shows(pilot, "run-of-two")
        assert isinstance(app.screen, RunScreen) and len(app.screen_stack) == 2
        assert app.acting.journal.entries[0].undo_words == "The workstation has left the store in which it was done."
        await pilot.press("u")
        await until(pilot, lambda: "There is nothing to undo" in told(app))

    play(app, script)


class Engine:
    """What a terminal holds of a backend that it has started."""

    detached = stopped = False

    def is_running(self) -> bool:
        return True

    def stop(self) -> None:
        self.stopped = True

    def detach(self) -> None:
        self.detached = True


def test_an_engine_goes_on_for_the_store_that_was_left_and_ends_with_the_terminal(two, home):
    engine = Engine()
    client = opened(home, str(two[0]._db.url))
    app = FlowtuiApp(client, zone=UTC, now=lambda: NOW, profile=lambda: ("one", ""), backend=lambda client: engine)

    async def script(pilot):
        await until(pilot, lambda: app.backend is engine)
        app.servers.go_to("two")
        await until(pilot, lambda: app.is_open and app.status.profile == "two")
        assert app.backend is None and app.servers.engines == {"one": engine}
        await until(pilot, lambda: app.status.backends == ())
        await pilot.press("s")  # that profile only reads
        assert app.backend is None and not app.status.starting
        app.servers.go_to("one")
        await until(pilot, lambda: app.is_open and app.status.profile == "one")
        assert app.backend is engine and not app.servers.engines
        app.servers.go_to("default")
        await until(pilot, lambda: app.is_open and app.status.profile == "default")
        await app.servers.settled()
        assert not engine.detached

    play(app, script)
    assert engine.detached and not engine.stopped
