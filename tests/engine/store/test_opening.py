"""Opening a store: at once from many sides, and in a sentence when it cannot be."""

import os
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.client.opening import open_client
from flowtui.engine.errors import ReadOnly, StoreError
from flowtui.engine.settings import Settings
from tests.engine.store.databases import Place
from tests.engine.store.made import due_run
from tests.support import clean_environment


@pytest.mark.parametrize("again", range(3))
def test_many_that_open_an_empty_place_at_once_find_one_store(empty_place: Place, again: int) -> None:
    ready, clients = threading.Barrier(6), []

    def open_() -> None:
        ready.wait()
        clients.append(empty_place.open())

    threads = [threading.Thread(target=open_) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs = {due_run(client).id for client in clients}
    assert len(runs) == 6
    assert {run.id for run in clients[0].list_flow_runs().items} == runs
    if empty_place.settings.database_url.startswith("sqlite"):
        assert keeps_its_wal(empty_place.settings)


def test_a_store_that_is_opened_twice_in_a_process_stays_locked_against_its_removal(settings: Settings) -> None:
    """What is written to a WAL that another process has removed is read by nobody else, and lost in the end."""
    first = LocalClient.open(settings)
    LocalClient.open(settings).close()
    again = LocalClient.open(replace(settings, database_url=f"sqlite:///{settings.home}/../home/flowtui.db"))
    assert keeps_its_wal(settings)
    assert first.read_flow_run((run := due_run(again)).id) == run
    first.close()
    again.close()


def keeps_its_wal(settings: Settings) -> bool:
    """Another process opens the store and closes it; the last one that does so removes the WAL."""
    file = settings.home / "flowtui.db"
    outside = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM flow_run'); c.close()"
    subprocess.run([sys.executable, "-c", outside, str(file)], check=True)
    return Path(f"{file}-wal").exists()


def test_who_only_reads_makes_no_store_and_reads_one_that_is_there(empty_place: Place) -> None:
    only_reading = replace(empty_place.settings, read_only=True)
    with pytest.raises(StoreError, match=r"There is no store at .* none is made where only reading is allowed"):
        open_client(only_reading)
    run = due_run(empty_place.open())
    client = open_client(only_reading)
    assert client.read_flow_run(run.id) == run
    with pytest.raises(ReadOnly, match="delete flow run was asked for"):
        client.delete_flow_run(run.id)
    client.close()


def test_processes_that_open_an_empty_home_at_once_find_one_store(settings: Settings) -> None:
    program = "from flowtui.engine.client.current import current_client as c; from tests.engine.store.made import *; "
    started = [
        subprocess.Popen(
            [sys.executable, "-c", f"{program} due_run(c())"],
            env=clean_environment(settings.home, PYTHONPATH="."),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors
    client = LocalClient.open(settings)
    assert len(client.list_flow_runs().items) == 4
    client.close()


def test_the_home_is_made_for_its_owner_alone(settings: Settings) -> None:
    LocalClient.open(settings).close()
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700


def test_a_home_below_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        StoreError, match=r"The folder .*/file/home cannot be made \(Not a directory\). Set FLOWTUI_HOM"
    ):
        LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(tmp_path / "file" / "home")}))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_refused_in_a_sentence(settings: Settings) -> None:
    settings.home.mkdir(mode=0o500)
    with pytest.raises(StoreError, match=r"cannot be written\. Set FLOWTUI_HOME to a folder that you may write to"):
        LocalClient.open(settings)


def test_a_file_that_is_no_database_is_refused_in_a_sentence(settings: Settings) -> None:
    settings.home.mkdir()
    file = settings.home / "flowtui.db"
    file.write_text("to be or not to be, " * 100)
    with pytest.raises(StoreError, match=r"The store .*flowtui\.db cannot be used: file is not a database\."):
        LocalClient.open(settings)
    assert file.read_text().startswith("to be")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "is no database URL. Write it as sqlite:////folder/flowtui.db or postgresql://user@host/name."),
        ("mysql://a@b/c", "flowtui keeps its data in SQLite or PostgreSQL, not in mysql."),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_in_a_sentence(settings: Settings, url: str, sentence: str) -> None:
    with pytest.raises(StoreError) as caught:
        LocalClient.open(replace(settings, database_url=url))
    assert sentence in str(caught.value)


def test_a_server_that_does_not_answer_is_named_without_its_password(settings: Settings) -> None:
    url = "postgresql://me:s3cret@127.0.0.1:1/flows?connect_timeout=2"
    with pytest.raises(StoreError, match=r"The store postgresql://me:\*\*\*@127\.0\.0\.1:1/flows") as caught:
        LocalClient.open(replace(settings, database_url=url))
    assert "s3cret" not in str(caught.value)


def test_the_address_is_short_and_has_no_password(settings: Settings) -> None:
    client = LocalClient.open(settings)
    assert client.address == f"sqlite {settings.home}/flowtui.db"
    client.close()
