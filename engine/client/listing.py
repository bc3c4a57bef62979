"""The part of the seam for long lists of runs: pages both ways, how many there are, values to ask for."""

from typing import Protocol

from flowtui.engine.listing import NEWEST, QueryValue, RunPage, RunSort, Total
from flowtui.engine.query import Query

__all__ = ["Listing"]


class Listing(Protocol):
    """Verbs of `Client`; they only read."""

    def page_flow_runs(
        self,
        query: Query,
        *,
        sort: RunSort = NEWEST,
        limit: int = 200,
        after: str | None = None,
        before: str | None = None,
        starting: str | None = None,
        skip: int = 0,
        from_end: bool = False,
    ) -> RunPage:
        """A page of a list: the first, the last with `from_end`, the one `after` or `before` a cursor of another page,
        or the one that begins with the run whose id is `starting`.

        `skip` leaves out so many runs of that end: for a jump into the middle. Raises `UsageError` for a sort without
        an index when more than `MOST_SORTED` runs fit the query.
        """
        ...

    def count_flow_runs(self, query: Query) -> Total:
        """How many runs fit: exact where an index or a few thousand rows say it, else from a sample of the newest."""
        ...

    def query_values(
        self, field: str, start: str = "", *, path: tuple[str | int, ...] = (), limit: int = 50
    ) -> tuple[QueryValue, ...]:
        """Values of a field of the query language that have `start` in them, those that begin so first.

        Of flows, deployments, pools, queues, workers, tags and names; for `param` the names within `path`, or the
        values there. The last three are those of the newest runs. None for a field whose values have no list.
        """
        ...
