"""Claims within pools: queues by priority, pauses, and limits that are never exceeded."""

import threading
from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound
from flowtui.engine.model import Claim
from flowtui.engine.states import Completed, Running
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_deployment, a_place, due_run


def claim(client: LocalClient, limit: int = 10, **fields: object) -> tuple[Claim, ...]:
    given = {"pool": "local", "owner": "worker", "lease_seconds": 30, **fields}
    return client.claim_flow_runs(limit=limit, **given)  # type: ignore[arg-type]


def names(claims: tuple[Claim, ...]) -> list[str]:
    return [one.run.name for one in claims]


def end(client: LocalClient, taken: Claim) -> None:
    client.set_flow_run_state(taken.run.id, Running(), epoch=taken.epoch)
    client.set_flow_run_state(taken.run.id, Completed(), epoch=taken.epoch)


def test_a_queue_of_a_lower_number_comes_first_whatever_is_older(store_client: LocalClient, clock: StoreClock) -> None:
    store_client.update_work_queue("local", "default", {"priority": 2})
    store_client.create_work_queue("local", "urgent", priority=1)
    due_run(store_client, clock.now - timedelta(hours=1), name="old")
    due_run(store_client, clock.now, name="new", work_queue_name="urgent")
    assert names(claim(store_client)) == ["new", "old"]


def test_a_worker_of_some_queues_takes_only_from_these(store_client: LocalClient) -> None:
    a_place(store_client, "local", "slow")
    a_place(store_client, "local", "fast")
    for queue in ("default", "slow", "fast"):
        due_run(store_client, name=queue, work_queue_name=queue)
    assert names(claim(store_client, queues=("slow", "fast"))) == ["slow", "fast"]
    assert names(claim(store_client)) == ["default"]


def test_what_is_paused_is_not_handed_out_and_holds_nothing_else_back(store_client: LocalClient) -> None:
    a_place(store_client, "local", "slow")
    due_run(store_client, name="a")
    due_run(store_client, name="b", work_queue_name="slow")
    store_client.pause_work_pool("local", paused=True)
    assert claim(store_client) == ()
    store_client.pause_work_pool("local", paused=False)
    store_client.pause_work_queue("local", "default", paused=True)
    assert names(claim(store_client)) == ["b"]
    store_client.pause_work_queue("local", "default", paused=False)
    assert names(claim(store_client)) == ["a"]


def test_a_pool_hands_out_no_more_than_its_limit_over_all_queues(store_client: LocalClient) -> None:
    a_place(store_client, "local", "slow")
    store_client.update_work_pool("local", {"concurrency_limit": 3})
    for number in range(3):
        due_run(store_client, name=f"a{number}")
        due_run(store_client, name=f"b{number}", work_queue_name="slow")
    first = claim(store_client)
    assert names(first) == ["a0", "a1", "a2"]
    assert claim(store_client) == ()
    end(store_client, first[0])
    assert names(claim(store_client)) == ["b0"]
    assert store_client.read_work_pool("local").active == 3


def test_a_full_queue_yields_to_the_next(store_client: LocalClient) -> None:
    store_client.update_work_queue("local", "default", {"concurrency_limit": 1})
    a_place(store_client, "local", "slow")
    for name in ("a", "b"):
        due_run(store_client, name=name)
    due_run(store_client, name="c", work_queue_name="slow")
    assert names(claim(store_client)) == ["a", "c"]
    assert claim(store_client) == ()


def test_a_limit_of_nothing_hands_out_nothing(store_client: LocalClient) -> None:
    store_client.update_work_pool("local", {"concurrency_limit": 0})
    due_run(store_client)
    assert claim(store_client) == ()


def test_an_unknown_pool_is_named(store_client: LocalClient) -> None:
    with pytest.raises(NotFound, match="There is no work pool 'moon'"):
        claim(store_client, pool="moon")
    with pytest.raises(NotFound, match="There is no work pool 'moon'"):
        due_run(store_client, work_pool_name="moon")
    with pytest.raises(NotFound, match=r"There is no queue 'fast'\. Work pool 'local' has default\."):
        store_client.save_deployment(a_deployment(work_queue_name="fast"))
    assert store_client.list_deployments().items == ()


