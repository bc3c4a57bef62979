"""The demo: what it prepares, that it lives, and that it leaves everything else alone."""

import contextlib
import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun, TaskRun, TaskRunFilter
from flowtui.engine.query import Query, parse
from flowtui.engine.settings import Settings
from flowtui.engine.shared import ArtifactFilter
from flowtui.engine.states import StateType
from tests.support import clean_environment, run_flowtui, wait_until

FLOWS = {
    "exchange-rates",
    "orders-etl",
    "product-images",
    "sensor-archive",
    "invoice-check",
    "monthly-close",
    "shop-report",
    "restock",
    "label-printing",
}


def prepare(folder: Path, *more: str, **env: str) -> subprocess.CompletedProcess[str]:
    return run_flowtui("demo", "--home", str(folder), "--prepare-only", *more, env=clean_environment(**env))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's home, prepared once."""
    folder = tmp_path_factory.mktemp("demo") / "home"
    done = prepare(folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def demo(prepared: Path, tmp_path: Path) -> Path:
    """A demo's home of this test's own: deployments know their folder, so it is prepared again where it is copied."""
    folder = tmp_path / "demo"
    shutil.copytree(prepared, folder)
    assert prepare(folder).returncode == 0
    return folder


def opened(folder: Path) -> LocalClient:
    return LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(folder)}))


def test_its_flows_are_deployed_with_a_history_that_really_ran(prepared: Path) -> None:
    client = opened(prepared)
    try:
        deployments = client.list_deployments().items
        runs = client.list_flow_runs(limit=100).items
        ended = [run for run in runs if run.state.is_final()]
        assert {one.flow_name for one in deployments} == FLOWS
        assert all(one.path == str(prepared / "flows") for one in deployments)
        assert any(run.state.is_failed() for run in ended)
        assert sum(run.state.is_completed() for run in ended) >= 5
        assert all(run.start_time and run.end_time and run.deployment_id and run.stats.tasks for run in ended)
        failed = next(run for run in ended if run.state.is_failed())
        log = "\n".join(line.message for line in client.read_logs(failed.id).lines)
        assert "ledger.py" in log
        assert "the lines add up to 412.30, the total says 421.30" in log
        retried = [task for run in ended for task in tasks_of(client, run.id) if task.run_count > 1]
        assert {task.name for task in retried} == {"extract-0"}
        waiting = [run.flow_name for run in runs if run.state.is_scheduled() and not run.auto_scheduled]
        assert set(waiting) == FLOWS
        assert waiting.count("label-printing") == 3
        good, bad = (run for run in reversed(ended) if run.flow_name == "invoice-check")
        assert good.state.is_completed() and bad.state.is_failed()
    finally:
        client.close()


def tasks_of(client: LocalClient, run_id: str) -> list[TaskRun]:
    return list(client.list_task_runs(TaskRunFilter(flow_run_id=run_id)).items)


def test_the_demo_goes_on_where_it_was(demo: Path) -> None:
    """No second history, nothing started twice, and edited flows stay edited."""
    mine = demo / "flows" / "exchange_rates.py"
    mine.write_text(mine.read_text() + "# mine\n")
    (demo / "flows" / "ledger.py").unlink()
    client = opened(demo)
    asked_for = parse("!is:auto")  # schedules plan more with every minute that goes by
    before = len(client.list_flow_runs(asked_for, limit=200).items)
    client.close()
    assert prepare(demo).returncode == 0
    client = opened(demo)
    try:
        assert len(client.list_flow_runs(asked_for, limit=200).items) == before
    finally:
        client.close()
    assert mine.read_text().endswith("# mine\n")
    assert (demo / "flows" / "ledger.py").exists()


def test_a_reset_begins_again(demo: Path) -> None:
    (demo / "flows" / "exchange_rates.py").write_text("broken(")
    assert prepare(demo).returncode == 2
    done = prepare(demo, "--reset")
    assert done.returncode == 0, done.stderr
    assert "broken(" not in (demo / "flows" / "exchange_rates.py").read_text()


