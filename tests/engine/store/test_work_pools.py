"""Work pools, their queues and their workers, as the store keeps them."""

from dataclasses import replace

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, WorkPoolError
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_worker

TEMPLATE = {"job_configuration": {"env": "{{ env }}"}, "variables": {"type": "object", "properties": {"env": {}}}}


def test_every_store_has_the_pool_local_with_a_queue(store_client: LocalClient) -> None:
    (pool,) = store_client.list_work_pools()
    assert (pool.name, pool.type, pool.status, pool.active) == ("local", "process", "NOT_READY", 0)
    (queue,) = store_client.list_work_queues("local")
    assert (queue.name, queue.priority, queue.status) == ("default", 1, "NOT_READY")


def test_a_pool_is_created_changed_paused_and_deleted(store_client: LocalClient) -> None:
    made = store_client.create_work_pool("k8s", type="kubernetes", base_job_template=TEMPLATE, concurrency_limit=3)
    assert (made.type, made.base_job_template, made.concurrency_limit, made.is_paused) == (
        "kubernetes",
        TEMPLATE,
        3,
        False,
    )
    changed = store_client.update_work_pool(made.id, {"description": "the big one", "concurrency_limit": None})
    assert (changed.description, changed.concurrency_limit) == ("the big one", None)
    paused = store_client.pause_work_pool("k8s", paused=True, note="maintenance")
    assert (paused.status, paused.paused_note) == ("PAUSED", "maintenance")
    again = store_client.pause_work_pool("k8s", paused=True, note="still")
    assert (again.paused_since, again.paused_note) == (paused.paused_since, "still")
    resumed = store_client.pause_work_pool("k8s", paused=False)
    assert (resumed.status, resumed.paused_note) == ("NOT_READY", None)
    store_client.delete_work_pool("k8s")
    with pytest.raises(NotFound, match="k8s"):
        store_client.read_work_pool("k8s")


def test_a_taken_name_is_refused_unless_it_is_to_be_overwritten(store_client: LocalClient) -> None:
    first = store_client.create_work_pool("etl", concurrency_limit=1)
    with pytest.raises(WorkPoolError, match="There is already a work pool 'etl'"):
        store_client.create_work_pool("etl")
    second = store_client.create_work_pool("etl", concurrency_limit=2, overwrite=True)
    assert (second.id, second.concurrency_limit) == (first.id, 2)


@pytest.mark.parametrize("name", ["", " ", " x", "a/b", "a\nb", "x" * 256, "%"])
def test_a_malformed_name_is_refused(store_client: LocalClient, name: str) -> None:
    with pytest.raises(WorkPoolError):
        store_client.create_work_pool(name)
    with pytest.raises(WorkPoolError):
        store_client.create_work_queue("local", name)


@pytest.mark.parametrize("changes", [{"concurrency_limit": -1}, {"concurrency_limit": True}, {"base_job_template": {}}])
def test_a_setting_that_makes_no_sense_is_refused(store_client: LocalClient, changes: dict[str, object]) -> None:
    with pytest.raises(WorkPoolError):
        store_client.update_work_pool("local", changes)


def test_an_unknown_setting_is_refused_with_the_nearest(store_client: LocalClient) -> None:
    with pytest.raises(WorkPoolError, match="Did you mean concurrency_limit"):
        store_client.update_work_pool("local", {"concurency_limit": 1})


def test_queues_come_after_each_other_unless_a_priority_is_given(store_client: LocalClient) -> None:
    store_client.create_work_queue("local", "slow")
    store_client.create_work_queue("local", "urgent", priority=1, concurrency_limit=2)
    store_client.update_work_queue("local", "default", {"priority": 5})
    queues = store_client.list_work_queues("local")
    assert [(queue.name, queue.priority) for queue in queues] == [("urgent", 1), ("slow", 2), ("default", 5)]
    with pytest.raises(WorkPoolError, match="has a queue 'slow' already"):
        store_client.create_work_queue("local", "slow")


def test_what_deployments_use_is_not_deleted(store_client: LocalClient) -> None:
    store_client.create_work_pool("gpu")
    store_client.create_work_queue("gpu", "fast")
    store_client.save_deployment(a_deployment(work_pool_name="gpu", work_queue_name="fast"))
    with pytest.raises(WorkPoolError, match="is used by"):
        store_client.delete_work_queue("gpu", "fast")
    with pytest.raises(WorkPoolError, match="is used by"):
        store_client.delete_work_pool("gpu")
    with pytest.raises(WorkPoolError, match="paused, not deleted"):
        store_client.delete_work_pool("local")
    with pytest.raises(WorkPoolError, match="paused, not deleted"):
        store_client.delete_work_queue("local", "default")


def test_a_worker_is_online_while_it_is_heard_of(store_client: LocalClient) -> None:
    clock = StoreClock(store_client)
    worker = a_worker(queues=("default",), slots=4, running=1)
    assert store_client.announce_worker(worker)
    (known,) = store_client.list_workers("local")
    assert (known.name, known.status, known.slots, known.running) == ("w-1", "ONLINE", 4, 1)
    assert store_client.read_work_pool("local").status == "READY"
    assert store_client.read_work_queue("local", "default").status == "READY"
    clock.forward(31)
    assert [worker.status for worker in store_client.list_workers()] == ["OFFLINE"]
    assert store_client.read_work_pool("local").status == "NOT_READY"


def test_a_second_worker_under_the_name_of_a_living_one_is_refused(store_client: LocalClient) -> None:
    clock = StoreClock(store_client)
    first, second = a_worker(pid=1), a_worker(pid=2)
    assert store_client.announce_worker(first)
    assert not store_client.announce_worker(second)
    assert store_client.announce_worker(first)
    clock.forward(31)
    assert store_client.announce_worker(second)
    assert not store_client.announce_worker(replace(first, running=3))


def test_a_name_is_free_again_when_its_worker_has_said_goodbye(store_client: LocalClient) -> None:
    first = a_worker()
    store_client.announce_worker(first)
    with pytest.raises(WorkPoolError, match="is online"):
        store_client.delete_worker("local", "w-1")
    store_client.stop_worker(first)
    assert [worker.status for worker in store_client.list_workers()] == ["OFFLINE"]
    assert store_client.announce_worker(a_worker())
    store_client.stop_worker(store_client.list_workers()[0])
    store_client.delete_worker("local", "w-1")
    assert store_client.list_workers() == ()


def test_a_worker_of_an_unknown_pool_is_refused(store_client: LocalClient) -> None:
    with pytest.raises(NotFound, match="moon"):
        store_client.announce_worker(a_worker(pool_name="moon"))
