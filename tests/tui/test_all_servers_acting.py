"""What is done to runs from `@all`: on their own server, whichever the workstation is on."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import DeploymentSpec, NewFlowRun
from flowtui.engine.states import Failed, Late, Scheduled
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.confirm import ConfirmScreen
from flowtui.tui.servers.screen import AllServersScreen
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.servers import BEGIN, add_run, an_app, opened, sqlite_address, write_profiles
from tests.tui.test_all_servers import clean, names, rows

__all__ = ["clean"]

Stores = dict[str, LocalClient]


@pytest.fixture
def stores(home: Path, tmp_path: Path, clean: None) -> Iterator[Stores]:
    """Clients on the stores of the profiles one, two, and locked, which only reads; each has a run that is late."""
    addresses = {name: sqlite_address(tmp_path, name) for name in ("one", "two", "locked")}
    write_profiles(home, addresses, {"locked": "read_only = true"})
    with ExitStack() as stack:
        clients = {name: stack.enter_context(closing(opened(home, at))) for name, at in addresses.items()}
        for at, (name, client) in enumerate(clients.items()):
            late_run(client, f"late-of-{name}", at)
        yield clients


def late_run(client: LocalClient, name: str, minutes: float) -> str:
    """A run of a deployment that was due so many minutes after `BEGIN`; answers its id."""
    spec = DeploymentSpec(flow_name="etl", name="nightly", entrypoint="flows.py:etl", path="/nowhere")
    (deployment,) = client.save_deployments([spec])
    due = BEGIN + timedelta(minutes=minutes)
    state = Scheduled(due, timestamp=due)
    made = client.create_flow_run(NewFlowRun(flow_name="etl", name=name, state=state, deployment_id=deployment.id))
    client.set_flow_run_state(made.id, Late(due, timestamp=due), force=True)
    return made.id


def state(client: LocalClient, name: str) -> str:
    (run,) = client.find_flow_runs(name)
    return run.state.name


def told(app: FlowtuiApp) -> str:
    return "\n".join(note.message for note in app._notifications)


async def show_all(pilot: Any, app: FlowtuiApp, number: int) -> None:
    await until(pilot, lambda: app.is_open)
    app.action_all_servers()
    await until(pilot, lambda: isinstance(app.screen, AllServersScreen) and len(names(app)) == number)


def test_a_run_of_another_server_is_cancelled_and_put_back_there(home: Path, stores: Stores) -> None:
    app = an_app(opened(home, str(stores["one"]._db.url)), "one")

    async def script(pilot: Any) -> None:
        await show_all(pilot, app, 3)
        assert names(app) == ["late-of-locked", "late-of-two", "late-of-one"]
        await pilot.press("j")
        assert "R retry" not in await shows(pilot, "c cancel", "x actions")  # of what has not begun
        await pilot.press("c")
        await shows(pilot, "Cancel etl · late-of-two on two?", "two.db")
        add_run(stores["two"], "comes-in-between", 10, Failed())  # what was meant stays what is meant
        await until(pilot, lambda: len(app.screen_stack[0]._merged.rows) == 4)  # type: ignore[attr-defined]
        await pilot.press("y")
        await until(pilot, lambda: state(stores["two"], "late-of-two") == "Cancelled")
        await until(pilot, lambda: app.acting.journal.entries[-1].result == "done")
        entry, (run,) = app.acting.journal.entries[-1], stores["two"].find_flow_runs("late-of-two")
        assert entry.title == "Cancel etl · late-of-two on two"
        assert entry.command == f"flowtui -p two flow-run cancel {run.id}"
        assert [state(stores[name], f"late-of-{name}") for name in ("one", "locked")] == ["Late", "Late"]
        await until(pilot, lambda: "Cancelled" in {row.run.state.name for row in rows(app)})

        await pilot.press("1")  # from any screen, while the line to that server is open
        await until(pilot, lambda: app.current_mode == "home")
        await pilot.press("u")
        await until(pilot, lambda: state(stores["two"], "late-of-two") == "Scheduled")
        await until(pilot, lambda: app.acting.journal.entries[-1].result == "done")
        assert app.acting.journal.entries[-1].command.startswith("flowtui -p two flow-run restore ")

    play(app, script)


def test_what_only_reads_is_refused_with_the_reason_whichever_server_one_is_on(home: Path, stores: Stores) -> None:
    app = an_app(opened(home, str(stores["one"]._db.url)), "one")

    async def script(pilot: Any) -> None:
        await show_all(pilot, app, 3)
        await pilot.press("c")
        await until(pilot, lambda: "Cancel etl · late-of-locked on locked: locked is read-only." in told(app))
        await pilot.press("x")
        await shows(pilot, "etl · late-of-locked on locked", "locked is read-only")
        await pilot.press("c")
        await until(pilot, lambda: "Cancel: locked is read-only." in told(app))
        await pilot.press("escape")
        app.servers.go_to("locked")
        await until(pilot, lambda: app.is_open and app.status.profile == "locked")
        await pilot.press("colon", *"all", "enter")
        await until(pilot, lambda: isinstance(app.screen, AllServersScreen) and len(names(app)) == 3)
        await pilot.press("g", "c")
        await until(pilot, lambda: "Cancel etl · late-of-locked: locked is read-only." in told(app))
        await pilot.press("j", "x")
        await shows(pilot, "etl · late-of-two on two", "that is done on its server; enter goes there")
        await pilot.press("c")
        await shows(pilot, "Cancel etl · late-of-two on two?")
        await pilot.press("y")
        await until(pilot, lambda: state(stores["two"], "late-of-two") == "Cancelled")
        assert state(stores["locked"], "late-of-locked") == "Late"
        await until(pilot, lambda: app.acting.journal.entries[-1].undo == "can")
        await pilot.press("escape")  # `@all` is left, and its lines are closed
        await until(pilot, lambda: app.acting.journal.entries[-1].undo == "no")
        await pilot.press("u")
        await until(pilot, lambda: state(stores["two"], "late-of-two") == "Cancelled")
        await app.servers.settled()

    play(app, script)


def test_marked_runs_of_several_servers_are_cancelled_after_one_question(home: Path, stores: Stores) -> None:
    late_run(stores["two"], "second-of-two", 1.5)
    add_run(stores["two"], "ended-of-two", 1.7)
    app = an_app(opened(home, str(stores["one"]._db.url)), "one")

    async def script(pilot: Any) -> None:
        await show_all(pilot, app, 5)
        await pilot.press("asterisk")
        await shows(pilot, "5 marked")
        await pilot.press("c")
        screen = await shows(pilot, "Cancel 3 runs on 2 servers?", "two: 2 runs", "one: 1 run")
        assert "locked: 1 run stays as it is, the server is read-only" in screen
        assert "two: 1 run stays as it is, it has ended already" in screen
        late_run(stores["two"], "third-of-two", 20)  # what was meant stays what is meant
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, AllServersScreen) and len(names(app)) == 6)
        assert not app.acting.journal.entries
        await pilot.press("c", "y")
        cancelled = ["late-of-two", "second-of-two"]
        await until(pilot, lambda: {state(stores["two"], name) for name in cancelled} == {"Cancelled"})
        await until(pilot, lambda: state(stores["one"], "late-of-one") == "Cancelled")
        await until(pilot, lambda: [one.result for one in app.acting.journal.entries] == ["done", "done"])
        commands = [one.command for one in app.acting.journal.entries]
        assert {command.partition(" flow-run cancel ")[0] for command in commands} == {
            "flowtui -p two", "flowtui -p one",
        }  # fmt: skip
        assert state(stores["two"], "third-of-two") == "Late" and state(stores["locked"], "late-of-locked") == "Late"
        await until(pilot, lambda: not app.screen.query_one("#runs", VirtualTable).marks)

        await pilot.press("u")  # one server at a time, the last first
        await pilot.press("u")
        await until(pilot, lambda: {state(stores["two"], name) for name in cancelled} == {"Scheduled"})
        await until(pilot, lambda: state(stores["one"], "late-of-one") == "Scheduled")

    play(app, script)


def test_marked_runs_of_one_server_are_acted_on_there(home: Path, stores: Stores) -> None:
    late_run(stores["two"], "second-of-two", 1.5)
    app = an_app(opened(home, str(stores["one"]._db.url)), "one")

    async def script(pilot: Any) -> None:
        await show_all(pilot, app, 4)
        await pilot.press("f", *"name:*of-two", "enter")
        await until(pilot, lambda: len(names(app)) == 2)
        await pilot.press("space", "space", "c")
        await shows(pilot, "Cancel 2 runs on two?")
        await pilot.press("y")
        await until(pilot, lambda: len(app.acting.journal.entries) == 1)
        await until(pilot, lambda: state(stores["two"], "second-of-two") == "Cancelled")
        assert state(stores["two"], "late-of-two") == "Cancelled"

    play(app, script)


def test_a_run_of_the_server_one_is_on_is_acted_on_as_anywhere(home: Path, stores: Stores) -> None:
    app = an_app(opened(home, str(stores["one"]._db.url)), "one")

    async def script(pilot: Any) -> None:
        await show_all(pilot, app, 3)
        await pilot.press("G", "x")
        assert "done on its server" not in await shows(pilot, "etl · late-of-one ", "Delete")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Delete etl · late-of-one?" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: app.acting.graces)
        await pilot.press("u")
        await until(pilot, lambda: not app.acting.graces)
        assert state(stores["one"], "late-of-one") == "Late"

    play(app, script)
