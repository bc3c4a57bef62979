"""The plan of a retry on its screen: looked at, changed, carried out."""

from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.amendments import Amendments
from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.retrying.draft import Draft, estimate
from flowtui.tui.retrying.here import CodeHere, code_here
from flowtui.tui.retrying.screen import RetryPlanScreen
from flowtui.tui.retrying.values_screen import ValuesScreen
from flowtui.tui.screens.run import RunScreen
from tests.fakes.retried import a_failed_run
from tests.fakes.world import World
from tests.support import run_python
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.pictures import Pictures

Made = tuple[FlowRun, dict[str, TaskRun]]


@pytest.fixture
def made(world: World) -> Made:
    return a_failed_run(world)


def line_of(pilot: Pilot[Any], name: str) -> str:
    """The line of the screen that tells of a task."""
    return next((line for line in screen_text(pilot.app).splitlines() if name in line), "")


async def becomes(pilot: Pilot[Any], name: str, words: str) -> None:
    await until(pilot, lambda: words in line_of(pilot, name))


async def give(pilot: Pilot[Any], name: str, text: str) -> None:
    """Clear the field that has the keyboard, and type."""
    await until(pilot, lambda: isinstance(pilot.app.screen, ValuesScreen))
    await shows(pilot, name)
    await pilot.press("end", *["backspace"] * 10, *text)


def test_the_plan_says_what_is_reused_and_what_runs(app: FlowtuiApp, made: Made) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "plucky-heron")
        await pilot.press("R")
        await shows(pilot, "Retry github-stars · plucky-heron", "instead of ≈ 5.0s", "≡ 2 reused", "↻ 2 run")
        for name, fate in (("login-0", "≡"), ("get_stars-0", "≡"), ("get_stars-1", "↻"), ("total-0", "↻")):
            assert fate in line_of(pilot, name)
        assert 'repo="acme/tool"' in line_of(pilot, "get_stars-1")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, RetryPlanScreen))

    play(app, script)
    assert app.client.read_flow_run(made[0].id) == made[0]


def test_space_has_a_task_run_again_with_all_that_depends_on_it(app: FlowtuiApp, made: Made) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_retry_plan(made[0].id)
        await shows(pilot, "≡ 2 reused")
        await pilot.press("g", "space")
        await shows(pilot, "≡ 0 reused", "↻ 4 run")
        assert "it depends on login-0" in line_of(pilot, "get_stars-0")
        await pilot.press("space")
        await shows(pilot, "≡ 2 reused")
        await pilot.press("G", "space")
        await shows(pilot, "total-0 runs in any case")

    play(app, script, size=(160, 36))


def test_what_was_edited_is_retried_and_written_down(app: FlowtuiApp, made: Made) -> None:
    run, tasks = made

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_run(run.id)
        await shows(pilot, "plucky-heron")
        pilot.app.open_retry_plan(run.id)
        await shows(pilot, "≡ 2 reused")
        await pilot.press("e")
        await give(pilot, "repo", "acme/other")
        await pilot.press("ctrl+s")
        await becomes(pilot, "get_stars-1", "✎ run")
        assert 'repo="acme/other"' in line_of(pilot, "get_stars-1")
        await shows(pilot, "✎ 1 edited")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValuesScreen))
        await shows(pilot, "repos")
        await pilot.press("down", "down", "down", "end", *["backspace"] * 4, *"web")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: '"acme/web"] ✎' in screen_text(pilot.app))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))

    play(app, script)
    now = app.client.read_flow_run(run.id)
    assert now.state.name == "AwaitingRetry"
    assert now.parameters == {"repos": ["PrefectHQ/prefect", "acme/web"], "limit": 100}
    amendments = now.amendments
    assert amendments is not None
    assert amendments.inputs == {tasks["get_stars-1"].id: {"repo": "acme/other"}}
    assert amendments.parameters == {"repos": ["PrefectHQ/prefect", "acme/tool"]}
    entry = app.acting.journal.entries[-1]
    assert "--set 'get_stars-1.repo=\"acme/other\"' --param 'repos=" in entry.command


