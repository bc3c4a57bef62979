"""Acting on runs: the target is fixed when a question opens, enter is never yes, what was done is written down and can
be taken back."""

import shlex
import threading
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun, Lease, NewFlowRun
from flowtui.engine.query import parse
from flowtui.engine.run_changes import Outcome, RunChange
from flowtui.engine.states import Completed, Failed, Late, Paused, Pending, Running
from flowtui.tui.acting.journal import Entry
from flowtui.tui.acting.keys import has_use
from flowtui.tui.acting.run_verbs import RUN_VERBS
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.retrying.screen import RetryPlanScreen
from flowtui.tui.screens.action_menu import ActionMenuScreen
from flowtui.tui.screens.batch import BatchScreen
from flowtui.tui.screens.confirm import ConfirmScreen, TypeScreen
from flowtui.tui.screens.journal import JournalScreen
from flowtui.tui.screens.run_form import RunFormScreen
from flowtui.tui.screens.state_menu import StateMenuScreen
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


def late_runs(world: World, number: int, flow: str = "etl") -> list[FlowRun]:
    deployment = world.deployment(flow, "prod")
    due = world.now - timedelta(minutes=6)
    late = Late(due, timestamp=world.now)
    return [world.run(flow, f"late-{place}", late, due=due, deployment_id=deployment) for place in range(number)]


def a_failure(world: World, name: str = "bad-luck", **fields: Any) -> FlowRun:
    begun = world.now - timedelta(minutes=3)
    states = Running(timestamp=begun), Failed(timestamp=begun + timedelta(seconds=4), message="boom")
    return world.run("etl", name, *states, deployment_id=world.deployment("etl", "prod"), **fields)


def states(world: World, runs: list[FlowRun]) -> list[str]:
    return [world.client.read_flow_run(run.id).state.name for run in runs]


def last(app: FlowtuiApp) -> Entry:
    return app.acting.journal.entries[-1]


async def opened(pilot: Pilot[Any], app: FlowtuiApp) -> None:
    await until(pilot, lambda: app.is_open)


def test_late_runs_of_a_flow_are_cancelled_together_and_undo_brings_them_back(app: FlowtuiApp, world: World) -> None:
    runs, other = late_runs(world, 3), late_runs(world, 1, "other")

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("cancel", parse("state:late flow:etl"))
        text = await shows(pilot, "Cancel 3 runs?", "u puts them back")
        assert all(words in text for words in ("etl · late-0", "Late", "state:late flow:etl", "sqlite ~/.flowtui"))
        await pilot.press("y")
        await shows(pilot, "Cancelling 3 runs.")
        assert states(world, runs) == ["Cancelled"] * 3 and states(world, other) == ["Late"]
        await pilot.press("u")
        await until(pilot, lambda: states(world, runs) == ["Scheduled"] * 3)
        assert {world.client.read_flow_run(run.id).expected_start_time for run in runs} == {runs[0].expected_start_time}
        await until(pilot, lambda: app.acting.journal.entries[0].undo == "undone")
        await pilot.press("u")
        await shows(pilot, "There is nothing to undo.")

    play(app, script)


def test_a_refresh_while_a_question_is_open_changes_nothing_of_its_target(app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 2)

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("cancel", parse("state:late"))
        await shows(pilot, "Cancel 2 runs?")
        newer = late_runs(world, 1, "newer")
        seen = app.status.fresh
        await until(pilot, lambda: app.status.fresh != seen or (app.status.counts and app.status.counts.late == 3))
        await pilot.press("enter", "enter")
        assert isinstance(app.screen, ConfirmScreen), "enter is not yes"
        await pilot.press("y")
        await until(pilot, lambda: states(world, runs) == ["Cancelled"] * 2)
        assert states(world, newer) == ["Late"]

    play(app, script)


