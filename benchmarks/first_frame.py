"""From typing `flowtui` to the first painted frame, and to the first rows, in a pseudo-terminal of 120×36."""

import re
import time
from pathlib import Path

from benchmarks.side_by_side import Row, fresh_home, median, show
from benchmarks.terminals import SIZE, Workstation

RUNS = 200
ROUNDS = 9


def fill(home: Path) -> None:
    """A store with some history."""
    from flowtui.engine.client.local import LocalClient
    from flowtui.engine.model import NewFlowRun
    from flowtui.engine.settings import Settings
    from flowtui.engine.states import Completed, Failed

    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    for number in range(RUNS):
        state = Failed(message="the bench says so") if number % 9 == 0 else Completed()
        client.create_flow_run(NewFlowRun(flow_name=f"flow-{number % 7}", name=f"bench-run-{number:03}", state=state))
    client.close()


def open_once(home: Path) -> tuple[float, float]:
    """Seconds from the start of the process to its first frame, and to the first row of data on the screen."""
    with Workstation(home) as shown:
        shown.until(lambda text: b"Home" in text and b"Runs" in text, "frame")
        frame = time.perf_counter() - shown.started
        shown.until(lambda _: bool(re.search(rb"bench-run-\d|flow-\d", shown.text())), "row of data")
        return frame, time.perf_counter() - shown.started


def main() -> None:
    with fresh_home() as home:
        fill(home)
        open_once(home)  # compiles what was never imported
        times = [open_once(home) for _ in range(ROUNDS)]
    show(
        f"flowtui, on a store with {RUNS} runs",
        [
            Row(what="first painted frame", unit="ms", flowtui=1000 * median([frame for frame, _ in times]), bar=350),
            Row(what="first rows", unit="ms", flowtui=1000 * median([rows for _, rows in times]), bar=600),
        ],
        [f"Medians of {ROUNDS} fresh processes in a pseudo-terminal of {SIZE[1]}×{SIZE[0]}."],
    )


if __name__ == "__main__":
    main()
