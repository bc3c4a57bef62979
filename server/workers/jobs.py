"""What a worker asks to be done in a process of its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

__all__ = ["MARK", "Job", "LaunchError"]

MARK: Final = "FLOWTUI_PROCESS_OF"
"""The environment variable by which every descendant of a job's process can be told from other processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One function call in one new process."""

    target: str
    """`module:function`; what it returns is the exit code."""
    arguments: tuple[Any, ...]
    """JSON values."""
    mark: str
    """Unique to this job: the value of `MARK` in its environment."""
    cwd: str
    """The folder in which it runs; first on `sys.path` too."""
    env: Mapping[str, str]
    """Laid over the worker's own environment."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Job":
        return cls(**{**data, "arguments": tuple(data["arguments"])})


class LaunchError(Exception):
    """A job's process could not be started; the message is a sentence that says why."""
