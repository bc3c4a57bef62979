"""How many runs fit a query, at a cost that does not grow with the store without bound."""

from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.listing import Total
from flowtui.engine.query import Query
from flowtui.engine.store.database import Database
from flowtui.engine.store.run_order import Branch, branches_of
from flowtui.engine.store.tables import flow_run

__all__ = ["total"]

_COUNTED: Final = 1_200_000
"""Entries of an index that are counted: 60 ms on SQLite."""
_COUNTED_POSTGRES: Final = 200_000
"""The same there: it looks whether each may be seen."""
_SAMPLE: Final = 10_000
"""Runs that are looked at when an index does not say whether they fit."""


def total(database: Database, connection: sa.Connection, query: Query) -> Total:
    """Exact where it is cheap, else a guess from the share of the newest runs that fit."""
    now = database.now(connection) if query.is_relative else 0
    branches = branches_of(database, connection, query, now)
    counted = [_branch(database, connection, branch, _SAMPLE // len(branches)) for branch in branches]
    return Total(sum(each.number for each in counted), all(each.exact for each in counted))


def _branch(database: Database, connection: sa.Connection, branch: Branch, sample: int) -> Total:
    if not branch.rest:
        return _by_index(database, connection, branch)
    newest = (
        sa.select(flow_run.c.id)
        .where(*branch.seek)
        .order_by(flow_run.c.sort_time.desc(), flow_run.c.id.desc())
        .limit(sample)
        .subquery()
    )
    looked = _number(connection, sa.select(sa.func.count()).select_from(newest))
    inside = flow_run.c.id.in_(sa.select(newest.c.id))
    fits = _number(connection, sa.select(sa.func.count()).select_from(flow_run).where(inside, *branch.rest))
    if looked < sample:
        return Total(fits)
    whole = _by_index(database, connection, branch)
    return Total(max(round(whole.number * fits / looked), fits), exact=False)


def _by_index(database: Database, connection: sa.Connection, branch: Branch) -> Total:
    most = _COUNTED if database.is_sqlite else _COUNTED_POSTGRES
    some = sa.select(sa.literal(1).label("one")).select_from(flow_run).where(*branch.seek).limit(most + 1).subquery()
    number = _number(connection, sa.select(sa.func.count()).select_from(some))
    if number <= most:
        return Total(number)
    return Total(max(_guessed(database, connection, branch), most), exact=False)


def _guessed(database: Database, connection: sa.Connection, branch: Branch) -> int:
    """All runs, as the database keeps their number for itself, times the share that a sample of them has."""
    if database.is_sqlite:
        all_runs = _number(connection, sa.select(sa.func.max(sa.literal_column("rowid"))).select_from(flow_run))
    else:
        kept = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'flow_run'::regclass"
        all_runs = _number(connection, sa.text(kept))
    newest = sa.select(flow_run.c.id).order_by(flow_run.c.sort_time.desc()).limit(_SAMPLE).subquery()
    inside = flow_run.c.id.in_(sa.select(newest.c.id))
    fits = _number(connection, sa.select(sa.func.count()).select_from(flow_run).where(inside, *branch.seek))
    return all_runs * fits // _SAMPLE


def _number(connection: sa.Connection, statement: Any) -> int:
    return int(connection.execute(statement).scalar() or 0)
