"""What a claimed run becomes before it is started: its job, made of pool, deployment, run and settings."""

import os
from collections.abc import Mapping
from typing import Any, Final

import flowtui
from flowtui.engine.client.protocol import Client
from flowtui.engine.deployments.references import lookup_with
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.job_templates import PROCESS_TEMPLATE, job_configuration, template_of
from flowtui.engine.model import Claim, Deployment
from flowtui.engine.pools import DEFAULT_POOL, WorkPool
from flowtui.engine.settings import Settings
from flowtui.server.environment import environment_of
from flowtui.server.workers.jobs import LaunchError
from flowtui.server.workers.protocol import BaseWorker, FlowRunJob

__all__ = ["Launcher"]

_LABEL: Final = "flowtui.io/"


class Launcher:
    """Prepares jobs for workers of one type."""

    def __init__(
        self, client: Client, settings: Settings, worker: type[BaseWorker], *, owner: str, grace: float, name: str
    ) -> None:
        self._client = client
        self._settings = settings
        self._worker = worker
        self._owner = owner
        self._grace = grace
        self._name = name

    def job(self, claim: Claim) -> FlowRunJob:
        """The job of a claim. Raises `LaunchError` when the deployment is gone or the job variables do not fit."""
        deployment = self._deployment(claim)
        pool = self._pool(claim)
        try:
            configuration = self._configuration(claim, deployment, pool)
        except UsageError as error:
            raise LaunchError(str(error)) from error
        labels = {**self._labels(claim, deployment, pool), **_texts(configuration.get("labels"))}
        return FlowRunJob(
            run=claim.run,
            epoch=claim.epoch,
            owner=self._owner,
            deployment=deployment,
            configuration=configuration,
            environment={**self._ids(claim), **_texts(configuration.get("env"))},
            labels=labels,
            grace_seconds=self._grace,
        )

    def _deployment(self, claim: Claim) -> Deployment | None:
        """What the run is a run of; None when it is not a deployment's."""
        if claim.run.deployment_id is None:
            return None
        try:
            return self._client.read_deployment(claim.run.deployment_id)
        except NotFound as error:
            raise LaunchError("Its deployment was deleted before the run could start.") from error

    def _pool(self, claim: Claim) -> WorkPool | None:
        if claim.run.work_pool_name is None:
            return None
        try:
            return self._client.read_work_pool(claim.run.work_pool_name)
        except NotFound as error:
            raise LaunchError(
                f"Its work pool {claim.run.work_pool_name!r} was deleted before it could start."
            ) from error

    def _configuration(self, claim: Claim, deployment: Deployment | None, pool: WorkPool | None) -> dict[str, Any]:
        if pool is None:
            template: Mapping[str, Any] = PROCESS_TEMPLATE
        else:
            template = template_of(pool.type, pool.base_job_template) or self._worker.base_job_template
        layers = [deployment.job_variables] if deployment is not None else []
        return job_configuration(
            pool.name if pool else DEFAULT_POOL,
            template,
            *layers,
            claim.run.job_variables,
            lookup=lookup_with(self._client, os.environ),
        )

    def _ids(self, claim: Claim) -> dict[str, str]:
        """By these a process that is started by a command knows which run it carries out, and on which store."""
        environment = environment_of(self._settings, {})
        return {
            **environment,
            "FLOWTUI_FLOW_RUN_ID": claim.run.id,
            "FLOWTUI_FLOW_RUN_NAME": claim.run.name,
            "FLOWTUI_FLOW_RUN_EPOCH": str(claim.epoch),
            "FLOWTUI_FLOW_RUN_OWNER": self._owner,
            "PREFECT__FLOW_RUN_ID": claim.run.id,
            "PYTHONUNBUFFERED": "1",  # a line that is printed is to be seen when it is printed
        }

    def _labels(self, claim: Claim, deployment: Deployment | None, pool: WorkPool | None) -> dict[str, str]:
        run = claim.run
        known = {
            "flow-run-id": run.id,
            "flow-run-name": run.name,
            "flow-id": run.flow_id,
            "flow-name": run.flow_name,
            "deployment-id": deployment.id if deployment else None,
            "deployment-name": deployment.name if deployment else None,
            "work-pool-id": pool.id if pool else None,
            "work-pool-name": pool.name if pool else None,
            "worker-name": self._name,
            "version": flowtui.__version__,
        }
        return {_LABEL + name: value for name, value in known.items() if value is not None}


def _texts(values: Any) -> dict[str, str]:
    """An environment or labels as texts; what is null is not among them."""
    if not isinstance(values, Mapping):
        return {}
    given = {str(name): value for name, value in values.items() if value is not None}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}