def test_u_takes_the_retry_back_with_what_was_edited(app: FlowtuiApp, made: Made) -> None:
    before = made[0]

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_retry_plan(made[0].id)
        await shows(pilot, "≡ 2 reused")
        await pilot.press("e")
        await give(pilot, "repo", "acme/other")
        await pilot.press("ctrl+s")
        await shows(pilot, "✎ 1 edited")
        await pilot.press("R")
        await until(pilot, lambda: [each.undo for each in app.acting.journal.entries] == ["can"])
        assert app.client.read_flow_run(made[0].id).amendments is not None
        await pilot.press("u")
        await until(pilot, lambda: [each.undo for each in app.acting.journal.entries] == ["undone", "no"])

    play(app, script)
    now = app.client.read_flow_run(made[0].id)
    assert (now.state.name, now.amendments, now.parameters) == (before.state.name, None, before.parameters)
    entry = app.acting.journal.entries[-1]
    assert entry.command == f"flowtui flow-run restore {now.id}"


def test_the_next_one_who_looks_sees_what_was_edited(app: FlowtuiApp, world: World, made: Made) -> None:
    from flowtui.engine.amendments import RetryEdits
    from flowtui.engine.states import Failed

    run, tasks = made
    edits = RetryEdits(inputs={tasks["get_stars-1"].id: {"repo": "acme/other"}}, parameters={"limit": 7})
    world.client.retry_flow_run(run.id, edits)
    world.client.set_flow_run_state(run.id, Running(timestamp=world.now), force=True)
    world.client.set_flow_run_state(run.id, Failed(timestamp=world.now), force=True)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_retry_plan(run.id)
        await shows(pilot, "limit=7 ✎")
        await becomes(pilot, "get_stars-1", 'repo="acme/other"')
        assert "✎" in line_of(pilot, "get_stars-1")
        await pilot.press("backspace")
        await becomes(pilot, "get_stars-1", 'repo="acme/tool"')
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))

    play(app, script)
    now = world.client.read_flow_run(run.id).amendments
    assert now is not None and now.inputs == {} and now.parameters == {"limit": 100}


def test_an_input_of_a_task_that_completed_is_named_by_hand(app: FlowtuiApp, made: Made) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_retry_plan(made[0].id)
        await shows(pilot, "≡ 2 reused")
        await pilot.press("g", "e")
        await shows(pilot, "Input of login-0")
        await pilot.press(*'user="ann"', "enter")
        await becomes(pilot, "login-0", 'user="ann"')
        await shows(pilot, "≡ 0 reused")

    play(app, script)


def test_a_run_that_has_been_taken_up_elsewhere_offers_no_retry(app: FlowtuiApp, world: World, made: Made) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_retry_plan(made[0].id)
        await shows(pilot, "R retry")
        world.client.set_flow_run_state(made[0].id, Running(timestamp=world.now), force=True)
        await shows(pilot, "plucky-heron  ▶ Running")
        await until(pilot, lambda: "R retry" not in screen_text(pilot.app))

    play(app, script)


CODE = """
from flowtui import flow, task

@task
def fetch(repo):
    if repo == "bad":
        raise ValueError("no such repository")
    return len(repo)

@flow
def stars(repos: list[str]):
    return sum(fetch(repo) for repo in repos)

if __name__ == "__main__":
    stars(["acme", "bad"])
"""


@pytest.fixture
def script_run(client: LocalClient, tmp_path: Path) -> FlowRun:
    """A script's run that failed: it has no deployment, and its file is here."""
    (tmp_path / "stars.py").write_text(CODE)
    assert run_python("stars.py", cwd=tmp_path).returncode == 1
    return client.list_flow_runs(limit=1).items[0]


