"""The filters of the other lists: written, followed, kept and left as on the list of runs."""

import asyncio
import json
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.engine.query_reading import read_terms
from flowtui.engine.query_rows import Reading
from flowtui.tui import block_list, deployment_list, pool_list
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.flows import list as flow_list
from flowtui.tui.lists.rows_screen import RowsScreen
from flowtui.tui.piping.records import encoded
from flowtui.tui.screens.deployments import DeploymentsScreen
from flowtui.tui.screens.home import HomeScreen
from flowtui.tui.views.files import ViewFiles
from flowtui.tui.views.kinds import KINDS
from flowtui.tui.views.model import default_views
from flowtui.tui.widgets.filter_bar import FilterBar
from flowtui.tui.widgets.query_line import QueryLine
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import shows, until


def restarted(world: World, home: Path) -> FlowtuiApp:
    return FlowtuiApp(world.client, now=world.clock, zone=UTC, home=lambda: home)


async def deployments(pilot: Pilot[Any], *words: str) -> tuple[DeploymentsScreen, FilterBar]:
    await pilot.press("4")
    await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentsScreen))
    await shows(pilot, *words)
    screen = pilot.app.screen
    assert isinstance(screen, DeploymentsScreen)
    return screen, screen.query_one(FilterBar)


def names(screen: DeploymentsScreen) -> list[str]:
    return [row.deployment.full_name for row in screen.rows.items]


def labels(bar: FilterBar) -> list[str]:
    return [offer.label for offer in bar.offers]


