"""The verbs of `LocalClient` for whole screens. See `overview.py` for each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from flowtui.engine import store

if TYPE_CHECKING:
    from flowtui.engine.overviews import DurationSample, FlowFigures
    from flowtui.engine.store.database import Database

__all__ = ["LocalOverview"]


class LocalOverview:
    """A part of `LocalClient`, which brings the database."""

    _db: "Database"

    def flow_figures(self, names: Sequence[str] = (), *, limit: int = 500) -> tuple["FlowFigures", ...]:
        with self._db.read() as connection:
            return store.overviews.flow_figures(self._db, connection, names, limit)

    def duration_sample(self, since: datetime, until: datetime, *, most: int = 2_000) -> "DurationSample":
        with self._db.read() as connection:
            return store.overviews.duration_sample(connection, since, until, most)

    def completed_since(self, moments: Mapping[str, datetime]) -> frozenset[str]:
        with self._db.read() as connection:
            return store.overviews.completed_since(connection, moments)
