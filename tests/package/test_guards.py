"""The guards around the tests themselves: a developer's home and settings stay out of them."""

from pathlib import Path

import pytest

from flowtui.engine.settings import current_settings
from tests.support import ROOT, clean_environment, run_python, wait_until


def run_tests(tmp_path: Path, source: str, **env: str) -> tuple[int, str]:
    """Run a test module under this repository's conftest, as a developer whose home folder is `tmp_path / "me"`."""
    module = tmp_path / "test_of_a_test.py"
    module.write_text(source)
    (tmp_path / "me").mkdir(exist_ok=True)
    options = f"-p tests.conftest -p no:cacheprovider -n 0 -q -c /dev/null --rootdir {tmp_path}"
    environment = {"HOME": str(tmp_path / "me"), "PYTHONDONTWRITEBYTECODE": "1"} | env
    plain = clean_environment()
    del plain["FLOWTUI_HOME"]
    done = run_python("-m", "pytest", *options.split(), str(module), env=plain | environment, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "where", ["pathlib.Path.home() / '.flowtui'", "pathlib.Path(REAL)"], ids=["default", "FLOWTUI_HOME"]
)
def test_a_test_that_touches_the_developers_home_fails_the_session(tmp_path: Path, where: str) -> None:
    real = tmp_path / "elsewhere"
    code, output = run_tests(
        tmp_path,
        f"import pathlib\nREAL = {str(real)!r}\ndef test_bad():\n    ({where}).mkdir()\n",
        FLOWTUI_HOME=str(real),
    )

    assert code == 1
    assert "touched your own flowtui home" in output
    assert "1 passed" in output


def test_a_session_that_leaves_the_developers_home_alone_passes(tmp_path: Path) -> None:
    kept = tmp_path / "me" / ".flowtui" / "flowtui.db"
    kept.parent.mkdir(parents=True)
    kept.write_text("a store")

    code, output = run_tests(tmp_path, "def test_good(home):\n    home.mkdir()\n")

    assert code == 0, output


def test_no_setting_of_the_developers_reaches_a_test(tmp_path: Path) -> None:
    code, output = run_tests(
        tmp_path,
        "import os\n"
        "def test_it():\n"
        "    assert [n for n in os.environ if n.startswith(('FLOWTUI_', 'PREFECT_'))] == ['FLOWTUI_HOME']\n",
        FLOWTUI_API_URL="http://127.0.0.1:1/api",
        PREFECT_HOME=str(tmp_path),
    )

    assert code == 0, output


def test_each_test_has_a_home_of_its_own(home: Path, tmp_path: Path) -> None:
    assert current_settings().home == home
    assert home.is_relative_to(tmp_path)
    assert not home.exists()


def test_waiting_for_something_that_never_comes_says_what_was_awaited() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.05 s for a miracle; it was last None"):
        wait_until(lambda: None, timeout=0.05, what="a miracle")
