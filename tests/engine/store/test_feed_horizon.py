"""Readers of the feed never pass a transaction that may still commit: nothing is skipped, and the order stays."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy as sa

from flowtui.engine.client.local import LocalClient
from flowtui.engine.ids import new_id
from flowtui.engine.model import Change
from flowtui.engine.store import feed
from flowtui.engine.store.tables import event
from tests.engine.store.databases import Place, postgres_server
from tests.engine.store.made import due_run

pytestmark = pytest.mark.postgres


@contextmanager
def slow_transaction(client: LocalClient) -> Iterator[sa.Connection]:
    """One that has begun to write, and commits when the block ends."""
    with client._db.write() as connection:
        feed.append(connection, "variable", new_id(), "slow", client._db.now(connection))
        yield connection


def names(changes: tuple[Change, ...]) -> list[str]:
    return [change.name for change in changes]


def test_a_reader_stops_before_a_transaction_that_may_still_commit(on_postgres: Place) -> None:
    quick, slow, reader = on_postgres.open(), on_postgres.open(), on_postgres.open()
    before = due_run(quick)
    with slow_transaction(slow) as connection:
        due_run(quick)
        assert [one.subject_id for one in reader.changes(0)] == [before.id]
        (newest,) = reader.changes(None)
        assert newest.subject_id == before.id
        feed.append(connection, "variable", new_id(), "slower", slow._db.now(connection))
    assert names(reader.changes(newest.seq)) == ["slow", "slower", "Scheduled"]


def test_what_has_ended_is_read_past_a_transaction_that_began_later(on_postgres: Place) -> None:
    quick, slow, reader = on_postgres.open(), on_postgres.open(), on_postgres.open()
    due_run(quick)
    due_run(quick)
    with slow_transaction(slow):
        assert len(reader.changes(0)) == 2


def test_a_transaction_that_is_undone_holds_nobody_up(on_postgres: Place) -> None:
    quick, slow, reader = on_postgres.open(), on_postgres.open(), on_postgres.open()
    with pytest.raises(ZeroDivisionError), slow_transaction(slow):
        due_run(quick)
        assert reader.changes(0) == ()
        raise ZeroDivisionError
    assert names(reader.changes(0)) == ["Scheduled"]


def test_a_transaction_of_another_database_of_the_server_holds_nobody_up(on_postgres: Place) -> None:
    quick, reader = on_postgres.open(), on_postgres.open()
    with psycopg.connect(postgres_server().get_uri()) as stranger:
        stranger.execute("CREATE TEMPORARY TABLE report (n int)")
        stranger.execute("INSERT INTO report VALUES (1)")
        due_run(quick)
        assert names(reader.changes(0)) == ["Scheduled"]
        assert names(reader.changes(None)) == ["Scheduled"]
        with slow_transaction(on_postgres.open()):
            due_run(quick)
            assert len(reader.changes(0)) == 1
        assert len(reader.changes(0)) == 3
        stranger.rollback()


def test_events_of_one_transaction_keep_their_order_also_when_a_part_is_undone(on_postgres: Place) -> None:
    client = on_postgres.open()
    with client._db.write() as connection:
        now = client._db.now(connection)
        for number in range(30):
            part = connection.begin_nested()
            feed.append(connection, "variable", new_id(), str(number), now)
            part.rollback() if number % 3 == 1 else part.commit()
    assert names(client.changes(0)) == [str(number) for number in range(30) if number % 3 != 1]


def test_a_store_that_was_restored_elsewhere_goes_on_behind_what_came_along(on_postgres: Place) -> None:
    """Another cluster counts its transactions from the beginning again."""
    client = on_postgres.open()
    due_run(client)
    with client._db.write() as connection:  # as though the numbers were those of a much older cluster
        connection.execute(sa.update(event).values(seq=event.c.seq + (10_000_000 << 20)))
    restored = on_postgres.open()
    (old,) = restored.changes(0)
    run = due_run(restored)
    assert [one.subject_id for one in restored.changes(old.seq)] == [run.id]
    again = on_postgres.open()
    due_run(again)
    assert [one.seq for one in again.changes(0)] == sorted(one.seq for one in again.changes(0))
    assert len(again.changes(0)) == 3


def test_nothing_is_skipped_and_the_order_is_stable_while_many_write(on_postgres: Place) -> None:
    """Transactions of any length, undone or not, in each other's way: a reader sees each entry once, in one order."""
    writers, transactions = 6, 25
    dice, failures = random.Random(7), []
    seeds = [dice.random() for _ in range(writers)]

    def write(seed: float) -> None:
        own, client = random.Random(seed), on_postgres.open()
        try:
            for _ in range(transactions):
                with client._db.write() as connection:
                    if own.random() < 0.3:  # it has its number long before it has an event
                        connection.execute(sa.text("SELECT pg_current_xact_id()"))
                        connection.execute(sa.text("LOCK TABLE variable IN ROW EXCLUSIVE MODE"))
                    for _ in range(own.randrange(1, 4)):
                        connection.execute(sa.text(f"SELECT pg_sleep({own.random() * 0.006})"))
                        feed.append(connection, "variable", new_id(), "x", 0)
                    connection.execute(sa.text(f"SELECT pg_sleep({own.random() * 0.006})"))
                    if own.random() < 0.2:
                        connection.rollback()
        except Exception as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=write, args=(seed,)) for seed in seeds]
    for thread in threads:
        thread.start()
    reader, seen = on_postgres.open(), []
    while True:
        over = not any(thread.is_alive() for thread in threads)
        page = reader.changes(seen[-1].seq if seen else 0, limit=5)
        seen += page
        if over and not page:
            break
    assert not failures
    with reader._db.read() as connection:
        written = connection.execute(sa.select(event.c.seq).order_by(event.c.seq)).scalars().all()
    assert len(written) > writers * transactions
    assert [one.seq for one in seen] == written
