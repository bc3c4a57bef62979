"""The columns of every list: chosen, hidden, moved and widened as on Runs, kept by store and in views."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr
from textual.pilot import Pilot

from flowtui.engine.deployments.finder import FoundFlow
from flowtui.engine.deployments.surveying import BadFile
from flowtui.engine.errors import UsageError
from flowtui.engine.model import DeploymentSpec, FlowRun
from flowtui.engine.overviews import FlowFigures
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.block_columns import COLUMNS as BLOCKS
from flowtui.tui.block_columns import Seen
from flowtui.tui.deployment_cells import DeploymentRow
from flowtui.tui.deployment_columns import COLUMNS as DEPLOYMENTS
from flowtui.tui.flows.columns import COLUMNS as FLOWS
from flowtui.tui.flows.rows import FlowRow
from flowtui.tui.lists.columns import At, ListColumns, Shown
from flowtui.tui.lists.known_columns import columns_of_list
from flowtui.tui.lists.screen import ListScreen
from flowtui.tui.piping.list_records import records_of_deployments
from flowtui.tui.piping.records import encoded
from flowtui.tui.pool_columns import COLUMNS as POOLS
from flowtui.tui.run_columns import Seen as SeenRuns
from flowtui.tui.screens.columns import ColumnsScreen
from flowtui.tui.screens.deployments import DeploymentsScreen, read_rows
from flowtui.tui.screens.help import keys_of
from flowtui.tui.views.files import ViewFiles, views_from_yaml, views_yaml
from flowtui.tui.views.kinds import KINDS
from flowtui.tui.views.model import find_view
from flowtui.tui.widgets.columns import place_columns
from tests.fakes.world import NOW, World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until

AT = At(NOW, UTC)


def restarted(world: World, home: Path) -> FlowtuiApp:
    return FlowtuiApp(world.client, now=world.clock, zone=UTC, home=lambda: home)


async def deployments(pilot: Pilot[Any]) -> DeploymentsScreen:
    await pilot.press("4")
    await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentsScreen))
    await shows(pilot, "daily-etl/prod")
    screen = pilot.app.screen
    assert isinstance(screen, DeploymentsScreen)
    return screen


def titles(pilot: Pilot[Any]) -> str:
    """The line of titles, without the marks of the order."""
    lines = screen_text(pilot.app).split("\n")  # type: ignore[arg-type]
    head = next(line for line in lines if "DEPLOYMENT" in line)
    return " ".join(head.replace("▲", "").replace("▼", "").split())


def test_columns_of_deployments_are_hidden_moved_widened_and_outlive_the_workstation(
    world: World, day: dict[str, FlowRun], tmp_path: Path
) -> None:
    chosen = (Shown("name"), Shown("next"), Shown("then"), Shown("code", 24), Shown("last"), Shown("tags"))

    async def choose(pilot: Pilot[Any]) -> None:
        screen = await deployments(pilot)
        await pilot.press("C")
        await until(pilot, lambda: isinstance(pilot.app.screen, ColumnsScreen))
        await pilot.press("j", "space", "down", "down", "down", "down", "space")  # neither schedule nor served
        await pilot.press(*["j"] * 7, "space", *["K"] * 8, *["plus"] * 5, "minus")
        await until(pilot, lambda: screen.view.columns == chosen)
        await pilot.press("escape")
        await until(pilot, lambda: titles(pilot) == "DEPLOYMENT NEXT RUN THEN ENTRYPOINT LAST RUN TAGS")
        await shows(pilot, "flows/daily_etl.py:dail…")

    async def back(pilot: Pilot[Any]) -> None:
        screen = await deployments(pilot)
        await until(pilot, lambda: titles(pilot) == "DEPLOYMENT NEXT RUN THEN ENTRYPOINT LAST RUN TAGS")
        assert screen.view.columns == chosen
        await pilot.press("C", "0", "escape")
        await until(pilot, lambda: "SCHEDULE" in titles(pilot) and "ENTRYPOINT" not in titles(pilot))
        assert screen.view.columns == ()
        await pilot.press("2")
        await shows(pilot, "77 runs", "DURATION", "TASKS")  # the list of runs was left alone

    play(restarted(world, tmp_path), choose)
    play(restarted(world, tmp_path), back)
    assert ViewFiles(tmp_path).last(world.client.address, "deployments").columns == ()


def test_a_view_is_saved_with_its_columns_shared_and_opened_elsewhere(
    world: World, day: dict[str, FlowRun], tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    columns = (Shown("name", 22), Shown("flow"), Shown("last"))

    async def save(pilot: Pilot[Any]) -> None:
        screen = await deployments(pilot)
        await pilot.press("C", "plus", "plus", *["j", "space"] * 3, "j", "j", "space", "j", "space")
        await pilot.press("j", "space", *["K"] * 3)
        await until(pilot, lambda: screen.view.columns == columns)
        await pilot.press("escape", "V")
        await shows(pilot, "save this as")
        await pilot.press("s")
        await shows(pilot, "Save this view as")
        await pilot.press(*["backspace"] * 3, *"old ones", "enter")
        await until(pilot, lambda: screen.view.name == "old ones")

    async def opened(pilot: Pilot[Any]) -> None:
        screen = await deployments(pilot)
        assert titles(pilot).startswith("DEPLOYMENT SCHEDULE NEXT RUN")
        await pilot.press("colon", *"view old", "enter")
        await until(pilot, lambda: titles(pilot) == "DEPLOYMENT FLOW LAST RUN")
        assert screen.view.columns == columns

    play(restarted(world, one), save)
    text = views_yaml([find_view(ViewFiles(one).views("deployments"), "old ones")])
    assert "list: deployments" in text and "- name:22" in text
    ViewFiles(other).save(*views_from_yaml(text))
    play(restarted(world, other), opened)


def test_the_order_goes_on_without_its_column_and_a_title_sorts_by_what_it_shows(
    app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen = await deployments(pilot)

        def order() -> list[str]:
            return [row.deployment.flow_name for row in screen.rows.items]

        await pilot.press("C", "j", "j", "space", "escape", "o")  # without NEXT RUN
        await shows(pilot, "Sort by", "what runs soonest")
        await pilot.press("2")
        await shows(pilot, "3 deployments", "what runs soonest")
        await until(pilot, lambda: "▲" not in screen_text(app))
        await pilot.press("O")
        await until(pilot, lambda: order() == ["hourly-report", "github-stars", "daily-etl"])
        await pilot.press("C", "j", "j", "space", "escape")  # nor THEN, which is the third now
        await until(pilot, lambda: titles(pilot) == "DEPLOYMENT SCHEDULE LAST RUN SERVED BY TAGS")
        lines = screen_text(app).split("\n")
        y = next(at for at, line in enumerate(lines) if "DEPLOYMENT" in line)
        await pilot.click(offset=(lines[y].index("LAST RUN"), y))
        await until(pilot, lambda: screen.view.sort.name == "last")

    play(app, script)


def test_a_column_that_there_is_no_longer_is_told_of_once_and_the_others_are_shown(
    world: World, day: dict[str, FlowRun], tmp_path: Path
) -> None:
    files = ViewFiles(tmp_path)
    view = {"name": "all", "list": "deployments", "columns": ["mood:9", "tags", "name"]}
    left = {f"{world.client.address} deployments": {"on": "all", "views": {"all": view}}}
    (tmp_path / "lists.json").write_text(json.dumps(left))

    async def told(pilot: Pilot[Any]) -> None:
        screen = await deployments(pilot)
        await shows(pilot, "has the column 'mood', which this version", "the others are shown")
        assert titles(pilot) == "TAGS DEPLOYMENT"
        await until(pilot, lambda: files.last(world.client.address, "deployments") == screen.view)

    async def quiet(pilot: Pilot[Any]) -> None:
        await deployments(pilot)
        await until(pilot, lambda: titles(pilot) == "TAGS DEPLOYMENT")
        assert not pilot.app._notifications

    play(restarted(world, tmp_path), told)
    play(restarted(world, tmp_path), quiet)
    for text, words in (
        ("mood", "There is no column 'mood'"),
        ("tag", "did you mean tags"),
        ("param.", "There is no column 'param.'"),
    ):
        with pytest.raises(UsageError, match=words):
            views_from_yaml(f"views: [{{name: x, list: deployments, columns: [{text}]}}]")


def test_every_list_offers_its_columns_by_key_help_and_palette(
    world: World, day: dict[str, FlowRun], tmp_path: Path
) -> None:
    world.client.save_block("secret", "api-key", {"value": "hunter2"})
    (tmp_path / "etl.py").write_text("from flowtui import flow\n@flow\ndef daily_etl(region: str): ...\n")
    app = FlowtuiApp(world.client, now=world.clock, zone=UTC, folder=tmp_path)

    async def script(pilot: Pilot[Any]) -> None:
        for number, of in enumerate(("runs", "flows", "deployments", "pools", "blocks"), 2):
            await pilot.press(str(number))
            await until(pilot, lambda of=of: isinstance(app.screen, ListScreen) and app.screen.view.of == of)
            screen = app.screen
            assert isinstance(screen, ListScreen)
            await until(pilot, lambda screen=screen: len(screen.table.rows) > 0)
            assert [key.keys for key in keys_of(screen) if key.words == "columns"] == ["C"]
            usual = screen.columns_on
            await pilot.press("C")
            await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
            assert ("p parameter" in screen_text(app)) is (of in ("runs", "deployments"))
            await pilot.press("space", "escape")
            await until(pilot, lambda screen=screen, usual=usual: screen.columns_on == usual[1:])
            await until(pilot, lambda screen=screen: app.screen is screen)

    play(app, script)


def words_of(columns: ListColumns[Any, Any], row: Any, seen: At) -> dict[str, str]:
    """What each column says of a row."""
    keys = [column.key for column in columns.all]
    cells = columns.painter([Shown(key) for key in keys])(row, seen)
    return {
        key: cell if isinstance(cell, str) else "".join(word for word, _ in cell)
        for key, cell in zip(keys, cells, strict=True)
        if not callable(cell)
    }


def test_every_column_of_the_lists_says_something(world: World, day: dict[str, FlowRun]) -> None:
    rows = {row.deployment.full_name: row for row in read_rows(world.client, NOW)}
    said = words_of(DEPLOYMENTS, rows["github-stars/main"], AT)
    assert said["state"] == "✖ Failed" and said["flow"] == "github-stars" and said["pool"] == "local"
    assert said["start"] and said["dur"] and said["run"] and said["code"].endswith("github_stars")

    world.client.create_work_pool("k8s", type="kubernetes", concurrency_limit=4)
    world.client.pause_work_pool("k8s", paused=True, note="repairs")
    (pool,) = (one for one in world.client.list_work_pools() if one.name == "k8s")
    said = words_of(POOLS, pool, AT)
    assert (said["limit"], said["free"], said["about"], said["active"]) == ("4", "4", "⏸ repairs", "0/4")
    assert said["paused"] and said["created"] and said["updated"]

    block = world.client.save_block("secret", "api-key", {"value": "hunter2"})
    types = {kind.slug: kind for kind in world.client.list_block_types()}
    said = words_of(BLOCKS, block, Seen(NOW + timedelta(days=2), UTC, types))
    assert (said["type"], said["slug"]) == ("Secret", "secret") and said["updated"] and said["id"] == block.id
    assert "hunter2" not in repr(said)


def test_a_row_that_looks_different_later_has_another_pulse(world: World, day: dict[str, FlowRun]) -> None:
    block = world.client.save_block("secret", "api-key", {"value": "hunter2"})
    world.client.create_work_pool("k8s", type="kubernetes")
    world.client.pause_work_pool("k8s", paused=True)
    usual = {run.flow_name: 20.0 for run in day.values()}
    rows: dict[str, Sequence[Any]] = {
        "runs": tuple(day.values()),
        "deployments": read_rows(world.client, NOW),
        "flows": [FlowRow(id=run.id, name="load", figures=FlowFigures(name="load", last=run)) for run in day.values()],
        "pools": world.client.list_work_pools(),
        "blocks": [block],
    }
    seconds = st.sampled_from([0.0, 1.0, 59.0, 3600.0, 36_000.0, 90_000.0]) | st.floats(0, 90_000)

    @given(of=st.sampled_from(sorted(KINDS)), first=seconds, then=seconds)
    def check(of: str, first: float, then: float) -> None:
        columns = columns_of_list(of)
        keys = [Shown(column.key) for column in columns.all]
        paint, pulse = columns.painter(keys), columns.pulse(keys)
        for row in rows[of]:
            before, after = (_seen(of, NOW + timedelta(seconds=passed), usual) for passed in (first, then))
            assert pulse(row, before) == pulse(row, before)
            assert paint(row, before) == paint(row, after) or pulse(row, before) != pulse(row, after)

    check()


def _seen(of: str, now: datetime, usual: dict[str, float | None]) -> At:
    return {"runs": SeenRuns(now, UTC, usual), "blocks": Seen(now, UTC)}.get(of, At(now, UTC))


class Login(BaseModel):
    user: str = ""
    token: SecretStr = SecretStr("")


class Given(BaseModel):
    region: str
    limits: dict[str, int]
    token: SecretStr
    logins: list[Login] = []


def a_row_with_secrets(world: World) -> DeploymentRow:
    given = {"region": "eu", "limits": {"rows": 7}, "token": "hunter2", "logins": [{"user": "me", "token": "hunter2"}]}
    deployment_id = world.client.save_deployment(
        DeploymentSpec(
            name="prod",
            flow_name="etl",
            entrypoint="etl.py:etl",
            path="/srv",
            parameters=given,
            parameter_openapi_schema=Given.model_json_schema(),
        )
    ).id
    return DeploymentRow(deployment=world.client.read_deployment(deployment_id))


def test_parameters_of_a_deployment_are_columns_but_none_that_is_secret_or_holds_a_secret(world: World) -> None:
    row = a_row_with_secrets(world)
    keys = ("param.region", "param.limits.rows", "param.token", "param.logins.0.user", "param.none", "parameters")
    cells = DEPLOYMENTS.painter([Shown(key) for key in keys])(row, AT)
    words = [
        cell if isinstance(cell, str) else "".join(word for word, _ in cell) for cell in cells if not callable(cell)
    ]
    assert words == ["eu", "7", "", "", "", '{"region":"eu","limits":{"rows":7}}']


def test_what_is_secret_in_a_deployment_is_handed_on_as_dots(world: World) -> None:
    records = records_of_deployments([a_row_with_secrets(world)])

    async def read() -> list[Any]:
        return [row async for rows in records.read() for row in rows]

    (row,) = asyncio.run(read())
    assert row["parameters"] == {"region": "eu", "limits": {"rows": 7}, "token": "••••", "logins": "••••"}
    assert "hunter2" not in encoded(records, [row], "jsonl").decode()


def test_a_flow_shows_its_code_and_a_file_that_cannot_be_read_its_mistake(day: dict[str, FlowRun]) -> None:
    here = FoundFlow(file="jobs/etl.py", function="load", line=7, name="load", signature="day: str", about="Loads.")
    figures = FlowFigures(name="load", last=day["failed"], runs=3, usual=2.0, deployments=("prod",))
    said = words_of(FLOWS, FlowRow(id="x", name="load", found=here, figures=figures), AT)
    assert (said["module"], said["function"], said["code"]) == ("jobs.etl", "load", "jobs/etl.py:load")
    assert (said["about"], said["state"], said["run"]) == ("Loads.", "✖ Failed", day["failed"].name)
    bad = FlowRow(id="y", name="oops.py", bad=BadFile("oops.py", 3, "it is never closed"))
    said = {key: words for key, words in words_of(FLOWS, bad, AT).items() if words}
    assert said == {
        "name": "✖ oops.py",
        "place": "oops.py:3",
        "takes": "it is never closed",
        "last": "not Python",
        "file": "oops.py",
    }


def choices() -> Iterator[st.SearchStrategy[tuple[str, tuple[Shown, ...]]]]:
    for of in KINDS:
        keys = st.sampled_from([column.key for column in columns_of_list(of).all])
        shown = st.builds(Shown, keys, st.none() | st.integers(3, 80))
        yield st.tuples(st.just(of), st.lists(shown, min_size=1, unique_by=lambda one: one.key).map(tuple))


@given(choice=st.one_of(*choices()), room=st.integers(4, 240))
def test_what_is_chosen_keeps_its_order_and_something_is_always_shown(
    choice: tuple[str, tuple[Shown, ...]], room: int
) -> None:
    of, shown = choice
    columns = columns_of_list(of)
    placed = place_columns(columns.placed(shown), room, 2)
    assert placed and [each.index for each in placed] == sorted(each.index for each in placed)
    assert all(each.width <= max(room, 4) for each in placed)


def test_where_there_is_little_room_hiding_one_column_leaves_the_others_as_they_were() -> None:
    hidden = tuple(one for one in DEPLOYMENTS.usual if one.key != "tags")
    usual = {each.column.title for each in place_columns(DEPLOYMENTS.placed(DEPLOYMENTS.usual), 76, 2)}
    assert {each.column.title for each in place_columns(DEPLOYMENTS.placed(hidden), 76, 2)} == usual - {"TAGS"}
    turned = place_columns(DEPLOYMENTS.placed(hidden[::-1]), 40, 2)
    assert [each.column.title for each in turned] == ["SERVED BY", "LAST RUN"]  # the first two that were chosen


def test_the_columns_show_what_a_list_is_sorted_by() -> None:
    for of, kind in KINDS.items():
        columns = columns_of_list(of)
        sorts = columns.sorts([Shown(column.key) for column in columns.all])
        assert sorts.keys() <= kind.sorts.keys()
        assert of == "runs" or sorts.keys() == kind.sorts.keys()