def test_a_filter_of_deployments_is_completed_from_what_they_are(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen, bar = await deployments(pilot, "daily-etl/prod", "3 deployments")
        await pilot.press("f", *"fl")
        assert labels(bar) == ["flow:"]
        await pilot.press("tab", *"git")
        await until(pilot, lambda: labels(bar) == ["github-stars"])
        assert bar.offers[0].hint == "1"
        await pilot.press("down", "enter")
        assert bar.text == "flow:github-stars" and bar.query_one(QueryLine).value == ""
        await until(pilot, lambda: names(screen) == ["github-stars/main"])
        await pilot.press("backspace", *"is:u")
        assert labels(bar) == ["unserved"] and bar.offers[0].hint == "no worker of its pool is online"
        await pilot.press("escape")
        await until(pilot, lambda: not bar.editing and len(names(screen)) == 3)

    play(app, script)


def test_what_is_written_is_followed_and_a_wrong_word_is_underlined_with_the_nearest(
    app: FlowtuiApp, day: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen, bar = await deployments(pilot, "3 deployments")
        await pilot.press("f", *"state:failed ")
        await until(pilot, lambda: names(screen) == ["github-stars/main"])
        await pilot.press(*"schedul:x ")
        await shows(pilot, "There is no filter schedul: – did you mean schedule:?")
        assert bar.query_one(QueryLine).wrong == (0, 8)
        assert names(screen) == ["github-stars/main"]  # the list follows what makes sense
        await pilot.press(*["backspace"] * 10, *"zzz", "enter")
        await shows(pilot, "Nothing fits this filter.", "esc clears it", "0 of 3", "state:failed ×", "zzz ×")
        await pilot.press("escape")
        await shows(pilot, "3 deployments", "daily-etl/prod")
        assert screen.query_text == ""

    play(app, script)


def test_the_filter_follows_what_happens(app: FlowtuiApp, world: World, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen, _ = await deployments(pilot, "3 deployments")
        screen.set_query("is:paused")
        await shows(pilot, "Nothing fits this filter.", "0 of 3")
        one = next(one for one in world.client.list_deployments().items if one.flow_name == "hourly-report")
        world.client.set_deployment_paused(one.id, True)
        await shows(pilot, one.full_name, "1 of 3")
        screen.set_query("next<5m")
        await until(pilot, lambda: names(screen) == ["daily-etl/prod"])
        world.now += timedelta(minutes=3)
        await until(pilot, lambda: names(screen) == ["github-stars/main"])  # time alone has changed what fits

    play(app, script)


def test_all_that_match_are_marked_and_paused_together(app: FlowtuiApp, world: World, day: dict[str, FlowRun]) -> None:
    def paused() -> dict[str, bool]:
        return {one.full_name: one.paused for one in world.client.list_deployments().items}

    async def script(pilot: Pilot[Any]) -> None:
        screen, _ = await deployments(pilot, "3 deployments")
        screen.set_query("!flow:daily-etl")
        await shows(pilot, "2 of 3")
        await pilot.press("A")
        await shows(pilot, "2 marked   2 of 3")
        await pilot.press("p")
        await until(pilot, lambda: sum(paused().values()) == 2)
        assert not paused()["daily-etl/prod"]
        await pilot.press("escape")
        await shows(pilot, "3 deployments")

    play(app, script)


def test_filter_and_order_outlive_the_workstation_and_views_are_those_of_the_list(
    world: World, day: dict[str, FlowRun], tmp_path: Path
) -> None:
    async def leave(pilot: Pilot[Any]) -> None:
        screen, _ = await deployments(pilot, "3 deployments")
        await pilot.press("f", *"tag:prod", "enter", "O")
        await shows(pilot, "DEPLOYMENT", "▼", "tag:prod ×")
        order = names(screen)
        assert order == sorted(order, reverse=True)
        await pilot.press("V")
        await shows(pilot, "Views", "next hour", "unserved")
        await pilot.press("s")
        await shows(pilot, "Save this view as")
        await pilot.press(*["backspace"] * 3, *"ours", "enter")
        await until(pilot, lambda: screen.view.name == "ours")
        await pilot.press("1", "4")

    async def back(pilot: Pilot[Any]) -> None:
        screen, _ = await deployments(pilot, "tag:prod ×", "▼", "ours")
        await pilot.press("alt+1")
        await until(pilot, lambda: screen.view.name == "all" and screen.query_text == "")
        await pilot.press("2")
        await shows(pilot, "77 runs")  # the list of runs was left alone
        await pilot.press("1", "colon", *"view ours", "enter")
        await until(pilot, lambda: screen.is_current and screen.query_text == "tag:prod")
        await pilot.press("colon", *"view needs", "enter")  # the list that is on comes first
        await until(pilot, lambda: screen.is_current and screen.query_text == "needs:attention")
        await pilot.press("1", "colon", *"view needs", "enter")
        await shows(pilot, "needs:attention ×", "STARTED")
        await pilot.press("1")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))

    play(restarted(world, tmp_path), leave)
    play(restarted(world, tmp_path), back)
    assert ViewFiles(tmp_path).views("deployments")[-1].query == "tag:prod"
    assert all(view.name != "ours" for view in ViewFiles(tmp_path).views())


def only(pilot: Pilot[Any], row_ids: list[str]) -> bool:
    """Whether these are the rows of the list that is on, in this order."""
    screen = pilot.app.screen
    return isinstance(screen, RowsScreen) and [screen.row_id(row) for row in screen.rows.items] == row_ids


def test_flows_are_filtered_by_what_their_files_and_the_store_say(
    world: World, day: dict[str, FlowRun], tmp_path: Path
) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "etl.py").write_text("from flowtui import flow\n@flow\ndef daily_etl(region: str): ...\n")
    (folder / "broken.py").write_text("from flowtui import flow\n@flow\ndef oops(:\n")
    app = FlowtuiApp(world.client, now=world.clock, zone=UTC, folder=folder)

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "daily-etl", "github-stars")
        await pilot.press("f", *"is:", "down", "enter", "enter")
        await until(pilot, lambda: only(pilot, ["etl.py:daily_etl"]))
        await pilot.press("f", "backspace", *"takes:REGION state:running", "enter")
        await until(pilot, lambda: only(pilot, ["etl.py:daily_etl"]))
        await pilot.press("escape", "f", *"is:broken,nothing", "enter")
        await shows(pilot, "There is no is:nothing")
        await pilot.press(*["backspace"] * 8, "enter")
        await until(pilot, lambda: only(pilot, ["bad:broken.py"]))
        await pilot.press("escape", "O")
        await shows(pilot, "Sort by", "what has run least")
        await pilot.press("2")
        await shows(pilot, "FLOW", "▲")
        await pilot.press("slash", *"stars", "enter")
        table = app.screen.query_one("#flows", VirtualTable)
        await until(pilot, lambda: table.cursor_id == "store:github-stars")

    play(app, script)


