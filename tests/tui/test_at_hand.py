"""What stands on a screen is about the row under the cursor and the keys that work now, and is cut only with a mark."""

from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.engine.states import Completed, Failed, Running, Scheduled
from flowtui.tui.acting.target import Target
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.completing import Offer
from flowtui.tui.screens.action_menu import ActionMenuScreen
from flowtui.tui.screens.help import HelpScreen
from flowtui.tui.screens.home import HomeScreen
from flowtui.tui.screens.journal import JournalScreen
from flowtui.tui.widgets.completion_menu import CompletionMenu
from flowtui.tui.widgets.preview import RunPreview
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


def bottom(app: FlowtuiApp) -> str:
    return screen_text(app).split("\n")[-1]


async def on_runs(pilot: Pilot[Any]) -> VirtualTable:
    app = pilot.app
    await until(pilot, lambda: app.is_open)  # type: ignore[attr-defined]
    await pilot.press("2")
    await until(pilot, lambda: bool(app.screen.query("#runs")) and app.screen.query_one(VirtualTable).cursor_id)
    return app.screen.query_one(VirtualTable)


def test_a_preview_that_gets_room_again_is_of_the_run_under_the_cursor(
    app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        table = await on_runs(pilot)
        preview = app.screen.query_one(RunPreview)

        def previewed() -> bool:
            return preview.glance is not None and preview.glance.run.id == table.cursor_id

        await until(pilot, previewed)
        await pilot.resize_terminal(60, 16)
        await until(pilot, lambda: not preview.display)
        await pilot.press("j", "j", "j")
        assert not previewed()
        await pilot.resize_terminal(120, 36)
        await until(pilot, previewed)

    play(app, script)


def test_what_a_preview_has_no_room_for_ends_with_a_mark(app: FlowtuiApp, world: World) -> None:
    begun = world.now - timedelta(minutes=1)
    failed = Failed(timestamp=begun + timedelta(seconds=2), message="the ledger does not balance " * 9)
    run = world.run("etl", "bad-luck", Running(timestamp=begun), failed)
    world.log(run, begun, 20, "copied a very long path " * 9)

    async def script(pilot: Pilot[Any]) -> None:
        await on_runs(pilot)
        text = await shows(pilot, "bad-luck   ✖ Failed", "copied a very long path")
        cut = [line for line in text.split("\n")[-12:] if "ledger" in line or "copied" in line]
        assert len(cut) == 2 and all(line.endswith("…") for line in cut), text

    play(app, script, size=(80, 24))


def test_while_something_is_typed_the_bar_names_no_key_that_would_be_typed(
    app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run(day["failed"].id, "logs")
        await shows(pilot, "ReadTimeout", "/ find")
        await pilot.press("slash")
        await until(pilot, lambda: bottom(app).split() == ["esc", "back"])
        await pilot.press("escape", "ampersand")
        await until(pilot, lambda: bottom(app).split() == ["esc", "back", "tab", "complete"])
        await pilot.press(*"level:error", "enter")
        await until(pilot, lambda: "↓ filters" in bottom(app))
        assert "find" not in bottom(app)
        await pilot.press("down")
        await shows(pilot, "x remove")

    play(app, script)


def test_keys_of_runs_are_named_where_there_is_a_run(app: FlowtuiApp, world: World) -> None:
    world.run("etl", "bad-luck", Running(timestamp=world.now), Completed(timestamp=world.now))

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "nobody serves", "bad-luck")
        await until(pilot, lambda: "enter open" in bottom(app) and "why" not in bottom(app))
        app.screen.query_one("#latest").focus()
        await until(pilot, lambda: "w why" in bottom(app))

    play(app, script)


def test_an_empty_list_names_no_key_for_a_row(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await on_runs(pilot)
        assert "enter open   space mark" in bottom(app) and "x actions" in bottom(app)
        await pilot.press("f", *"tag:nobody", "enter")
        await shows(pilot, "Nothing fits this filter.")
        await until(pilot, lambda: bottom(app).split()[:4] == ["f", "filter", "a", "attention"])
        await pilot.press("escape")
        await until(pilot, lambda: "enter open   space mark" in bottom(app) and "x actions" in bottom(app))

    play(app, script)


def test_the_keys_keep_their_names_in_the_smallest_window(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await on_runs(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await shows(pilot, "type to find; enter does it", "enter  open", "space  mark")

    play(app, script, size=(40, 10))


def test_how_many_runs_an_action_fits_is_never_cut(app: FlowtuiApp, world: World) -> None:
    begun = world.now - timedelta(minutes=1)
    for number in range(5):
        end = Completed if number else Failed
        world.run("etl", f"run-{number}", Running(timestamp=begun), end(timestamp=begun + timedelta(seconds=2)))
    world.run("etl", "under-way", Running(timestamp=begun))

    async def script(pilot: Pilot[Any]) -> None:
        await on_runs(pilot)
        await pilot.press("asterisk", "x")
        await until(pilot, lambda: isinstance(app.screen, ActionMenuScreen))
        text = await shows(pilot, "Delete")
        (pause,) = [line for line in text.split("\n") if " Pause " in line]
        assert "…   1 of 6 " in pause, text

    play(app, script, size=(60, 16))


def test_letters_that_stand_above_the_cursor_are_found_and_those_nowhere_are_told(
    app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        table = await on_runs(pilot)
        await pilot.press("j", "j", "j", "slash", *"crimson")
        await until(pilot, lambda: table.cursor_id == day["running"].id)
        assert "↓ to the list" in bottom(app)
        await pilot.press("x", "x")
        await shows(pilot, "none near; n looks further")
        await pilot.press("backspace", "backspace")
        await until(pilot, lambda: "none near" not in screen_text(app))
        await pilot.press("escape", "4")
        await shows(pilot, "DEPLOYMENT", "daily-etl/prod")
        await pilot.press("slash", *"qqq")
        await shows(pilot, "nowhere")

    play(app, script, size=(60, 16))


def test_what_comes_next_says_which_deployment_where_a_flow_has_several(app: FlowtuiApp, world: World) -> None:
    for minutes, (flow, name) in enumerate((("etl", "prod"), ("etl", "test"), ("report", "nightly")), start=2):
        due = world.now + timedelta(minutes=minutes)
        deployment = world.deployment(flow, name)
        world.run(flow, f"run-{name}", Scheduled(due, timestamp=world.now), due=due, deployment_id=deployment)

    async def script(pilot: Pilot[Any]) -> None:
        text = await shows(pilot, "etl/prod", "etl/test", "14:06")
        assert "report" in text and "report/nightly" not in text

    play(app, script)


def test_a_batch_that_leaves_some_out_says_so() -> None:
    assert Target(ids=("1", "2"), runs=(), cut=True).name == "the newest 2 runs"
    assert Target(ids=("1", "2"), runs=()).name == "2 runs"


def test_candidates_without_a_hint_are_shown_whole(app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        menu = CompletionMenu()
        await app.screen.mount(menu)
        menu.show([Offer(name, name) for name in ("catppuccin-frappe", "catppuccin-macchiato")], 0)
        await shows(pilot, "catppuccin-frappe", "catppuccin-macchiato")

    play(app, script, size=(40, 10))


def test_an_entry_of_the_journal_is_read_in_full(app: FlowtuiApp, world: World) -> None:
    begun = world.now - timedelta(minutes=1)
    ended = Completed(timestamp=begun + timedelta(seconds=2))
    runs = [world.run("etl", f"run-{number}", Running(timestamp=begun), ended) for number in range(30)]

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.act("tag", runs)
        await shows(pilot, "Tags of 30 runs")
        await pilot.press(*"+seen", "enter")
        await until(pilot, lambda: app.acting.journal.entries and app.acting.journal.entries[-1].result == "done")
        await pilot.press("at")
        await until(pilot, lambda: isinstance(app.screen, JournalScreen))
        await shows(pilot, "WHAT WAS DONE", "enter open")
        assert "bulk.tag(" not in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: "WHAT WAS DONE" not in screen_text(app))
        await pilot.press("end")
        await shows(pilot, "bulk.tag(")
        await pilot.press("escape")
        await shows(pilot, "WHAT WAS DONE")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))

    play(app, script, size=(80, 24))
