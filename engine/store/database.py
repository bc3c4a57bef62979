"""Open a database: pragmas, transactions, the store's clock. What differs between SQLite and PostgreSQL is here.

How a PostgreSQL server is reached, and what it says when it refuses, stands in `postgres.py`.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from flowtui.engine.clock import now_micros
from flowtui.engine.errors import StoreError, StoreUnavailable
from flowtui.engine.settings import Settings
from flowtui.engine.store.clock_offsets import ClockMeter
from flowtui.engine.store.forking import not_forked
from flowtui.engine.store.postgres import in_words, postgres_engine, shown, works

__all__ = ["PATIENCE_SECONDS", "Database"]

# Waiting for another process's write: SQLite's own handler backs off up to 100 ms, so 60 s is many hundred tries.
_BUSY_MS = 60_000
# How long a call waits for a server that it has reached before: a restart takes 1 to 5 s.
PATIENCE_SECONDS: Final = 10.0
_LOOK_AGAIN_SECONDS: Final = 0.1
_POSTGRES_NOW = sa.text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)")


_POSTGRES_NOW_AND_RECEIPT = sa.text(
    "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS now,"
    " pg_current_xact_id()::text AS receipt"
)
_RECEIPT = sa.text("SELECT pg_current_xact_id_if_assigned()::text")
# One that the server has never heard of was lost with the server before it.
_STATUS = sa.text(
    "SELECT CASE WHEN CAST(:receipt AS xid8) < pg_current_xact_id() THEN pg_xact_status(CAST(:receipt AS xid8)) END"
)


_kept: dict[tuple[str, str], sa.Engine] = {}
"""Engines that have been in use and are closed: a fork that opens the same store goes on with them."""


class Database:
    """One opened database and its pool of connections. Raises `StoreError` when it cannot be opened."""

    def __init__(self, settings: Settings) -> None:
        try:
            self.url = sa.make_url(settings.database_url)
        except sa.exc.ArgumentError:
            raise StoreError(
                f"FLOWTUI_DATABASE_URL is {shown(settings.database_url)!r}, which is no database URL. "
                "Write it as sqlite:////folder/flowtui.db or postgresql://user@host/name."
            ) from None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._reached = False
        self._receipts: WeakKeyDictionary[sa.Connection, str] = WeakKeyDictionary()
        """Of the transactions that have asked for the time, which costs no more than the time alone."""
        self.clocks = ClockMeter()
        self._place = (settings.database_url, settings.sqlite_synchronous)
        kept = _kept.get(self._place)
        self.is_known = kept is not None
        """This store was in use before, in the process that this one was forked from, and was up to date then."""
        if self.is_sqlite:
            self.engine = self._reading = kept or _sqlite_engine(self.url, settings)
        elif self.url.get_backend_name() in ("postgresql", "postgres"):
            self.engine = kept or postgres_engine(self.url)
            # A screen's queries see one state of the store, as they do on SQLite.
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")
        else:
            raise StoreError(f"flowtui keeps its data in SQLite or PostgreSQL, not in {self.url.get_backend_name()}.")

    @property
    def shown_url(self) -> str:
        """Its URL without the password."""
        return shown(self.url)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent state."""
        with not_forked(), _named_errors(self.url), self._connect(self._reading, check=True) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that may write. On SQLite it holds the one write lock from its first statement."""
        with (
            not_forked(),
            _named_errors(self.url),
            self._connect(self.engine, check=False).execution_options(flowtui_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def _connect(self, engine: sa.Engine, *, check: bool) -> sa.Connection:
        """A connection; from a server that restarts, as soon as it is back.

        Without `check`, one that was in use a moment ago is taken to work still: whoever writes tries again anyway.
        """
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                connection = engine.connect()
            except sa.exc.DBAPIError as error:
                if not self._reached or time.monotonic() > give_up or not _may_come_back(error, self.url):
                    raise
                time.sleep(_LOOK_AGAIN_SECONDS)
            else:
                if self.is_sqlite or works(connection, check=check):
                    self._reached = not self.is_sqlite
                    return connection

    def now(self, connection: sa.Connection) -> int:
        """The store's clock in microseconds: the only one that leases are measured by."""
        if self.is_sqlite:  # it has no server: its clock is that of the machine, and asking it costs 50 µs
            return now_micros()
        if not connection.get_execution_options().get("flowtui_write"):
            return int(connection.execute(_POSTGRES_NOW).scalar_one())
        row = connection.execute(_POSTGRES_NOW_AND_RECEIPT).one()
        self._receipts[connection] = row.receipt
        return int(row.now)

    def ahead(self, connection: sa.Connection) -> int:
        """By how many microseconds the store's clock is ahead of this machine's."""
        return 0 if self.is_sqlite else self.clocks.ahead(lambda: self.now(connection))

    def receipt(self, connection: sa.Connection) -> str | None:
        """By which `has_committed` knows this transaction; None where the answer to a commit cannot get lost."""
        if self.is_sqlite:
            return None
        return self._receipts.get(connection) or connection.execute(_RECEIPT).scalar()

    def has_committed(self, receipt: str) -> bool:
        """What became of a transaction whose commit was not answered. Raises `StoreUnavailable` while that is open."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            with self.write() as connection:  # on the server that takes writes
                status = connection.execute(_STATUS, {"receipt": receipt}).scalar()
            if status != "in progress":
                return bool(status == "committed")
            if time.monotonic() > give_up:
                raise StoreUnavailable(f"It is not known yet whether {self.shown_url} has kept the last commit.")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def insert(self, table: sa.Table) -> Any:
        """An INSERT that knows ON CONFLICT, which both databases spell alike but SQLAlchemy types apart.

        Its result has a `rowcount`: 0 when there was a conflict and nothing was to be done.
        """
        if self.is_sqlite:
            from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415 - one of the two is needed, never both
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment] # noqa: PLC0415 - 25 ms
        return insert(table).execution_options(preserve_rowcount=True)

    @cache  # noqa: B019 - one Database per process; building such a statement costs more than running it
    def upsert(self, table: sa.Table) -> Any:
        """INSERT, or UPDATE of every given column when the primary key is taken. Call it with the same columns."""
        key = [column.name for column in table.primary_key]
        insert = self.insert(table)
        changing = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in key}
        return insert.on_conflict_do_update(index_elements=key, set_=changing)

    @cache  # noqa: B019 - see upsert
    def increment(self, table: sa.Table, columns: tuple[str, ...]) -> Any:
        """INSERT, or add the given values to these columns when the primary key is taken."""
        insert = self.insert(table)
        added = {name: table.c[name] + insert.excluded[name] for name in columns}
        return insert.on_conflict_do_update(index_elements=[c.name for c in table.primary_key], set_=added)

    @property
    def written_file(self) -> str | None:
        """On SQLite: the file that every commit of any process writes to. It is there while a connection is open."""
        return f"{self.url.database}-wal" if self.is_sqlite and self.url.database else None

    @contextmanager
    def watch(self) -> Iterator[Callable[[], int]]:
        """On SQLite: a function that answers a number, which is another one when another connection has committed."""
        # data_version is only comparable within one connection, and stands still inside a transaction: so this
        # connection is kept, and asked past SQLAlchemy, which would begin one.
        pooled = self.engine.raw_connection()
        try:
            sqlite_connection: Any = pooled.driver_connection

            def version() -> int:
                with not_forked():
                    return int(sqlite_connection.execute("PRAGMA data_version").fetchone()[0])

            yield version
        finally:
            pooled.close()

    @contextmanager
    def apart(self) -> Iterator[Any]:
        """On PostgreSQL: a connection of the driver's own, out of the pool for good, where each statement commits."""
        pooled = self.engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        try:
            connection.autocommit = True
            yield connection
        finally:
            connection.close()

    def keep_engine(self) -> None:
        """Leave the engine, once it is closed, to those who open the same store in this process or a fork of it."""
        _kept[self._place] = self.engine

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _named_errors(url: sa.URL) -> Iterator[None]:
    """Turn the driver's errors into sentences that name the database; integrity errors are the caller's business."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except sa.exc.DBAPIError as error:
        if url.get_backend_name() != "sqlite":
            raise in_words(error, url) from error
        raise StoreError(f"The store {url.database} cannot be used: {error.orig}.") from error
    except sa.exc.TimeoutError as error:
        raise StoreUnavailable(f"All connections of this process to {shown(url)} are in use.") from error


def _may_come_back(error: sa.exc.DBAPIError, url: sa.URL) -> bool:
    return url.get_backend_name() != "sqlite" and isinstance(in_words(error, url), StoreUnavailable)


def _sqlite_engine(url: sa.URL, settings: Settings) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_MS / 1000, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "journal_mode=WAL",
            f"synchronous={settings.sqlite_synchronous}",
            "foreign_keys=ON",
            # Of each connection, and filled for good by one count of a large table; the system keeps the file as well.
            # With 16 MB no query over a million runs is quicker, and no task is recorded sooner.
            "cache_size=-4096",
            "mmap_size=268435456",
            "temp_store=MEMORY",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        # IMMEDIATE, because a deferred transaction that later writes fails at once instead of waiting.
        write = connection.get_execution_options().get("flowtui_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
