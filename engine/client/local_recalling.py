"""The past of runs, from the store in this process. See `recalling.py` for each verb."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from flowtui.engine import store
from flowtui.engine.errors import UsageError

if TYPE_CHECKING:
    from flowtui.engine.model import Change, Slice
    from flowtui.engine.states import State
    from flowtui.engine.store.database import Database
    from flowtui.engine.usual import Usual

__all__ = ["LocalRecalling"]

_MOST: Final = 500


class LocalRecalling:
    """A part of `LocalClient`, which brings the database."""

    _db: "Database"

    def usual_task_seconds(self, flow_name: str, *, runs: int = 10, tasks: int = 1000) -> Mapping[str, "Usual"]:
        with self._db.read() as connection:
            return store.histories.usual_task_seconds(connection, flow_name, runs, tasks)

    def task_run_histories(self, task_run_ids: Sequence[str]) -> Mapping[str, tuple["State", ...]]:
        if len(task_run_ids) > _MOST:
            raise UsageError(f"The histories of {len(task_run_ids)} task runs were asked for; ask for {_MOST} at once.")
        with self._db.read() as connection:
            return store.histories.states_of(connection, task_run_ids)

    def run_history(self, flow_run_id: str, *, limit: int = 500, after: str | None = None) -> "Slice[Change]":
        with self._db.read() as connection:
            return store.histories.history_of(connection, flow_run_id, limit, after)
