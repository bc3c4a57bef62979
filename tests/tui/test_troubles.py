"""What goes wrong inside the workstation is told and written down; what nobody waits for any more is not."""

import ast
import importlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual import work
from textual.css.query import NoMatches
from textual.pilot import Pilot

from flowtui.engine.log_tests import LogMarks, LogTest
from flowtui.engine.model import Change, FlowRun, LogPage
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.launch import write_down_trouble
from flowtui.tui.logs.source import RunLog
from flowtui.tui.places import NEEDED_SOON
from flowtui.tui.screens.home import HomeScreen
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.log_pane import LogPane
from tests.support import ROOT, run_python
from tests.tui.conftest import play
from tests.tui.looks import shows, until


class Clumsy(ShellScreen):
    """A screen that does what no screen should."""

    @work(exit_on_error=False)
    async def act(self) -> None:
        raise ZeroDivisionError("this was not expected")

    async def load(self, changes: tuple[Change, ...] | None) -> None:
        self.query_one("#nothing")


def messages(app: FlowtuiApp) -> list[str]:
    return [note.message for note in app._notifications]


async def told(pilot: Pilot[Any], words: str) -> None:
    """Wait for a notification, and take it away."""
    app = pilot.app
    assert isinstance(app, FlowtuiApp)
    await until(pilot, lambda: any(words in message for message in messages(app)))
    app.clear_notifications()


def test_what_a_worker_of_a_screen_did_not_expect_is_told_and_logged(
    app: FlowtuiApp, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "nobody serves")
        screen = Clumsy()
        await app.push_screen(screen)
        await told(pilot, "NoMatches")
        screen.act()
        await told(pilot, "ZeroDivisionError: this was not expected")

    play(app, script)
    traces = [record.exc_info[0] for record in caplog.records if record.name == "flowtui.tui" and record.exc_info]
    assert NoMatches in traces and ZeroDivisionError in traces


def test_what_reading_a_log_did_not_expect_is_told(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    class Broken(RunLog):
        async def read(self, start: int, limit: int) -> LogPage:
            raise ValueError("this is no page")

        async def mark(self, tests: Sequence[LogTest], start: int, limit: int) -> LogMarks:
            raise ValueError("this is no page")

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(day["failed"].id, "logs")
        await shows(pilot, "follow")
        await until(pilot, lambda: app.screen.query_one(LogPane).view.book.total)
        pane = app.screen.query_one(LogPane)
        pane.open(Broken(app.call, lambda: app.client, day["failed"].id), app.notify_error)
        await pilot.press("slash", "a", "enter")
        await told(pilot, "ValueError: this is no page")

    play(app, script)


def classes_with_workers() -> Iterator[type]:
    for file in sorted((ROOT / "tui").rglob("*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and "work" in {
                getattr(decorator.func if isinstance(decorator, ast.Call) else decorator, "id", "")
                for method in node.body
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
                for decorator in method.decorator_list
            }:
                name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
                yield getattr(importlib.import_module(f"flowtui.{name}"), node.name)


def test_every_class_with_workers_tells_what_they_did_not_expect() -> None:
    """Textual tells the node that started the worker, and nobody else."""
    classes = list(classes_with_workers())
    assert LogPane in classes and RunScreen in classes
    assert [each for each in classes if not hasattr(each, "on_worker_state_changed")] == []


def test_a_run_that_is_closed_while_it_is_read_troubles_nobody(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(day["failed"].id)
        await shows(pilot, "github-stars › plucky-heron")
        screen = app.screen
        assert isinstance(screen, RunScreen)
        await app.pop_screen()
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and not screen.is_attached)
        with pytest.raises(NoMatches):
            await screen.load(None)  # what a load finds that is still under way
        screen._asked = screen._everything = True
        await screen._load_all()
        assert messages(app) == []

    play(app, script)


@pytest.fixture
def root_handlers() -> Iterator[Callable[[], list[logging.Handler]]]:
    root = logging.getLogger()
    before = list(root.handlers)
    yield lambda: [handler for handler in root.handlers if handler not in before]
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()


def test_trouble_is_written_into_a_file_that_is_not_there_without(
    tmp_path: Path, root_handlers: Callable[[], list[logging.Handler]]
) -> None:
    file = tmp_path / "workstation.log"
    write_down_trouble(file)
    assert len(root_handlers()) == 1
    logging.getLogger("flowtui.tui").info("all is well")
    assert not file.exists()
    logging.getLogger("flowtui.tui").error("oh", exc_info=ZeroDivisionError("dear"))
    assert "| ERROR   | oh" in file.read_text() and "ZeroDivisionError: dear" in file.read_text()


OPEN = """
import asyncio, sys
from flowtui.engine.client.current import current_client
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.places import NEEDED_SOON

async def main():
    app = FlowtuiApp(current_client)
    async with app.run_test() as pilot:
        assert "flowtui.tui.screens.run" not in sys.modules, "it is paid for before the first rows"
        while set(NEEDED_SOON) - set(sys.modules):
            await pilot.pause(0.01)
    app.client.close()

asyncio.run(asyncio.wait_for(main(), 40))
"""


def test_what_a_person_needs_next_is_loaded_when_the_first_rows_are_shown(home: Path) -> None:
    done = run_python("-c", OPEN)
    assert done.returncode == 0, done.stderr
    assert "flowtui.tui.screens.run" in NEEDED_SOON
