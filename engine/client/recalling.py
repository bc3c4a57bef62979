"""The part of the seam for the past of runs: how long their tasks usually take, and what happened in one of them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from flowtui.engine.model import Change, Slice
from flowtui.engine.states import State
from flowtui.engine.usual import Usual

__all__ = ["Recalling"]


class Recalling(Protocol):
    """Verbs of `Client`; all of them only read, and none reads more than its limits say."""

    def usual_task_seconds(self, flow_name: str, *, runs: int = 10, tasks: int = 1000) -> Mapping[str, Usual]:
        """How long each task of a flow usually takes, by task key: over the last completed `runs` of the flow, of which
        each tells of at most `tasks` task runs, its first and its last ones. Tasks that did not run, because a kept
        result was used, are left out. Empty for a flow that nobody knows."""
        ...

    def task_run_histories(self, task_run_ids: Sequence[str]) -> Mapping[str, tuple[State, ...]]:
        """The states of several task runs, each oldest first. At most 500 ids (`UsageError`); those that nobody knows
        are left out."""
        ...

    def run_history(self, flow_run_id: str, *, limit: int = 500, after: str | None = None) -> Slice[Change]:
        """All that happened in a flow run: its states, those of its task runs, and what became of its artifacts.

        Each slice tells all of at most `limit` subjects, the run itself first, then its task runs in the order in which
        they were made; within a slice it goes by `seq`. Whoever wants the order of time sorts what it has read. Raises
        `NotFound`."""
        ...