def test_runs_of_a_full_deployment_wait_for_a_slot_and_hold_nobody_back(
    store_client: LocalClient, clock: StoreClock
) -> None:
    limited = store_client.save_deployment(a_deployment(concurrency_limit=2))
    for number in range(6):
        store_client.run_deployment(limited.id, name=f"l{number}", scheduled_time=clock.now)
    due_run(store_client, clock.now, name="free")
    first = claim(store_client, limit=4)
    assert names(first) == ["l0", "l1", "free"]
    assert claim(store_client) == ()
    waiting = store_client.find_flow_runs("l2")[0]
    assert waiting.state.name == "AwaitingConcurrencySlot"
    assert "2 of at most 2 runs of its deployment are under way" in str(waiting.state.message)
    clock.forward(60)
    assert store_client.mark_late(timedelta(seconds=15)) == 0  # it waits for a reason that has a name
    end(store_client, first[1])
    assert names(claim(store_client)) == ["l2"]


def test_a_collision_may_cancel_the_newer_run(store_client: LocalClient) -> None:
    spec = a_deployment(concurrency_limit=1, collision_strategy="CANCEL_NEW")
    limited = store_client.save_deployment(spec)
    store_client.run_deployment(limited.id, name="first")
    assert names(claim(store_client)) == ["first"]
    late = store_client.run_deployment(limited.id, name="second")
    assert claim(store_client) == ()
    ended = store_client.read_flow_run(late.id)
    assert ended.state.is_cancelled()
    assert "collision strategy is CANCEL_NEW" in str(ended.state.message)


def test_served_deployments_are_claimed_by_who_serves_them(store_client: LocalClient) -> None:
    served = store_client.save_deployment(a_deployment(work_pool_name=None, work_queue_name=None))
    store_client.save_deployment(a_deployment(name="pooled"))
    run = store_client.run_deployment(served.id)
    assert run.work_pool_name is None
    assert claim(store_client) == ()
    assert claim(store_client, pool=None) == ()
    (taken,) = claim(store_client, pool=None, deployments=(served.id,))
    assert taken.run.id == run.id


def test_a_claim_says_which_worker_has_it(store_client: LocalClient) -> None:
    due_run(store_client)
    (taken,) = claim(store_client, worker="w-1")
    assert taken.run.worker_name == "w-1"
    assert taken.run == store_client.read_flow_run(taken.run.id)


def test_a_deployment_that_moves_takes_its_waiting_runs_along(store_client: LocalClient) -> None:
    a_place(store_client, "gpu")
    made = store_client.save_deployment(a_deployment())
    store_client.run_deployment(made.id, name="moved")
    store_client.save_deployment(a_deployment(work_pool_name="gpu"))
    assert claim(store_client) == ()
    (taken,) = claim(store_client, pool="gpu")
    assert (taken.run.name, taken.run.work_pool_name) == ("moved", "gpu")


def test_runs_of_a_deleted_queue_wait_in_the_default_one(store_client: LocalClient) -> None:
    a_place(store_client, "local", "slow")
    run = due_run(store_client, work_queue_name="slow")
    store_client.delete_work_queue("local", "slow")
    (taken,) = claim(store_client)
    assert (taken.run.id, taken.run.work_queue_name) == (run.id, "default")


def test_many_claimers_never_exceed_a_limit(place: Place) -> None:
    clients = [place.open() for _ in range(4)]
    clients[0].update_work_pool("local", {"concurrency_limit": 5})
    limited = clients[0].save_deployment(a_deployment(concurrency_limit=3))
    for number in range(12):
        clients[0].run_deployment(limited.id, name=f"l{number}")
        due_run(clients[0], name=f"f{number}")
    ready, lock = threading.Barrier(4), threading.Lock()
    most, done, running = [0, 0], [0], [0, 0]

    def work(client: LocalClient) -> None:
        ready.wait()
        while done[0] < 24:
            taken = claim(client, limit=2)
            with lock:
                running[0] += len(taken)
                running[1] += sum(one.run.deployment_id is not None for one in taken)
                most[:] = [max(most[0], running[0]), max(most[1], running[1])]
            for one in taken:
                with lock:  # before the store may hand the slot to another
                    running[0] -= 1
                    running[1] -= one.run.deployment_id is not None
                    done[0] += 1
                end(client, one)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done[0] == 24
    assert most[0] <= 5
    assert most[1] <= 3
