"""How much of a core a followed log takes, whether it keeps up, and how soon a key is answered meanwhile.

    python -m benchmarks.tui_logs [SECONDS]

A thread writes lines; twenty times a second the pane is told that there are more, as the live feed does. The figures
hold reading, laying out and painting at 120 × 40, without the writer. In a burst, 200,000 lines come within a second.
"""

import asyncio
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.programs.tui_counting import CountingApp, measure
from benchmarks.side_by_side import Row, show
from flowtui.engine.log_tests import LogTest
from flowtui.engine.model import LogLine
from flowtui.tui.collecting import Collecting
from flowtui.tui.widgets.log_pane import LogPane
from tests.fakes.logs import MemoryLog

BURST = 200_000
CORE, KEY = 35.0, 60.0
"""The bars: percent of a core, and milliseconds until a key is answered, 95 of 100."""
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Case:
    """So many lines a second, for so long; `hide` hides half of them; the bars are held where `held`."""

    rate: int
    seconds: float
    hide: bool = False
    held: bool = False

    def __str__(self) -> str:
        return f"{self.rate:,}/s{', half of them hidden' if self.hide else ''}"


class Source(MemoryLog):
    """A log in memory that a thread adds to. The lines are there before, so that making them takes nothing."""

    def __init__(self, case: Case) -> None:
        super().__init__([])
        self._case = case
        self._ready = [_line(number) for number in range(int(case.rate * case.seconds))]
        self.cpu = 0.0
        self.thread = threading.Thread(target=self._write, daemon=True)

    def _write(self) -> None:
        begun = time.monotonic()
        while len(self.lines) < len(self._ready):
            time.sleep(0.01)
            due = int((time.monotonic() - begun) * self._case.rate)
            self.lines.extend(self._ready[len(self.lines) : due])
        self.cpu = time.thread_time()


def _line(number: int) -> LogLine:
    level = 40 if number % 1000 == 0 else 30 if number % 100 == 0 else 20
    return LogLine(timestamp=datetime.now(UTC), level=level, message=f"page {number}: {number % 977} rows loaded")


def bench(case: Case) -> list[Row]:
    """The figures of one case."""
    source, pane = Source(case), LogPane(UTC)
    app = CountingApp(pane)
    rows: list[Row] = []  # Textual takes what is printed while it runs

    async def script(_: CountingApp) -> None:
        pane.open(source, print)
        pane.view.focus()
        Collecting().take_over()  # as the workstation does in a process of its own
        if case.hide:
            pane.set_filters(pane.filters.with_one("hide", "rows", LogTest(pattern=r"[13579]: \d+ rows")))
        keys: list[float] = []
        pressing = asyncio.create_task(press(pane, keys))
        begun, cpu, bytes_before = time.monotonic(), time.process_time(), app.written
        source.thread.start()
        while time.monotonic() - begun < case.seconds:
            await pane.catch_up()
            await asyncio.sleep(0.05)
        spent, wall = time.process_time() - cpu, time.monotonic() - begun
        source.thread.join()
        behind = await caught_up(pane, len(source.lines))
        pressing.cancel()
        late = sorted(keys)[int(len(keys) * 0.95)] if keys else 0.0
        core = 100 * max(spent - source.cpu, 0.0) / wall
        written = (app.written - bytes_before) / wall / 1000
        rows.extend(
            [
                Row(what=f"{case}, of a core", unit="%", flowtui=core, bar=CORE if case.held else None),
                Row(what="a key meanwhile, 95 of 100", unit="ms", flowtui=1000 * late, bar=KEY),
                Row(what="until the last line stands", unit="ms", flowtui=1000 * behind, bar=1000),
                Row(what="written to the terminal each second", unit="kB", flowtui=written),
            ]
        )

    measure(app, script)
    return rows


async def caught_up(pane: LogPane, lines: int) -> float:
    """Seconds until all lines are there; none may be missing."""
    begun = time.monotonic()
    while pane.view.line_total < lines:
        if time.monotonic() - begun > PATIENCE:
            raise SystemExit(f"{lines - pane.view.line_total:,} of {lines:,} lines never came.")
        await pane.catch_up()
        await asyncio.sleep(0.05)
    return time.monotonic() - begun


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
    cases = (
        Case(0, seconds),
        Case(1_000, seconds),
        Case(10_000, seconds, held=True),
        Case(10_000, seconds, hide=True, held=True),
        Case(50_000, seconds),
        Case(BURST, 1.0),
        Case(BURST, 1.0, hide=True),
    )
    show("A log that is followed", [row for case in cases for row in bench(case)])


if __name__ == "__main__":
    main()
