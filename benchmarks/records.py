"""What a contender's store says after its processes have ended."""

import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.side_by_side import Contender

__all__ = ["Records", "records"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """How many runs the store knows, by state type, and how many log lines."""

    flow_runs: Counter[str]
    task_runs: Counter[str]
    log_lines: int


def records(contender: Contender, home: Path) -> Records:
    """Read the store in `home`; nothing else may be using it."""
    return _flowtui(home) if contender.name == "flowtui" else _prefect(home)


def _flowtui(home: Path) -> Records:
    from flowtui.engine.client.local import LocalClient
    from flowtui.engine.model import TaskRunFilter
    from flowtui.engine.settings import Settings

    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    try:
        flow_runs, task_runs, lines = Counter[str](), Counter[str](), 0
        after = None
        while True:
            page = client.list_flow_runs(limit=200, after=after)
            for run in page.items:
                flow_runs[run.state.type.value] += 1
                lines += client.read_logs(run.id, limit=1).total
                task_runs.update(_task_states(client, TaskRunFilter(flow_run_id=run.id)))
            if (after := page.next) is None:
                return Records(flow_runs=flow_runs, task_runs=task_runs, log_lines=lines)
    finally:
        client.close()


def _task_states(client: object, where: object) -> Counter[str]:
    states, after = Counter[str](), None
    while True:
        page = client.list_task_runs(where, limit=1000, after=after)  # type: ignore[attr-defined]
        states.update(run.state.type.value for run in page.items)
        if (after := page.next) is None:
            return states


def _prefect(home: Path) -> Records:
    with sqlite3.connect(home / "prefect.db") as database:
        return Records(
            flow_runs=Counter(dict(database.execute("select state_type, count(*) from flow_run group by 1"))),
            task_runs=Counter(dict(database.execute("select state_type, count(*) from task_run group by 1"))),
            log_lines=database.execute("select count(*) from log").fetchone()[0],
        )
