"""The flow runs that ended last, read with nothing but SQLite's driver: what a terminal shows while it loads the rest.

SQLAlchemy and what is built on it take a quarter of a second to load, half of the time from typing `flowtui` to the
first rows. This is one statement, in step with `flow_runs` by a test, and a look only: where anything is not as
expected (no store yet, one of another version, another kind of database) there is nothing to see, and whoever opens the
store as usual is told why.
"""

import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import Final
from urllib.parse import quote, unquote

from flowtui.engine.model import FlowRun
from flowtui.engine.store.rows import flow_run_of

__all__ = ["latest_flow_runs"]

_ADDRESS: Final = "sqlite:///"
_PATIENCE: Final = 0.1
"""Seconds to wait for a lock; readers of a store that is in use meet none."""
# Each state by its own index; together they would be sorted by hand.
_LATEST: Final = """
SELECT run.*, flow.name AS flow_name, deployment.name AS deployment_name, queue.owner, queue.lease_until,
  stats.tasks, stats.done, stats.failed, stats.warnings, stats.errors, stats.lines
FROM (
  SELECT id FROM (
    SELECT * FROM (SELECT id, sort_time FROM flow_run
      WHERE state_type = 'CANCELLED' ORDER BY sort_time DESC, id DESC LIMIT :limit)
    UNION ALL
    SELECT * FROM (SELECT id, sort_time FROM flow_run
      WHERE state_type = 'COMPLETED' ORDER BY sort_time DESC, id DESC LIMIT :limit)
    UNION ALL
    SELECT * FROM (SELECT id, sort_time FROM flow_run
      WHERE state_type = 'CRASHED' ORDER BY sort_time DESC, id DESC LIMIT :limit)
    UNION ALL
    SELECT * FROM (SELECT id, sort_time FROM flow_run
      WHERE state_type = 'FAILED' ORDER BY sort_time DESC, id DESC LIMIT :limit)
  ) ORDER BY sort_time DESC, id DESC LIMIT :limit
) AS latest
JOIN flow_run AS run ON run.id = latest.id
JOIN flow ON flow.id = run.flow_id
LEFT JOIN deployment ON deployment.id = run.deployment_id
LEFT JOIN run_queue AS queue ON queue.flow_run_id = run.id
LEFT JOIN run_stats AS stats ON stats.flow_run_id = run.id
ORDER BY run.sort_time DESC, run.id DESC
"""


def latest_flow_runs(database_url: str, limit: int) -> tuple[FlowRun, ...]:
    """The runs that ended last, the newest first, as `Client.list_flow_runs` lists those in `TERMINAL` states.

    Empty where there are none, and where they cannot be had like this. Changes nothing, and makes no file.
    """
    path = unquote(database_url.removeprefix(_ADDRESS))
    if not database_url.startswith(_ADDRESS) or "?" in database_url:
        return ()
    try:
        with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=_PATIENCE)) as connection:
            found = connection.execute(_LATEST, {"limit": limit})
            names = [column[0] for column in found.description]
            return tuple(flow_run_of(SimpleNamespace(**dict(zip(names, row, strict=True)))) for row in found)
    except (sqlite3.Error, AttributeError, ValueError):  # none there, of another version, or broken
        return ()
