"""The Deployments screen, a deployment's page and the form to run it, driven by keys on a real store."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.model import (
    Deployment,
    DeploymentSpec,
    FlowRun,
)
from flowtui.engine.query import Query
from flowtui.engine.schedules import Cron, Interval
from flowtui.engine.states import Completed, Failed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.deployment_cells import DeploymentRow, facts_of, schedule_words
from flowtui.tui.deployment_columns import COLUMNS
from flowtui.tui.deployment_list import next_fires_of
from flowtui.tui.forms.row import FieldRow
from flowtui.tui.forms.view import FormView
from flowtui.tui.lists.columns import At
from flowtui.tui.screens.confirm import ConfirmScreen
from flowtui.tui.screens.deployment import DeploymentScreen
from flowtui.tui.screens.deployments import DeploymentsScreen, read_rows
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.screens.run_form import RunFormScreen
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import NOW, World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.pictures import Pictures

SCHEMA = {
    "title": "Parameters",
    "type": "object",
    "properties": {
        "source": {"type": "string", "position": 0, "description": "The host that the orders come from."},
        "destination": {"enum": ["snowflake", "duckdb", "postgres"], "default": "duckdb", "position": 1},
        "since": {"type": "string", "format": "date", "position": 2, "description": "The first day to load."},
        "limits": {"$ref": "#/definitions/Limits", "default": {"rows": 10000, "dry_run": True}, "position": 3},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "position": 4},
    },
    "required": ["source", "since"],
    "definitions": {
        "Limits": {
            "type": "object",
            "properties": {
                "rows": {"type": "integer", "minimum": 1, "default": 10000},
                "dry_run": {"type": "boolean", "default": True},
            },
        }
    },
}


@pytest.fixture
def orders(world: World) -> Deployment:
    """A deployment with parameters, of which `since` has no default, and two schedules."""
    made = world.client.save_deployment(
        DeploymentSpec(
            name="prod",
            flow_name="orders-load",
            entrypoint="flows/orders.py:orders",
            path="/srv/acme",
            description="Loads the orders of a day into the warehouse.\nAsk Ada before running it twice.",
            parameters={"source": "api.example.com"},
            parameter_openapi_schema=SCHEMA,
            tags=("orders", "prod"),
            schedules=(
                Cron("0 2 * * *", timezone="Europe/Berlin"),
                Interval(timedelta(hours=6), NOW, active=False),
            ),
        )
    )
    world.forget_plans()
    return made


@pytest.fixture
def hello(world: World) -> Deployment:
    """A deployment that takes no parameters, on demand."""
    return world.client.save_deployment(
        DeploymentSpec(
            name="plain",
            flow_name="hello",
            entrypoint="hello.py:hello",
            path="/srv/acme",
            parameter_openapi_schema={"type": "object", "properties": {}, "required": []},
        )
    )


def runs_of(world: World, deployment: Deployment) -> tuple[FlowRun, ...]:
    return world.client.list_flow_runs(Query.of(deployment_id=deployment.id)).items


async def open_list(pilot: Pilot[Any], *words: str) -> None:
    await pilot.press("4")
    await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentsScreen))
    await shows(pilot, "DEPLOYMENT", *words)


async def on_deployment(pilot: Pilot[Any], deployment: Deployment) -> None:
    """Put the cursor on a deployment."""
    table = pilot.app.screen.query_one("#deployments", VirtualTable)
    await until(pilot, lambda: table.rows.index_of(deployment.id) is not None)
    table.move_to_id(deployment.id)
    assert table.cursor_id == deployment.id


async def open_form(pilot: Pilot[Any], deployment: Deployment, key: str = "R") -> RunFormScreen:
    """The form of a deployment, with the keyboard in it."""
    await open_list(pilot, deployment.name)
    await on_deployment(pilot, deployment)
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, RunFormScreen) and pilot.app.screen.focused is not None)
    screen = pilot.app.screen
    assert isinstance(screen, RunFormScreen)
    return screen


async def fill(pilot: Pilot[Any], text: str, *path: str, view: str = "parameters") -> None:
    """Type into a field of the form that is on."""
    rows = pilot.app.screen.query_one(f"#{view}", FormView).rows
    await until(pilot, lambda: rows.row(path) is not None)

    def there() -> bool:
        row = rows.row(path)
        part = None if row is None else row.focusable_part
        if part is not None and pilot.app.focused is not part:
            part.focus()
        return part is not None and pilot.app.focused is part and not isinstance(part, FieldRow)

    await until(pilot, there)
    await pilot.press(*text)


# -- the list ------------------------------------------------------------------------------------------------------


def test_each_deployment_says_when_it_runs_and_how_it_went(
    app: FlowtuiApp, day: dict[str, FlowRun], orders: Deployment, hello: Deployment
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod", "daily-etl/prod")
        text = screen_text(app).replace("▌", " ")
        lines = {line.split()[0]: line for line in text.splitlines() if "/" in line and "local" in line}
        assert "every hour at :05" in lines["daily-etl/prod"]
        assert "in 2m" in lines["daily-etl/prod"]
        assert "▶ Running 26s" in lines["daily-etl/prod"]
        assert "✖ Failed 3m" in lines["github-stars/main"]
        assert "daily at 02:00 Europe/Berlin" in lines["orders-load/prod"]
        assert "in 10h" in lines["orders-load/prod"]
        assert "never" in lines["orders-load/prod"]
        assert "orders prod" in lines["orders-load/prod"]
        assert "on demand" in lines["hello/plain"]

    play(app, script)


def test_an_empty_list_says_how_to_make_a_deployment(app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No deployment yet.", "flowtui deploy")

    play(app, script)


def test_the_list_follows_the_store_and_the_cursor_stays(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod")
        await on_deployment(pilot, orders)
        first = world.deployment("aaa-first", "main")
        await shows(pilot, "aaa-first/main")
        assert app.screen.query_one("#deployments", VirtualTable).cursor_id == orders.id
        begun = world.now - timedelta(seconds=5)
        world.run("aaa-first", "some-run", Running(timestamp=begun), deployment_id=first)
        await shows(pilot, "▶ Running 5s")
        world.run("aaa-first", "other", Running(timestamp=begun), Failed(timestamp=world.now), deployment_id=first)
        await shows(pilot, "✖ Failed 0s")
        world.client.delete_deployment(first)
        await until(pilot, lambda: "aaa-first" not in screen_text(app))

    play(app, script)


def test_p_pauses_and_resumes(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod", "in 10h")
        await pilot.press("p")
        await shows(pilot, "⏸ paused")
        assert world.client.read_deployment(orders.id).paused
        await pilot.press("p")
        await shows(pilot, "in 10h")
        assert not world.client.read_deployment(orders.id).paused

    play(app, script)


def test_slash_finds_letters_and_the_others_stay(
    app: FlowtuiApp, day: dict[str, FlowRun], orders: Deployment, hello: Deployment
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "hello/plain", "daily-etl")
        table = app.screen.query_one("#deployments", VirtualTable)
        await pilot.press("slash", *"RDERS", "enter")
        await until(pilot, lambda: table.cursor_id == orders.id)
        assert "daily-etl/prod" in screen_text(app)
        await pilot.press("n")
        await shows(pilot, "No other deployment below has 'RDERS'.")
        await pilot.press("escape")
        assert isinstance(app.focused, VirtualTable)

    play(app, script)


# -- running -------------------------------------------------------------------------------------------------------


def test_r_runs_at_once_and_opens_the_run(app: FlowtuiApp, world: World, hello: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "hello/plain")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        [run] = runs_of(world, hello)
        await shows(pilot, f"hello › {run.name}", "Scheduled")
        assert run.parameters == {}
        assert app.screen.run_id == run.id

    play(app, script)


def test_r_opens_the_form_when_something_has_no_default(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_form(pilot, orders, "r")
        await shows(pilot, "Run orders-load/prod", "This is required.")
        assert runs_of(world, orders) == ()
        await fill(pilot, "yesterday", "since")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        [run] = runs_of(world, orders)
        assert run.parameters == {"source": "api.example.com", "since": "2026-11-19"}

    play(app, script)


def test_the_form_sends_what_was_changed_and_nothing_else(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen = await open_form(pilot, orders)
        text = await shows(pilot, "[ api.example.com", "(●) duckdb", "▸ rows 10,000 · dry_run yes", "pool local")
        assert "required" not in text
        await fill(pilot, "2026-11-01", "since")
        screen.query_one("#parameters", FormView).rows.row(("limits",)).action_open(True)
        await fill(pilot, "5", "limits", "rows")
        await shows(pilot, "2 fields changed from the defaults")
        await fill(pilot, "manual", "tags", view="options")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        [run] = runs_of(world, orders)
        assert run.parameters == {
            "source": "api.example.com", "since": "2026-11-01", "limits": {"rows": 5, "dry_run": True},
        }  # fmt: skip
        assert set(run.tags) == {"orders", "prod", "manual"}
        assert run.created_by == "workstation"

    play(app, script)


def test_what_does_not_fit_is_not_run(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_form(pilot, orders)
        await fill(pilot, "2026-02-30", "since")
        await pilot.press("ctrl+s")
        await shows(pilot, "This must be a date such as")
        assert isinstance(app.screen, RunFormScreen)
        assert runs_of(world, orders) == ()

    play(app, script)


@pytest.mark.parametrize(
    ("steps", "field", "text", "due"),
    [
        (1, "in", "2h", NOW + timedelta(hours=2)),
        (2, "at", "tomorrow 9:00", datetime(2026, 11, 21, 9, 0, tzinfo=UTC)),
        (2, "at", "2026-12-24 18:30", datetime(2026, 12, 24, 18, 30, tzinfo=UTC)),
    ],
)
def test_a_run_can_wait(
    app: FlowtuiApp, world: World, hello: Deployment, steps: int, field: str, text: str, due: datetime
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_form(pilot, hello)
        await shows(pilot, "it takes no parameters", "(●) now")
        await pilot.press(*["right"] * steps)
        await fill(pilot, text, field, view="options")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        [run] = runs_of(world, hello)
        assert run.expected_start_time == due

    play(app, script)


def test_a_time_that_has_passed_is_refused(app: FlowtuiApp, world: World, hello: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_form(pilot, hello)
        await pilot.press("right", "right")
        await pilot.press("ctrl+s")
        await shows(pilot, "This is required.")
        await fill(pilot, "2026-11-19 09:00", "at", view="options")
        await pilot.press("ctrl+s")
        await shows(pilot, "This time has passed.")
        assert runs_of(world, hello) == ()

    play(app, script)


def test_the_run_button_is_pressed_by_enter_and_by_the_mouse(app: FlowtuiApp, world: World, hello: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_form(pilot, hello)
        await pilot.press("tab", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeploymentsScreen))
        await open_form(pilot, hello)
        await pilot.click("#run")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        assert len(runs_of(world, hello)) == 2

    play(app, script)


def test_leaving_a_form_that_was_filled_in_is_asked_about(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_form(pilot, orders)
        await fill(pilot, "2026-11-01", "since")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter", "n")
        await until(pilot, lambda: isinstance(app.screen, RunFormScreen))
        await shows(pilot, "[ 2026-11-01")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DeploymentsScreen))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RunFormScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeploymentsScreen))
        assert runs_of(world, orders) == ()

    play(app, script)


def test_pressing_r_has_the_run_on_the_screen_within_half_a_second(
    app: FlowtuiApp, world: World, hello: Deployment
) -> None:
    """What the terminal takes of the 500 ms between the key and Running; the worker's share is measured elsewhere."""

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "hello/plain")
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            app.simulate_key("r")
            while not isinstance(app.screen, RunScreen):
                await asyncio.sleep(0)
            took.append(time.perf_counter() - begun)
            await shows(pilot, "No task has been called yet.", "No line was logged.")
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, DeploymentsScreen))
        assert min(took) < 0.5

    play(app, script)


