"""Fail-points: what each action does to a process, and that the table and the code agree."""

import re
import signal
from pathlib import Path

import pytest

from flowtui.engine import faults
from tests.support import ROOT, clean_environment, run_python

HIT = "from flowtui.engine import faults\nfaults.hit('worker.claimed')\nprint('lives')"


def hit(home: Path, plan: str, **env: str) -> tuple[int, str]:
    done = run_python("-c", HIT, env=clean_environment(home, FLOWTUI_FAULTS=plan, **env))
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("action", "code", "words"),
    [
        ("kill", -signal.SIGKILL, ""),
        ("exit", 1, ""),
        ("exit:137", 137, ""),
        ("sleep:0.01", 0, "lives"),
        ("raise", 1, "The store failed at worker.claimed, as a test wanted it to."),
    ],
)
def test_a_process_fails_as_it_was_told(tmp_path: Path, action: str, code: int, words: str) -> None:
    returned, said = hit(tmp_path, f"run.started=raise worker.claimed={action}")
    assert returned == code
    assert words in said if words else not said


def test_another_point_is_passed(tmp_path: Path) -> None:
    assert hit(tmp_path, "worker.before_claim=kill") == (0, "lives\n")


def test_only_the_first_process_fails_when_a_folder_remembers(tmp_path: Path) -> None:
    once = {"FLOWTUI_FAULTS_ONCE": str(tmp_path)}
    assert hit(tmp_path, "worker.claimed=kill", **once)[0] == -signal.SIGKILL
    assert hit(tmp_path, "worker.claimed=kill", **once) == (0, "lives\n")
    assert [path.name for path in tmp_path.iterdir()] == ["worker.claimed"]


@pytest.mark.parametrize("plan", ["nowhere=kill", "worker.claimed=explode", "worker.claimed"])
def test_a_plan_that_means_nothing_is_refused(tmp_path: Path, plan: str) -> None:
    code, said = hit(tmp_path, plan)
    assert code == 1
    assert "Points are worker.before_claim, " in said and "actions are raise" in said


def test_every_point_stands_in_the_code_once_and_no_other_does() -> None:
    sources = [path for part in ("engine", "server") for path in (ROOT / part).rglob("*.py") if path.stem != "faults"]
    text = "\n".join(path.read_text() for path in sources)
    assert set(re.findall(r'faults\.hit\("([^"]+)"\)', text)) <= faults.POINTS.keys()
    for point in faults.POINTS:
        assert text.count(f'"{point}"') == 1, point
