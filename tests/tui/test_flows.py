"""The Flows screen: a folder's flows beside the store's, run and deployed from their signature."""

import os
import threading
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.engine.settings import forget_settings
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.deployment_actions import create_run
from tests.fakes.world import World, seconds
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until

HELLO = '''"""Says hello."""
import os
from typing import Literal
from flowtui import flow, task

@task
def greet(name): return f"hello {name}"

@flow(log_prints=True)
def hello(name: str, times: int = 2, mood: Literal["good", "bad"] = "good"):
    """Greets somebody."""
    print("I am", os.getpid())
    return [greet(name) for _ in range(times)]
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder as a user has it."""
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "hello.py").write_text(HELLO)
    return folder


@pytest.fixture
def app(world: World, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlowtuiApp:
    monkeypatch.setenv("FLOWTUI_HOME", str(tmp_path / "world"))  # where the child looks for the store
    forget_settings()
    return FlowtuiApp(world.client, now=world.clock, zone=UTC, folder=project)


def runs_of(world: World, flow: str) -> list[FlowRun]:
    return [run for run in world.client.list_flow_runs(limit=50).items if run.flow_name == flow]


def test_the_folder_and_the_store_are_one_list(app: FlowtuiApp, world: World, project: Path) -> None:
    (project / "broken.py").write_text("from flowtui import flow\n@flow\ndef oops(:\n")
    begun = world.now - seconds(240)
    for flow in ("hello", "elsewhere"):
        world.run(flow, f"calm-{flow}", Running(timestamp=begun), Completed(timestamp=begun + seconds(5)))
    world.deployment("hello", "nightly")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        text = await shows(pilot, "hello.py:10", "name: str, times: int=2", "nightly", "not in this folder", "5.0s")
        assert "broken.py:3" in text
        assert "SyntaxError" in text
        assert "✔ Completed 3m" in text

    play(app, script, size=(160, 30))


def test_a_flow_is_run_in_a_process_of_its_own_from_a_form_of_its_signature(app: FlowtuiApp, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "hello.py:10")
        await pilot.press("r")
        await shows(pilot, "times", "(●) good", "[ Run ]")
        await pilot.press("ctrl+s")
        await shows(pilot, "required")
        await pilot.press(*"Ada", "ctrl+s")
        await until(pilot, lambda: type(app.screen).__name__ == "RunScreen")
        await until(pilot, lambda: all(run.state.is_final() for run in runs_of(world, "hello")))
        (first,) = runs_of(world, "hello")
        await shows(pilot, "✔ Completed")
        await pilot.press("r")  # a run without a deployment, of a flow of this folder
        await shows(pilot, "Run again hello", f"the same as {first.name}", "Ada")
        await pilot.press("end", "x", "ctrl+s")
        await until(pilot, lambda: len(runs_of(world, "hello")) == 2)
        await until(pilot, lambda: all(run.state.is_final() for run in runs_of(world, "hello")))

    play(app, script)
    again, run = sorted(runs_of(world, "hello"), key=lambda run: run.created, reverse=True)
    assert again.parameters == {"name": "Adax", "times": 2, "mood": "good"}
    assert run.state.is_completed(), run.state
    assert run.parameters == {"name": "Ada", "times": 2, "mood": "good"}
    assert run.created_by == "workstation"
    said = [line.message for line in world.client.read_logs(run.id).lines if line.message.startswith("I am")]
    pid = (run.infrastructure_pid or "").rpartition(":")[2]
    assert said == [f"I am {pid}"]


def test_a_flow_that_cannot_be_loaded_fails_with_the_users_own_line(
    app: FlowtuiApp, world: World, project: Path
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "hello.py:10")
        await pilot.press("r")
        await shows(pilot, "[ Run ]")
        (project / "hello.py").write_text(f"import nowhere_at_all\n{HELLO}")
        await pilot.press(*"Ada", "ctrl+s")
        await until(pilot, lambda: runs_of(world, "hello") and runs_of(world, "hello")[0].state.is_final())
        await pilot.press("escape", "r")
        await shows(pilot, "hello.py:1", "nowhere_at_all")
        await pilot.press("escape")

    play(app, script)
    (run,) = runs_of(world, "hello")
    assert run.state.is_failed()
    assert "nowhere_at_all" in (run.state.message or "")


def test_a_flow_is_deployed_with_a_schedule_that_is_said_in_words_first(app: FlowtuiApp, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "hello.py:10")
        await pilot.press("d")
        await shows(pilot, "Deploy hello", "on demand", "local")
        await pilot.press("tab", "right")
        await shows(pilot, "cron", "timezone")
        await pilot.press("tab", *"0 9 * * 1-5")
        await shows(pilot, "weekdays at 09:00 UTC", "Mon Nov 23 09:00")
        await pilot.press("ctrl+s")
        await shows(pilot, "required")  # nobody could give a scheduled run its name
        await pilot.press(*"Ada", "ctrl+s")
        await shows(pilot, "Deployments › hello/default", "Recent runs")

    play(app, script, size=(120, 40))
    saved = world.client.read_deployment("hello/default")
    assert saved.entrypoint == "hello.py:hello"
    assert saved.parameters == {"name": "Ada"}
    assert [schedule.schedule.text for schedule in saved.schedules]
    assert "mood" in saved.parameter_openapi_schema["properties"]


def test_what_can_no_longer_be_served_here_is_said(app: FlowtuiApp, world: World, project: Path) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "hello.py:10")
        await pilot.press("d")
        await shows(pilot, "Deploy hello", "served here")
        (project / "hello.py").write_text("raise RuntimeError('not today')")
        await pilot.press("tab", "tab", "right", "ctrl+s")
        await shows(pilot, "hello/default is served here no longer", "not today")

    play(app, script, size=(120, 40))


def test_a_flow_is_served_here_while_the_workstation_is_open(app: FlowtuiApp, world: World) -> None:
    """No pool and no worker: a process of the workstation takes the runs, and goes with it, or when that is undone."""

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "hello.py:10")
        await pilot.press("d")
        await shows(pilot, "Deploy hello", "served here")
        await pilot.press("tab", "tab", "right")
        await shows(pilot, "(●) served here")
        await pilot.press("ctrl+s")
        await shows(pilot, "Deployments › hello/default", "a process of its own serves it")
        deployment = world.client.read_deployment("hello/default")
        assert deployment.work_pool_name is None
        run = await create_run(app, deployment, {"name": "Ada"})
        await until(pilot, lambda: world.client.read_flow_run(run.id).end_time is not None)
        done = world.client.read_flow_run(run.id)
        assert done.state.is_completed() and done.owner is None
        words = "\n".join(one.message for one in world.client.read_logs(run.id).lines)
        served_by = int(words.split("I am ")[1].split()[0])
        assert served_by != os.getpid()
        await pilot.press("u")
        await until(pilot, lambda: not world.client.list_deployments().items)
        assert not any(one.name == "flowtui-served" for one in threading.enumerate())

    play(app, script, size=(120, 40))


def test_files_are_followed_and_the_cursor_stays_on_its_flow(app: FlowtuiApp, project: Path) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "hello.py:10")
        (project / "a_first.py").write_text(HELLO.replace("def hello", "def earlier"))
        text = await shows(pilot, "a_first.py:10")
        assert text.index("earlier") < text.index("hello.py")
        assert "▌" in next(line for line in text.splitlines() if "hello.py:10" in line)
        (project / "hello.py").unlink()
        await until(pilot, lambda: "hello.py" not in screen_text(app))

    play(app, script)


def test_o_opens_the_line_of_a_flow_and_the_mistake_of_a_file(
    app: FlowtuiApp, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "broken.py").write_text("from flowtui import flow\n@flow\ndef oops(:\n")
    told, editor = tmp_path / "told", tmp_path / "code"  # an editor with a window of its own
    editor.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    editor.chmod(0o700)
    monkeypatch.setenv("FLOWTUI_EDITOR", str(editor))

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "hello.py:10", "✖ broken.py")
        await pilot.press("o")
        await until(pilot, lambda: told.exists() and f"{project}/hello.py:10" in told.read_text())
        await pilot.press("G", "o")
        await until(pilot, lambda: f"{project}/broken.py:3" in told.read_text())

    play(app, script)


def test_an_empty_folder_says_what_to_do(app: FlowtuiApp, project: Path) -> None:
    (project / "hello.py").unlink()

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "No function with @flow in the Python files of acme.", "flowtui init")

    play(app, script)


def test_enter_shows_the_runs_and_a_flow_from_elsewhere_says_why_it_cannot_run(app: FlowtuiApp, world: World) -> None:
    world.run("elsewhere", "calm-bee", Running(timestamp=world.now), Completed(timestamp=world.now))

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await shows(pilot, "not in this folder")
        await pilot.press("G", "r")
        await shows(pilot, "elsewhere is in no file of this folder")
        await pilot.press("enter")
        await shows(pilot, "calm-bee", "flow:elsewhere")

    play(app, script)
