"""Bring a database to the schema that this version needs: at once when it is empty, by migrations when it is not."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from flowtui.engine.errors import StoreError
from flowtui.engine.store import postgres_schema
from flowtui.engine.store.database import Database
from flowtui.engine.store.postgres import OLDEST, shown
from flowtui.engine.store.tables import metadata
from flowtui.engine.store.wal import being_made, is_in_wal_mode

__all__ = ["HEAD", "bring_up_to_date", "require_up_to_date"]

# A migration of many rows takes longer than anything else is allowed to, and so does waiting for another's.
_TAKE_YOUR_TIME = (
    "SELECT set_config('lock_timeout', '0', true), set_config('statement_timeout', '0', true), "
    "set_config('idle_in_transaction_session_timeout', '0', true)"
)

_migrating: Final = threading.Lock()
"""Alembic keeps what it works on in variables of its modules: stores that one process opens at once would get each
other's changes."""

HEAD = "0011"
"""The newest migration. A test holds it equal to the newest file in `migrations/versions`."""


def bring_up_to_date(database: Database) -> None:
    """Create or migrate the tables. Raises `StoreError` when it cannot be, or when a newer flowtui was here."""
    if database.is_sqlite:
        _make_folder(Path(database.url.database or ""))
    if is_current(database):
        return
    with _one_at_a_time(database) as connection:
        version = _version(connection)
        if version is None:
            _create(database, connection)
        elif version != HEAD:
            _migrate(database, connection, version)
        elif not database.is_sqlite:
            postgres_schema.follow_this_cluster(connection)


def require_up_to_date(database: Database) -> None:
    """Raise `StoreError` where tables would have to be made or migrated; nothing is written."""
    where = database.shown_url
    if not _is_prepared(database):
        raise StoreError(f"There is no store at {where}, and none is made where only reading is allowed.")
    with database.read() as connection:
        if not database.is_sqlite:
            _check_server(database, connection)
        version = _version(connection)
    if version is None:
        raise StoreError(f"There is no store at {where} yet, and none is made where only reading is allowed.")
    if version != HEAD:
        raise StoreError(
            f"The store at {where} has schema {version}, and this flowtui needs {HEAD}. "
            "It is not changed where only reading is allowed: use the flowtui of its other users, or have it migrated "
            "by opening it once with this one from a profile that may write."
        )


def is_current(database: Database) -> bool:
    """Whether there is nothing to do, which is nearly always so."""
    if not _is_prepared(database):
        return False
    with database.read() as connection:
        if not database.is_sqlite:
            _check_server(database, connection)
        return _version(connection) == HEAD and (database.is_sqlite or postgres_schema.follows_this_cluster(connection))


def _check_server(database: Database, connection: sa.Connection) -> None:
    version = connection.dialect.server_version_info or (0,)
    if version < OLDEST:
        raise StoreError(
            f"{shown(database.url)} is PostgreSQL {'.'.join(map(str, version))}; flowtui needs {OLDEST[0]} or newer."
        )


def _is_prepared(database: Database) -> bool:
    """False for an SQLite file that nobody has put into WAL mode yet.

    The first connection does that, and SQLite does not wait there: two that do it at once find the file locked.
    """
    return not database.is_sqlite or is_in_wal_mode(str(database.url.database))


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"The folder {file.parent} cannot be made ({error.strerror}). "
            "Set FLOWTUI_HOME to a folder that you may write to."
        ) from None
    target = file if file.exists() else file.parent
    if not os.access(target, os.W_OK) or not os.access(file.parent, os.W_OK):
        raise StoreError(f"{target} cannot be written. Set FLOWTUI_HOME to a folder that you may write to.")


def _version(connection: sa.Connection) -> str | None:
    """The migration that the database is at, None when it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def _one_at_a_time(database: Database) -> Iterator[sa.Connection]:
    """A transaction in which the tables are made or changed: all of it or nothing, and never in two processes at once.

    One that is killed leaves nothing behind, neither changes nor the lock.
    """
    if not database.is_sqlite:
        with database.write() as connection:
            connection.execute(sa.text(_TAKE_YOUR_TIME))
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(4200)"))
            yield connection
        return
    with open(f"{database.url.database}.lock", "w") as handle:  # released when it is closed, also by a crash
        fcntl.flock(handle, fcntl.LOCK_EX)
        with being_made(str(database.url.database)), database.write() as connection:
            yield connection


def _create(database: Database, connection: sa.Connection) -> None:
    metadata.create_all(connection)
    if not database.is_sqlite:
        postgres_schema.install(connection, list(metadata.tables))
    connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
    from flowtui.engine.store.work_pools import make_default_pool  # noqa: PLC0415 - 5 ms, once in a store's life

    make_default_pool(database, connection)


def _migrate(database: Database, connection: sa.Connection, version: str) -> None:
    from alembic import command  # noqa: PLC0415 - 0.7 s that only an old database costs
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    if version not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
        raise StoreError(
            f"{shown(database.url)} was written by a newer flowtui (schema {version}). "
            "Use that one, or another FLOWTUI_HOME."
        )
    config.attributes["connection"] = connection
    with _migrating:
        command.upgrade(config, "head")
    if not database.is_sqlite:
        postgres_schema.order_text_by_bytes(connection, list(metadata.tables))
