"""What a deployment file says about one deployment, before its flow is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowtui.engine.deployments.steps import Step
from flowtui.engine.deployments.tree import Tree
from flowtui.engine.model import CollisionStrategy
from flowtui.engine.schedules import Schedule

__all__ = ["DeploymentEntry", "DeploymentFile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentEntry:
    """One item of `deployments:`. What is None is taken from the flow."""

    name: str
    entrypoint: str
    line: int | None = None
    flow_name: str | None = None
    version: str | None = None
    version_type: str | None = None
    description: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    enforce_parameter_schema: bool = True
    tags: tuple[str, ...] = ()
    paused: bool = False
    work_pool_name: str | None = "local"
    work_queue_name: str | None = "default"
    job_variables: Mapping[str, Any] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] | None = None
    """None leaves those that are there."""
    concurrency_limit: int | None = None
    collision_strategy: CollisionStrategy = "ENQUEUE"
    grace_period_seconds: float | None = None
    build: tuple[Step, ...] = ()
    push: tuple[Step, ...] = ()
    pull: tuple[Step, ...] | None = None
    """None: the code is where it was deployed from."""
    tree: Tree | None = field(default=None, compare=False, repr=False)
    """The item as it was written, placeholders and all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFile:
    """A whole deployment file."""

    shown: str
    """The path as messages show it."""
    folder: str
    """From where entrypoints are loaded, absolute."""
    entries: tuple[DeploymentEntry, ...]
    """As far as they are known before steps are run and the store is asked."""
    notes: tuple[str, ...] = ()
    """What the file asks for and flowtui does not act on yet, one sentence each."""
    steps: Mapping[str, Tree | None] = field(default_factory=dict, repr=False)
    """`build`, `push` and `pull` of the whole file, for entries without their own."""
