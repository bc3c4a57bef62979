"""The part of the seam for what runs keep and share: variables, artifacts, limits, pauses and inputs."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flowtui.engine.model import Answer, Slice
from flowtui.engine.shared import (
    ArtifactFilter,
    ArtifactRecord,
    AssetRecord,
    ConcurrencyLimit,
    Grant,
    LimitKind,
    Materialization,
    NewArtifact,
    RunInputRecord,
    SlotHolder,
    SlotRequest,
    VariableRecord,
)
from flowtui.engine.states import State

__all__ = ["Sharing"]


class Sharing(Protocol):
    """Verbs of `Client`; all are durable when they return."""

    # -- variables ------------------------------------------------------------------------------------------------

    def set_variable(
        self, name: str, value: Any, *, tags: Sequence[str] | None = None, overwrite: bool = False
    ) -> VariableRecord:
        """Keep a JSON value under a name; tags of None leave those that are there. Raises `VariableError` when the
        name is malformed or (without `overwrite`) taken, and when the value is no JSON or too large."""
        ...

    def find_variable(self, name: str) -> VariableRecord | None: ...

    def list_variables(self, *, limit: int = 200, after: str | None = None) -> Slice[VariableRecord]:
        """By name."""
        ...

    def delete_variable(self, name: str) -> bool:
        """False when there was none."""
        ...

    # -- artifacts ------------------------------------------------------------------------------------------------

    def create_artifact(self, new: NewArtifact) -> ArtifactRecord: ...

    def update_artifact(self, artifact_id: str, *, data: Any = None, description: str | None = None) -> ArtifactRecord:
        """Change what an artifact says; None leaves a field as it is."""
        ...

    def read_artifact(self, artifact_id: str) -> ArtifactRecord: ...

    def list_artifacts(
        self, where: ArtifactFilter | None = None, *, limit: int = 200, after: str | None = None
    ) -> Slice[ArtifactRecord]:
        """Newest first; with `latest`, the newest of each key, by key."""
        ...

    def delete_artifact(self, artifact_id: str) -> None: ...

    # -- assets ---------------------------------------------------------------------------------------------------

    def record_materialization(self, made: Materialization) -> None:
        """Note that a task run has made assets, or has tried to. Durable when this returns, with its final state."""
        ...

    def read_asset(self, key: str) -> AssetRecord: ...

    def list_assets(self, *, limit: int = 200, after: str | None = None) -> Slice[AssetRecord]:
        """By key."""
        ...

    # -- limits ---------------------------------------------------------------------------------------------------

    def save_limit(
        self,
        kind: LimitKind,
        name: str,
        *,
        limit: int | None = None,
        active: bool | None = None,
        slot_decay_per_second: float | None = None,
        create: bool | None = None,
    ) -> ConcurrencyLimit:
        """Create or update a limit; None leaves a field as it is. `create=True` refuses one that exists, `create=False`
        one that does not. Raises `LimitError` and `NotFound`."""
        ...

    def read_limit(self, kind: LimitKind, name: str) -> ConcurrencyLimit:
        """By name or id."""
        ...

    def list_limits(self, kind: LimitKind) -> tuple[ConcurrencyLimit, ...]:
        """By name."""
        ...

    def delete_limit(self, kind: LimitKind, name: str) -> None: ...

    def reset_limit(self, kind: LimitKind, name: str) -> int:
        """Take every slot back, whoever holds it; answers with how many holders there were."""
        ...

    def limit_holders(self, limit_id: str) -> tuple[SlotHolder, ...]:
        """Who holds its slots now, longest first."""
        ...

    def limited_tags(self) -> frozenset[str]:
        """The tags that have an active limit; at most a second old, and mostly answered from memory."""
        ...

    def acquire_slots(self, request: SlotRequest) -> Grant:
        """Take slots of all the limits, or of none. Never more than a limit's slots are taken at once."""
        ...

    def renew_slots(self, leases: Mapping[str, float]) -> frozenset[str]:
        """Prolong leases, {lease id: seconds from now}; answers with those that are gone."""
        ...

    def release_slots(self, lease_id: str) -> None:
        """Give the slots of a lease back. Nothing happens when they are back already."""
        ...

    # -- pauses and inputs ------------------------------------------------------------------------------------------

    def pause_flow_run(
        self, run_id: str, state: State, *, epoch: int | None = None, inputs: Mapping[str, Any] | None = None
    ) -> Answer:
        """Propose a paused state, like `set_flow_run_state`, and keep what it asks for under these keys with it.

        REJECT: a pause with this key was passed before, so the run goes on.
        """
        ...

    def resume_flow_run(self, run_id: str, run_input: Mapping[str, Any] | None = None, *, here: bool = False) -> Answer:
        """Let a paused run go on, and a suspended one be started again. `here` only checks that a suspended one may be,
        and keeps the input: the caller claims and runs it itself.

        Raises `ParameterError` when the input does not fit what the run asked for, `UsageError` when it is not paused.
        """
        ...

    def release_flow_run(self, run_id: str, *, epoch: int) -> None:
        """Let go of a suspended run: its process has ended its work. Raises `StaleEpoch`."""
        ...

    def save_run_input(self, run_id: str, key: str, value: Any, *, sender: str | None = None) -> RunInputRecord:
        """Say something to a run; what was said under the same key before is replaced."""
        ...

    def list_run_inputs(
        self, run_id: str, *, prefix: str = "", after: str | None = None, limit: int = 200
    ) -> tuple[RunInputRecord, ...]:
        """What was said to a run under keys that begin with `prefix`, oldest first, after the input of that id."""
        ...

    def find_run_input(self, run_id: str, key: str) -> RunInputRecord | None: ...

    def delete_run_input(self, run_id: str, key: str) -> None: ...
