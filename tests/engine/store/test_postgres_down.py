"""A PostgreSQL server goes away: what was acknowledged is there, what waits is written once, and it heals by itself."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import StoreUnavailable
from flowtui.engine.settings import Settings
from flowtui.engine.states import Completed, Running
from flowtui.engine.store import database, writer
from tests.engine.store.made import a_line, a_task, due_run, owned_run
from tests.engine.store.own_postgres import PASSWORD, OwnPostgres, own_postgres
from tests.support import wait_until

pytestmark = pytest.mark.postgres

HEALED = 5.0
"""Seconds from the server's return until the store is used as before."""


@pytest.fixture(scope="module")
def one_server() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture
def server(one_server: OwnPostgres) -> OwnPostgres:
    """Running, with an empty database, whatever the test before did to it."""
    one_server.start()
    one_server.empty()
    return one_server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for the server to come back."""
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.5)


@pytest.fixture
def here(settings: Settings, server: OwnPostgres) -> Settings:
    return replace(settings, database_url=server.url)


@contextmanager
def opened(settings: Settings) -> Iterator[LocalClient]:
    client = LocalClient.open(settings)
    yield client
    client.close()


class Busy:
    """Works on a run as its process does, all the time, and remembers what it was told."""

    def __init__(self, client: LocalClient) -> None:
        self.client = client
        self.run = owned_run(client, seconds=1000)
        self.acknowledged = 0
        self.put = 0
        self.trouble: list[Exception] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._over.is_set():
            task = a_task(self.run, Running(name=f"Task {self.put}"), name=str(self.put))
            self.client.save_task_run(task)
            self.client.save_task_run(replace(task, state=Completed()))
            self.client.write_logs([a_line(self.run, str(self.put))])
            self.put += 1
            try:
                self.client.set_flow_run_state(self.run.id, Running(name=f"Step {self.put}"), epoch=self.run.epoch)
                self.acknowledged = self.put
            except Exception as error:
                self.trouble.append(error)

    def goes_on(self, timeout: float) -> None:
        """Wait until it is acknowledged something that it asks for from now on."""
        target = self.put + 1
        wait_until(lambda: self.acknowledged >= target or self.trouble, timeout, "the store to heal")

    def end(self) -> None:
        self._over.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        self.client.flush()

    def check(self) -> None:
        """Everything is there, once and in order."""
        assert self.trouble == []
        steps = [f"Step {number + 1}" for number in range(self.put)]
        assert [state.name for state in self.client.flow_run_states(self.run.id)[1:]] == steps
        lines = self.client.read_logs(self.run.id, limit=100_000).lines
        assert [line.message for line in lines] == [str(number) for number in range(self.put)]
        stats = self.client.read_flow_run(self.run.id).stats
        assert (stats.tasks, stats.done, stats.lines) == (self.put,) * 3
        seen = [change.name for change in self.everything() if change.kind == "task-run"]
        assert sorted(seen) == sorted([f"Task {n}" for n in range(self.put)] + ["Completed"] * self.put)

    def everything(self) -> list[object]:
        seen: list[object] = []
        while page := self.client.changes(seen[-1].seq if seen else 0):
            seen += page
        return seen


def restarted(server: OwnPostgres) -> None:
    server.stop_at_once()
    server.start()


def killed(server: OwnPostgres) -> None:
    server.kill()
    server.start()


def cut_off(server: OwnPostgres) -> None:
    server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'flowtui'")


@pytest.mark.parametrize("fault", [restarted, killed, cut_off])
def test_work_goes_on_after_a_fault_of_the_server(
    server: OwnPostgres, here: Settings, fault: Callable[[OwnPostgres], None]
) -> None:
    with opened(here) as client:
        busy = Busy(client)
        try:
            for _ in range(3):
                busy.goes_on(20)
                fault(server)
                back = time.monotonic()
                busy.goes_on(20)
                assert time.monotonic() - back < HEALED
        finally:
            busy.end()
        busy.check()


@pytest.mark.usefixtures("impatient")
def test_while_the_server_is_down_records_wait_and_callers_are_told(
    server: OwnPostgres, here: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(here) as client:
        run, task = owned_run(client, seconds=1000), a_task()
        server.stop_at_once()
        client.save_task_run(task)
        with pytest.raises(StoreUnavailable, match=r"cannot be reached: .*Is the server up"):
            client.set_flow_run_state(run.id, Running(), epoch=run.epoch)
        server.start()
        assert client.set_flow_run_state(run.id, Running(), epoch=run.epoch).status == "ACCEPT"
        assert client.read_task_run(task.id) == task
        assert [state.name for state in client.flow_run_states(run.id)] == ["Pending", "Running"]
    said = " ".join(caplog.messages)
    assert "Records wait in memory until they can be written: 1." in said
    assert "The store is back" in said
    assert PASSWORD not in said


@pytest.mark.usefixtures("impatient")
def test_a_server_that_takes_no_writes_says_so_and_is_used_again_when_it_does(
    server: OwnPostgres, here: Settings
) -> None:
    with opened(here) as client:
        run = due_run(client)
        server.run("ALTER SYSTEM SET default_transaction_read_only = on")
        server.run("SELECT pg_reload_conf()")
        cut_off(server)
        assert client.read_flow_run(run.id) == run
        with pytest.raises(StoreUnavailable, match="takes no writes: it is a standby, or was made read-only"):
            due_run(client)
        server.run("ALTER SYSTEM RESET default_transaction_read_only")
        server.run("SELECT pg_reload_conf()")
        wait_until(lambda: _writes(client), what="it to take writes again")


def _writes(client: LocalClient) -> bool:
    try:
        due_run(client)
    except StoreUnavailable:
        return False
    return True
