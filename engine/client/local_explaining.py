"""The verbs of `LocalClient` that say why a run waits. See `explaining.py` for each."""

from flowtui.engine.explaining.flow_runs import explain_flow_run
from flowtui.engine.explaining.tasks import explain_task_run
from flowtui.engine.explanations import Explanation
from flowtui.engine.store import situations
from flowtui.engine.store.database import Database

__all__ = ["LocalExplaining"]


class LocalExplaining:
    """A part of `LocalClient`, which brings the database."""

    _db: Database

    def explain_flow_run(self, run_id: str) -> Explanation:
        with self._db.read() as connection:
            return explain_flow_run(situations.of_flow_run(self._db, connection, run_id))

    def explain_task_run(self, run_id: str) -> Explanation:
        with self._db.read() as connection:
            return explain_task_run(situations.of_task_run(self._db, connection, run_id))
