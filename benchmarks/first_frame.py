"""From typing `flowtui` to the first painted frame, and to the first rows, in a pseudo-terminal of 120×36."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

from benchmarks.side_by_side import FLOWTUI, Row, fresh_home, median, show

RUNS = 200
ROUNDS = 9
SIZE = (36, 120)
PATIENCE = 15.0
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?<>=]*[a-zA-Z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78])")


def fill(home: Path) -> set[str]:
    """A store with some history; answers with the names of its runs."""
    from flowtui.engine.client.local import LocalClient
    from flowtui.engine.model import NewFlowRun
    from flowtui.engine.settings import Settings
    from flowtui.engine.states import Completed, Failed

    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    names = set()
    for number in range(RUNS):
        state = Failed(message="the bench says so") if number % 9 == 0 else Completed()
        new = NewFlowRun(flow_name=f"flow-{number % 7}", name=f"bench-run-{number:03}", state=state)
        names.add(client.create_flow_run(new).name)
    client.close()
    return names


def open_once(home: Path, *arguments: str) -> tuple[float, float]:
    """Seconds from the start of the process to its first frame, and to the first row of data on the screen."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    env = FLOWTUI.environment(home) | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [FLOWTUI.command, *arguments],
        env=env,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        cwd=home,
    )
    os.close(slave)
    try:
        return _watch(master, started)
    finally:
        process.send_signal(signal.SIGTERM)
        _drain_until_ended(master, process)
        os.close(master)


def _watch(master: int, started: float) -> tuple[float, float]:
    """Read what is painted until a run of the store can be read on it."""
    painted, frame = b"", 0.0
    while time.perf_counter() - started < PATIENCE:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        painted += os.read(master, 65536)
        text = _ESCAPES.sub(b"", painted)
        now = time.perf_counter() - started
        if not frame and b"Home" in text and b"Runs" in text:
            frame = now
        if frame and re.search(rb"bench-run-\d|flow-\d", text):
            return frame, now
    raise SystemExit(f"no row of data within {PATIENCE:g} s; the screen was:\n{_ESCAPES.sub(b'', painted).decode()}")


def _drain_until_ended(master: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
        if select.select([master], [], [], 0.05)[0]:
            try:
                os.read(master, 65536)
            except OSError:
                break
    process.wait()


def main() -> None:
    with fresh_home() as home:
        fill(home)
        open_once(home)  # compiles what was never imported
        times = [open_once(home) for _ in range(ROUNDS)]
    show(
        f"flowtui, on a store with {RUNS} runs",
        [
            Row(what="first painted frame", unit="ms", flowtui=1000 * median([frame for frame, _ in times]), bar=500),
            Row(what="first rows", unit="ms", flowtui=1000 * median([rows for _, rows in times]), bar=800),
        ],
        [f"Medians of {ROUNDS} fresh processes in a pseudo-terminal of {SIZE[1]}×{SIZE[0]}."],
    )


if __name__ == "__main__":
    main()
