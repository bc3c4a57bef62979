"""P2 and P7, enumerated: kill −9 at each step of each generator, with what came before on the disk, and without."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import clean_environment

PROGRAM = Path(__file__).parent / "kill_everywhere.py"
KILLED = -9
pytestmark = pytest.mark.timeout(240)  # for the fixture, which is paid by whichever test comes first


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("kill-everywhere")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder)],
        env=clean_environment(folder),
        capture_output=True,
        text=True,
        timeout=225,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_step_was_tried_until_nothing_was_left_to_kill(cases: list[dict[str, Any]]) -> None:
    for flushed in (True, False):
        ended = [case["ended"] for case in cases if case["flushed"] is flushed]
        assert len(ended) > 40
        assert ended == [KILLED] * (len(ended) - 1) + [0]


def test_a_killed_run_completes_when_it_is_retried(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        if case["before"]["main"]:  # else it was killed before there was a run
            ((_, state, result),) = case["after"]["main"]
            assert (state, result) == ("COMPLETED", "31"), case


def test_nothing_of_a_retried_run_is_left_open(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        assert case["before"]["main"] == [] or case["after"]["open"] == [], case


def test_a_completed_task_is_not_run_again(cases: list[dict[str, Any]]) -> None:
    """Completed is what the store says when the process has died: that is what was acknowledged."""
    for case in cases:
        again = {"add 30": "add", "add 31": "add"}
        done = {again.get(name, name) for name in case["before"]["done"] if name not in again}
        assert not done & set(case["second"]), case
        kept_sums = sum(name in again for name in case["before"]["done"])
        assert case["second"].count("add") <= 2 - kept_sums, case


def test_no_effect_happens_twice_within_an_attempt(cases: list[dict[str, Any]]) -> None:
    """`extract 2` fails at its first try in each process, and is tried again."""
    for case in cases:
        for effects in (case["first"], case["second"]):
            assert effects.count("extract 1") <= 1, case
            assert effects.count("extract 2") <= 2, case
            assert effects.count("add") <= 2, case
