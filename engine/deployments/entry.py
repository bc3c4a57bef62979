"""What a deployment file says about one deployment, before its flow is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowtui.engine.model import ScheduleSpec

__all__ = ["DeploymentEntry", "DeploymentFile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentEntry:
    """One item of `deployments:`. What is None is taken from the flow."""

    name: str
    entrypoint: str
    line: int | None = None
    version: str | None = None
    description: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    enforce_parameter_schema: bool = True
    tags: tuple[str, ...] = ()
    paused: bool = False
    work_pool_name: str = "local"
    work_queue_name: str = "default"
    job_variables: Mapping[str, Any] = field(default_factory=dict)
    schedules: tuple[ScheduleSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFile:
    """A whole deployment file."""

    shown: str
    """The path as messages show it."""
    folder: str
    """From where entrypoints are loaded, absolute."""
    entries: tuple[DeploymentEntry, ...]
    notes: tuple[str, ...] = ()
    """What the file asks for and flowtui does not act on yet, one sentence each."""
