"""The screens, driven by keys on a real store."""

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.errors import StoreError
from flowtui.engine.model import FlowRun, NewFlowRun
from flowtui.engine.states import Completed, Failed, Running, StateType
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.home_cells import NEXT_COLUMNS, next_cells
from flowtui.tui.screens.confirm import ConfirmScreen
from flowtui.tui.screens.home import HomeScreen
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.screens.runs import RunsScreen
from flowtui.tui.widgets.log_view import LogView
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


def table(app: FlowtuiApp, name: str) -> VirtualTable:
    return app.screen.query_one(f"#{name}", VirtualTable)


async def go_to_runs(pilot: Pilot[Any]) -> None:
    await pilot.press("2")
    await shows(pilot, "STATE", "crimson-otter")


async def on_run(pilot: Pilot[Any], run: FlowRun) -> None:
    """Put the cursor of Runs on a run."""
    table(pilot.app, "runs").move_to_id(run.id)
    await until(pilot, lambda: table(pilot.app, "runs").cursor_id == run.id)


# -- Home ---------------------------------------------------------------------------------------------------------


def test_home_says_what_needs_a_person_what_runs_and_what_comes_next(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        text = await shows(pilot, "Needs you  4", "Running  2", "big-load", "in 2m")
        assert "72 runs" in text and "✖ 4" in text and "⚠ 1" in text
        for words in ("github-stars", "approve-load", "waits for an amount", "thumbs", "410/500", "34s left"):
            assert words in text

    play(app, script)


def test_a_failure_that_was_made_good_since_needs_nobody(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you  4")
        begun = world.now - timedelta(seconds=5)
        world.run("github-stars", "good-now", Running(timestamp=begun), Completed(timestamp=world.now))
        await shows(pilot, "Needs you  3")

    play(app, script)


def test_home_follows_the_store(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Running  2")
        world.run("fresh-flow", "new-run", Running(timestamp=world.now))
        await shows(pilot, "Running  3", "fresh-flow")

    play(app, script)


def test_enter_on_home_opens_the_run_and_escape_comes_back(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you  4")
        await pilot.press("enter")
        await shows(pilot, "github-stars › plucky-heron")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))

    play(app, script)


def test_a_day_in_the_list_of_what_comes_next_is_never_cut(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    """Whether it is in this year or in another: how far away it is stands beside it."""
    due = world.client.list_flow_runs(limit=1).items[0]
    for days, words in ((9, "Nov 29"), (50, "Jan  9")):
        later = replace(due, expected_start_time=world.now.replace(month=11, day=20) + timedelta(days=days))
        cell = next_cells(later, world.now.replace(month=11, day=20), UTC)[0]
        assert not callable(cell) and cell[0][0] == words
        assert len(words) <= NEXT_COLUMNS[0].width


def test_an_empty_home_says_how_to_begin(app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "nobody serves", "Nothing is scheduled.", "Nothing runs.", "No run has ended yet.")

    play(app, script)


# -- Runs ---------------------------------------------------------------------------------------------------------


def test_runs_lists_newest_first_and_leaves_out_what_is_due_later(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        text = screen_text(app)
        assert text.index("crimson-otter") < text.index("plucky-heron") < text.index("violet-crane")
        assert "mellow-ibis" not in text
        assert "77 runs" in text and "◷ 4 scheduled" in text

    play(app, script)


def test_the_preview_follows_the_cursor(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await shows(pilot, "load_page-35", "page 28: 1136 rows")
        await pilot.press("j")
        await shows(pilot, "get_stars-1", "httpx.ReadTimeout: timed out after 5 s")

    play(app, script)


def test_holding_a_key_reads_one_preview(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    read: list[str] = []
    original = world.client.list_task_runs

    def counting(where: Any = None, **more: Any) -> Any:
        read.append(where.flow_run_id)
        return original(where, **more)

    world.client.list_task_runs = counting  # type: ignore[method-assign]

    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await until(pilot, lambda: day["running"].id in read)
        read.clear()
        runs = table(app, "runs")
        for _ in range(20):
            runs.action_move(1)
        last = runs.cursor_id
        await until(pilot, lambda: read)
        await pilot.pause(0.3)
        assert set(read) == {last}, "nothing of the runs that were passed; a live update may read this one again"

    play(app, script)


def test_the_cursor_stays_on_its_run_while_others_come_in(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["failed"])
        for number in range(60):
            world.run("storm", f"new-{number}", Running(timestamp=world.now - timedelta(milliseconds=60 - number)))
        await until(pilot, lambda: "137 runs" in screen_text(app))
        assert table(app, "runs").cursor_id == day["failed"].id
        await pilot.press("enter")
        await shows(pilot, "github-stars › plucky-heron")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        assert table(app, "runs").cursor_id == day["failed"].id

    play(app, script)


def test_a_run_that_ends_is_repainted_in_its_place(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        world.client.set_flow_run_state(day["running"].id, Completed(timestamp=world.now), force=True)

        def row() -> str:
            return next(line for line in screen_text(app).split("\n") if "crimson-otter" in line)

        await until(pilot, lambda: "✔ Completed" in row())

    play(app, script)


def test_a_filter_is_typed_followed_and_taken_away(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await pilot.press("f", *"state:failed")
        await until(pilot, lambda: "crimson-otter" not in screen_text(app))
        await pilot.press("enter")
        await shows(pilot, " state:failed × ", "4 of 77", "plucky-heron")
        assert isinstance(app.focused, VirtualTable)
        await pilot.press("f", *"flow:night*", "enter")
        await shows(pilot, "flow:night*", "Nothing fits this filter")
        await pilot.press("escape")
        await shows(pilot, "77 runs", "all runs up to now")

    play(app, script)


def test_a_click_on_a_chip_takes_its_term_away(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        app.open_runs("state:failed flow:daily-etl")
        await shows(pilot, "flow:daily-etl ×", "1 of 77")
        line = next(i for i, row in enumerate(screen_text(app).split("\n")) if "flow:daily-etl" in row)
        await pilot.click(offset=(screen_text(app).split("\n")[line].index("flow:daily"), line))
        await shows(pilot, "4 of 77")
        assert app.screen.query_text == "state:failed"  # type: ignore[attr-defined]

    play(app, script)


def test_a_filter_that_makes_no_sense_gets_a_sentence(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await pilot.press("f", *"stat:failed", "enter")
        await shows(pilot, "There is no filter stat:", "did you mean state:")
        await pilot.press("escape")
        await shows(pilot, "77 runs")

    play(app, script)


def test_a_run_that_leaves_the_filter_leaves_the_list(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app.open_runs("state:running")
        await shows(pilot, "crimson-otter", "stoic-whale", "2 of 77")
        world.client.set_flow_run_state(day["running"].id, Failed(timestamp=world.now), force=True)
        await until(pilot, lambda: "1 of 77" in screen_text(app) and "crimson-otter" not in screen_text(app))

    play(app, script)


def test_pages_are_read_as_one_comes_near_their_end(app: FlowtuiApp, world: World) -> None:
    for number in range(450):
        at = world.now - timedelta(minutes=number)
        world.client.create_flow_run(NewFlowRun(flow_name="f", name=f"run-{number}", state=Running(timestamp=at)))

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "450 runs", "run-0")
        await pilot.press(*["pagedown"] * 25)
        await until(pilot, lambda: table(app, "runs").cursor_index > 210)
        await shows(pilot, f"run-{table(app, 'runs').cursor_index} ")
        await pilot.press("G")
        await shows(pilot, "run-449")
        await pilot.press("g")
        await shows(pilot, "run-0 ", "run-1 ")

    play(app, script)


# -- acting -------------------------------------------------------------------------------------------------------


def state_of(world: World, run: FlowRun) -> str:
    return world.client.read_flow_run(run.id).state.name


def test_cancel_asks_and_enter_is_not_yes(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["running"])
        await pilot.press("c")
        await shows(pilot, "Cancel daily-etl · crimson-otter?", "Its processes are ended")
        await pilot.press("enter", "enter", "space")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        assert state_of(world, day["running"]) == "Running"
        await pilot.press("c")
        await shows(pilot, "Cancel daily-etl")
        await pilot.press("y")
        await until(pilot, lambda: state_of(world, day["running"]) in ("Cancelling", "Cancelled"))

    play(app, script)


def test_what_is_cancelled_was_fixed_when_the_question_opened(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["running"])
        await pilot.press("c")
        await shows(pilot, "Cancel daily-etl · crimson-otter?")
        others = [world.run("storm", f"new-{n}", Running(timestamp=world.now)) for n in range(5)]
        world.client.delete_flow_run(day["failed"].id)
        await pilot.pause(0.2)
        await pilot.press("y")
        await until(pilot, lambda: state_of(world, day["running"]) != "Running")
        assert {state_of(world, run) for run in others} == {"Running"}

    play(app, script)


def test_marked_runs_are_cancelled_together(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    late = day["late"]

    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["running"])
        await pilot.press("space")
        await on_run(pilot, late)
        await pilot.press("space")
        await shows(pilot, "2 marked")
        await pilot.press("c")
        await shows(pilot, "Cancel 2 runs?")
        await pilot.press("y")
        await until(pilot, lambda: state_of(world, late) == "Cancelled")
        await until(pilot, lambda: not table(app, "runs").marks)

    play(app, script)


def test_an_ended_run_cannot_be_cancelled_and_a_live_one_not_retried(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["failed"])
        await pilot.press("c")
        await shows(pilot, "has ended already")
        await on_run(pilot, day["running"])
        await pilot.press("R")
        await shows(pilot, "it has not ended")
        assert isinstance(app.screen, RunsScreen)

    play(app, script)


def test_retry_sets_a_failed_run_of_a_deployment_to_awaiting_retry(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["failed"])
        await pilot.press("R")
        await shows(pilot, "plucky-heron", "[ Retry ]")
        await pilot.press("R")
        await until(pilot, lambda: state_of(world, day["failed"]) == "AwaitingRetry")

    play(app, script)


def test_a_refusal_is_told_in_a_sentence(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    """A run without a deployment cannot be started again by anybody but its script."""

    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["crashed"])
        await pilot.press("R")
        await until(pilot, lambda: any("wild-lynx" in note.message for note in app._notifications))
        assert state_of(world, day["crashed"]) == "Crashed"

    play(app, script)


# -- Run ----------------------------------------------------------------------------------------------------------


def test_a_run_shows_its_tasks_log_parameters_result_and_states(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run(day["completed"].id)
        await shows(pilot, "daily-etl › violet-finch", "✔ Completed  1m12s", "load_page-0", "48/48")
        await pilot.press("right_square_bracket")
        await shows(pilot, "Finished in state Completed()", "2 lines")
        await pilot.press(*["right_square_bracket"] * 3)  # past the graph and the radar
        await shows(pilot, '"source": "api.example.com"', '"rows": 10000')
        await pilot.press("right_square_bracket")
        await shows(pilot, '"skipped": 7')
        await pilot.press("right_square_bracket")
        await shows(pilot, "WHEN", "▶ Running", "✔ Completed", "1m12s")
        await pilot.press(*["left_square_bracket"] * 5)
        await until(pilot, lambda: isinstance(app.focused, LogView))

    play(app, script)


def test_a_live_run_is_followed_while_it_works(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    run = day["running"]

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run(run.id)
        await shows(pilot, "crimson-otter", "31/48")
        world.task(run, "a_late_one-0", world.now - timedelta(seconds=1), None)
        world.log(run, world.now, 20, "something new")
        world.client.flush()
        await shows(pilot, "something new")
        timeline = app.screen.query_one("#timeline", VirtualTable)
        await until(pilot, lambda: len(timeline.rows) == 49)
        world.client.set_flow_run_state(run.id, Failed(timestamp=world.now, message="gave up"), force=True)
        await shows(pilot, "✖ Failed", "gave up")

    play(app, script)


def test_thousands_of_tasks_are_listed_and_scrolled(app: FlowtuiApp, world: World) -> None:
    run = world.run("wide", "fan-out", Running(timestamp=world.now - timedelta(seconds=60)))
    for number in range(2500):
        start = world.now - timedelta(seconds=60 - number / 50)
        world.task(run, f"piece-{number}", start, start + timedelta(seconds=2) if number < 2400 else None)
    world.client.flush()

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run(run.id)
        await shows(pilot, "fan-out", "piece-0")
        await until(pilot, lambda: len(table(app, "timeline").rows) == 2500)
        await pilot.press("G")
        await shows(pilot, "piece-2499")

    play(app, script)


def test_a_run_that_does_not_exist_says_so(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run("0199-nothing")
        await until(pilot, lambda: any("There is no flow run" in note.message for note in app._notifications))

    play(app, script)


# -- commands, keys, palette ----------------------------------------------------------------------------------------


def test_the_command_line_goes_to_a_screen_with_a_filter(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("colon", *"runs st", "tab", *"fai", "tab", "enter")
        await shows(pilot, "state:failed ×", "plucky-heron", "4 of 77")
        await pilot.press("colon", *"home", "enter")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("colon", *"run plucky-heron", "enter")
        await shows(pilot, "github-stars › plucky-heron")

    play(app, script)


def test_a_word_that_means_nothing_keeps_the_line_open(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("colon", *"rnus", "enter")
        await shows(pilot, "There is no command 'rnus'")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))

    play(app, script)


def test_quit_by_command(app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("colon", *"q", "enter")
        await until(pilot, lambda: app._exit)

    play(app, script)
    assert app.return_code == 0


def test_help_lists_the_keys_of_the_pane_first_and_does_what_is_chosen(
    app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["running"])
        await pilot.press("question_mark")
        text = await shows(pilot, "type to find", "mark", "cancel", "anywhere")
        assert text.index("pane") < text.index(" screen") < text.index("anywhere")
        await pilot.press(*"canc", "enter")
        await shows(pilot, "Cancel daily-etl · crimson-otter?")

    play(app, script, size=(120, 70))


def test_the_palette_finds_runs_by_name(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        await pilot.press("ctrl+p")
        await shows(pilot, "go to Runs")
        await pilot.press(*"plucky")
        await shows(pilot, "github-stars · plucky-heron")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await shows(pilot, "github-stars › plucky-heron")

    play(app, script)


def test_the_header_counts_and_its_counters_are_filters(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        first = (await shows(pilot, "▶ 2", "engine here", "14:02:31 UTC", "⌛ 1", "◷ 4 next 2m")).split("\n")[0]
        await pilot.click(offset=(first.index("▶ 2"), 0))
        await shows(pilot, "state:running ×", "2 of 77")

    play(app, script)


def test_local_time_and_utc_are_one_key_apart(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "14:02:31 UTC")
        await pilot.press("T")
        assert app.zone is None
        await pilot.press("T")
        assert app.zone is UTC
        await shows(pilot, "14:02:31 UTC")

    play(app, script)


# -- sizes and trouble ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (40, 10), (200, 60)])
def test_every_screen_works_at_every_size(app: FlowtuiApp, day: dict[str, FlowRun], size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "flowtui", "Home", "? keys")
        await go_to_runs_small(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await shows(pilot, "crimson-otter", "? keys")
        await pilot.press("question_mark", "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        for line in screen_text(app).split("\n"):
            assert len(line) <= size[0]

    async def go_to_runs_small(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "STATE", "Running")

    play(app, script, size)


def test_a_terminal_that_is_too_small_says_so_and_forgets_nothing(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await go_to_runs(pilot)
        await on_run(pilot, day["crashed"])
        for size in ((39, 20), (80, 9), (20, 5)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "STATE" not in screen_text(app))
            if size[0] > 30:
                await shows(pilot, "40 × 10 cells")
        await pilot.resize_terminal(120, 36)
        await shows(pilot, "STATE", "wild-lynx")
        assert table(app, "runs").cursor_id == day["crashed"].id

    play(app, script)


def test_a_store_that_does_not_open_ends_the_app_with_a_sentence() -> None:
    def broken() -> Any:
        raise StoreError("The folder /nowhere cannot be made.")

    app = FlowtuiApp(broken)

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app._exit)

    play(app, script)
    assert app.return_code == 2


def test_a_store_that_goes_away_is_said_and_comes_back(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    original = world.client.wait

    def broken(seen: int, timeout: float, *, within: float = 0.04) -> int:
        raise StoreError("The store went away.")

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "engine here")
        world.client.wait = broken  # type: ignore[method-assign]
        await shows(pilot, "reconnecting…")
        world.client.wait = original  # type: ignore[method-assign]
        await shows(pilot, "engine here")

    play(app, script)


def test_nothing_is_said_to_be_wrong_when_the_first_frame_has_no_store_yet() -> None:
    opened = asyncio.Event()

    def slow() -> Any:
        import time

        deadline = time.monotonic() + 5
        while not opened.is_set() and time.monotonic() < deadline:
            time.sleep(0.01)
        raise StoreError("enough")

    app = FlowtuiApp(slow)

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "opening the store")
        await pilot.press("2", "j", "enter", "c", "R", "1", "ctrl+p", "escape", "question_mark", "escape")
        await shows(pilot, "opening the store")
        opened.set()
        await until(pilot, lambda: app._exit)

    play(app, script)


class _Handle:
    """A backend that notes what becomes of it."""

    def __init__(self) -> None:
        self.fate = ""

    def is_running(self) -> bool:
        return not self.fate

    def stop(self) -> None:
        self.fate = "stopped"

    def detach(self) -> None:
        self.fate = "detached"


@pytest.mark.parametrize(("key", "left", "fate"), [("n", False, ""), ("b", True, "detached"), ("x", True, "")])
def test_leaving_while_runs_are_running_asks_what_becomes_of_them(
    world: World, day: dict[str, FlowRun], key: str, left: bool, fate: str
) -> None:
    handle = _Handle()
    for backend in world.client.list_backends():
        world.client.remove_backend(backend.id)
    app = FlowtuiApp(world.client, backend=lambda _: handle, now=world.clock, zone=UTC)

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "▶ 2")
        await until(pilot, lambda: app.backend is handle)
        await pilot.press("q")
        await shows(pilot, "2 flow runs are still running here.")
        await pilot.press("enter", key)
        if left:
            await until(pilot, lambda: app._exit)
        else:
            await until(pilot, lambda: isinstance(app.screen, HomeScreen))

    play(app, script)
    assert handle.fate == fate
    assert (app.backend is None) is (key == "b")


def test_leaving_asks_nothing_when_nothing_runs(world: World) -> None:
    app = FlowtuiApp(world.client, backend=lambda _: _Handle(), now=world.clock, zone=UTC)

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.backend is not None and app.status.counts is not None)
        await pilot.press("q")
        await until(pilot, lambda: app._exit)

    play(app, script)


def test_nobody_runs_schedules_and_s_starts_the_engine(world: World) -> None:
    handles: list[_Handle] = []

    def starter(_: Any) -> _Handle:
        handles.append(_Handle())
        return handles[-1]

    app = FlowtuiApp(world.client, backend=starter, now=world.clock, zone=UTC)

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: handles and app.backend is handles[0])
        app.backend = None
        await shows(pilot, "nobody runs schedules  s start")
        await pilot.press("s")
        await until(pilot, lambda: len(handles) == 2)
        await until(
            pilot, lambda: [(e.title, e.result) for e in app.acting.journal.entries] == [("Start the engine", "done")]
        )

    play(app, script)


def test_a_scheduled_run_is_shown_with_the_time_it_is_due(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    due = world.client.list_flow_runs(limit=1).items[0]
    assert due.state.type is StateType.SCHEDULED

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run(due.id)
        await shows(pilot, f"› {due.name}", "◷ Scheduled", "due 15:05:01, in 1h", "No task has been called yet.")

    play(app, script)
