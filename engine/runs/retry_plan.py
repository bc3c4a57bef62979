"""Ask beforehand what a retry of a flow run would take over and what it would do again."""

from typing import TYPE_CHECKING, Final

from flowtui.engine.amendments import NO_EDITS, RetryEdits
from flowtui.engine.errors import ResultError
from flowtui.engine.model import TaskRun, TaskRunFilter
from flowtui.engine.orchestration.retry_plan import RetryPlan, plan_retry

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["is_result_kept", "retry_plan"]

_PAGE: Final = 1_000


def retry_plan(client: "Client", run_id: str, edits: RetryEdits = NO_EDITS) -> RetryPlan:
    """The plan for a flow run as it is now, from all of its task runs. Nothing is unpickled for it.

    Raises `NotFound` when there is no such run.
    """
    run = client.read_flow_run(run_id)
    runs: list[TaskRun] = []
    after: str | None = None
    while True:
        page = client.list_task_runs(TaskRunFilter(flow_run_id=run_id), limit=_PAGE, after=after)
        runs += page.items
        after = page.next
        if after is None:
            return plan_retry(runs, is_result_kept, edits, run.amendments)


def is_result_kept(run: TaskRun) -> bool:
    """Whether its result is beside its row, or in the place that its state names."""
    if run.result is not None:
        return True
    told = run.state.details.get("result")
    if not told:
        return False
    from flowtui.engine.results.places import place_of  # noqa: PLC0415 - only for results that are kept elsewhere

    try:
        return place_of(told["address"]).read(told["name"], limit=1) is not None
    except ResultError:
        return False
