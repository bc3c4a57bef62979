"""`flowtui.runtime`: what code can ask about its run, and what a test can have it answer."""

import asyncio
import os
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from flowtui import flow, tags, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from flowtui.engine.model import DeploymentSpec
from flowtui.engine.runs.execute import begin_and_drive
from flowtui.engine.runs.holding import process_owner
from flowtui.runtime import deployment, flow_run, task_run
from tests.engine.sdk.asking import only_run, runs_of, tasks_of

EMPTY: dict[str, Any] = {
    "id": None,
    "name": None,
    "tags": [],
    "flow_name": None,
    "flow_version": None,
    "parameters": {},
    "parent_flow_run_id": None,
    "parent_deployment_id": None,
    "root_flow_run_id": None,
    "run_count": 0,
    "job_variables": None,
    "api_url": None,
    "ui_url": None,
}


def test_outside_a_run_everything_is_empty(home: os.PathLike[str]) -> None:
    assert {name: getattr(flow_run, name) for name in dir(flow_run) if name != "scheduled_start_time"} == EMPTY
    assert (task_run.id, task_run.tags, task_run.run_count, task_run.task_name) == (None, [], 0, None)
    assert [getattr(deployment, name) for name in dir(deployment)] == [None, None, None, {}, None]
    assert (datetime.now(UTC) - flow_run.scheduled_start_time).total_seconds() < 60


def test_a_flow_knows_itself(client: LocalClient) -> None:
    seen: dict[str, Any] = {}

    @flow(name="the flow", version="3", flow_run_name="run-{n}")
    def known(n: int, extra: str = "x") -> None:
        seen.update({name: getattr(flow_run, name) for name in dir(flow_run)})

    with tags("b", "a"):
        known(n="4")  # type: ignore[arg-type] # coerced
    run = only_run(client)
    expected = {
        "id": run.id,
        "name": "run-4",
        "tags": ["a", "b"],
        "flow_name": "the flow",
        "flow_version": "3",
        "parameters": {"n": 4, "extra": "x"},
        "root_flow_run_id": run.id,
        "run_count": 1,
        "job_variables": {},
        "scheduled_start_time": run.expected_start_time or run.created,
    }
    assert seen == EMPTY | expected


def test_a_task_knows_itself_its_flow_and_its_attempt(client: LocalClient) -> None:
    seen: list[Any] = []

    @task(name="asks", tags=["t"], retries=1)
    def asks(x: int, y: int = 2) -> None:
        seen.append((task_run.id, task_run.name, task_run.task_name, task_run.tags, task_run.parameters))
        seen.append((task_run.run_count, flow_run.name, flow_run.parameters))
        if task_run.run_count == 1:
            raise ValueError("once")

    @flow(flow_run_name="around")
    def outer(a: int) -> None:
        asks.submit(1).result()
        seen.append((task_run.id, task_run.parameters))

    outer(9)
    (run,) = tasks_of(client).values()
    about = (run.id, run.name, "asks", ["t"], {"x": 1, "y": 2})
    assert seen == [about, (1, "around", {"a": 9}), about, (2, "around", {"a": 9}), (None, {})]


def test_a_task_without_a_flow_has_no_flow_run(client: LocalClient) -> None:
    seen: list[Any] = []
    task(lambda: seen.append((flow_run.id, task_run.id is not None)))()
    assert seen == [(None, True)]


def test_a_subflow_knows_who_called_it_and_who_was_first(client: LocalClient) -> None:
    seen: list[Any] = []

    @flow
    def third() -> None:
        seen.append((flow_run.parent_flow_run_id, flow_run.root_flow_run_id, flow_run.parent_deployment_id))

    second = flow(name="second")(third)

    @flow(name="first")
    async def first() -> None:
        seen.append((flow_run.parent_flow_run_id, flow_run.root_flow_run_id))
        second()

    asyncio.run(first())
    root, middle = only_run(client).id, runs_of(client, "second")[0].id
    assert seen == [(None, root), (middle, root, None)]


def test_each_attempt_of_a_flow_counts(client: LocalClient) -> None:
    counts: list[int] = []

    @flow(retries=2)
    def fails() -> None:
        counts.append(flow_run.run_count)
        raise ValueError("always")

    fails(return_state=True)
    assert counts == [1, 2, 3]


