"""How Flows and the schedule radar look, from the smallest to the largest terminal, at a moment that stands still."""

from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.model import Backend, DeploymentSpec, FlowRun
from flowtui.engine.schedules import Cron
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.screens.radar import RadarScreen
from flowtui.tui.widgets.duration_chart import DurationChart
from tests.fakes.world import World, seconds
from tests.tui.looks import shows, until

SIZES = [(40, 10), (60, 16), (80, 24), (120, 36), (220, 60)]
Compare = Callable[..., bool]
Script = Callable[[Pilot[Any]], Awaitable[object]]

FLOWS = {
    "github_stars.py": "from flowtui import flow\n@flow\ndef github_stars(repos: list[str], wait: float = 5): ...\n",
    "etl/daily.py": "from flowtui import flow\n@flow(name='daily-etl')\ndef daily(since: str = 'yesterday'): ...\n"
    "@flow\ndef repair_everything(tables: list[str], dry_run: bool = True, *, only_newer_than: int = 30): ...\n",
    "broken.py": "from flowtui import flow\n@flow\ndef oops(:\n",
}


@pytest.fixture
def app(world: World, tmp_path: Path) -> FlowtuiApp:
    folder = tmp_path / "acme"
    for name, code in FLOWS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(code)
    app = FlowtuiApp(world.client, now=world.clock, zone=UTC, folder=folder)
    app.animation_level = "none"
    return app


def picture(snap_compare: Compare, app: FlowtuiApp, size: tuple[int, int], script: Script) -> bool:
    async def before(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.status.counts is not None and app.status.backends)
        await script(pilot)
        await pilot.pause()

    return snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_flows(snap_compare: Compare, app: FlowtuiApp, day: dict[str, FlowRun], size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "daily-etl", "✖ broken.py", "Running")

    assert picture(snap_compare, app, size, script)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_radar(snap_compare: Compare, app: FlowtuiApp, world: World, size: tuple[int, int]) -> None:
    world.client.announce_backend(
        Backend(id="b", kind="server", host="desk", pid=1, url="http://desk:4200", started=world.now, seen=world.now)
    )
    world.client.update_work_pool("local", {"concurrency_limit": 4})
    crons = ["0 2 * * *"] * 6 + ["30 */4 * * *", "5 9-17 * * 1-5", "15 12 * * 6", "* * * * *"]
    for number, cron in enumerate(crons):
        begun = world.now - timedelta(hours=2)
        flow = f"flow-{number}"
        ended = Completed(timestamp=begun + seconds(600 - number * 65))
        world.run(flow, f"past-{number}", Running(timestamp=begun), ended)
        world.client.save_deployment(
            DeploymentSpec(name="main", flow_name=flow, entrypoint="f.py:f", path="/srv", schedules=(Cron(cron),))
        )
    world.forget_plans()

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.action_radar()
        await until(pilot, lambda: isinstance(app.screen, RadarScreen) and app.screen._picture is not None)
        await pilot.press("n", "greater_than_sign", "greater_than_sign")
        if size[1] > 10:
            await shows(pilot, "flow-0/main")
        await until(pilot, lambda: "+10 min" in str(app.screen.query_one("Title")._note))

    assert picture(snap_compare, app, size, script)


@pytest.mark.parametrize("size", [(40, 10), (220, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_home(snap_compare: Compare, app: FlowtuiApp, day: dict[str, FlowRun], size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Needs you  4")
        await until(pilot, lambda: app.screen.query_one(DurationChart)._sample is not None)

    assert picture(snap_compare, app, size, script)
