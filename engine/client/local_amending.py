"""The verb of `LocalClient` that retries a run with changes. See `amending.py`."""

from typing import TYPE_CHECKING, Any

from flowtui.engine import store
from flowtui.engine.errors import NotFound

if TYPE_CHECKING:
    from flowtui.engine.amendments import RetryEdits
    from flowtui.engine.model import Answer, Deployment
    from flowtui.engine.store.database import Database
    from flowtui.engine.store.writer import Writer

__all__ = ["LocalAmending"]


def _deployment(connection: Any, deployment_id: str) -> "Deployment | None":
    """None when it was deleted: then nothing says what the parameters may be."""
    try:
        return store.deployments.read(connection, deployment_id)
    except NotFound:
        return None


class LocalAmending:
    """A part of `LocalClient`, which brings the database and the writer."""

    _db: "Database"
    _writer: "Writer"

    def retry_flow_run(self, run_id: str, edits: "RetryEdits", *, here: bool = False) -> "Answer":
        if edits.parameters:
            self._check_edited_parameters(run_id, edits)
        return self._writer.call(lambda c: store.amending.retry(self._db, c, run_id, edits, here=here))

    def _check_edited_parameters(self, run_id: str, edits: "RetryEdits") -> None:
        with self._db.read() as connection:
            run = store.flow_runs.read(connection, run_id)
            deployment = None if run.deployment_id is None else _deployment(connection, run.deployment_id)
        if deployment is not None and deployment.enforce_parameter_schema:
            from flowtui.engine.deployments.parameters import check_parameters  # noqa: PLC0415 - pydantic, 40 ms

            check_parameters(deployment.parameter_openapi_schema, {**run.parameters, **edits.parameters})
