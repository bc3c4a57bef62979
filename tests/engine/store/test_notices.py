"""Processes on one PostgreSQL server tell each other of commits; when that fails, they find out soon anyway."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy as sa

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import StoreError
from flowtui.engine.ids import new_id
from flowtui.engine.store import feed, notices
from tests.engine.store.databases import Place
from tests.engine.store.made import a_line, due_run
from tests.support import wait_until

pytestmark = pytest.mark.postgres


def quiet(client: LocalClient) -> int:
    """Wait until there is no news; the number then."""
    seen = client.wait(0, 0)
    wait_until(lambda: client.wait(seen, 0.1) == seen or quiet(client), what="quiet")
    return client.wait(0, 0)


def told(client: LocalClient, act: Callable[[], object], timeout: float = 20.0) -> float:
    """Seconds from the end of `act` until a waiting `client` was told."""
    seen, heard = quiet(client), []

    def wait() -> None:
        if client.wait(seen, timeout) != seen:
            heard.append(time.monotonic())

    thread = threading.Thread(target=wait)
    thread.start()
    act()
    done = time.monotonic()
    thread.join()
    assert heard, "nobody was told"
    return heard[0] - done


def test_others_are_told_of_runs_and_of_mere_lines_of_a_log(on_postgres: Place) -> None:
    reader, writer = on_postgres.open(), on_postgres.open()
    run = due_run(writer)
    assert told(reader, lambda: due_run(writer)) < 1.5

    def log() -> None:
        writer.write_logs([a_line(run)])
        writer.flush()

    assert told(reader, log) < 1.5


def test_who_closes_right_after_several_commits_waits_for_nothing(
    on_postgres: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_ASK_SECONDS", 3600.0)
    client = on_postgres.open()
    for _ in range(5):
        due_run(client)
    client.close()
    assert "flowtui-notices" not in {thread.name for thread in threading.enumerate()}


def test_what_was_committed_before_a_client_closed_is_told(on_postgres: Place) -> None:
    reader = on_postgres.open()

    def short_life() -> None:
        writer = on_postgres.open()
        due_run(writer)
        writer.close()

    assert told(reader, short_life) < 1.5


def test_a_commit_that_nobody_tells_of_is_noticed_all_the_same(on_postgres: Place) -> None:
    reader, silent = on_postgres.open(), on_postgres.open()

    def commit() -> None:
        with silent._db.write() as connection:
            feed.append(connection, "variable", new_id(), "x", 0)

    assert told(reader, commit) < 5.0


def test_a_commit_that_was_told_of_is_not_taken_for_news_again(
    on_postgres: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_ASK_SECONDS", 0.15)
    monkeypatch.setattr(notices, "_ASK_AGAIN_SECONDS", 0.0)
    reader, writer = on_postgres.open(), on_postgres.open()
    writer.release_services("nobody")
    first = seen = quiet(reader)
    for _ in range(4):
        writer.acquire_services("me", {"late": 10})
        seen = reader.wait(seen, 20)
        while (now := reader.wait(seen, 0.4)) != seen:  # two questions later
            seen = now
    assert seen - first <= 5  # it may ask just between a commit and its notice


def test_after_its_connection_was_cut_a_reader_is_told_again(on_postgres: Place) -> None:
    reader, writer = on_postgres.open(), on_postgres.open()
    told(reader, lambda: due_run(writer))
    with psycopg.connect(on_postgres.settings.database_url, autocommit=True) as admin:
        (cut,) = listeners(admin)
        admin.execute("SELECT pg_terminate_backend(%s)", [cut])
        wait_until(lambda: listeners(admin) - {cut}, what="the reader to have another connection")
    wait_until(lambda: works(reader), what="the reader to listen")
    assert told(reader, lambda: due_run(writer)) < 1.5


def listeners(admin: "psycopg.Connection[tuple[int]]") -> set[int]:
    """The server's numbers of the connections that ask whether there was a commit."""
    mine = "datname = current_database() AND pid <> pg_backend_pid()"
    rows = admin.execute(f"SELECT pid FROM pg_stat_activity WHERE query LIKE '%snapshot_xmax%' AND {mine}")
    return {row[0] for row in rows}


def works(client: LocalClient) -> bool:
    try:
        client.wait(0, 0)
    except StoreError:
        return False
    return True


def test_who_waits_asks_nothing_while_nothing_happens(on_postgres: Place) -> None:
    reader, other = on_postgres.open(), on_postgres.open()
    seen = quiet(reader)
    before = transactions(other)
    assert reader.wait(seen, 3.0) == seen
    assert transactions(other) - before < 12  # two questions of the waiting one, and what this question costs itself


def transactions(client: LocalClient) -> int:
    with client._db.write() as connection:
        connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
    with client._db.read() as connection:
        counted = sa.text("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
        return int(connection.execute(counted).scalar_one())


def test_many_commits_make_few_notices(on_postgres: Place) -> None:
    writer = on_postgres.open()
    due_run(writer)
    with psycopg.connect(on_postgres.settings.database_url, autocommit=True) as listening:
        listening.execute("LISTEN flowtui")
        begun = time.monotonic()
        for _ in range(150):
            due_run(writer)
        took = time.monotonic() - begun
        heard = list(listening.notifies(timeout=0.3))
    assert 1 <= len(heard) <= took * 20 + 2
