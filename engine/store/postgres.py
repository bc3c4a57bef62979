"""Reach a PostgreSQL server: connections that notice when it is gone, limits on every wait, its refusals in words."""

import re
import time
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.addresses import without_password
from flowtui.engine.errors import StoreError, StoreUnavailable
from flowtui.engine.store.tables import partial_on_postgres

__all__ = ["OLDEST", "in_words", "is_duplicate", "postgres_engine", "shown", "works"]

OLDEST: Final = (13,)
"""The first version with 64-bit transaction numbers, by which readers of the feed know where to stop."""

# Seconds before a server that does not answer is given up, unless the URL says otherwise; then how a silent one, behind
# a network that swallows packets, is noticed.
_CONNECTING: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# Nothing of ours takes long: what does is stuck, and would hold up others.
_LIMITS: Final = {
    "lock_timeout": "2s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "10s",
}
_SET_LIMITS: Final = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _LIMITS.items())

_USED: Final = "flowtui_used"
_FRESH_SECONDS: Final = 2.0

_CONFLICTS: Final = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock timeout: two transactions were in each other's way."""
_READ_ONLY: Final = "25006"
_UNAVAILABLE_CLASSES: Final = ("08", "53", "57P")
"""Connection lost, out of resources (too many connections, disk full), told to go away."""


def postgres_engine(url: sa.URL) -> sa.Engine:
    """Raises `StoreError` when the driver is missing."""
    partial_on_postgres()
    given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    try:
        engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"application_name": "flowtui", **given} if "application_name" not in url.query else given,
            pool_use_lifo=True,  # what is not needed stays unused, and ages
            pool_recycle=1800,
            pool_timeout=10,
        )
    except ModuleNotFoundError:
        raise StoreError(
            f"{shown(url)} is a PostgreSQL database, and psycopg, which talks to it, is not installed. "
            'Install it with: pip install "flowtui[postgres]"'
        ) from None

    engine.dialect.use_insertmanyvalues_wo_returning = True  # many rows in a statement: a third of the price

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: object) -> None:
        # Not as startup options, which some poolers between here and the server refuse.
        connection.execute(f"SELECT {_SET_LIMITS}")
        connection.commit()

    @sa.event.listens_for(engine, "handle_error")
    def _on_error(context: sa.ExceptionContext) -> None:
        # After a failover the old primary takes no writes: its connections are let go, so that the new one is found.
        if _state(context.original_exception) == _READ_ONLY:
            context.is_disconnect = True

    return engine


def works(connection: sa.Connection, *, check: bool) -> bool:
    """Whether a pooled connection still does; it is closed for good when not.

    One that is new, or without `check` was in use within the last two seconds, is not asked, which saves a question of
    ten that a claim costs.
    """
    used, connection.info[_USED] = connection.info.get(_USED), time.monotonic()
    if used is None or (not check and time.monotonic() - used < _FRESH_SECONDS):
        return True
    try:
        connection.dialect.do_ping(connection.connection.dbapi_connection)  # type: ignore[arg-type]
    except Exception as error:
        if not isinstance(error, connection.dialect.loaded_dbapi.Error):
            raise
        connection.invalidate(error)
        connection.close()
        return False
    return True


def shown(url: sa.URL | str) -> str:
    """A database URL for a person's eyes: without any password, also where it makes no sense as a URL."""
    text = url if isinstance(url, str) else url.render_as_string(hide_password=True)
    return without_password(text)


def in_words(error: sa.exc.DBAPIError, url: sa.URL) -> StoreError:
    """The driver's error as a sentence for a person, and as `StoreUnavailable` when trying again may help."""
    state, said = _state(error.orig), _first_line(str(error.orig))
    where, server = shown(url), _server(url)
    if state == _READ_ONLY:
        return StoreUnavailable(
            f"The store {where} takes no writes: it is a standby, or was made read-only. "
            "FLOWTUI_DATABASE_URL has to name the primary; with several hosts, add ?target_session_attrs=read-write."
        )
    if state in _CONFLICTS:
        return StoreUnavailable(f"The store {where} was busy with others for too long: {said}.")
    if state == "57014":
        return StoreError(f"The store {where} took too long for one statement, which was given up: {said}.")
    if "password authentication failed" in said or "no password supplied" in said:
        return StoreError(
            f"{server} does not let user {url.username!r} in: wrong or missing password. Check FLOWTUI_DATABASE_URL."
        )
    if state == "3D000" or re.search(r'database ".*" does not exist', said):
        return StoreError(f"{server} has no database {url.database!r}. Make it with: createdb {url.database}")
    if re.search(r'role ".*" does not exist|no pg_hba.conf entry', said):
        return StoreError(f"{server} does not let user {url.username!r} in: {said}. Check FLOWTUI_DATABASE_URL.")
    if _is_gone(error, state):
        return StoreUnavailable(
            f"The store {where} cannot be reached: {said}. Is the server up, and is FLOWTUI_DATABASE_URL right?"
        )
    return StoreError(f"The store {where} cannot be used: {said}.")


def is_duplicate(error: Exception) -> bool:
    """Whether a PostgreSQL server refused a second row under a key that another transaction has just used."""
    return isinstance(error, sa.exc.IntegrityError) and _state(error.orig) == "23505"


def _is_gone(error: sa.exc.DBAPIError, state: str | None) -> bool:
    if error.connection_invalidated or (state is not None and state.startswith(_UNAVAILABLE_CLASSES)):
        return True
    return state is None and isinstance(error, sa.exc.OperationalError)  # libpq keeps the code of a refusal to itself


def _state(error: BaseException | None) -> str | None:
    state = getattr(error, "sqlstate", None)
    return None if state is None else str(state)


def _server(url: sa.URL) -> str:
    host = url.host or url.query.get("host") or "localhost"
    return f"The PostgreSQL server at {host}:{url.port or 5432}"


def _first_line(text: str) -> str:
    """What went wrong at the last of the hosts that were tried, without the driver's preface."""
    line = next((line for line in text.strip().splitlines() if line.strip()), "it did not say why")
    line = re.sub(r"^connection (failed|is bad): |^connection to server .*? failed: |^FATAL:\s+", "", line.strip())
    return re.sub(r"^(connection to server .*? failed: )?(FATAL:\s+)?", "", line).rstrip(".")
