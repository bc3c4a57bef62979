"""What the workstation takes while somebody works in it: keys, idling, live changes and memory, in a real terminal.

python -m benchmarks.workstation
"""

import re
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.side_by_side import Row, fresh_home, median, show
from benchmarks.stores import client_on
from benchmarks.terminals import Workstation

if TYPE_CHECKING:
    from flowtui.engine.client.local import LocalClient

RUNS = 300
CHANGES = 12
IDLE_SECONDS = 8.0
SETTLED_SECONDS = 8.0
WALKS = {
    "the list of runs": ("2", "jjjjjjjjjjkkkkkkkkkk" * 3),
    "the tabs of a run": ("\r", "]]]]]]]]" * 3),
    "the deployments": ("\x1b4", "jjjjjjjjkkkkkkkk"),
}
"""Where keys are pressed: how to get there, and the keys."""
EVERYWHERE = "123456" + "2\r" + "]" * 9 + "\x1b" + "?"
"""Keys that open every screen."""


def fill(client: "LocalClient", running: int = CHANGES) -> dict[str, str]:
    """Some history with tasks and logs, a deployment, and runs that are running; answers with their ids and names."""
    from flowtui.engine.clock import utc_now
    from flowtui.engine.ids import new_id
    from flowtui.engine.model import DeploymentSpec, LogLine, NewFlowRun, TaskRun
    from flowtui.engine.states import Completed, Failed, Running

    for number in range(12):
        flow = f"flow-{number % 7}"
        client.save_deployment(DeploymentSpec(name=f"d{number}", flow_name=flow, entrypoint="f.py:f", path="."))
    alive = {}
    for number in range(RUNS):
        # Two hours ago: what is younger than a minute has another age each second, which is not idling.
        ended = utc_now() - timedelta(hours=2)
        state = Failed(timestamp=ended, message="no such table") if number % 9 == 0 else Completed(timestamp=ended)
        if number >= RUNS - running:
            state = Running()
        run = client.create_flow_run(NewFlowRun(flow_name=f"flow-{number % 7}", name=f"bench-{number:03}", state=state))
        if state.is_running():
            alive[run.id] = run.name
        for task in range(5):
            client.save_task_run(
                TaskRun(
                    id=new_id(),
                    name=f"t-{task}",
                    task_key="t",
                    dynamic_key=str(task),
                    flow_run_id=run.id,
                    state=Completed(),
                    created=utc_now(),
                )
            )
        client.write_logs(
            LogLine(timestamp=utc_now(), level=20, message=f"line {line}", flow_run_id=run.id) for line in range(20)
        )
    client.flush()
    return alive


def keys(shown: Workstation) -> list[Row]:
    """From a key to the first byte of its frame."""
    rows, all_times = [], []
    for name, (way, pressed) in WALKS.items():
        for key in way:
            shown.press(key)
            shown.settle()
        times = []
        for key in pressed:
            shown.press(key)
            times.append(shown.first_byte())
            shown.settle(0.06)
        all_times += times
        rows.append(Row(what=f"a key in {name}, median", unit="ms", flowtui=1000 * median(times)))
    worst = sorted(all_times)[int(len(all_times) * 0.95)]
    return [*rows, Row(what="a key, 95th percentile of all", unit="ms", flowtui=1000 * worst, bar=60)]


def idle() -> list[Row]:
    """The share of a core that a screen takes on which nothing happens, also not the loading of what may be needed
    soon, which goes on for some seconds after the first rows; the clock ticks."""
    rows = []
    with fresh_home() as home:
        client = client_on(home, f"sqlite:///{Path(home) / 'flowtui.db'}")
        fill(client, running=0)
        client.close()
        clock = Workstation(home, str(Path(__file__).with_name("bare_clock.py")), command=sys.executable)
        with clock, Workstation(home) as shown:
            shown.until(lambda text: b"flow-" in text, "row of data")
            both = [psutil.Process(one.process.pid) for one in (shown, clock)]
            for key, name in (("1", "Home"), ("2", "Runs"), ("4", "Deployments")):
                shown.press(key)
                shown.pump(SETTLED_SECONDS)
                before = [sum(one.cpu_times()[:2]) for one in both]
                shown.pump(IDLE_SECONDS)
                after = [sum(one.cpu_times()[:2]) for one in both]
                ours, bare = (
                    round(100 * (late - soon) / IDLE_SECONDS, 2) for soon, late in zip(before, after, strict=True)
                )
                rows.append(Row(what=f"idle on {name}, share of a core", unit="%", flowtui=ours, bar=1))
                rows.append(Row(what="meanwhile, Textual showing the time and no more", unit="%", flowtui=bare))
    return rows


def changes(shown: Workstation, client: "LocalClient", running: dict[str, str]) -> list[Row]:
    """Another process (this one) changes a run that stands in the list: until it is seen, and the bytes of it."""
    from flowtui.engine.states import Completed

    shown.press("2")
    shown.settle(0.3)
    took, wrote = [], []
    for run_id, name in running.items():
        row = re.compile(rb"Completed\s+flow-\d\s+" + name.encode())
        shown.settle(0.3)
        start, begun = len(shown.written), time.perf_counter()
        client.set_flow_run_state(run_id, Completed())
        shown.until(lambda _, row=row, start=start: bool(row.search(shown.text(start))), "changed row")
        took.append(time.perf_counter() - begun)
        wrote.append(len(shown.written) - start)
    latest = sorted(took)[int(len(took) * 0.95)]
    return [
        Row(what="a change by another process until it is painted, median", unit="ms", flowtui=1000 * median(took)),
        Row(what="the same, 95th percentile", unit="ms", flowtui=1000 * latest, bar=250),
        Row(what="bytes of one changed row, median", unit="B", flowtui=median(wrote), bar=500),
    ]


def memory(shown: Workstation, process: psutil.Process) -> Row:
    """Resident after every screen was opened."""
    for key in EVERYWHERE:
        shown.press(key)
        shown.settle(0.4)
    return Row(what="resident after every screen", unit="MB", flowtui=process.memory_info().rss / 1e6, bar=150)


def main() -> None:
    with fresh_home() as home:
        client = client_on(home, f"sqlite:///{Path(home) / 'flowtui.db'}")
        running = fill(client)
        with Workstation(home) as shown:
            shown.until(lambda text: b"flow-" in text, "row of data")
            shown.pump(3.0)
            process = psutil.Process(shown.process.pid)
            rows = [
                *keys(shown),
                *changes(shown, client, running),
                memory(shown, process),
            ]
        client.close()
    rows += idle()
    show("the workstation, while somebody works in it", rows)


if __name__ == "__main__":
    main()
