"""What was acknowledged survives kill −9."""

import subprocess
import sys

import pytest

from tests.engine.store.databases import Place

ACKNOWLEDGE = """
from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import current_settings
from flowtui.engine.states import Running
from tests.engine.store.made import a_line, a_task, owned_run
client = LocalClient.open(current_settings())
while True:
    run = owned_run(client)
    tasks = [a_task(run) for _ in range(3)]
    for task in tasks:
        client.save_task_run(task)
    client.write_logs([a_line(run), a_line(run)])
    client.set_flow_run_state(run.id, Running(), epoch=run.epoch)
    print(run.id, *(task.id for task in tasks), flush=True)
"""


@pytest.mark.parametrize("lines", [1, 30])
def test_what_was_acknowledged_survives_the_death_of_its_process(place: Place, lines: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ACKNOWLEDGE],
        env=place.environment(PYTHONPATH="."),
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().split() for _ in range(lines)]
        writer.kill()
        acknowledged += [line.split() for line in writer.stdout.read().splitlines() if line.count(" ") == 3]
    client = place.open()
    for run_id, *task_ids in acknowledged:
        run = client.read_flow_run(run_id)
        assert (run.state.name, run.stats.tasks, run.stats.lines) == ("Running", 3, 2)
        assert [client.read_task_run(task_id).flow_run_id for task_id in task_ids] == [run_id] * 3
        assert client.read_logs(run_id).total == 2