def test_pools_and_blocks_are_filtered_and_secrets_are_not_found(app: FlowtuiApp, world: World) -> None:
    world.client.create_work_pool("k8s", type="kubernetes", description="the big one")
    world.client.create_work_pool("old", type="process")
    pools = {pool.name: pool for pool in world.client.list_work_pools()}
    world.client.pause_work_pool("old", paused=True, note="repairs")
    key = world.client.save_block("secret", "api-key", {"value": "hunter2"})
    hook = world.client.save_block("webhook", "alerts", {"url": "https://acme.example/hook", "method": "PUT"})

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("5")
        await until(pilot, lambda: only(pilot, [pools[name].id for name in ("k8s", "local", "old")]))
        await pilot.press("f", *"REPAIRS", "enter")
        await until(pilot, lambda: only(pilot, [pools["old"].id]))
        await pilot.press("escape", "f", *"type:kub", "tab", "enter")
        await until(pilot, lambda: only(pilot, [pools["k8s"].id]))
        await pilot.press("6")
        await until(pilot, lambda: only(pilot, [hook.id, key.id]) or only(pilot, [key.id, hook.id]))
        await pilot.press("f", *"hunter2", "enter")
        await shows(pilot, "Nothing fits this filter.", "0 of 2")
        await pilot.press("escape", "f", *"holds:PUT", "enter")
        await until(pilot, lambda: only(pilot, [hook.id]))
        await pilot.press("slash", *"alert", "enter", "n")
        await shows(pilot, "No other block below has 'alert'.")
        await pilot.press("escape", "n")
        await shows(pilot, "WHAT IT IS FOR")

    play(app, script)


def handed_on(app: FlowtuiApp) -> tuple[str, list[dict[str, Any]]]:
    """What `|` would hand on from here."""
    records = app.records_here()
    assert records is not None

    async def read() -> list[dict[str, Any]]:
        return [dict(row) async for rows in records.read() for row in rows]

    rows = asyncio.run(read())
    assert all(set(records.columns) <= row.keys() and records.text(row) for row in rows)
    assert [json.loads(line) for line in encoded(records, rows, "jsonl").splitlines()] == rows
    return records.title, rows


def test_every_list_hands_on_what_it_shows(world: World, day: dict[str, FlowRun], tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "etl.py").write_text("from flowtui import flow\n@flow\ndef daily_etl(region: str): ...\n")
    world.client.save_block("secret", "api-key", {"value": "hunter2"})
    app = FlowtuiApp(world.client, now=world.clock, zone=UTC, folder=folder)

    async def here() -> tuple[str, list[dict[str, Any]]]:
        return await asyncio.to_thread(handed_on, app)

    async def script(pilot: Pilot[Any]) -> None:
        screen, _ = await deployments(pilot, "3 deployments")
        screen.set_query("flow:github-*")
        await shows(pilot, "1 of 3")
        title, (row,) = await here()
        assert (title, row["name"], row["last_state"]) == ("1 deployment", "main", "Failed")
        assert row["next_run"] == "2026-11-20T14:10:00.000000Z" and row["schedule"] == "every 10 minutes"
        screen.set_query("")
        await shows(pilot, "3 deployments")
        await pilot.press("space", "space")
        await shows(pilot, "2 marked")
        assert (await here())[0] == "2 deployments"
        await pilot.press("3")
        await shows(pilot, "daily-etl", "github-stars")
        rows = {row["name"]: row for row in (await here())[1]}
        assert rows["daily-etl"]["signature"] == "region: str" and rows["github-stars"]["file"] is None
        await pilot.press("5")
        await shows(pilot, "1 work pool")
        assert [row["status"] for row in (await here())[1]] == ["NOT_READY"]
        await pilot.press("6")
        await shows(pilot, "1 block", "api-key")
        _, (row,) = await here()
        assert row["data"] == {"value": "********"}

    play(app, script)


@pytest.mark.parametrize(
    ("of", "reading", "orders"),
    [
        ("deployments", deployment_list.READING, deployment_list.ORDERS),
        ("flows", flow_list.READING, flow_list.ORDERS),
        ("pools", pool_list.READING, pool_list.ORDERS),
        ("blocks", block_list.READING, block_list.ORDERS),
    ],
)
def test_each_list_can_be_sorted_by_all_that_it_names_and_read_in_all_its_fields(
    of: str, reading: Reading[Any], orders: dict[str, Any]
) -> None:
    assert orders.keys() == KINDS[of].sorts.keys()
    assert all(view.query == "" or read_terms(view.query, reading.vocabulary) for view in default_views(of))
    known = {"text": reading.texts, "word": reading.texts, "number": reading.numbers, "moment": reading.moments}
    for one in reading.vocabulary.fields:
        for name in one.within or (one.name,):
            assert one.kind in ("state", "param") or name in {**known, "span": reading.numbers}[one.kind]
