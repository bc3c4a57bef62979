"""`flowtui init`, and `flowtui deploy` where nothing has been written yet: at a terminal it asks."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.deployments.file import read_deployment_file
from tests.e2e.conftest import Done
from tests.support import clean_environment

Flowtui = Callable[..., Done]

FLOWS = (
    "print('this file was imported')\n"
    "from flowtui import flow\n"
    "@flow\ndef etl(source: str, rows: int = 10): ...\n"
    "@flow\ndef report(): ...\n"
)


@pytest.fixture
def flows(project: Path) -> Path:
    (project / "flows.py").write_text(FLOWS)
    return project


def test_init_writes_a_file_that_deploys(flows: Path, flowtui: Flowtui, client: LocalClient) -> None:
    done = flowtui("init", "--name", "shop", "--recipe", "local")
    assert (done.code, done.out) == (0, "")
    assert "flowtui deploy --all" in done.err
    assert flowtui("deploy", "--all").code == 0
    assert [one.full_name for one in client.list_deployments().items] == ["etl/default", "report/default"]
    again = flowtui("init")
    assert again.code == 2
    assert "flowtui.yaml is there already" in again.err


def test_init_says_what_it_cannot_do(flows: Path, flowtui: Flowtui) -> None:
    for arguments, words in (
        (("--recipe", "docker"), "no recipe docker yet"),
        (("--recipe", "git"), "no checkout with an origin"),
        (("--field", "x"), "write name=value"),
    ):
        done = flowtui("init", *arguments)
        assert done.code == 2
        assert words in done.err
    assert os.listdir(flows) == ["flows.py"]


def test_where_nobody_can_be_asked_it_says_what_is_missing(flows: Path, flowtui: Flowtui) -> None:
    done = flowtui("deploy")
    assert (done.code, done.out) == (2, "")
    assert "There is no flowtui.yaml or prefect.yaml" in done.err
    assert "flowtui init" in done.err


# -- at a terminal ----------------------------------------------------------------------------------------------------


class Terminal:
    """`flowtui deploy` in a terminal: what it asks, and what is typed."""

    def __init__(self, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        env = {**clean_environment(), "TERM": "xterm-256color"}
        command = [sys.executable, "-m", "flowtui", *arguments]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
        )
        os.close(theirs)
        self.seen = ""
        self._read = 0

    def asked(self, question: str, timeout: float = 30) -> None:
        """Wait until the question is there, after those that were asked before."""
        while not (found := re.search(question, self.seen[self._read :])):
            ready, _, _ = select.select([self._ours], [], [], timeout)
            assert ready, f"waited for {question!r}; it said {self.seen!r}"
            try:
                self.seen += os.read(self._ours, 65536).decode()
            except OSError:
                raise AssertionError(f"it ended before it asked {question!r}: {self.seen!r}") from None
        self._read += found.end()

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def answer(self, question: str, text: str) -> None:
        self.asked(question)
        self.type(f"{text}\n")

    def ended(self) -> int:
        while True:
            try:
                part = os.read(self._ours, 65536)
            except OSError:
                break
            if not part:
                break
            self.seen += part.decode()
        return self.process.wait(timeout=30)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal(flows: Path, client: LocalClient) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*arguments: str) -> Terminal:
        opened.append(Terminal(*arguments))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def test_answers_become_a_deployment_and_a_file(
    flows: Path, client: LocalClient, terminal: Callable[..., Terminal]
) -> None:
    (flows / "broken.py").write_text(
        "raise RuntimeError('imported')\nfrom flowtui import flow\n@flow\ndef bad(): ...\n"
    )
    one = terminal("deploy")
    one.asked(r"Which flow\?")
    one.asked(r"bad  \(broken.py:bad\)[\s\S]*etl  \(flows.py:etl\)[\s\S]*Number")
    assert "imported" not in one.seen
    one.type("nonsense\n")
    one.answer("is none of them[^:]*:", "2")
    one.answer("Name of the deployment.*:", "a/b")
    one.answer("cannot be part of a name[^:]*:", "nightly")
    one.answer(r"When is it run\?[\s\S]*Number", "2")
    one.answer("Cron line", "0 0 31 2 * in UTC")
    one.answer("can never fire[^:]*", "30 4 * * * in Europe/Berlin")
    one.asked("daily at 04:30 Europe/Berlin; next: ")
    one.answer(r"Is that right\?", "")
    one.answer(r"And when else\?[\s\S]*Number", "")
    one.answer(r"In which work pool does it run\?[\s\S]*local[\s\S]*Number", "2")
    one.answer("Name of the pool", "fresh")
    one.answer(r"Set parameters that have a default \(rows\)\?", "y")
    one.answer("Parameter source, text:", "")
    one.answer("runs need source[^:]*:", "7")
    one.answer("Parameter rows, a whole number; nothing: its default:", "many")
    one.answer("must be a whole number[^:]*:", "3")
    one.answer(r"Keep it in flowtui.yaml\?", "y")
    assert one.ended() == 0, one.seen
    assert "Deployed etl/nightly, daily at 04:30 Europe/Berlin." in one.seen

    deployment = client.read_deployment("etl/nightly")
    assert (deployment.parameters, deployment.work_pool_name) == ({"source": "7", "rows": 3}, "fresh")
    assert client.read_work_pool("fresh").type == "process"
    (entry,) = read_deployment_file(flows / "flowtui.yaml").entries
    assert (entry.name, entry.entrypoint, entry.parameters) == ("nightly", "flows.py:etl", {"source": "7", "rows": 3})


@pytest.mark.parametrize("how", ["interrupt", "end of input"])
def test_whoever_leaves_before_the_last_answer_leaves_nothing_behind(
    flows: Path, client: LocalClient, terminal: Callable[..., Terminal], how: str
) -> None:
    one = terminal("deploy")
    one.answer(r"Which flow\?[\s\S]*Number", "2")
    one.answer("Name of the deployment", "")
    one.answer(r"When is it run\?[\s\S]*Number", "")
    one.answer(r"In which work pool[\s\S]*Number", "2")
    one.answer("Name of the pool", "fresh")
    one.asked(r"Keep it in flowtui.yaml\?")
    if how == "interrupt":
        one.process.send_signal(signal.SIGINT)
    else:
        one.type("\x04")
    assert one.ended() == 130
    assert client.list_deployments().items == ()
    assert [pool.name for pool in client.list_work_pools()] == ["local"]
    assert not (flows / "flowtui.yaml").exists()


def test_a_file_with_several_deployments_asks_which(
    flows: Path, client: LocalClient, terminal: Callable[..., Terminal]
) -> None:
    (flows / "flowtui.yaml").write_text(
        "deployments:\n- {name: a, entrypoint: 'flows.py:report'}\n- {name: b, entrypoint: 'flows.py:report'}\n"
    )
    one = terminal("deploy")
    one.answer(r"Which deployment\?[\s\S]*all of them[\s\S]*Number", "2")
    assert one.ended() == 0, one.seen
    assert [deployment.name for deployment in client.list_deployments().items] == ["b"]
