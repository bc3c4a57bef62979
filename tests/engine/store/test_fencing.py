"""A process that has lost a run changes nothing of it any more, also not its task runs."""

from dataclasses import replace

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, StaleEpoch
from flowtui.engine.states import Cancelled, Completed, Crashed, Pending, Running, Scheduled, State, Suspended
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_task, owned_running


def test_task_runs_of_a_lost_epoch_are_dropped_and_noted(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    known = a_task(run, Running())
    store_client.save_task_run(known)
    store_client.flush()
    clock.forward(31)
    store_client.claim_flow_run(run.id, "another", lease_seconds=30)
    unknown = a_task(run, Completed())
    store_client.save_task_run(replace(known, state=Completed()))
    store_client.save_task_run(unknown)
    store_client.flush()
    assert store_client.read_task_run(known.id).state.is_crashed(), "it ended with the process that was taken over"
    with pytest.raises(NotFound):
        store_client.read_task_run(unknown.id)
    assert store_client.fenced == {run.id}
    assert store_client.read_flow_run(run.id).stats.done == 1


def test_the_new_owner_writes_the_same_task_runs(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    task = a_task(run, Running())
    store_client.save_task_run(task)
    store_client.flush()
    clock.forward(31)
    taken = store_client.claim_flow_run(run.id, "another", lease_seconds=30)
    store_client.save_task_run(replace(task, state=Completed(), epoch=taken.epoch))
    store_client.flush()
    assert store_client.read_task_run(task.id).state.is_completed()


def test_old_and_new_writes_in_one_commit_are_told_apart(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    clock.forward(31)
    taken = store_client.claim_flow_run(run.id, "me again", lease_seconds=30)
    stale, fresh = a_task(run, Completed()), a_task(taken.run, Running())
    store_client._writer.put([stale, fresh, a_task(run, Completed())])
    store_client.flush()
    assert [task.id for task in store_client.list_task_runs().items] == [fresh.id]


def test_other_runs_in_the_same_commit_are_written(store_client: LocalClient, clock: StoreClock) -> None:
    lost, kept = owned_running(store_client), owned_running(store_client, seconds=1000)
    clock.forward(31)
    store_client.claim_flow_run(lost.id, "another", lease_seconds=30)
    task = a_task(kept)
    store_client._writer.put([a_task(lost), task, a_task(None)])
    store_client.flush()
    assert {one.flow_run_id for one in store_client.list_task_runs().items} == {kept.id, None}


@pytest.mark.parametrize("end", [Crashed(), Cancelled()])
def test_no_task_run_comes_back_to_life_after_its_flow_run_was_torn_down(store_client: LocalClient, end: State) -> None:
    """Somebody else may say that a run has ended, and its process only learns of that a little later."""
    run = owned_running(store_client)
    task = a_task(run, Running())
    store_client.save_task_run(task)
    store_client.set_flow_run_state(run.id, end)
    late = a_task(run, Pending())
    store_client.save_task_run(replace(task, state=Running(name="Retrying")))
    store_client.save_task_run(late)
    store_client.flush()
    states = [one.state for one in store_client.list_task_runs().items]
    assert all(state.is_final() for state in states), states


def test_an_ended_run_that_is_tried_again_is_out_of_reach_for_whoever_had_it(store_client: LocalClient) -> None:
    """Nobody has claimed it yet, so only the new epoch tells the old process from the new one."""
    deployment = store_client.save_deployment(a_deployment())
    run = owned_running(store_client, deployment_id=deployment.id)
    store_client.set_flow_run_state(run.id, Cancelled())
    assert store_client.set_flow_run_state(run.id, Scheduled()).status == "ACCEPT"
    for late in (Running(), Completed()):
        with pytest.raises(StaleEpoch):
            store_client.set_flow_run_state(run.id, late, epoch=run.epoch)
    (claim,) = store_client.claim_flow_runs("local", "another", limit=1, lease_seconds=30)
    assert claim.run.id == run.id


def test_a_suspended_run_that_is_resumed_after_its_owner_fell_silent_is_out_of_its_reach(
    store_client: LocalClient, clock: StoreClock
) -> None:
    deployment = store_client.save_deployment(a_deployment())
    run = owned_running(store_client, deployment_id=deployment.id)
    store_client.set_flow_run_state(run.id, Suspended(), epoch=run.epoch)
    clock.forward(31)
    assert store_client.resume_flow_run(run.id).status == "ACCEPT"
    with pytest.raises(StaleEpoch):
        store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
