"""The verbs of `LocalClient` that say why a run waits. See `explaining.py` for each."""

from typing import TYPE_CHECKING

from flowtui.engine import store

if TYPE_CHECKING:
    from flowtui.engine.explanations import Explanation
    from flowtui.engine.store.database import Database

__all__ = ["LocalExplaining"]


class LocalExplaining:
    """A part of `LocalClient`, which brings the database."""

    _db: "Database"

    def explain_flow_run(self, run_id: str) -> "Explanation":
        from flowtui.engine.explaining.flow_runs import explain_flow_run  # noqa: PLC0415 - 40 ms, for who asks

        with self._db.read() as connection:
            return explain_flow_run(store.situations.of_flow_run(self._db, connection, run_id))

    def explain_task_run(self, run_id: str) -> "Explanation":
        from flowtui.engine.explaining.tasks import explain_task_run  # noqa: PLC0415 - as above

        with self._db.read() as connection:
            return explain_task_run(store.situations.of_task_run(self._db, connection, run_id))