def test_enter_never_destroys_and_the_number_has_to_be_typed(app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 3)
    app.acting.grace_seconds = 0.2

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("delete", runs)
        await shows(pilot, "Delete 3 runs?", "type 3")
        await pilot.press("enter", "enter", "4", "enter")
        assert isinstance(app.screen, TypeScreen) and app.screen.query_one(Input).value == "4"
        await pilot.press("backspace", "3", "enter")
        await until(pilot, lambda: not world.client.list_flow_runs().items)
        await until(pilot, lambda: last(app).result == "done")
        assert last(app).undo == "no" and last(app).undo_words == "What is deleted is forgotten."

    play(app, script)


def test_a_deletion_waits_for_a_while_in_which_it_is_called_off(app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 1)
    now = [100.0]
    app.acting.clock = lambda: now[0]

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "late-0")
        app.act("delete", runs)
        await shows(pilot, "Delete etl · late-0?")
        await pilot.press("y")
        await shows(pilot, "Deleting etl · late-0 in 10 s", "u keeps it")
        now[0] = 106.5
        await shows(pilot, "in 4 s")
        await pilot.press("u")
        await until(pilot, lambda: "Deleting" not in screen_text(app).splitlines()[-2])
        now[0] = 120.0
        app.acting._tick()
        assert states(world, runs) == ["Late"] and last(app).result == "dropped"
        app.act("delete", runs)
        await shows(pilot, "Delete etl · late-0?")
        await pilot.press("y")
        await shows(pilot, "in 10 s")

    play(app, script)
    assert states(world, runs) == ["Late"], "what waits when the workstation is left is not done"
    assert last(app).words == "The workstation was left before it was done."


def test_some_of_a_batch_fail_and_are_tried_again(app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 20)
    app.acting.grace_seconds = 0.2

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("delete", runs)
        await shows(pilot, "Delete 20 runs?")
        await pilot.press(*"20")
        claims = [world.client.claim_flow_run(run.id, "me", lease_seconds=600) for run in runs[:3]]
        await pilot.press("enter")
        await shows(pilot, "20 of 20: 17 done, 3 failed", "try the 3 again", "cancel it before deleting it")
        assert (last(app).result, last(app).undo) == ("partly", "no")
        for claim in claims:
            world.client.set_flow_run_state(claim.run.id, Failed(timestamp=world.now), epoch=claim.epoch)
        await pilot.press("R")
        await until(pilot, lambda: not isinstance(app.screen, BatchScreen))
        assert not world.client.list_flow_runs().items
        assert (last(app).result, last(app).words) == ("done", "20 done.")

    play(app, script)


def test_tags_are_written_and_taken_back(app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 2)

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("tag", runs)
        await shows(pilot, "Tags of 2 runs")
        await pilot.press(*"seen", "enter")
        await shows(pilot, "Write +tag")
        await pilot.press("home", "plus", "enter")
        await until(pilot, lambda: app.acting.journal.entries and last(app).result == "done")
        assert (last(app).title, last(app).undo) == ("Tags 2 runs +seen", "can")
        assert world.client.read_flow_run(runs[0].id).tags == ("seen",)
        await pilot.press("u")
        await until(pilot, lambda: world.client.read_flow_run(runs[1].id).tags == ())

    play(app, script)


