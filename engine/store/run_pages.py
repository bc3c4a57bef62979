"""Pages of a list of runs, both ways, in any order that can be had honestly."""

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from flowtui.engine.errors import UsageError
from flowtui.engine.listing import MOST_SORTED, SORTS, RunPage, RunSort
from flowtui.engine.query import Query
from flowtui.engine.store.cursors import read_cursor, write_cursor
from flowtui.engine.store.database import Database
from flowtui.engine.store.flow_runs import read_many
from flowtui.engine.store.run_order import Walk, edge_of, in_order
from flowtui.engine.store.run_totals import total

__all__ = ["Place", "page"]

_TEXTS = frozenset({"name", "created", "state", "flow", "deployment", "pool", "queue", "worker"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which page: after or before a cursor, from a run on, or at an end; `skip` runs are left out first."""

    after: str | None = None
    before: str | None = None
    starting: str | None = None
    skip: int = 0
    from_end: bool = False

    @property
    def backwards(self) -> bool:
        """Whether the list is walked from its end to its beginning."""
        return self.from_end or self.before is not None


def page(
    database: Database, connection: sa.Connection, query: Query, sort: RunSort, place: Place, limit: int
) -> RunPage:
    """The page at a place, in the order of the list."""
    _check(database, connection, query, sort)
    walk = replace(_walk(database, connection, sort, place), backwards=place.backwards, skip=place.skip)
    found = in_order(database, connection, query, limit + 1, walk)
    rows = list(found[:limit])
    behind = len(found) > limit  # further on the way that was gone
    passed = walk.edge is not None or place.skip > 0  # where it came from
    if place.backwards:
        rows.reverse()
        passed, behind = behind, passed
    items = read_many(connection, [row.id for row in rows])
    if not rows:
        return RunPage(before=place.after, after=place.before)
    return RunPage(items, _cursor(rows[0]) if passed else None, _cursor(rows[-1]) if behind else None)


def _walk(database: Database, connection: sa.Connection, sort: RunSort, place: Place) -> Walk:
    if place.starting is not None:
        return Walk(sort=sort, edge=edge_of(database, connection, place.starting, sort), inclusive=True)
    cursor = place.before if place.before is not None else place.after
    edge = None if cursor is None else tuple(read_cursor(cursor, str if sort.name in _TEXTS else int, str))
    return Walk(sort=sort, edge=edge)


def _cursor(row: Any) -> str:
    return write_cursor(row.key, row.id)


def _check(database: Database, connection: sa.Connection, query: Query, sort: RunSort) -> None:
    """Sorting what no index keeps reads every run that fits: only so many."""
    if sort.what.has_index:
        return
    fits = total(database, connection, query)
    if fits.number > MOST_SORTED:
        quick = ", ".join(each.name for each in SORTS.values() if each.has_index)
        about = f"{'' if fits.exact else 'about '}{fits.number:,}"
        raise UsageError(
            f"At most {MOST_SORTED:,} runs are sorted by {sort.name}, and {about} fit; "
            f"narrow the filter, since:24h for instance, or sort by {quick}."
        )
