"""The Pools screen, a pool's page, and the dialog that says why a run waits: driven by keys on a real store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.model import Backend, FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.pool import PoolScreen
from flowtui.tui.screens.pools import PoolsScreen
from flowtui.tui.screens.why import WhyScreen
from flowtui.tui.why_lines import why_lines
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.engine.store.made import a_worker, due_run, owned_running
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.pictures import Pictures


@pytest.fixture
def busy(world: World) -> dict[str, FlowRun]:
    """Two pools: one with three queues, a worker, a full limit and runs that wait; and one that nobody serves."""
    client, now = world.client, world.now
    client.announce_backend(Backend(id="b", kind="server", host="desk", pid=1, url=None, started=now, seen=now))
    client.create_work_pool("k8s", type="kubernetes", concurrency_limit=1, description="the big one")
    client.create_work_queue("k8s", "urgent", priority=1)
    client.create_work_queue("k8s", "nightly", priority=3)
    client.update_work_queue("k8s", "default", {"priority": 2})
    client.announce_worker(a_worker("w-7", pool_name="k8s", host="box", slots=4, running=1))
    gone = a_worker("w-6", pool_name="k8s", host="box")
    client.announce_worker(gone)
    client.stop_worker(gone)

    def waits(name: str, minutes: float, queue: str) -> FlowRun:
        due = now + timedelta(minutes=minutes)
        return due_run(client, due, id=world.id(), name=name, work_pool_name="k8s", work_queue_name=queue)

    holder = owned_running(
        client, id=world.id(), name="stoic-whale", work_pool_name="k8s", work_queue_name="default", seconds=9_000
    )
    return {
        "holder": holder,
        "late": waits("violet-crane", -6, "default"),
        "urgent": waits("plucky-heron", -1, "urgent"),
        "soon": waits("sunny-rook", 7, "nightly"),
    }


async def open_list(pilot: Pilot[Any], *words: str) -> None:
    await pilot.press("5")
    await until(pilot, lambda: isinstance(pilot.app.screen, PoolsScreen))
    await shows(pilot, "POOL", *words)


async def open_pool(pilot: Pilot[Any], *words: str) -> None:
    """The page of the pool k8s, which is the first of the list."""
    await open_list(pilot, "k8s")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, PoolScreen))
    await shows(pilot, "Pools › k8s", *words)


def test_each_pool_says_who_serves_it_and_how_full_it_is(app: FlowtuiApp, busy: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "k8s")
        lines = {line.replace("▌", " ").split()[2 if "ready" in line else 3]: line for line in pools(app)}
        assert all(word in lines["k8s"] for word in ("● ready", "kubernetes", "1/1", "2", "the big one"))
        assert "○ no worker" in lines["local"]

    play(app, script)


def pools(app: FlowtuiApp) -> list[str]:
    return [line for line in screen_text(app).splitlines() if "ready" in line or "no worker" in line]


def test_the_list_follows_the_store_and_p_pauses_with_a_note(
    app: FlowtuiApp, world: World, busy: dict[str, FlowRun]
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "k8s")
        await pilot.press("p")
        await shows(pilot, "Pause pool k8s?")
        await pilot.press(*"repairs", "enter")
        await shows(pilot, "⏸ paused", "⏸ repairs")
        assert world.client.read_work_pool("k8s").paused_note == "repairs"
        await pilot.press("p")
        await shows(pilot, "● ready")
        assert not world.client.read_work_pool("k8s").is_paused
        await pilot.press("p")
        await shows(pilot, "Pause pool k8s?")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PoolsScreen))
        assert not world.client.read_work_pool("k8s").is_paused
        world.client.create_work_pool("aaa")
        await shows(pilot, "aaa")
        assert app.screen.query_one("#pools", VirtualTable).cursor_id == world.client.read_work_pool("k8s").id

    play(app, script)


def test_a_limit_is_set_and_taken_away(app: FlowtuiApp, world: World, busy: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "1/1")
        await pilot.press("L")
        await shows(pilot, "How many runs of pool k8s at once?")
        line = app.screen.query_one(Input)
        assert line.value == "1"
        line.value = "x"
        await pilot.press("enter")
        await shows(pilot, "A concurrency limit is a number")
        assert world.client.read_work_pool("k8s").concurrency_limit == 1
        for text, limit in (("8", 8), ("", None)):
            await pilot.press("L")
            await until(pilot, lambda: isinstance(app.focused, Input))
            app.screen.query_one(Input).value = text
            await pilot.press("enter")
            await until(pilot, lambda limit=limit: world.client.read_work_pool("k8s").concurrency_limit == limit)
            await until(pilot, lambda: isinstance(app.screen, PoolsScreen))

    play(app, script)


def test_the_page_of_a_pool_shows_who_waits_and_why(app: FlowtuiApp, world: World, busy: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        text = await shows_page(pilot)
        order = [text.index(name) for name in ("stoic-whale", "plucky-heron", "violet-crane", "sunny-rook")]
        assert order == sorted(order)
        assert [text.index(name) for name in ("urgent", "default", "nightly")] == sorted(
            text.index(name) for name in ("urgent", "default", "nightly")
        )
        assert all(word in text for word in ("w-7", "● online", "1/4", "w-6", "○ offline", "1 of 1 slots taken"))
        assert "due 6m" in text
        await pilot.press("j", "j")
        await shows(pilot, "Work pool k8s has 1 of at most 1 run under way.", "It is held by stoic-whale")
        await pilot.press("j")
        await shows(pilot, "It is due in 7 min")
        world.client.set_flow_run_state(busy["holder"].id, replace_cancelled(busy["holder"]), force=True)
        await until(pilot, lambda: "stoic-whale" not in screen_text(app))

    play(app, script)


async def shows_page(pilot: Pilot[Any]) -> str:
    await open_pool(pilot, "stoic-whale", "plucky-heron", "violet-crane", "sunny-rook")
    return await shows(pilot, "It has been running for")


def replace_cancelled(run: FlowRun) -> Any:
    from flowtui.engine.states import Cancelled

    return replace(Cancelled(message="enough"))


def test_keys_on_a_queue_of_the_page_act_on_that_queue(app: FlowtuiApp, world: World, busy: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows_page(pilot)
        app.screen.query_one("#queues", VirtualTable).focus()
        await pilot.press("j", "p")
        await shows(pilot, "Pause queue default of pool k8s?")
        await pilot.press("enter")
        await until(pilot, lambda: world.client.read_work_queue("k8s", "default").is_paused)
        assert not world.client.read_work_pool("k8s").is_paused
        await shows(pilot, "⏸ paused")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PoolsScreen))

    play(app, script)


def test_a_pool_that_is_deleted_meanwhile_is_said(app: FlowtuiApp, world: World) -> None:
    world.client.create_work_pool("aaa")

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "aaa")
        await pilot.press("enter")
        await shows(pilot, "Pools › aaa", "Nothing is under way", "flowtui worker start --pool aaa")
        world.client.delete_work_pool("aaa")
        await shows(pilot, "There is no work pool")

    play(app, script)


@pytest.mark.parametrize("place", ["2", "run", "pool"])
def test_w_says_why_and_a_digit_copies_what_can_be_done(
    app: FlowtuiApp, world: World, busy: dict[str, FlowRun], place: str
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        if place == "2":
            await pilot.press("2")
            await shows(pilot, "violet-crane")
            app.screen.query_one("#runs", VirtualTable).move_to_id(busy["late"].id)
        elif place == "run":
            await until(pilot, lambda: app.is_open)
            app.open_run(busy["late"].id)
            await shows(pilot, "violet-crane")
        else:
            await shows_page(pilot)
            app.screen.query_one("#pool-runs", VirtualTable).move_to_id(busy["late"].id)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WhyScreen))
        text = await shows(pilot, "because  Work pool k8s has 1 of at most 1 run under way.")
        assert "It has been due for 6 min; one thing holds it back." in text
        assert "1-2 copy the command" in text
        await pilot.press("2")
        await shows(pilot, "Copied: flowtui work-pool set-concurrency-limit k8s 2")
        assert app.clipboard == "flowtui work-pool set-concurrency-limit k8s 2"
        world.client.update_work_pool("k8s", {"concurrency_limit": None})
        await shows(pilot, "It is due, and about to start.")  # it follows the store
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, WhyScreen))

    play(app, script)


def test_a_run_that_is_deleted_while_it_is_explained_is_said(app: FlowtuiApp, world: World) -> None:
    run = due_run(world.client, world.now, id=world.id(), name="short-lived")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "short-lived")
        await pilot.press("w")
        await shows(pilot, "because")
        world.client.delete_flow_run(run.id)
        await shows(pilot, "There is no flow run")

    play(app, script)


def test_long_lines_are_wrapped_and_hostile_ones_harmless(world: World) -> None:
    client = world.client
    client.pause_work_pool("local", paused=True, note="\x1b[2J" + "very long " * 30)
    run = due_run(client, world.now, name="x")
    found = client.explain_flow_run(run.id)
    for width in (30, 80, 120):
        lines = ["".join(text for text, _ in line) for line in why_lines(found, width, numbered=True)]
        assert all(len(line) <= width for line in lines), lines
        assert "\x1b" not in "".join(lines)
        assert "flowtui work-pool resume local" in " ".join(" ".join(lines).split())


# -- pictures ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def still(world: World, busy: dict[str, FlowRun]) -> dict[str, FlowRun]:
    """`busy`, with the one running run as long under way as the picture says."""
    from flowtui.engine.clock import to_micros
    from flowtui.engine.store.tables import flow_run

    begun = to_micros(world.now - timedelta(hours=3))
    with world.client._db.write() as connection:
        connection.execute(flow_run.update().where(flow_run.c.id == busy["holder"].id).values(start_time=begun))
    return busy


def test_the_list_of_pools(pictures: Pictures, app: FlowtuiApp, still: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "k8s", "kubernetes")

    pictures(app, script)


def test_one_pool(pictures: Pictures, app: FlowtuiApp, still: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_pool(pilot, "violet-crane")
        pilot.app.screen.query_one("#pool-runs", VirtualTable).move_to_id(still["late"].id)
        await shows(pilot, "It is held by stoic-whale (3 h).")

    pictures(app, script)


def test_why(pictures: Pictures, app: FlowtuiApp, world: World, still: dict[str, FlowRun]) -> None:
    world.client.pause_work_queue("k8s", "default", paused=True, note="maintenance")

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_why(still["late"].id)
        await shows(pilot, "2 things hold it back")

    pictures(app, script)


def test_no_pool_has_run_anything(pictures: Pictures, app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "local")
        await pilot.press("enter")
        await shows(pilot, "Pools › local")

    pictures(app, script)
