"""What becomes of runs whose process was lost: handed out again, tried again, or Crashed."""

from datetime import timedelta

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import Claim
from flowtui.engine.states import Cancelling, Running
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_task


def claim(client: LocalClient) -> Claim:
    (taken,) = client.claim_flow_runs("local", "worker", limit=1, lease_seconds=30)
    return taken


def test_a_run_that_was_lost_before_it_began_is_handed_out_again(store_client: LocalClient, clock: StoreClock) -> None:
    made = store_client.save_deployment(a_deployment())
    due = clock.now
    store_client.run_deployment(made.id, scheduled_time=due)
    first = claim(store_client)
    clock.forward(31)
    (reaped,) = store_client.reap_leases()
    assert (reaped.state.name, reaped.owner, reaped.expected_start_time) == ("Scheduled", None, due)
    assert "It had not begun" in str(reaped.state.message)
    second = claim(store_client)
    assert (second.run.id, second.run.run_count) == (first.run.id, 0)
    assert second.epoch > first.epoch + 1


def test_a_run_that_is_lost_before_it_begins_again_and_again_crashes(
    store_client: LocalClient, clock: StoreClock
) -> None:
    made = store_client.save_deployment(a_deployment())
    run = store_client.run_deployment(made.id)
    for _ in range(4):
        clock.forward(1)
        claim(store_client)
        clock.forward(31)
        store_client.reap_leases()
    assert store_client.read_flow_run(run.id).state.is_crashed()


def test_a_run_that_was_under_way_is_tried_again_while_retries_remain(
    store_client: LocalClient, clock: StoreClock
) -> None:
    made = store_client.save_deployment(a_deployment(retries=1, retry_delay_seconds=10))
    store_client.run_deployment(made.id, scheduled_time=clock.now)
    first = claim(store_client)
    store_client.set_flow_run_state(first.run.id, Running(), epoch=first.epoch)
    task = a_task(store_client.read_flow_run(first.run.id), Running())
    store_client.save_task_run(task)
    store_client.flush()
    clock.forward(31)
    (reaped,) = store_client.reap_leases()
    assert reaped.state.name == "AwaitingRetry"
    assert reaped.expected_start_time == clock.now + timedelta(seconds=10)
    assert [state.name for state in store_client.flow_run_states(reaped.id)][-2:] == ["Crashed", "AwaitingRetry"]
    assert store_client.read_task_run(task.id).state.is_crashed()
    clock.forward(10)
    second = claim(store_client)
    store_client.set_flow_run_state(second.run.id, Running(), epoch=second.epoch)
    clock.forward(31)
    (lost,) = store_client.reap_leases()
    assert (lost.state.name, lost.run_count) == ("Crashed", 2)


def test_a_run_that_was_being_cancelled_is_not_tried_again(store_client: LocalClient, clock: StoreClock) -> None:
    made = store_client.save_deployment(a_deployment(retries=3))
    store_client.run_deployment(made.id, scheduled_time=clock.now)
    taken = claim(store_client)
    store_client.set_flow_run_state(taken.run.id, Running(), epoch=taken.epoch)
    store_client.set_flow_run_state(taken.run.id, Cancelling())
    clock.forward(31)
    (reaped,) = store_client.reap_leases()
    assert reaped.state.is_cancelled()
