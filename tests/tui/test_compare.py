"""What changed between two runs, on a screen and on the command line."""

import json
import os
import stat
import threading
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.model import FlowRun
from flowtui.engine.states import Completed, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.compare.screen import CompareScreen
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.widgets.log_view import LogView
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.changed import a_change
from tests.fakes.world import World, seconds
from tests.support import clean_environment, run_flowtui
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.pictures import Pictures

Runs = tuple[FlowRun, FlowRun]


@pytest.fixture
def runs(world: World) -> Runs:
    return a_change(world)


def table(pilot: Pilot[Any]) -> VirtualTable:
    return pilot.app.screen.query_one("#changes", VirtualTable)


def stands_on(pilot: Pilot[Any], words: str) -> bool:
    """Whether the cursor of the log is on a line with these words."""
    view = pilot.app.screen.query_one(LogView)
    line = view.book.line(view.cursor_line)
    return not view.following and line is not None and words in line.message


def test_d_on_a_failed_run_tells_what_changed_since_the_last_good_one(app: FlowtuiApp, runs: Runs) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "plucky-heron")
        await pilot.press("D")
        text = await shows(pilot, "amber-auk ✔ Completed → plucky-heron ✖ Failed", "17 differences", "repos[2]")
        assert text.index("outcome") < text.index("get_stars-1") < text.index("limits.rows") < text.index("numpy")
        assert "get_stars-0" not in text
        await pilot.press("a")
        assert "get_stars-0" in await shows(pilot, "everything", "get_stars-0")
        await pilot.press("a", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, CompareScreen))

    play(app, script)


def test_two_marked_runs_are_compared_in_the_order_of_time(app: FlowtuiApp, runs: Runs) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "plucky-heron", "amber-auk")
        await pilot.press("space", "space", "D")
        await shows(pilot, "amber-auk ✔ Completed → plucky-heron ✖ Failed")

    play(app, script)


def test_enter_goes_to_the_line_in_the_run_that_has_it(app: FlowtuiApp, runs: Runs) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_compare(runs[0].id, runs[1].id)
        await shows(pilot, "wrote <*> rows")
        for words, run, line in (
            ("wrote <*> rows", runs[0], "wrote 3 rows to stars.csv"),
            ("Encountered", runs[1], "Encountered exception"),
        ):
            rows = table(pilot).rows
            place = next(i for i in range(len(rows)) if words in rows.row_id(i))
            table(pilot).move_to_id(rows.row_id(place))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
            assert pilot.app.screen.run_id == run.id
            await shows(pilot, line)
            await until(pilot, partial(stands_on, pilot, line))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))

    play(app, script)


def test_a_run_that_goes_on_is_compared_again_when_it_has_ended(app: FlowtuiApp, world: World, runs: Runs) -> None:
    begun = world.now - seconds(20)
    live = world.run("github-stars", "brisk-bee", Running(timestamp=begun), deployment_id=runs[0].deployment_id)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_compare(None, live.id)
        await shows(pilot, "amber-auk ✔ Completed → brisk-bee ▶ Running")
        world.client.set_flow_run_state(live.id, Completed(timestamp=world.now), force=True)
        await shows(pilot, "amber-auk ✔ Completed → brisk-bee ✔ Completed")

    play(app, script)


