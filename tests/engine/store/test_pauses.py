"""Pauses and inputs: entered with a question, left with an answer that fits, ended when nobody came."""

from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, ParameterError, StaleEpoch, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import FlowRun
from flowtui.engine.states import (
    AwaitingRetry,
    Cancelling,
    Completed,
    Failed,
    Paused,
    Running,
    State,
    Suspended,
)
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, owned_running

KEYS = {"description": "p-description", "response": "p-response", "schema": "p-schema"}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def paused(client: LocalClient, state: State | None = None, **fields: object) -> FlowRun:
    run = owned_running(client, **fields)
    assert client.pause_flow_run(run.id, state or Paused(), epoch=run.epoch).status == "ACCEPT"
    return client.read_flow_run(run.id)


def asking(client: LocalClient) -> FlowRun:
    run = owned_running(client)
    state = Paused(pause_key="1", details={"run_input_keyset": KEYS})
    client.pause_flow_run(run.id, state, epoch=run.epoch, inputs={"p-schema": SCHEMA, "p-description": "How many?"})
    return run


def test_a_paused_run_is_resumed_by_anybody_and_stays_with_its_owner(store_client: LocalClient) -> None:
    run = paused(store_client)
    assert run.owner == "me"
    assert store_client.resume_flow_run(run.id).status == "ACCEPT"
    now = store_client.read_flow_run(run.id)
    assert (now.state.name, now.owner, now.run_count) == ("Running", "me", 1)
    assert [state.name for state in store_client.flow_run_states(run.id)][-2:] == ["Paused", "Running"]


