"""The harness: a store of a test's own that leaves nothing behind."""

import os
import threading
from pathlib import Path

from flowtui import flow, task
from flowtui.engine.client.current import current_client
from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import current_settings
from flowtui.testing import Harness, assert_completed, harness, only_run, run_state, runs_of, task_runs_of
from tests.support import run_python


@task
def double(n: int) -> int:
    return 2 * n


@flow
def doubling(n: int) -> list[int]:
    return double.map(range(n)).result()


def test_runs_within_the_block_are_kept_there_and_nowhere_else(client: LocalClient) -> None:
    doubling(1)
    with harness() as store:
        assert runs_of() == []
        assert doubling(2) == [0, 2]
        assert only_run().flow_name == "doubling"
        assert [run.name for run in task_runs_of(only_run())] == ["double-0", "double-1"]
        assert current_client() is store.client
    assert current_client() is client
    assert len(runs_of(doubling)) == 1


def test_settings_that_lead_elsewhere_do_not_count(home: Path) -> None:
    os.environ["FLOWTUI_DATABASE_URL"] = "sqlite:////no/such/folder/flowtui.db"
    try:
        with harness() as store:
            assert current_settings().database_url == f"sqlite:///{store.home / 'flowtui.db'}"
            doubling(1)
            assert os.environ["FLOWTUI_HOME"] == str(store.home)
        assert os.environ["FLOWTUI_DATABASE_URL"].endswith("no/such/folder/flowtui.db")
        assert os.environ["FLOWTUI_HOME"] == str(home)
    finally:
        del os.environ["FLOWTUI_DATABASE_URL"]


def test_the_store_is_gone_afterwards_also_after_an_error(home: Path) -> None:
    kept: list[Harness] = []
    try:
        with harness() as store:
            kept.append(store)
            doubling(1)
            assert (store.home / "flowtui.db").exists()
            raise LookupError
    except LookupError:
        pass
    assert not kept[0].home.exists()
    assert current_settings().home == home


def test_harnesses_can_be_nested(home: Path) -> None:
    with harness() as outer:
        doubling(1)
        with harness() as inner:
            doubling(1)
            doubling(1)
            assert len(runs_of()) == 2
            assert inner.home != outer.home
        assert len(runs_of()) == 1
        assert current_client() is outer.client


def test_threads_and_child_processes_use_it_too() -> None:
    with harness():
        thread = threading.Thread(target=doubling, args=(1,))
        thread.start()
        thread.join()
        script = "from flowtui import flow\nflow(name='in a child')(lambda: None)()"
        done = run_python("-c", script)
        assert done.returncode == 0, done.stderr
        assert [run.flow_name for run in runs_of()] == ["doubling", "in a child"]


def test_the_state_of_a_call_is_answered_whatever_it_is() -> None:
    @flow
    async def greets() -> str:
        return "hello"

    @task
    def breaks() -> None:
        raise ValueError("no")

    with harness():
        assert run_state(greets).result() == "hello"
        assert run_state(breaks).is_failed()
        assert_completed(run_state(doubling, n=1))


FIXTURES = """
import pytest
from datetime import UTC, datetime
from flowtui import flow, task
from flowtui.testing import only_run, runs_of

pytest_plugins = ["flowtui.testing"]

@flow
def nothing():
    pass

def test_a_store(flowtui_store):
    nothing()
    assert len(runs_of()) == 1
    assert flowtui_store.clock is None

def test_another_store(flowtui_store):
    assert runs_of() == []

def test_a_clock(flowtui_clock):
    flowtui_clock.move_to("2030-01-01")
    nothing()
    assert only_run().created.year == 2030
"""


def test_pytest_has_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["flowtui.testing"]\n')
    (tmp_path / "test_mine.py").write_text(FIXTURES.replace('pytest_plugins = ["flowtui.testing"]\n', ""))

    done = run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", str(tmp_path), cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_whoever_does_not_run_pytest_need_not_have_it() -> None:
    done = run_python(
        "-c", "import sys; import flowtui.testing; print(sorted({'pytest', 'sqlalchemy'} & set(sys.modules)))"
    )

    assert done.stdout == "[]\n", done.stderr
