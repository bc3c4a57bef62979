"""The tabs of a run beside its timeline, by keyboard."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowtui.engine.model import NewFlowRun
from flowtui.engine.shared import ArtifactRecord
from flowtui.engine.states import Completed, Failed, Pending, Running, Scheduled
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.run.artifact_lines import address_of, artifact_lines, kind_of, table_of
from flowtui.tui.run.branches import Branches
from flowtui.tui.run.canvas import CanvasView
from flowtui.tui.run.graph_nodes import graph_of
from flowtui.tui.run.nodes_pane import NodesPane
from flowtui.tui.run.panes import TABS
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.themes import DARK
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.pipeline import a_pipeline, call, went
from tests.fakes.world import NOW, World, seconds
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.run.values import RUN, branch_of, depending, task

LOOKS = {
    "timeline": ("join-0", "No task has been called yet."),
    "logs": ("275 orders of 3 shops", "No line was logged."),
    "graph": ("notify-0", "No task has been called yet."),
    "radar": ("join-0", "No task has been called yet."),
    "parameters": ('"dry_run"', "no parameters"),
    "result": ('{"shop": "lisbon", "orders": 102}', "The run has not ended yet."),
    "states": ("503 Service Unavailable", "Scheduled"),
    "artifacts": ("orders-by-shop", "no artifact"),
    "events": ("AwaitingRetry", "Scheduled"),
}
"""What each tab shows of a run that has everything, and of one that has nothing."""


@pytest.fixture
def run_app(world: World, app: FlowtuiApp) -> FlowtuiApp:
    app.animation_level = "none"
    return app


def test_every_tab_shows_a_run_that_has_everything_and_one_that_has_nothing(run_app: FlowtuiApp, world: World) -> None:
    app, pipeline = run_app, a_pipeline(world)
    bare = world.client.create_flow_run(
        NewFlowRun(id=world.id(), flow_name="bare", name="bare-run", state=Scheduled(NOW, timestamp=NOW))
    )

    async def script(pilot: Pilot[Any]) -> None:
        for run, name, which in ((pipeline.run, "golden-lynx", 0), (bare, "bare-run", 1)):
            app.open_run(run.id)
            for tab in TABS:
                await shows(pilot, name, LOOKS[tab][which])
                await pilot.press("right_square_bracket")
            await pilot.press("escape")

    assert set(LOOKS) == set(TABS)
    play(app, script)


def test_the_graph_is_walked_opened_and_followed(run_app: FlowtuiApp, world: World) -> None:
    app, pipeline = run_app, a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id, "graph")
        await shows(pilot, "golden-lynx", "notify-0", "report-0 ▸")
        canvas, pane = app.screen.query_one(CanvasView), app.screen.query_one(NodesPane)
        assert canvas.cursor_id == pipeline.tasks["extract-0"].id
        await pilot.press("right", "right", "right")
        assert pane.node is not None and pane.node.label == "report-0"
        await pilot.press("space")
        await until(pilot, lambda: {"render-0", "render-1"} <= {node.label for node in pane.graph.nodes})
        load = pipeline.tasks["load-0"]
        world.client.save_task_run(replace(load, state=Completed(timestamp=world.now), end_time=world.now))
        await until(pilot, lambda: all(n.role == "completed" for n in pane.graph.nodes if n.label == "load-0"))
        canvas.move_to_id(load.id)
        await shows(pilot, "✔ load-0", "usual 10s", "◆ 1 artifact")
        canvas.move_to_id(pipeline.tasks["report-0"].id)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run_id == pipeline.report.id)

    play(app, script)


def test_enter_on_a_task_of_the_radar_shows_its_log(run_app: FlowtuiApp, world: World) -> None:
    app, pipeline = run_app, a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id, "radar")
        await shows(pilot, "golden-lynx", "extract-1")
        app.screen.query_one(CanvasView).move_to_id(pipeline.tasks["extract-1"].id)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.tab == "logs")  # type: ignore[attr-defined]

    play(app, script)


def test_what_stands_below_a_group_is_told_of_all_its_calls_and_the_cursor_of_the_radar_begins_on_a_task(
    run_app: FlowtuiApp, world: World
) -> None:
    app, run = run_app, world.run("sweep", "wide-run", Running(timestamp=world.now - seconds(9)))
    for number in range(90):
        begun = [Pending(timestamp=world.now - seconds(5)), Running(timestamp=world.now - seconds(4))]
        call(world, run, f"one-{number}", [*begun, (Completed if number % 30 else Failed)(timestamp=world.now)])

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(run.id, "radar")
        await shows(pilot, "wide-run", "one   90 of 90 done   3 failed")
        await pilot.press("G")
        await shows(pilot, "wide-run   ▶ Running   90 of 90 tasks done")
        await pilot.press("g", "space")
        await shows(pilot, "one-7", "one   90 of 90 done   3 failed")

    play(app, script)


def test_artifacts_are_shown_as_they_are_meant(run_app: FlowtuiApp, world: World) -> None:
    app, pipeline = run_app, a_pipeline(world)
    opened: list[str] = []

    async def script(pilot: Pilot[Any]) -> None:
        app.open_url = opened.append  # type: ignore[method-assign]
        app.open_run(pipeline.run.id, "artifacts")
        await shows(pilot, "golden-lynx", "daily-report", "62 %", "█")
        progress = next(made for made in world.client.list_artifacts(limit=9).items if made.type == "progress")
        world.client.update_artifact(progress.id, data=87.5)
        await shows(pilot, "88 %")
        await pilot.press("down", "b")
        await until(pilot, lambda: opened == ["https://example.com/orders.png"])
        await pilot.press("down", "enter")
        await until(pilot, lambda: opened[1:] == ["https://example.com/orders"])
        await pilot.press("down")
        await shows(pilot, "revenue", "1250.5")
        await pilot.press("enter", "right")
        await until(pilot, lambda: "1250.5" in screen_text(app) and "lisbon" not in screen_text(app))
        rows(app, "artifact-rows").focus()
        await pilot.press("down")
        await shows(pilot, "Orders of the day", "• no returns")
        assert "**" not in screen_text(app)

    play(app, script)


def rows(app: FlowtuiApp, table: str) -> VirtualTable:
    return app.screen.query_one(f"#{table}", VirtualTable)


def test_events_come_in_while_one_looks_and_lead_to_the_log(run_app: FlowtuiApp, world: World) -> None:
    app, pipeline = run_app, a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id, "events")
        await shows(pilot, "golden-lynx", "AwaitingRetry")
        before = len(rows(app, "event-rows").rows)
        call(world, pipeline.run, "mail-0", went(world.now - seconds(1), 0.1, None))
        await until(pilot, lambda: len(rows(app, "event-rows").rows) == before + 2)
        assert "mail-0" in screen_text(app)
        rows(app, "event-rows").action_move_to(5)
        await until(pilot, lambda: rows(app, "event-rows").cursor_index == 5)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.tab == "logs")  # type: ignore[attr-defined]

    play(app, script)


def test_results_of_tasks_are_looked_at_one_by_one(run_app: FlowtuiApp, world: World) -> None:
    app, pipeline = run_app, a_pipeline(world)

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id, "result")
        await shows(pilot, "golden-lynx", "extract-1")
        await pilot.press("down", "down")
        await shows(pilot, '"london"', '"orders": 96')

    play(app, script)


# -- pure -----------------------------------------------------------------------------------------------------------


def wide(calls: int) -> Branches:
    """As many calls of `load`, each followed by one of `store`."""
    loads = [task(number, 0, 1, task_key="load-11112222") for number in range(calls)]
    stores = [replace(depending(500 + number, number), task_key="store-11112222") for number in range(calls)]
    return Branches("r", {"r": branch_of(*loads, *stores, run=RUN)})


def test_a_crowded_graph_is_drawn_by_task_and_groups_open() -> None:
    few, many = graph_of(wide(10)), graph_of(wide(300))
    assert len(few.nodes) == 20 and len(few.edges) == 10
    assert [node.label for node in many.nodes] == ["load ×300", "store ×300"]
    assert many.edges == (("group r load-11112222", "group r store-11112222"),)
    opened = graph_of(wide(300), frozenset({"group r load-11112222"}))
    assert len(opened.nodes) == 2 + 200 and opened.nodes[0].label == "load ×100" and opened.nodes[0].open


@given(st.integers(0, 90), st.sets(st.sampled_from(["group r load-11112222", "group r store-11112222"])))
def test_each_task_is_in_the_graph_and_edges_join_what_is_there(calls: int, opened: set[str]) -> None:
    graph = graph_of(wide(calls), frozenset(opened))
    known = {node.id for node in graph.nodes}
    assert len(known) == len(graph.nodes)
    assert {member for node in graph.nodes for member in node.members} == {one.id for one in wide(calls).all_tasks()}
    assert all(source in known and target in known and source != target for source, target in graph.edges)


def made(kind: str, data: object) -> ArtifactRecord:
    return ArtifactRecord(id="a", type=kind, data=data, created=NOW, updated=NOW)


@pytest.mark.parametrize(
    ("data", "columns", "table"),
    [
        ([{"a": 1}, {"a": 2, "b": None}], ["a", "b"], [[1, ""], [2, None]]),
        ({"a": [1, 2], "b": [3]}, ["a", "b"], [[1, 3], [2, ""]]),
        ([[1, 2], [3]], ["1", "2"], [[1, 2], [3]]),
        ('[{"a": 1}]', ["a"], [[1]]),
        ([], [], []),
    ],
)
def test_tables_come_in_several_shapes(data: object, columns: list[str], table: list[list[object]]) -> None:
    assert table_of(made("table", data)) == (columns, table)
    assert table_of(made("table", "no table")) is None


def test_only_addresses_of_the_web_are_given_to_a_browser() -> None:
    assert address_of(made("link", "[words](https://example.com/a?b=c)")) == "https://example.com/a?b=c"
    assert address_of(made("image", "https://example.com/a.png")) == "https://example.com/a.png"
    for evil in ("javascript:alert(1)", "file:///etc/passwd", "[x](file:///etc/passwd)", "https://a\x1b]0;b", "-e sh"):
        assert address_of(made("link", evil)) is None


def test_markdown_that_is_one_link_is_a_link_and_no_part_of_an_address_is_lost() -> None:
    address = "https://example.com/" + "long/" * 40
    link = made("markdown", f"[the [report]]({address})")
    assert (kind_of(link), address_of(link)) == ("link", address)
    lines = [line.text for line in artifact_lines(link, 40, DARK)]
    assert lines[0] == "the [report]" and "".join(lines[1:]) == address
    for text in ("# [a](https://a.b)", "[a](https://a.b) and [b](https://b.c)", "[a](https://a.b)\n\n[b](https://b.c)"):
        assert kind_of(made("markdown", text)) == "markdown" and address_of(made("markdown", text)) is None
    inline = [line.text for line in artifact_lines(made("image", "data:image/png;base64," + "A" * 500), 40, DARK)]
    assert inline[0].endswith("…") and "522 characters" in inline[1] and "y copies it" in inline[1]


@given(st.sampled_from(["markdown", "link", "image", "progress", "other"]), st.text() | st.floats() | st.none())
def test_no_artifact_brings_an_escape_to_the_screen(kind: str, data: object) -> None:
    lines = artifact_lines(made(kind, f"# {data}\x1b[31m\x9b" if isinstance(data, str) else data), 40, DARK)
    text = "".join(segment.text for line in lines for segment in line)
    assert not {glyph for glyph in text if ord(glyph) < 32 or 0x7F <= ord(glyph) < 0xA0}
