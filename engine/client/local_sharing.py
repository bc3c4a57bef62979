"""The verbs of `LocalClient` for what runs keep and share. See `sharing.py` for each."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine import store
from flowtui.engine.clock import to_micros
from flowtui.engine.errors import ArtifactError
from flowtui.engine.shared_checks import (
    ARTIFACT_LIMIT,
    artifact_key,
    json_value,
    limit_name,
    limit_numbers,
    variable_name,
    variable_tags,
    variable_text,
)
from flowtui.engine.store.rows import dump

if TYPE_CHECKING:
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
    from flowtui.engine.store.database import Database
    from flowtui.engine.store.writer import Writer

__all__ = ["LocalSharing"]

_TAGS_SECONDS: Final = 1.0
_NO_TAGS: Final[frozenset[str]] = frozenset()


class LocalSharing:
    """A part of `LocalClient`, which brings the database and the writer."""

    _db: "Database"
    _writer: "Writer"
    _tags: frozenset[str] = _NO_TAGS
    _tags_until: float = 0.0

    # -- variables ------------------------------------------------------------------------------------------------

    def set_variable(
        self, name: str, value: Any, *, tags: Sequence[str] | None = None, overwrite: bool = False
    ) -> "VariableRecord":
        text = variable_text(variable_name(name), value)
        labels = None if tags is None else variable_tags(name, tags)
        return self._writer.call(lambda c: store.variables.write(self._db, c, name, text, labels, overwrite=overwrite))

    def find_variable(self, name: str) -> "VariableRecord | None":
        with self._db.read() as connection:
            return store.variables.find(connection, name)

    def list_variables(self, *, limit: int = 200, after: str | None = None) -> "Slice[VariableRecord]":
        with self._db.read() as connection:
            return store.variables.slice_of(connection, limit, after)

    def delete_variable(self, name: str) -> bool:
        return self._writer.call(lambda c: store.variables.delete(self._db, c, name))

    # -- artifacts ------------------------------------------------------------------------------------------------

    def create_artifact(self, new: "NewArtifact") -> "ArtifactRecord":
        artifact_key(new.key)
        data = _artifact_text(new.data)
        return self._writer.call(lambda c: store.artifacts.read(c, store.artifacts.create(self._db, c, new, data)))

    def update_artifact(
        self, artifact_id: str, *, data: Any = None, description: str | None = None
    ) -> "ArtifactRecord":
        text = None if data is None else _artifact_text(data)
        self._writer.call(lambda c: store.artifacts.update(self._db, c, artifact_id, text, description))
        return self.read_artifact(artifact_id)

    def read_artifact(self, artifact_id: str) -> "ArtifactRecord":
        with self._db.read() as connection:
            return store.artifacts.read(connection, artifact_id)

    def list_artifacts(
        self, where: "ArtifactFilter | None" = None, *, limit: int = 200, after: str | None = None
    ) -> "Slice[ArtifactRecord]":
        with self._db.read() as connection:
            return store.artifacts.slice_of(connection, where, limit, after)

    def delete_artifact(self, artifact_id: str) -> None:
        self._writer.call(lambda c: store.artifacts.delete(self._db, c, artifact_id))

    # -- assets ---------------------------------------------------------------------------------------------------

    def record_materialization(self, made: "Materialization") -> None:
        self._writer.call(lambda c: store.assets.record(self._db, c, made))

    def read_asset(self, key: str) -> "AssetRecord":
        with self._db.read() as connection:
            return store.assets.read(connection, key)

    def list_assets(self, *, limit: int = 200, after: str | None = None) -> "Slice[AssetRecord]":
        with self._db.read() as connection:
            return store.assets.slice_of(connection, limit, after)

    # -- limits ---------------------------------------------------------------------------------------------------

    def save_limit(
        self,
        kind: "LimitKind",
        name: str,
        *,
        limit: int | None = None,
        active: bool | None = None,
        slot_decay_per_second: float | None = None,
        create: bool | None = None,
    ) -> "ConcurrencyLimit":
        limit_numbers(limit_name(name), limit, slot_decay_per_second)
        limit_id = self._writer.call(
            lambda c: store.limits.save(
                self._db, c, kind, name, limit=limit, active=active, decay=slot_decay_per_second, create=create
            )
        )
        self._tags_until = 0.0
        return self.read_limit(kind, limit_id)

    def read_limit(self, kind: "LimitKind", name: str) -> "ConcurrencyLimit":
        with self._db.read() as connection:
            return store.limits.read(self._db, connection, kind, name)

    def list_limits(self, kind: "LimitKind") -> tuple["ConcurrencyLimit", ...]:
        with self._db.read() as connection:
            return store.limits.list_all(self._db, connection, kind)

    def delete_limit(self, kind: "LimitKind", name: str) -> None:
        self._writer.call(lambda c: store.limits.delete(self._db, c, kind, name))
        self._tags_until = 0.0

    def reset_limit(self, kind: "LimitKind", name: str) -> int:
        return self._writer.call(lambda c: store.limits.reset(self._db, c, kind, name))

    def limit_holders(self, limit_id: str) -> tuple["SlotHolder", ...]:
        with self._db.read() as connection:
            return store.limits.holders(self._db, connection, limit_id)

    def limited_tags(self) -> frozenset[str]:
        now = time.monotonic()
        if now >= self._tags_until:
            with self._db.read() as connection:
                self._tags = store.limits.limited_tags(connection)
            self._tags_until = now + _TAGS_SECONDS
        return self._tags

    def acquire_slots(self, request: "SlotRequest") -> "Grant":
        if request.waiting:
            with self._db.read() as connection:
                grant = store.slots.peek(self._db, connection, request)
            if grant.status != "granted":
                return grant
        return self._writer.call(lambda c: store.slots.acquire(self._db, c, request))

    def renew_slots(self, leases: Mapping[str, float]) -> frozenset[str]:
        return self._writer.call(lambda c: store.slots.renew(self._db, c, leases))

    def release_slots(self, lease_id: str) -> None:
        self._writer.call(lambda c: store.slots.release(c, lease_id))

    # -- pauses and inputs ------------------------------------------------------------------------------------------

    def pause_flow_run(
        self, run_id: str, state: "State", *, epoch: int | None = None, inputs: Mapping[str, Any] | None = None
    ) -> "Answer":
        return self._writer.call(
            lambda c: store.pauses.pause(self._db, c, run_id, state, epoch=epoch, asked=inputs or {})
        )

    def resume_flow_run(
        self, run_id: str, run_input: Mapping[str, Any] | None = None, *, here: bool = False
    ) -> "Answer":
        return self._writer.call(lambda c: store.pauses.resume(self._db, c, run_id, run_input, here=here))

    def release_flow_run(self, run_id: str, *, epoch: int) -> None:
        self._writer.call(lambda c: store.pauses.release(self._db, c, run_id, epoch))

    def save_run_input(self, run_id: str, key: str, value: Any, *, sender: str | None = None) -> "RunInputRecord":
        return self._writer.call(lambda c: store.inputs.save(self._db, c, run_id, key, value, sender))

    def list_run_inputs(
        self, run_id: str, *, prefix: str = "", after: str | None = None, limit: int = 200
    ) -> tuple["RunInputRecord", ...]:
        with self._db.read() as connection:
            return store.inputs.slice_of(connection, run_id, prefix, after, limit)

    def find_run_input(self, run_id: str, key: str) -> "RunInputRecord | None":
        with self._db.read() as connection:
            return store.inputs.find(connection, run_id, key)

    def delete_run_input(self, run_id: str, key: str) -> None:
        self._writer.call(lambda c: store.inputs.delete(c, run_id, key))

    # -- housekeeping: what the server's services tick --------------------------------------------------------------

    def reap_slots(self, by: datetime | None = None) -> int:
        with self._db.read() as connection:  # mostly there is nothing to do, and then nobody has to wait for a lock
            if not store.slots.any_ended(self._db, connection):
                return 0
        until = None if by is None else to_micros(by)
        return self._writer.call(lambda c: store.slots.reap(self._db, c, until))

    def expire_pauses(self) -> tuple[str, ...]:
        with self._db.read() as connection:
            if not store.pauses.timed_out(self._db, connection):
                return ()
        return self._writer.call(lambda c: store.pauses.expire(self._db, c))


def _artifact_text(data: Any) -> str:
    text = dump(json_value(data))
    if len(text) > ARTIFACT_LIMIT:
        raise ArtifactError(f"The artifact has {len(text):,} characters of JSON; {ARTIFACT_LIMIT:,} is the most.")
    return text
