"""How Flows and the schedule radar look, from the smallest to the largest terminal, at a moment that stands still."""

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
from tests.fakes.world import World, seconds
from tests.tui.looks import shows, until
from tests.tui.pictures import Pictures

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
    return FlowtuiApp(world.client, now=world.clock, zone=UTC, folder=folder)


def test_flows(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "daily-etl", "✖ broken.py", "Running")

    pictures(app, script)


def test_the_radar(pictures: Pictures, app: FlowtuiApp, world: World) -> None:
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
        await shows(pilot, "flow-0/main")
        await until(pilot, lambda: "+10 min" in str(app.screen.query_one("Title")._note))

    pictures(app, script)


async def open_flows(pilot: Pilot[Any]) -> None:
    await pilot.press("3")
    await shows(pilot, "daily-etl", "✖ broken.py", "Running")
    await pilot.press("j")


def test_a_flow_to_be_run(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_flows(pilot)
        await pilot.press("r")
        await shows(pilot, "Run repair-everything", "only_newer_than")

    pictures(app, script)


def test_a_flow_to_be_deployed(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_flows(pilot)
        await pilot.press("d")
        await shows(pilot, "Deploy repair-everything", "on demand")
        await pilot.press("tab", "right")
        await shows(pilot, "cron", "timezone")
        await pilot.press("tab", *"0 9 * * 1-5")
        await shows(pilot, "weekdays at 09:00 UTC")

    pictures(app, script)


def test_no_flow(pictures: Pictures, app: FlowtuiApp, tmp_path: Path) -> None:
    app.folder = tmp_path / "empty"
    app.folder.mkdir()

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "flowtui init")

    pictures(app, script)


def test_no_schedule(pictures: Pictures, app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.action_radar()
        await shows(pilot, "Schedule radar")

    pictures(app, script)
