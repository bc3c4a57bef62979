"""Flow runs as records, under the names of the wire."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query
from flowtui.engine.wire import flow_run_json
from flowtui.tui.formats import count
from flowtui.tui.piping.records import Records, Row, records_of_rows

__all__ = ["records_of_query", "records_of_runs"]

_AT_ONCE: Final = 200
_COLUMNS: Final = (
    "id", "name", "flow_id", "flow_name", "state_type", "state_name", "created", "updated", "expected_start_time",
    "start_time", "end_time", "total_run_time", "run_count", "deployment_id", "work_pool_name", "tags", "parameters",
)  # fmt: skip
"""Of a table; JSON lines have all that the wire has."""


def _row(run: FlowRun) -> dict[str, Any]:
    return flow_run_json(run)


def _text(row: Row) -> str:
    return f"{row['state_name']:<14} {row['flow_name']:<24} {row['name']:<28} {row.get('start_time') or ''}".rstrip()


def records_of_runs(runs: Sequence[FlowRun]) -> Records:
    """Runs that are at hand: those that are marked, or the one under the cursor."""
    env: Mapping[str, str] = {"FLOWTUI_FLOW_RUN_IDS": " ".join(run.id for run in runs)}
    title = f"{count(len(runs))} {'run' if len(runs) == 1 else 'runs'}"
    return records_of_rows(title, [_row(run) for run in runs], _text, table="runs", env=env, columns=_COLUMNS)


def records_of_query(call: Callable[..., Awaitable[Any]], client: Client, query: Query | None) -> Records:
    """All runs that a query finds, read in parts when they are wanted."""

    async def read() -> AsyncIterator[Sequence[Row]]:
        after = None
        while True:
            page = await call(client.list_flow_runs, query, limit=_AT_ONCE, after=after)
            yield [_row(run) for run in page.items]
            after = page.next
            if after is None:
                return

    words = "all runs that the filter finds" if query is not None and query.terms else "all runs"
    return Records(title=words, columns=_COLUMNS, read=read, text=_text, table="runs")
