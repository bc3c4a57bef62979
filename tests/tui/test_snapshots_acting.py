"""How acting looks: menus, what is asked and what has to be typed, a batch and what failed in it, the journal, and what
is said in passing."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.model import Backend, FlowRun, Lease, NewFlowRun
from flowtui.engine.query import parse
from flowtui.engine.run_changes import Outcome, RunChange
from flowtui.engine.states import Completed, Paused, Pending, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.batch import BatchScreen
from flowtui.tui.screens.blocks import BlocksScreen
from flowtui.tui.screens.confirm import QuitScreen, TypeScreen
from tests.fakes.world import World
from tests.tui.looks import shows, until
from tests.tui.pictures import SIZES, Pictures, Script, settled
from tests.tui.test_acting import late_runs

Compare = Callable[..., None]
ALL = tuple(SIZES)
TWO = ("120x36", "40x10")


@pytest.fixture
def compare(pictures: Pictures, app: FlowtuiApp, world: World) -> Compare:
    """Compare the app with its pictures after a script; what lies behind is as plain as can be."""
    app.acting.clock = lambda: 0.0
    world.client.announce_backend(
        Backend(id="b1", kind="embedded", host="desk", pid=4242, url=None, started=world.now, seen=world.now)
    )

    def run(script: Script, sizes: Sequence[str] = ALL, *, passing: bool = False) -> None:
        async def whole(pilot: Pilot[Any]) -> None:
            await pilot.press("6")
            await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
            await script(pilot)
            if not passing:  # what is said in passing may be gone by the time of the last picture
                await settled(pilot)  # it may be said only when all is done
                app.clear_notifications()
                await until(pilot, lambda: not app.screen.query("Toast"))

        pictures(app, whole, sizes)

    return run


def test_the_menu_of_what_can_be_done(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act_menu([day["running"]])  # type: ignore[attr-defined]
        await shows(pilot, "daily-etl · crimson-otter")

    compare(script)


def test_the_menu_while_an_action_is_looked_for(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act_menu([day["failed"], day["late"]])  # type: ignore[attr-defined]
        await shows(pilot, "2 runs")
        await pilot.press("slash", *"run")
        await shows(pilot, "Run again")

    compare(script, TWO)


def test_what_is_asked_before_something_cannot_be_taken_back(compare: Compare, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act("cancel", [day["running"]])  # type: ignore[attr-defined]
        await shows(pilot, "Cancel daily-etl · crimson-otter?")

    compare(script)


def test_what_has_to_be_typed(compare: Compare, world: World) -> None:
    late_runs(world, 7)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act("delete", parse("state:late flow:etl"))  # type: ignore[attr-defined]
        await until(pilot, lambda: isinstance(pilot.app.screen, TypeScreen) and pilot.app.focused)
        await pilot.press("7")

    compare(script)


def test_a_batch_under_way(compare: Compare, app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 120)
    real, seen, goes_on = world.client.change_flow_runs, list[int](), threading.Event()

    def held(ids: Any, change: RunChange) -> tuple[Outcome, ...]:
        """The first fifty at once; of the rest nothing is heard."""
        seen.append(len(ids))
        return real(ids, change) if len(seen) == 1 or not goes_on.wait(50) else ()

    world.client.change_flow_runs = held  # type: ignore[method-assign]

    async def script(pilot: Pilot[Any]) -> None:
        app.act("cancel", runs)
        await until(pilot, lambda: isinstance(app.screen, TypeScreen) and app.focused)
        await pilot.press(*"120", "enter")
        await until(pilot, lambda: isinstance(app.screen, BatchScreen) and len(seen) == 2)
        await until(pilot, lambda: app.status.counts is not None and app.status.counts.late == 70)
        job = app.screen.job  # type: ignore[attr-defined]
        job._watchers, job.unwatch = [], lambda watcher: None  # the dialog is to look at the first part only
        goes_on.set()
        await until(pilot, lambda: app.acting.journal.entries[-1].result != "under way")

    compare(script, TWO[:1])


def test_a_batch_of_which_some_failed(compare: Compare, app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 20)

    async def script(pilot: Pilot[Any]) -> None:
        app.acting.grace_seconds = -1.0
        app.act("delete", runs)
        await until(pilot, lambda: isinstance(app.screen, TypeScreen) and app.focused)
        for run in runs[:3]:
            world.client.claim_flow_run(run.id, "me", lease_seconds=600)
        await pilot.press("2", "0", "enter")
        await shows(pilot, "20 of 20", "failed", "etl · late-2")
        await until(pilot, lambda: app.status.counts is not None and app.status.counts.late == 0)

    compare(script)


def test_a_menu_of_states(compare: Compare, world: World) -> None:
    (run,) = late_runs(world, 1)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act("set-state", [run])  # type: ignore[attr-defined]
        await shows(pilot, "Which state")
        await pilot.press("down", "tab", *"no data")

    compare(script)


def test_a_form_of_what_a_paused_run_asks_for(compare: Compare, world: World) -> None:
    lease = Lease(owner="me", seconds=600)
    new = NewFlowRun(flow_name="etl", name="asks", state=Pending(), id=world.id(), lease=lease, start=Running())
    run = world.client.create_flow_run(new)
    keys = {"description": "p-description", "response": "p-response", "schema": "p-schema"}
    fields = {"rows": {"type": "integer"}, "why": {"type": "string", "default": "by hand"}}
    schema = {"type": "object", "properties": fields, "required": ["rows"]}
    asking = Paused(pause_key="1", details={"run_input_keyset": keys})
    inputs = {"p-schema": schema, "p-description": "How many rows are to be loaded?"}
    world.client.pause_flow_run(run.id, asking, epoch=run.epoch, inputs=inputs)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act("resume", [run])  # type: ignore[attr-defined]
        await shows(pilot, "Resume etl · asks", "How many rows", "by hand")
        await pilot.press("ctrl+s")

    compare(script)


def test_tags_are_written_on_a_line(compare: Compare, world: World) -> None:
    (run,) = late_runs(world, 1)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act("tag", [run])  # type: ignore[attr-defined]
        await shows(pilot, "Tags of etl · late-0")

    compare(script, TWO)


def test_how_a_script_s_run_is_run_again(compare: Compare, world: World) -> None:
    run = world.run("etl", "by-hand", Running(), Completed(), parameters={"n": 1})

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act("again", [run])  # type: ignore[attr-defined]
        await shows(pilot, "A script started etl · by-hand.")

    compare(script, TWO)


def test_a_deletion_waits_and_says_so(compare: Compare, world: World) -> None:
    (run,) = late_runs(world, 1)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.act("delete", [run])  # type: ignore[attr-defined]
        await shows(pilot, "Delete etl · late-0?")
        await pilot.press("y")
        await shows(pilot, "Deleting etl · late-0 in 10 s", "keeps it")

    compare(script, TWO)


def test_the_journal(compare: Compare, app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 3)

    async def script(pilot: Pilot[Any]) -> None:
        for number, (verb, subjects) in enumerate((("tag", runs[:1]), ("cancel", parse("state:late"))), 1):
            app.act(verb, subjects)  # type: ignore[arg-type]
            await until(pilot, lambda: app.screen.query(".dialog"))
            await pilot.press(*(("s", "e", "e", "n", "enter") if verb == "tag" else ("y",)))
            await until(pilot, lambda n=number: [entry.result for entry in app.acting.journal.entries] == ["done"] * n)
        await until(pilot, lambda: app.status.counts is not None and app.status.counts.late == 0)
        await pilot.press("at")
        await shows(pilot, "Journal", "undone")

    compare(script)


class Engine:
    """Stands for the engine of this terminal: it runs, and is asked nothing."""

    is_running = True

    def stop(self) -> None: ...

    def detach(self) -> None: ...


def test_leaving_while_the_engine_of_this_terminal_runs_something(
    compare: Compare, app: FlowtuiApp, world: World
) -> None:
    late = world.now - timedelta(minutes=1)
    for number in range(2):
        world.run("etl", f"busy-{number}", Running(timestamp=late))

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.status.counts is not None and app.status.counts.running == 2)
        app.backend = Engine()
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, QuitScreen))

    compare(script)


def test_what_is_said_in_passing(compare: Compare, app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app.notify("etl/prod is paused; u undoes it.", timeout=3600)
        app.notify("No backend runs here: s starts one.", severity="warning", timeout=3600)
        words = "Flow run 'late-0' is Pending; cancel it before deleting it"
        app.notify(words, title="Something went wrong", severity="error", timeout=3600)
        await shows(pilot, "u undoes it", "Something went wrong")

    compare(script, ("120x36", "60x16", "40x10"), passing=True)
