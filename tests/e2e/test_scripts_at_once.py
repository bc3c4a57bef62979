"""Many script processes on one SQLite file at once: nobody is told that it is locked, and every state is right."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import RunStats
from tests.support import clean_environment

PROCESSES = 20
TASKS = 20

SCRIPT = """
import sys
from flowtui import flow, task

@task
def double(n):
    if n == 13:
        raise ValueError("thirteen")
    return 2 * n

@flow(flow_run_name="run-{number}")
def many(number, tasks):
    called = [double(n, return_state=True) for n in range(tasks // 2)]
    mapped = double.map(range(tasks // 2, tasks))
    mapped.wait()
    return sum(state.is_completed() for state in called) + sum(one.state.is_completed() for one in mapped)

print(many(int(sys.argv[1]), int(sys.argv[2])))
"""


@pytest.mark.timeout(150)  # twenty interpreters start on however few processors there are
def test_twenty_processes_with_twenty_tasks_each(client: LocalClient, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), str(number), str(TASKS)],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    said = [process.communicate(timeout=140) for process in processes]
    assert [(process.returncode, out) for process, (out, _) in zip(processes, said, strict=True)] == [
        (0, f"{TASKS - 1}\n")
    ] * PROCESSES, said
    assert not [err for _, err in said if "locked" in err or "out of order" in err]
    runs = client.list_flow_runs(limit=100).items
    assert sorted(run.name for run in runs) == sorted(f"run-{number}" for number in range(PROCESSES))
    assert {run.state.name for run in runs} == {"Completed"}
    lines = {run.stats.lines for run in runs}
    assert {run.stats for run in runs} == {
        RunStats(tasks=TASKS, done=TASKS, failed=1, errors=2, lines=number) for number in lines
    }
    assert len(lines) == 1
    tasks = Counter((task.flow_run_id, task.state.name) for task in client.list_task_runs(limit=1000).items)
    assert tasks == {
        **{(run.id, "Completed"): TASKS - 1 for run in runs},
        **{(run.id, "Failed"): 1 for run in runs},
    }
