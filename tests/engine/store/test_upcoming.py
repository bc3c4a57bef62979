"""When the next run is due, by the store's clock, for a worker of a pool, of some of its queues, or of deployments."""

from datetime import timedelta

from flowtui.engine.client.local import LocalClient
from flowtui.engine.pools import NextDue
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_place, due_run


def in_seconds(client: LocalClient, clock: StoreClock, seconds: float, **fields: object) -> None:
    due_run(client, clock.now + timedelta(seconds=seconds), **fields)


def test_what_is_planned_is_said_in_seconds_and_what_is_due_already_apart(
    store_client: LocalClient, clock: StoreClock
) -> None:
    assert store_client.next_due("local") == NextDue(some_wait=False, seconds=None)
    in_seconds(store_client, clock, 60)
    in_seconds(store_client, clock, 2.5)
    assert store_client.next_due("local") == NextDue(some_wait=False, seconds=2.5)
    clock.forward(2.5)
    assert store_client.next_due("local") == NextDue(some_wait=True, seconds=57.5)
    store_client.claim_flow_runs("local", "w", limit=9, lease_seconds=30)
    assert store_client.next_due("local") == NextDue(some_wait=False, seconds=57.5)


def test_only_what_the_worker_would_be_handed_counts(store_client: LocalClient, clock: StoreClock) -> None:
    a_place(store_client, "crew", "fast")
    in_seconds(store_client, clock, 10, work_pool_name="crew")
    in_seconds(store_client, clock, 20, work_pool_name="crew", work_queue_name="fast")
    assert store_client.next_due("local").seconds is None
    assert store_client.next_due("crew").seconds == 10
    assert store_client.next_due("crew", queues=("fast",)).seconds == 20

    served = store_client.save_deployment(a_deployment(work_pool_name=None, work_queue_name=None))
    in_seconds(store_client, clock, 5, work_pool_name=None, deployment_id=served.id)
    assert store_client.next_due(None, deployments=(served.id,)).seconds == 5
    assert store_client.next_due(None, deployments=()).seconds is None