# -- the page of one deployment ------------------------------------------------------------------------------------


def test_enter_shows_what_there_is_to_know(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod")
        await pilot.press("enter")
        text = await shows(pilot, "Deployments › orders-load/prod", "Ask Ada before running it twice.")
        for words in ("flows/orders.py:orders", "Sat Nov 21 01:00   in 10h", "Wed Nov 25 01:00", "every 6 hours   off"):
            assert words in text
        assert text.count("Nov 2") >= 5
        parameters = {line.split()[0]: line for line in text.splitlines() if "  " in line.strip()}
        assert "required" in parameters["since"]
        assert "api.example.com" in parameters["source"]
        assert '"rows": 10000' in parameters["limits"]

    play(app, script)


def test_the_page_lists_recent_runs_and_opens_them(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod")
        await pilot.press("enter")
        await shows(pilot, "It has not run yet.")
        begun = world.now - timedelta(minutes=3)
        run = world.run(
            "orders-load",
            "calm-auk",
            Running(timestamp=begun),
            Completed(timestamp=begun + timedelta(seconds=4)),
            deployment_id=orders.id,
        )
        await shows(pilot, "calm-auk", "✔ Completed", "4.0s")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run_id == run.id)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeploymentScreen))
        await pilot.press("p")
        await shows(pilot, "⏸ paused")
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RunFormScreen))

    play(app, script)