def test_all_but_the_logs_is_shown_while_long_logs_are_compared(
    app: FlowtuiApp, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    read = app._opener().read_logs

    def slow(*args: Any, **fields: Any) -> Any:
        assert go_on.wait(50)
        return read(*args, **fields)

    monkeypatch.setattr("flowtui.tui.compare.screen._LONG", 0)
    monkeypatch.setattr(app._opener(), "read_logs", slow)

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_compare(None, runs[1].id)
        text = await shows(pilot, "comparing the logs …", "limits.rows")
        assert "wrote <*> rows" not in text
        go_on.set()
        assert "comparing the logs" not in await shows(pilot, "wrote <*> rows", "17 differences")

    play(app, script)


def test_a_first_run_has_nothing_to_be_compared_with(app: FlowtuiApp, world: World) -> None:
    only = world.run("lonely", "amber-auk", Running(timestamp=world.now - timedelta(minutes=1)))

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_compare(None, only.id)
        await shows(pilot, "No run of lonely has completed before this one.")

    play(app, script)


def test_another_differ_gets_both_runs_as_text(
    app: FlowtuiApp, runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is there only where $FLOWTUI_DIFF names a command."""
    command = tmp_path / "my differ"
    command.write_text(f'#!/bin/sh\ndiff "$2" "$3" > "{tmp_path}/out"; echo "$1" >> "{tmp_path}/out"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)

    @contextmanager
    def suspended() -> Any:
        yield

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_compare(None, runs[1].id)
        assert "external diff" not in await shows(pilot, "repos[2]")
        os.environ["FLOWTUI_DIFF"] = f"'{command}' --side-by-side"
        monkeypatch.setattr(pilot.app, "suspend", suspended)  # a test has no terminal to give away
        pilot.app.screen.refresh_bindings()
        await shows(pilot, "external diff")
        await pilot.press("e")
        await until(pilot, lambda: (tmp_path / "out").is_file() and "--side-by-side" in (tmp_path / "out").read_text())
        told = (tmp_path / "out").read_text()
        assert '>       "encode/httpx"' in told and "< packages  httpx  0.27.2" in told

    monkeypatch.delenv("FLOWTUI_DIFF", raising=False)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    play(app, script)


def test_text_from_logs_and_parameters_is_shown_and_not_obeyed(app: FlowtuiApp, world: World) -> None:
    evil = "[red]\x1b[31m\x1b]0;x\x07\u202e"
    made = [
        world.run(
            "f",
            name,
            Running(timestamp=world.now - seconds(9)),
            Completed(timestamp=world.now),
            parameters={evil: f"{name}{evil}"},
        )
        for name in ("amber-auk", "brisk-bee")
    ]
    world.log(made[1], world.now, 40, f"it broke {evil}")

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.open_compare(made[0].id, made[1].id)
        text = await shows(pilot, "it broke", "[red]")
        assert "\x1b" not in text and "\x07" not in screen_text(pilot.app)

    play(app, script)


@pytest.mark.parametrize("arguments", [("plucky-heron",), ("amber-auk", "plucky-heron")], ids=["last good", "two"])
def test_the_command_tells_the_same(world: World, runs: Runs, arguments: tuple[str, ...]) -> None:
    env = clean_environment(world.client.settings.home)
    told = json.loads(run_flowtui("flow-run", "diff", *arguments, "-o", "json", env=env).stdout)
    assert (told["older"]["name"], told["newer"]["name"]) == ("amber-auk", "plucky-heron")
    assert told["differences"][0]["what"] == "state"
    assert len(told["differences"]) == 17
    shown = run_flowtui("flow-run", "diff", *arguments, "--all", env=env)
    assert "~ limits.rows" in shown.stdout and "= get_stars-0" in shown.stdout


def test_the_command_says_when_there_is_nothing_to_compare_with(world: World, runs: Runs) -> None:
    done = run_flowtui("flow-run", "diff", "amber-auk", env=clean_environment(world.client.settings.home))
    assert done.returncode == 2
    assert "No run of 'github-stars' has completed before 'amber-auk'" in done.stderr


def test_how_it_looks(pictures: Pictures, app: FlowtuiApp, runs: Runs) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app.open_compare(None, runs[1].id)
        await shows(pilot, "→ plucky", "17 differences")
        await pilot.press("j", "j")

    pictures(app, script)


def test_how_it_looks_when_there_is_nothing_to_compare_with(pictures: Pictures, app: FlowtuiApp, world: World) -> None:
    only = world.run("lonely", "amber-auk", Running(timestamp=world.now - timedelta(minutes=1)))

    async def script(pilot: Pilot[Any]) -> None:
        app.open_compare(None, only.id)
        await shows(pilot, "No run of lonely has completed before this one.")

    pictures(app, script, ("120x36", "40x10"))
