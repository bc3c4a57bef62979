"""Which runs of a pool are under way, and which wait in which order."""

from datetime import timedelta

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from tests.engine.store.made import a_deployment, due_run, owned_running


def test_runs_wait_by_the_priority_of_their_queue_and_then_by_their_time(store_client: LocalClient) -> None:
    client, now = store_client, utc_now()
    client.create_work_queue("local", "first", priority=1)
    client.create_work_queue("local", "second", priority=2)
    client.create_work_queue("local", "fourth", priority=4)
    client.update_work_queue("local", "default", {"priority": 3})
    client.create_work_pool("elsewhere")
    lines = [("default", 1), ("second", 5), ("second", 2), ("first", 9), ("fourth", 0), ("first", 8)]
    runs = {line: due_run(client, now + timedelta(minutes=line[1]), work_queue_name=line[0]).id for line in lines}
    due_run(client, now, work_pool_name="elsewhere")
    owned_running(client, work_queue_name="first")
    order = [("first", 8), ("first", 9), ("second", 2), ("second", 5), ("default", 1), ("fourth", 0)]
    assert [run.id for run in client.list_waiting_runs("local")] == [runs[line] for line in order]
    assert [run.id for run in client.list_waiting_runs("local", limit=3)] == [runs[line] for line in order[:3]]
    soon = client.list_waiting_runs("local", until=now + timedelta(minutes=5))
    assert [run.id for run in soon] == [runs["second", 2], runs["default", 1], runs["fourth", 0]]
    assert [run.id for run in client.list_waiting_runs("local", "second")] == [runs["second", 2], runs["second", 5]]


def test_pools_and_queues_count_what_is_due_and_waits(store_client: LocalClient) -> None:
    client, now = store_client, utc_now()
    client.create_work_queue("local", "fast")
    for queue, minutes in (("default", -1), ("fast", -2), ("fast", -3), ("fast", 5)):
        due_run(client, now + timedelta(minutes=minutes), work_queue_name=queue)
    owned_running(client, work_queue_name="fast")
    assert client.read_work_pool("local").waiting == 3
    assert [(queue.name, queue.waiting, queue.active) for queue in client.list_work_queues("local")] == [
        ("default", 1, 0),
        ("fast", 2, 1),
    ]


def test_runs_are_under_way_while_a_process_has_them(store_client: LocalClient) -> None:
    client = store_client
    client.create_work_queue("local", "fast")
    deployed = client.save_deployment(a_deployment())
    first = owned_running(client, name="first", work_queue_name="default")
    second = owned_running(client, name="second", work_queue_name="fast", deployment_id=deployed.id)
    due_run(client)
    assert [run.id for run in client.list_active_runs()] == [first.id, second.id]
    assert [run.id for run in client.list_active_runs(limit=1)] == [first.id]
    assert [run.id for run in client.list_active_runs(pool="local", queue="fast")] == [second.id]
    assert [run.id for run in client.list_active_runs(deployment_id=deployed.id)] == [second.id]
    assert client.list_active_runs(pool="elsewhere") == ()