def test_a_run_of_a_deployment_knows_the_deployment(client: LocalClient) -> None:
    seen: dict[str, Any] = {}
    inner_saw: list[Any] = []
    inner = flow(name="inner")(lambda: inner_saw.append((flow_run.parent_deployment_id, deployment.id)))

    @flow(name="deployed")
    def deployed(n: int) -> None:
        seen.update({name: getattr(deployment, name) for name in dir(deployment)})
        seen["job_variables"] = flow_run.job_variables
        seen["due"] = flow_run.scheduled_start_time
        inner()

    spec = DeploymentSpec(
        name="nightly",
        flow_name="deployed",
        entrypoint="none.py:deployed",
        path=".",
        version="v7",
        parameters={"n": 1},
        job_variables={"env": {"A": "1"}},
    )
    kept = client.save_deployment(spec)
    due = datetime(2024, 5, 1, 6, 0, tzinfo=UTC)
    run = client.run_deployment(kept.id, parameters={"n": 2}, scheduled_time=due)
    owner = process_owner()
    claim = client.claim_flow_run(run.id, owner, lease_seconds=30)
    begin_and_drive(deployed, {"n": 2}, claim, owner, supervised=False)

    assert seen == {
        "id": kept.id,
        "name": "nightly",
        "parameters": {"n": 1},
        "version": "v7",
        "flow_run_id": run.id,
        "job_variables": {"env": {"A": "1"}},
        "due": due,
    }
    assert inner_saw == [(kept.id, None)]


@pytest.mark.parametrize(
    ("holder", "name", "text", "value"),
    [
        (flow_run, "name", "mocked", "mocked"),
        (flow_run, "run_count", "4", 4),
        (flow_run, "tags", "a, b", ["a", "b"]),
        (flow_run, "tags", '["a,b"]', ["a,b"]),
        (flow_run, "parameters", '{"n": 1}', {"n": 1}),
        (flow_run, "scheduled_start_time", "2024-02-03T04:05:06", datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)),
        (flow_run, "scheduled_start_time", "2024-02-03T04:05:06+02:00", datetime(2024, 2, 3, 2, 5, 6, tzinfo=UTC)),
        (task_run, "task_name", "load", "load"),
        (deployment, "version", "7", "7"),
        (flow_run, "of_my_own", "also", "also"),
    ],
)
def test_the_environment_mocks_an_attribute_and_it_is_of_its_kind(
    monkeypatch: pytest.MonkeyPatch, holder: Any, name: str, text: str, value: Any
) -> None:
    kind = repr(holder).removeprefix("<runtime.").removesuffix(">")
    monkeypatch.setenv(f"PREFECT__RUNTIME__{kind.upper()}__{name.upper()}", text)
    assert getattr(holder, name) == value
    monkeypatch.setenv(f"PREFECT__RUNTIME__{kind.upper()}__{name.upper()}", "not this")
    monkeypatch.setenv(f"FLOWTUI__RUNTIME__{kind.upper()}__{name.upper()}", text)
    assert getattr(holder, name) == value


@pytest.mark.parametrize(("name", "text"), [("run_count", "four"), ("parameters", "[1]"), ("tags", "[1"), ("id", None)])
def test_what_does_not_fit_is_said_with_the_name_of_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str | None
) -> None:
    if text is None:
        with pytest.raises(AttributeError, match=r"flow_run has no attribute 'nonsense'; it has id, name"):
            _ = flow_run.nonsense
        return
    monkeypatch.setenv(f"FLOWTUI__RUNTIME__FLOW_RUN__{name.upper()}", text)
    with pytest.raises(UsageError, match=f"FLOWTUI__RUNTIME__FLOW_RUN__{name.upper()} is .*which does not fit"):
        getattr(flow_run, name)


def test_with_a_server_a_run_has_addresses(client: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    @flow
    def asks() -> None:
        monkeypatch.setattr(
            "flowtui.engine.runtime.current_settings", type("S", (), {"api_url": "http://host:4200/api"})
        )
        seen.append((flow_run.api_url, flow_run.ui_url))

    asks()
    run = only_run(client).id
    assert seen == [(f"http://host:4200/api/flow_runs/{run}", f"http://host:4200/runs/flow-run/{run}")]


def test_a_function_that_names_a_run_may_ask_for_its_flow_and_parameters(client: LocalClient) -> None:
    """Also for a subflow, where the run around it would otherwise answer."""

    def name_flow() -> str:
        assert flow_run.id is None
        return f"{flow_run.flow_name}/{flow_run.parameters['n']}/{','.join(flow_run.tags)}".replace("/", "-")

    def name_task() -> str:
        return f"{task_run.task_name}-{task_run.parameters['x']}-of-{flow_run.name}"

    @task(task_run_name=name_task)
    def work(x: int) -> None: ...

    @flow(flow_run_name=name_flow)
    def inner(n: int) -> None:
        work(n + 1)

    @flow(flow_run_name=name_flow)
    def outer(n: int) -> None:
        inner(n + 1)

    with tags("big"):
        outer(1)
    assert only_run(client).name == "outer-1-big"
    assert runs_of(client, "inner")[0].name == "inner-2-big"
    assert "work-3-of-inner-2-big" in tasks_of(client)


def test_other_threads_of_their_own_know_nothing(client: LocalClient) -> None:
    seen: list[Any] = []

    @flow
    def outer() -> None:
        thread = threading.Thread(target=lambda: seen.append(flow_run.id))
        thread.start()
        thread.join()

    outer()
    assert seen == [None]