def test_all_of_many_are_one_frozen_batch_of_few_calls_with_progress(app: FlowtuiApp, world: World) -> None:
    deployment = world.deployment("etl", "prod")
    for _ in range(420):
        world.run("etl", "x", due=world.now + timedelta(hours=1), deployment_id=deployment)
    calls: dict[str, int] = {"frozen": 0, "changed": 0}
    client = world.client

    class Counted(LocalClient):
        def flow_run_ids(self, *args: Any, **kwargs: Any) -> tuple[str, ...]:
            calls["frozen"] += 1
            return super().flow_run_ids(*args, **kwargs)

        def change_flow_runs(self, ids: Any, change: RunChange) -> tuple[Outcome, ...]:
            calls["changed"] += 1
            return super().change_flow_runs(ids, change)

    client.__class__ = type("Counted", (Counted, type(client)), {})

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("cancel", parse("state:scheduled"))
        await shows(pilot, "Cancel 420 runs?", "type 420")
        await pilot.press(*"420", "enter")
        await until(pilot, lambda: isinstance(app.screen, BatchScreen) or last(app).result == "done")
        await until(pilot, lambda: last(app).result == "done")
        assert calls == {"frozen": 1, "changed": 9}
        assert not client.flow_run_ids(parse("state:scheduled"), limit=1)
        await pilot.press("u")
        await until(pilot, lambda: last(app).title.startswith("Undo") and last(app).result == "done")
        assert len(client.flow_run_ids(parse("state:scheduled"), limit=999)) == 420

    play(app, script)


def test_a_batch_is_stopped_and_the_rest_is_as_it_was(app: FlowtuiApp, world: World) -> None:
    runs = late_runs(world, 120)

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("cancel", parse("state:late"))
        await shows(pilot, "Cancel 120 runs?")
        await pilot.press(*"120", "enter")
        await until(pilot, lambda: isinstance(app.screen, BatchScreen) or last(app).result != "under way")
        if isinstance(app.screen, BatchScreen):
            app.screen.action_stop()
        await until(pilot, lambda: last(app).result != "under way")
        done = states(world, runs).count("Cancelled")
        assert done % 50 in (0, 20)
        assert last(app).words.startswith(f"{done} done")

    play(app, script)


def test_the_menu_says_what_can_be_done_and_why_the_rest_cannot(app: FlowtuiApp, world: World) -> None:
    failed = a_failure(world)

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "bad-luck")
        await pilot.press("x")
        text = await shows(pilot, "etl · bad-luck   Failed", "Retry", "Run again with changes", "Delete")
        assert "it has ended already: it is Failed" in text and "only what is running can be paused" in text
        await pilot.press("c")
        await shows(pilot, "Cancel: it has ended already")
        await pilot.press("slash", *"prefilled")
        await until(pilot, lambda: len(app.screen.query_one(VirtualTable).rows) == 1)
        await pilot.press("escape", "x")
        await until(pilot, lambda: isinstance(app.screen, ActionMenuScreen))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RetryPlanScreen))
        await pilot.press("escape")
        app.act("retry", [failed, a_failure(world, "worse-luck")])
        await shows(pilot, "Retry 2 runs?", "etl · worse-luck   Failed")
        await pilot.press("y")
        await until(pilot, lambda: app.acting.journal.entries and states(world, [failed]) == ["AwaitingRetry"])
        await pilot.press("u")
        await until(pilot, lambda: states(world, [failed]) == ["Failed"])
        assert world.client.read_flow_run(failed.id).end_time == failed.end_time

    play(app, script)


def test_a_run_is_run_again_with_one_field_changed(app: FlowtuiApp, world: World) -> None:
    from flowtui.engine.model import DeploymentSpec

    schema = {
        "type": "object",
        "properties": {"rows": {"type": "integer", "default": 1}, "region": {"type": "string", "default": "eu"}},
    }
    spec = DeploymentSpec(
        name="prod", flow_name="etl", entrypoint="etl.py:etl", path="/srv", parameter_openapi_schema=schema
    )
    deployment = world.client.save_deployment(spec)
    run = world.run("etl", "first", deployment_id=deployment.id, parameters={"rows": 5, "region": "us"}, tags=("x",))

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.open_run(run.id)
        await shows(pilot, "etl › first")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunFormScreen))
        await shows(pilot, "Run again etl/prod", "the same as first")
        await pilot.press("end", "backspace", "7")
        await shows(pilot, "1 field changed from first")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(world.client.list_flow_runs().items) == 2)
        new = next(one for one in world.client.list_flow_runs().items if one.id != run.id)
        assert (new.parameters, new.tags) == ({"rows": 7, "region": "us"}, ("x",))
        assert shlex.split(last(app).command)[:4] == ["flowtui", "deployment", "run", "etl/prod"]

    play(app, script)


