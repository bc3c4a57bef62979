"""From a line of a log to the code that wrote it, as it was when it ran, in the editor that a person has chosen."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun, LogLine
from flowtui.engine.provenance import Provenance
from flowtui.engine.settings import Settings
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.logs.code import find_code, mapped
from flowtui.tui.logs.tracebacks import message_rows, own_frame
from flowtui.tui.piping.editors import editor_command, editor_words
from flowtui.tui.widgets.log_view import LogView
from tests.fakes.terminal import Terminal
from tests.fakes.world import World
from tests.support import clean_environment, wait_until
from tests.tui.conftest import play
from tests.tui.looks import shows, until
from tests.tui.test_launch import restored

FLOW = """from flowtui import flow, get_run_logger


@flow
def loud():
    get_run_logger().info("hello from the flow")


loud()
"""


def git(folder: Path, *arguments: str) -> str:
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PATH": os.environ["PATH"]}
    names = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *names, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=own).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> tuple[Path, str]:
    """A checkout with one flow, and the commit that it is at."""
    folder = tmp_path / "project"
    (folder / "flows").mkdir(parents=True)
    (folder / "flows" / "loud.py").write_text(FLOW)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder, git(folder, "rev-parse", "HEAD")


def test_the_file_itself_is_opened_while_it_is_what_ran(checkout: tuple[Path, str]) -> None:
    folder, commit = checkout
    file = folder / "flows" / "loud.py"
    found = find_code(str(file), 6, Provenance(commit=commit, root=str(folder)))
    assert (found.file, found.line, found.copy) == (file, 6, False)
    assert commit[:7] in found.note


def test_a_file_that_has_changed_is_opened_as_a_copy_of_what_ran(checkout: tuple[Path, str]) -> None:
    folder, commit = checkout
    file = folder / "flows" / "loud.py"
    file.write_text("# another\n" + FLOW)
    git(folder, "commit", "-qam", "second")
    found = find_code(str(file), 6, Provenance(commit=commit, root=str(folder), dirty=True))
    assert found.copy and found.file.name == f"loud@{commit[:7]}.py" and found.file.read_text() == FLOW
    assert not os.stat(found.file).st_mode & 0o222
    assert "your file has changed since" in found.note and "not committed" in found.note
    file.unlink()
    assert "gone by now" in find_code(str(file), 6, Provenance(commit=commit)).note


def test_code_of_another_machine_is_found_by_its_folder_s_name_here(checkout: tuple[Path, str]) -> None:
    folder, commit = checkout
    maps = Settings.from_env({"FLOWTUI_PATH_MAP": f"/srv=/nowhere, /srv/acme/={folder}"}).path_map
    assert mapped("/srv/acme-2/x.py", maps) == "/nowhere/acme-2/x.py"
    found = find_code("/srv/acme/flows/loud.py", 6, Provenance(commit=commit, root="/srv/acme"), maps)
    assert (found.file, found.copy) == (folder / "flows" / "loud.py", False)


def test_code_that_is_nowhere_says_what_to_do(checkout: tuple[Path, str], tmp_path: Path) -> None:
    folder, commit = checkout
    with pytest.raises(UsageError, match="FLOWTUI_PATH_MAP=/srv/acme="):
        find_code("/srv/acme/x.py", 1, None)
    with pytest.raises(UsageError, match="which is no file"):
        find_code("<string>", 1, None)
    new = folder / "new.py"
    new.write_text("pass")
    assert "not in the commit" in find_code(str(new), 1, Provenance(commit=commit, root=str(folder))).note
    with pytest.raises(UsageError, match="holds '/srv'"):
        Settings.from_env({"FLOWTUI_PATH_MAP": "/srv"})


@pytest.mark.parametrize(
    ("words", "read_only", "command", "in_terminal"),
    [
        ("vim", False, ["vim", "+14", "f.py"], True),
        ("/usr/bin/nvim -p", True, ["/usr/bin/nvim", "-p", "-R", "+14", "f.py"], True),
        ("nano", True, ["nano", "-v", "+14", "f.py"], True),
        ("hx", False, ["hx", "f.py:14"], True),
        ("code", False, ["code", "--wait", "-g", "f.py:14"], False),
        ("code --wait", False, ["code", "--wait", "-g", "f.py:14"], False),
        ("subl -w", False, ["subl", "-w", "f.py:14"], False),
        ("pycharm", False, ["pycharm", "--wait", "--line", "14", "f.py"], False),
        ("my-own", False, ["my-own", "+14", "f.py"], True),
    ],
)
def test_editors_are_told_the_line_in_their_own_way(
    words: str, read_only: bool, command: list[str], in_terminal: bool
) -> None:
    chosen = editor_words({"FLOWTUI_EDITOR": words, "VISUAL": "other"}, lambda _: None)
    assert editor_command(chosen, "f.py", 14, read_only=read_only) == (command, in_terminal)


def test_without_an_editor_one_is_told_how_to_have_one() -> None:
    assert editor_words({"FLOWTUI_EDITOR": "", "EDITOR": "ed -s"}, lambda _: None) == ["ed", "-s"]
    assert editor_words({}, lambda name: name if name == "nano" else None) == ["nano"]
    with pytest.raises(UsageError, match="Set FLOWTUI_EDITOR"):
        editor_words({}, lambda _: None)
    with pytest.raises(UsageError, match="which is no command"):
        editor_words({"EDITOR": "vim 'oops"}, lambda _: None)


TRACE = """it broke:
Traceback (most recent call last):
  File "/srv/app/flow.py", line 3, in main
    load()
  File "/srv/app/load.py", line 9, in load
    return get(url)
  File "/usr/lib/python3/site-packages/httpx/_api.py", line 1, in get
    raise Oops
