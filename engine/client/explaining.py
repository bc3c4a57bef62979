"""The part of the seam that says why a run waits."""

from typing import Protocol

from flowtui.engine.explanations import Explanation

__all__ = ["Explaining"]


class Explaining(Protocol):
    """Verbs of `Client`. They raise `NotFound` for an unknown run."""

    def explain_flow_run(self, run_id: str) -> Explanation:
        """What a flow run waits for, from what the scheduler itself would do now; or how it has ended."""
        ...

    def explain_task_run(self, run_id: str) -> Explanation:
        """What a task run waits for."""
        ...
