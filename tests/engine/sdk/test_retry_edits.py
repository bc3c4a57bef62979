"""A run that is tried again with changes: they reach the code, once, and what they touch is not taken from before."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui import Flow, flow, task
from flowtui.engine.amendments import NO_EDITS, RetryEdits
from flowtui.engine.client.current import current_client
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import ParameterError
from flowtui.engine.model import DeploymentSpec, FlowRun, TaskRun, TaskRunFilter
from flowtui.engine.runs.execute import execute_flow_run, run_again_here
from flowtui.engine.runs.retry_plan import retry_plan
from flowtui.engine.states import State
from tests.engine.store.databases import Place

calls: list[Any] = []
broken: set[str] = set()


@pytest.fixture(autouse=True)
def fresh() -> None:
    calls.clear()
    broken.clear()


@task
def fetch(repo: str, token: str = "s3cret") -> int:
    calls.append(("fetch", repo))
    if repo.startswith("bad"):
        raise ValueError(f"no such repository: {repo}")
    return len(repo)


@task
def total(counts: list[int]) -> int:
    calls.append(("total", counts))
    if "total" in broken:
        raise ValueError("cannot add")
    return sum(counts)


@flow
def stars(repos: list[str]) -> int:
    counts = [fetch.submit(repo) for repo in repos]
    return total(counts)


def last_run(client: LocalClient) -> FlowRun:
    return client.list_flow_runs(limit=1).items[0]


def tasks_of(client: LocalClient, run: FlowRun) -> dict[str, TaskRun]:
    return {it.name: it for it in client.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items}


def again(client: LocalClient, run: FlowRun, edits: RetryEdits = NO_EDITS, of: Flow[Any, Any] = stars) -> State:
    """Retry the run here as the command line does."""
    calls.clear()
    client.retry_flow_run(run.id, retry_plan(client, run.id, edits).edits, here=True)
    return run_again_here(client.read_flow_run(run.id), of)


def test_an_edited_input_reaches_the_task_and_the_rest_is_reused(client: LocalClient) -> None:
    stars(["acme/a", "bad/b"], return_state=True)
    run = last_run(client)
    failed = tasks_of(client, run)["fetch-1"]
    state = again(client, run, RetryEdits(inputs={failed.id: {"repo": "good/b"}}))
    assert state.result() == 12
    assert calls == [("fetch", "good/b"), ("total", [6, 6])]
    kept = client.read_flow_run(run.id).amendments
    assert kept is not None and kept.inputs == {failed.id: {"repo": "good/b"}}


def test_an_edit_outlives_the_attempt_that_failed_after_it(client: LocalClient) -> None:
    """The next retry, without any edits, takes over what completed with the edited input."""
    broken.add("total")
    stars(["acme/a", "bad/b"], return_state=True)
    run = last_run(client)
    failed = tasks_of(client, run)["fetch-1"]
    again(client, run, RetryEdits(inputs={failed.id: {"repo": "good/b"}}))
    broken.clear()
    assert again(client, run).result() == 12
    assert calls == [("total", [6, 6])]


def test_what_is_asked_for_runs_again_with_all_that_depends_on_it_and_only_once(client: LocalClient) -> None:
    broken.add("total")
    stars(["acme/a", "acme/b"], return_state=True)
    run = last_run(client)
    first = tasks_of(client, run)["fetch-0"]
    again(client, run, RetryEdits(again=(first.id,)))
    assert calls == [("fetch", "acme/a"), ("total", [6, 6])]
    broken.clear()
    again(client, run)
    assert calls == [("total", [6, 6])]


def test_the_flows_parameters_can_be_other_ones(client: LocalClient) -> None:
    stars(["acme/a", "bad/b"], return_state=True)
    run = last_run(client)
    assert again(client, run, RetryEdits(parameters={"repos": ["acme/a", "b"]})).result() == 7
    assert ("fetch", "acme/a") not in calls
    now = client.read_flow_run(run.id)
    assert now.parameters == {"repos": ["acme/a", "b"]}
    assert now.amendments is not None and now.amendments.parameters == {"repos": ["acme/a", "bad/b"]}


def test_an_input_that_came_from_a_failed_task_can_be_given_instead(client: LocalClient) -> None:
    stars(["acme/a", "bad/b"], return_state=True)
    run = last_run(client)
    tasks = tasks_of(client, run)
    client.retry_flow_run(run.id, RetryEdits(inputs={tasks["total-0"].id: {"counts": [1, 2]}}), here=True)
    calls.clear()
    state = run_again_here(client.read_flow_run(run.id), stars)
    assert ("total", [1, 2]) in calls
    assert tasks_of(client, run)["total-0"].state.is_completed()
    assert state.is_completed()


def test_an_input_that_the_task_does_not_take_fails_the_run_in_words(client: LocalClient) -> None:
    stars(["bad/b"], return_state=True)
    run = last_run(client)
    failed = tasks_of(client, run)["fetch-0"]
    state = again(client, run, RetryEdits(inputs={failed.id: {"rapo": "x"}}))
    assert state.is_failed()
    with pytest.raises(ParameterError, match="takes no rapo"):
        state.result()


def test_a_failed_task_tells_its_inputs_but_no_secret(client: LocalClient) -> None:
    stars(["bad/b"], return_state=True)
    details = tasks_of(client, last_run(client))["fetch-0"].state.details
    assert details["inputs"] == {"repo": "bad/b"}
    assert details["input_previews"] == {"token": "********"}


def test_a_cached_task_that_is_asked_for_is_not_taken_from_the_cache(client: LocalClient) -> None:
    from flowtui import task_input_hash

    @task(cache_key_fn=task_input_hash)
    def cached(n: int) -> int:
        calls.append(n)
        return n

    @flow
    def over() -> int:
        value = cached(1)
        if broken:
            raise ValueError
        return value

    broken.add("over")
    over(return_state=True)
    run = last_run(client)
    broken.clear()
    made = tasks_of(client, run)["cached-0"]
    again(client, run, RetryEdits(again=(made.id,)), over)
    assert calls == [1]


def test_a_subflow_can_be_edited_and_run_again(client: LocalClient) -> None:
    @flow
    def inner(n: int) -> int:
        calls.append(("inner", n))
        return n

    @flow
    def outer() -> int:
        value = inner(1)
        if broken:
            raise ValueError
        return value

    broken.add("outer")
    outer(return_state=True)
    run = next(one for one in client.list_flow_runs().items if one.flow_name == "outer")
    stand_in = tasks_of(client, run)["inner-0"]
    again(client, run, RetryEdits(again=(stand_in.id,)), outer)
    assert calls == [("inner", 1)]
    again(client, run, of=outer)
    assert calls == []
    broken.clear()
    assert again(client, run, RetryEdits(inputs={stand_in.id: {"n": 5}}), outer).result() == 5
    assert calls == [("inner", 5)]


@pytest.mark.parametrize("edits", [NO_EDITS, RetryEdits()], ids=["none", "empty"])
def test_a_retry_without_edits_ends_as_the_flow_would(client: LocalClient, tmp_path: Path, edits: RetryEdits) -> None:
    broken.add("total")
    stars(["acme/a", "acme/bc"], return_state=True)
    broken.clear()
    assert again(client, last_run(client), edits).result() == stars(["acme/a", "acme/bc"])


def test_within_one_process_a_flow_that_retries_itself_obeys_the_edits_in_each_attempt(client: LocalClient) -> None:
    """And what was asked for runs once, not in each of them."""
    total_fails = iter([True, False])

    @task
    def add(counts: list[int]) -> int:
        if next(total_fails):
            raise ValueError
        return sum(counts)

    @flow(retries=1)
    def patient(repos: list[str]) -> int:
        counts = [fetch(repo, return_state=True) for repo in repos]
        return add([state.result() for state in counts])

    broken_once = patient.with_options(retries=0)
    broken_once(["acme/a", "bad/b"], return_state=True)
    run = last_run(client)
    tasks = tasks_of(client, run)
    edits = RetryEdits(inputs={tasks["fetch-1"].id: {"repo": "ok/b"}}, again=(tasks["fetch-0"].id,))
    assert again(client, run, edits, patient).result() == 10
    assert calls == [("fetch", "acme/a"), ("fetch", "ok/b")]


plan_of: list[tuple[bool, int]] = []
"""The graph of the next run: whether each node works at first, and how far back the one is that it takes."""


@task
def node(number: int, upstream: list[int], plus: int = 0) -> int:
    calls.append(number)
    if number in broken:
        raise ValueError(number)
    return number + 1 + plus + sum(upstream)


@flow
def graph() -> list[int]:
    made: list[Any] = []
    for number, (_, back) in enumerate(plan_of):
        made.append(node.submit(number, [made[number - back]] if 0 < back <= number else []))
    return [future.result() for future in made]


def expected(plus: dict[int, int]) -> list[int]:
    values: list[int] = []
    for number, (_, back) in enumerate(plan_of):
        values.append(number + 1 + plus.get(number, 0) + (values[number - back] if 0 < back <= number else 0))
    return values


numbers = st.integers(0, 5)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=6).filter(
        lambda shape: not all(well for well, _ in shape)
    ),
    again_of=st.sets(numbers),
    plus=st.dictionaries(numbers, st.integers(1, 9)),
)
def test_a_retry_ends_as_a_run_from_scratch_would_and_runs_what_the_plan_says(
    client: LocalClient, shape: list[tuple[bool, int]], again_of: set[int], plus: dict[int, int]
) -> None:
    """Whatever failed, whatever is edited, and whatever is asked for; without any of that, too."""
    plan_of[:] = shape
    broken.update(number for number, (well, _) in enumerate(shape) if not well)
    graph(return_state=True)
    broken.clear()
    run = last_run(client)
    ids = {int(it.name.rpartition("-")[2]): it.id for it in tasks_of(client, run).values()}
    changed = {number: value for number, value in plus.items() if number in ids}
    edits = RetryEdits(
        again=tuple(ids[number] for number in again_of if number in ids),
        inputs={ids[number]: {"plus": value} for number, value in changed.items()},
    )
    planned = {it.run.id: it.fate for it in retry_plan(client, run.id, edits).tasks}
    assert again(client, run, edits, graph).result() == expected(changed)
    for number, task_id in ids.items():
        assert (number in calls) is (planned[task_id] == "runs it") or planned[task_id] == "reuses it if unchanged"


CODE = """
from pathlib import Path
from flowtui import flow, task