def test_a_script_s_run_says_how_it_is_run_again(app: FlowtuiApp, world: World) -> None:
    run = world.run("etl", "by-hand", Running(), Completed(), parameters={"n": 1})

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("again", [run])
        await shows(pilot, "A script started etl · by-hand.", "flowtui run FILE.py:etl --params")
        await pilot.press("y")
        await shows(pilot, "Copied.")

    play(app, script)


def test_a_state_is_set_as_far_as_the_rules_allow_it_with_a_message(app: FlowtuiApp, world: World) -> None:
    (run,) = late_runs(world, 1)

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("set-state", [run])
        await until(pilot, lambda: isinstance(app.screen, StateMenuScreen))
        await pilot.press("down", "tab", *"no data", "enter")
        await until(pilot, lambda: last(app).result == "done")
        now = world.client.read_flow_run(run.id)
        assert (now.state.name, now.state.message) == ("Failed", "no data")
        await pilot.press("u")
        await until(pilot, lambda: states(world, [run]) == ["Scheduled"])

    play(app, script)


def test_the_journal_shows_commands_copies_them_and_undoes(app: FlowtuiApp, world: World, tmp_path: Path) -> None:
    runs = late_runs(world, 2)
    app.acting._journal_file = lambda: tmp_path / "journal.jsonl"

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        for run in runs:
            app.act("cancel", [run])
            await shows(pilot, f"Cancel etl · {run.name}?")
            await pilot.press("y")
            await until(pilot, lambda: last(app).result == "done")
            await until(pilot, lambda run=run: last(app).title.endswith(run.name))
        await pilot.press("at")
        await shows(pilot, "Journal", "2 can be undone", f"flowtui flow-run cancel {runs[1].id}", "current_client()")
        await pilot.press("y")
        assert app.clipboard == f"flowtui flow-run cancel {runs[1].id}"
        await pilot.press("down", "u")
        await until(pilot, lambda: states(world, runs) == ["Scheduled", "Cancelled"])
        await shows(pilot, "Undo: Cancel etl · late-0", "undone")
        assert isinstance(app.screen, JournalScreen)

    play(app, script)
    again = FlowtuiApp(world.client, journal_file=lambda: tmp_path / "journal.jsonl")

    async def later(pilot: Pilot[Any]) -> None:
        await opened(pilot, again)
        await again.acting.open()
        kept = again.acting.journal.entries
        assert [entry.title.partition(" etl")[0] for entry in kept] == ["Cancel", "Cancel", "Undo: Cancel"]
        assert [entry.undo for entry in kept] == ["undone", "no", "no"]
        assert kept[1].undo_words == "the workstation that did it has been left"

    play(again, later)
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_workstation_that_only_reads_hides_what_changes_and_refuses_it(world: World) -> None:
    from flowtui.engine.client.read_only import read_only

    (run,) = late_runs(world, 1)
    app = FlowtuiApp(read_only(world.client), now=world.clock, zone=UTC, read_only=True)

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        text = await shows(pilot, "late-0", " read only ", "w why")
        assert "c cancel" not in text and "s start" not in text
        await pilot.press("c")
        await shows(pilot, "This workstation only reads")
        await pilot.press("question_mark", *"cancel")
        await shows(pilot, "cancel", "read only")
        await pilot.press("escape", "x")
        await shows(pilot, "etl · late-0", "nothing is changed here")
        await pilot.press("escape", "4")
        await shows(pilot, "etl/prod")
        await pilot.press("p")
        await until(pilot, lambda: any("only reads" in note.message for note in app._notifications))
        await pilot.press("r")
        await shows(pilot, "This workstation only reads")
        assert states(world, [run]) == ["Late"] and not app.acting.journal.entries
        assert not world.client.list_deployments().items[0].paused

    play(app, script)


