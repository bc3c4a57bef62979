"""What becomes of assets when a task run ends: which it made, from which others, recorded once."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Protocol

from flowtui.engine.assets import Asset, AssetPart
from flowtui.engine.model import TaskRun
from flowtui.engine.runs.steps import Do, Step
from flowtui.engine.shared import Materialization

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.runs.handle import FlowRunHandle
    from flowtui.engine.tasks import Task

__all__ = ["part_of", "with_assets"]


class Making(Protocol):
    """What is asked of the surroundings of a task run."""

    @property
    def run(self) -> TaskRun: ...
    @property
    def client(self) -> "Client": ...


def part_of(task: "Task[Any, Any]", run: TaskRun, handle: "FlowRunHandle | None") -> AssetPart | None:
    """The part of a task run that begins; None when it has nothing to do with assets."""
    lineage = task.lineage
    makers = handle.assets if handle is not None else {}
    upstream = list(lineage.deps) if lineage is not None else []
    for edges in run.task_inputs.values():
        for edge in edges:
            upstream += makers.get(edge.get("id"), ())
    makes = lineage.assets if lineage is not None else ()
    others = tuple(asset for asset in dict.fromkeys(upstream) if asset not in makes)
    if not makes and not others:
        return None
    part = AssetPart(makes=makes, upstream=others, by=lineage.by if lineage is not None else None)
    if handle is not None:
        handle.assets[run.id] = part.hands_on
    return part


def with_assets(steps: Generator[Step, Any, TaskRun], tools: Making, part: AssetPart) -> Generator[Step, Any, TaskRun]:
    """The steps of a run, and at last the record of what it made. A kept result that stands for it makes nothing."""
    before = tools.run.state.id
    run = yield from steps
    state = run.state
    if part.makes and state.is_final() and state.id != before and state.name != "Cached" and not state.is_cancelled():
        yield Do(lambda: tools.client.record_materialization(_record(run, part)))
    return run


def _record(run: TaskRun, part: AssetPart) -> Materialization:
    return Materialization(
        succeeded=run.state.is_completed(),
        assets={asset.key: _properties(asset) for asset in part.makes},
        upstream={asset.key: _properties(asset) for asset in part.upstream},
        metadata=part.metadata,
        by=part.by,
        flow_run_id=run.flow_run_id,
        task_run_id=run.id,
    )


def _properties(asset: Asset) -> dict[str, Any] | None:
    return None if asset.properties is None else asset.properties.as_json()
