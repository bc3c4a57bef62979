"""Read what is kept of two runs, and compare them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from flowtui.engine.comparing.differences import Comparison
from flowtui.engine.comparing.runs import RunFacts, compare
from flowtui.engine.comparing.templates import TemplateMiner
from flowtui.engine.errors import NotFound
from flowtui.engine.model import FlowRun, TaskRun, TaskRunFilter

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["compare_runs", "compare_with_last_good"]

_TASKS: Final = 1_000
_LINES: Final = 5_000
_HEAD, _TAIL = 20_000, 80_000
"""Lines of a long log that are compared: those of its beginning, and those before its end, where it broke."""


def compare_with_last_good(client: "Client", run_id: str) -> Comparison | None:
    """`compare_runs` with the last run that completed before it; None when there is none. Raises `NotFound`."""
    older = client.last_good_run(run_id)
    return None if older is None else compare_runs(client, older.id, run_id)


def compare_runs(client: "Client", older_id: str, newer_id: str, *, logs: bool = True) -> Comparison:
    """Everything in which two runs differ; without their `logs`, which take a few seconds where they are long, it is
    there at once. Raises `NotFound`."""
    older, newer = client.read_flow_run(older_id), client.read_flow_run(newer_id)
    miner = TemplateMiner((older.name, newer.name))
    sides = enumerate((older, newer)) if logs else ()
    notes = [note for side, run in sides for note in _feed(client, run, side, miner)]
    if miner.left_out:
        notes.append(f"{miner.left_out:,} lines of their logs were left out: there are too many kinds of lines.")
    return compare(_facts(client, older), _facts(client, newer), miner.templates, notes)


def _facts(client: "Client", run: FlowRun) -> RunFacts:
    return RunFacts(
        run=run, tasks=_tasks(client, run.id), packages=_packages(client, run), blocks=client.flow_run_blocks(run.id)
    )


def _packages(client: "Client", run: FlowRun) -> tuple[str, ...] | None:
    key = None if run.provenance is None else run.provenance.environment
    if key is None:
        return None
    try:
        return client.read_environment(key).packages
    except NotFound:  # its process died before it was written
        return None


def _tasks(client: "Client", run_id: str) -> list[TaskRun]:
    tasks: list[TaskRun] = []
    after: str | None = None
    while True:
        page = client.list_task_runs(TaskRunFilter(flow_run_id=run_id), limit=_TASKS, after=after)
        tasks += page.items
        after = page.next
        if after is None:
            return tasks


def _feed(client: "Client", run: FlowRun, side: int, miner: TemplateMiner) -> Iterator[str]:
    """Give the miner the lines of a run; says what was left out."""
    total = client.read_logs(run.id, start=0, limit=1).total
    spans = [(0, total)] if total <= _HEAD + _TAIL else [(0, _HEAD), (total - _TAIL, total)]
    for first, end in spans:
        at = first
        while at < end:
            page = client.read_logs(run.id, start=at, limit=min(_LINES, end - at))
            if not page.lines:
                break
            miner.feed(side, page.lines, page.start)
            at = page.start + len(page.lines)
    if len(spans) > 1:
        yield f"Of the {total:,} lines of {run.name!r}, the first {_HEAD:,} and the last {_TAIL:,} were compared."
