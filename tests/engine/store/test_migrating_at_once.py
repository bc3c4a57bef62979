"""Processes that open a store at once create or migrate it once; one killed half-way leaves nothing half-done."""

import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import Settings
from flowtui.engine.store import schema
from flowtui.engine.store.database import Database
from tests.engine.store.databases import Place
from tests.engine.store.test_schema import fill_as_the_first_release_did, migrate_to

OPEN = """
import sys
from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import current_settings
from flowtui.engine.store import schema
from tests.engine.store.made import due_run

def said(name):
    before = getattr(schema, name)
    def spoken(*arguments):
        before(*arguments)
        print(name, flush=True)
        if "halt" in sys.argv:
            sys.stdin.readline()
    setattr(schema, name, spoken)

said("_create")
said("_migrate")
print("ready", flush=True)
sys.stdin.readline()
due_run(LocalClient.open(current_settings()))
"""


def process(place: Place, *arguments: str) -> "subprocess.Popen[str]":
    opening = subprocess.Popen(
        [sys.executable, "-c", OPEN, *arguments],
        env=place.environment(PYTHONPATH="."),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert opening.stdout is not None
    assert opening.stdout.readline() == "ready\n"
    return opening


def go(opening: "subprocess.Popen[str]") -> None:
    assert opening.stdin is not None
    opening.stdin.write("go\n")
    opening.stdin.flush()


@pytest.fixture
def old_place(empty_place: Place) -> Place:
    """As the first release made it."""
    empty_place.settings.home.mkdir(parents=True)
    database = Database(empty_place.settings)
    migrate_to("0001", database)
    fill_as_the_first_release_did(database)
    database.close()
    return empty_place


def test_an_empty_store_is_created_once(empty_place: Place) -> None:
    assert at_once(empty_place) == ["_create"]


def test_an_old_store_is_migrated_once(old_place: Place) -> None:
    assert at_once(old_place) == ["_migrate"]


def at_once(place: Place) -> list[str]:
    """What three processes did that opened it at once. Each leaves a run."""
    before = 0 if place.settings.home.exists() is False else len(runs(place))
    opening = [process(place) for _ in range(3)]
    for one in opening:
        go(one)
    said = [line for one in opening for line in one.communicate(timeout=50)[0].split()]
    assert [one.returncode for one in opening] == [0, 0, 0]
    assert len(runs(place)) == before + 3
    return said


def runs(place: Place) -> list[str]:
    database = Database(place.settings)
    try:
        with database.read() as connection:
            if not sa.inspect(connection).has_table("flow_run"):
                return []
            return list(connection.execute(sa.text("SELECT name FROM flow_run")).scalars())
    finally:
        database.close()


def test_a_process_that_is_killed_while_it_migrates_leaves_the_store_as_it_was(old_place: Place) -> None:
    killed = process(old_place, "halt")
    go(killed)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "_migrate\n"  # everything is done, and nothing is committed
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    database = Database(old_place.settings)
    with database.read() as connection:
        assert schema._version(connection) == "0001"
        assert not sa.inspect(connection).has_table("work_pool")
    database.close()
    client = old_place.open()
    assert [run.name for run in client.list_flow_runs().items] == ["amber-auk"]
    assert client.set_variable("x", 1).value == 1


def test_stores_that_one_process_opens_at_once_do_not_get_each_others_changes(settings: Settings) -> None:
    """As a workstation on many servers does."""
    settings.home.mkdir(parents=True)
    first = settings.home / "store0.db"
    old = Database(replace(settings, database_url=f"sqlite:///{first}"))
    migrate_to("0001", old)
    fill_as_the_first_release_did(old)
    old.close()
    files = [first, *(settings.home / f"store{number}.db" for number in range(1, 6))]
    for file in files[1:]:
        shutil.copy(first, file)

    with ThreadPoolExecutor(len(files)) as threads:
        opened = list(
            threads.map(lambda file: LocalClient.open(replace(settings, database_url=f"sqlite:///{file}")), files)
        )
    seen = [[run.name for run in client.list_flow_runs(limit=100).items] for client in opened]
    for client in opened:
        client.close()
    assert seen[0] and all(names == seen[0] for names in seen)
