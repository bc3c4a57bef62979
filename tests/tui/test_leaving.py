"""What was filled in is not lost by a key that leads elsewhere, and a list that is asked for is shown."""

from typing import Any

from textual.pilot import Pilot

from flowtui.engine.model import DeploymentSpec, FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.retrying.screen import RetryPlanScreen
from flowtui.tui.retrying.values_screen import ValuesScreen
from flowtui.tui.screens.deployments import DeploymentsScreen
from flowtui.tui.screens.flows import FlowsScreen
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.screens.run_form import RunFormScreen
from flowtui.tui.screens.runs import RunsScreen
from tests.fakes.retried import a_failed_run
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until


def test_a_list_is_shown_although_a_run_was_left_open_above_it(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "77 runs")
        app.open_run(day["failed"].id)
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, FlowsScreen))
        await shows(pilot, "daily-etl")
        await pilot.press(":", *"runs flow:daily-etl", "enter")
        await shows(pilot, "flow:daily-etl ×", "of 77")
        assert isinstance(app.screen, RunsScreen)

    play(app, script)


def test_a_form_is_not_closed_by_the_key_of_its_tab_or_by_quitting_without_a_question(
    app: FlowtuiApp, world: World
) -> None:
    fields = {"properties": {"dry": {"type": "boolean", "default": False}}}
    world.client.save_deployment(
        DeploymentSpec(
            name="prod", flow_name="etl", entrypoint="etl.py:etl", path="/srv", parameter_openapi_schema=fields
        )
    )

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await shows(pilot, "etl/prod")
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RunFormScreen) and app.screen.focused is not None)
        await pilot.press("space")
        await shows(pilot, "1 field changed")
        await pilot.press("4")
        await shows(pilot, "Leave the form?", "What was filled in is lost, and nothing is run.")
        await pilot.press("n")
        await shows(pilot, "1 field changed")
        await pilot.press("1")  # the form stays where it is while one looks elsewhere
        await shows(pilot, "Last 24 h")
        await pilot.press("q")
        await shows(pilot, "Leave flowtui?", "What was filled in, and not sent, is lost.")
        await pilot.press("n")
        await pilot.press("4")
        await shows(pilot, "1 field changed")
        await pilot.press("4")
        await shows(pilot, "Leave the form?")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DeploymentsScreen))

    play(app, script)


def test_inputs_that_were_edited_for_a_retry_are_not_lost_without_a_question(app: FlowtuiApp, world: World) -> None:
    a_failed_run(world)

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "plucky-heron")
        await pilot.press("R")
        await shows(pilot, "Retry github-stars · plucky-heron", "↻ 2 run")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, ValuesScreen) and app.screen.focused is not None)
        await pilot.press("escape")  # nothing was typed
        await until(pilot, lambda: isinstance(app.screen, RetryPlanScreen))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ValuesScreen) and app.screen.focused is not None)
        await pilot.press("end", "x", "escape")
        await shows(pilot, "Leave the form?", "the plan stays as it is")
        await pilot.press("n", "ctrl+s")
        await shows(pilot, "✎ 1 edited")
        await pilot.press("escape")
        await shows(pilot, "Leave the plan?", "What was edited is lost")
        await pilot.press("n")
        assert "✎ 1 edited" in screen_text(app)
        await pilot.press("escape", "y")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))

    play(app, script)
