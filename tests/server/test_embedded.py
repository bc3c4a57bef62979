"""A terminal that finds nobody serving its store starts a backend that ends with it."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from flowtui.engine.clock import utc_now
from flowtui.engine.ids import new_id
from flowtui.engine.model import Backend
from flowtui.server.embedded import BackendError, ensure_backend, is_alive, live_backends, log_file
from tests.server.backends import deploy, gone, is_now, process_of, server_process
from tests.support import clean_environment, wait_until

LONG = "import time\n@flow\ndef main():\n    time.sleep(600)"


def family_of(pid):
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def test_it_serves_the_store_and_stops_with_all_its_processes(client, settings, tmp_path):
    backend = ensure_backend(settings, client)
    assert backend is not None and backend.is_running()
    (known,) = client.list_backends()
    assert (known.kind, known.pid, known.url) == ("embedded", backend.pid, None)
    deployment = deploy(client, tmp_path / "project", "@flow\ndef main():\n    return 1")
    run = client.run_deployment(deployment.id)
    wait_until(lambda: is_now(client, run, "Completed"), what="the run to complete")
    family = family_of(backend.pid)
    backend.stop()
    assert not backend.is_running() and len(family) >= 2
    wait_until(lambda: all(gone(member) for member in family), what="its processes to end")
    assert client.list_backends() == ()
    said = log_file(settings).read_text()
    assert "serves sqlite" in said and "has stopped" in said


def test_whoever_finds_a_backend_attaches_to_it(client, settings, home):
    with server_process(home) as server:
        assert ensure_backend(settings, client) is None
        assert [backend.pid for backend in live_backends(client)] == [server.pid]


TERMINAL = """
import json, sys
from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import current_settings
from flowtui.server.embedded import ensure_backend
settings = current_settings()
client = LocalClient.open(settings)
backend = ensure_backend(settings, client)
print(json.dumps(backend.pid if backend else None), flush=True)
sys.stdin.read()
if backend:
    backend.stop()
client.close()
"""


def terminal(home):
    """A process that does what a terminal does; its first line is the pid of its backend, or null."""
    return subprocess.Popen(
        [sys.executable, "-c", TERMINAL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(home),
    )


def test_of_terminals_that_start_at_once_one_starts_a_backend(home, client):
    terminals = [terminal(home) for _ in range(4)]
    try:
        pids = [json.loads(process.stdout.readline()) for process in terminals]
        assert len([pid for pid in pids if pid is not None]) == 1
        assert [backend.pid for backend in client.list_backends()] == [pid for pid in pids if pid is not None]
    finally:
        for process in terminals:
            process.communicate(timeout=30)


def test_it_ends_with_the_terminal_however_that_ends(home, client, tmp_path):
    deployment = deploy(client, tmp_path / "project", LONG)
    with terminal(home) as process:
        family = family_of(json.loads(process.stdout.readline()))
        run = client.run_deployment(deployment.id)
        wait_until(lambda: is_now(client, run, "Running"), what="the run to start")
        family += family_of(process_of(client, run).pid)
        process.kill()
    wait_until(lambda: all(gone(member) for member in family), timeout=20, what="the backend and its run to end")
    assert client.read_flow_run(run.id).state.name == "Crashed"
    assert client.list_backends() == ()


def test_detached_it_finishes_what_is_under_way_and_then_ends(client, settings, tmp_path):
    code = f"""
        import pathlib, time
        @flow
        def main():
            while not pathlib.Path({str(tmp_path / "go")!r}).exists():
                time.sleep(0.01)
        """
    deployment = deploy(client, tmp_path / "project", code)
    backend = ensure_backend(settings, client)
    run = client.run_deployment(deployment.id)
    wait_until(lambda: is_now(client, run, "Running"), what="the run to start")
    backend.detach()
    wait_until(lambda: client.list_backends() == (), what="the backend to be gone from the list")
    assert backend.is_running() and client.read_flow_run(run.id).state.is_running()
    (tmp_path / "go").touch()
    wait_until(lambda: is_now(client, run, "Completed"), what="the run to complete")
    wait_until(lambda: not backend.is_running(), what="the backend to end")


def test_a_terminal_that_comes_while_one_is_leaving_starts_its_own(client, settings, tmp_path):
    deployment = deploy(client, tmp_path / "project", LONG)
    leaving = ensure_backend(settings, client)
    run = client.run_deployment(deployment.id)
    wait_until(lambda: is_now(client, run, "Running"), what="the run to start")
    leaving.detach()
    wait_until(lambda: client.list_backends() == (), what="the backend to be gone from the list")
    mine = ensure_backend(settings, client)
    assert mine is not None and mine.pid != leaving.pid and leaving.is_running()
    mine.stop()
    os.kill(leaving.pid, signal.SIGTERM)
    wait_until(lambda: not leaving.is_running(), timeout=20, what="the other backend to end")


def test_a_backend_that_was_killed_does_not_count_although_the_store_still_lists_it(client, settings):
    killed = ensure_backend(settings, client)
    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: not killed.is_running(), what="it to end")
    killed.stop()
    assert [backend.pid for backend in client.list_backends()] == [killed.pid]
    assert live_backends(client) == ()
    mine = ensure_backend(settings, client)
    assert mine is not None
    mine.stop()


def test_a_backend_elsewhere_is_believed():
    now = utc_now()
    assert is_alive(Backend(id=new_id(), kind="server", host="mars", pid=1, url=None, started=now, seen=now))


def test_a_backend_that_cannot_start_says_why(client, settings, monkeypatch):
    import dataclasses

    broken = dataclasses.replace(settings, database_url="mysql://nowhere/flowtui")
    with pytest.raises(BackendError, match="flowtui keeps its data in SQLite or PostgreSQL, not in mysql"):
        ensure_backend(broken, client)


def test_the_log_of_a_backend_stays_small(tmp_path):
    code = f"""
import logging, pathlib, sys
from flowtui.server.speech import LOG_BYTES, speak_into
speak_into(pathlib.Path({str(tmp_path / "backend.log")!r}))
for number in range(4 * LOG_BYTES // 100):
    logging.getLogger("flowtui.server").info("%0100d", number)
raise RuntimeError("the last words")
"""
    subprocess.run([sys.executable, "-c", code], check=False, timeout=50)
    from flowtui.server.speech import LOG_BYTES

    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["backend.log", "backend.log.1"]
    assert all(file.stat().st_size <= LOG_BYTES + 2000 for file in files)
    assert "RuntimeError: the last words" in files[0].read_text()