@task
def fetch(repo):
    with Path("calls").open("a") as out:
        out.write(repo + " ")
    if repo == "bad":
        raise ValueError("no such repository")
    return len(repo)

@flow
def stars(repos: list[str]):
    return sum(fetch(repo) for repo in repos)
"""


def test_a_run_of_a_deployment_is_retried_by_a_worker_with_what_was_edited(
    on_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On both databases; `execute_flow_run` is what the child of a worker does."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("stars.py").write_text(CODE)
    client = current_client()
    spec = DeploymentSpec(name="d", flow_name="stars", entrypoint="stars.py:stars", path=str(Path.cwd()))
    deployment = client.save_deployment(spec)
    run = client.run_deployment(deployment.id, parameters={"repos": ["acme", "bad"]})

    def carried_out() -> FlowRun:
        (claim,) = client.claim_flow_runs("local", "w", limit=1, lease_seconds=30)
        assert execute_flow_run(claim.run.id, claim.epoch, "w") == 0
        return client.read_flow_run(claim.run.id)

    assert carried_out().state.is_failed()
    failed = {it.name: it for it in client.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items}["fetch-1"]
    plan = retry_plan(client, run.id, RetryEdits(inputs={failed.id: {"repo": "good"}}))
    assert client.retry_flow_run(run.id, plan.edits).status == "ACCEPT"
    assert carried_out().result == "8"
    assert Path("calls").read_text() == "acme bad good "
