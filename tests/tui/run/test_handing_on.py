"""What the tabs of a run hand on to commands and to SQL."""

from typing import Any

from textual.pilot import Pilot

from flowtui.tui.app import FlowtuiApp
from flowtui.tui.piping.records import Row
from flowtui.tui.piping.sql_screen import SqlScreen
from flowtui.tui.run.gantt import Gantt
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.widgets.data_grid import DataGrid
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.pipeline import a_pipeline
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import shows, until


async def handed_on(app: FlowtuiApp) -> tuple[str, list[Row]]:
    """Their title, and all the rows that are here."""
    records = app.records_here()
    assert records is not None
    assert records.env["FLOWTUI_FLOW_RUN_NAME"] == "golden-lynx"
    rows = [row async for part in records.read() for row in part]
    assert len(rows) == records.count or records.table == "parameters"
    assert all(records.text(row) for row in rows if any(not isinstance(value, dict | list) for value in row.values()))
    return records.title, rows


async def on_tab(pilot: Pilot[Any], tab: str) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    await screen.action_tab(tab)
    await until(pilot, lambda: pilot.app.focused is not None and screen.tab == tab)


def test_each_tab_hands_on_what_it_shows(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "join-0")
        names = {task.name for task in pipeline.tasks.values()}
        for tab in ("timeline", "graph", "radar"):
            await on_tab(pilot, tab)
            title, rows = await handed_on(app)
            assert title == f"{len(rows)} task runs of golden-lynx"
            assert {row["name"] for row in rows} >= names and all("state_name" in row for row in rows)
        await on_tab(pilot, "parameters")
        assert (await handed_on(app))[1] == [pipeline.run.parameters]
        await on_tab(pilot, "result")
        results = {row["name"]: row["result"] for row in (await handed_on(app))[1]}
        assert {"shop": "lisbon", "orders": 102} in results.values() and results["golden-lynx"] is None
        await on_tab(pilot, "states")
        assert [row["name"] for row in (await handed_on(app))[1]] == [
            state.name for state in world.client.flow_run_states(pipeline.run.id)
        ]
        await on_tab(pilot, "events")
        await shows(pilot, "AwaitingRetry")
        events = (await handed_on(app))[1]
        assert events == sorted(events, key=lambda row: row["occurred"], reverse=True)
        assert any(row["event"] == "AwaitingRetry" and row["subject"] in names for row in events)

    play(app, script)


def test_a_table_hands_on_its_rows_while_it_has_the_keyboard_and_tasks_answer_sql(
    app: FlowtuiApp, world: World
) -> None:
    pipeline = a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id, "artifacts")
        await shows(pilot, "golden-lynx", "orders-by-shop")
        made = (await handed_on(app))[1]
        assert {row["type"] for row in made} == {"progress", "image", "link", "table", "markdown"}
        table = next(row for row in made if row["type"] == "table")
        app.screen.query_one("#artifact-rows", VirtualTable).move_to_id(table["id"])
        await shows(pilot, "revenue", "1250.5")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, DataGrid))
        title, rows = await handed_on(app)
        assert title == f"{len(rows)} rows of orders-by-shop" and 1250.5 in [row["revenue"] for row in rows]
        await on_tab(pilot, "timeline")
        await until(pilot, lambda: isinstance(app.focused, Gantt))
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, SqlScreen))
        await shows(pilot, "table tasks: id, name")
        await pilot.press(*"select count(*) as many from tasks where name like 'extract%'", "enter")
        await shows(pilot, "many", "1 row in")

    play(app, script)
