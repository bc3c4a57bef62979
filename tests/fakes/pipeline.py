"""A run with all that a run can have: dependencies, tries, a subflow, artifacts, results, and runs before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flowtui.engine.model import FlowRun, NewFlowRun, TaskRun
from flowtui.engine.shared import NewArtifact
from flowtui.engine.states import AwaitingRetry, Completed, Failed, Pending, Running, Scheduled, State
from tests.fakes.world import World, seconds

__all__ = ["Pipeline", "a_pipeline", "call"]

SHOPS = ("lisbon", "london", "boston")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The run, the subflow in it, and its tasks by name."""

    run: FlowRun
    report: FlowRun
    tasks: dict[str, TaskRun]


def call(
    world: World, run: FlowRun, name: str, states: Sequence[State], after: Sequence[TaskRun] = (), **more: Any
) -> TaskRun:
    """A task run that went through these states and was given the values of the tasks in `after`."""
    word, number = name.rsplit("-", 1)
    task = TaskRun(
        id=world.id(),
        name=name,
        task_key=more.pop("task_key", f"{word}-1a2b3c4d"),
        dynamic_key=number,
        flow_run_id=run.id,
        state=states[0],
        created=states[0].timestamp,
        task_inputs={"value": [{"input_type": "task_run", "id": one.id} for one in after]} if after else {},
        **more,
    )
    for state in states:
        starts = state.is_running()
        task = replace(
            task,
            state=state,
            start_time=task.start_time or (state.timestamp if starts else None),
            end_time=state.timestamp if state.is_final() else None,
            run_count=task.run_count + starts,
        )
        world.client.save_task_run(task)
    return task


def went(start: datetime, waited: float, ran: float | None) -> list[State]:
    """Pending, Running and, unless it still runs, Completed."""
    states: list[State] = [Pending(timestamp=start), Running(timestamp=start + seconds(waited))]
    return states if ran is None else [*states, Completed(timestamp=start + seconds(waited + ran))]


def a_pipeline(world: World, *, live: bool = True) -> Pipeline:
    """Three runs that took 20 seconds, and one that has been under way for 17 (or, not `live`, has failed)."""
    for number in range(3):
        earlier = world.now - seconds(3600 * (3 - number))
        run = world.run("shop-orders", f"early-{number}", Running(timestamp=earlier))
        for shop_number in range(len(SHOPS)):
            call(world, run, f"extract-{shop_number}", went(earlier, 0.2, 2.0 + shop_number / 2))
            call(world, run, f"clean-{shop_number}", went(earlier + seconds(4), 0.2, 1.5))
        call(world, run, "join-0", went(earlier + seconds(6), 0.2, 3.0))
        call(world, run, "load-0", went(earlier + seconds(10), 0.2, 9.0 + number))
        world.client.set_flow_run_state(run.id, Completed(timestamp=earlier + seconds(20 + number)), force=True)

    begun = world.now - seconds(17)
    run = world.run(
        "shop-orders",
        "golden-lynx",
        Running(timestamp=begun),
        parameters={"day": "2026-11-20", "shops": list(SHOPS), "limits": {"rows": 10_000, "dry_run": False}},
        tags=("prod",),
    )
    tasks: dict[str, TaskRun] = {}

    def add(name: str, states: Sequence[State], *after: str, **more: Any) -> TaskRun:
        tasks[name] = call(world, run, name, states, [tasks[one] for one in after], **more)
        return tasks[name]

    tried = [
        Pending(timestamp=begun),
        Running(timestamp=begun + seconds(0.2)),
        AwaitingRetry(begun + seconds(3.5), timestamp=begun + seconds(2), message="503 Service Unavailable"),
        Running(name="Retrying", timestamp=begun + seconds(3.5)),
        Completed(timestamp=begun + seconds(5.5)),
    ]
    add("extract-0", tried, result='{"shop": "lisbon", "orders": 102}')
    add("extract-1", went(begun, 0.2, 2.5), result='{"shop": "london", "orders": 96}')
    add("extract-2", went(begun, 0.4, 3.0), result='{"shop": "boston", "orders": 77}')
    for number, ended in enumerate((5.5, 2.7, 3.4)):
        add(f"clean-{number}", went(begun + seconds(0.1), ended, 1.2), f"extract-{number}")
    join = add("join-0", went(begun + seconds(0.1), 6.8, 2.5), "clean-0", "clean-1", "clean-2", result="275")

    report_id = world.id()
    stand_in = went(begun + seconds(9.5), 0.1, 2.9)
    add("report-0", stand_in, "join-0", child_flow_run_id=report_id, task_key="flow report")
    report = world.client.create_flow_run(
        NewFlowRun(
            id=report_id,
            flow_name="report",
            name="jade-newt",
            state=Scheduled(begun, timestamp=begun),
            parent_task_run_id=tasks["report-0"].id,
        )
    )
    for state in (Running(timestamp=begun + seconds(9.6)), Completed(timestamp=begun + seconds(12.5))):
        world.client.set_flow_run_state(report.id, state, force=True)
    for number in range(2):
        call(world, report, f"render-{number}", went(begun + seconds(9.7 + number), 0.1, 1.2))

    last = went(begun + seconds(9.5), 0.3, None)
    if live:
        add("load-0", last, "join-0")
        add("notify-0", [Pending(timestamp=begun + seconds(9.6))], "load-0", "report-0")
    else:
        failed = Failed(timestamp=begun + seconds(16), message="OperationalError: disk is full")
        add("load-0", [*last, failed], "join-0")
        add("notify-0", [Pending(name="NotReady", timestamp=begun + seconds(16))], "load-0", "report-0")
        world.client.set_flow_run_state(
            run.id, Failed(timestamp=begun + seconds(16.2), message="OperationalError: disk is full"), force=True
        )
    _artifacts(world, run, join, tasks["load-0"])
    world.log(run, begun + seconds(0.1), 20, "Beginning flow run 'golden-lynx'")
    world.log(run, begun + seconds(2), 30, "lisbon: 503 Service Unavailable")
    world.log(run, begun + seconds(9.4), 20, "275 orders of 3 shops")
    world.client.flush()
    return Pipeline(world.client.read_flow_run(run.id), world.client.read_flow_run(report.id), tasks)


REPORT = """# Orders of the day

All shops **answered**, one of them late.

| shop   | orders |
|--------|-------:|
| lisbon |    102 |
| london |     96 |

- 275 orders
- no returns
"""


def _artifacts(world: World, run: FlowRun, join: TaskRun, load: TaskRun) -> None:
    table = [{"shop": shop, "orders": 100 - number, "revenue": 1250.5 * number} for number, shop in enumerate(SHOPS)]
    for new in (
        NewArtifact(type="markdown", data=REPORT, key="daily-report", flow_run_id=run.id),
        NewArtifact(type="table", data=table, key="orders-by-shop", flow_run_id=run.id, task_run_id=join.id),
        NewArtifact(type="link", data="[The dashboard](https://example.com/orders)", key="board", flow_run_id=run.id),
        NewArtifact(type="image", data="https://example.com/orders.png", key="picture", flow_run_id=run.id),
        NewArtifact(type="progress", data=62.5, key="loading", flow_run_id=run.id, task_run_id=load.id),
    ):
        world.client.create_artifact(new)