def test_a_deployment_that_was_deleted_says_so(app: FlowtuiApp, world: World, hello: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "hello/plain")
        await pilot.press("enter")
        await shows(pilot, "It has not run yet.")
        world.client.delete_deployment(hello.id)
        await shows(pilot, "There is no deployment")

    play(app, script)


# -- what they say: pure -----------------------------------------------------------------------------------------------


def test_the_next_run_is_the_earliest_of_the_active_schedules(world: World, orders: Deployment) -> None:
    assert next_fires_of(orders, NOW) == (datetime(2026, 11, 21, 1, 0, tzinfo=UTC),)
    world.client.set_deployment_paused(orders.id, True)
    paused = world.client.read_deployment(orders.id)
    assert next_fires_of(paused, NOW) == ()
    assert "⏸ paused" in repr(COLUMNS.painter(COLUMNS.usual)(DeploymentRow(deployment=paused), At(NOW, UTC)))
    assert "⏸ " in repr(facts_of(paused, {}, NOW, UTC))


def test_the_last_run_of_a_quiet_deployment_is_found_behind_many_others(world: World, orders: Deployment) -> None:
    busy = world.deployment("busy", "main")
    old = world.now - timedelta(days=3)
    quiet = world.run(
        "orders-load", "old-one", Running(timestamp=old), Completed(timestamp=old), deployment_id=orders.id
    )
    for number in range(220):
        begun = world.now - timedelta(minutes=number + 1)
        world.run("busy", f"run-{number}", Running(timestamp=begun), deployment_id=busy)
    last = {row.deployment.id: row.last for row in read_rows(world.client, world.now)}
    assert last[orders.id] is not None
    assert last[orders.id].id == quiet.id
    assert last[busy] is not None
    assert last[busy].name == "run-0"


