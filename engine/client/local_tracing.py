"""The verbs of `LocalClient` for what a run was carried out with. See `tracing.py` for each."""

from typing import TYPE_CHECKING

from flowtui.engine import store
from flowtui.engine.store.run_notes import ProvenanceNote

if TYPE_CHECKING:
    from flowtui.engine.model import FlowRun
    from flowtui.engine.provenance import BlockUse, Environment, Provenance
    from flowtui.engine.store.database import Database
    from flowtui.engine.store.writer import Writer

__all__ = ["LocalTracing"]


class LocalTracing:
    """A part of `LocalClient`, which brings the database and the writer."""

    _db: "Database"
    _writer: "Writer"

    def note_provenance(self, run_id: str, provenance: "Provenance", *, epoch: int) -> None:
        self._writer.put((ProvenanceNote(run_id, epoch, provenance),))

    def note_environment(self, environment: "Environment") -> None:
        self._writer.put((environment,))

    def note_block(self, use: "BlockUse") -> None:
        self._writer.put((use,))

    def read_environment(self, key: str) -> "Environment":
        with self._db.read() as connection:
            return store.run_notes.read_environment(connection, key)

    def flow_run_blocks(self, run_id: str) -> tuple["BlockUse", ...]:
        with self._db.read() as connection:
            return store.run_notes.blocks_of(connection, run_id)

    def last_good_run(self, run_id: str) -> "FlowRun | None":
        with self._db.read() as connection:
            return store.last_good.run_before(connection, run_id)