def test_a_folder_that_is_no_demo_is_neither_filled_nor_deleted(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    for more in ((), ("--reset",)):
        done = prepare(tmp_path, *more)
        assert done.returncode == 2
        assert "not a demo's" in done.stderr or "is not the home of a demo" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_users_own_store_and_key_stay_out_of_it(tmp_path: Path) -> None:
    own = tmp_path / "own"
    done = prepare(
        tmp_path / "demo", FLOWTUI_DATABASE_URL=f"sqlite:///{own}/mine.db", FLOWTUI_API_URL="http://127.0.0.1:1/api"
    )
    assert done.returncode == 0, done.stderr
    assert not own.exists()
    assert (tmp_path / "demo" / "flowtui.db").exists()


def test_a_demo_that_is_open_is_not_reset(demo: Path) -> None:
    command = [sys.executable, "-m", "flowtui", "server", "start", "--port", "0"]
    server = subprocess.Popen(command, env=clean_environment(demo), stderr=subprocess.PIPE, text=True)
    client = opened(demo)
    try:
        wait_until(client.list_backends, 20, "the server")
        done = prepare(demo, "--reset")
        assert done.returncode == 2
        assert "is open somewhere" in done.stderr
        assert (demo / "flows" / "ledger.py").exists()
    finally:
        client.close()
        server.terminate()
        server.communicate(timeout=30)


def test_all_do_what_they_are_there_for(demo: Path) -> None:
    """Run by a real server: they complete, fan out, go on and on, fail, and wait until somebody approves."""
    command = [sys.executable, "-m", "flowtui", "server", "start", "--port", "0"]
    server = subprocess.Popen(
        command, env=clean_environment(demo), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    client = opened(demo)

    def newest(flow: str, *kinds: StateType) -> list[FlowRun]:
        return runs_of(client, flow, *kinds)[:1]

    try:
        (images,) = wait_until(
            lambda: [run for run in newest("product-images", StateType.COMPLETED) if run.stats.tasks == 200],
            40,
            "200 thumbnails",
        )
        assert images.stats.done == 200
        assert len(list((demo / "flows" / "data" / "thumbnails").iterdir())) == 200
        (archive,) = wait_until(lambda: newest("sensor-archive", StateType.RUNNING), 20, "the archive to be read")
        wait_until(lambda: client.read_flow_run(archive.id).stats.done > 0, 20, "its first day")
        assert client.read_flow_run(archive.id).stats.tasks == 300
        (close,) = wait_until(lambda: newest("monthly-close", StateType.RUNNING), 20, "the month to be closed")
        inbox = demo / "flows" / "inbox"
        wait_until(lambda: client.read_flow_run(close.id).stats.tasks == 2, 20, "the wait for approval")
        approval = next(
            line.message.rpartition("> ")[2]
            for line in client.read_logs(close.id).lines
            if line.message.startswith("Waiting up to")
        )
        assert Path(approval).parent == inbox
        Path(approval).write_text("Ada\n")
        (close,) = wait_until(lambda: newest("monthly-close", StateType.COMPLETED), 20, "the month to be closed")
        assert json.loads(client.read_flow_run(close.id).result or "")["approved_by"] == "Ada"
        wait_until(lambda: len(runs_of(client, "exchange-rates")) >= 4, 20, "the next minute to be planned")
        wait_until(lambda: newest("shop-report", StateType.COMPLETED), 20, "the report")
        kept = {artifact.key: artifact.type for artifact in client.list_artifacts(ArtifactFilter(latest=True)).items}
        assert {"shop-report": "markdown", "shops": "table", "restock-proposal": "table"}.items() <= kept.items()
        (asked,) = wait_until(lambda: newest("restock", StateType.PAUSED), 20, "a buyer to be asked")
        client.resume_flow_run(asked.id, {"budget": 500, "supplier": "Norsk Handel"})
        wait_until(lambda: newest("restock", StateType.COMPLETED), 20, "the order")
        late = parse("state:late")
        wait_until(lambda: len(client.list_flow_runs(late).items) == 3, 20, "three batches of labels to be late")
    finally:
        client.close()
        server.terminate()
        server.wait(timeout=40)


def test_the_workstation_opens_on_it_and_leaves_nothing_running(demo: Path) -> None:
    """In a pseudo-terminal: the screen is drawn, flows run, `q` ends it, and the engine that it started ends too."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    child = subprocess.Popen(
        [sys.executable, "-m", "flowtui", "demo", "--home", str(demo)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clean_environment(TERM="xterm-256color"),
        start_new_session=True,
    )
    os.close(theirs)
    seen = bytearray()

    def screen_shows(word: bytes) -> bool:
        ready, _, _ = select.select([ours], [], [], 0.05)
        if ready:
            with contextlib.suppress(OSError):  # the other end was closed
                seen.extend(os.read(ours, 65536))
        return word in seen

    def drained(condition: Callable[[], object]) -> Callable[[], object]:
        """While something is waited for, the screen must not fill the terminal's buffer."""
        return lambda: screen_shows(b"") and condition()

    try:
        wait_until(lambda: screen_shows(b"engine here"), 40, "the engine of the workstation")
        client = opened(demo)
        (backend,) = client.list_backends()
        wait_until(drained(lambda: runs_of(client, "product-images", StateType.COMPLETED)[1:]), 30, "a second run")
        client.close()
        os.write(ours, b"q")
        wait_until(drained(lambda: b"stop them and quit" in seen), 30, "the question what becomes of the running flows")
        os.write(ours, b"x")
        wait_until(drained(lambda: child.poll() is not None), 30, "the workstation to end")
        assert child.returncode == 0
        assert b"?1049l" in seen, "the terminal was not given back"
        assert not psutil.pid_exists(backend.pid)
    finally:
        child.kill()
        child.wait()
        os.close(ours)


def runs_of(client: LocalClient, flow: str, *kinds: StateType) -> list[FlowRun]:
    return list(client.list_flow_runs(Query.of(flow_name=flow, states=kinds), limit=50).items)
