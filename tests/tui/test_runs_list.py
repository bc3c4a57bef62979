"""The list of runs while somebody works on it: marks hold it still, all that match are one batch, letters are found."""

from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from flowtui.engine.bulk import freeze
from flowtui.engine.model import FlowRun, NewFlowRun
from flowtui.engine.query import Query
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.help import keys_of
from flowtui.tui.screens.runs import RunsScreen
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


async def runs(pilot: Pilot[Any], query: str = "") -> tuple[RunsScreen, VirtualTable]:
    pilot.app.open_runs(query)  # type: ignore[attr-defined]
    await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and pilot.app.is_open)  # type: ignore[attr-defined]
    screen = pilot.app.screen
    assert isinstance(screen, RunsScreen)
    await until(pilot, lambda: screen.query("#runs"))
    table = screen.query_one("#runs", VirtualTable)
    await until(pilot, lambda: table.cursor_id is not None)
    return screen, table


def test_the_order_stands_still_while_runs_are_marked(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        _, table = await runs(pilot, "state:running")
        await shows(pilot, "2 of 77")
        table.move_to_id(day["big"].id)
        await pilot.press("space")
        order = [table.rows.row_id(index) for index in range(len(table.rows))]
        world.client.set_flow_run_state(day["big"].id, Completed(timestamp=world.now), force=True)
        world.run("storm", "late-comer", Running(timestamp=world.now))
        await shows(pilot, "1 marked", "▲ 1 new", "✔ Completed")
        assert [table.rows.row_id(index) for index in range(len(table.rows))] == order
        assert table.marks == {day["big"].id}
        await pilot.press("escape")
        await shows(pilot, "late-comer", "2 of 78")
        assert "stoic-whale" not in screen_text(app).split("───")[0]

    play(app, script)


def test_all_that_match_are_one_batch_of_the_filter(app: FlowtuiApp, day: dict[str, FlowRun], world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen, table = await runs(pilot, "state:failed")
        await shows(pilot, "4 of 77")
        await pilot.press("A")
        await shows(pilot, "all 4 of 77 marked")
        assert table.all_marked
        subjects = screen.acting_on()
        assert isinstance(subjects, Query) and str(subjects) == "state:failed"
        assert len(freeze(world.client, subjects).ids) == 4
        await pilot.press("escape")
        assert not table.is_marking and screen.acting_on() == (table.cursor_id,)
        assert screen.query_text == "state:failed"

    play(app, script)


def test_what_needs_attention_is_one_key_away_and_back(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen, _ = await runs(pilot, "flow:github-stars")
        await pilot.press("a")
        await shows(pilot, "needs:attention ×", "flow:github-stars ×", "plucky-heron")
        await until(pilot, lambda: "Completed" not in screen_text(app).split("───")[1])
        await pilot.press("a")
        await until(pilot, lambda: screen.query_text == "flow:github-stars")

    play(app, script)


def test_letters_are_found_beyond_what_was_read(app: FlowtuiApp, world: World) -> None:
    for number in range(700):
        at = world.now - timedelta(minutes=number)
        world.client.create_flow_run(NewFlowRun(flow_name="f", name=f"run-{number}", state=Running(timestamp=at)))

    async def script(pilot: Pilot[Any]) -> None:
        _, table = await runs(pilot)
        await shows(pilot, "700 runs")
        await pilot.press("slash", *"-55", "enter")
        await until(pilot, lambda: table.cursor_index == 55)
        await shows(pilot, "run-54", "run-55", "run-56")
        await pilot.press("n")
        await shows(pilot, "run-550", "run-551")
        await pilot.press("n", "N", "N")
        await shows(pilot, "run-55 ", "run-54 ")
        await pilot.press("n", "G", "n")
        await shows(pilot, "No other run below has '-55'.")
        await pilot.press("escape", "g")
        await shows(pilot, "run-0 ", "run-1 ")

    play(app, script)


def test_a_list_is_entered_at_its_end_and_in_its_middle(app: FlowtuiApp, world: World) -> None:
    """Whatever part was read, rows stand where they belong, and the way back is as long as the way there."""
    for number in range(900):
        at = world.now - timedelta(minutes=number)
        world.client.create_flow_run(NewFlowRun(flow_name="f", name=f"run-{number}", state=Running(timestamp=at)))

    async def script(pilot: Pilot[Any]) -> None:
        _, table = await runs(pilot)
        await shows(pilot, "900 runs")
        await pilot.press("G")
        await shows(pilot, "run-899", "run-890")
        await pilot.press(*["pageup"] * 15)
        await until(pilot, lambda: table.cursor_id is not None and table.cursor_index < 700)
        await shows(pilot, f"run-{table.cursor_index} ")
        table.action_move_to(450)
        await shows(pilot, "run-450 ")
        assert table.cursor_index == 450
        await pilot.press("g")
        await shows(pilot, "run-0 ", "run-9 ")

    play(app, script)


def test_the_keys_that_are_shown_follow_the_run_under_the_cursor(
    app: FlowtuiApp, day: dict[str, FlowRun], world: World
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen, table = await runs(pilot)
        await shows(pilot, "77 runs")
        told: list[object] = []
        screen.bindings_updated_signal.subscribe(table, told.append)

        def offered() -> set[str]:
            shown = (one.binding for one in screen.active_bindings.values() if one.binding.show)
            return {binding.description for binding in shown} & {"cancel", "retry"}

        for name, keys in (("running", {"cancel"}), ("failed", {"retry"}), ("completed", set[str]())):
            table.move_to_id(day[name].id)
            await until(pilot, lambda keys=keys: offered() == keys)
        assert "retry" not in screen_text(app).split("\n")[35] and len(told) == 2
        table.move_to_id(day["running"].id)
        await until(pilot, lambda: offered() == {"cancel"})
        await pilot.press("space")  # of several, some may do
        await until(pilot, lambda: offered() == {"cancel", "retry"})
        await pilot.press("escape")
        table.move_to_id(day["big"].id)
        await until(pilot, lambda: offered() == {"cancel"})
        before = len(told)
        table.move_to_id(day["running"].id)
        await until(pilot, lambda: table.cursor_id == day["running"].id)
        await pilot.pause()
        assert len(told) == before  # another run, and the same keys
        world.client.set_flow_run_state(day["running"].id, Completed(timestamp=world.now), force=True)
        await until(pilot, lambda: offered() == set())
        assert {"cancel", "retry"} <= {key.words for key in keys_of(screen)}  # `?` knows them all the same

    play(app, script)
