"""Subflows: a run of their own, a stand-in in their parent's graph, and failures that reach the parent."""

import asyncio

import pytest

from flowtui import flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query
from tests.engine.sdk.asking import lines_of, names_of, only_run, runs_of, tasks_of


@task
def double(n: int) -> int:
    return 2 * n


@flow
def inner(n: int) -> int:
    if n < 0:
        raise ValueError("too small")
    return double(n)


@flow
async def ainner(n: int) -> int:
    return double(n)


def child_of(client: LocalClient, parent: FlowRun) -> FlowRun:
    client.flush()
    (run,) = (run for run in client.list_flow_runs().items if run.parent_task_run_id is not None)
    assert client.read_task_run(str(run.parent_task_run_id)).flow_run_id == parent.id
    return run


def test_a_subflow_has_a_stand_in_in_its_parents_graph(client: LocalClient) -> None:
    assert flow(name="outer")(lambda: inner(3))() == 6
    parent = only_run(client)
    child = child_of(client, parent)
    (stand_in,) = tasks_of(client, parent).values()
    assert (stand_in.id, stand_in.child_flow_run_id) == (child.parent_task_run_id, child.id)
    assert (stand_in.name, stand_in.state.name, stand_in.result) == ("inner-0", "Completed", "6")
    assert names_of(client, stand_in.id) == ["Pending", "Running", "Completed"]
    assert list(tasks_of(client, child)) == ["double-0"]
    assert (child.state.name, child.parameters) == ("Completed", {"n": 3})
    assert client.list_flow_runs(Query.of(parent=stand_in.id)).items == (child,)
    assert parent.stats.tasks == parent.stats.done == 1
    assert f"Created subflow run {child.name!r} for flow 'inner'" in lines_of(client, parent)


def test_an_async_subflow_is_awaited(client: LocalClient) -> None:
    @flow
    async def outer() -> list[int]:
        return list(await asyncio.gather(ainner(1), ainner(2)))

    assert asyncio.run(outer()) == [2, 4]
    assert sorted(tasks_of(client, only_run(client))) == ["ainner-0", "ainner-1"]


def test_a_failure_of_a_subflow_is_raised_in_its_parent(client: LocalClient) -> None:
    with pytest.raises(ValueError, match="too small"):
        flow(name="outer")(lambda: inner(-1))()
    parent = only_run(client)
    assert parent.state.is_failed()
    assert child_of(client, parent).state.is_failed()
    assert (parent.stats.done, parent.stats.failed) == (1, 1)


def test_a_parent_may_go_on_after_a_subflow_has_failed(client: LocalClient) -> None:
    assert flow(name="outer")(lambda: inner(-1, return_state=True).name)() == "Failed"
    assert only_run(client).state.is_completed()


def test_parameters_that_do_not_fit_a_subflow_are_its_callers_failure(client: LocalClient) -> None:
    state = flow(name="outer")(lambda: inner("x"))(return_state=True)  # type: ignore[call-overload]
    assert "do not fit Flow 'inner'" in str(state.message)
    assert len(client.list_flow_runs().items) == 1


def test_a_flow_called_by_a_task_is_a_subflow_of_the_tasks_flow(client: LocalClient) -> None:
    @task
    def between(n: int) -> int:
        return inner(n)

    assert flow(name="outer")(lambda: between(1) + between.submit(2).result())() == 6
    assert sorted(tasks_of(client, only_run(client))) == ["between-0", "between-1", "inner-0", "inner-1"]
    assert [run.state.name for run in runs_of(client, "inner")] == ["Completed", "Completed"]


def test_subflows_within_subflows_each_have_their_parent(client: LocalClient) -> None:
    @flow
    def middle(n: int) -> int:
        return inner(n) + 1

    assert flow(name="outer")(lambda: middle(1))() == 3
    (deep,), (mid,) = runs_of(client, "inner"), runs_of(client, "middle")
    assert client.read_task_run(str(deep.parent_task_run_id)).flow_run_id == mid.id
    assert client.read_task_run(str(mid.parent_task_run_id)).flow_run_id == only_run(client).id


def test_a_retried_parent_does_not_repeat_a_subflow_that_completed(client: LocalClient) -> None:
    done: list[int] = []
    failures = iter([True, False])

    @flow
    def child(n: int) -> int:
        done.append(n)
        return 2 * n

    @flow(retries=1)
    def outer() -> int:
        value = child(1)
        if next(failures):
            raise ValueError
        return value

    assert outer() == 2
    assert done == [1]
    assert len(runs_of(client, "child")) == 1
    (stand_in,) = tasks_of(client, only_run(client)).values()
    assert stand_in.state.is_completed()


def test_a_retried_parent_goes_on_with_a_subflow_that_failed(client: LocalClient) -> None:
    """Under the same id, and without repeating what had completed in it."""
    answers, begun = iter([ValueError("not yet"), None]), []

    @task
    def begin() -> None:
        begun.append(1)

    @flow
    def child() -> str:
        begin()
        error = next(answers)
        if error is not None:
            raise error
        return "done"

    assert flow(name="outer", retries=1)(child)() == "done"
    (run,) = runs_of(client, "child")
    assert (run.state.name, run.run_count, begun) == ("Completed", 2, [1])
    (stand_in,) = tasks_of(client, only_run(client)).values()
    assert (stand_in.state.name, stand_in.child_flow_run_id) == ("Completed", run.id)