def test_a_run_of_a_script_is_retried_by_a_process_here(client: LocalClient, script_run: FlowRun) -> None:
    app = FlowtuiApp(client, zone=UTC)

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, script_run.name)
        await pilot.press("R")
        await shows(pilot, "≡ 1 reused")
        await pilot.press("e")
        await give(pilot, "repo", "good")
        await pilot.press("ctrl+s")
        await becomes(pilot, "fetch-1", "✎ run")
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        await shows(pilot, "✔ Completed")

    play(app, script)
    assert client.read_flow_run(script_run.id).result == "8"
    command = app.acting.journal.entries[-1].command
    assert f"flow-run retry {script_run.id} --entrypoint stars.py:stars" in command


def test_a_process_that_cannot_take_the_run_says_why(client: LocalClient, script_run: FlowRun, tmp_path: Path) -> None:
    (tmp_path / "stars.py").write_text("import nowhere_at_all")
    app = FlowtuiApp(client, zone=UTC)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_retry_plan(script_run.id)
        await shows(pilot, "≡ 1 reused")
        await pilot.press("R")
        await shows(pilot, "nowhere_at_all")
        assert isinstance(pilot.app.screen, RetryPlanScreen)

    play(app, script)
    assert client.read_flow_run(script_run.id).state.is_failed()


def test_without_its_file_a_run_of_a_script_is_not_retried(
    client: LocalClient, script_run: FlowRun, tmp_path: Path
) -> None:
    assert code_here(script_run) == CodeHere(str(tmp_path), "stars.py:stars")
    (tmp_path / "stars.py").unlink()
    assert code_here(script_run) is None
    app = FlowtuiApp(client, zone=UTC)

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, script_run.name)
        await pilot.press("R")
        await shows(pilot, "it has no deployment")

    play(app, script)


@pytest.mark.parametrize(
    ("usual", "seconds", "told"),
    [
        (None, (0.0, 0.0), None),
        (None, (3.0, 5.0), (3.0, 5.0)),
        (10.0, (3.0, 5.0), (8.0, 10.0)),
        (1.0, (0.0, 5.0), (0.0, 1.0)),
    ],
)
def test_the_time_that_a_retry_takes_is_the_whole_without_what_is_reused(
    usual: float | None, seconds: tuple[float, float], told: tuple[float, float] | None
) -> None:
    assert estimate(usual, seconds) == told


def test_a_draft_takes_back_what_it_was_given() -> None:
    draft = Draft().toggled("a").with_inputs("b", {"x": 1})
    assert draft.toggled("a").taken_back("b", None) == Draft()
    assert draft.taken_back("b", Amendments(inputs={"b": {"x": 0}})).inputs == {}
    assert Draft().taken_back("b", Amendments(inputs={"b": {"x": 0}})).inputs == {"b": None}


@pytest.mark.parametrize("what", ["plan", "inputs", "parameters"])
def test_how_it_looks(what: str, pictures: Pictures, app: FlowtuiApp, made: Made) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app.open_retry_plan(made[0].id)
        await shows(pilot, "≡ 2 reused")
        await pilot.press("p" if what == "parameters" else "e")
        if what == "plan":
            await give(pilot, "repo", "acme/other")
            await pilot.press("ctrl+s")
            await shows(pilot, "✎ 1 edited")
        elif what == "inputs":
            await shows(pilot, "Inputs of get_stars-1", "acme/tool")
        else:
            await until(pilot, lambda: isinstance(pilot.app.screen, ValuesScreen))
            await shows(pilot, "repos", "PrefectHQ/prefect")

    pictures(app, script)


def test_how_a_run_looks_that_cannot_be_retried(pictures: Pictures, app: FlowtuiApp, world: World) -> None:
    begun = world.now - timedelta(seconds=9)
    done = world.run("github-stars", "calm-crane", Running(timestamp=begun), Completed(timestamp=world.now))

    async def script(pilot: Pilot[Any]) -> None:
        app.open_retry_plan(done.id)
        await shows(pilot, "Retry github-stars · calm-crane")

    pictures(app, script, ("120x36", "40x10"))
