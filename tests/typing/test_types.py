"""The types that a user's editor shows: the files beside this one, checked by mypy in strict mode."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

HERE = Path(__file__).parent


@pytest.mark.timeout(300)  # without a cache, mypy reads the whole package first
def test_a_type_checker_knows_what_flows_and_tasks_return() -> None:
    files = sorted(path for path in HERE.glob("*.py") if path != Path(__file__))
    assert len(files) >= 2
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stdout + done.stderr


def test_every_file_asserts_types() -> None:
    for path in HERE.glob("*.py"):
        if path != Path(__file__):
            assert len(re.findall(r"^\s*assert_type\(", path.read_text(), re.MULTILINE)) >= 10
