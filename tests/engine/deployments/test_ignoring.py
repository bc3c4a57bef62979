"""What ignore files leave out: the rules are git's, so git is asked."""

import subprocess
from pathlib import Path, PurePosixPath

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui.engine.deployments.ignoring import Ignoring, read_patterns

NAMES = ("a.py", "b.py", "old", "notes", "tests", "data.csv")
PATTERNS = (
    "*.py", "a.py", "/a.py", "old", "old/", "/old", "**/old", "old/**", "notes/*.py", "!a.py", "!old", "**/notes/a.py",
    "[ab].py", "[!a].py", "?.py", "# a.py", "", "notes/", "tests/**/a.py", "\\!a.py", "*", "d*v",
)  # fmt: skip
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)


def leaves_out(patterns: list[str], path: str) -> bool:
    """As a walk sees it: what lies below a folder that is left out is never reached."""
    ignoring = Ignoring().below("", read_patterns(patterns))
    parents = [str(parent) for parent in reversed(PurePosixPath(path).parents) if str(parent) != "."]
    return any(ignoring.leaves_out(parent, is_folder=True) for parent in parents) or ignoring.leaves_out(
        path, is_folder=False
    )


@given(st.lists(st.sampled_from(PATTERNS), max_size=4), st.lists(paths, min_size=5, max_size=12, unique=True))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_git_ignores_is_left_out(tmp_path: Path, patterns: list[str], paths: list[str]) -> None:
    if not (tmp_path / ".git").exists():
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("\n".join(patterns) + "\n")
    asked = subprocess.run(
        ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "--stdin"],
        input="\n".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    assert {path for path in paths if leaves_out(patterns, path)} == set(asked.stdout.split())


def test_a_file_deeper_down_has_the_last_word_below_its_folder() -> None:
    ignoring = Ignoring().below("", read_patterns(["*.py"])).below("kept/", read_patterns(["!*.py"]))
    assert ignoring.leaves_out("a.py", is_folder=False)
    assert not ignoring.leaves_out("kept/a.py", is_folder=False)
