"""The workstation in real terminals: it opens, it leaves as it came, and where it cannot draw it says so."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flowtui.tui.launch import why_no_terminal
from tests.fakes.terminal import Terminal
from tests.support import clean_environment, wait_until

pytestmark = pytest.mark.timeout(180)  # several waits, each with a deadline of its own

COMMAND = [
    sys.executable,
    "-c",
    "import sys; from flowtui.tui.launch import open_workstation; sys.exit(open_workstation(embedded=False))",
]
WITH_ENGINE = [sys.executable, "-m", "flowtui"]


def terminal(home: Path, command: list[str] | None = None, **size: int) -> Terminal:
    return Terminal(command or COMMAND, env=clean_environment(home), **size)


def restored(term: Terminal) -> bool:
    """Whether the terminal is as it was: screen, cursor, mouse, pasting, line discipline."""
    raw = bytes(term.raw)
    ends = all(
        raw.rfind(f"\x1b[?{mode}{off}".encode()) > raw.rfind(f"\x1b[?{mode}{on}".encode())
        for mode, on, off in ((1049, "h", "l"), (25, "l", "h"), (1000, "h", "l"), (1006, "h", "l"), (2004, "h", "l"))
    )
    return ends and term.modes() == term.before


def test_it_opens_and_q_leaves_the_terminal_as_it_was(home: Path) -> None:
    with terminal(home) as term:
        term.wait_for("1 Home")
        term.wait_for("nobody serves")
        term.press("q")
        assert term.wait_end() == 0
        assert restored(term)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(home: Path, number: signal.Signals) -> None:
    with terminal(home) as term:
        term.wait_for("nobody serves")
        term.signal(number)
        assert term.wait_end() == 128 + number
        assert restored(term)


def test_it_starts_an_engine_of_its_own_and_takes_it_along_when_it_leaves(home: Path) -> None:
    import psutil

    with terminal(home, WITH_ENGINE) as term:
        term.wait_for("engine here", 30)
        children = psutil.Process(term.process.pid).children(recursive=True)
        assert children
        term.press("q")
        assert term.wait_end(30) == 0
        assert restored(term)
        wait_until(lambda: not any(child.is_running() for child in children), what="the engine's end")


def test_a_mistake_inside_the_workstation_leaves_the_terminal_as_it_was(home: Path) -> None:
    """Not one that a worker makes, which is told on the screen, but one that ends the application."""
    wrong = "import flowtui.tui.app as app; app.FlowtuiApp.action_up = lambda self: 1 / 0;"
    with terminal(home, [*COMMAND[:2], f"{wrong} {COMMAND[2]}"]) as term:
        term.wait_for("nobody serves")
        term.press("\x1b")
        assert term.wait_end() == 1
        assert restored(term)
        assert "ZeroDivisionError" in term.text


def test_an_engine_that_is_killed_is_started_again_once_and_then_by_hand(home: Path) -> None:
    import psutil

    def kill_the_engine() -> None:
        for child in psutil.Process(term.process.pid).children(recursive=True):
            child.kill()

    with terminal(home, WITH_ENGINE) as term:
        term.wait_for("engine here")
        kill_the_engine()
        term.wait_for("unexpectedly")  # the toast breaks its lines where it likes
        term.wait_for("engine here")
        kill_the_engine()
        term.wait_for("nobody runs schedules")
        term.press("s")
        term.wait_for("engine here")
        term.press("q")
        assert term.wait_end() == 0
        assert restored(term)


def test_a_terminal_that_goes_away_takes_the_workstation_and_its_engine_along(home: Path) -> None:
    import psutil

    with terminal(home, WITH_ENGINE) as term:
        term.wait_for("engine here")
        family = psutil.Process(term.process.pid).children(recursive=True)
        assert family
        term.hang_up()
        assert term.process.wait(50) == 129
        wait_until(lambda: not any(child.is_running() for child in family), what="the engine's end")


def test_a_small_window_gets_a_friendly_word(home: Path) -> None:
    with terminal(home, columns=36, rows=9) as term:
        term.wait_for("40 × 10 cells")
        term.press("q")
        assert term.wait_end() == 0


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with terminal(blocked / "home") as term:
        assert term.wait_end() == 2
        assert "cannot be made" in term.text and "FLOWTUI_HOME" in term.text
        assert term.modes() == term.before


def test_without_a_terminal_it_says_what_works_instead(home: Path) -> None:
    done = subprocess.run(
        COMMAND, check=False, env=clean_environment(home), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "needs a terminal" in done.stderr and "flowtui --help" in done.stderr


def test_output_into_a_file_is_no_terminal_either(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shell = [*COMMAND[:2], COMMAND[2].replace("import sys;", f"import sys; sys.stdout = open({str(out)!r}, 'w');")]
    with terminal(home, shell) as term:
        assert term.wait_end() == 2
        assert "standard output is not one" in term.text.replace("\n", " ")


class _Tty:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("term", "words"), [(None, "TERM is not set"), ("", "TERM is not set"), ("dumb", "TERM is 'dumb'")]
)
def test_a_terminal_that_cannot_draw_is_named(term: str | None, words: str) -> None:
    trouble = why_no_terminal({"standard input": _Tty()}, term)  # type: ignore[dict-item]
    assert trouble is not None and words in trouble
    assert why_no_terminal({"standard input": _Tty()}, "xterm") is None  # type: ignore[dict-item]


def test_no_color_is_honoured(home: Path) -> None:
    env = {**clean_environment(home), "NO_COLOR": "1"}
    with Terminal(COMMAND, env=env) as term:
        term.wait_for("nobody serves")
        raw = bytes(term.raw)
        term.press("q")
        term.wait_end()
    import re

    colours = {
        tuple(match.split(b";"))
        for match in re.findall(rb"38;2;(\d+;\d+;\d+)|48;2;(\d+;\d+;\d+)", raw)
        for match in match
        if match
    }
    assert all(len(set(colour)) == 1 for colour in colours), colours
    assert os.environ.get("NO_COLOR") is None
