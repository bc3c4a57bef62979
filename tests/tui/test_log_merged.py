"""The logs of several runs as one: by time, each line once, and looked through as a single log is."""

from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun, LogLine, TaskRun
from flowtui.engine.states import Completed
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.logs.merged import MergedLog
from flowtui.tui.logs.screen import LogsScreen
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


def write(client: LocalClient, run: FlowRun, *lines: tuple[float, str], level: int = 20) -> None:
    begun = run.started_or_due
    client.write_logs([LogLine(begun + timedelta(seconds=at), level, words, flow_run_id=run.id) for at, words in lines])
    client.flush()


def messages(app: FlowtuiApp) -> list[str]:
    rows = [row for row in screen_text(app).split("\n") if " INFO " in row or " ERROR " in row]
    return [" ".join(row.split()[2:]) for row in rows]


def two_runs(world: World) -> tuple[FlowRun, FlowRun]:
    first, second = world.run("etl", "calm-auk", due=world.now), world.run("etl", "brisk-bee", due=world.now)
    write(world.client, first, (1, "one"), (3, "three"), (5, "five"))
    write(world.client, second, (2, "two"), (4, "four"), level=40)
    return first, second


def test_lines_stand_in_the_order_of_their_times_and_later_ones_behind(app: FlowtuiApp, world: World) -> None:
    _, second = two_runs(world)

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        await pilot.press("colon", *"logs calm-auk brisk-bee", "enter")
        await shows(pilot, "Logs of calm-auk", "5 lines", "five")
        assert messages(app) == [
            "calm-auk one", "brisk-bee two", "calm-auk three", "brisk-bee four", "calm-auk five",
        ]  # fmt: skip
        write(world.client, second, (0.5, "late"), (6, "six"))
        app.screen.request_load()  # type: ignore[attr-defined]
        await shows(pilot, "7 lines", "six")
        assert messages(app)[-3:] == ["calm-auk five", "brisk-bee late", "brisk-bee six"]
        await pilot.press("E")
        await shows(pilot, "line 4 of 7", "errors  2/2")
        await pilot.press("ampersand", *"run:brisk", "enter", "escape")
        await shows(pilot, "4 of 7 lines; 1 filter")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, LogsScreen))

    play(app, script)


def test_a_run_comes_with_its_subflows(app: FlowtuiApp, world: World) -> None:
    parent, child = two_runs(world)
    task = TaskRun(
        id=world.id(), name="child-0", task_key="child", dynamic_key="0", flow_run_id=parent.id,
        state=Completed(timestamp=world.now), created=world.now, child_flow_run_id=child.id,
    )  # fmt: skip
    world.client.save_task_run(task)
    world.client.flush()

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run(parent.id, "logs")
        await shows(pilot, "3 lines")
        await pilot.press("M")
        await shows(pilot, "Logs of calm-auk", "brisk-bee", "5 lines", "four")

    play(app, script)


def test_each_line_is_there_once_however_many_ask_at_once(world: World) -> None:
    import asyncio

    first, second = two_runs(world)

    async def script() -> None:
        log = MergedLog(asyncio.to_thread, lambda: world.client, [first.id, second.id])
        pages = await asyncio.gather(*(log.read(0, 100) for _ in range(4)))
        assert {page.total for page in pages} == {5}
        assert [line.message for line in pages[0].lines] == ["one", "two", "three", "four", "five"]
        assert [line.message for line in (await log.read(-2, 2)).lines] == ["four", "five"]
        tally = await log.tally(0, 100, 2.0)
        assert sum(moment.lines for moment in tally.moments.values()) == 5
        assert sum(moment.errors for moment in tally.moments.values()) == 2

    asyncio.run(script())
