"""How long a search in a log of a million lines takes until the hit that is farthest away, and through all of it.

    python -m benchmarks.log_search [LINES]

The pane's own scanner asks the store, in threads, as the workstation does; on SQLite and on PostgreSQL. It fails when
a hit takes longer than twice a second.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.stores import KINDS, a_store, client_on
from flowtui.engine.client.local import LocalClient
from flowtui.engine.ids import new_id
from flowtui.engine.log_tests import LogTest
from flowtui.engine.model import LogLine
from flowtui.engine.store import log_chunks
from flowtui.tui.logs.scanning import Goal, Scanner
from flowtui.tui.logs.source import RunLog

SECONDS, SLACK = 1.0, 2
SEARCHES = {
    "plain text": LogTest(pattern="refused by"),
    "regular expression": LogTest(pattern=r"refused by \d+ peers"),
    "hardest expression": LogTest(pattern=r"(refused|denied) by"),
    "in a process apart": LogTest(pattern=r"\w+ by \d+ peers?$"),
    "and in every line": LogTest(pattern=r"b\w \d+ \w+$"),
    "errors": LogTest(level=40),
}


def lines_of(run_id: str, total: int) -> list[LogLine]:
    """The first line is what is looked for: from the end, that is the farthest."""
    begun = datetime(2026, 11, 20, tzinfo=UTC)
    tasks = [new_id() for _ in range(50)]
    return [
        LogLine(
            begun + timedelta(milliseconds=number),
            20 if number else 40,
            f"page {number}: {number % 977} rows loaded from the source" if number else "refused by 3 peers",
            "flowtui.task_runs",
            run_id,
            tasks[number % 50],
            "/srv/acme/flows/daily_etl.py:14",
            "load_page",
        )
        for number in range(total)
    ]


def fill(client: LocalClient, run_id: str, total: int) -> None:
    """A log as it is when its run has ended: few large chunks."""
    with client._db.write() as connection:
        log_chunks.append_lines(connection, run_id, lines_of(run_id, total))
        log_chunks.merge_chunks(connection, run_id)


async def search(client: LocalClient, run_id: str, total: int, test: LogTest) -> tuple[float, float]:
    """Seconds until the hit is known, and until the whole log was looked through."""
    source, scanner = RunLog(asyncio.to_thread, lambda: client, run_id), Scanner()
    scanner.total = total
    goal = Goal(scanner.ask("find", test), total, -1)
    begun = time.perf_counter()
    found = 0.0
    while await scanner.look(source, total, goal):
        if not found and goal.is_known:
            found = time.perf_counter() - begun
    assert goal.marks.before(total) == 0, "the hit was not found"
    return found or time.perf_counter() - begun, time.perf_counter() - begun


def bench(kind: str, total: int) -> Sequence[str]:
    missed = []
    with tempfile.TemporaryDirectory() as folder, a_store(kind, Path(folder)) as url:
        client, run_id = client_on(Path(folder), url), new_id()
        try:
            fill(client, run_id, total)
            for name, test in SEARCHES.items():
                found, whole = asyncio.run(search(client, run_id, total, test))
                print(f"{kind:<12} {name:<20} {found * 1000:8.0f} ms {whole * 1000:8.0f} ms")
                if found > SECONDS * SLACK:
                    missed.append(f"{name} on {kind} took {found:.1f} s")
        finally:
            client.close()
    return missed


def main() -> None:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{total:,} lines; the only hit is the farthest   until the hit     all of it")
    missed = [words for kind in KINDS for words in bench(kind, total)]
    if missed:
        raise SystemExit(f"Missed: {'; '.join(missed)}.")


if __name__ == "__main__":
    main()
