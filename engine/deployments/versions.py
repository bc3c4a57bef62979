"""Versions of a deployment: what they are called, what they keep, and what changed from one to the next."""

from collections.abc import Mapping
from typing import Any, Final

from flowtui.engine.errors import UsageError
from flowtui.engine.model import DeploymentSpec

__all__ = ["GIT", "changed_fields", "checked_version_type", "versioned"]

_SIMPLE: Final = "simple"
GIT: Final = "vcs:git"
"""The type of a version that is called by its commit."""
_TYPES: Final[Mapping[str, str]] = {
    "simple": _SIMPLE,
    "flowtui:simple": _SIMPLE,
    "prefect:simple": _SIMPLE,
    "git": GIT,
    **dict.fromkeys(("vcs:git", "vcs:github", "vcs:gitlab", "vcs:bitbucket", "vcs:azuredevops"), GIT),
}
_VERSIONED: Final = (
    "version", "version_info", "entrypoint", "path", "pull_steps", "parameters", "enforce_parameter_schema",
    "parameter_openapi_schema", "schedules", "work_pool_name", "work_queue_name", "job_variables", "concurrency_limit",
    "collision_strategy", "grace_period_seconds", "tags", "description",
)  # fmt: skip
"""What makes a new version of a deployment when it changes."""
_WORDS: Final[Mapping[str, str]] = {
    "version_info": "commit",
    "pull_steps": "pull steps",
    "parameter_openapi_schema": "signature",
    "work_pool_name": "work pool",
    "work_queue_name": "work queue",
    "job_variables": "job variables",
    "concurrency_limit": "concurrency limit",
    "collision_strategy": "collision strategy",
    "grace_period_seconds": "grace period",
    "enforce_parameter_schema": "enforcement of the signature",
}


def checked_version_type(text: str | None) -> str | None:
    """`simple` or `vcs:git`, from the names that are in use. Raises `UsageError` for another one."""
    if text is None:
        return None
    known = _TYPES.get(text.strip().lower())
    if known is None:
        raise UsageError(f"{text!r} is no type of version; write simple or vcs:git.")
    return known


def versioned(spec: DeploymentSpec, schedules: Any) -> dict[str, Any]:
    """The part of a deployment that a version keeps; `schedules` are those that it has then, as JSON."""
    values = {name: getattr(spec, name) for name in _VERSIONED if name != "schedules"}
    return {**values, "tags": sorted(set(spec.tags)), "schedules": schedules}


def changed_fields(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs between two versions, in words; nothing is known before the first one."""
    if before is None:
        return ()
    names = [name for name in _VERSIONED if _differs(name, before.get(name), after.get(name))]
    return tuple(_WORDS.get(name, name) for name in names)


def _differs(name: str, before: Any, after: Any) -> bool:
    if name == "version_info":  # a commit counts, not how far its folder has been changed since
        before, after = ((info or {}).get("commit_sha") for info in (before, after))
    return bool(before != after)
