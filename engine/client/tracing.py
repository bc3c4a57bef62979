"""The part of the seam that keeps what a run was carried out with, and finds the run to compare it with."""

from typing import Protocol

from flowtui.engine.model import FlowRun
from flowtui.engine.provenance import BlockUse, Environment, Provenance

__all__ = ["Tracing"]


class Tracing(Protocol):
    """Verbs of `Client`. What is noted is buffered, and written with the next task states and log lines."""

    def note_provenance(self, run_id: str, provenance: Provenance, *, epoch: int) -> None:
        """Keep it on the run, in place of what an earlier attempt noted; not when another process has taken over."""
        ...

    def note_environment(self, environment: Environment) -> None:
        """Keep a list of packages, once for all runs that have it."""
        ...

    def note_block(self, use: BlockUse) -> None:
        """Remember that a run has loaded a block."""
        ...

    def read_environment(self, key: str) -> Environment:
        """The packages of a run, by `Provenance.environment`. Raises `NotFound`."""
        ...

    def flow_run_blocks(self, run_id: str) -> tuple[BlockUse, ...]:
        """The blocks that a run and its tasks have loaded, by type and name."""
        ...

    def last_good_run(self, run_id: str) -> FlowRun | None:
        """The newest run before it that completed: of the same deployment, else of the same flow. None when there is
        none. Raises `NotFound` for an unknown run."""
        ...
