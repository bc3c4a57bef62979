"""Creating flow runs: what is read back, once for each key, owned from the first instant when it is asked for."""

import threading

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import FlowtuiError, NotFound
from flowtui.engine.ids import new_id
from flowtui.engine.model import Lease
from flowtui.engine.states import Completed, Pending, Running, Scheduled
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_line, a_place, a_task, due_run, new_run, owned_run


def test_a_run_is_read_back_as_it_was_created(store_client: LocalClient, clock: StoreClock) -> None:
    a_place(store_client, "local", "fast")
    state = Scheduled(clock.now, message="as planned")
    parameters = {"table": "users", "limits": {"rows": 10, "ratio": 0.5}, "skip": None, "days": [1, 2]}
    made = store_client.create_flow_run(
        new_run(
            state=state,
            parameters=parameters,
            tags=("prod", "eu", "prod"),
            work_queue_name="fast",
            created_by="a test",
            infrastructure_pid="desk:12",
            idempotency_key="once",
        )
    )
    assert store_client.read_flow_run(made.id) == made
    assert (made.flow_name, made.name, made.work_pool_name, made.work_queue_name) == (
        "etl",
        "amber-auk",
        "local",
        "fast",
    )
    assert (made.parameters, made.tags) == (parameters, ("eu", "prod"))
    assert (made.state, made.created, made.expected_start_time) == (state, clock.now, clock.now)
    assert (made.created_by, made.infrastructure_pid, made.idempotency_key) == ("a test", "desk:12", "once")
    assert (made.epoch, made.owner, made.start_time, made.end_time, made.run_count) == (0, None, None, None, 0)


def test_a_run_may_bring_its_id(store_client: LocalClient) -> None:
    run_id = new_id()
    assert store_client.create_flow_run(new_run(id=run_id)).id == run_id


def test_an_id_that_is_taken_is_refused_in_a_sentence(store_client: LocalClient) -> None:
    run = due_run(store_client)
    with pytest.raises(FlowtuiError, match=rf"already a flow run {run.id}"):
        store_client.create_flow_run(new_run(id=run.id))


def test_a_run_without_a_lease_is_nobodys(store_client: LocalClient) -> None:
    run = due_run(store_client)
    assert (run.owner, run.lease_until, run.epoch) == (None, None, 0)


def test_a_run_that_its_creator_runs_is_owned_from_its_first_instant(
    store_client: LocalClient, clock: StoreClock
) -> None:
    lease = Lease(owner="desk:12", seconds=30)
    run = store_client.create_flow_run(new_run(state=Pending(), lease=lease))
    assert (run.owner, run.epoch) == ("desk:12", 1)
    assert run.lease_until is not None
    assert (run.lease_until - clock.now).total_seconds() == 30


def test_the_same_key_answers_with_the_first_run(store_client: LocalClient) -> None:
    first = store_client.create_flow_run(new_run(idempotency_key="2026-11-20", name="first"))
    again = store_client.create_flow_run(new_run(idempotency_key="2026-11-20", name="second"))
    assert again == first
    assert len(store_client.list_flow_runs().items) == 1


def test_the_same_key_of_another_flow_is_another_run(store_client: LocalClient) -> None:
    first = store_client.create_flow_run(new_run(idempotency_key="a"))
    other = store_client.create_flow_run(new_run(idempotency_key="a", flow_name="report"))
    assert first.id != other.id


def test_runs_without_a_key_are_never_the_same(store_client: LocalClient) -> None:
    assert due_run(store_client).id != due_run(store_client).id


def test_a_key_used_from_many_sides_at_once_makes_one_run(place: Place) -> None:
    clients = [place.open() for _ in range(4)]
    ready, ids = threading.Barrier(4), []

    def create(client: LocalClient) -> None:
        ready.wait()
        ids.append(client.create_flow_run(new_run(idempotency_key="once")).id)

    threads = [threading.Thread(target=create, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_runs_of_one_name_share_one_flow(store_client: LocalClient) -> None:
    first, second, other = (due_run(store_client, flow_name=name) for name in ("etl", "etl", "report"))
    assert first.flow_id == second.flow_id != other.flow_id
    assert [flow.name for flow in store_client.list_flows().items] == ["etl", "report"]


@pytest.mark.parametrize("state", [Running(), Completed()])
def test_a_run_may_be_created_in_any_state(store_client: LocalClient, state: object) -> None:
    run = store_client.create_flow_run(new_run(state=state))
    assert run.state == state
    assert store_client.flow_run_states(run.id) == (state,)


def test_a_run_that_does_not_exist_is_a_sentence_with_a_hint(store_client: LocalClient) -> None:
    with pytest.raises(NotFound, match=r"There is no flow run '.*'. List them with: flowtui flow-run ls"):
        store_client.read_flow_run(new_id())


def test_a_run_is_found_by_its_name_or_the_start_of_its_id(store_client: LocalClient) -> None:
    run = due_run(store_client, name="plucky-heron")
    due_run(store_client, name="other")
    assert store_client.find_flow_runs("plucky-heron") == (run,)
    assert store_client.find_flow_runs(run.id) == (run,)
    assert run in store_client.find_flow_runs(run.id[:8])


@pytest.mark.parametrize("prefix", ["", "abc", "plucky", "%", "____", "abc\U0010ffff", "zzzz-zzzz", "café"])
def test_what_names_no_run_finds_none(store_client: LocalClient, prefix: str) -> None:
    due_run(store_client, name="plucky-heron")
    assert store_client.find_flow_runs(prefix) == ()


def test_a_deleted_run_is_gone_with_all_that_it_had(store_client: LocalClient) -> None:
    run = due_run(store_client)
    task = a_task(run)
    store_client.save_task_run(task)
    store_client.write_logs([a_line(run)])
    store_client.delete_flow_run(run.id)
    for read in (store_client.read_flow_run, store_client.delete_flow_run):
        with pytest.raises(NotFound):
            read(run.id)
    assert store_client.list_task_runs().items == ()
    assert (store_client.flow_run_states(run.id), store_client.task_run_states(task.id)) == ((), ())
    assert store_client.read_logs(run.id).total == 0


def test_a_run_that_a_process_owns_is_not_deleted(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    with pytest.raises(FlowtuiError, match="cancel it before deleting it"):
        store_client.delete_flow_run(run.id)
    assert store_client.read_flow_run(run.id) == run
