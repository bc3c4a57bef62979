"""Proposed states: what is answered, what is written, and that a stale epoch is refused."""

from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, StaleEpoch
from flowtui.engine.ids import new_id
from flowtui.engine.states import (
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Paused,
    Pending,
    Retrying,
    Running,
    Scheduled,
    State,
)
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_deployment, due_run, new_run, owned_run, owned_running


def test_an_accepted_state_is_the_runs_state(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    state = Running(message="go", details={"note": {"a": [1]}})
    answer = store_client.set_flow_run_state(run.id, state, epoch=run.epoch)
    assert (answer.status, answer.state) == ("ACCEPT", state)
    assert store_client.read_flow_run(run.id).state == state


def test_another_client_sees_an_accepted_state(place: Place, store_client: LocalClient) -> None:
    run = owned_running(store_client)
    assert place.open().read_flow_run(run.id).state.is_running()


def test_the_history_is_every_state_in_order(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    states: list[State] = [Running(), AwaitingRetry(message="no rows"), Retrying(), Completed()]
    for state in states:
        assert store_client.set_flow_run_state(run.id, state, epoch=run.epoch).status == "ACCEPT"
    assert store_client.flow_run_states(run.id) == (run.state, *states)


def test_a_run_counts_its_attempts_and_its_time(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_run(store_client)
    at = [clock.now + timedelta(seconds=seconds) for seconds in (0, 2, 10, 11)]
    waits = AwaitingRetry(at[2], timestamp=at[1])
    clock.forward(10)
    for state in (Running(timestamp=at[0]), waits, Retrying(timestamp=at[2]), Failed(timestamp=at[3])):
        assert store_client.set_flow_run_state(run.id, state, epoch=run.epoch).status == "ACCEPT"
    after = store_client.read_flow_run(run.id)
    assert (after.run_count, after.total_run_time) == (2, 3.0)
    assert (after.start_time, after.end_time) == (at[0], at[3])


def test_a_result_is_kept_beside_the_run(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch, result='{"rows":7}')
    assert store_client.read_flow_run(run.id).result == '{"rows":7}'


def test_a_refused_state_writes_nothing(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    before, place = store_client.read_flow_run(run.id), store_client.changes(None)
    answer = store_client.set_flow_run_state(run.id, Running(), result="1")
    assert (answer.status, answer.state) == ("ABORT", before.state)
    assert "completed" in str(answer.reason)
    assert store_client.read_flow_run(run.id) == before
    assert store_client.changes(None) == place


def test_a_repeated_proposal_is_accepted_and_written_once(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    state = Running()
    answers = [store_client.set_flow_run_state(run.id, state, epoch=run.epoch) for _ in range(3)]
    assert [(answer.status, answer.state) for answer in answers] == [("ACCEPT", state)] * 3
    assert len(store_client.flow_run_states(run.id)) == 2
    assert store_client.read_flow_run(run.id).run_count == 1


def test_a_run_that_is_not_due_is_told_how_long_to_wait(store_client: LocalClient, clock: StoreClock) -> None:
    run = due_run(store_client, clock.now + timedelta(seconds=90))
    answer = store_client.set_flow_run_state(run.id, Running())
    assert (answer.status, answer.delay_seconds) == ("WAIT", 90.0)
    clock.forward(90)
    assert store_client.set_flow_run_state(run.id, Running()).status == "ACCEPT"


def test_force_goes_past_the_rules(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    assert store_client.set_flow_run_state(run.id, Failed(), force=True).status == "ACCEPT"
    assert store_client.read_flow_run(run.id).state.is_failed()


# -- cancelling -----------------------------------------------------------------------------------------------------


def test_cancelling_what_nobody_runs_is_cancelled_at_once(store_client: LocalClient) -> None:
    run = due_run(store_client)
    answer = store_client.set_flow_run_state(run.id, Cancelling(message="not today"))
    assert (answer.status, answer.state.name, answer.state.message) == ("REJECT", "Cancelled", "not today")
    assert store_client.read_flow_run(run.id).state == answer.state


def test_cancelling_what_is_running_leaves_the_end_to_its_owner(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    assert store_client.set_flow_run_state(run.id, Cancelling()).status == "ACCEPT"
    after = store_client.read_flow_run(run.id)
    assert (after.state.name, after.owner, after.epoch) == ("Cancelling", "me", run.epoch)
    assert store_client.set_flow_run_state(run.id, Cancelled(), epoch=run.epoch).status == "ACCEPT"


@pytest.mark.parametrize("make", [Running, Retrying, Paused, AwaitingRetry])
def test_a_run_that_is_being_cancelled_goes_no_further(store_client: LocalClient, make: object) -> None:
    assert callable(make)
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, Cancelling())
    answer = store_client.set_flow_run_state(run.id, make(), epoch=run.epoch)
    assert (answer.status, answer.reason) == ("ABORT", "it is being cancelled")


def test_cancelling_a_run_whose_lease_has_ended_is_cancelled_at_once(
    store_client: LocalClient, clock: StoreClock
) -> None:
    """Its process is gone, so nobody would ever end it."""
    run = owned_running(store_client)
    clock.forward(31)
    store_client.set_flow_run_state(run.id, Cancelling())
    assert store_client.read_flow_run(run.id).state.is_cancelled()


# -- ownership ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [Running(), Completed(), Failed(), Crashed()])
@pytest.mark.parametrize("force", [False, True])
def test_a_stale_epoch_is_refused_at_start_and_at_the_end(
    store_client: LocalClient, clock: StoreClock, state: State, force: bool
) -> None:
    run = owned_run(store_client)
    clock.forward(31)
    taken = store_client.claim_flow_run(run.id, "another", lease_seconds=30)
    with pytest.raises(StaleEpoch, match="has been taken over: this process holds epoch 1, the store is at 3"):
        store_client.set_flow_run_state(run.id, state, epoch=run.epoch, force=force, result="1")
    now = store_client.read_flow_run(run.id)
    assert (now.state, now.result) == (taken.run.state, None)


def test_an_epoch_of_the_future_is_refused_too(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    with pytest.raises(StaleEpoch):
        store_client.set_flow_run_state(run.id, Running(), epoch=run.epoch + 1)


def test_nobody_else_starts_a_run_that_a_process_owns(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    answer = store_client.set_flow_run_state(run.id, Running())
    assert (answer.status, answer.reason) == ("ABORT", "another process runs it")


def test_the_owner_keeps_the_run_until_it_ends(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    for state in (Running(), AwaitingRetry(), Retrying(), Paused(), Running()):
        store_client.set_flow_run_state(run.id, state, epoch=run.epoch)
        now = store_client.read_flow_run(run.id)
        assert (now.state, now.owner, now.epoch) == (state, "me", run.epoch)
    store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    assert store_client.read_flow_run(run.id).owner is None


def test_a_failed_run_of_a_deployment_can_be_scheduled_again(store_client: LocalClient) -> None:
    deployment = store_client.save_deployment(a_deployment())
    run = store_client.create_flow_run(new_run(state=Failed(), deployment_id=deployment.id))
    assert store_client.set_flow_run_state(run.id, Scheduled()).status == "ACCEPT"
    assert store_client.claim_flow_runs("local", "w", limit=1, lease_seconds=30)[0].run.id == run.id


def test_a_failed_run_without_a_deployment_is_refused_with_what_to_do(store_client: LocalClient) -> None:
    run = store_client.create_flow_run(new_run(state=Failed()))
    answer = store_client.set_flow_run_state(run.id, Scheduled())
    assert answer.status == "ABORT"
    assert "flowtui flow-run retry" in str(answer.reason)


def test_a_proposal_for_no_run_is_a_sentence(store_client: LocalClient) -> None:
    with pytest.raises(NotFound):
        store_client.set_flow_run_state(new_id(), Running())


def test_its_process_is_noted_by_its_owner_only(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    store_client.set_infrastructure_pid(run.id, "desk:99", epoch=run.epoch)
    assert store_client.read_flow_run(run.id).infrastructure_pid == "desk:99"
    with pytest.raises(StaleEpoch):
        store_client.set_infrastructure_pid(run.id, "desk:100", epoch=run.epoch + 1)


def test_a_pending_run_is_taken_once(store_client: LocalClient) -> None:
    run = store_client.create_flow_run(new_run(state=Scheduled()))
    assert store_client.set_flow_run_state(run.id, Pending()).status == "ACCEPT"
    assert store_client.set_flow_run_state(run.id, Pending()).status == "ABORT"
