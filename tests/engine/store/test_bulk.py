"""Many runs at once: a batch is frozen, each run has its own outcome, and what failed can be tried again."""

from datetime import timedelta

from flowtui.engine import bulk
from flowtui.engine.client.local import LocalClient
from flowtui.engine.ids import new_id
from flowtui.engine.query import Query, parse
from flowtui.engine.run_changes import Cancel, Pause, Restore, Resume, Retry, RunChange, SetState, Tag
from flowtui.engine.states import Completed, Failed, Paused, StateType
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, due_run, new_run, owned_running


def fates(outcomes: list[bulk.Outcome]) -> list[str]:
    return [outcome.fate for outcome in outcomes]


def test_a_batch_is_what_fitted_when_it_was_frozen(store_client: LocalClient, clock: StoreClock) -> None:
    runs = [due_run(store_client, clock.now - timedelta(seconds=number), tags=("x",)) for number in range(8)]
    batch = bulk.freeze(store_client, parse("tag:x"))
    assert batch.ids == tuple(run.id for run in runs)
    assert batch.sample == tuple(runs[:5])
    assert not batch.cut
    due_run(store_client, tags=("x",))
    for run in runs[:2]:
        store_client.tag_flow_run(run.id, remove=("x",))
    done = list(bulk.carry_out(store_client, batch.ids, bulk.cancel("enough")))
    assert fates(done) == ["done"] * 8
    assert [run.state.name for run in store_client.list_flow_runs(Query.of(ids=batch.ids)).items] == ["Cancelled"] * 8
    assert len(store_client.flow_run_ids(parse("is:scheduled"), limit=9)) == 1


def test_a_batch_is_cut_where_it_was_asked_to_be(store_client: LocalClient) -> None:
    for _ in range(3):
        due_run(store_client)
    batch = bulk.freeze(store_client, Query(), limit=2)
    assert (len(batch.ids), batch.cut) == (2, True)
    assert not bulk.freeze(store_client, Query(), limit=3).cut


def test_the_trouble_of_one_run_does_not_keep_the_others_from_being_done(store_client: LocalClient) -> None:
    held = owned_running(store_client)
    ended = store_client.create_flow_run(new_run(state=Completed()))
    ids = (held.id, new_id(), ended.id)
    outcomes = list(bulk.carry_out(store_client, ids, bulk.delete()))
    assert fates(outcomes) == ["failed", "skipped", "done"]
    assert "cancel it before deleting it" in (outcomes[0].reason or "")
    failed = [outcome.run_id for outcome in outcomes if outcome.fate == "failed"]
    store_client.set_flow_run_state(held.id, Completed(), epoch=held.epoch)
    assert fates(list(bulk.carry_out(store_client, failed, bulk.delete()))) == ["done"]
    assert store_client.list_flow_runs().items == ()


def test_each_verb_does_what_it_says_and_leaves_what_is_so_already(store_client: LocalClient) -> None:
    deployment = store_client.save_deployment(a_deployment())
    running = owned_running(store_client, deployment_id=deployment.id)
    failed = store_client.create_flow_run(new_run(state=Failed(), deployment_id=deployment.id))
    completed = store_client.create_flow_run(new_run(state=Completed()))

    def both(verb: bulk.Verb, *ids: str) -> list[str]:
        return fates(list(bulk.carry_out(store_client, ids, verb)))

    assert both(bulk.retry(), failed.id, completed.id, running.id) == ["done", "failed", "failed"]
    assert store_client.read_flow_run(failed.id).state.name == "AwaitingRetry"
    assert both(bulk.cancel("x"), failed.id, completed.id) == ["done", "skipped"]
    pause = bulk.pause(60, "wait")
    assert both(pause, running.id, running.id, completed.id) == ["done", "skipped", "failed"]
    assert both(bulk.resume(), running.id, completed.id) == ["done", "failed"]
    assert both(bulk.set_state(StateType.FAILED, "Failed", "x", force=False), running.id, completed.id) == [
        "done",
        "failed",
    ]
    assert both(bulk.set_state(StateType.FAILED, "Failed", "x", force=True), completed.id) == ["done"]


