"""Scripts written for Prefect, run as they are, print and answer what they do under Prefect.

What that is was recorded from Prefect 3.8.8 (2.20.25 for those that begin with `old_`) by `record_programs.py`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support import ROOT, clean_environment, run_flowtui, run_python

HERE: Final = Path(__file__).parent
PROGRAMS: Final = HERE / "programs"
EXPECTED: Final = PROGRAMS / "expected"
NAMES: Final = sorted(path.stem for path in EXPECTED.glob("*.txt"))
ARGUMENTS: Final = {"arguments": ("a", "b", "c", "-p", "1")}
IN_A_PROCESS_OF_THEIR_OWN: Final = ("arguments", "exits", "fails", "processes")

Run = Callable[[str], str]


def as_recorded(out: str, err: str, code: int) -> str:
    """What a program printed, how it ended, and which lines of its own (they begin with ») it logged, in any order."""
    logged = sorted(re.findall(r" - (».*)$", err, re.MULTILINE))
    return f"{out}-- exit {code}\n" + "".join(f"-- log {line}\n" for line in logged)


@pytest.fixture(scope="module")
def zygote() -> Iterator["subprocess.Popen[str]"]:
    """A process that has loaded flowtui and forks for each program."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "preloaded.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def run(zygote: "subprocess.Popen[str]", tmp_path: Path) -> Run:
    """Run a program: what it leaves behind, and on the way its stderr for who wants to know why."""

    def answer(name: str) -> str:
        assert zygote.stdin is not None
        assert zygote.stdout is not None
        out, err = tmp_path / "out", tmp_path / "err"
        request = {
            "arguments": ["run", "--prefect", str(PROGRAMS / f"{name}.py"), *ARGUMENTS.get(name, ())],
            "folder": str(tmp_path),
            "environment": clean_environment(),
            "out": str(out),
            "err": str(err),
        }
        print(json.dumps(request), file=zygote.stdin, flush=True)
        code = int(zygote.stdout.readline())
        print(err.read_text())  # pytest shows it when the test fails
        return as_recorded(out.read_text(), err.read_text(), code)

    return answer


def test_there_are_programs() -> None:
    programs = {path.stem for path in PROGRAMS.glob("*.py")} - {"beside"}

    assert len(programs) >= 30
    assert programs == set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in IN_A_PROCESS_OF_THEIR_OWN])
def test_a_program_for_prefect_does_the_same_here(run: Run, name: str) -> None:
    assert run(name) == (EXPECTED / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", IN_A_PROCESS_OF_THEIR_OWN)
def test_the_command_answers_with_the_exit_code_that_python_would(tmp_path: Path, name: str) -> None:
    script = str(PROGRAMS / f"{name}.py")

    done = run_flowtui("run", "--prefect", script, *ARGUMENTS.get(name, ()), cwd=tmp_path)

    assert as_recorded(done.stdout, done.stderr, done.returncode) == (EXPECTED / f"{name}.txt").read_text(), done.stderr


def test_the_traceback_of_a_failed_script_begins_in_the_script(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("import prefect\n\ndef inner():\n    raise LookupError('lost')\n\ninner()\n")

    done = run_flowtui("run", "--prefect", "broken.py", cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr.splitlines()[:2] == [
        "Traceback (most recent call last):",
        '  File "broken.py", line 6, in <module>',
    ]
    assert done.stderr.splitlines()[-1] == "LookupError: lost"


def test_a_name_that_flowtui_does_not_have_is_an_import_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "deploys.py").write_text("from prefect.deployments import Deployment\n")

    done = run_flowtui("run", "--prefect", "deploys.py", cwd=tmp_path)

    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "flowtui has no prefect.deployments.Deployment." in last
    assert "flowtui deploy" in last


def test_the_command_needs_a_script(tmp_path: Path) -> None:
    nothing = run_flowtui("run", "--prefect", cwd=tmp_path)
    missing = run_flowtui("run", "--prefect", "none.py", cwd=tmp_path)
    late = run_flowtui("run", "none.py", "--prefect", cwd=tmp_path)

    assert [nothing.returncode, missing.returncode, late.returncode] == [2, 2, 2]
    assert "needs a script" in nothing.stderr
    assert "none.py cannot be run: No such file or directory." in missing.stderr
    assert "right after run" in late.stderr


def test_the_help_tells_of_it() -> None:
    done = run_flowtui("run", "--help")

    assert "--prefect" in done.stdout
    assert "script.py" in done.stdout


def test_a_script_finds_what_lies_beside_it_first_even_a_prefect_of_its_own(tmp_path: Path) -> None:
    """Python looks beside the script first, and so does everybody who debugs."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "helper.py").write_text("WORD = 'beside'\n")
    (folder / "main.py").write_text("import sys, helper\nprint(helper.WORD, sys.argv[1:], __name__)\n")

    done = run_flowtui("run", "--prefect", str(folder / "main.py"), "--param", "x", "-v", cwd=tmp_path)

    assert done.stdout == "beside ['--param', 'x', '-v'] __main__\n", done.stderr


def test_a_module_is_run_as_python_m_runs_it(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("WORD = 'part'\n")
    (package / "job.py").write_text(
        "import sys\nfrom prefect import flow\nfrom .part import WORD\n"
        "@flow\ndef job(x):\n    return x + WORD\n"
        "if __name__ == '__main__':\n    print(job(sys.argv[1]), __package__, sys.argv[0].endswith('job.py'))\n"
        "    sys.exit(5)\n"
    )

    done = run_flowtui("run", "--prefect", "-m", "package.job", "a ", cwd=tmp_path)
    missing = run_flowtui("run", "--prefect", "-m", "package.none", cwd=tmp_path)

    assert (done.stdout, done.returncode) == ("a part package True\n", 5), done.stderr
    assert missing.returncode == 1
    assert "No module named package.none" in missing.stderr


def test_processes_that_a_script_starts_itself_know_the_names_too(tmp_path: Path) -> None:
    """`multiprocessing` imports the script anew in each, where nobody has installed anything."""
    (tmp_path / "spawns.py").write_text(
        "import multiprocessing\n"
        "from prefect import flow, task\n"
        "@task\n"
        "def double(x):\n"
        "    return 2 * x\n"
        "def twice(x):\n"
        "    return double.fn(x)\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(twice, [1, 2]))\n"
    )

    done = run_flowtui("run", "--prefect", "spawns.py", cwd=tmp_path)

    assert done.stdout == "[2, 4]\n", done.stderr


def test_a_prefect_that_is_installed_is_left_alone_unless_flowtui_is_asked(tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "__init__.py").write_text("WHOSE = 'the real one'\n")
    environment = clean_environment(PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT / 'src'}")
    kept = "import flowtui, flowtui.compat, prefect; print(prefect.WHOSE)"
    late = "import prefect, flowtui.compat; flowtui.compat.install()"
    asked = (
        "import flowtui.compat; flowtui.compat.install(); import prefect; print(prefect.__version__)\n"
        "flowtui.compat.uninstall(); import prefect; print(prefect.WHOSE)"
    )

    assert run_python("-c", kept, env=environment).stdout == "the real one\n"
    refused = run_python("-c", late, env=environment)
    assert "call flowtui.compat.install() before that" in refused.stderr
    done = run_python("-c", asked, env=environment)
    first, second = done.stdout.splitlines()
    assert first.startswith("3.")
    assert "flowtui" in first
    assert second == "the real one"
