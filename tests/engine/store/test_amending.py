"""Retrying with changes in the store: the state and the changes together, or neither."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui.engine.amendments import Amendments, RetryEdits
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, ParameterError, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.run_changes import Restore
from flowtui.engine.states import Completed, Failed, Running
from tests.engine.store.made import a_deployment, a_task, owned_running

SCHEMA = {"type": "object", "properties": {"limit": {"type": "integer"}}}


@pytest.fixture
def failed(store_client: LocalClient) -> tuple[FlowRun, TaskRun]:
    """A failed run of a deployment, and its task."""
    deployment = store_client.save_deployment(a_deployment(parameter_openapi_schema=SCHEMA))
    run = owned_running(store_client, deployment_id=deployment.id, parameters={"limit": 3})
    task = a_task(run, Failed())
    store_client.save_task_run(task)
    store_client.set_flow_run_state(run.id, Failed(), epoch=run.epoch)
    return store_client.read_flow_run(run.id), task


def test_what_is_edited_is_kept_with_the_state(store_client: LocalClient, failed: tuple[FlowRun, TaskRun]) -> None:
    run, task = failed
    edits = RetryEdits(inputs={task.id: {"repo": "ä/b"}}, again=(task.id,), parameters={"limit": 9})
    answer = store_client.retry_flow_run(run.id, edits)
    assert (answer.status, answer.state.name) == ("ACCEPT", "AwaitingRetry")
    now = store_client.read_flow_run(run.id)
    assert now.parameters == {"limit": 9}
    assert now.amendments == Amendments(
        inputs={task.id: {"repo": "ä/b"}}, again={task.id: run.run_count}, parameters={"limit": 3}
    )
    assert store_client.flow_run_states(run.id)[-1].message == "Edited: limit, load-0.repo; again: load-0."
    assert store_client.list_flow_runs().items[0].amendments == now.amendments


def test_a_retry_without_edits_is_a_retry(store_client: LocalClient, failed: tuple[FlowRun, TaskRun]) -> None:
    run, _ = failed
    assert store_client.retry_flow_run(run.id, RetryEdits()).status == "ACCEPT"
    now = store_client.read_flow_run(run.id)
    assert (now.state.name, now.state.message, now.amendments, now.parameters) == (
        "AwaitingRetry",
        None,
        None,
        {"limit": 3},
    )


def test_a_retry_that_is_refused_changes_nothing(store_client: LocalClient) -> None:
    run = owned_running(store_client, parameters={"limit": 3})
    store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    assert store_client.retry_flow_run(run.id, RetryEdits(parameters={"limit": 4})).status == "ABORT"
    now = store_client.read_flow_run(run.id)
    assert (now.state.name, now.parameters, now.amendments) == ("Completed", {"limit": 3}, None)


def test_edits_that_make_no_sense_leave_the_run_as_it_is(
    store_client: LocalClient, failed: tuple[FlowRun, TaskRun]
) -> None:
    run, _ = failed
    other = owned_running(store_client)
    task = a_task(other)
    store_client.save_task_run(task)
    store_client.flush()
    for edits, error in (
        (RetryEdits(parameters={"limit": "many"}), ParameterError),
        (RetryEdits(again=(task.id,)), UsageError),
        (RetryEdits(inputs={task.id: {"x": 1}}), UsageError),
    ):
        with pytest.raises(error):
            store_client.retry_flow_run(run.id, edits)
    assert store_client.read_flow_run(run.id) == run
    with pytest.raises(NotFound):
        store_client.retry_flow_run(new_id(), RetryEdits())


def test_edits_for_a_run_here_wait_for_whoever_claims_it(
    store_client: LocalClient, failed: tuple[FlowRun, TaskRun]
) -> None:
    run, task = failed
    store_client.retry_flow_run(run.id, RetryEdits(inputs={task.id: {"x": 1}}), here=True)
    claim = store_client.claim_flow_run(run.id, "me", lease_seconds=30)
    assert claim.run.amendments == Amendments(inputs={task.id: {"x": 1}})
    with pytest.raises(UsageError, match="owned by me"):
        store_client.retry_flow_run(run.id, RetryEdits(parameters={"limit": 1}), here=True)


def test_a_retry_that_is_taken_back_takes_its_edits_along(
    store_client: LocalClient, failed: tuple[FlowRun, TaskRun]
) -> None:
    run, task = failed
    store_client.retry_flow_run(run.id, RetryEdits(inputs={task.id: {"n": 1}}, parameters={"limit": 4}))
    (done,) = store_client.change_flow_runs((run.id,), Restore())
    assert done.fate == "done"
    now = store_client.read_flow_run(run.id)
    assert (now.state.name, now.parameters, now.amendments) == ("Failed", {"limit": 3}, None)


def test_only_the_edits_of_the_retry_that_is_taken_back_go_with_it(
    store_client: LocalClient, failed: tuple[FlowRun, TaskRun]
) -> None:
    run, task = failed
    store_client.retry_flow_run(run.id, RetryEdits(inputs={task.id: {"n": 1}}, parameters={"limit": 4}))
    owned = store_client.claim_flow_run(run.id, "here", lease_seconds=60)
    store_client.set_flow_run_state(run.id, Running(), epoch=owned.epoch)
    store_client.set_flow_run_state(run.id, Failed(), epoch=owned.epoch)
    between = store_client.read_flow_run(run.id)
    edits = RetryEdits(inputs={task.id: None}, again=(task.id,), parameters={"limit": 3})
    store_client.retry_flow_run(run.id, edits)
    assert store_client.read_flow_run(run.id).parameters == {"limit": 3}
    store_client.change_flow_runs((run.id,), Restore())
    now = store_client.read_flow_run(run.id)
    assert (now.parameters, now.amendments) == (between.parameters, between.amendments)
    assert now.amendments is not None
    assert now.amendments.inputs == {task.id: {"n": 1}}
    store_client.retry_flow_run(run.id, RetryEdits())
    store_client.change_flow_runs((run.id,), Restore())  # a retry that changed nothing takes nothing along
    again = store_client.read_flow_run(run.id)
    assert (again.parameters, again.amendments) == (now.parameters, now.amendments)


def test_edits_that_take_all_back_leave_none(store_client: LocalClient, failed: tuple[FlowRun, TaskRun]) -> None:
    run, task = failed
    store_client.retry_flow_run(run.id, RetryEdits(inputs={task.id: {"n": 1}}), here=True)
    store_client.retry_flow_run(run.id, RetryEdits(inputs={task.id: None}))
    assert store_client.read_flow_run(run.id).amendments is None
    store_client.change_flow_runs((run.id,), Restore())
    now = store_client.read_flow_run(run.id)
    assert now.amendments == Amendments(inputs={task.id: {"n": 1}})


VALUES = st.dictionaries(st.sampled_from(["limit", "b", "c"]), st.integers(0, 2), max_size=3)
EDITS = st.builds(
    lambda inputs, again, parameters: (inputs, again, parameters), st.none() | VALUES, st.booleans(), VALUES
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=3))
def test_whatever_was_edited_before_is_as_it_was(
    client: LocalClient, tried: list[tuple[dict[str, int] | None, bool, dict[str, int]]]
) -> None:
    run = owned_running(client, parameters={"limit": 3})
    task = a_task(run, Failed())
    client.save_task_run(task)
    client.set_flow_run_state(run.id, Failed(), epoch=run.epoch)
    for inputs, again, parameters in tried:
        before = client.read_flow_run(run.id)
        edits = RetryEdits(inputs={task.id: inputs}, again=(task.id,) if again else (), parameters=parameters)
        client.retry_flow_run(run.id, edits)
        client.change_flow_runs((run.id,), Restore())
        after = client.read_flow_run(run.id)
        assert (after.parameters, after.amendments) == (before.parameters, before.amendments)
        client.retry_flow_run(run.id, edits, here=True)
