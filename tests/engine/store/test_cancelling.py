"""Cancelling in the store: from every state, with the runs that a run waits for, whatever its owner does about it."""

from collections.abc import Callable
from datetime import datetime

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import StaleEpoch
from flowtui.engine.ids import new_id
from flowtui.engine.model import FlowRun
from flowtui.engine.orchestration.losses import CANCEL_GRACE
from flowtui.engine.states import (
    AwaitingConcurrencySlot,
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Late,
    Paused,
    Running,
    Scheduled,
    State,
    Suspended,
)
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_task, due_run, new_run, owned_running

GRACE = CANCEL_GRACE.total_seconds()


def cancel(client: LocalClient, run: FlowRun) -> str:
    """Ask for it, as a stranger; the name of the state that the run is in then."""
    client.set_flow_run_state(run.id, Cancelling())
    return state_of(client, run)


def state_of(client: LocalClient, run: FlowRun) -> str:
    return client.read_flow_run(run.id).state.name


@pytest.mark.parametrize("make", [Scheduled, Late, AwaitingRetry, AwaitingConcurrencySlot])
def test_what_waits_for_its_start_is_cancelled_at_once(
    store_client: LocalClient, make: Callable[[datetime], State]
) -> None:
    run = due_run(store_client)
    store_client.set_flow_run_state(run.id, make(utc_now()), force=True)
    assert cancel(store_client, run) == "Cancelled"
    assert store_client.claim_flow_runs("local", "w", limit=1, lease_seconds=30) == ()
    assert store_client.read_flow_run(run.id).start_time is None


def test_a_suspended_run_is_cancelled_at_once_and_a_paused_one_by_its_process(store_client: LocalClient) -> None:
    deployment = store_client.save_deployment(a_deployment())
    run = owned_running(store_client, deployment_id=deployment.id)
    store_client.set_flow_run_state(run.id, Suspended(), epoch=run.epoch)
    store_client.release_flow_run(run.id, epoch=run.epoch)
    assert cancel(store_client, run) == "Cancelled"

    waiting = owned_running(store_client)
    store_client.set_flow_run_state(waiting.id, Paused(), epoch=waiting.epoch)
    assert cancel(store_client, waiting) == "Cancelling"


def test_what_waits_for_a_retry_in_its_process_is_ended_by_that(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, AwaitingRetry(), epoch=run.epoch)
    assert cancel(store_client, run) == "Cancelling"
    store_client.set_flow_run_state(run.id, Cancelled(), epoch=run.epoch)
    assert state_of(store_client, run) == "Cancelled"


def a_child(client: LocalClient, parent: FlowRun, deployment_id: str, **fields: object) -> FlowRun:
    """A run of a deployment that the parent waits for."""
    task = a_task(parent, id=new_id(), dynamic_key=new_id())
    client.save_task_run(task)
    client.flush()
    new = new_run(state=Scheduled(), deployment_id=deployment_id, parent_task_run_id=task.id, **fields)
    return client.create_flow_run(new)


def claimed(client: LocalClient, run: FlowRun) -> FlowRun:
    claim = client.claim_flow_run(run.id, "elsewhere", lease_seconds=30)
    client.set_flow_run_state(run.id, Running(), epoch=claim.epoch)
    return client.read_flow_run(run.id)


def test_a_cancelled_run_takes_the_runs_with_it_that_it_waits_for(store_client: LocalClient) -> None:
    """Those that nobody has begun are Cancelled at once, and so on down the tree; the others by who runs them."""
    client = store_client
    deployment = client.save_deployment(a_deployment())
    parent = owned_running(client)
    waiting = a_child(client, parent, deployment.id)
    running = claimed(client, a_child(client, parent, deployment.id))
    below = claimed(client, a_child(client, running, deployment.id))
    done = claimed(client, a_child(client, parent, deployment.id))
    client.set_flow_run_state(done.id, Completed(), epoch=done.epoch)
    stranger = claimed(client, due_run(client, deployment_id=deployment.id))

    assert cancel(client, parent) == "Cancelling"

    states = [state_of(client, run) for run in (waiting, running, below, done, stranger)]
    assert states == ["Cancelled", "Cancelling", "Cancelling", "Completed", "Running"]
    message = client.read_flow_run(running.id).state.message
    assert message == f"Its parent run '{parent.name}' is being cancelled."


def test_a_run_that_is_cancelled_by_itself_takes_them_with_it_too(store_client: LocalClient) -> None:
    deployment = store_client.save_deployment(a_deployment())
    parent = owned_running(store_client)
    child = claimed(store_client, a_child(store_client, parent, deployment.id))
    store_client.set_flow_run_state(parent.id, Cancelled(), epoch=parent.epoch)
    assert state_of(store_client, child) == "Cancelling"


def test_an_owner_that_lives_and_does_not_heed_loses_its_run_after_the_grace_and_a_lease(
    store_client: LocalClient, clock: StoreClock
) -> None:
    run = owned_running(store_client, owner="desk:12")
    assert cancel(store_client, run) == "Cancelling"
    seconds = 0.0
    while not store_client.reap_leases():
        words = store_client.renew_leases("desk:12", {run.id: run.epoch}, lease_seconds=30)
        assert words == {run.id: "cancelling"}
        clock.forward(2.5)
        seconds += 2.5
    assert GRACE + 30 <= seconds <= GRACE + 30 + 2.5
    ended = store_client.read_flow_run(run.id)
    assert (ended.state.name, ended.owner) == ("Cancelled", None)
    assert "does not heed" in str(ended.state.message)
    with pytest.raises(StaleEpoch):
        store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    assert store_client.renew_leases("desk:12", {run.id: run.epoch}, lease_seconds=30) == {run.id: "lost"}


def test_asking_twice_does_not_prolong_it(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    for _ in range(9):
        cancel(store_client, run)
        store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=30)
        clock.forward(5)
    (reaped,) = store_client.reap_leases()
    assert reaped.id == run.id