def test_schedules_in_words(orders: Deployment, hello: Deployment) -> None:
    assert schedule_words(orders) == "daily at 02:00 Europe/Berlin"
    assert schedule_words(hello) == "on demand"


# -- how they look -----------------------------------------------------------------------------------------------------


def test_picture_of_the_list(
    pictures: Pictures, app: FlowtuiApp, world: World, day: dict[str, FlowRun], orders: Deployment, hello: Deployment
) -> None:
    world.client.set_deployment_paused(hello.id, True)

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod", "daily-etl")

    pictures(app, script)


def test_picture_of_a_deployment(
    pictures: Pictures, app: FlowtuiApp, world: World, day: dict[str, FlowRun], orders: Deployment
) -> None:
    for number in range(3):
        begun = world.now - timedelta(minutes=7 * number + 3)
        world.run(
            "orders-load",
            f"brisk-dove-{number}",
            Running(timestamp=begun),
            (Failed if number == 1 else Completed)(timestamp=begun + timedelta(seconds=30 + number)),
            deployment_id=orders.id,
        )

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod")
        await on_deployment(pilot, orders)
        await pilot.press("enter")
        await shows(pilot, "brisk-dove-2")

    pictures(app, script)


def test_picture_of_the_form_with_a_problem(
    pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun], orders: Deployment
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen = await open_form(pilot, orders)
        await fill(pilot, "2026-11-19", "since")
        screen.query_one("#parameters", FormView).rows.row(("limits",)).action_open(True)
        await fill(pilot, "0", "limits", "rows")
        await pilot.press("ctrl+s")
        await shows(pilot, "Must be at least 1")

    pictures(app, script)


