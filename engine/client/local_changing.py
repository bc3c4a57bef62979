"""The verbs of `LocalClient` for many flow runs at once. See `changing.py` for each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flowtui.engine import store

if TYPE_CHECKING:
    from flowtui.engine.run_changes import Outcome, RunChange
    from flowtui.engine.store.database import Database
    from flowtui.engine.store.writer import Writer

__all__ = ["LocalChanging"]


class LocalChanging:
    """A part of `LocalClient`, which brings the database and the writer."""

    _db: "Database"
    _writer: "Writer"

    def change_flow_runs(self, run_ids: Sequence[str], change: "RunChange") -> tuple["Outcome", ...]:
        def carry_out(connection: Any) -> tuple["Outcome", ...]:
            # In one order whoever asks: two that lock the same runs must not wait for each other.
            places = sorted(range(len(run_ids)), key=run_ids.__getitem__)
            found = {place: store.changing.change(self._db, connection, run_ids[place], change) for place in places}
            return tuple(found[place] for place in range(len(run_ids)))

        return self._writer.call(carry_out)
