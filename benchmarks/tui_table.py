"""How long a table of a million rows takes to paint, to move in, and how much a changed row writes.

python -m benchmarks.tui_table
"""

import resource
import time
from collections.abc import Callable

from benchmarks.programs.tui_counting import CountingApp, measure
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.virtual_table import VirtualTable

COLUMNS = (
    Column("STATE", 13),
    Column("FLOW", 12, share=2),
    Column("RUN", 16, share=3),
    Column("STARTED", 12, align="right"),
    Column("DURATION", 8, align="right"),
    Column("TASKS", 9, align="right"),
    Column("DEPLOYMENT", 14, share=2),
    Column("TAGS", 8, share=2),
)


class Rows:
    """As many rows as wanted, made when they are painted."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.turn = 0

    def __len__(self) -> int:
        return self.size

    def row_id(self, index: int) -> str:
        return str(index)

    def index_of(self, row_id: str) -> int | None:
        return int(row_id)

    def cells(self, index: int) -> list[object]:
        state = [("▶ Running", "running")] if (index + self.turn) % 3 else [("✔ Completed", "completed")]
        return [
            state,
            [(f"flow-{index % 7}", "text")],
            [(f"run-{index}", "strong")],
            [("14:02:05", "muted")],
            [(f"{index % 60}s", "muted")],
            [(f"{index % 48}/48", "muted")],
            [("daily-etl/prod", "muted")],
            [("prod api", "muted")],
        ]

    def pulse(self, index: int) -> object:
        return None


def bench(size: int) -> None:
    """All figures for a table of so many rows."""
    rows = Rows(size)
    table = VirtualTable(COLUMNS, rows)
    app = CountingApp(table)
    said: list[str] = []  # Textual takes what is printed while it runs
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bytes_before = app.written

    async def painted(action: Callable[[], object], times: int) -> tuple[float, float]:
        """Milliseconds of CPU and bytes for one action and its frame."""
        start, begun = app.written, time.process_time()
        for _ in range(times):
            action()
            await app.painted()
        return (time.process_time() - begun) / times * 1000, (app.written - start) / times

    def change() -> None:
        rows.turn += 1
        table.refresh_rows(["5"])

    async def script(_: CountingApp) -> None:
        await app.painted()
        said.append(f"  first paint wrote             {app.written - bytes_before:9,} B")
        for name, action in (
            ("cursor down", lambda: table.action_move(1)),
            ("page down", lambda: table.action_page(1)),
            ("to the end and back", lambda: (table.action_move_to(-1), table.action_move_to(0))),
            ("one changed row", change),
        ):
            cpu, wrote = await painted(action, 20)
            said.append(f"  {name:<20}  {cpu:6.2f} ms CPU {wrote:9,.0f} B")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        said.append(f"  memory                {grown / 1024:6.1f} MB more")

    base = measure(CountingApp(VirtualTable(COLUMNS)), _nothing)
    first = measure(app, script)
    print(f"{size:,} rows")
    print(f"  first frame           {first:6.0f} ms, of an empty table {base:.0f} ms")
    print("\n".join(said))


async def _nothing(app: CountingApp) -> None:
    await app.painted()


def main() -> None:
    for size in (10_000, 1_000_000):
        bench(size)


if __name__ == "__main__":
    main()