def test_by_keys_alone_all_late_runs_of_a_flow_are_cancelled_and_come_back(app: FlowtuiApp, world: World) -> None:
    runs, other = late_runs(world, 4), late_runs(world, 1, "other")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "late-3", "other")
        await pilot.press("f", *"state:late", "space", *"flow:etl", "enter")
        await until(pilot, lambda: "other" not in screen_text(app))
        await pilot.press("A", "c")
        await shows(pilot, "Cancel 4 runs?", "state:late")
        await pilot.press("y")
        await until(pilot, lambda: states(world, runs) == ["Cancelled"] * 4)
        assert states(world, other) == ["Late"]
        await until(pilot, lambda: not app.screen.query_one("#runs", VirtualTable).marks)
        await pilot.press("u")
        await until(pilot, lambda: states(world, runs) == ["Scheduled"] * 4)

    play(app, script)


def test_a_run_that_waits_for_input_gets_it_in_a_form(app: FlowtuiApp, world: World) -> None:
    lease = Lease(owner="me", seconds=600)
    new = NewFlowRun(flow_name="etl", name="asks", state=Pending(), id=world.id(), lease=lease, start=Running())
    run = world.client.create_flow_run(new)
    keys = {"description": "p-description", "response": "p-response", "schema": "p-schema"}
    schema = {"type": "object", "properties": {"rows": {"type": "integer"}}, "required": ["rows"]}
    asking = Paused(pause_key="1", details={"run_input_keyset": keys})
    inputs = {"p-schema": schema, "p-description": "How many rows?"}
    world.client.pause_flow_run(run.id, asking, epoch=run.epoch, inputs=inputs)

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.open_run(run.id)
        await shows(pilot, "asks", "Paused")
        await pilot.press("x", "g")
        await shows(pilot, "Resume etl · asks", "How many rows?", "rows")
        await pilot.press("ctrl+s")
        assert states(world, [run]) == ["Paused"], "what is missing is said first"
        await pilot.press("7", "ctrl+s")
        await until(pilot, lambda: states(world, [run]) == ["Running"])
        answer = world.client.find_run_input(run.id, "p-response")
        assert answer is not None and answer.value == {"rows": 7}
        assert shlex.split(last(app).command)[-2:] == ["--inputs", '{"rows": 7}']

    play(app, script)


def test_pausing_a_deployment_and_a_pool_is_taken_back_one_by_one(app: FlowtuiApp, world: World) -> None:
    world.deployment("etl", "prod", "5 * * * *")

    def is_on() -> bool:
        return world.client.list_deployments().items[0].schedules[0].active

    def paused() -> tuple[bool, bool]:
        return world.client.list_deployments().items[0].paused, world.client.read_work_pool("local").is_paused

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "etl/prod")
        await pilot.press("p")
        await shows(pilot, "etl/prod is paused", "u undoes it")
        await pilot.press("5")
        await shows(pilot, "local")
        await pilot.press("p")
        await shows(pilot, "Pause pool local?")
        await pilot.press(*"broken", "enter")
        await until(pilot, lambda: paused() == (True, True))
        assert last(app).command == "flowtui work-pool pause local --note broken"
        await pilot.press("u")
        await until(pilot, lambda: paused() == (True, False))
        await pilot.press("u")
        await until(pilot, lambda: paused() == (False, False))
        undone = [(entry.title, entry.undo) for entry in app.acting.journal.entries]
        await pilot.press("4", "enter")
        await shows(pilot, "Recent runs")
        await pilot.press("S")
        await until(pilot, lambda: not is_on())
        await pilot.press("u")
        await until(pilot, is_on)
        assert undone[:2] == [("Pause deployment etl/prod", "undone"), ("Pause pool local", "undone")]

    play(app, script)