def test_anybody_may_pause_a_running_run(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    assert store_client.pause_flow_run(run.id, Paused()).status == "ACCEPT"
    assert store_client.read_flow_run(run.id).owner == "me"
    again = store_client.pause_flow_run(run.id, Paused())
    assert (again.status, again.reason) == ("ABORT", "it is already Paused")


def test_what_is_not_paused_is_not_resumed(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    with pytest.raises(UsageError, match="is Running, not paused"):
        store_client.resume_flow_run(run.id)


def test_an_answer_has_to_fit_the_question(store_client: LocalClient) -> None:
    run = asking(store_client)
    for wrong in ({}, {"n": "one"}, {"n": 1, "m": 2}, None):
        with pytest.raises(ParameterError, match="does not fit what the run asked for"):
            store_client.resume_flow_run(run.id, wrong)
    assert store_client.read_flow_run(run.id).state.is_paused()
    assert store_client.resume_flow_run(run.id, {"n": 7}).status == "ACCEPT"
    answer = store_client.find_run_input(run.id, "p-response")
    assert answer is not None
    assert answer.value == {"n": 7}


def test_an_answer_to_no_question_is_refused(store_client: LocalClient) -> None:
    run = paused(store_client)
    with pytest.raises(ParameterError, match="did not ask for any input"):
        store_client.resume_flow_run(run.id, {"n": 7})
    assert store_client.read_flow_run(run.id).state.is_paused()


def test_a_pause_with_a_key_is_passed_once_in_an_attempt(store_client: LocalClient) -> None:
    run = paused(store_client, Paused(pause_key="ok"))
    store_client.resume_flow_run(run.id)
    again = store_client.pause_flow_run(run.id, Paused(pause_key="ok"), epoch=run.epoch)
    assert (again.status, again.state.name) == ("REJECT", "Running")
    for state in (AwaitingRetry(), Running()):
        assert store_client.set_flow_run_state(run.id, state, epoch=run.epoch).status == "ACCEPT"
    assert store_client.pause_flow_run(run.id, Paused(pause_key="ok"), epoch=run.epoch).status == "ACCEPT"


def test_a_new_attempt_is_asked_anew(store_client: LocalClient) -> None:
    run = asking(store_client)
    store_client.resume_flow_run(run.id, {"n": 7})
    store_client.set_flow_run_state(run.id, Failed(), epoch=run.epoch)
    run = store_client.claim_flow_run(run.id, "me", lease_seconds=30).run
    store_client.set_flow_run_state(run.id, Running(), epoch=run.epoch)
    state = Paused(pause_key="1", details={"run_input_keyset": KEYS})
    assert store_client.pause_flow_run(run.id, state, epoch=run.epoch, inputs={"p-schema": SCHEMA}).status == "ACCEPT"
    assert store_client.find_run_input(run.id, "p-response") is None


# -- suspended ------------------------------------------------------------------------------------------------------


def test_a_suspended_run_is_let_go_and_then_scheduled_again(store_client: LocalClient) -> None:
    deployment = store_client.save_deployment(a_deployment())
    run = paused(store_client, Suspended(), deployment_id=deployment.id)
    waiting = store_client.resume_flow_run(run.id)
    assert (waiting.status, waiting.reason) == ("WAIT", "its process is still ending")
    store_client.release_flow_run(run.id, epoch=run.epoch)
    assert store_client.read_flow_run(run.id).owner is None
    assert store_client.resume_flow_run(run.id).status == "ACCEPT"
    now = store_client.read_flow_run(run.id)
    assert (now.state.name, now.state.is_scheduled()) == ("Resuming", True)
    (claim,) = store_client.claim_flow_runs("local", "another", limit=1, lease_seconds=30)
    assert (claim.run.id, claim.epoch) == (run.id, run.epoch + 1)


def test_a_suspended_script_is_resumed_by_claiming_it(store_client: LocalClient) -> None:
    run = paused(store_client, Suspended())
    assert store_client.resume_flow_run(run.id, here=True).status == "WAIT"
    store_client.release_flow_run(run.id, epoch=run.epoch)
    refused = store_client.resume_flow_run(run.id)
    assert refused.status == "ABORT"
    assert "flowtui flow-run resume ID --entrypoint" in str(refused.reason)
    assert store_client.resume_flow_run(run.id, here=True).status == "ACCEPT"
    assert store_client.read_flow_run(run.id).state.is_suspended()
    assert store_client.claim_flow_run(run.id, "me", lease_seconds=30).run.state.is_pending()


def test_what_only_waits_is_not_claimed_from_its_process(store_client: LocalClient) -> None:
    run = paused(store_client)
    assert store_client.resume_flow_run(run.id, here=True).status == "ABORT"


def test_only_its_owner_lets_go_of_a_run(store_client: LocalClient) -> None:
    run = paused(store_client, Suspended())
    with pytest.raises(StaleEpoch):
        store_client.release_flow_run(run.id, epoch=run.epoch + 1)
    running = owned_running(store_client)
    store_client.release_flow_run(running.id, epoch=running.epoch)
    assert store_client.read_flow_run(running.id).owner == "me"


def test_a_process_that_dies_while_it_suspends_leaves_a_suspended_run(
    store_client: LocalClient, clock: StoreClock
) -> None:
    run = paused(store_client, Suspended())
    clock.forward(31)
    assert store_client.reap_leases() == ()
    now = store_client.read_flow_run(run.id)
    assert (now.state.name, now.owner, now.epoch) == ("Suspended", None, run.epoch + 1)
    with pytest.raises(StaleEpoch):
        store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)


def test_a_suspended_run_is_cancelled_at_once(store_client: LocalClient) -> None:
    run = paused(store_client, Suspended())
    store_client.release_flow_run(run.id, epoch=run.epoch)
    assert store_client.set_flow_run_state(run.id, Cancelling()).state.is_cancelled()


# -- nobody came ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Paused, Suspended])
def test_a_pause_that_nobody_ends_in_time_fails(store_client: LocalClient, clock: StoreClock, make: type) -> None:
    run = paused(store_client, make(pause_expiration_time=clock.now + timedelta(seconds=20)))
    clock.forward(19)
    assert store_client.expire_pauses() == ()
    clock.forward(1)
    assert store_client.expire_pauses() == (run.id,)
    now = store_client.read_flow_run(run.id)
    assert (now.state.name, now.state.message) == ("Failed", "The flow was paused and never resumed.")
    assert store_client.expire_pauses() == ()


def test_whoever_resumes_too_late_finds_that_it_has_failed(store_client: LocalClient, clock: StoreClock) -> None:
    run = paused(store_client, Paused(pause_expiration_time=clock.now + timedelta(seconds=20)))
    clock.forward(20)
    answer = store_client.resume_flow_run(run.id)
    assert (answer.status, answer.state.name) == ("REJECT", "Failed")
    assert store_client.read_flow_run(run.id).state.message == "The flow was paused and never resumed."


def test_a_pause_without_a_timeout_waits_for_ever(store_client: LocalClient, clock: StoreClock) -> None:
    run = paused(store_client)
    clock.forward(10_000_000)
    assert store_client.expire_pauses() == ()
    assert store_client.read_flow_run(run.id).state.is_paused()


# -- inputs ---------------------------------------------------------------------------------------------------------


def test_what_is_said_to_a_run_is_heard_in_order(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    for n in range(4):
        store_client.save_run_input(run.id, f"note-{n}", {"n": n}, sender=run.id)
    store_client.save_run_input(run.id, "other", 1)
    heard = store_client.list_run_inputs(run.id, prefix="note-", limit=3)
    rest = store_client.list_run_inputs(run.id, prefix="note-", after=heard[-1].id)
    assert [record.value["n"] for record in (*heard, *rest)] == [0, 1, 2, 3]
    assert heard[0].sender == run.id
    assert len(store_client.flow_run_states(run.id)) == 2  # what is said to a run is no part of its history


@pytest.mark.parametrize("prefix", ["a_", "a%", "a\\", "A"])
def test_a_prefix_is_text_and_no_pattern(store_client: LocalClient, prefix: str) -> None:
    run = owned_running(store_client)
    store_client.save_run_input(run.id, "abc", 1)
    store_client.save_run_input(run.id, f"{prefix}1", 2)
    assert [record.value for record in store_client.list_run_inputs(run.id, prefix=prefix)] == [2]


def test_what_is_said_under_one_key_again_replaces_it(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.save_run_input(run.id, "k", 1)
    store_client.save_run_input(run.id, "k", 2)
    assert [record.value for record in store_client.list_run_inputs(run.id)] == [2]
    store_client.delete_run_input(run.id, "k")
    assert store_client.find_run_input(run.id, "k") is None


def test_nothing_is_said_to_a_run_that_does_not_exist(store_client: LocalClient) -> None:
    with pytest.raises(NotFound, match="no flow run"):
        store_client.save_run_input(new_id(), "k", 1)


def test_inputs_go_with_their_run(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.save_run_input(run.id, "k", 1)
    store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    store_client.delete_flow_run(run.id)
    assert store_client.list_run_inputs(run.id) == ()
