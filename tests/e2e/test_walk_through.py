"""A morning with the workstation, by the keyboard alone: a real terminal, a real engine, a real project under git."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import FlowRun
from flowtui.engine.settings import Settings
from tests.fakes.terminal import Terminal
from tests.support import clean_environment, run_flowtui, wait_until

PROGRAM = """\
from flowtui import flow, get_run_logger, task


@task(persist_result=True)
def count_visits(day: str) -> int:
    get_run_logger().info("counting the visits of %s", day)
    return 1204


@task(persist_result=True)
def share_out(visits: int, parts: int) -> float:
    get_run_logger().info("sharing %d visits among %d", visits, parts)
    return visits / parts


@flow
def report(day: str = "monday", parts: int = 4) -> float:
    return share_out(count_visits(day), parts)


@flow
def nightly() -> None:
    pass
"""

DEPLOYMENTS = """\
deployments:
  - name: main
    entrypoint: flows.py:report
    work_pool: {name: local}
  - name: far
    entrypoint: flows.py:nightly
    work_pool: {name: far-away}
"""

EDITOR = """\
#!/bin/sh
printf '%s\\n' "$@" > "$EDITED"
"""

GIT = ("git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.com")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder under git with two flows, deployed, and an editor that only notes what it is asked to open."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "flows.py").write_text(PROGRAM)
    (folder / "flowtui.yaml").write_text(DEPLOYMENTS)
    editor = tmp_path / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "as it runs")):
        subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def env(home: Path, project: Path, tmp_path: Path) -> dict[str, str]:
    more = {"EDITOR": str(tmp_path / "editor"), "EDITED": str(tmp_path / "edited")}
    env = clean_environment(home, **more)
    for words in (["work-pool", "create", "far-away", "--type", "process"], ["deploy", "--all"]):
        done = run_flowtui(*words, env=env, cwd=project)
        assert done.returncode == 0, done.stderr
    return env


@pytest.fixture
def client(home: Path) -> Iterator[LocalClient]:
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    yield client
    client.close()


def state_of(client: LocalClient, run: FlowRun) -> str:
    return client.read_flow_run(run.id).state.name


def run(client: LocalClient, deployment: str, **parameters: object) -> FlowRun:
    return client.run_deployment(client.read_deployment(deployment).id, parameters=parameters)


@pytest.mark.timeout(180)
def test_a_failed_run_is_understood_mended_and_compared_by_keyboard(
    env: dict[str, str], project: Path, client: LocalClient, tmp_path: Path
) -> None:
    with Terminal([sys.executable, "-m", "flowtui"], env=env) as term:
        term.wait_for("engine here")
        good = run(client, "report/main")
        wait_until(lambda: state_of(client, good) == "Completed", 40)
        bad = run(client, "report/main", day="tuesday", parts=0)
        wait_until(lambda: state_of(client, bad) == "Failed", 40)

        # Find it, and see why.
        term.press("2")
        term.wait_for(bad.name)
        term.press("w")
        term.wait_for("there is nothing to wait for")
        leave(term, "there is nothing to wait for")
        # Its plan: what is kept stands, what failed runs again, with another input.
        term.press("R")
        term.wait_for(f"Retry report · {bad.name}")
        term.wait_for("1 reused")
        term.press("e")
        term.wait_for("Inputs of share_out-0")
        move_to(term, "parts", "\t")
        term.press("5\x13")  # over what stands there; control-s
        term.wait_for("parts=5")
        term.press("R")
        # It is watched until it is well.
        term.wait_for(lambda shown: f"{bad.name}   ✔ Completed" in shown.text)
        mended = client.read_flow_run(bad.id)
        assert mended.state.is_completed() and mended.run_count == 2 and mended.result == "240.8"
        # The line that logged, in an editor at the commit that ran.
        term.press("l")
        term.wait_for("sharing 1204 visits among 5")
        while not on_the_cursor(term, "among 5"):
            term.press("k")
            term.pump(0.3)
        term.press("o")
        term.wait_for(lambda _: (tmp_path / "edited").exists())
        opened = (tmp_path / "edited").read_text().split()
        assert "+12" in opened and opened[-1].endswith("flows.py")
        term.wait_for("flows.py:12 in editor")
        # Against the last good one: only what differs.
        term.press("D")
        term.wait_for("edited input share_out-0.parts")
        assert "count_visits" not in term.text
        leave(term, "edited input")


@pytest.mark.timeout(180)
def test_all_late_runs_of_a_flow_are_cancelled_and_the_cancel_is_undone_by_keyboard(
    env: dict[str, str], client: LocalClient
) -> None:
    with Terminal([sys.executable, "-m", "flowtui"], env=env) as term:
        term.wait_for("engine here")
        long_ago = utc_now() - timedelta(minutes=5)
        deployment = client.read_deployment("nightly/far").id
        late = [client.run_deployment(deployment, scheduled_time=long_ago).id for _ in range(3)]
        other = run(client, "report/main")

        def names() -> set[str]:
            return {client.read_flow_run(one).state.name for one in late}

        wait_until(lambda: names() == {"Late"}, 40)
        term.press("2")
        term.wait_for("⌛ Late")
        term.press("fflow:nightly is:late\r")
        term.wait_for(lambda shown: shown.text.count("⌛ Late") >= 3 and "✔" not in shown.text)
        term.press("A")
        term.wait_for("all 3 of")
        term.press("c")
        term.wait_for("Cancel 3 runs?")
        term.press("\r")  # enter is not yes
        term.pump()
        assert names() == {"Late"}
        term.press("y")
        wait_until(lambda: names() == {"Cancelled"}, 40)
        term.wait_for("u undoes it")
        term.press("u")
        wait_until(lambda: names() <= {"Late", "Scheduled"}, 40)
        term.wait_for("Undo: Cancel 3 runs")
        assert state_of(client, other) != "Cancelled"


def move_to(term: Terminal, field: str, key: str) -> None:
    """Press a key, and go on when the field is painted another way: it has the keyboard."""

    def look() -> list[tuple[str, str]]:
        row = next(row for row, line in enumerate(term.lines) if f" {field} " in line)
        return [(cell.fg, cell.bg) for _, cell in sorted(term.screen.buffer[row].items())]

    before = look()
    term.press(key)
    term.wait_for(lambda _: look() != before)


def on_the_cursor(term: Terminal, words: str) -> bool:
    """Whether these words stand in the line of the cursor."""
    return any(line.startswith("▌") and words in line for line in term.lines)


def leave(term: Terminal, words: str) -> None:
    """Press escape, and go on when what stood there is gone: the next key would be one with alt else."""
    term.press("\x1b")
    term.wait_for(lambda shown: words not in shown.text)
