"""The command line as a whole: help, errors, exit codes, streams."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui import __version__, flow
from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import DeploymentSpec, LogLine
from flowtui.tui.cli.app import COMMANDS
from tests.e2e.conftest import Done
from tests.support import clean_environment, run_flowtui, run_python, wait_until

Flowtui = Callable[..., Done]

VERBS = {
    "deployment": ("ls", "inspect", "run", "pause", "resume", "delete"),
    "flow-run": ("ls", "inspect", "why", "logs", "cancel", "retry", "delete"),
    "task-run": ("ls", "inspect", "why"),
    "flow": ("ls",),
    "block": ("ls", "inspect", "delete", "type"),
    "work-pool": (
        *("create", "ls", "inspect", "update", "delete", "pause", "resume", "slots", "preview"),
        *("set-concurrency-limit", "clear-concurrency-limit", "get-default-base-job-template"),
    ),
    "work-queue": (
        *("create", "ls", "inspect", "update", "delete", "pause", "resume", "slots", "preview", "read-runs"),
        *("set-concurrency-limit", "clear-concurrency-limit"),
    ),
    "worker": ("ls", "inspect", "delete"),
    "server": ("start", "status"),
}


def test_the_version_is_one_line() -> None:
    done = run_flowtui("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"flowtui {__version__}\n", "")


def test_help_names_every_command_and_loads_none(flowtui: Flowtui) -> None:
    done = flowtui("--help")
    assert done.code == 0
    for name, (_, words) in COMMANDS.items():
        assert f"  {name}" in done.out
        assert words.split(",")[0].split(".")[0] in " ".join(done.out.split())
    script = (
        "import sys\nfrom flowtui.tui.cli.main import run\nrun(['--help'])\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'textual', 'sqlalchemy', 'pydantic', 'fastapi'}))"
    )
    assert run_python("-c", script).stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", [(name,) for name in COMMANDS] + [(a, b) for a, bs in VERBS.items() for b in bs])
def test_every_command_explains_itself(flowtui: Flowtui, command: tuple[str, ...]) -> None:
    done = flowtui(*command, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: flowtui {' '.join(command)}")
    assert len(done.out.splitlines()) >= 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("flow-rnu",), "There is no command 'flow-rnu'. Did you mean 'flow-run'?"),
        (("xyzzy",), "flowtui --help lists them."),
        (("flow-run", "lss"), 'Did you mean "ls"?'),
        (("flow-run", "ls", "--limit", "many"), "--limit"),
        (("flow-run", "ls", "--limit", "0"), "show at least one"),
        (("flow-run", "ls", "--bogus"), "--bogus"),
        (("flow-run", "ls", "sttae:failed"), "did you mean state:?"),
        (("flow-run", "ls", "--state-type", "FAILD"), "did you mean failed?"),
        (("flow-run", "ls", "-o", "xml"), "xml"),
        (("flow-run", "inspect"), "requires an argument"),
        (("flow-run", "inspect", "nobody"), "There is no flow run 'nobody'"),
        (("flow-run", "logs", "nobody", "--head", "--tail"), "not both"),
        (("deployment", "run", "nothing"), "There is no deployment 'nothing'"),
        (("task-run", "inspect", "nothing"), "There is no task run 'nothing'"),
        (("block", "inspect", "secret/x"), "There is no block 'secret/x'"),
        (("work-pool", "inspect", "locla"), "There is no work pool 'locla'. Did you mean 'local'?"),
        (("work-pool", "pause", "xyzzy"), "List them with: flowtui work-pool ls"),
        (("work-pool", "set-concurrency-limit", "local", "-1"), "0 or more, not -1"),
        (("work-pool", "update", "local"), "There is nothing to change"),
        (("work-pool", "create", "p", "--base-job-template", "nowhere.json"), "nowhere.json cannot be read"),
        (("work-pool", "create", "p", "--concurrency-limit", "-2"), "0 or more, not -2"),
        (("work-pool", "get-default-base-job-template", "-t", "proces"), "Did you mean process?"),
        (("work-pool", "preview", "local", "--hours", "-1"), "0 or more hours"),
        (("work-pool", "delete", "local"), "can be paused, not deleted"),
        (("work-queue", "inspect", "defualt"), "There is no queue 'defualt'. Did you mean 'default'?"),
        (("work-queue", "inspect", "x", "-p", "locl"), "Did you mean 'local'?"),
        (("work-queue", "create", "q", "-p", "locl"), "Did you mean 'local'?"),
        (("work-queue", "create", "q", "-q", "0"), "1 for the first queue"),
        (("work-queue", "update", "default"), "There is nothing to change"),
        (("worker", "inspect", "nobody"), "There is no worker 'nobody'"),
        (("run", "nowhere.py:f"), "There is no file nowhere.py"),
        (("deploy",), "There is no flowtui.yaml or prefect.yaml"),
    ],
)
def test_a_mistake_is_one_sentence_on_stderr_and_exit_code_2(
    flowtui: Flowtui, project: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = flowtui(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("flowtui: ")
    assert words in done.err
    assert done.err.count("\n") == 1


def test_groups_answer_to_their_plural(flowtui: Flowtui) -> None:
    for plural in ("flow-runs", "deployments", "task-runs", "flows", "blocks"):
        assert flowtui(plural, "ls", "-o", "json").json == []


def test_where_an_error_came_from_is_shown_when_asked_for() -> None:
    quiet = run_flowtui("flow-run", "inspect", "nobody")
    loud = run_flowtui("flow-run", "inspect", "nobody", env=clean_environment(FLOWTUI_LOGGING_LEVEL="DEBUG"))
    assert (quiet.returncode, loud.returncode) == (2, 2)
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_a_store_that_cannot_be_opened_may_be_tried_again(tmp_path: Path) -> None:
    """Exit code 3. The home lies below a file, which not even root can write into."""
    (tmp_path / "file").write_text("")
    done = run_flowtui("flow-run", "ls", env=clean_environment(tmp_path / "file" / "home"))
    assert done.returncode == 3
    assert done.stderr.startswith("flowtui: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("demo",)])
def test_without_a_terminal_the_workstation_says_so_and_nothing_is_made(home: Path, arguments: tuple[str, ...]) -> None:
    done = run_flowtui(*arguments, env=clean_environment(home, HOME=str(home.parent)))
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert not home.exists()
    assert not (home.parent / ".flowtui-demo").exists()


def test_a_reader_that_has_seen_enough_is_no_error(client: LocalClient) -> None:
    @flow
    def many() -> None: ...

    for _ in range(40):
        many()
    client.flush()
    command = [sys.executable, "-m", "flowtui", "flow-run", "ls", "--limit", "200", "-o", "json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    assert child.stdout is not None
    child.stdout.close()
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (0, b"")


def test_a_reader_that_has_gone_before_the_first_byte_is_no_error(client: LocalClient) -> None:
    """Little output is written when the program ends, which is the other moment for a broken pipe."""
    client.flush()
    command = [sys.executable, "-m", "flowtui", "flow", "ls", "-o", "json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    assert child.stdout is not None
    child.stdout.close()
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (0, b"")


def test_a_terminal_that_knows_no_glyphs_shows_something_else(client: LocalClient) -> None:
    @flow(name="über")
    def named() -> None: ...

    named()
    client.flush()
    done = run_flowtui("flow-run", "ls", env=clean_environment(PYTHONIOENCODING="ascii"))
    assert done.returncode == 0, done.stderr
    assert "? Completed  ?ber" in done.stdout


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_flow_that_is_stopped_ends_quietly_and_is_recorded(
    client: LocalClient, project: Path, number: signal.Signals, code: int
) -> None:
    (project / "f.py").write_text(
        "from flowtui import flow\n@flow(log_prints=True)\ndef f():\n    print('up')\n    open('gate').read()\n"
    )
    os.mkfifo(project / "gate")
    command = [sys.executable, "-m", "flowtui", "run", "f.py"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, env=clean_environment(), text=True)
    try:
        assert child.stderr is not None
        gate = wait_until(lambda: opened_by_a_reader(project / "gate"), 50, "the flow to wait at its gate")
        child.send_signal(number)
        _, err = child.communicate(timeout=50)
        os.close(gate)
    finally:
        child.kill()
    assert child.returncode == code, err
    assert "- up" in err
    assert "Traceback" not in err
    assert client.list_flow_runs().items[0].state.is_final()


def opened_by_a_reader(fifo: Path) -> int | None:
    """A descriptor of its writing end; None while nobody reads it, which the system refuses."""
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        assert error.errno == errno.ENXIO, error
        return None


@pytest.mark.timeout(120)
def test_an_interrupt_ends_with_130(client: LocalClient, tmp_path: Path) -> None:
    spec = DeploymentSpec(name="a", flow_name="f", entrypoint="f.py:f", path=str(tmp_path))
    run = client.run_deployment(client.save_deployment(spec).id)
    command = [sys.executable, "-m", "flowtui", "flow-run", "logs", run.name, "--follow"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    client.write_logs([LogLine(timestamp=utc_now(), level=20, message="it follows", flow_run_id=run.id)])
    client.flush()
    try:
        assert child.stdout is not None
        assert b"it follows" in child.stdout.readline()  # so it is past its start, and goes on
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=50)
    finally:
        child.kill()
    assert child.returncode == 130
    assert b"Traceback" not in err


def test_info_tells_what_a_bug_report_needs(flowtui: Flowtui, home: Path) -> None:
    facts = flowtui("info", "-o", "json").json
    assert facts["version"] == __version__
    assert facts["home"] == str(home)
    assert facts["store"].endswith("flowtui.db")
    assert facts["served_by"] == "nobody"
    assert "python" in flowtui("info").out


def test_info_answers_when_the_store_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run_flowtui("info", env=clean_environment(tmp_path / "file" / "home"))
    assert done.returncode == 0
    assert "cannot be opened" in done.stdout


def test_versions_are_listed(flowtui: Flowtui) -> None:
    assert flowtui("version", "-o", "json").json["version"] == __version__
