"""How much of a core a followed log takes, and whether it keeps up.

    python -m benchmarks.tui_logs [SECONDS]

A thread writes lines; twenty times a second the pane is told that there are more, as the live feed does. The figures
hold reading, laying out and painting at 120 × 40.
"""

import asyncio
import sys
import threading
import time
from datetime import UTC, datetime

from benchmarks.programs.tui_counting import CountingApp, measure
from flowtui.engine.model import LogLine, LogPage
from flowtui.tui.widgets.log_pane import LogPane

RATES = (0, 1_000, 10_000, 50_000)


class Source:
    """A log in memory that a thread adds to."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.lines: list[LogLine] = []
        self.stop = threading.Event()
        self.cpu = 0.0
        self.thread = threading.Thread(target=self._write, daemon=True)

    def _write(self) -> None:
        begun = time.monotonic()
        while not self.stop.wait(0.01):
            due = int((time.monotonic() - begun) * self.rate)
            now = datetime.now(UTC)
            for number in range(len(self.lines), due):
                level = 40 if number % 1000 == 0 else 30 if number % 100 == 0 else 20
                self.lines.append(
                    LogLine(timestamp=now, level=level, message=f"page {number}: {number % 977} rows loaded")
                )
        self.cpu = time.thread_time()

    async def read(self, start: int, limit: int) -> LogPage:
        total = len(self.lines)
        start = max(total + start, 0) if start < 0 else min(start, total)
        return LogPage(start=start, lines=tuple(self.lines[start : start + limit]), total=total)


def bench(rate: int, seconds: float) -> str:
    """The figures for one rate, as a line."""
    source, pane = Source(rate), LogPane(UTC)
    app = CountingApp(pane)
    said: list[str] = []  # Textual takes what is printed while it runs

    async def script(_: CountingApp) -> None:
        pane.open(source.read, print)
        pane.view.focus()
        source.thread.start()
        begun, cpu, bytes_before = time.monotonic(), time.process_time(), app.written
        while time.monotonic() - begun < seconds:
            await pane.catch_up()
            await asyncio.sleep(0.05)
        spent, wall = time.process_time() - cpu, time.monotonic() - begun
        behind = len(source.lines) - pane.view.book.total
        source.stop.set()
        source.thread.join()
        own = max(spent - source.cpu, 0.0)
        written = (app.written - bytes_before) / wall
        said.append(f"{rate:>7,}  {spent / wall:6.1%}  {own / wall:18.1%}  {behind:7,}  {written / 1000:8.1f} kB")

    measure(app, script)
    return said[0]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    print("lines/s    core   without the writer   behind   written/s")
    for rate in RATES:
        print(bench(rate, seconds))


if __name__ == "__main__":
    main()