def test_tags_are_given_and_taken_away_and_readers_hear_of_it(store_client: LocalClient) -> None:
    run = due_run(store_client, tags=("a", "b"))
    last = store_client.changes(None)[-1].seq
    tag = bulk.tag(("c", "a"), ("b",))
    assert fates(list(bulk.carry_out(store_client, (run.id, run.id, new_id()), tag))) == ["done", "skipped", "skipped"]
    assert store_client.read_flow_run(run.id).tags == ("a", "c")
    assert [state.name for state in store_client.flow_run_states(run.id)] == ["Scheduled"]
    heard = [(change.kind, change.name, change.subject_id) for change in store_client.changes(last)]
    assert heard == [("run", "updated", run.id)]
    assert store_client.pause_flow_run(run.id, Paused(1)).status != "ACCEPT", "its history is still that of its states"
    store_client.delete_flow_run(run.id)
    assert [change.name for change in store_client.changes(last)] == ["deleted"]


def test_what_was_done_to_a_batch_is_taken_back_run_by_run(store_client: LocalClient, clock: StoreClock) -> None:
    deployment = store_client.save_deployment(a_deployment())
    dues = [clock.now - timedelta(minutes=5), clock.now + timedelta(hours=1)]
    late, planned = (due_run(store_client, due, deployment_id=deployment.id, tags=("a",)) for due in dues)
    failed = store_client.create_flow_run(new_run(state=Failed(message="boom"), deployment_id=deployment.id))
    running = owned_running(store_client)

    def outcomes(change: RunChange, *ids: str) -> list[bulk.Outcome]:
        return list(store_client.change_flow_runs(ids, change))

    def back(done: list[bulk.Outcome]) -> list[str]:
        return fates([one for was in done if was.back for one in outcomes(was.back, was.run_id)])

    cancelled = outcomes(Cancel(), late.id, planned.id, running.id)
    assert [one.back for one in cancelled] == [Restore(), Restore(), None]
    assert cancelled[2].lasting == "it was Running, and no run is put back into that"
    assert back(cancelled) == ["done", "done"]
    again = [store_client.read_flow_run(run_id) for run_id in (late.id, planned.id)]
    assert [(run.state.name, run.expected_start_time, run.end_time) for run in again] == [
        ("Scheduled", due, None) for due in dues
    ]
    retried = outcomes(Retry(), failed.id)
    assert back(retried) == ["done"]
    now = store_client.read_flow_run(failed.id)
    assert (now.state.name, now.state.message, now.end_time) == ("Failed", "boom", failed.end_time)
    assert back(outcomes(Tag(add=("a", "b")), late.id)) == ["done"]
    assert store_client.read_flow_run(late.id).tags == ("a",)
    assert outcomes(SetState(type=StateType.COMPLETED, name="Completed"), late.id)[0].lasting == (
        "what completed stays completed"
    )


def test_what_has_gone_on_since_is_not_put_back(store_client: LocalClient) -> None:
    deployment = store_client.save_deployment(a_deployment())
    failed = store_client.create_flow_run(new_run(state=Failed(), deployment_id=deployment.id))
    store_client.change_flow_runs((failed.id,), Retry())
    (claim,) = store_client.claim_flow_runs("local", "worker", limit=1, lease_seconds=30)
    (refused,) = store_client.change_flow_runs((failed.id,), Restore())
    assert (refused.fate, refused.reason) == (
        "failed",
        "it is Pending: it was AwaitingRetry, and no run is put back into that",
    )
    assert store_client.read_flow_run(failed.id).owner == claim.run.owner


def test_pauses_are_taken_back_in_both_directions(store_client: LocalClient) -> None:
    running = owned_running(store_client)
    (paused,) = store_client.change_flow_runs((running.id,), Pause(timeout_seconds=60))
    (resumed,) = store_client.change_flow_runs((running.id,), Resume())
    assert (paused.back, resumed.fate, type(resumed.back)) == (Resume(), "done", Pause)
