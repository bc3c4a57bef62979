"""Runs of deployments, started from code: waited for, and part of the graph of whoever started them."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

import flowtui
from flowtui import flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, ParameterError, UsageError, WaitTimeout
from flowtui.engine.model import Claim, Deployment, DeploymentSpec, FlowRun, TaskRunFilter
from flowtui.engine.states import Completed, Failed, Running, State
from tests.support import wait_until

SCHEMA = {"type": "object", "properties": {"rows": {"type": "integer"}}, "required": []}


@pytest.fixture
def deployed(client: LocalClient) -> Deployment:
    return client.save_deployment(
        DeploymentSpec(
            name="d", flow_name="f", entrypoint="f.py:f", path=".", tags=("own",), parameter_openapi_schema=SCHEMA,
            version="v3",
        )
    )  # fmt: skip


@contextmanager
def somebody_works(client: LocalClient, end: Callable[[], State] = Completed) -> Iterator[list[str]]:
    """Somebody takes what is due in the pool and ends it so."""
    done: list[str] = []
    over = threading.Event()

    def work() -> None:
        seen = 0
        while not over.is_set():
            for claim in client.claim_flow_runs("local", "somebody", limit=10, lease_seconds=30):
                carry_out(claim)
            seen = client.wait(seen, 0.05)

    def carry_out(claim: Claim) -> None:
        client.set_flow_run_state(claim.run.id, Running(), epoch=claim.epoch)
        client.set_flow_run_state(claim.run.id, end(), epoch=claim.epoch)
        done.append(claim.run.id)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield done
    finally:
        over.set()
        worker.join()


def test_a_run_is_started_as_asked_and_answered_at_once(client: LocalClient, deployed: Deployment) -> None:
    client.create_work_queue("local", "fast")
    when = datetime.now(UTC) + timedelta(hours=1)
    with flowtui.tags("around"):
        run = flowtui.run_deployment(
            deployed.id, parameters={"rows": 3}, scheduled_time=when, flow_run_name="mine", timeout=0, tags=["x"],
            idempotency_key="k", work_queue_name="fast", job_variables={"env": {"A": "1"}},
        )  # fmt: skip
    assert (run.name, run.parameters, run.state.name) == ("mine", {"rows": 3}, "Scheduled")
    assert run.tags == ("around", "own", "x")
    assert (run.expected_start_time, run.work_queue_name, run.job_variables) == (when, "fast", {"env": {"A": "1"}})
    assert (run.deployment_version, run.parent_task_run_id, run.created_by) == ("v3", None, "script")
    assert flowtui.run_deployment("f/d", idempotency_key="k", timeout=0).id == run.id


def test_it_is_waited_for_and_woken_by_the_news(client: LocalClient, deployed: Deployment) -> None:
    with somebody_works(client):
        begun = time.monotonic()
        run = flowtui.run_deployment("f/d", poll_interval=60)
    assert run.state.is_completed()
    assert time.monotonic() - begun < 3
    assert flowtui.wait_for_flow_run(run.id).id == run.id


def test_in_async_code_it_is_awaited(client: LocalClient, deployed: Deployment) -> None:
    async def several() -> list[FlowRun]:
        runs = await asyncio.gather(*(flowtui.run_deployment("f/d") for _ in range(3)))
        later = await flowtui.arun_deployment("f/d", timeout=0)
        return [*runs, await flowtui.wait_for_flow_run(later.id, log_states=True)]

    with somebody_works(client):
        runs = asyncio.run(several())
    assert [run.state.is_completed() for run in runs] == [True] * 4


def test_time_that_is_up_is_said_or_shown(client: LocalClient, deployed: Deployment) -> None:
    run = flowtui.run_deployment("f/d", timeout=0.05)
    assert run.state.is_scheduled()
    with pytest.raises(WaitTimeout, match=r"has not ended within 0.05 s; it is Scheduled"):
        flowtui.wait_for_flow_run(run.id, timeout=0.05)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"name": "f/none"}, NotFound, "There is no deployment 'f/none'"),
        ({"name": "f/d", "parameters": {"rows": "x"}}, ParameterError, "rows must be a whole number"),
        ({"name": "f/d", "work_queue_name": "none"}, NotFound, "none"),
        ({"name": "served", "work_queue_name": "default"}, UsageError, "served by a process of its own"),
    ],
)
def test_what_cannot_be_started_is_said(
    client: LocalClient, deployed: Deployment, arguments: dict[str, object], error: type[Exception], words: str
) -> None:
    client.save_deployment(
        DeploymentSpec(
            name="served", flow_name="f", entrypoint="f.py:f", path=".", work_pool_name=None, work_queue_name=None
        )
    )
    with pytest.raises(error, match=words):
        flowtui.run_deployment(timeout=0, **arguments)
    assert client.list_flow_runs().items == ()


# -- in the graph -----------------------------------------------------------------------------------------------------


def test_called_in_a_flow_it_is_part_of_the_flow_s_graph(client: LocalClient, deployed: Deployment) -> None:
    @task
    def number() -> int:
        return 4

    @flow
    def parent() -> str:
        run = flowtui.run_deployment("f/d", parameters={"rows": number.submit()})
        flowtui.run_deployment("f/d", timeout=0, as_subflow=False)
        return run.id  # type: ignore[no-any-return]

    with somebody_works(client):
        child_id = parent()
    (parent_run,) = [run for run in client.list_flow_runs().items if run.flow_name == "parent"]
    child = client.read_flow_run(child_id)
    tasks = {one.name: one for one in client.list_task_runs(TaskRunFilter(flow_run_id=parent_run.id)).items}
    stand_in = tasks["f-0"]
    assert child.parameters == {"rows": 4}
    assert (child.parent_task_run_id, stand_in.child_flow_run_id, child.created_by) == (stand_in.id, child.id, "flow")
    assert stand_in.state.is_completed()
    assert [state.name for state in client.task_run_states(stand_in.id)][-2:] == ["Running", "Completed"]
    assert stand_in.task_inputs["rows"][0]["id"] == tasks["number-0"].id
    assert stand_in.start_time is not None and stand_in.end_time is not None
    assert len(tasks) == 2
    stats = client.read_flow_run(parent_run.id).stats
    assert (stats.tasks, stats.done, stats.failed) == (2, 2, 0)


def test_what_becomes_of_it_shows_in_the_graph_when_nobody_waits(client: LocalClient, deployed: Deployment) -> None:
    @flow
    def parent() -> str:
        return flowtui.run_deployment("f/d", timeout=0).id  # type: ignore[no-any-return]

    child = client.read_flow_run(parent())
    assert child.parent_task_run_id is not None
    stand_in = child.parent_task_run_id
    with somebody_works(client, lambda: Failed(message="of itself")):
        state = wait_until(
            lambda: next(iter([state for state in client.task_run_states(stand_in) if state.is_final()]), None),
            10,
            "the graph to show how it ended",
        )
    assert (state.name, state.message) == ("Failed", "of itself")


def test_a_retried_flow_takes_over_what_completed_and_starts_anew_what_failed(
    client: LocalClient, deployed: Deployment
) -> None:
    ends = iter([Completed(), Failed(), Completed()])
    seen: list[list[str]] = []

    @flow(retries=1)
    def parent() -> None:
        runs = [flowtui.run_deployment("f/d", parameters={"rows": rows}) for rows in (1, 2)]
        seen.append([run.id for run in runs])
        if not all(run.state.is_completed() for run in runs):
            raise RuntimeError("once more")

    with somebody_works(client, lambda: next(ends)) as done:
        parent()
    first, second = seen
    assert first[0] == second[0]
    assert first[1] != second[1]
    assert len(done) == 3