httpx.Oops: no"""


def test_a_folded_traceback_names_the_innermost_call_of_one_s_own_code() -> None:
    rows = message_rows(TRACE, True)
    folded = "▸ 3 frames   load.py:9 in load   return get(url)"
    assert [row.text for row in rows] == ["it broke:", folded, "httpx.Oops: no"]
    assert rows[1].frame == rows[2].frame == ("/srv/app/load.py", 9, "load")
    whole = message_rows(TRACE, False)
    assert [row.text for row in whole] == TRACE.split("\n")
    assert whole[7].frame == ("/usr/lib/python3/site-packages/httpx/_api.py", 1, "get")
    assert own_frame([]) is None


def fake_editor(folder: Path, name: str, body: str = "") -> tuple[Path, Path]:
    """An editor that writes down how it was called and what it was shown; and where it does so."""
    told = folder / "told"
    script = folder / name
    script.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\n{body}\n"
        f"file = next(a for a in sys.argv[1:] if '.py' in a).split(':')[0]\n"
        f"pathlib.Path({str(told)!r}).write_text(' '.join(sys.argv[1:]) + '\\n' + open(file).read())\n"
    )
    script.chmod(0o755)
    return script, told


def test_o_opens_the_line_s_code_in_a_window(
    app: FlowtuiApp, world: World, day: dict[str, FlowRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "etl.py"
    file.write_text("x = 1\n")
    script, told = fake_editor(tmp_path, "code")
    monkeypatch.setenv("FLOWTUI_EDITOR", str(script))
    run = day["failed"]
    world.client.write_logs(
        [LogLine(timestamp=world.now, level=20, message="from here", flow_run_id=run.id, source=f"{file}:1")]
    )
    world.client.flush()

    async def keys(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run(run.id, "logs")
        await shows(pilot, "9 lines", "from here")
        await until(pilot, lambda: isinstance(app.focused, LogView))
        await pilot.press("o")
        await shows(pilot, "etl.py:1 in code, as it is now")
        assert told.read_text() == f"--wait -g {file}:1\nx = 1\n"
        await pilot.press("k", "k", "o")
        await shows(pilot, "There is no file /srv/acme/flows/github_stars.py on this")

    play(app, keys)


@pytest.mark.timeout(120)
def test_an_editor_in_the_terminal_gets_it_and_gives_it_back(home: Path, checkout: tuple[Path, str]) -> None:
    folder, commit = checkout
    file = folder / "flows" / "loud.py"
    env = clean_environment(home)
    subprocess.run([sys.executable, str(file)], check=True, env=env, capture_output=True)
    file.write_text("# changed since\n" + FLOW)
    script, told = fake_editor(folder.parent, "vim", "print('EDITOR HERE'); sys.stdin.readline()")
    with Terminal([sys.executable, "-m", "flowtui"], env={**env, "EDITOR": str(script)}) as term:
        term.wait_for("loud", 30)
        term.press("2")
        term.wait_for("Completed", 30)
        term.press("l")
        term.wait_for("follow ●", 30)
        term.wait_for("hello from the flow", 30)
        term.press("/")
        term.wait_for(lambda screen: "3 lines" not in screen.text, 30)
        term.press("hello")
        term.press("\r")
        term.wait_for("1/1", 30)
        term.press("o")
        term.wait_for("EDITOR HERE", 30)
        assert term.modes() == term.before
        term.press("\r")
        term.wait_for(f"a copy from {commit[:7]}", 30)
        term.wait_for("hello from the flow", 30)
        wait_until(told.exists, what="what the editor was told")
        how, _, seen = told.read_text().partition("\n")
        assert how.startswith("-R +6 ") and how.endswith(f"loud@{commit[:7]}.py") and seen == FLOW
        assert not Path(how.split(" ")[-1]).exists()
        term.press("!")
        term.wait_for("knows $FLOWTUI_FLOW_RUN_IDS", 30)
        term.press("echo in-$FLOWTUI_FLOW_NAME-here; exit 5\r")
        term.wait_for("in-loud-here", 30)
        term.wait_for("exit code 5, enter goes back", 30)
        assert term.modes() == term.before
        term.press("\r")
        term.wait_for("follow", 30)
        term.press("q")
        assert term.wait_end(30) == 0
        assert restored(term)
