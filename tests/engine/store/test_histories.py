"""The past of runs: what tasks usually take, and all that happened in one run."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import Change, FlowRun, TaskRun
from flowtui.engine.shared import NewArtifact
from flowtui.engine.states import Completed, Failed, Pending, Running
from tests.engine.store.made import a_task, new_run


def lasted(client: LocalClient, run: FlowRun, key: str, seconds: float, name: str = "Completed") -> TaskRun:
    """A task run that took so long."""
    begun = utc_now() - timedelta(hours=1)
    end = begun + timedelta(seconds=seconds)
    task = a_task(run, Pending(timestamp=begun), task_key=key, created=begun)
    for state, times in (
        (Pending(timestamp=begun), {}),
        (Running(timestamp=begun), {"start_time": begun}),
        (Completed(timestamp=end, name=name), {"start_time": begun, "end_time": end}),
    ):
        client.save_task_run(replace(task, state=state, **times))
    return task


def a_run(client: LocalClient, flow: str, *, good: bool = True) -> FlowRun:
    return client.create_flow_run(new_run(flow_name=flow, name=f"run-{good}"))


def end(client: LocalClient, run: FlowRun, *, good: bool = True) -> None:
    for state in (Running(), Completed() if good else Failed()):
        client.set_flow_run_state(run.id, state, force=True)


def test_what_a_task_usually_takes_is_told_by_the_last_completed_runs(store_client: LocalClient) -> None:
    client = store_client
    for good, seconds in ((True, 1.0), (True, 2.0), (True, 9.0), (False, 500.0)):
        run = a_run(client, "etl", good=good)
        lasted(client, run, "load", seconds)
        lasted(client, run, "cached", 0.0, "Cached")
        end(client, run, good=good)
    other = a_run(client, "another")
    lasted(client, other, "load", 77.0)
    end(client, other)
    usual = client.usual_task_seconds("etl")
    assert set(usual) == {"load"}
    assert usual["load"].p50 == pytest.approx(2.0) and usual["load"].times == 3
    assert usual["load"].p90 == pytest.approx(2.0 + 0.8 * 7.0)
    assert client.usual_task_seconds("etl", runs=1)["load"].p50 == pytest.approx(9.0)
    assert client.usual_task_seconds("nobody") == {}


def test_of_a_large_run_both_ends_are_looked_at(store_client: LocalClient) -> None:
    client = store_client
    run = a_run(client, "wide")
    for key in (*(["first"] * 5), *(["middle"] * 5), *(["last"] * 5)):
        lasted(client, run, key, 1.0)
    end(client, run)
    assert set(client.usual_task_seconds("wide", tasks=10)) == {"first", "last"}
    assert client.usual_task_seconds("wide", tasks=1000)["middle"].times == 5


def read_all(client: LocalClient, run: FlowRun, limit: int) -> list[Change]:
    found: list[Change] = []
    after = None
    while True:
        page = client.run_history(run.id, limit=limit, after=after)
        found.extend(page.items)
        if (after := page.next) is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_a_runs_history_is_complete_however_it_is_paged(store_client: LocalClient, limit: int) -> None:
    client = store_client
    run, other = a_run(client, "etl"), a_run(client, "etl")
    tasks = [lasted(client, run, f"step-{number}", 1.0) for number in range(5)]
    lasted(client, other, "step-0", 1.0)
    client.flush()
    made = client.create_artifact(NewArtifact(type="markdown", data="# hello", flow_run_id=run.id))
    client.tag_flow_run(run.id, add=["nightly"])
    end(client, run)
    found = read_all(client, run, limit)
    assert {change.subject_id for change in found} == {run.id, made.id, *(task.id for task in tasks)}
    assert len({change.seq for change in found}) == len(found)
    assert [change.name for change in found if change.kind == "artifact"] == ["created"]
    of_run = sorted((change for change in found if change.kind == "flow-run"), key=lambda change: change.seq)
    assert [change.name for change in of_run] == ["Scheduled", "Running", "Completed"]
    assert all(sum(change.subject_id == task.id for change in found) == 3 for task in tasks)


def test_the_states_of_several_task_runs_are_read_at_once(store_client: LocalClient) -> None:
    client = store_client
    run = a_run(client, "etl")
    tasks = [lasted(client, run, f"step-{number}", 1.0) for number in range(3)]
    client.flush()
    found = client.task_run_histories([tasks[0].id, tasks[2].id, new_id()])
    assert set(found) == {tasks[0].id, tasks[2].id}
    assert found[tasks[0].id] == client.task_run_states(tasks[0].id)
    assert client.task_run_histories([]) == {}
    with pytest.raises(UsageError, match="ask for 500 at once"):
        client.task_run_histories([new_id() for _ in range(501)])


def test_the_history_of_a_run_that_nobody_knows_is_an_error(store_client: LocalClient) -> None:
    client = store_client
    with pytest.raises(NotFound):
        client.run_history(new_id())
