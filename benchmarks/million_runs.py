"""The list of runs over a million of them: first rows, the end, a jump into the middle, filters, totals, memory.

python -m benchmarks.million_runs [PostgreSQL]

The store on SQLite is built once, in the folder for temporary files, and used again.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from benchmarks.side_by_side import Row, show
from benchmarks.stores import KINDS, a_store, client_on

RUNS: Final = 1_000_000
_TIMES: Final = 7
_STATES: Final = "CASE WHEN n % 50 = 0 THEN 'FAILED' WHEN n % 400 = 1 THEN 'CRASHED' ELSE 'COMPLETED' END"
_ID: Final = {"SQLite": "printf('%08x-{k}000-7000-8000-%012x', {n}, {n})"}
_ID_POSTGRES: Final = "(lpad(to_hex({n}), 8, '0') || '-{k}000-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"
_SERIES: Final = {
    "SQLite": "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count})",
    "PostgreSQL": "WITH series(n) AS (SELECT generate_series(1, {count}))",
}


def fill(client: Any, kind: str) -> None:
    """A million runs of twenty flows over ninety days, a fiftieth of them failed."""

    def made(n: str, k: int) -> str:
        return _ID.get(kind, _ID_POSTGRES).format(n=n, k=k)

    now = int(time.time() * 1_000_000)
    step = 90 * 86_400_000_000 // RUNS
    begun = f"{now} - ({RUNS} - n) * CAST({step} AS bigint)"
    with client._db.write() as connection:

        def run(text: str) -> None:
            connection.exec_driver_sql(text if kind == "SQLite" else text.replace("%", "%%"))

        if kind != "SQLite":
            run("SET LOCAL statement_timeout = 0")  # filling takes longer than any statement of flowtui's may
        flows = _SERIES[kind].format(count=20)
        run(f"INSERT INTO flow (id, name, created) {flows} SELECT {made('n', 1)}, 'flow-' || n, {now} FROM series")
        run(
            "INSERT INTO flow_run (id, flow_id, name, parameters, tags, state_id, state_type, state_name, "
            "state_at, sort_time, run_count, expected_start, start_time, end_time, total_run_time, auto_scheduled, "
            "epoch, created, updated, work_pool_name) "
            f"{_SERIES[kind].format(count=RUNS)} SELECT {made('n', 2)}, {made('(n % 20 + 1)', 1)}, 'run-' || n, "
            f"""'{{"region":"eu","n":1}}', '["prod"]', {made("n", 3)}, {_STATES}, """
            f"CASE WHEN n % 50 = 0 THEN 'Failed' WHEN n % 400 = 1 THEN 'Crashed' ELSE 'Completed' END, {begun}, "
            f"{begun}, 1, {begun}, {begun}, {begun} + (n % 600) * 1000000, (n % 600) * 1000000, "
            f"{'1' if kind == 'SQLite' else 'true'}, 1, {begun}, {begun}, 'local' FROM series"
        )
    with client._db.write() as connection:
        connection.exec_driver_sql("ANALYZE")


def own_memory() -> int:
    """Kilobytes of this process that are no file's: SQLite maps 256 MB of the store, which are the page cache's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def best(action: Callable[[], object]) -> str:
    """The median of some times, in milliseconds."""
    taken = []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begun) * 1000)
    return f"{sorted(taken)[_TIMES // 2]:7.1f} ms"


def verbs(client: Any) -> None:
    """What the client answers, without a screen."""
    from flowtui.engine.listing import RunSort
    from flowtui.engine.query import parse

    def page(text: str = "", **where: Any) -> Callable[[], object]:
        query = parse(f"{text} until:+5s")
        return lambda: client.page_flow_runs(query, limit=200, **where)

    print(f"  first page                    {best(page())}")
    print(f"  last page                     {best(page(from_end=True))}")
    print(f"  page in the middle            {best(page(skip=RUNS // 2))}")
    print(f"  first page by name            {best(page(sort=RunSort('name', False)))}")
    for text in ("state:failed", "flow:flow-7", "flow:flow-1*", "needs:attention", "run-77", "param.region=eu"):
        print(f"  first page, {text:<18}{best(page(text))}")
    for text in ("", "state:failed", "run-77"):
        query = parse(f"{text} until:+5s")
        total = client.count_flow_runs(query)
        print(f"  total, {text:<23}{best(lambda query=query: client.count_flow_runs(query))}  {total}")


async def until(condition: Callable[[], bool]) -> None:
    """Look every millisecond whether something has come about."""
    while not condition():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.001)


async def screen(client: Any, kind: str) -> None:
    """The same on the screen: from the key to the rows."""
    from flowtui.tui.app import FlowtuiApp
    from flowtui.tui.screens.runs import RunsScreen
    from flowtui.tui.widgets.virtual_table import VirtualTable

    app = FlowtuiApp(client)
    rows: list[Row] = []
    async with app.run_test(size=(120, 40)) as pilot:

        async def timed(words: str, bar: float, act: Callable[[], object], done: Callable[[], bool]) -> None:
            begun = time.perf_counter()
            act()
            await until(done)
            rows.append(Row(what=words, unit="ms", flowtui=(time.perf_counter() - begun) * 1000, bar=bar))
            await pilot.pause(0.5)

        await until(lambda: app.is_open)
        await pilot.pause(1.0)
        before = own_memory()
        app.action_show_resource("runs")
        await until(lambda: isinstance(app.screen, RunsScreen) and bool(app.screen.query(VirtualTable)))
        runs = cast(RunsScreen, app.screen)
        table = runs.query_one("#runs", VirtualTable)

        def on_a_row() -> bool:
            return table.cursor_id is not None

        await timed("first rows", 100, lambda: None, on_a_row)
        await until(lambda: len(table.rows) > RUNS // 2)
        await pilot.pause(0.5)
        await timed("jump to the end", 150, lambda: table.action_move_to(-1), on_a_row)
        await timed("jump to the middle", 150, lambda: table.action_move_to(RUNS // 2), on_a_row)
        await timed("back to the top", 150, lambda: table.action_move_to(0), on_a_row)
        await timed("filtered first rows", 100, lambda: runs.set_query("state:failed"), on_a_row)
        for _ in range(200):
            table.action_page(1)
            await pilot.pause(0.005)
        grown = (own_memory() - before) / 1024
        rows.append(Row(what="memory that this and 200 pages took", unit="MB", flowtui=grown, bar=20))
    show(f"A list of {RUNS:,} runs on {kind}", rows)


def main() -> None:
    kind = next((kind for kind in KINDS if kind in sys.argv[1:]), KINDS[0])
    with tempfile.TemporaryDirectory(prefix="flowtui-million-") as fresh:
        measure(kind, Path(tempfile.gettempdir()) / "flowtui-million-runs" if kind == "SQLite" else Path(fresh))


def measure(kind: str, home: Path) -> None:
    """All of it, on a store in this folder, which is filled unless it is full."""
    home.mkdir(exist_ok=True)
    with a_store(kind, home) as url:
        client = client_on(home, url)
        if not client.list_flow_runs(limit=1).items:
            begun = time.perf_counter()
            fill(client, kind)
            print(f"  built in {time.perf_counter() - begun:.0f} s")
        print(f"{RUNS:,} runs, {kind}")
        verbs(client)
        asyncio.run(screen(client, kind))
        client.close()


if __name__ == "__main__":
    main()
