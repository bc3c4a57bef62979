"""How much of a core a followed log takes, whether it keeps up, and how soon a key is answered meanwhile.

    python -m benchmarks.tui_logs [SECONDS]

A thread writes lines; twenty times a second the pane is told that there are more, as the live feed does. The figures
hold reading, laying out and painting at 120 × 40. It fails when 10,000 lines a second take more than twice 35 % of a
core, or a key more than twice 60 ms, with a filter or without.
"""

import asyncio
import sys
import threading
import time
from datetime import UTC, datetime

from benchmarks.programs.tui_counting import CountingApp, measure
from flowtui.engine.log_tests import LogTest
from flowtui.engine.model import LogLine
from flowtui.tui.widgets.log_pane import LogPane
from tests.fakes.logs import MemoryLog

RATES = ((0, False), (1_000, False), (10_000, False), (10_000, True), (50_000, False))
HELD = 10_000
"""The rate for which the bars are held."""
CORE, KEY = 0.35, 0.060
SLACK = 2


class Source(MemoryLog):
    """A log in memory that a thread adds to."""

    def __init__(self, rate: int) -> None:
        super().__init__([])
        self.rate = rate
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


def bench(rate: int, filtered: bool, seconds: float) -> tuple[str, list[str]]:
    """The figures for one rate, as a line; and which bars are missed."""
    source, pane = Source(rate), LogPane(UTC)
    app = CountingApp(pane)
    said: list[tuple[str, list[str]]] = []  # Textual takes what is printed while it runs

    async def script(_: CountingApp) -> None:
        pane.open(source, print)
        pane.view.focus()
        if filtered:
            pane.set_filters(pane.filters.with_one("hide", "rows", LogTest(pattern=r"[13579]: \d+ rows")))
        source.thread.start()
        keys: list[float] = []
        pressing = asyncio.create_task(press(pane, keys))
        begun, cpu, bytes_before = time.monotonic(), time.process_time(), app.written
        while time.monotonic() - begun < seconds:
            await pane.catch_up()
            await asyncio.sleep(0.05)
        spent, wall = time.process_time() - cpu, time.monotonic() - begun
        pressing.cancel()
        behind = len(source.lines) - pane.view.line_total
        source.stop.set()
        source.thread.join()
        own = max(spent - source.cpu, 0.0)
        written = (app.written - bytes_before) / wall
        late = sorted(keys)[int(len(keys) * 0.95)] if keys else 0.0
        what = f"{rate:>7,}{' filtered' if filtered else '':<9}"
        told = f"{what}  {spent / wall:6.1%}  {own / wall:18.1%}  {behind:7,}"
        told += f"  {written / 1000:6.1f} kB  {late * 1000:6.1f} ms"
        missed = []
        if rate == HELD and own / wall > CORE * SLACK:
            missed.append(f"{what.strip()} lines/s take {own / wall:.0%} of a core")
        if rate == HELD and late > KEY * SLACK:
            missed.append(f"at {what.strip()} lines/s a key takes {late * 1000:.0f} ms")
        said.append((told, missed))

    measure(app, script)
    return said[0]


async def press(pane: LogPane, keys: list[float]) -> None:
    """Move the text sideways and back, and measure until the screen has been painted again."""
    by = 8
    while True:
        await asyncio.sleep(0.1)
        begun = time.perf_counter()
        pane.view.action_pan(by)
        done = asyncio.Event()
        pane.app.call_after_refresh(done.set)
        await done.wait()
        keys.append(time.perf_counter() - begun)
        by = -by


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    print("lines/s             core   without the writer   behind  written/s  key, p95")
    missed: list[str] = []
    for rate, filtered in RATES:
        told, late = bench(rate, filtered, seconds)
        print(told)
        missed += late
    if missed:
        raise SystemExit(f"Missed: {'; '.join(missed)}.")


if __name__ == "__main__":
    main()
