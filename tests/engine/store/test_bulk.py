"""Many runs at once: a batch is frozen, each run has its own outcome, and what failed can be tried again."""

from datetime import timedelta

from flowtui.engine import bulk
from flowtui.engine.client.local import LocalClient
from flowtui.engine.ids import new_id
from flowtui.engine.query import Query, parse
from flowtui.engine.states import Completed, Failed, Paused
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
    pause = bulk.pause("pause", "paused", lambda: Paused(60))
    assert both(pause, running.id, running.id, completed.id) == ["done", "skipped", "failed"]
    assert both(bulk.resume(), running.id, completed.id) == ["done", "failed"]
    assert both(bulk.set_state(Failed, force=False), running.id, completed.id) == ["done", "failed"]
    assert both(bulk.set_state(Failed, force=True), completed.id) == ["done"]


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
