"""Leave to forks what the first use of a store costs: an engine that knows its server, and how statements are written.

A run's process uses the store a dozen times and ends; making the engine and writing out the statements took it longer
than all else. So the process that it is forked from plays a run through once, in a transaction that is undone.
"""

from contextlib import suppress

from flowtui.engine.clock import utc_now
from flowtui.engine.errors import StoreError
from flowtui.engine.ids import new_id
from flowtui.engine.model import DeploymentSpec, Lease, LogLine, NewFlowRun, TaskRun
from flowtui.engine.settings import Settings
from flowtui.engine.states import Completed, Pending, Running
from flowtui.engine.store import deployments, flow_runs, schema, transitions
from flowtui.engine.store.batch import Batch, write_batch
from flowtui.engine.store.database import Database

__all__ = ["rehearse"]


class _Undone(Exception):
    """So that nothing of it stays."""


def rehearse(settings: Settings) -> None:
    """Play a run through on the store of these settings, and keep the engine for the forks of this process.

    Nothing is open when it returns. A store that cannot be used, or is not up to date, is left to whoever needs it.
    """
    with suppress(StoreError):
        database = Database(settings)
        try:
            if schema.is_current(database):
                with suppress(_Undone):
                    _play(database)
                database.keep_engine()
        finally:
            database.close()


def _play(database: Database) -> None:
    now = utc_now()
    with database.write() as connection:
        spec = DeploymentSpec(name=new_id(), flow_name="rehearsal", entrypoint="", path="", work_pool_name=None)
        deployment_id = deployments.save(database, connection, spec)
        new = NewFlowRun(
            flow_name="rehearsal",
            name="rehearsal",
            state=Pending(),
            deployment_id=deployment_id,
            lease=Lease(owner="rehearsal", seconds=1.0),
        )
        run_id = transitions.create(database, connection, new)
        task = TaskRun(
            id=new_id(),
            name="rehearsal",
            task_key="rehearsal",
            dynamic_key="0",
            state=Running(),
            created=now,
            flow_run_id=run_id,
            epoch=1,
        )
        line = LogLine(timestamp=now, level=20, message="rehearsal", flow_run_id=run_id)
        flow_runs.read(connection, run_id)
        transitions.set_process(database, connection, run_id, "rehearsal:1", 1, None)
        deployments.read(connection, deployment_id)
        for state in (Running(), Completed()):
            write_batch(database, connection, Batch.of([line, task] if state.is_completed() else [line]))
            transitions.propose(database, connection, run_id, state, epoch=1, force=False, result="1")
            flow_runs.read(connection, run_id)
        raise _Undone