def test_picture_of_no_deployment(pictures: Pictures, app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No deployment")

    pictures(app, script)


def test_picture_of_the_form(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun], orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_form(pilot, orders)

    pictures(app, script)


# -- order, marks, and what never stands still -------------------------------------------------------------------------


def test_the_list_is_sorted_by_a_key_and_turned_round(
    app: FlowtuiApp, day: dict[str, FlowRun], orders: Deployment, hello: Deployment
) -> None:
    def order(pilot: Pilot[Any]) -> list[str]:
        rows = pilot.app.screen.query_one("#deployments", VirtualTable).rows
        known = {one.id: one.flow_name for one in app.client.list_deployments().items}
        return [known[rows.row_id(index)] for index in range(len(rows))]

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod", "hello/plain")
        assert order(pilot) == sorted(order(pilot))
        await pilot.press("o")
        await shows(pilot, "what runs soonest")
        await pilot.press("2")
        await until(pilot, lambda: order(pilot)[0] == "daily-etl")  # in 2 minutes
        assert order(pilot)[-1] == "hello"  # never by itself
        await pilot.press("O")
        await until(pilot, lambda: order(pilot)[0] == "hello")

    play(app, script)


def test_marked_deployments_are_paused_together_and_come_back_together(
    app: FlowtuiApp, world: World, orders: Deployment, hello: Deployment
) -> None:
    def paused() -> list[bool]:
        return [one.paused for one in world.client.list_deployments().items]

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod", "hello/plain")
        await pilot.press("space", "space", "p")
        await until(pilot, lambda: paused() == [True, True])
        await pilot.press("g", "space", "space", "p")
        await until(pilot, lambda: paused() == [False, False])

    play(app, script)


def test_a_schedule_of_each_second_is_reckoned_alone_and_nothing_is_read_for_it(
    app: FlowtuiApp, world: World, orders: Deployment
) -> None:
    spec = DeploymentSpec(name="tick", flow_name="tick", entrypoint="t.py:t", path="/srv", schedules=(Interval(1),))
    world.client.save_deployment(spec)
    world.forget_plans()

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "tick/tick", "orders-load/prod")
        screen = app.screen
        assert isinstance(screen, DeploymentsScreen)
        reads: list[object] = []
        app.client.list_deployments = lambda **_: reads.append(1)  # type: ignore[method-assign,assignment]
        world.now += timedelta(seconds=30)
        row = next(row for row in screen._all.values() if row.deployment.name == "tick")
        await until(pilot, lambda: (screen._all[row.deployment.id].next or world.now) > world.now)
        assert not reads

    play(app, script)


def test_who_serves_is_said_and_followed(app: FlowtuiApp, world: World, orders: Deployment) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "orders-load/prod", "local nobody")

    play(app, script)
