"""The verbs of `LocalClient` for long lists of runs. See `listing.py` for each."""

from typing import TYPE_CHECKING

from flowtui.engine import store
from flowtui.engine.listing import NEWEST, QueryValue, RunPage, RunSort, Total

if TYPE_CHECKING:
    from flowtui.engine.query import Query
    from flowtui.engine.store.database import Database

__all__ = ["LocalListing"]


class LocalListing:
    """A part of `LocalClient`, which brings the database."""

    _db: "Database"

    def page_flow_runs(
        self,
        query: "Query",
        *,
        sort: RunSort = NEWEST,
        limit: int = 200,
        after: str | None = None,
        before: str | None = None,
        starting: str | None = None,
        skip: int = 0,
        from_end: bool = False,
    ) -> RunPage:
        where = store.run_pages.Place(after=after, before=before, starting=starting, skip=skip, from_end=from_end)
        with self._db.read() as connection:
            return store.run_pages.page(self._db, connection, query, sort, where, limit)

    def count_flow_runs(self, query: "Query") -> Total:
        with self._db.read() as connection:
            return store.run_totals.total(self._db, connection, query)

    def query_values(
        self, field: str, start: str = "", *, path: tuple[str | int, ...] = (), limit: int = 50
    ) -> tuple[QueryValue, ...]:
        with self._db.read() as connection:
            return store.query_values.values(self._db, connection, field, start, path, limit)