def test_a_key_that_is_pressed_twice_asks_once_and_tags_with_spaces_stay_whole(app: FlowtuiApp, world: World) -> None:
    run = world.run("etl", "spaced", Running(), Completed(), tags=("a b", "c"))

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        below = app.screen
        for _ in range(3):
            app.act("tag", [run])
        await shows(pilot, "Tags of etl · spaced", "'a b' c")
        await pilot.press("space", *"new", "enter")
        await until(pilot, lambda: world.client.read_flow_run(run.id).tags == ("a b", "c", "new"))
        await until(pilot, lambda: app.screen is below)
        assert len(app.acting.journal.entries) == 1

    play(app, script)


def test_leaving_while_a_batch_is_under_way_asks_and_says_how_far_it_came(
    app: FlowtuiApp, world: World, tmp_path: Path
) -> None:
    runs = late_runs(world, 110)
    app.acting._journal_file = lambda: tmp_path / "journal.jsonl"
    goes_on = threading.Event()
    real = world.client.change_flow_runs

    def slow(ids: Any, change: RunChange) -> tuple[Outcome, ...]:
        assert goes_on.wait(40)
        return real(ids, change)

    world.client.change_flow_runs = slow  # type: ignore[method-assign]

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("cancel", runs)
        await shows(pilot, "Cancel 110 runs?")
        await pilot.press(*"110", "enter")
        await until(pilot, lambda: isinstance(app.screen, BatchScreen))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, BatchScreen))
        await pilot.press("q")
        await shows(pilot, "Leave while this is under way?", "Cancel 110 runs: 0 of 110")
        await pilot.press("y")
        await until(pilot, lambda: app._exit)
        goes_on.set()

    play(app, script)
    assert last(app).result == "partly" and "perhaps not: the workstation was left" in last(app).words
    assert states(world, runs).count("Late") >= 60


def test_several_runs_are_run_again_as_they_were(app: FlowtuiApp, world: World) -> None:
    deployment = world.deployment("etl", "prod")
    done = [
        world.run("etl", f"run-{place}", Running(), Completed(), deployment_id=deployment, parameters={"n": place})
        for place in range(3)
    ]
    by_hand = world.run("etl", "by-hand", Running(), Completed())

    async def script(pilot: Pilot[Any]) -> None:
        await opened(pilot, app)
        app.act("again", [*done, by_hand])
        await shows(pilot, "Run again 3 runs?", "A new run for each")
        await pilot.press("y")
        await shows(pilot, "3 new runs are created.")
        new = [run for run in world.client.list_flow_runs().items if run.state.is_scheduled()]
        assert sorted(run.parameters["n"] for run in new) == [0, 1, 2]

    play(app, script)


@pytest.mark.parametrize(("end", "offered"), [(Completed, "r run again"), (Failed, "R retry")])
def test_the_keys_of_a_run_follow_how_it_ends(
    app: FlowtuiApp, world: World, day: dict[str, FlowRun], end: type, offered: str
) -> None:
    """What completed is not retried, and the keys do not offer it; nor is anything that has ended cancelled."""

    def keys() -> str:
        return screen_text(app).split("\n")[-1]

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(day["running"].id)
        await shows(pilot, "crimson-otter", "c cancel")
        assert "R retry" not in keys()
        world.client.set_flow_run_state(day["running"].id, end(timestamp=world.now), force=True)
        await until(pilot, lambda: "c cancel" not in keys())
        await until(pilot, lambda: offered in keys())
        assert ("R retry" in keys()) is (end is Failed)

    play(app, script)


def test_a_key_is_offered_exactly_where_its_verb_can_be_carried_out(world: World, day: dict[str, FlowRun]) -> None:
    runs = world.client.list_flow_runs(limit=100).items
    assert len({run.state.type for run in runs}) > 4
    for run in runs:
        assert has_use("cancel", run) == (RUN_VERBS["cancel"].why_not(run) is None)
        if run.deployment_id is not None:
            assert has_use("retry", run) == (RUN_VERBS["retry"].why_not(run) is None)
